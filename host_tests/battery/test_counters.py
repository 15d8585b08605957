"""Charge and energy counted exactly: every expected value worked out by hand."""

from baybridge.battery.counters import Counters, Total
from host_tests.support import raises
from host_tests.upy.heap import allocates

# Which of the totals in state() is what.
CHARGE_IN, CHARGE_OUT, ENERGY_IN, ENERGY_OUT = range(4)
NOTHING = (0, 0, 0, 0, 0)


def counted(steps, max_gap_ms=20000):
    counters = Counters(max_gap_ms)
    for current_ma, battery_mv, elapsed_ms in steps:
        counters.update(current_ma, battery_mv, elapsed_ms)
    return counters


def total(counters, which):
    return counters.state()[which * 5 : which * 5 + 5]


def held(current_ma, battery_mv, elapsed_ms, times):
    """Counters that saw one reading, then the same one again so many times."""
    counters = counted([(current_ma, battery_mv, None)])
    for _ in range(times):
        counters.update(current_ma, battery_mv, elapsed_ms)
    return counters


def thousandths(counters):
    return (
        counters.charge_in.thousandths,
        counters.charge_out.thousandths,
        counters.energy_in.thousandths,
        counters.energy_out.thousandths,
    )


def test_charge_when_100000_small_steps_then_not_one_is_lost():
    # 100,000 x 10 mA x 7 ms = 7,000,000 mA ms = 7 A s, which are 14 halves. At 13,120 mV:
    # 131,200 uW x 700 s = 91.84 W s: 183.68 halves.
    counters = held(10, 13120, 7, 100000)
    assert total(counters, CHARGE_IN) == (0, 14, 0, 0, 0)
    assert total(counters, ENERGY_IN) == (0, 183, 680, 0, 0)
    assert total(counters, CHARGE_OUT) == total(counters, ENERGY_OUT) == NOTHING


def test_charge_when_one_step_then_to_the_last_place():
    # 1 mA x 13,001 mV = 13,001 uW, for 1 ms: 13 uW s and 1 nW s, of which there are 2 halves.
    counters = held(1, 13001, 1, 1)
    assert total(counters, CHARGE_IN) == (0, 0, 0, 2, 0)
    assert total(counters, ENERGY_IN) == (0, 0, 0, 26, 2)


def test_hour_when_discharged_with_20_6_a_then_20_6_ah_out():
    # 20.6 A x 52.19 V = 1075.114 W.
    counters = held(-20600, 52190, 2000, 1800)
    assert thousandths(counters) == (0, 20600, 0, 1075114)
    assert total(counters, CHARGE_OUT) == (20, 4320, 0, 0, 0)


def test_hour_when_charged_at_odd_intervals_then_the_same():
    # 2,777 intervals of 1,296 ms and one of 1,008 ms are 3,600,000 ms.
    counters = held(20600, 52190, 1296, 2777)
    counters.update(20600, 52190, 1008)
    assert thousandths(counters) == (20600, 0, 1075114, 0)


def test_day_when_charged_and_discharged_then_both_sides_are_equal():
    counters = held(48215, 13120, 1499, 1000)
    counters.update(-48215, 13120, None)
    for _ in range(1000):
        counters.update(-48215, 13120, 1499)
    assert total(counters, CHARGE_IN) == total(counters, CHARGE_OUT)
    assert total(counters, ENERGY_IN) == total(counters, ENERGY_OUT)
    # 48.215 A x 1,499 s = 72,274.285 A s = 20.076190 Ah; x 13.12 V = 263.399616 Wh.
    assert thousandths(counters) == (20076, 20076, 263399, 263399)


def test_total_when_hours_pass_then_they_carry():
    charge = Total()
    charge.add(7199, 999, 999, 1, 0)
    assert charge.state() == (0, 7199, 999, 999, 0)
    charge.add(0, 0, 1, 1, 0)
    assert charge.state() == (1, 0, 0, 0, 0)
    assert charge.thousandths == 1000


def test_thousandths_when_just_below_one_then_rounded_down():
    charge = Total()
    # A mAh is 7.2 halves.
    charge.add(7, 199, 999, 1, 0)
    assert charge.thousandths == 0
    charge.add(0, 0, 1, 1, 0)
    assert charge.thousandths == 1


def test_ramp_when_even_then_its_mean_counts():
    # 0, 10, 20, 30 A an hour's thousandth apart: the mean is 15 A, over 10.8 s 162 A s.
    counters = counted([(0, 1000, None)] + [(ma, 1000, 3600) for ma in (10000, 20000, 30000)])
    assert total(counters, CHARGE_IN) == (0, 324, 0, 0, 0)
    assert counters.charge_in.thousandths == 45


def test_current_when_it_changes_sign_then_half_the_interval_to_each_side():
    # 36 A for half of 2 s each way: 36 A s = 10 mAh.
    counters = counted([(36000, 10000, None), (-36000, 10000, 2000)])
    assert thousandths(counters) == (10, 10, 100, 100)


def test_current_when_zero_then_nothing_and_no_gap():
    counters = counted([(0, 13120, None), (0, 13120, 2000)])
    assert counters.state()[:20] == (0,) * 20
    assert counters.gaps == 1


def test_gap_when_too_long_then_counted_and_not_integrated_over():
    counters = counted([(36000, 10000, None), (36000, 10000, 20001), (36000, 10000, 2000)])
    assert (counters.gaps, counters.gap_s) == (2, 20)
    # 36 A for the last 2 s only.
    assert counters.charge_in.thousandths == 20


def test_gaps_when_several_then_their_lengths_add_up():
    counters = counted([(36000, 10000, ms) for ms in (None, 20001, 2000, 60999, 1, 0)])
    assert (counters.gaps, counters.gap_s) == (4, 80)


def test_gap_when_just_short_enough_then_integrated_over():
    counters = counted([(36000, 10000, None), (36000, 10000, 20000)])
    assert (counters.gaps, counters.gap_s) == (1, 0)
    assert counters.charge_in.thousandths == 200


def test_gap_when_time_stands_still_or_goes_back_then_nothing_is_added():
    for elapsed_ms in (0, -1, -5000, None):
        counters = counted([(36000, 10000, None), (36000, 10000, elapsed_ms)])
        assert (counters.gaps, counters.gap_s) == (2, 0)
        assert counters.state()[:20] == (0,) * 20


def test_gap_when_it_ends_then_the_reading_before_it_counts_no_more():
    # Before the gap 100 A, after it 36 A: 36 A s + 36 A s over the 2 s that are known.
    counters = counted([(100000, 10000, None), (36000, 10000, 60000), (36000, 10000, 2000)])
    assert counters.charge_in.thousandths == 20


def test_years_when_they_have_passed_then_still_exact_to_the_last_step():
    # A million Ah through the battery, 100 MWh, and one step more.
    counters = Counters(20000)
    old = (999999, 7199, 999, 999, 0) * 2 + (99999999, 7199, 999, 999, 999) * 2
    counters.restore(old + (70000, 900000000))
    counters.update(-1, 1000, None)
    counters.update(-1, 1000, 1)
    assert total(counters, CHARGE_IN) == (999999, 7199, 999, 999, 0)
    # 1 mA ms is 1 uA s, 2 halves of it.
    assert total(counters, CHARGE_OUT) == (1000000, 0, 0, 1, 0)
    assert total(counters, ENERGY_OUT) == (100000000, 0, 0, 1, 999)


def test_state_when_restored_then_goes_on_as_if_nothing_had_been():
    whole = held(-48215, 13120, 1499, 200)
    first = held(-48215, 13120, 1499, 100)
    second = Counters(20000)
    second.restore(first.state())
    second.update(-48215, 13120, None)
    for _ in range(100):
        second.update(-48215, 13120, 1499)
    assert second.state()[:20] == whole.state()[:20]
    assert (whole.gaps, second.gaps) == (1, 2)


def test_restore_when_it_is_no_state_then_refused_and_nothing_changed():
    counters = held(-48215, 13120, 1499, 100)
    before = counters.state()
    good = list(before)
    broken = [good[:-1], good + [0], []]
    for at, value in (
        (0, -1),
        (0, 1.0),
        (0, True),
        (0, None),
        (0, "1"),
        (1, 7200),
        (2, 1000),
        (4, 1000),
        (16, 7200),
        (19, 1000),
        (20, -1),
        (21, 0.5),
    ):
        state = list(good)
        state[at] = value
        broken.append(state)
    for state in broken:
        raises(ValueError, counters.restore, state)
        assert counters.state() == before
    counters.restore(good)
    assert counters.state() == before


def test_update_when_large_currents_and_long_intervals_then_no_allocation():
    counters = counted([(0, 0, None)], max_gap_ms=600000)
    for current_ma, battery_mv, elapsed_ms in (
        (-48215, 13120, 2000),
        (300000, 58400, 2000),
        (-300000, 58400, 599999),
        (1000000, 58400, 600000),
        (5, 13120, None),
        (5, 13120, 1000000),
    ):
        assert not allocates(counters.update, current_ma, battery_mv, elapsed_ms)


def test_update_when_totals_are_those_of_decades_then_no_allocation():
    counters = Counters(20000)
    counters.restore((900000000, 7199, 999, 999, 999) * 4 + (900000000, 900000000))
    assert not allocates(counters.update, -300000, 58400, None)
    assert not allocates(counters.update, -300000, 58400, 20000)
