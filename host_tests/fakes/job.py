"""A supervised job without its supervisor, and a way to drive a task through a test."""

import asyncio


class FakeJob:
    """Takes signs of life; longest_s10 is the longest time there was none."""

    def __init__(self, clock=None):
        self.beats = 0
        self.longest_s10 = 0
        self._clock = clock
        self._last_s10 = 0

    def beat(self):
        self.beats += 1
        if self._clock is not None:
            now_s10 = self._clock.uptime_s10()
            self.longest_s10 = max(self.longest_s10, now_s10 - self._last_s10)
            self._last_s10 = now_s10


async def stop(task):
    """Cancel a task and wait for its end."""
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        pass


async def run_through(task, clock, steps):
    """Let a task run through steps: seconds to wait, or what to call; it must outlive them."""
    for step in steps:
        if isinstance(step, int):
            await clock.sleep_ms(step * 1000)
        else:
            step()
    assert not task.done()
    await stop(task)
