"""Capture files: what is read, what is refused and in which words, and replaying."""

import pytest

from tools.sim.capture import ReplayBattery, parse, write

TWO_TURNS = """# Frames of the 24 V battery, shortened
# name: SOK-24V1127
# address: D6:6C:0A:62:9B:D6 random
> eec0 0000 0041
< ccf1
> EEC1000000CE
< ccf0
<+120 ccf2

> eec1000000ce
< ccf0ff
> eec40000004f
"""
C1 = b"\xee\xc1\x00\x00\x00\xce"


def test_parse_reads_headers_requests_and_waits():
    capture = parse(TWO_TURNS)
    assert capture.name == "SOK-24V1127"
    assert capture.address == "d6:6c:0a:62:9b:d6"
    assert capture.addr_type == "random"
    assert capture.replies == {
        b"\xee\xc0\x00\x00\x00\x41": [[(0, b"\xcc\xf1")]],
        C1: [[(0, b"\xcc\xf0"), (120, b"\xcc\xf2")], [(0, b"\xcc\xf0\xff")]],
        b"\xee\xc4\x00\x00\x00\x4f": [[]],
    }


def test_parse_without_headers_leaves_them_unknown():
    capture = parse("\ufeff# just a remark\r\n> ee\r\n< cc\r\n")
    assert (capture.name, capture.address, capture.addr_type) == (None, None, "public")
    assert capture.replies == {b"\xee": [[(0, b"\xcc")]]}


@pytest.mark.parametrize(
    "text, message",
    [
        ("> ee\n< c", "line 2: 1 hex digits do not make whole bytes"),
        ("> ee\n\n< cg", "line 3: 'g' is not a hex digit"),
        ("> ", "line 1: there are no bytes on this line"),
        ("< cc", "line 1: a notification before the first request ('> hex')"),
        ("> ee\n<+soon cc", "line 2: after '<+' stands the wait in ms, as in '<+120 cc'"),
        ("> ee\n<+ cc", "line 2: after '<+' stands the wait in ms, as in '<+120 cc'"),
        ("> ee\n<+-5 cc", "line 2: after '<+' stands the wait in ms, as in '<+120 cc'"),
        ("> ee\n<+120", "line 2: there are no bytes on this line"),
        ("> ee\nccf0", "line 2: a line starts with '>', '<' or '#', this one with 'c'"),
        ("# address: 12:34", "line 1: an address looks like 02:12:34:00:20:61"),
        ("# address:", "line 1: an address looks like 02:12:34:00:20:61"),
        ("# address: 02:12:34:00:20:6g", "line 1: an address looks like 02:12:34:00:20:61"),
        (
            "# address: 02:12:34:00:20:61 maybe",
            "line 1: after the address stands public or random",
        ),
        ("# name: a\n# name: b", "line 2: a second name; one file describes one battery"),
        ("# name:", "line 1: the name is empty"),
        ("# name: a\n", "line 2: the file ends without a request ('> hex')"),
    ],
)
def test_parse_of_a_broken_file_names_the_line(text, message):
    with pytest.raises(ValueError) as caught:
        parse(text)
    assert str(caught.value) == message


def test_write_gives_the_format_and_parse_reads_it():
    text = write(
        "SOK-AA20601",
        "02:12:34:00:20:61",
        "public",
        [(C1, [(0, b"\xcc\xf0"), (45, b"\xcc\xf2")]), (b"\xee", [])],
        ["Recorded on the bench"],
    )
    assert text == (
        "# Recorded on the bench\n"
        "# name: SOK-AA20601\n"
        "# address: 02:12:34:00:20:61 public\n"
        "> eec1000000ce\n"
        "< ccf0\n"
        "<+45 ccf2\n"
        "> ee\n"
    )
    assert parse(text).replies == {C1: [[(0, b"\xcc\xf0"), (45, b"\xcc\xf2")]], b"\xee": [[]]}


def test_replay_goes_through_the_turns_and_round_again():
    battery = ReplayBattery(parse(TWO_TURNS))
    first = [(0, b"\xcc\xf0"), (120, b"\xcc\xf2")]
    assert battery.name == "SOK-24V1127"
    assert battery.addr_type == 1
    assert battery.reply(bytearray(C1), 0) == first
    assert battery.reply(C1, 10) == [(0, b"\xcc\xf0\xff")]
    assert battery.reply(C1, 20) == first
    assert battery.reply(b"\xee\xc4\x00\x00\x00\x4f", 30) == []
    assert battery.reply(b"\xdd\xc0\x00\x00\x00\x8b", 40) == []


def test_replay_without_headers_gets_an_address_of_its_own():
    capture = parse("> ee\n< cc")
    assert ReplayBattery(capture).address == "02:00:00:00:00:01"
    assert ReplayBattery(capture, 2).address == "02:00:00:00:00:02"
    assert ReplayBattery(capture, 2).name == "SOK-REPLAY2"
