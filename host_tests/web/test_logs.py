"""The card's files over real sockets: real FAT under MicroPython, a folder under CPython."""

import gc
import json
import os

from baybridge.web import logs
from host_tests.fakes.card import card_and_hand
from host_tests.fakes.clock import FakeClock
from host_tests.fakes.hardware import SLOT
from host_tests.upy.heap import IS_MICROPYTHON
from host_tests.web.loopback import Bridge, connect, exchange, parts, serve_while

DAY = "/api/v1/logs/house1_2026-11-22.csv"
# Every byte tells its place.
CONTENT = b"".join([b"%07d\n" % i for i in range(250)])


class CardBridge(Bridge):
    """A bridge with a card and a clock, as far as these routes ask."""

    def __init__(self, card):
        super().__init__()
        self.card = card
        self.clock = FakeClock()


def write(card, name, content):
    at = card.path
    for folder in name.split("/")[:-1]:
        at += "/" + folder
        if folder not in os.listdir(at[: at.rfind("/")]):
            os.mkdir(at)
    with open("%s/%s" % (card.path, name), "wb") as file:
        file.write(content)


def rig(*names):
    """Return (bridge, hand) of a mounted card with these files, all of the same content."""
    card, hand = card_and_hand()
    card.mount()
    for name in names or ("baybridge/house1/2026-11-22.csv",):
        write(card, name, CONTENT)
    return CardBridge(card), hand


def ask(bridge, path, fields="", method="GET"):
    """Return (status line, headers, body); the connection ended well."""
    got = []

    async def scenario(guard, clock, port):
        raw = "%s %s HTTP/1.1\r\nHost: bay\r\n%s\r\n" % (method, path, fields)
        got.append(parts(await exchange(port, raw.encode())))

    guard = serve_while(scenario, bridge, clock=bridge.clock)
    assert (guard.served, guard.failures) == (1, 0), guard.last_error
    return got[0]


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


def test_card_when_pulled_before_the_first_byte_then_503():
    bridge, hand = rig()
    hand.pull()
    line, _, body = ask(bridge, DAY)
    assert line in ("HTTP/1.1 503 Service Unavailable", "HTTP/1.1 404 Not Found")
    assert line.startswith("HTTP/1.1 503") or not IS_MICROPYTHON
    assert b"0000001" not in body


class Slow:
    """A connection whose socket takes nothing by itself: what is put waits for flush()."""

    def __init__(self, then):
        self.sent = b""
        self._kept = b""
        self._then = then

    has_room = False

    def put(self, piece):
        self._kept = bytes(piece)

    async def flush(self):
        self._then(len(self.sent))
        self.sent += self._kept
        self._kept = b""


def download_to(c, card, start, end):
    path = card.path + "/baybridge/house1/2026-11-22.csv"

    async def main():
        await logs.Download(card, path, start, end).send_to(c)

    FakeClock().run(main())


def test_download_when_the_file_grows_then_the_length_that_was_announced():
    bridge, _ = rig()

    def grow(at):
        with open(bridge.card.path + "/baybridge/house1/2026-11-22.csv", "ab") as file:
            file.write(b"more of it\n")

    c = Slow(grow)
    download_to(c, bridge.card, 0, 2000)
    assert c.sent == CONTENT


def raised_by(c, card):
    try:
        download_to(c, card, 0, 2000)
    except OSError as exc:
        return exc.errno
    raise AssertionError("it ended")


def test_download_when_the_file_goes_then_it_ends_and_the_card_stays():
    bridge, _ = rig()
    path = bridge.card.path + "/baybridge/house1/2026-11-22.csv"

    def remove(at):
        if at == 512:
            os.remove(path)

    c = Slow(remove)
    assert raised_by(c, bridge.card) == 2
    assert c.sent == CONTENT[:1024]
    assert bridge.card.is_mounted

    bridge, _ = rig()
    path = bridge.card.path + "/baybridge/house1/2026-11-22.csv"

    def cut(at):
        if at == 512:
            with open(path, "wb") as file:
                file.write(CONTENT[:1100])

    c = Slow(cut)
    assert raised_by(c, bridge.card) == 5
    assert c.sent == CONTENT[:1024]
    assert bridge.card.is_mounted


def test_download_when_the_card_is_changed_then_it_ends():
    bridge, hand = rig()

    def change(at):
        bridge.card.unmount()
        hand.pull()
        hand.insert()
        bridge.card.mount()

    c = Slow(change)
    assert raised_by(c, bridge.card) == 19
    assert c.sent == CONTENT[:512]
    assert bridge.card.is_mounted


def test_download_when_the_card_is_pulled_then_the_connection_ends_and_it_is_noted():
    card, hand = card_and_hand()
    card.mount()
    write(card, "baybridge/house1/2026-11-22.csv", bytes(400000))
    bridge = CardBridge(card)
    got = []

    async def scenario(guard, clock, port):
        reader, writer = await connect(
            port, b"GET %s HTTP/1.1\r\nHost: bay\r\n\r\n" % DAY.encode()
        )
        got.append(await reader.read(1000))
        hand.pull()
        while True:
            piece = await reader.read(65536)
            if not piece:
                break
            got.append(piece)
        writer.close()
        await writer.wait_closed()

    guard = serve_while(scenario, bridge, clock=bridge.clock)
    answer = b"".join(got)
    assert b"Content-Length: 400000\r\n" in answer
    assert len(answer) < 400000
    assert (guard.dropped, guard.failures) == (1, 0)
    if IS_MICROPYTHON:
        assert not card.is_mounted
        assert len(card.last_error) > 20


def test_download_then_others_have_their_turn_after_few_blocks():
    if not IS_MICROPYTHON:
        return  # a folder has no blocks
    card, _ = card_and_hand()
    card.mount()
    for day in range(1, 32):
        write(card, "baybridge/house1/2026-10-%02d.csv" % day, b"x")
    write(card, "baybridge/house1/2026-11-22.csv", bytes(1500000))
    bridge = CardBridge(card)
    most = [0]
    turns = [0]

    async def others(clock):
        while True:
            before = SLOT.blocks_read
            await clock.sleep_ms(0)
            most[0] = max(most[0], SLOT.blocks_read - before)
            turns[0] += 1

    async def scenario(guard, clock, port):
        import asyncio

        task = asyncio.create_task(others(clock))
        reader, writer = await connect(
            port, b"GET %s HTTP/1.1\r\nHost: bay\r\n\r\n" % DAY.encode()
        )
        n = 0
        while True:
            piece = await reader.read(65536)
            if not piece:
                break
            n += len(piece)
        assert n > 1500000
        writer.close()
        await writer.wait_closed()
        task.cancel()

    before = SLOT.blocks_read
    serve_while(scenario, bridge, clock=bridge.clock)
    print("blocks read:", SLOT.blocks_read - before, "of 2930, most in a turn:", most[0])
    # The first turn also asks for the length and reads a byte.
    assert most[0] <= 50, most
    assert turns[0] > 300
    # Fifteen blocks to find the place for eight of data.
    assert SLOT.blocks_read - before < 2930 * 3


class Forgetful(Slow):
    """One that keeps a piece until it is taken, and then nothing; it looks at the heap."""

    def __init__(self):
        self._kept = b""
        self.pieces = 0
        self.bytes_before = 0
        self.bytes_most = 0

    async def flush(self):
        gc.collect()
        self.bytes_most = max(self.bytes_most, gc.mem_alloc() - self.bytes_before)
        self.pieces += 1
        self._kept = b""


def test_download_then_less_than_2_kb_of_heap():
    if not IS_MICROPYTHON:
        return  # CPython cannot tell
    bridge, _ = rig()
    c = Forgetful()
    path = bridge.card.path + "/baybridge/house1/2026-11-22.csv"

    async def main():
        for _ in range(2):
            c.bytes_most = 0
            gc.collect()
            c.bytes_before = gc.mem_alloc()
            await logs.Download(bridge.card, path, 0, 2000).send_to(c)

    FakeClock().run(main())
    assert c.pieces == 8
    print("bytes, with a piece the socket has not taken:", c.bytes_most)
    assert 1024 < c.bytes_most <= 2048, c.bytes_most


def test_download_when_in_flight_then_the_whole_connection_holds_little():
    if not IS_MICROPYTHON:
        return  # CPython cannot tell
    card, _ = card_and_hand()
    card.mount()
    write(card, "baybridge/house1/2026-11-22.csv", bytes(100000))
    bridge = CardBridge(card)
    most = []

    async def scenario(guard, clock, port):
        for _ in range(2):
            reader, writer = await connect(port)
            for _ in range(4):
                await clock.sleep_ms(1)
            # Accepted, nothing asked yet: what an open connection takes is not the download's.
            gc.collect()
            before = gc.mem_alloc()
            highest = 0
            writer.write(b"GET %s HTTP/1.1\r\nHost: bay\r\n\r\n" % DAY.encode())
            while guard.connections:
                gc.collect()
                highest = max(highest, gc.mem_alloc() - before)
                await clock.sleep_ms(0)
            most.append(highest)
            while await reader.read(65536):
                pass
            writer.close()
            await writer.wait_closed()

    serve_while(scenario, bridge, clock=bridge.clock)
    print("bytes of the download and all of its request:", most)
    assert 512 < most[1] <= 2048, most
