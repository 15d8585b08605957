"""Safe mode over real sockets: its page, what it does and what it refuses."""

import time

import safe_http
import safe_mode
import slots
from host_tests.start.flash_rig import A_RUNS, get, put, put_version
from host_tests.start.safe_rig import FORM, TOKEN, Rig
from host_tests.start.safe_update_rig import Scripted
from host_tests.web.loopback import free_port


def quickly(fn):
    """Call fn without the pause after a wrong token."""
    pause, safe_mode.WRONG_TOKEN_S = safe_mode.WRONG_TOKEN_S, 0
    try:
        return fn()
    finally:
        safe_mode.WRONG_TOKEN_S = pause


def refusal(answer):
    """Return the status line of an answer and the sentence on its page."""
    line, _, body = answer
    return line, body[body.index("<strong>") + 8 : body.index("</strong>")]


def test_page_when_asked_for_then_a_form_and_nothing_of_a_crash():
    rig = Rig()
    put(rig.root, "crash.txt", "=== crash\nslot: a\nValueError: no such cell\n")
    line, fields, body = rig.get()
    assert line == "HTTP/1.0 200 OK"
    assert "Content-Type: text/html; charset=utf-8" in fields
    assert "Cache-Control: no-store" in fields
    assert 'name="token" type="password"' in body
    assert "ValueError" not in body
    assert "In 14 minutes" in body or "In 15 minutes" in body
    assert rig.get("/favicon.ico")[0] == "HTTP/1.0 404 Not Found"


def test_crashes_when_shown_then_the_newest_first_and_as_text():
    rig = Rig()
    put(rig.root, "crash.txt", "=== crash\nold\n=== crash\nFile <stdin> & more\n")
    _, _, body = rig.wish("show")
    assert body.endswith("<pre>File &lt;stdin&gt; &amp; more\n\nold</pre></html>")
    rig.box.note_crash("newest")
    assert "<pre>newest\n\nFile" in rig.wish("show")[2]


def test_crashes_when_there_is_none_then_says_so():
    assert "<pre>There is no record.</pre>" in Rig().wish("show")[2]


def test_token_when_wrong_missing_or_longer_then_refused_and_nothing_done():
    rig = Rig()
    wrong = "This is not the token. The console shows it at each start."
    for token in ("", "0123456789abcdee", "0123456789abcde", TOKEN + "0", "%30", "%C3%BC"):
        for wish in ("show", "reset_config", "roll_back", "restart"):
            answer = quickly(lambda token=token, wish=wish: rig.wish(wish, token))
            assert refusal(answer) == ("HTTP/1.0 403 Forbidden", wrong), token
    assert get(rig.root, "config.json") is not None
    assert get(rig.root, "slots.txt") == A_RUNS
    assert not rig.safe.is_over


def test_token_when_wrong_then_the_next_one_has_to_wait():
    rig = Rig()
    before = time.time()
    rig.wish("show", "wrong token")
    assert time.time() - before >= 0.9


def test_token_when_compared_then_every_byte_is_looked_at():
    assert safe_mode.is_same("abcd", "abcd")
    for other in ("", "abc", "abcde", "xbcd", "abcx", "abcdabcd"):
        assert not safe_mode.is_same(other, "abcd"), other

    seen = []

    class Bytes:
        def __init__(self, raw):
            self.raw = raw

        def __len__(self):
            return len(self.raw)

        def __getitem__(self, i):
            seen.append(i)
            return self.raw[i]

    class Text:
        def __init__(self, raw):
            self.raw = raw

        def encode(self):
            return Bytes(self.raw)

    for given in (b"abcd", b"xbcd", b"abcx"):
        seen.clear()
        safe_mode.is_same(Text(given), Text(b"abcd"))
        assert sorted(seen) == [0, 0, 1, 1, 2, 2, 3, 3]


def test_token_when_the_configuration_has_one_then_both_are_good():
    rig = Rig()
    put(rig.root, "config.json", '{"http": {"token": "my own token"}, "end": 1}')
    rig.safe = safe_mode.SafeMode(rig.box, rig.root)
    assert rig.wish("show", "my+own+token")[0] == "HTTP/1.0 200 OK"
    assert rig.wish("show", "my%20own%20token")[0] == "HTTP/1.0 200 OK"
    assert rig.wish("show", TOKEN)[0] == "HTTP/1.0 200 OK"


def test_token_when_the_flash_has_none_then_one_nobody_guesses():
    for config in (
        "{",
        "[]",
        '{"http": 3}',
        '{"http": {"token": null}}',
        '{"http": {"token": ""}}',
    ):
        rig = Rig(token=None)
        put(rig.root, "config.json", config)
        safe = safe_mode.SafeMode(rig.box, rig.root)
        assert len(safe.tokens) == 1 and len(safe.tokens[0]) == 12
        assert safe.tokens != safe_mode.SafeMode(rig.box, rig.root).tokens


def test_configuration_when_put_aside_then_renamed_and_still_there():
    rig = Rig()
    line, sentence = refusal(rig.wish("reset_config"))
    assert line == "HTTP/1.0 200 OK"
    assert sentence == "The configuration is put aside; the next start runs with the defaults."
    assert get(rig.root, "config.json") is None
    assert get(rig.root, "config.bad.json") == '{"name": "bay", "end": 1}'
    _, sentence = refusal(rig.wish("reset_config"))
    assert sentence == "There is no configuration; the next start runs with the defaults."
    put(rig.root, "config.json", "second")
    rig.wish("reset_config")
    assert get(rig.root, "config.bad.json") == "second"


def test_roll_back_when_there_is_another_version_then_it_is_next():
    rig = Rig()
    put_version(rig.root, "b")
    assert refusal(rig.wish("roll_back")) == (
        "HTTP/1.0 200 OK",
        "The next start runs the other version.",
    )
    assert slots.read(rig.root).run == "b"


def test_roll_back_when_there_is_none_then_a_sentence_why():
    rig = Rig()
    assert refusal(rig.wish("roll_back")) == (
        "HTTP/1.0 409 Conflict",
        "There is no other version: it has no manifest that can be read.",
    )
    assert get(rig.root, "slots.txt") == A_RUNS


def test_actions_when_the_flash_takes_nothing_then_a_sentence():
    rig = Rig()
    put_version(rig.root, "b")
    put(rig.root, "slots.txt.new/x", b"")
    line, sentence = refusal(rig.wish("roll_back"))
    assert line == "HTTP/1.0 500 Internal Server Error"
    assert sentence.startswith("The flash does not take it: ")
    put(rig.root, "config.bad.json/x", b"")
    assert rig.wish("reset_config")[0] == "HTTP/1.0 500 Internal Server Error"


def test_wish_when_there_is_no_such_then_400():
    for wish in ("", "erase", "show%00"):
        assert refusal(Rig().wish(wish)) == ("HTTP/1.0 400 Bad Request", "There is no such wish.")


def test_restart_when_asked_then_it_ends():
    rig = Rig()
    assert refusal(rig.wish("restart")) == ("HTTP/1.0 200 OK", "It starts again now.")
    assert rig.safe.is_over


def test_request_when_malformed_then_refused_in_a_sentence():
    post = "POST / HTTP/1.1\r\n"
    cases = (
        ("hello\r\n\r\n", "400 Bad Request", "This is no HTTP request."),
        ("\r\n\r\n", "400 Bad Request", "This is no HTTP request."),
        ("GET /\r\n\r\n", "400 Bad Request", "This is no HTTP request."),
        ("GET / x HTTP/1.1\r\n\r\n", "400 Bad Request", "This is no HTTP request."),
        (b"GET /\xff HTTP/1.1\r\n\r\n", "400 Bad Request", "This is no HTTP request."),
        (b"\x16\x03\x01\x02\x00\x01\r\n\r\n", "400 Bad Request", "This is no HTTP request."),
        ("GET / HTTP/2\r\n\r\n", "400 Bad Request", "This is no HTTP/1 request."),
        ("PUT / HTTP/1.1\r\n\r\n", "405 Method Not Allowed", "GET and POST are served here."),
        (post + "\r\n", "411 Length Required", "The form has to come with its length."),
        (
            post + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "411 Length Required",
            "The form has to come with its length.",
        ),
        (
            post + "Content-Length: -1\r\n\r\n",
            "400 Bad Request",
            "The form's length is no number.",
        ),
        (
            post + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
            "400 Bad Request",
            "The form's length is no number.",
        ),
        (
            post + "Content-Length: 9999999999999\r\n\r\n",
            "400 Bad Request",
            "The form's length is no number.",
        ),
        (post + "Content-Length: 257\r\n\r\n", "413 Content Too Large", "The form is too long."),
        (
            "GET / HTTP/1.1\r\nX: " + "a" * 1100 + "\r\n\r\n",
            "431 Request Header Fields Too Large",
            "The request's head is too long.",
        ),
        (post + "Content-Length: 5\r\n\r\na=%zz", "400 Bad Request", "The form is damaged."),
        (post + "Content-Length: 8\r\n\r\ntoken=%f", "400 Bad Request", "The form is damaged."),
        (post + "Content-Length: 9\r\n\r\ntoken=%ff", "400 Bad Request", "The form is damaged."),
        (
            (post + "Content-Length: 1\r\n\r\n").encode() + b"\xff",
            "400 Bad Request",
            "The form is damaged.",
        ),
    )
    rig = Rig()
    for raw, status, sentence in cases:
        assert refusal(rig.exchange(raw)) == ("HTTP/1.0 " + status, sentence), raw
    assert not rig.safe.is_over


def test_request_when_it_stops_half_way_then_let_go_after_its_time():
    for raw in ("GET / HT", FORM + "Content-Length: 30\r\n\r\ntoken="):
        rig = Rig()
        safe_http.CLIENT_S = 0.2
        before = time.time()
        answer = rig.exchange(raw)
        assert refusal(answer) == (
            "HTTP/1.0 408 Request Timeout",
            "The request took too long.",
        )
        assert 0.1 < time.time() - before < 3


def test_client_when_it_says_nothing_then_let_go_without_a_word():
    # Chromium would take an answer for that to its first request.
    client = Scripted([])
    safe_http.serve(client, Rig().safe)
    assert client.said == b""
    assert client.waits_s == [10]


def test_request_when_the_client_goes_away_at_any_byte_then_the_next_one_is_served():
    rig = Rig()
    body = "token=%s&do=restart" % TOKEN
    raw = "%sContent-Length: %d\r\n\r\n%s" % (FORM, len(body), body)
    for n in range(0, len(raw), 5):
        rig.exchange(raw[:n], is_cut=True)
    assert not rig.safe.is_over
    assert rig.get()[0] == "HTTP/1.0 200 OK"


def test_client_when_none_comes_then_the_watchdog_is_not_kept_waiting():
    rig = Rig()
    safe_http.TURN_S = 0.1
    server = safe_http.listen(free_port())
    before = time.time()
    safe_http.serve_next(server, rig.safe)
    server.close()
    assert time.time() - before < 2
