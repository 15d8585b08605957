"""What the bridge draws, and for which batteries it stays awake."""

from baybridge.battery import drain
from baybridge.battery import sample as groups
from baybridge.battery.battery import Battery
from baybridge.protocol import abc

OFF = {"sleep_below_soc_pct": None, "sleep_below_cell_mv": None, "wake_min": 10}
BY_SOC = {"sleep_below_soc_pct": 20, "sleep_below_cell_mv": None, "wake_min": 10}
BY_VOLTAGE = {"sleep_below_soc_pct": None, "sleep_below_cell_mv": 3100, "wake_min": 10}


def battery(soc_pct=15, current_ma=-400, battery_mv=12800, name="House 1"):
    one = Battery("house1", name, 200, abc.REASONS)
    one.sample.soc_pct = soc_pct
    one.sample.current_ma = current_ma
    one.sample.battery_mv = battery_mv
    one.sample.nominal_mv = 12800
    one.sample.stamp(groups.STATUS, 0)
    one.sample.stamp(groups.PACK, 0)
    return one


def test_draw_when_always_awake_then_25_ah_a_month():
    assert drain.mean_ua(0) == 35000
    assert drain.month_mah(35000) == 25550


def test_draw_when_it_wakes_every_ten_minutes_then_an_eighth():
    # 60 s at 35 mA and 600 s at 1 mA.
    assert drain.mean_ua(10) == 4090
    assert drain.month_mah(4090) == 2985


def test_draw_when_it_wakes_every_four_hours_then_hardly_more_than_asleep():
    assert drain.mean_ua(240) == 1141


def test_enabled_when_either_limit_is_set_and_not_without():
    assert not drain.is_enabled(OFF)
    assert drain.is_enabled(BY_SOC)
    assert drain.is_enabled(BY_VOLTAGE)


def test_sleep_when_the_charge_is_below_the_limit():
    assert drain.why_awake(BY_SOC, [battery(19)], 10) is None
    assert drain.why_awake(BY_SOC, [battery(20)], 10) == "House 1 has enough charge"


def test_sleep_when_the_voltage_is_below_the_limit():
    assert drain.why_awake(BY_VOLTAGE, [battery(battery_mv=12399)], 10) is None
    assert drain.why_awake(BY_VOLTAGE, [battery(battery_mv=12400)], 10) == (
        "House 1 has enough charge"
    )


def test_awake_when_charging_however_low():
    assert drain.why_awake(BY_SOC, [battery(5, 301)], 10) == "House 1 is charging"
    assert drain.why_awake(BY_SOC, [battery(5, 300)], 10) is None


def test_awake_when_one_of_two_has_enough():
    two = [battery(5), battery(80, name="House 2")]
    assert drain.why_awake(BY_SOC, two, 10) == "House 2 has enough charge"


def test_awake_when_the_state_of_charge_is_absurd():
    assert drain.why_awake(BY_SOC, [battery(255)], 10) == "House 1 has enough charge"


def test_awake_when_values_are_old():
    # Stale after 20 s: what it was is no ground to go away on.
    assert drain.why_awake(BY_SOC, [battery(5)], 201) == "no battery is heard"
    assert drain.why_awake(BY_SOC, [], 10) == "no battery is heard"
