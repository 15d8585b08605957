"""A watchdog that only counts: baybridge.ports.watchdog.Watchdog for both interpreters."""


class FakeWatchdog:
    """Remembers when it was fed last; the clock tells tests how long ago."""

    def __init__(self, timeout_ms, clock=None):
        self.timeout_ms = timeout_ms
        self.feeds = 0
        self.longest_gap_s10 = 0
        self._clock = clock
        self._fed_s10 = 0

    def feed(self):
        self.feeds += 1
        if self._clock is not None:
            now_s10 = self._clock.uptime_s10()
            self.longest_gap_s10 = max(self.longest_gap_s10, now_s10 - self._fed_s10)
            self._fed_s10 = now_s10
