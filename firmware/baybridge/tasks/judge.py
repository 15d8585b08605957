"""Looks at all batteries once a second, whether or not anybody asks.

Here values are judged as they stand at that moment, old ones included: what has not come is
seen here, too. It feeds the bank's mean current and the histories; it never waits for anything
but the clock.
"""

from micropython import const

from baybridge.battery import bank

_PERIOD_MS = const(1000)


class Judge:
    """The round over all batteries; mean is the bank's CurrentMean, histories one of each."""

    def __init__(self, batteries, mean, histories, clock):
        self._batteries = batteries
        self._mean = mean
        self._histories = histories
        self._clock = clock

    async def run(self, job):
        """Judge for ever; job.beat() shows progress."""
        while True:
            job.beat()
            self._look(self._clock.uptime_s10())
            await self._clock.sleep_ms(_PERIOD_MS)

    # Hot path: no allocation; host_tests/upy checks it.
    def _look(self, now_s10):
        current_ma = bank.current_ma(self._batteries, now_s10)
        if current_ma is not None:
            self._mean.feed(current_ma, now_s10)
        for history in self._histories:
            history.feed(now_s10)
