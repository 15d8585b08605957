"""The board's clock on a made-up `time` module of each epoch, on both interpreters."""

import asyncio  # noqa: F401 - it must have met the real `time` before
import sys

from baybridge.record import calendar
from host_tests.fakes.hardware import BOARD

NOON_S = 1715947200  # 2024-05-17T12:00:00Z, a Friday
LATER_S = 1786000000  # 2026-08-06
EPOCH_2000_S = 946684800
MODULE = "baybridge.ports.clock"


class FakeTime:
    """The ESP32's `time` with an epoch of its own."""

    def __init__(self, epoch_s, unix_s):
        self.epoch_s = epoch_s
        self.unix_s = unix_s
        self.now_ms = 0x3FFFFFFF - 500

    def time(self):
        return self.unix_s - self.epoch_s

    def gmtime(self, *seconds):
        unix_s = (seconds[0] if seconds else self.time()) + self.epoch_s
        second = unix_s % 86400
        weekday = (unix_s // 86400 + 3) % 7
        date = calendar.civil(unix_s // 86400)
        return date + (second // 3600, second // 60 % 60, second % 60, weekday, 1)

    def ticks_ms(self):
        return self.now_ms & 0x3FFFFFFF

    def ticks_diff(self, a, b):
        return ((a - b + 0x20000000) & 0x3FFFFFFF) - 0x20000000


def clock_on(time):
    """Return a Clock of a fresh import over this time module."""
    real = sys.modules.get("time")
    old = sys.modules.pop(MODULE, None)
    sys.modules["time"] = time
    try:
        __import__(MODULE)
        return sys.modules[MODULE].Clock()
    finally:
        del sys.modules["time"]
        if real is not None:
            sys.modules["time"] = real
        if old is not None:
            sys.modules[MODULE] = old


def both_epochs(unix_s):
    BOARD.reset()
    return [FakeTime(EPOCH_2000_S, unix_s), FakeTime(0, unix_s)]


def test_calendar_when_never_told_then_unknown():
    for time in (FakeTime(EPOCH_2000_S, EPOCH_2000_S + 7), FakeTime(0, 7)):
        assert clock_on(time).unix_s() is None


def test_calendar_when_set_then_the_rtc_gets_the_date_and_unix_time_comes_back():
    for time in both_epochs(7 + EPOCH_2000_S):
        clock = clock_on(time)
        clock.set_unix_s(NOON_S)
        assert BOARD.datetime == (2024, 5, 17, 4, 12, 0, 0, 0)
        time.unix_s = NOON_S + 5
        assert clock.unix_s() == NOON_S + 5


def test_calendar_when_kept_over_a_reset_then_known_at_once():
    for time in both_epochs(LATER_S):
        assert clock_on(time).unix_s() == LATER_S


def test_calendar_when_the_kept_year_cannot_be_then_unknown():
    for time in both_epochs(4102444800):  # 2100-01-01
        assert clock_on(time).unix_s() is None
    for time in both_epochs(1735689599):  # 2024-12-31T23:59:59Z
        assert clock_on(time).unix_s() is None


def test_uptime_when_ticks_wrap_then_goes_on():
    time = FakeTime(0, 7)
    clock = clock_on(time)
    before = clock.ticks_ms()
    for _ in range(7):
        time.now_ms += 333
        clock.uptime_s10()
    assert clock.uptime_s10() == 23
    assert clock.ticks_diff(clock.ticks_ms(), before) == 2331
