"""A clock like FakeClock that makes a month affordable, on MicroPython only.

Sleeping allocates nothing and counting time makes no big integers. Sleepers wait in a task queue
of their own, ordered by simulated time; asyncio's loop takes the next one out when it would
otherwise wait for real. It reaches into asyncio.core for that.
"""

import asyncio
import asyncio.core as core

_TICKS = 0x3FFFFFFF
_HALF = 0x20000000
# Longer than any rehearsal takes, shorter than half a turn of the ticks.
_FOR_EVER_MS = 400000000


class _Sleep:
    """What sleep_ms() returns; one for all, as in asyncio.core, because it is awaited at once."""

    def __init__(self, sleepers):
        self.until = None
        self._sleepers = sleepers

    def __iter__(self):
        return self

    def __next__(self):
        until = self.until
        if until is None:
            raise StopIteration
        self.until = None
        # Simulated ticks wrap as the board's do; a queue compares them as ticks.
        task = core.cur_task
        self._sleepers.push(task, until)
        # Where cancel() finds it.
        task.data = self._sleepers


class _Sockets(core.IOQueue):
    """Asks the sockets only while somebody uses one, and instead of waiting moves the time."""

    def __init__(self, clock):
        super().__init__()
        self._clock = clock

    def wait_io_event(self, dt):
        clock = self._clock
        if clock.is_busy:
            super().wait_io_event(0)
        if dt <= 0 or core._task_queue.peek() is not clock.keeper:
            return
        task = clock.sleepers.pop()
        ahead_ms = ((task.ph_key - clock.ticks + _HALF) & _TICKS) - _HALF
        if ahead_ms > 0:
            clock.ticks = task.ph_key
            ahead_ms += clock.rest_ms
            clock.up_s10 += ahead_ms // 100
            clock.rest_ms = ahead_ms % 100
        core._task_queue.push(task)


class QuickClock:
    """A clock with run(); set is_busy while a socket of the rehearsal itself is open.

    It starts 100 ms before the tick counter wraps.
    """

    def __init__(self, unix_s=None):
        self.ticks = _TICKS - 100
        self.up_s10 = 0
        self.rest_ms = 0
        self.unix_at_start_s = unix_s
        self.is_busy = False
        self.sleepers = core.TaskQueue()
        self.keeper = None
        self._sleep = _Sleep(self.sleepers)

    @property
    def now_ms(self):
        """Milliseconds since the start, as a big integer after twelve days."""
        return self.up_s10 * 100 + self.rest_ms

    def ticks_ms(self):
        return self.ticks

    def ticks_diff(self, a, b):
        return ((a - b + _HALF) & _TICKS) - _HALF

    def uptime_s10(self):
        return self.up_s10

    def unix_s(self):
        if self.unix_at_start_s is None:
            return None
        return self.unix_at_start_s + self.up_s10 // 10

    def set_unix_s(self, unix_s):
        self.unix_at_start_s = unix_s - self.up_s10 // 10

    def sleep_ms(self, ms):
        self._sleep.until = self.ticks + max(ms, 0) & _TICKS
        return self._sleep

    async def _keep(self):
        # The loop ends when nobody is in its queue.
        await asyncio.sleep_ms(_FOR_EVER_MS)

    def run(self, main):
        """Run a coroutine to its end and return what it returns."""

        async def keep_and_run():
            self.keeper = asyncio.create_task(self._keep())
            try:
                return await main
            finally:
                self.keeper.cancel()

        asyncio.new_event_loop()
        core._io_queue = _Sockets(self)
        return asyncio.run(keep_and_run())
