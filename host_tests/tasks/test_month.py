"""A day of the month that `make bench` plays: everything happens, nothing old is served.

On MicroPython only: what is at stake is its heap and its FAT, and CPython takes twice as long.
"""

import sys

# First, though unused: imported through `tools` it would nest too deep for MicroPython's stack.
import host_tests.fakes.world  # noqa: F401
from host_tests.fakes.clock import FakeClock
from host_tests.web.loopback import free_port
from tools.rehearse.month import Diary, Month

IS_UPY = sys.implementation.name == "micropython"


def test_day_when_everything_happens_then_all_is_well_at_its_end():
    if not IS_UPY:
        return
    from tools.rehearse.quick_clock import QuickClock

    result = Month(QuickClock(), "build/rehearse/day", free_port(), 1, 10, 2, 12).play()
    print(result)
    assert result["stale_served"] == 0, result["first_wrong"]
    assert result["restarts"] == [] and result["resets"] == []
    assert result["is_well"] and result["unwell_minutes"] == 0
    assert result["watchdog_s"] <= 60
    assert result["links_left"] == 0 and result["double_links"] == 0
    assert result["most_connections"] == 2
    assert result["irq_exceptions"] == 0
    assert result["http_failures"] == 0 and result["http_answers"] > 1200
    assert result["hours"] >= 40 and result["hours_missing"] == 0
    assert result["bad_lines"] == 0
    assert result["reconnects"] >= 5
    assert result["heap_last"] - result["heap_first"] <= 1024


def test_diary_when_times_are_noted_then_percentiles_are_theirs():
    diary = Diary(FakeClock(), 1, 2, 86400)
    assert diary.percentile_s10(95) is None
    for s10 in range(100, 0, -1):
        diary.reconnected(s10)
    assert diary.percentile_s10(50) == 50
    assert diary.percentile_s10(95) == 95
    assert diary.percentile_s10(100) == 100


def test_diary_when_a_measurement_is_near_then_there_is_quiet():
    clock = FakeClock()
    diary = Diary(clock, 1, 2, 86400)
    assert not diary.is_quiet_within(84599)
    assert diary.is_quiet_within(84601)
    clock.now_ms += 84600000
    assert diary.is_quiet_within(1)
    clock.now_ms += 1800000
    assert not diary.is_quiet_within(84599)
