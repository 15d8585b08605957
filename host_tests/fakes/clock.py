"""Two clocks with the methods of baybridge.ports.clock.Clock, for both interpreters.

FakeClock moves only when every task waits: a day passes as fast as its tasks can run, and a
test is the same each time. HostClock is real time, n times as fast (`make run SPEED=n`).
"""

import asyncio
import heapq
import sys
import time

_TICKS = 0x3FFFFFFF  # both ports count 30 bits
_IS_UPY = sys.implementation.name == "micropython"
if _IS_UPY:
    import asyncio.core as _core


def ticks_diff(a, b):
    return ((a - b + 0x20000000) & _TICKS) - 0x20000000


def _others_wait():
    """Tell whether no task but the caller is ready to run."""
    if _IS_UPY:
        return _core._task_queue.peek() is None
    return not asyncio.get_running_loop()._ready


class FakeClock:
    """Time that moves only when every task sleeps or waits for somebody else.

    It starts 100 ms before the tick counter wraps, so every test crosses the wrap.
    """

    def __init__(self, now_ms=_TICKS - 100, unix_s=None):
        self.start_ms = now_ms
        self.now_ms = now_ms
        self.unix_at_start_s = unix_s
        self._sleepers = []
        self._order = 0

    def ticks_ms(self):
        return self.now_ms & _TICKS

    def ticks_diff(self, a, b):
        return ticks_diff(a, b)

    def uptime_s10(self):
        return (self.now_ms - self.start_ms) // 100

    def unix_s(self):
        if self.unix_at_start_s is None:
            return None
        return self.unix_at_start_s + (self.now_ms - self.start_ms) // 1000

    def set_unix_s(self, unix_s):
        self.unix_at_start_s = unix_s - (self.now_ms - self.start_ms) // 1000

    def sleep_ms(self, ms):
        return self._sleep_ms(ms)

    async def _sleep_ms(self, ms):
        woken = asyncio.Event()
        # The order keeps sleepers with the same end first come, first served; heapq would
        # otherwise compare two events.
        self._order += 1
        heapq.heappush(self._sleepers, (self.now_ms + max(ms, 0), self._order, woken))
        await woken.wait()

    async def _drive(self):
        while True:
            # Twice: the first turn polls the sockets, the second lets what they woke show.
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            if self._sleepers and _others_wait():
                end_ms, _, woken = heapq.heappop(self._sleepers)
                self.now_ms = max(self.now_ms, end_ms)
                woken.set()

    def run(self, main):
        """Run a coroutine to its end and return what it returns."""

        async def drive_and_run():
            driver = asyncio.create_task(self._drive())
            try:
                return await main
            finally:
                driver.cancel()

        if _IS_UPY:
            asyncio.new_event_loop()
        return asyncio.run(drive_and_run())


class HostClock:
    """Real time, speed times as fast."""

    def __init__(self, speed=1):
        self.speed = speed
        self._start_ns = time.time_ns()
        self._unix_ahead_s = 0

    def _now_ms(self):
        return (time.time_ns() - self._start_ns) * self.speed // 1000000

    def ticks_ms(self):
        return self._now_ms() & _TICKS

    def ticks_diff(self, a, b):
        return ticks_diff(a, b)

    def uptime_s10(self):
        return self._now_ms() // 100

    def unix_s(self):
        return self._start_ns // 1000000000 + self._now_ms() // 1000 + self._unix_ahead_s

    def set_unix_s(self, unix_s):
        # Not by moving the start: ticks and uptime must not jump with it.
        self._unix_ahead_s += unix_s - self.unix_s()

    def sleep_ms(self, ms):
        if _IS_UPY:
            return asyncio.sleep_ms(ms // self.speed)
        return asyncio.sleep(ms / 1000 / self.speed)
