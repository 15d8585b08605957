"""Anchor lines and what they place in time; literal lines and times."""

from baybridge.record import anchor

LINE = "7,93500,2026-08-06T07:06:40Z,ntp,ac94db6f\r\n"


def test_line_when_written_then_as_documented():
    assert anchor.line(7, 93500, 1786000000, "ntp") == LINE
    assert anchor.HEADER == "boot,uptime_ms,time,source,crc\r\n"


def test_parse_when_whole_then_its_values():
    assert anchor.parse(LINE) == (7, 93500, 1786000000, "ntp")
    assert anchor.parse(LINE[:-2]) == (7, 93500, 1786000000, "ntp")


def test_parse_when_torn_rotten_or_something_else_then_none():
    for n in range(len(LINE) - 2):
        assert anchor.parse(LINE[:n]) is None, n
    for i in range(len(LINE) - 2):
        for bit in range(7):
            rotten = LINE[:i] + chr(ord(LINE[i]) ^ 1 << bit) + LINE[i + 1 :]
            assert anchor.parse(rotten) is None, (i, bit)
    assert anchor.parse(anchor.HEADER) is None


def test_parse_when_whole_but_no_anchor_then_none():
    # Checksums that are right, by zlib.crc32 of CPython.
    assert anchor.parse("7,93500,2026-08-06T07:06:40Z,moon,6a35a621\r\n") is None
    assert anchor.parse("7,93500,2026-13-06T07:06:40Z,ntp,86a12859\r\n") is None
    assert anchor.parse("7,soon,2026-08-06T07:06:40Z,ntp,9225c492\r\n") is None
    assert anchor.parse("7,93500,2026-08-06T07:06:40Z,ntp,1,da52a9cb\r\n") is None


def test_place_when_an_anchor_is_of_that_boot_then_before_and_after_it():
    anchors = [(7, 93500, 1786000000, "ntp")]
    assert anchor.place(7, 93500, anchors) == "2026-08-06T07:06:40Z"
    assert anchor.place(7, 3500, anchors) == "2026-08-06T07:05:10Z"
    assert anchor.place(7, 3400, anchors) == "2026-08-06T07:05:09Z"
    assert anchor.place(7, 93500 + 86400000, anchors) == "2026-08-07T07:06:40Z"


def test_place_when_no_anchor_is_of_that_boot_then_none():
    anchors = [(7, 93500, 1786000000, "ntp")]
    assert anchor.place(6, 93500, anchors) is None
    assert anchor.place(8, 93500, anchors) is None
    assert anchor.place(7, 93500, []) is None


def test_place_when_sources_differ_then_the_better_one_counts():
    anchors = [
        (7, 1000, 1786000000, "kept"),
        (7, 60000, 1785990000, "owner"),
        (7, 900000, 1786010000, "ntp"),
    ]
    assert anchor.place(7, 0, anchors) == "2026-08-06T09:38:20Z"
    assert anchor.place(7, 0, anchors[:2]) == "2026-08-06T04:19:00Z"
    assert anchor.place(7, 0, anchors[:1]) == "2026-08-06T07:06:39Z"


def test_place_when_a_server_told_twice_then_the_nearer_and_of_an_owner_the_last():
    ntp = [(7, 0, 1786000000, "ntp"), (7, 100000000, 1786100010, "ntp")]
    assert anchor.place(7, 49000000, ntp) == "2026-08-06T20:43:20Z"
    assert anchor.place(7, 51000000, ntp) == "2026-08-06T21:16:50Z"
    owner = [(7, 10000, 1785990000, "owner"), (7, 70000, 1786000000, "owner")]
    assert anchor.place(7, 10000, owner) == "2026-08-06T07:05:40Z"
