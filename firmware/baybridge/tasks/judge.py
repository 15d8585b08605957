"""Looks at all batteries once a second, whether or not anybody asks.

Here values are judged as they stand at that moment, old ones included: what has not come is
seen here, too. It feeds the bank's mean current and the histories, and has alarms begin and end;
it never waits for anything but the clock.
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
        # Set by the app: what is called with a battery when one of its alarms began, ended or
        # grew, and the CardWatch while there is a log.
        self.on_alarm = []
        self.card_watch = None

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
        for battery in self._batteries:
            # Before the alarms: what it finds is one of them.
            if battery.crosscheck is not None:
                battery.crosscheck.look(now_s10)
            if battery.alarms is not None and battery.alarms.judge(now_s10):
                battery.touch()
                for call in self.on_alarm:
                    call(battery)
        if self.card_watch is not None:
            self.card_watch.judge(now_s10)
