"""What is JSON, text by text: the same on both interpreters, whatever their own parsers take."""

from baybridge.web.json_syntax import check
from host_tests.support import raises

GOOD = (
    b"{}",
    b" [ ] ",
    b'{"a":1,"b":[1,2,{"a":null}],"c":{"a":true,"b":false}}',
    b'\t{\r\n"a" : -0 , "b":1.5e-3,"c":0.1,"d":10E+2}\n',
    b'"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D"',
    b'"\xc3\xa9 ]}:,"',
    b"[[[[[[1]]]]]]",
    b"null",
    b"-12",
)
BAD = (
    b"",
    b"{",
    b"}",
    b'{"a"',
    b'{"a":',
    b'{"a":1',
    b'{"a":1,',
    b'{"a":1,}',
    b'{"a" 1}',
    b'{"a":1 "b":2}',
    b'{"a":1]',
    b"[1}",
    b"[1,]",
    b"[,1]",
    b"[1 2]",
    b"{1:2}",
    b"{a:2}",
    b"{'a':2}",
    b'{"a":1}}',
    b"{}{}",
    b"{},1",
    b"nul",
    b"nulll",
    b"True",
    b"NaN",
    b"Infinity",
    b"-",
    b"+1",
    b"01",
    b"-01",
    b"1.",
    b".5",
    b"1e",
    b"1e+",
    b"0x10",
    b"1_000",
    b'"a',
    b'"a\nb"',
    b'"a\x00"',
    b'"\\x41"',
    b'"\\u12g4"',
    b'"\\u12"',
    b'"\\',
    b"// x\n{}",
    b"\xef\xbb\xbf{}",
    b"\xc2\xa0{}",
    b"[[[[[[[1]]]]]]]",
    b"[" * 8192,
    b'{"a":' * 1638,
)


def test_text_when_json_then_taken():
    for body in GOOD:
        check(body)
        check(bytearray(body))


def test_text_when_not_json_then_refused():
    for body in BAD:
        assert str(raises(ValueError, check, body)) == "The body is not JSON.", body


def test_object_when_cut_off_anywhere_then_refused():
    body = GOOD[2]
    for n in range(len(body)):
        raises(ValueError, check, body[:n])


def test_key_when_twice_in_an_object_then_named():
    for body, key in (
        (b'{"a":1,"a":1}', '"a"'),
        (b'{"b":{"a":1,"c":2,"a" :3}}', '"a"'),
        (b'{"\xc3\xa9":1,"\xc3\xa9":1}', '"\xe9"'),
    ):
        said = str(raises(ValueError, check, body))
        assert said == "The body has the key %s twice." % key
    check(b'{"a":{"a":1},"b":{"a":1}}')
