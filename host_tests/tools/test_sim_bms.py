"""The simulated battery's BMS: FETs, protection, heater, balancing, counting."""

import pytest

from host_tests.tools.test_sim_battery import C1, C2, C4, HOUR_MS, status
from tools.sim.battery import SimBattery
from tools.sim.bms import Limit
from tools.sim.load import Steps


def test_cell_ov_opens_the_charge_fet_and_not_the_discharge_fet():
    battery = SimBattery(soc_pct=99, load=Steps([(3600, 40000), (3600, -20000)]), noise=False)
    now_ms = 0
    battery.reply(C1, now_ms)
    highest_mv = 0
    while battery.bms.chg_fet:
        now_ms += 1000
        assert now_ms < HOUR_MS
        battery.reply(C1, now_ms)
        if battery.bms.chg_fet:
            highest_mv = max(highest_mv, max(battery.measured_cells_mv()))
    assert 3645 <= highest_mv <= 3650
    sensors = battery.reply(C1, now_ms)[1][1]
    assert sensors[2:4].hex() == "0001"
    assert battery.current_ma == 0
    assert status(battery)[1] == 0
    assert battery.reply(C4, now_ms)[0][1][2:].hex().startswith("01")
    assert battery.bms.soc_pct() == 100
    # Loads still run, and below the release the charge FET closes again.
    battery.reply(C1, HOUR_MS + 600000)
    assert battery.current_ma == -20000
    assert battery.bms.chg_fet


def test_limit_trips_at_once_and_releases_below_its_hysteresis():
    ov = Limit(3650, 3600)
    assert [ov.update(mv, 1000) for mv in (3649, 3650, 3601, 3600, 3649)] == [
        False,
        True,
        True,
        False,
        False,
    ]
    uv = Limit(2500, 2550, 2000)
    assert [uv.update(mv, 1000) for mv in (2501, 2500, 2549, 2549, 2550, 2501)] == [
        False,
        True,
        True,
        True,
        False,
        False,
    ]
    held = Limit(2500, 2550, 2000)
    assert [held.update(mv, 1000) for mv in (2500, 2600, 2600)] == [True, True, False]


def test_cell_uv_opens_the_discharge_fet_and_not_the_charge_fet():
    battery = SimBattery(soc_pct=1, load=Steps([(1800, -30000), (3600, 20000)]), noise=False)
    battery.step(1790000)
    assert (battery.bms.chg_fet, battery.bms.dis_fet) == (True, False)
    assert battery.current_ma == 0
    assert battery.bms.soc_pct() == 0
    assert battery.reply(C4, 0)[0][1][7] == 1
    battery.step(600000)
    assert battery.current_ma == 20000
    assert battery.bms.dis_fet


def test_an_empty_battery_does_not_switch_its_load_on_and_off():
    battery = SimBattery(soc_pct=1, load=Steps([(7200, -30000)]), noise=False)
    changes, before = 0, True
    for _ in range(1800):
        battery.step(1000)
        changes += before != battery.bms.dis_fet
        before = battery.bms.dis_fet
    assert 1 <= changes < 30
    # UV lasts a minute at least, whatever the cells do meanwhile.
    battery = SimBattery(soc_pct=50, load=Steps([(1, -30000), (600, 0)]))
    battery.bms.limits[5].trip, battery.bms.limits[5].release = 3290, 3291
    battery.step(1000)
    assert not battery.bms.dis_fet
    for _ in range(59):
        battery.step(1000)
        assert not battery.bms.dis_fet
    battery.step(1000)
    battery.step(1000)
    assert battery.bms.dis_fet


def test_too_much_current_opens_the_fet_for_a_while():
    battery = SimBattery(load=Steps([(1, -200001), (100, -1000)]))
    battery.step(1000)
    assert battery.current_ma == 0
    assert (battery.bms.chg_fet, battery.bms.dis_fet) == (True, False)
    for _ in range(25):
        battery.step(1000)
        assert battery.current_ma == 0
    for _ in range(10):
        battery.step(1000)
    assert battery.current_ma == -1000


def test_cold_blocks_charging_and_the_heater_ends_it():
    battery = SimBattery(ambient_c=-7, load=Steps([(86400, 30000)]), noise=False)
    battery.step(0)
    assert (battery.bms.chg_fet, battery.bms.dis_fet) == (False, True)
    battery.step(1000)
    assert battery.current_ma == 0
    assert battery.reply(C1, 0)[1][1].hex()[:18] == "ccf2000102f9fff9ff"
    assert battery.reply(C2, 0)[1][1][8] == 1
    battery.step(4 * HOUR_MS)
    assert battery.bms.chg_fet
    assert battery.current_ma == 30000


def test_cold_without_heater_or_charger_heats_nothing():
    bare = SimBattery(ambient_c=-7, load=Steps([(86400, 30000)]), has_heater=False)
    bare.step(HOUR_MS)
    assert not bare.bms.heater
    assert bare.current_ma == 0
    discharging = SimBattery(ambient_c=-7, load=Steps([(86400, -5000)]))
    discharging.step(60000)
    assert not discharging.bms.heater
    assert discharging.current_ma == -5000


def test_balancing_bleeds_the_high_cell_above_3400_mv():
    battery = SimBattery(soc_pct=99, load=Steps([(36000, 0)]), noise=False)
    battery.cells[1].charge_mas = battery.cells[1].full_mas * 0.998
    battery.step(1000)
    assert battery.bms.balancing
    assert battery.reply(C2, 0)[1][1][10] == 1
    assert [cell.bleed_ma > 50 for cell in battery.cells] == [False, True, False, False]
    before_mas = battery.cells[1].charge_mas
    battery.step(600000)
    assert 33 * 1000 < before_mas - battery.cells[1].charge_mas < 38 * 1000


def test_no_balancing_on_the_plateau():
    battery = SimBattery(soc_pct=50)
    battery.cells[1].charge_mas = battery.cells[1].full_mas * 0.9
    battery.step(60000)
    spread_mv = max(battery.measured_cells_mv()) - min(battery.measured_cells_mv())
    assert spread_mv > 30
    assert not battery.bms.balancing


def test_soc_stays_at_99_until_a_full_charge_was_seen():
    battery = SimBattery(soc_pct=97, load=Steps([(800, 20600), (3600, 5000)]))
    battery.bms.counted_mas = 206000 * 3600 * 0.99
    battery.step(800000)
    assert battery.bms.soc_pct() == 99
    battery.step(1500000)
    assert battery.bms.soc_pct() == 100


def test_a_cycle_counts_when_as_much_as_the_battery_holds_was_discharged():
    battery = SimBattery(load=Steps([(3600, -50000), (3600, 50000)] * 5), cycles=37)
    battery.step(8 * HOUR_MS)
    assert battery.bms.cycles == 37
    battery.step(HOUR_MS)
    assert battery.bms.cycles == 38


def test_field_11_is_the_full_or_the_remaining_charge():
    assert status(SimBattery(soc_pct=50))[2] == 206000
    assert status(SimBattery(soc_pct=50, full_mah=210000))[2] == 210000
    assert status(SimBattery(soc_pct=50, field11="remaining"))[2] == 103000


def test_one_or_two_sensors():
    one = SimBattery(temp_count=1, ambient_c=-3).reply(C1, 0)[1][1]
    assert one[4:9].hex() == "01fdff0000"
    two = SimBattery(ambient_c=21).reply(C1, 0)[1][1]
    assert two[4:9].hex() == "0215001500"


def test_a_shunt_offset_is_shown_and_counted_but_not_real():
    battery = SimBattery(soc_pct=50, noise=False)
    battery.shunt_offset_ma = -206
    before_mas = battery.cells[0].charge_mas
    battery.step(50 * HOUR_MS)
    assert status(battery)[1] == -206
    assert battery.bms.soc_pct() == 45
    assert battery.cells[0].charge_mas == before_mas


@pytest.mark.parametrize(
    "options", [{"series": 5}, {"field11": "actual"}, {"temp_count": 3}, {"temp_count": 0}]
)
def test_an_impossible_battery_is_refused(options):
    with pytest.raises(ValueError):
        SimBattery(**options)
