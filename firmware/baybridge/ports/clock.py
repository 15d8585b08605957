"""Time: ticks for deadlines, uptime for ages, the calendar once somebody told it.

A tick wraps every 12.4 days (platform.md 5.13), so nothing keeps one longer than a step of a
conversation. Ages are tenths of a second of uptime: a small int for 3.4 years, and never back.
"""

import asyncio
import time

# Unix seconds of the port's own epoch: 2000-01-01 on the ESP32 today, 1970 on some builds.
_EPOCH_S = 946684800 if time.gmtime(0)[0] == 2000 else 0


class Clock:
    """The board's clock."""

    def __init__(self):
        self._last_ms = time.ticks_ms()
        self._rest_ms = 0
        self._up_s10 = 0
        # The calendar survives every reset but power-up, which starts it in 2000 or 1970
        # (platform.md 5.13). A year that can be true was told before the reset, by us.
        self._is_set = 2025 <= time.gmtime()[0] < 2100

    def ticks_ms(self):
        """Return a tick; compare two only through ticks_diff."""
        return time.ticks_ms()

    def ticks_diff(self, a, b):
        """Return a - b in ms, right across the wrap, for ticks up to 6 days apart."""
        return time.ticks_diff(a, b)

    # Hot path: asyncio.sleep_ms hands out one generator again and again, so waiting costs no
    # heap; a coroutine of our own around it would.
    def sleep_ms(self, ms):
        """Return an awaitable that ends after ms."""
        return asyncio.sleep_ms(ms)

    # Hot path: no allocation; host_tests/upy checks it. It has to be called once in 6 days at
    # least, or a wrap goes unseen; the supervisor's loop does so every second.
    def uptime_s10(self):
        """Return tenths of a second since start; never wraps, never steps."""
        now = time.ticks_ms()
        self._rest_ms += time.ticks_diff(now, self._last_ms)
        self._last_ms = now
        self._up_s10 += self._rest_ms // 100
        self._rest_ms %= 100
        return self._up_s10

    def unix_s(self):
        """Return Unix seconds, or None while nobody has told the time."""
        return int(time.time()) + _EPOCH_S if self._is_set else None

    def set_unix_s(self, unix_s):
        """Set the calendar from a source that was found plausible."""
        import machine

        t = time.gmtime(unix_s - _EPOCH_S)
        machine.RTC().datetime((t[0], t[1], t[2], t[6], t[3], t[4], t[5], 0))
        self._is_set = True
