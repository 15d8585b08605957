"""Several batteries together: every expected value worked out by hand."""

from baybridge.battery import bank
from baybridge.battery import sample as groups
from baybridge.battery.bank import Bank, CurrentMean
from baybridge.battery.battery import Battery
from host_tests.upy.heap import allocates


def battery_of(current_ma, soc_pct, full_mah=206000, battery_mv=13100, nominal_mv=12800):
    battery = Battery("house", "House", 200, ("bad_checksum",))
    sample = battery.sample
    sample.battery_mv = battery_mv
    sample.current_ma = current_ma
    sample.rated_mah = sample.field11_mah = full_mah
    sample.soc_pct = soc_pct
    sample.nominal_mv = nominal_mv
    sample.stamp(groups.STATUS, 0)
    sample.stamp(groups.PACK, 0)
    # Three readings that find full and SoC apart decide that the figure is the full charge.
    for _ in range(3):
        battery.charge.update(full_mah, full_mah, 50)
    return battery


def discharging():
    """Two at 13.1 V: 48 A out of 111 Ah (60 % of 185) and 50 A out of 100 Ah (50 % of 200)."""
    return [battery_of(-48000, 60, 185000), battery_of(-50000, 50, 200000)]


def mean_of(*runs):
    """A mean that was told each (current_ma, seconds) one after the other from 0 on."""
    mean = CurrentMean()
    second = 0
    for current_ma, seconds in runs:
        for _ in range(seconds):
            if current_ma is not None:
                mean.feed(current_ma, second * 10)
            second += 1
    return mean


def times(batteries, mean_ma, now_s10=0):
    now = Bank(batteries, now_s10, mean_of((mean_ma, 60)))
    return now.time_to_empty_s, now.time_to_full_s


def test_sums_when_two_are_fresh_then_of_both():
    both = Bank(discharging(), 200)
    assert (both.count, both.missing) == (2, 0)
    assert both.current_ma == -98000
    # 13.1 V x 98 A = 1,283.8 W.
    assert both.power_mw == -1283800
    assert both.remaining_mah == 211000
    assert both.full_mah == 385000


def test_sums_when_the_voltages_are_not_the_same_then_only_the_power():
    batteries = [battery_of(-48000, 60), battery_of(-10000, 50, 100000, 26200, 25600)]
    bank = Bank(batteries, 0, mean_of((-58000, 60)))
    # 13.1 V x 48 A + 26.2 V x 10 A = 628.8 W + 262 W.
    assert bank.power_mw == -890800
    assert (bank.current_ma, bank.mean_current_ma) == (None, None)
    assert (bank.remaining_mah, bank.full_mah) == (None, None)
    assert (bank.time_to_empty_s, bank.time_to_full_s) == (None, None)


def test_sums_when_one_is_stale_then_of_the_other():
    batteries = discharging()
    batteries[0].sample.stamp(groups.STATUS, 1)
    one = Bank(batteries, 201)
    assert (one.count, one.missing) == (2, 1)
    assert (one.current_ma, one.power_mw, one.remaining_mah) == (-48000, -628800, 111000)


def test_everything_when_none_is_fresh_or_there_is_none_then_unknown():
    for batteries in (discharging(), []):
        nothing = Bank(batteries, 201, mean_of((-98000, 60)))
        assert nothing.missing == len(batteries)
        assert (nothing.current_ma, nothing.power_mw, nothing.remaining_mah) == (None,) * 3
        assert (nothing.mean_current_ma, nothing.full_mah) == (None, None)
        assert (nothing.time_to_empty_s, nothing.time_to_full_s) == (None, None)
        assert (nothing.soc_spread_pct, nothing.voltage_spread_mv) == (None, None)


def test_remaining_when_one_soc_is_absurd_then_unknown():
    batteries = discharging()
    batteries[1].sample.soc_pct = 101
    now = Bank(batteries, 0, mean_of((-98000, 60)))
    assert (now.remaining_mah, now.time_to_empty_s, now.soc_spread_pct) == (None, None, None)
    assert now.current_ma == -98000


def test_time_to_empty_when_discharging_then_remaining_over_the_mean():
    # 211 Ah / 98 A = 2.153061 h = 7,751.02 s.
    assert times(discharging(), -98000) == (7751, None)


def test_time_to_empty_when_the_present_current_differs_then_the_mean_decides():
    # Five minutes of 98 A and five of 2 A: 50 A. 211 Ah / 50 A = 4.22 h = 15,192 s.
    batteries = discharging()
    for battery in batteries:
        battery.sample.stamp(groups.STATUS, 5990)
    now = Bank(batteries, 5990, mean_of((-98000, 300), (-2000, 300)))
    assert now.mean_current_ma == -50000
    assert now.time_to_empty_s == 15192


def test_time_to_full_when_charging_then_what_is_left_over_the_mean():
    # 385 - 211 = 174 Ah; / 60 A = 2.9 h = 10,440 s.
    assert times(discharging(), 60000) == (None, 10440)


def test_time_to_full_when_full_charge_is_not_known_then_unknown():
    batteries = discharging()
    batteries[1].charge.meaning = 0
    assert times(batteries, 60000) == (None, None)
    assert times(batteries, -98000) == (7751, None)


def test_times_when_the_mean_is_below_the_floor_then_unknown():
    assert times(discharging(), -499) == (None, None)
    assert times(discharging(), 499) == (None, None)
    # 211 Ah / 0.5 A = 422 h; 174 Ah / 0.5 A = 348 h.
    assert times(discharging(), -500) == (1519200, None)
    assert times(discharging(), 500) == (None, 1252800)


def test_times_when_one_battery_is_missing_then_unknown_and_so_is_the_mean():
    batteries = discharging()
    batteries[0].sample.stamp(groups.STATUS, 1)
    now = Bank(batteries, 201, mean_of((-98000, 60)))
    assert now.missing == 1
    assert (now.mean_current_ma, now.time_to_empty_s, now.time_to_full_s) == (None,) * 3


def test_times_when_nobody_keeps_a_mean_then_unknown():
    assert Bank(discharging(), 0).time_to_empty_s is None


def test_mean_when_younger_than_a_minute_then_unknown():
    assert mean_of((-98000, 59)).mean_ma(590) is None
    assert mean_of((-98000, 60)).mean_ma(600) == -98000
    assert CurrentMean().mean_ma(100000) is None


def test_mean_when_seconds_are_unknown_then_of_the_known_ones():
    mean = mean_of((-90000, 40), (None, 100), (-30000, 20))
    # (40 x 90 + 20 x 30) / 60 = 70.
    assert mean.mean_ma(1600) == -70000


def test_mean_when_told_twice_a_second_then_no_older_for_it():
    mean = CurrentMean()
    for now_s10 in range(0, 600, 5):
        mean.feed(-1000 if now_s10 % 10 == 0 else -9000, now_s10)
    assert mean.mean_ma(600) == -1000
    mean = CurrentMean()
    for now_s10 in range(0, 300, 2):
        mean.feed(-1000, now_s10)
    assert mean.mean_ma(300) is None


def test_mean_when_ten_minutes_have_passed_then_what_was_before_is_gone():
    mean = mean_of((-98000, 600), (10000, 600))
    assert mean.mean_ma(11999) == 10000
    # 30 s into the second ten minutes: 570 s of one and 30 s of the other, 92.6 A.
    mean = mean_of((-98000, 600), (10000, 30))
    assert mean.mean_ma(6299) == -92600


def test_mean_when_nobody_told_for_long_then_unknown():
    mean = mean_of((-98000, 600))
    assert mean.mean_ma(6299) == -98000
    # Its last two half minutes are left, then only one of them.
    assert mean.mean_ma(11399) == -98000
    assert mean.mean_ma(11400) is None
    mean.feed(5000, 1000000)
    assert mean.mean_ma(1000000) is None


def test_mean_when_not_whole_then_to_the_nearest():
    # -100/60 = -1.67 and 100/60 = 1.67 mA.
    assert mean_of((-10, 10), (0, 50)).mean_ma(600) == -2
    assert mean_of((10, 10), (0, 50)).mean_ma(600) == 2


def test_mean_when_four_batteries_at_their_largest_then_exact_and_no_allocation():
    mean = CurrentMean()
    for second in range(1200):
        mean.feed(-1200000, second * 10)
    assert mean.mean_ma(11990) == -1200000
    for now_s10 in (12000, 12010, 3000000):
        assert not allocates(mean.feed, -1200000, now_s10)


def test_current_when_every_battery_is_fresh_then_their_sum_without_allocation():
    batteries = discharging()
    assert bank.current_ma(batteries, 200) == -98000
    assert not allocates(bank.current_ma, batteries, 200)
    batteries[0].sample.stamp(groups.STATUS, 1)
    assert bank.current_ma(batteries, 201) is None
    assert bank.current_ma([], 0) is None


def test_spread_when_two_batteries_then_between_them():
    now = Bank([battery_of(0, 60, battery_mv=13100), battery_of(0, 47, battery_mv=13042)], 0)
    assert (now.soc_spread_pct, now.voltage_spread_mv) == (13, 58)


def test_spread_when_four_batteries_then_between_the_furthest():
    soc_and_mv = ((60, 13100), (47, 13042), (99, 13000), (55, 13150))
    now = Bank([battery_of(0, soc, battery_mv=mv) for soc, mv in soc_and_mv], 0)
    assert (now.soc_spread_pct, now.voltage_spread_mv) == (52, 150)


def test_spread_when_one_battery_then_unknown():
    now = Bank([battery_of(0, 60)], 0)
    assert (now.soc_spread_pct, now.voltage_spread_mv) == (None, None)
    batteries = [battery_of(0, 60), battery_of(0, 47)]
    batteries[0].sample.stamp(groups.STATUS, 1)
    now = Bank(batteries, 201)
    assert (now.soc_spread_pct, now.voltage_spread_mv) == (None, None)


def test_voltage_spread_when_of_other_cell_counts_then_not_compared():
    small = battery_of(0, 60, battery_mv=13100)
    large = battery_of(0, 60, battery_mv=26400, nominal_mv=25600)
    assert Bank([small, large], 0).voltage_spread_mv is None
    assert Bank([small, large], 0).soc_spread_pct == 0
    third = battery_of(0, 60, battery_mv=26330, nominal_mv=25600)
    assert Bank([small, large, third], 0).voltage_spread_mv == 70


def test_voltage_spread_when_cell_counts_are_not_known_then_unknown():
    batteries = discharging()
    for battery in batteries:
        battery.sample.forget(groups.PACK)
    assert Bank(batteries, 0).voltage_spread_mv is None
