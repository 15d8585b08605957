"""A file on its way: it changes, the card goes, others wait; what that costs in heap."""

import gc
import os

from baybridge.web import logs
from host_tests.fakes.card import card_and_hand
from host_tests.fakes.clock import FakeClock
from host_tests.fakes.hardware import SLOT
from host_tests.upy.heap import IS_MICROPYTHON
from host_tests.web.card_rig import CONTENT, DAY, CardBridge, ask, rig, write
from host_tests.web.loopback import connect, serve_while


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
