"""What the log costs on MicroPython: blocks | heap | stall; ends with JSON.

The firmware runs in place, as on the board; the card is one of 8 GB with clusters of 32 KB.
"""

import asyncio
import gc
import json
import os
import sys
import time

from tools.bench.vm_common import anonymous_memory, use_code, used

use_code("rom")

# First: imported through the rehearsal it would nest too deep for MicroPython's stack.
import host_tests.fakes.world  # noqa: E402, F401
from host_tests.fakes.hardware import SLOT  # noqa: E402
from tools.rehearse.logged_battery import LoggedBattery, SteadyBattery  # noqa: E402
from tools.rehearse.power_cut import NOON_S, Bridge, log_files  # noqa: E402
from tools.rehearse.sparse_card import SparseImage, insert_new_card  # noqa: E402

_DAY_S = 86400
_HOUR_S = 3600
# Early, so that what is kept does not end up scattered over the heap.
_COLLECT_BYTES = 1 << 20
_CARD_BYTES = 8 << 20


# --- blocks -----------------------------------------------------------------------------------


def blocks():
    """Count the blocks of a day's log, and of the same lines written one by one."""
    gc.threshold(_COLLECT_BYTES)
    result = {}
    for name, battery in (("steady", SteadyBattery()), ("boat", LoggedBattery())):
        insert_new_card()
        bridge = Bridge(1, NOON_S, battery=battery)
        SLOT.blocks_written = 0
        bridge.run(_DAY_S, 0)
        counts = {"records": bridge.writer.flushed, "batched": SLOT.blocks_written}
        files = []
        for path in log_files():
            with open(path, "rb") as file:
                files.append((path, file.read()))
        counts["bytes"] = sum([len(content) for _, content in files])
        for way, write in (("open_append", _open_append), ("flush_row", _flush_row)):
            insert_new_card()
            Bridge(1, NOON_S).card.mount()
            SLOT.blocks_written = 0
            for folder in ("/sd/baybridge", "/sd/baybridge/house1"):
                os.mkdir(folder)
            for path, content in files:
                write(path, content)
            counts[way] = SLOT.blocks_written
        result[name] = counts
    return result


def _lines(content):
    begin = 0
    while begin < len(content):
        # The day may end in the middle of a line, where a sector ends.
        end = content.find(b"\n", begin) + 1 or len(content)
        yield content[begin:end]
        begin = end


def _open_append(path, content):
    for line in _lines(content):
        with open(path, "ab") as file:
            file.write(line)


def _flush_row(path, content):
    with open(path, "ab") as file:
        for line in _lines(content):
            file.write(line)
            file.flush()


# --- heap -------------------------------------------------------------------------------------


class _OutsideImage(SparseImage):
    """A card whose blocks lie outside the heap: neither its use nor collections know of them."""

    def __init__(self):
        super().__init__()
        self._memory = memoryview(anonymous_memory(_CARD_BYTES))
        self._used = 0

    def new_chunk(self, size):
        self._used += size
        return self._memory[self._used - size : self._used]


class WeighedImage(_OutsideImage):
    """A card whose own use of the heap is known, while nothing is collected."""

    def __init__(self):
        super().__init__()
        self.bytes = 0

    def read(self, at, buf):
        before = gc.mem_alloc()
        super().read(at, buf)
        self.bytes += gc.mem_alloc() - before

    def write(self, at, buf):
        before = gc.mem_alloc()
        super().write(at, buf)
        self.bytes += gc.mem_alloc() - before


def heap():
    """Weigh an hour of records with their flushes, in the middle of a file."""
    image = WeighedImage()
    insert_new_card(image)
    bridge = Bridge(1, NOON_S, battery=SteadyBattery())
    weights = []
    alive = []

    def weigh():
        weights.append((gc.mem_alloc(), image.bytes, bridge.writer.flushed))

    def begin():
        alive.append(used())
        gc.disable()
        weigh()

    def end():
        weigh()
        gc.enable()
        alive.append(used())

    bridge.run(2 * _HOUR_S, 0, calls={_HOUR_S: begin, 2 * _HOUR_S - 2: end})
    (before, card_before, from_record), (after, card_after, to_record) = weights
    alone = _weigh_alone()
    return {
        "records": to_record - from_record,
        "bytes": after - before - (card_after - card_before) - alone,
        "stays": alive[1] - alive[0],
    }


def _weigh_alone():
    """Weigh what an hour of the rehearsal itself takes: a battery that nobody logs."""
    insert_new_card()
    bridge = Bridge(1, NOON_S, _NoWriter, SteadyBattery())
    weights = []

    def weigh():
        used()
        gc.disable()
        weights.append(gc.mem_alloc())

    def end():
        weights.append(gc.mem_alloc())

    bridge.run(2 * _HOUR_S, 0, calls={_HOUR_S: weigh, 2 * _HOUR_S - 2: end})
    gc.enable()
    return weights[1] - weights[0]


class _NoWriter:
    def __init__(self, battery, card, clock, boot, log):
        self.flushed = 0
        self._clock = clock

    async def run(self, job):
        while True:
            await self._clock.sleep_ms(1000)


# --- stall ------------------------------------------------------------------------------------


class TimedImage(_OutsideImage):
    """A card that knows how long it was at work, and for how many blocks."""

    def __init__(self):
        super().__init__()
        self.us = 0
        self.blocks_read = 0
        self.blocks_written = 0

    def read(self, at, buf):
        begun_us = time.ticks_us()
        super().read(at, buf)
        self.blocks_read += len(buf) // 512
        self.us += time.ticks_diff(time.ticks_us(), begun_us)

    def write(self, at, buf):
        begun_us = time.ticks_us()
        super().write(at, buf)
        self.blocks_written += len(buf) // 512
        self.us += time.ticks_diff(time.ticks_us(), begun_us)


class _Timed:
    """A coroutine of which each step is timed: while one lasts, nobody else runs."""

    def __init__(self, coro, image, steps):
        self._coro = coro
        self._image = image
        self._steps = steps

    def __iter__(self):
        return self

    def __next__(self):
        image = self._image
        card_us = image.us
        read = image.blocks_read
        written = image.blocks_written
        begun_us = time.ticks_us()
        try:
            return next(self._coro)
        finally:
            us = time.ticks_diff(time.ticks_us(), begun_us) - (image.us - card_us)
            written = image.blocks_written - written
            self._steps.note(us, image.blocks_read - read, written)

    def close(self):
        self._coro.close()


class _Steps:
    """The longest step, and the most blocks of any."""

    def __init__(self):
        self.longest_us = 0
        self.most_read = 0
        self.most_written = 0

    def note(self, us, read, written):
        self.longest_us = max(self.longest_us, us)
        self.most_read = max(self.most_read, read)
        self.most_written = max(self.most_written, written)


class _TimedWriter:
    def __init__(self, image, steps):
        self._image = image
        self._steps = steps
        self.writer = None

    def __call__(self, *args):
        from baybridge.tasks.write_log import LogWriter

        self.writer = LogWriter(*args)
        return self

    @property
    def flushed(self):
        return self.writer.flushed

    async def run(self, job):
        await _Timed(self.writer.run(job), self._image, self._steps)


def stall():
    """Time each step of the log's task in some scenes of a card's life."""
    result = {}
    image = TimedImage()
    insert_new_card(image)

    def away():
        SLOT.pull()

    def back():
        SLOT.insert(image)

    scenes = (
        ("new", 1, NOON_S, 60, {}),
        ("day", 2, NOON_S + 60, _DAY_S, {}),
        ("restart", 3, NOON_S + _DAY_S + 60, 600, {}),
        ("card", 4, NOON_S + _DAY_S + 700, 3000, {600: away, 1800: back}),
    )
    for name, boot, unix_s, seconds, calls in scenes:
        gc.collect()
        steps = _Steps()
        bridge = Bridge(boot, unix_s, _TimedWriter(image, steps))
        bridge.run(seconds, 0, calls=calls)
        result[name] = {
            "us": steps.longest_us,
            "most_read": steps.most_read,
            "most_written": steps.most_written,
        }
    return result


def main(what):
    asyncio.new_event_loop()
    print(json.dumps({"blocks": blocks, "heap": heap, "stall": stall}[what]()))


main(sys.argv[1])
