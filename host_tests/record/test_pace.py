"""The schedule of records: literal currents in, periods out."""

from baybridge.record.pace import Pace
from host_tests.upy.heap import allocates


def pace_at(current_ma, battery_mv=13120, record_s=10, fast_s=2, rest_s=60):
    pace = Pace(record_s, fast_s, rest_s)
    pace.is_step(0, current_ma, battery_mv)
    pace.note_record(current_ma, battery_mv)
    return pace


def test_is_step_when_current_jumps_then_fast_for_half_a_minute():
    pace = pace_at(-1000)
    assert not pace.is_step(20, -1999, 13120)
    assert pace.period_s10(20) == 100
    assert pace.is_step(40, -2000, 13120)
    assert [pace.period_s10(now_s10) for now_s10 in (40, 339, 340)] == [20, 20, 100]


def test_is_step_when_current_is_big_then_its_ripple_is_none():
    pace = pace_at(80000)
    assert not pace.is_step(20, 84999, 13120)
    assert pace.is_step(40, 85000, 13120)
    assert pace_at(-80000).is_step(20, -75000, 13120)


def test_is_step_when_voltage_jumps_then_step():
    pace = pace_at(0, 13120)
    assert not pace.is_step(20, 0, 13120 - 101)
    assert pace.is_step(40, 0, 13120 - 102)


def test_is_step_when_nothing_was_recorded_or_it_is_switched_off_then_none():
    pace = Pace(10, 2, 60)
    assert not pace.is_step(20, 50000, 13120)
    pace = pace_at(0, fast_s=0)
    assert not pace.is_step(20, 50000, 13120)
    assert pace.period_s10(20) == 100


def test_period_when_nothing_moves_for_five_minutes_then_rest():
    pace = pace_at(-300)
    for now_s10 in range(20, 3000, 20):
        pace.is_step(now_s10, -300 + now_s10 % 400, 13120)
        assert pace.period_s10(now_s10) == 100
    pace.is_step(3000, -300, 13120)
    assert pace.period_s10(3000) == 600
    assert not pace.is_step(3020, -800, 13120)
    assert pace.period_s10(3020) == 100


def test_period_when_rest_is_shorter_than_record_then_record():
    pace = pace_at(0, rest_s=5)
    assert pace.period_s10(100000) == 100
    assert pace_at(0, rest_s=0).period_s10(100000) == 100


def test_period_when_fast_is_longer_than_record_then_record():
    pace = pace_at(0, record_s=1)
    assert pace.is_step(20, 9000, 13120)
    assert pace.period_s10(20) == 10


def test_is_step_when_heap_is_locked_then_no_allocation():
    pace = pace_at(0)
    assert not allocates(pace.is_step, 40, -90000, 12900)
    assert not allocates(pace.note_record, -90000, 12900)
    assert not allocates(pace.period_s10, 60)
