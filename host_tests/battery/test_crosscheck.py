"""Harness against BMS: when they are compared, and that nothing flickers."""

from baybridge.battery import sample as groups
from baybridge.battery.taps import TAP_NOT_CONNECTED
from host_tests.battery.crosscheck_rig import Rig, eight_cells, wired_battery
from host_tests.upy.heap import allocates

UNKNOWN, OK, LOOK, STOP = 0, 1, 2, 3
COMPARE, NO_BURST, NO_CELLS, UNSTEADY, BALANCING = 1, 2, 3, 4, 5


# --- the verdict ------------------------------------------------------------------------------


def test_verdict_when_there_were_six_comparisons_then_it_is_ok_and_not_before():
    rig = Rig()
    assert (rig.crosscheck.state, rig.crosscheck.reason) == (UNKNOWN, NO_BURST)
    rig.burst()
    rig.crosscheck.look(rig.now_s10)
    assert rig.crosscheck.reason == COMPARE
    rig = Rig()
    rig.rounds(5)
    assert rig.crosscheck.state == UNKNOWN
    assert rig.rounds(1) == []
    assert rig.crosscheck.state == OK


def test_verdict_when_the_current_changes_between_the_answers_then_there_is_none():
    rig = Rig()
    for n in range(20):
        rig.current_ma = -20000 if n % 2 else 0
        rig.rounds(1)
    assert (rig.crosscheck.state, rig.crosscheck.reason) == (UNKNOWN, UNSTEADY)


def test_verdict_when_the_current_moves_a_little_then_there_is_one():
    rig = Rig()
    for n in range(7):
        rig.current_ma = -100000 if n % 2 else -104900
        assert rig.crosscheck.state == UNKNOWN
        rig.rounds(1)
    assert rig.crosscheck.state == OK


def test_verdict_while_balancing_then_there_is_none():
    rig = Rig()
    rig.battery.sample.balancer = 1
    rig.rounds(20)
    assert (rig.crosscheck.state, rig.crosscheck.reason) == (UNKNOWN, BALANCING)


def test_verdict_when_the_answer_comes_late_then_there_is_none():
    rig = Rig()
    for _ in range(20):
        rig.now_s10 += 19
        rig.burst()
        rig.crosscheck.look(rig.now_s10)
        rig.now_s10 += 31
        rig.answer()
        rig.crosscheck.look(rig.now_s10)
    assert (rig.crosscheck.state, rig.crosscheck.reason) == (UNKNOWN, NO_CELLS)


def test_verdict_when_the_answer_before_was_long_ago_then_there_is_none():
    rig = Rig()
    for _ in range(20):
        rig.now_s10 += 141
        rig.rounds(1)
    assert rig.crosscheck.state == UNKNOWN


def test_verdict_when_only_part_of_the_cells_came_then_there_is_none():
    rig = eight_cells()
    answer = rig.answer

    def answer_of_half():
        answer()
        rig.battery.sample.taken_s10[groups.CELLS + 1] = 100

    rig.answer = answer_of_half
    rig.rounds(20)
    assert rig.crosscheck.state == UNKNOWN


def test_verdict_when_the_taps_go_stale_then_it_is_unknown_and_begins_anew():
    rig = Rig()
    rig.states[1] = TAP_NOT_CONNECTED
    rig.rounds(6)
    assert rig.crosscheck.state == LOOK
    rig.states[1] = 0
    for _ in range(16):
        rig.now_s10 += 10
        rig.answer()
        rig.crosscheck.look(rig.now_s10)
    assert rig.crosscheck.state == LOOK
    for _ in range(5):
        rig.now_s10 += 10
        rig.answer()
        rig.crosscheck.look(rig.now_s10)
    assert (rig.crosscheck.state, rig.crosscheck.reason) == (UNKNOWN, NO_BURST)
    assert rig.findings() == []
    rig.rounds(6)
    assert rig.crosscheck.state == OK


def test_verdict_when_the_bms_is_silent_then_it_is_unknown_but_the_pins_still_tell():
    rig = Rig()
    rig.rounds(10)
    rig.answer = lambda: None
    rig.rounds(3)
    assert rig.crosscheck.state == OK
    rig.rounds(2)
    assert rig.crosscheck.state == UNKNOWN
    rig.states[2] = TAP_NOT_CONNECTED
    assert rig.rounds(3) == [("tap_open", 3, None, None)]
    assert rig.crosscheck.state == LOOK


def test_verdict_when_nothing_was_compared_for_five_minutes_then_it_is_unknown():
    rig = Rig()
    rig.rounds(10)
    rig.battery.sample.balancer = 1
    rig.rounds(60)
    assert rig.crosscheck.state == OK
    rig.rounds(1)
    assert rig.crosscheck.state == UNKNOWN


def test_verdict_when_a_tap_is_calibrated_anew_then_what_was_averaged_is_forgotten():
    rig = Rig()
    rig.taps_mv[1] += 100
    assert rig.rounds(12) == [("divider_drift", 2, None, None)]
    rig.battery.harness.recalibrate(2, 1000100, 0, "multimeter")
    rig.crosscheck.look(rig.now_s10)
    assert rig.findings() == []
    assert rig.crosscheck.state == UNKNOWN


# --- differences ------------------------------------------------------------------------------


def test_difference_when_averaged_then_cell_by_cell_until_it_is_stale():
    rig = Rig()
    rig.taps_mv = [3303, 6608, 9900, 13192]
    rig.rounds(10)
    crosscheck = rig.crosscheck
    shown = [crosscheck.difference_mv(n, rig.now_s10) for n in (1, 2, 3, 4)]
    assert shown == [3, -5, 2, -8]
    # The burst was a second before the answer.
    assert crosscheck.difference_mv(1, rig.now_s10 + 190) == 3
    assert crosscheck.difference_mv(1, rig.now_s10 + 191) is None


def test_difference_when_a_tap_is_open_then_its_two_cells_are_unknown():
    rig = Rig()
    rig.states[1] = TAP_NOT_CONNECTED
    rig.rounds(3)
    shown = [rig.crosscheck.difference_mv(n, rig.now_s10) for n in (1, 2, 3, 4)]
    assert shown == [0, None, None, 0]


def test_difference_when_a_tap_was_missed_once_then_unknown_for_that_time():
    rig = Rig()
    rig.rounds(10)
    rig.states[1] = TAP_NOT_CONNECTED
    rig.rounds(1)
    shown = [rig.crosscheck.difference_mv(n, rig.now_s10) for n in (1, 2, 3, 4)]
    assert shown == [0, None, None, 0]
    rig.states[1] = 0
    rig.rounds(1)
    assert rig.crosscheck.difference_mv(2, rig.now_s10) == 0


def test_difference_of_a_tap_on_another_lead_is_unknown():
    rig = Rig()
    rig.taps_mv[2], rig.taps_mv[3] = rig.taps_mv[3], rig.taps_mv[2]
    rig.rounds(10)
    shown = [rig.crosscheck.difference_mv(n, rig.now_s10) for n in (1, 2, 3, 4)]
    assert shown == [0, 0, None, None]


def test_difference_when_a_tap_was_off_for_long_then_it_begins_anew():
    rig = Rig()
    rig.rounds(10)
    rig.states[3] = TAP_NOT_CONNECTED
    rig.rounds(10)
    rig.states[3] = 0
    rig.taps_mv[3] += 100
    rig.rounds(1)
    assert rig.crosscheck.difference_mv(4, rig.now_s10) == 100


def test_difference_before_any_comparison_then_unknown():
    assert Rig().crosscheck.difference_mv(1, 100) is None


# --- nothing flickers -------------------------------------------------------------------------


def test_an_open_tap_when_seen_twice_then_nothing_and_the_third_time_it_stands():
    rig = Rig()
    rig.rounds(8)
    rig.states[1] = TAP_NOT_CONNECTED
    assert rig.rounds(2) == []
    assert rig.crosscheck.state == OK
    assert rig.rounds(1) == [("tap_open", 2, None, None)]
    rig.states[1] = 0
    assert rig.rounds(8) == [("tap_open", 2, None, None)]
    assert rig.rounds(1) == []


def test_a_loose_contact_when_it_comes_and_goes_then_it_is_found_and_stands():
    rig = Rig()
    rig.rounds(8)
    seen = []
    for n in range(30):
        rig.states[1] = 0 if n % 3 else TAP_NOT_CONNECTED
        seen.append(rig.rounds(1) == [("tap_open", 2, None, None)])
    assert seen == [False] * 18 + [True] * 12


def test_a_difference_when_about_the_limit_then_it_stands_until_well_below_it():
    rig = Rig()
    rig.rounds(10)
    rig.taps_mv[1] += 45
    found = rig.rounds(20)
    assert found == [("divider_drift", 2, None, None)]
    rig.taps_mv[1] = 6610 + 32
    assert rig.rounds(60) == [("divider_drift", 2, None, None)]
    rig.taps_mv[1] = 6610 + 10
    rig.rounds(26)
    assert rig.findings() == [("divider_drift", 2, None, None)]
    assert rig.rounds(8) == []


def test_a_difference_when_it_comes_for_some_bursts_then_nothing_is_said():
    rig = Rig()
    rig.rounds(10)
    for _ in range(20):
        rig.taps_mv = [3300 - 250, 6610 - 250, 9900 - 250, 13200 - 250]
        rig.rounds(1)
        rig.taps_mv = [3300, 6610, 9900, 13200]
        assert rig.rounds(19) == []
        assert rig.crosscheck.state == OK


def test_a_size_when_it_wavers_then_the_same_is_said():
    rig = Rig()
    rig.cells_mv[1] -= 100
    rig.rounds(30)
    findings = rig.crosscheck.findings
    assert findings[0].value_mv == 100
    for off_mv in (92, 108, 100, 95) * 5:
        rig.cells_mv[1] = 3310 - off_mv
        rig.rounds(3)
        assert rig.crosscheck.findings is findings
    rig.cells_mv[1] = 3310 - 160
    rig.rounds(30)
    assert 140 <= rig.crosscheck.findings[0].value_mv <= 160


def test_the_battery_when_the_verdict_changes_then_its_revision_grows():
    rig = Rig()
    rig.rounds(5)
    rig.now_s10 += 40
    rig.burst()
    rig.crosscheck.look(rig.now_s10)
    rig.now_s10 += 10
    rig.answer()
    before = rig.battery.revision
    rig.crosscheck.look(rig.now_s10)
    assert rig.crosscheck.state == OK
    assert rig.battery.revision > before
    before = rig.battery.revision
    rig.crosscheck.look(rig.now_s10 + 10)
    assert rig.battery.revision == before


# --- memory -----------------------------------------------------------------------------------


def test_look_while_nothing_changes_then_no_allocation():
    rig = Rig(wired_battery(8, 8), (3300, 3310, 3290, 3300, 3305, 3295, 3300, 3320))
    # A fault stands, and the ground carries current: every way through is taken.
    rig.cells_mv[2] -= 700
    rig.taps_mv = [mv + 30 for mv in rig.taps_mv]
    for current_a in (0, -40, -100, 30, -60, 0):
        rig.current_ma = current_a * 1000
        rig.rounds(8)
    assert len(rig.findings()) >= 1
    rig.now_s10 += 40
    rig.burst()
    assert not allocates(rig.crosscheck.look, rig.now_s10)
    rig.now_s10 += 10
    rig.answer()
    assert not allocates(rig.crosscheck.look, rig.now_s10)
