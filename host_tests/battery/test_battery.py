"""What of a battery may be shown at a moment, and what must be unknown."""

from baybridge.battery import sample as groups
from baybridge.battery.battery import Battery
from baybridge.protocol import abc
from host_tests.data import frames


def battery_24v(taken_s10=0):
    battery = Battery("house1", "House 1", 200, abc.REASONS)
    for frame in frames.A:
        battery.sample.stamp(abc.decode(frame, 20, battery.sample), taken_s10)
    return battery


def test_everything_is_known_while_it_is_fresh():
    battery = battery_24v()
    assert battery.cells_mv(200) == [3442, 3496, 3375, 3464, 3457, 3429, 3359, 3420]
    assert battery.spread_mv(200) == 137
    assert battery.temps_c(200) == [20]
    assert battery.soc_pct(200) == 99
    assert battery.remaining_mah(200) == 104987
    assert battery.power_mw(200) == 0


def test_nothing_is_known_once_the_status_is_stale():
    battery = battery_24v()
    for group in range(1, groups.GROUPS):
        battery.sample.stamp(group, 150)
    assert battery.cells_mv(201) == [None] * 8
    assert battery.spread_mv(201) is None
    assert battery.temps_c(201) == [None]
    assert battery.soc_pct(201) is None
    assert battery.remaining_mah(201) is None
    assert battery.full_mah(201) is None
    assert battery.power_mw(201) is None


def test_only_the_cells_of_the_frame_that_is_missing_are_unknown():
    battery = battery_24v()
    battery.sample.stamp(groups.STATUS, 150)
    battery.sample.stamp(groups.CELLS + 1, 150)
    assert battery.cells_mv(201) == [None] * 4 + [3457, 3429, 3359, 3420]
    assert battery.spread_mv(201) is None


def test_a_temperature_no_battery_survives_is_a_broken_thermistor():
    battery = battery_24v()
    temps = []
    for temp_c in (-41, -40, 90, 91):
        battery.sample.temps_c[0] = temp_c
        temps.append(battery.temps_c(0)[0])
    assert temps == [None, -40, 90, None]


def test_a_soc_above_100_is_unknown_and_so_is_the_remaining_charge():
    battery = battery_24v()
    battery.sample.soc_pct = 101
    assert battery.soc_pct(0) is None
    assert battery.remaining_mah(0) is None


def test_power_is_negative_when_discharging_and_exact_for_large_currents():
    battery = battery_24v()
    battery.sample.battery_mv = 54000
    battery.sample.current_ma = -300000
    assert battery.power_mw(0) == -16200000
