"""Alarms on states: spread, FETs, protection, silence, and what the harness says."""

from baybridge.battery import link as states
from baybridge.battery import sample as groups
from baybridge.battery.alarms import codes_text
from baybridge.battery.finding import BMS_CELL, DIVIDER_DRIFT, TAPS_SWAPPED, Finding
from host_tests.battery.test_alarms import SETTINGS_12V, Rig
from host_tests.data import frames
from host_tests.upy.heap import allocates


def codes(rig):
    return rig.alarms.active_codes_text()


def test_spread_at_rest_then_a_few_millivolts_count():
    rig = Rig()
    rig.cells(3300, 3301, 3271, 3300)
    # For the first five minutes nobody knows what the battery did before.
    assert rig.run(300) == []
    changes = rig.run(70)
    assert changes == [360]
    assert rig.found() == [("spread", "warning", None, 30, 30, "mV")]
    rig.cells(3300, 3301, 3241, 3300)
    rig.run(70)
    assert rig.found() == [("spread", "alarm", None, 60, 60, "mV")]
    assert (rig.alarms.found.places[0], rig.alarms.found.places[1]) == (2, 3)
    rig.cells(3300, 3301, 3276, 3300)
    rig.run(70)
    assert rig.found() == [("spread", "warning", None, 25, 30, "mV")]
    rig.cells(3300, 3301, 3277, 3300)
    rig.run(70)
    assert codes(rig) == ""


def test_spread_under_load_then_only_that_of_a_bad_joint_counts():
    rig = Rig()
    rig.sample.current_ma = -100000
    rig.cells(3250, 3250, 3151, 3250)
    assert rig.run(400) == []
    rig.cells(3250, 3250, 3150, 3250)
    rig.run(70)
    assert rig.found() == [("spread", "warning", None, 100, 100, "mV")]
    rig.cells(3250, 3250, 3050, 3250)
    rig.run(70)
    assert rig.found() == [("spread", "alarm", None, 200, 200, "mV")]


def test_spread_when_the_load_has_gone_then_the_cells_may_settle_first():
    rig = Rig()
    rig.sample.current_ma = -10300
    rig.run(600)
    rig.sample.current_ma = -10299
    rig.cells(3300, 3301, 3261, 3300)
    assert rig.run(290) == []
    assert rig.run(80) == [960]


def test_spread_near_full_then_as_in_the_capture_of_a_24_v_battery_nothing():
    # Its eight cells at 99 %: 137 mV, all of them alive and well.
    rig = Rig()
    rig.cells(3359, 3496, 3375, 3464)
    assert rig.run(600) == []
    rig.cells(3350, 3500, 3375, 3464)
    rig.run(70)
    assert rig.found() == [("spread", "warning", None, 150, 150, "mV")]
    rig.cells(3300, 3600, 3375, 3464)
    rig.run(70)
    assert rig.found() == [("spread", "alarm", None, 300, 300, "mV")]


def test_spread_near_empty_then_the_curve_is_as_steep_there():
    rig = Rig()
    rig.run(310)
    rig.cells(3150, 3150, 3001, 3150)
    assert rig.run(400) == []
    rig.cells(3150, 3150, 3000, 3150)
    rig.run(70)
    assert rig.found() == [("spread", "warning", None, 150, 150, "mV")]


def test_spread_when_its_limit_becomes_another_then_it_is_judged_anew():
    rig = Rig()
    rig.cells(3300, 3301, 3270, 3300)
    rig.run(400)
    assert codes(rig) == "spread"
    rig.sample.current_ma = -50000
    rig.run(2)
    assert codes(rig) == ""


def test_charging_off_when_the_battery_is_full_then_that_is_as_it_should_be():
    rig = Rig()
    rig.sample.chg_fet = False
    rig.sample.soc_pct = 99
    assert rig.run(60) == []
    rig.sample.soc_pct = 60
    rig.cells(3390, 3400, 3390, 3390)
    assert rig.run(60) == []


def test_charging_off_when_not_full_then_a_warning():
    rig = Rig()
    rig.sample.chg_fet = False
    assert rig.run(4) == []
    assert rig.run(4) == [4]
    assert rig.found() == [("chg_fet_off", "warning", None, None, None, None)]
    rig.sample.chg_fet = True
    assert rig.run(10) == [12]


def test_loads_off_then_an_alarm_also_when_full():
    rig = Rig()
    rig.sample.dis_fet = False
    rig.sample.soc_pct = 100
    rig.run(10)
    assert rig.found() == [("dis_fet_off", "alarm", None, None, None, None)]


def test_protection_then_any_byte_of_the_seventeen_counts():
    for at in range(17):
        rig = Rig(None, (frames.A_F9,))
        assert rig.run(10) == []
        rig.sample.protection[at] = 0x80
        assert rig.run(10) == [14], at
        assert rig.found() == [("bms_protection", "alarm", None, None, None, None)]


def test_protection_when_it_was_never_sent_then_nothing_is_concluded():
    rig = Rig()
    rig.sample.protection[0] = 1
    assert rig.run(60) == []


def test_silence_then_value_alarms_end_in_the_second_in_which_stale_begins():
    rig = Rig()
    rig.cells(2900, 2900, 2900, 2800)
    rig.run(40)
    assert codes(rig) == "cell_uv"
    rig.silent = range(groups.GROUPS)
    # The last reading was of second 38: known until 58.
    assert rig.run(30) == [59]
    assert rig.found() == [("stale", "warning", None, 310, 200, "s")]
    assert codes_text(rig.alarms.lost) == "cell_uv"
    assert rig.run(300) == [358]
    assert rig.found() == [("stale", "alarm", None, 3310, 3200, "s")]
    rig.silent = ()
    # Heard again in second 370; that a cell is low needs readings as before.
    assert rig.run(20) == [370, 380]
    assert codes(rig) == "cell_uv"


def test_silence_then_its_value_grows_with_each_second():
    rig = Rig()
    rig.run(10)
    rig.silent = range(groups.GROUPS)
    rig.run(40)
    rig.alarms.found.refresh(520)
    assert rig.found() == [("stale", "warning", None, 440, 200, "s")]


def test_silence_of_one_group_then_it_is_named():
    for group, place in ((groups.CELLS, 1), (groups.SENSORS, 2), (groups.PROTECTION, 3)):
        rig = Rig(None, (frames.A_F9,))
        rig.run(10)
        rig.silent = (group,)
        rig.run(30)
        assert codes(rig) == "stale", group
        assert rig.alarms.found.places[13] == place
        rig.run(400)
        # Without its protection the battery is still watched.
        assert rig.found()[0][1] == ("warning" if place == 3 else "alarm")


def test_silence_when_the_owner_let_go_then_it_is_no_alarm():
    rig = Rig()
    rig.run(10)
    rig.battery.link.state = states.RELEASED
    rig.silent = range(groups.GROUPS)
    assert rig.run(600) == []
    rig.battery.link.state = states.CONNECTING
    assert rig.run(30) == [629]
    assert rig.found() == [("stale", "warning", None, 300, 200, "s")]
    rig.battery.link.state = states.RELEASED
    rig.run(1)
    assert codes(rig) == ""


def test_silence_from_the_start_then_a_warning_after_five_minutes():
    rig = Rig()
    for group in range(groups.GROUPS):
        rig.sample.forget(group)
    assert rig.run(1000) == [301]
    assert rig.found() == [("stale", "warning", None, 9990, 200, "s")]
    assert rig.alarms.found.places[13] == 4
    assert rig.alarms.lost == 0


def test_restart_then_the_same_alarms_come_back_by_themselves():
    rig = Rig(None, (frames.S_F2, frames.S_F9))
    rig.run(60)
    first = rig.found()
    assert codes(rig) == "chg_fet_off bms_protection"
    again = Rig(None, (frames.S_F2, frames.S_F9))
    again.run(60)
    assert again.found() == first


class Crosscheck:
    """Stands in for what looks at harness and BMS side by side."""

    def __init__(self):
        self.findings = []


def test_findings_then_each_is_an_alarm_as_serious_as_its_verdict():
    rig = Rig()
    rig.battery.crosscheck = crosscheck = Crosscheck()
    assert rig.run(10) == []
    crosscheck.findings.append(Finding(DIVIDER_DRIFT, 2, None, None, 40))
    assert rig.run(10) == [10]
    crosscheck.findings.insert(0, Finding(BMS_CELL, None, 3, None, 60))
    assert rig.run(10) == [20]
    assert list(rig.alarms.active()) == [
        ("harness_bms_cell", "alarm", 3, None, None, None, 200),
        ("harness_divider_drift", "warning", None, None, None, None, 100),
    ]
    assert codes(rig) == "harness_bms_cell harness_divider_drift"
    assert rig.alarms.is_any


def test_findings_when_only_a_size_changes_then_nothing_begins():
    rig = Rig()
    rig.battery.crosscheck = crosscheck = Crosscheck()
    crosscheck.findings = [Finding(BMS_CELL, None, 3, None, 60)]
    assert rig.run(10) == [0]
    crosscheck.findings = [Finding(BMS_CELL, None, 3, None, 75)]
    assert rig.run(10) == []
    assert rig.alarms.findings[0].value_mv == 75
    crosscheck.findings = [Finding(TAPS_SWAPPED, 2, None, 3, None)]
    assert rig.run(10) == [20]
    assert [one[6] for one in rig.alarms.active()] == [200]
    crosscheck.findings = []
    assert rig.run(10) == [30]
    assert not rig.alarms.is_any


def test_begun_then_it_counts_how_often_each_began():
    rig = Rig()
    for _ in range(3):
        rig.sample.dis_fet = False
        rig.run(20)
        rig.sample.dis_fet = True
        rig.run(20)
    assert list(rig.alarms.begun) == [0] * 11 + [3, 0, 0]


def test_judge_in_the_steady_state_then_no_allocation():
    rig = Rig({"soc_low_pct": 60}, SETTINGS_12V + (frames.S_F2, frames.S_F9))
    rig.battery.crosscheck = crosscheck = Crosscheck()
    crosscheck.findings = [Finding(BMS_CELL, None, 3, None, 60)]
    rig.run(400)
    assert codes(rig) == "soc_low chg_fet_off bms_protection harness_bms_cell"
    for silent in ((), range(groups.GROUPS)):
        rig.silent = silent
        rig.run(400)
        for second in range(3):
            assert not allocates(rig.alarms.judge, rig.now_s10 + 10 * second)


def test_spread_when_some_cells_are_not_known_then_none_and_the_others_are_judged():
    rig = Rig({}, (frames.A_F3, frames.A_F4_1, frames.A_F4_5))
    rig.cells(3442, 3496, 3375, 3464)
    rig.sample.battery_mv = 27442
    rig.run(400)
    assert rig.alarms.found.values[9] == 137
    rig.silent = (groups.CELLS,)
    rig.sample.cells_mv[6] = 2400
    rig.run(60)
    assert rig.alarms.found.values[9] == -0x20000000
    assert codes(rig) == "cell_uv stale"
    assert rig.found()[0][1:4] == ("alarm", 7, 2400)


def test_status_silent_then_nothing_else_is_judged_however_new_it_is():
    rig = Rig()
    rig.run(10)
    rig.silent = (groups.STATUS,)
    rig.sample.dis_fet = False
    rig.cells(2400, 2400, 2400, 2400)
    rig.run(60)
    assert codes(rig) == "stale"
    assert codes_text(rig.alarms.lost) == "cell_uv dis_fet_off"
