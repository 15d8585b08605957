"""The card's files over real sockets: real FAT under MicroPython, a folder under CPython."""

import json
import os

from baybridge.web import logs
from host_tests.fakes.card import card_and_hand
from host_tests.web.card_rig import CONTENT, DAY, CardBridge, ask, rig, write


def test_file_when_asked_for_then_all_of_it_with_what_a_program_needs():
    bridge, _ = rig()
    line, headers, body = ask(bridge, DAY)
    assert line == "HTTP/1.1 200 OK"
    tag = headers.pop("etag")
    assert headers == {
        "content-type": "text/csv; charset=utf-8",
        "content-length": "2000",
        "content-disposition": 'attachment; filename="house1_2026-11-22.csv"',
        "accept-ranges": "bytes",
        "cache-control": "no-cache",
        "connection": "close",
    }
    assert tag.startswith('"7d0-') and tag.endswith('"')
    assert body == CONTENT


def test_file_when_asked_with_head_then_the_same_headers_and_no_body():
    bridge, _ = rig()
    line, headers, body = ask(bridge, DAY, method="HEAD")
    assert (line, headers["content-length"], body) == ("HTTP/1.1 200 OK", "2000", b"")
    # RFC 9110, 14.2: a range means something with GET only.
    line, headers, body = ask(bridge, DAY, "Range: bytes=0-9\r\n", "HEAD")
    assert (line, headers["content-length"], body) == ("HTTP/1.1 200 OK", "2000", b"")


def test_file_when_of_any_length_then_all_of_it():
    for n in (0, 1, 511, 512, 513, 1024, 4095, 4096, 4097, 30001):
        bridge, _ = rig()
        content = bytes([48 + i % 10 for i in range(n)])
        write(bridge.card, "baybridge/house1/2026-11-22.csv", content)
        line, headers, body = ask(bridge, DAY)
        assert (line, headers["content-length"]) == ("HTTP/1.1 200 OK", str(n))
        assert body == content, n


def test_range_when_given_then_that_part_or_416_or_all():
    bridge, _ = rig()
    whole = (200, 0, 2000)
    for given, status, start, end in (
        ("bytes=0-0", 206, 0, 1),
        ("bytes=0-499", 206, 0, 500),
        ("bytes=500-999", 206, 500, 1000),
        ("bytes=511-512", 206, 511, 513),
        ("bytes=1999-1999", 206, 1999, 2000),
        ("bytes=1999-", 206, 1999, 2000),
        ("bytes=0-", 206, 0, 2000),
        ("bytes=0-99999999999", 206, 0, 2000),
        ("bytes=-1", 206, 1999, 2000),
        ("bytes=-500", 206, 1500, 2000),
        ("bytes=-5000", 206, 0, 2000),
        ("Bytes= 7-8 ", 206, 7, 9),
        ("bytes=2000-", 416, 0, 0),
        ("bytes=2000-2001", 416, 0, 0),
        ("bytes=9999999999999999999-", 416, 0, 0),
        ("bytes=-0", 416, 0, 0),
        # Not understood, so passed over; several ranges give the whole file.
        ("bytes=0-1,5-6",) + whole,
        ("bytes=5-4",) + whole,
        ("bytes=-",) + whole,
        ("bytes=",) + whole,
        ("bytes=a-b",) + whole,
        ("bytes=0x1-2",) + whole,
        ("bytes=-1-2",) + whole,
        ("bytes=1.0-2",) + whole,
        ("bytes 0-1",) + whole,
        ("lines=0-1",) + whole,
        ("bytes=%s-" % ("1" * 400),) + whole,
    ):
        line, headers, body = ask(bridge, DAY, "Range: %s\r\n" % given)
        assert line.startswith("HTTP/1.1 %d " % status), given
        if status == 416:
            assert headers["content-range"] == "bytes */2000"
            assert headers["content-type"] == "application/problem+json"
            assert b"The file has 2000 bytes" in body
            continue
        assert body == CONTENT[start:end], given
        assert headers["content-length"] == str(end - start)
        assert headers.get("content-range") == (
            "bytes %d-%d/2000" % (start, end - 1) if status == 206 else None
        ), given


def test_range_of_an_empty_file_then_416():
    bridge, _ = rig()
    write(bridge.card, "baybridge/house1/2026-11-22.csv", b"")
    for given in ("bytes=0-", "bytes=0-0", "bytes=-5"):
        line, headers, _ = ask(bridge, DAY, "Range: %s\r\n" % given)
        assert (line[9:12], headers["content-range"]) == ("416", "bytes */0")


def test_condition_when_the_file_is_the_same_then_304_and_else_all():
    bridge, _ = rig()
    tag = ask(bridge, DAY)[1]["etag"]
    for given in (tag, "W/" + tag, '"a", %s' % tag, "*"):
        line, headers, body = ask(bridge, DAY, "If-None-Match: %s\r\n" % given)
        assert (line, body) == ("HTTP/1.1 304 Not Modified", b""), given
        assert headers["etag"] == tag
        assert "content-length" not in headers
    assert ask(bridge, DAY, 'If-None-Match: "7d0"\r\n')[0] == "HTTP/1.1 200 OK"
    write(bridge.card, "baybridge/house1/2026-11-22.csv", CONTENT + b"+")
    line, headers, body = ask(bridge, DAY, "If-None-Match: %s\r\n" % tag)
    assert (line, body) == ("HTTP/1.1 200 OK", CONTENT + b"+")
    assert headers["etag"] != tag


def test_range_when_it_depends_on_the_file_then_the_part_only_of_the_same():
    bridge, _ = rig()
    tag = ask(bridge, DAY)[1]["etag"]
    fields = "Range: bytes=8-15\r\nIf-Range: %s\r\n"
    assert ask(bridge, DAY, fields % tag)[2] == b"0000001\n"
    for other in ('"other"', "W/" + tag, "Sun, 22 Nov 2026 15:00:00 GMT"):
        line, _, body = ask(bridge, DAY, fields % other)
        assert (line, body) == ("HTTP/1.1 200 OK", CONTENT), other


def test_name_when_it_is_not_one_of_ours_then_404_and_nothing_is_opened():
    bridge, _ = rig(
        "baybridge/house1/2026-11-22.csv",
        "baybridge/config.json",
        "baybridge/house1/notes.csv",
        "baybridge/house1/2026-11-22.csv.new",
        "secret.csv",
        "2026-11-22.csv",
        "baybridge/2026-11-22.csv",
    )
    for name in (
        "..",
        ".",
        "../secret.csv",
        "..%2fsecret.csv",
        "%2e%2e%2fsecret.csv",
        "..%5csecret.csv",
        "%2fsd%2fsecret.csv",
        "/sd/secret.csv",
        "//secret.csv",
        "house1/2026-11-22.csv",
        "house1%2f2026-11-22.csv",
        "house1%5f2026-11-22.csv",
        "house1_2026-11-22.csv%00",
        "house1_2026-11-22.csv%00.txt",
        "house1_2026-11-22.csv/",
        "house1_2026-11-22.csv/..",
        "house1_..%2f2026-11-22.csv",
        "house1_../2026-11-22.csv",
        "house1_..",
        ".._2026-11-22.csv",
        "_2026-11-22.csv",
        "2026-11-22.csv",
        "house1_",
        "house1",
        "house1_notes.csv",
        "house1_2026-11-22",
        "house1_2026-11-22.CSV",
        "HOUSE1_2026-11-22.csv",
        "house1_2026-11-22.csv.new",
        "house1_2026-11-22.csv;a",
        "house1_2026-11-22.csv.",
        "house1_2026-11-22.csv%20",
        "house1_2026-11-22..csv",
        "house1_2026_11_22.csv",
        "house1_house1_2026-11-22.csv",
        "config.json",
        "secret.csv",
        "house1_config.json",
        "house1_anchors.csv",
        "anchors.csv_",
        "house1_frames-1-2.csv",
        "house1_frames-1.txt",
        "house1_frames--1-2.txt",
        "house1_boot-.csv",
        "house1_boot-%31.csv",
        "~_2026-11-22.csv",
        "abcdefghijklmnopq_2026-11-22.csv",
    ):
        line, headers, body = ask(bridge, "/api/v1/logs/" + name)
        assert line == "HTTP/1.1 404 Not Found", name
        assert headers["content-type"] == "application/problem+json"
        assert b"0000001" not in body, name


def test_name_when_the_file_is_not_there_then_404_and_the_card_stays():
    bridge, _ = rig()
    for name in ("house2_2026-11-22.csv", "house1_2026-11-23.csv", "anchors.csv"):
        line, _, body = ask(bridge, "/api/v1/logs/" + name)
        assert line == "HTTP/1.1 404 Not Found"
        assert b"This file is not on the card; /api/v1/logs lists those that are." in body
    os.mkdir(bridge.card.path + "/baybridge/house1/2026-11-23.csv")
    assert ask(bridge, "/api/v1/logs/house1_2026-11-23.csv")[0] == "HTTP/1.1 404 Not Found"
    assert bridge.card.is_mounted


def test_name_when_of_each_kind_then_served():
    for name, path, kind in (
        ("anchors.csv", "baybridge/anchors.csv", "text/csv; charset=utf-8"),
        ("boot_boot-7.csv", "baybridge/boot/boot-7.csv", "text/csv; charset=utf-8"),
        ("a_2026-11-22-2.csv", "baybridge/a/2026-11-22-2.csv", "text/csv; charset=utf-8"),
        ("a_frames-7-1.txt", "baybridge/a/frames-7-1.txt", "text/plain; charset=utf-8"),
        ("a_torn.txt", "baybridge/a/torn.txt", "text/plain; charset=utf-8"),
    ):
        bridge, _ = rig(path)
        line, headers, body = ask(bridge, "/api/v1/logs/" + name)
        assert (line, headers["content-type"], body) == ("HTTP/1.1 200 OK", kind, CONTENT), name
        assert headers["content-disposition"] == 'attachment; filename="%s"' % name


def test_list_then_each_file_with_its_length_and_nothing_else():
    bridge, _ = rig(
        "baybridge/anchors.csv",
        "baybridge/house1/2026-11-22.csv",
        "baybridge/house1/2026-11-22-2.csv",
        "baybridge/house1/boot-7.csv",
        "baybridge/house1/frames-7-1.txt",
        "baybridge/house1/notes.md",
        "baybridge/old/2025-01-31.csv",
        "baybridge/Pictures/2025-01-31.csv",
        "secret.csv",
    )
    write(bridge.card, "baybridge/old/2025-02-01.csv", b"")
    line, headers, body = ask(bridge, "/api/v1/logs")
    assert line == "HTTP/1.1 200 OK"
    assert headers["content-type"] == "application/json"
    assert body.startswith(
        b'{"logs":[{"name":"anchors.csv","bytes":2000,"battery":null,"date":null},'
    )
    assert (
        b'{"name":"house1_2026-11-22-2.csv","bytes":2000,"battery":"house1","date":"2026-11-22"}'
        in body
    )
    listed = json.loads(body.decode())
    assert listed["is_complete"] is True
    rows = sorted([(row["name"], row["bytes"], row["date"]) for row in listed["logs"][1:]])
    assert rows == [
        ("house1_2026-11-22-2.csv", 2000, "2026-11-22"),
        ("house1_2026-11-22.csv", 2000, "2026-11-22"),
        ("house1_boot-7.csv", 2000, None),
        ("house1_frames-7-1.txt", 2000, None),
        ("old_2025-01-31.csv", 2000, "2025-01-31"),
        ("old_2025-02-01.csv", 0, "2025-02-01"),
    ]


def test_list_when_there_is_nothing_then_empty():
    card, _ = card_and_hand()
    card.mount()
    for folder in (None, "/baybridge", "/baybridge/house1"):
        if folder:
            os.mkdir(card.path + folder)
        assert ask(CardBridge(card), "/api/v1/logs")[2] == b'{"logs":[],"is_complete":true}'


def test_list_when_long_then_every_file_once_and_bounded():
    card, _ = card_and_hand()
    card.mount()
    for day in range(1, 101):
        write(card, "baybridge/house1/2026-%02d-%02d.csv" % (1 + day // 28, 1 + day % 28), b"x")
    write(card, "baybridge/house2/2026-01-01.csv", b"x")
    listed = json.loads(ask(CardBridge(card), "/api/v1/logs")[2].decode())
    assert len(listed["logs"]) == 101
    assert len({row["name"] for row in listed["logs"]}) == 101
    kept = logs._MAX_LISTED if hasattr(logs, "_MAX_LISTED") else None
    assert kept in (None, 2000)  # a const has no name on MicroPython


def test_card_when_away_then_503_with_a_sentence_until_it_is_back():
    bridge, hand = rig()
    bridge.card.unmount()
    hand.pull()
    for path in ("/api/v1/logs", DAY):
        line, headers, body = ask(bridge, path)
        assert line == "HTTP/1.1 503 Service Unavailable"
        assert headers["retry-after"] == "30"
        assert b'"detail":"The card cannot be read: ' in body
    hand.insert()
    # It is not tried at once again: an attempt stops the board for a second.
    assert ask(bridge, DAY)[0] == "HTTP/1.1 503 Service Unavailable"
    bridge.clock.now_ms += 10000
    assert ask(bridge, DAY)[2] == CONTENT
    bridge.card = None
    assert b"There is no card." in ask(bridge, DAY)[2]
