"""The watchdog that resets the board unless somebody feeds it; once begun, it never ends."""

import machine


class Watchdog:
    """The ESP32's task watchdog; platform.md 6.8: longer than the longest legal block."""

    def __init__(self, timeout_ms):
        self._wdt = machine.WDT(timeout=timeout_ms)

    def feed(self):
        """Start the time-out again; only the supervisor calls this."""
        self._wdt.feed()
