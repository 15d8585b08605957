"""The crosscheck's limits, each from both sides, and faults that come together."""

from baybridge.battery.taps import TAP_NOT_CONNECTED, TAP_SATURATED
from host_tests.battery.crosscheck_rig import Rig

UNKNOWN, OK, LOOK, STOP = 0, 1, 2, 3


# --- when to compare --------------------------------------------------------------------------


def verdict_at(answer_after_s10, poll_s10=None, step_ma=0, base_ma=0):
    """Return the verdict after bursts that the BMS answers so late, at so long a distance."""
    rig = Rig()
    for n in range(20):
        rig.now_s10 += 50 if poll_s10 is None else poll_s10 - answer_after_s10
        rig.burst()
        rig.crosscheck.look(rig.now_s10)
        rig.now_s10 += answer_after_s10
        rig.current_ma = base_ma + step_ma * (n & 1)
        rig.answer()
        rig.crosscheck.look(rig.now_s10)
    return rig.crosscheck.state


def test_the_answer_may_come_3_s_after_the_burst():
    assert verdict_at(30) == OK
    assert verdict_at(31) == UNKNOWN
    # In the same tenth of a second it may be of the time before.
    assert verdict_at(0) == UNKNOWN
    assert verdict_at(1) == OK


def test_answers_may_be_15_s_apart():
    assert verdict_at(10, 150) == OK
    assert verdict_at(10, 151) == UNKNOWN


def test_the_current_may_differ_by_2_amperes_and_a_32nd_of_it():
    assert verdict_at(10, None, 2000) == OK
    # Either way round: a 32nd of the later current, which may be the smaller one.
    assert verdict_at(10, None, 2070) == UNKNOWN
    assert verdict_at(10, None, 4900, 96000) == OK
    assert verdict_at(10, None, 5300, 96000) == UNKNOWN


def test_cells_must_not_be_older_than_the_burst():
    rig = Rig()
    cells_s10 = rig.battery.sample.taken_s10
    for _ in range(20):
        rig.now_s10 += 50
        rig.burst()
        rig.crosscheck.look(rig.now_s10)
        rig.now_s10 += 10
        rig.answer()
        # The status came again, the cells only before the burst.
        cells_s10[10] = rig.now_s10 - 11
        rig.crosscheck.look(rig.now_s10)
    assert rig.crosscheck.state == UNKNOWN


def test_the_first_burst_needs_an_answer_before_it():
    rig = Rig(has_answered=False)
    rig.rounds(6)
    assert rig.crosscheck.state == UNKNOWN
    rig.rounds(1)
    assert rig.crosscheck.state == OK


# --- what is named ----------------------------------------------------------------------------


def found_after(change, rounds=20, rig=None):
    rig = rig or Rig()
    change(rig)
    return rig.rounds(rounds)


def test_from_130_mv_on_the_bms_own_voltage_decides_about_cell_1():
    for off_mv, code in ((125, "ground_offset"), (135, "bms_cell")):

        def misread(rig, off_mv=off_mv):
            rig.cells_mv[0] -= off_mv

        assert found_after(misread) == [(code, None, 1, None)]


def test_half_of_the_difference_decides_and_either_sign():
    # The BMS's own voltage is off itself, by up to 0.4 %.
    for off_mv, wrong_mv, code in (
        (-200, 90, "bms_cell"),
        (-200, 110, "ground_offset"),
        (200, -90, "bms_cell"),
        (200, -110, "ground_offset"),
    ):

        def misread(rig, off_mv=off_mv, wrong_mv=wrong_mv):
            rig.cells_mv[0] += off_mv
            rig.battery_mv -= wrong_mv

        assert found_after(misread) == [(code, None, 1, None)], (off_mv, wrong_mv)


def test_above_10_amperes_the_bms_own_voltage_says_nothing():
    for current_a, code in ((-10, "bms_cell"), (-11, "ground_offset")):
        rig = Rig()
        rig.current_ma = current_a * 1000
        rig.cells_mv[0] -= 200
        assert rig.rounds(20) == [(code, None, 1, None)]


def test_a_cell_no_battery_has_is_the_bms_error_at_any_current():
    for mv, code in ((1790, "bms_cell"), (1810, "ground_offset")):
        rig = Rig()
        rig.current_ma = -50000
        rig.cells_mv[0] = mv
        assert rig.rounds(20) == [(code, None, 1, None)], mv
    for mv, code in ((4190, "ground_offset"), (4210, "bms_cell")):
        rig = Rig()
        rig.current_ma = -50000
        rig.cells_mv[0] = mv
        assert rig.rounds(20) == [(code, None, 1, None)], mv


def test_from_250_mv_on_an_uneven_pair_is_the_bms_wire():
    for off_mv, code in ((245, "divider_drift"), (260, "bms_sense_open")):

        def cut(rig, off_mv=off_mv):
            rig.cells_mv[1] -= off_mv
            rig.cells_mv[2] += off_mv

        assert found_after(cut) == [(code, 2, None, None)]


def test_a_pair_as_uneven_by_the_taps_is_the_divider():
    for apart_mv, code in ((190, "divider_drift"), (210, "bms_sense_open")):
        # By the taps the cells are 500 mV apart the one way, by the BMS so much more the other.
        rig = Rig(cells_mv=(3300, 3050, 3550, 3300))
        rig.cells_mv = [3300, 3550 + apart_mv // 2, 3050 - apart_mv // 2, 3300]
        assert rig.rounds(20) == [(code, 2, None, None)], apart_mv


# --- leads ------------------------------------------------------------------------------------


def test_a_tap_is_on_another_lead_from_1500_mv_off_and_within_1000_of_that():
    # Tap 2 in steps between the voltages of taps 1 and 2, 3.3 and 6.6 V.
    for tap_mv, is_stray in ((3300, True), (4290, True), (4310, False), (5200, False)):
        rig = Rig()
        rig.taps_mv[1] = tap_mv
        found = rig.rounds(10)
        assert (("tap_misplaced", 2, None, 1) in found) == is_stray, tap_mv
    rig = Rig(cells_mv=(1000, 1300, 3300, 3300))
    for tap_mv, is_stray in ((810, False), (790, True)):
        rig.taps_mv[1] = tap_mv
        assert (("tap_misplaced", 2, None, 1) in rig.rounds(40)) == is_stray, tap_mv


def test_a_saturated_tap_stands_from_the_sixth_burst():
    rig = Rig()
    rig.states[1] = TAP_SATURATED
    assert rig.rounds(5) == []
    assert rig.rounds(1) == [("tap_saturated", 2, None, None)]


def test_what_was_long_seen_takes_thirty_clean_bursts_to_go():
    rig = Rig()
    rig.states[1] = TAP_NOT_CONNECTED
    rig.rounds(40)
    rig.states[1] = 0
    assert rig.rounds(29) == [("tap_open", 2, None, None)]
    assert rig.rounds(1) == []


def test_a_lead_off_at_the_cell_from_800_mv_apart_with_a_mean_like_the_others():
    for apart_mv, off_mv, is_torn in (
        (802, 0, True),
        (798, 0, False),
        (1600, 190, True),
        (1600, 210, False),
        (1600, -190, True),
        (1600, -210, False),
    ):
        cells_mv = (3300, 3300 + off_mv + apart_mv // 2, 3300 + off_mv - apart_mv // 2, 3300)
        found = Rig(cells_mv=cells_mv).rounds(5)
        assert (found == [("lead_open", 2, None, None)]) == is_torn, (apart_mv, off_mv)


def test_a_lead_off_at_the_cell_has_to_show_at_the_taps_by_600_mv():
    for taps_apart_mv, is_torn in ((620, True), (580, False)):
        rig = Rig(cells_mv=(3300, 3300 + taps_apart_mv // 2, 3300 - taps_apart_mv // 2, 3300))
        rig.cells_mv = [3300, 3800, 2800, 3300]
        assert (rig.rounds(5) == [("lead_open", 2, None, None)]) == is_torn


def test_a_lead_off_at_the_cell_that_stays_goes_only_after_it_was_not_seen():
    rig = Rig(cells_mv=(3300, 4450, 2150, 3300))
    assert rig.rounds(2) == []
    assert rig.rounds(1) == [("lead_open", 2, None, None)]
    rig.cells_mv = [3300] * 4
    rig.taps_mv = [3300, 6600, 9900, 13200]
    assert rig.rounds(8) == [("lead_open", 2, None, None)]
    assert rig.rounds(1) == []


# --- together ---------------------------------------------------------------------------------


def test_a_drift_when_a_tap_comes_off_then_only_that_is_said_until_it_is_back():
    rig = Rig()
    rig.taps_mv[1] += 100
    assert rig.rounds(20) == [("divider_drift", 2, None, None)]
    rig.states[3] = TAP_NOT_CONNECTED
    assert rig.rounds(4) == [("tap_open", 4, None, None)]
    assert rig.rounds(30) == [("tap_open", 4, None, None)]
    rig.states[3] = 0
    assert rig.rounds(60) == [("divider_drift", 2, None, None)]


def test_a_swap_when_put_right_then_no_trace_of_it_is_taken_for_a_drift():
    rig = Rig()
    rig.taps_mv[2], rig.taps_mv[3] = rig.taps_mv[3], rig.taps_mv[2]
    rig.rounds(20)
    rig.taps_mv[2], rig.taps_mv[3] = rig.taps_mv[3], rig.taps_mv[2]
    for _ in range(60):
        assert rig.rounds(1) in (
            [("taps_swapped", 3, None, 4)],
            [],
            [("tap_misplaced", 4, None, 3)],
        )
    assert rig.crosscheck.state == OK


def test_two_comparisons_far_off_in_a_row_then_nothing_and_the_third_begins_anew():
    rig = Rig()
    rig.rounds(10)
    rig.taps_mv[3] += 310
    rig.rounds(2)
    assert rig.crosscheck.difference_mv(4, rig.now_s10) == 0
    rig.rounds(1)
    assert rig.crosscheck.difference_mv(4, rig.now_s10) == 310
    assert rig.crosscheck.state == UNKNOWN
    rig = Rig()
    rig.rounds(10)
    rig.taps_mv[3] += 290
    rig.rounds(1)
    # An eighth of it.
    assert rig.crosscheck.difference_mv(4, rig.now_s10) == 36
    assert rig.crosscheck.state == OK


def test_a_difference_trips_after_six_that_agree():
    rig = Rig()
    rig.taps_mv[1] += 100
    assert rig.rounds(10) == []
    assert rig.rounds(1) == [("divider_drift", 2, None, None)]
