"""Every finding, from literal voltages of taps and cells: code, tap, cell and verdict."""

from baybridge.battery.taps import TAP_NOT_CONNECTED, TAP_SATURATED
from host_tests.battery.crosscheck_rig import Rig, eight_cells, wired_battery

OK, LOOK, STOP = 1, 2, 3


def found_with(change, rounds=14):
    """Return the verdict and the findings after a change to a rig."""
    rig = Rig()
    change(rig)
    found = rig.rounds(rounds)
    return rig.crosscheck.state, found


def test_two_leads_when_exchanged_then_both_are_named():
    def swap(rig):
        rig.taps_mv[2], rig.taps_mv[3] = rig.taps_mv[3], rig.taps_mv[2]

    assert found_with(swap, 3) == (STOP, [("taps_swapped", 3, None, 4)])


def test_two_leads_when_the_lower_divider_is_beyond_its_range_then_both_are_named():
    def swap(rig):
        rig.taps_mv[0], rig.taps_mv[3] = 5000, 3300
        rig.states[0] = TAP_SATURATED

    assert found_with(swap) == (STOP, [("taps_swapped", 1, None, 4)])


def test_three_leads_when_rotated_then_each_is_said_to_be_misplaced():
    def rotate(rig):
        rig.taps_mv[1], rig.taps_mv[2], rig.taps_mv[3] = 9900, 13200, 6610

    state, found = found_with(rotate)
    assert state == STOP
    expected = [("tap_misplaced", 2, None, 3), ("tap_misplaced", 3, None, 4)]
    assert sorted(found) == expected + [("tap_misplaced", 4, None, 2)]


def test_all_leads_when_one_too_low_then_that_is_named():
    def shift(rig):
        rig.taps_mv = [0, 3310, 6600, 9900]
        rig.states[0] = TAP_NOT_CONNECTED

    assert found_with(shift) == (STOP, [("leads_shifted", None, None, 1)])


def test_a_tap_when_it_reads_nothing_then_its_lead_is_named():
    def cut(rig):
        rig.states[3] = TAP_NOT_CONNECTED

    assert found_with(cut) == (LOOK, [("tap_open", 4, None, None)])


def test_every_tap_when_it_reads_nothing_then_the_harness_is_absent():
    def cut(rig):
        rig.states = [TAP_NOT_CONNECTED] * 4

    assert found_with(cut) == (LOOK, [("harness_absent", None, None, None)])


def test_a_tap_when_beyond_its_range_alone_then_that_is_named():
    def break_leg(rig):
        rig.states[1] = TAP_SATURATED

    assert found_with(break_leg) == (LOOK, [("tap_saturated", 2, None, None)])


def test_a_lead_when_off_at_the_cell_then_bms_and_taps_agree_and_it_is_named():
    def tear(rig):
        # 4.87 V and 2.57 V, whose mean is right: TeslaBMSV2 issue 10, in LiFePO4's voltages.
        rig.cells_mv = [3300, 4450, 2150, 3300]
        rig.taps_mv = [3300, 7750, 9900, 13200]

    assert found_with(tear) == (STOP, [("lead_open", 2, None, None)])


def test_the_bms_lead_when_open_then_its_two_cells_contradict_the_even_taps():
    def cut(rig):
        rig.cells_mv = [3300, 3310 - 400, 3290 + 400, 3300]

    assert found_with(cut) == (STOP, [("bms_sense_open", 2, None, None)])


def test_a_cell_in_the_middle_when_misread_then_it_is_named():
    def misread(rig):
        rig.cells_mv[2] -= 90

    assert found_with(misread) == (STOP, [("bms_cell", None, 3, None)])


def test_a_cell_at_an_end_when_the_bms_contradicts_its_own_voltage_then_it_is_named():
    for n in (1, 4):

        def misread(rig, n=n):
            rig.cells_mv[n - 1] -= 200

        assert found_with(misread) == (STOP, [("bms_cell", None, n, None)])


def test_a_cell_when_the_bms_reads_none_then_it_is_named():
    def misread(rig):
        rig.cells_mv[0] = 0

    assert found_with(misread) == (STOP, [("bms_cell", None, 1, None)])


def test_a_cell_when_the_bms_reads_none_of_an_empty_battery_then_no_lead_is_blamed():
    rig = Rig(cells_mv=(2200, 2210, 2190, 2200))
    rig.cells_mv[1] = 0
    assert rig.rounds(14) == [("bms_cell", None, 2, None)]


def test_cell_1_when_low_and_the_bms_agrees_with_itself_then_the_ground_is_a_suspect():
    def shift(rig):
        rig.taps_mv = [mv - 130 for mv in rig.taps_mv]

    assert found_with(shift) == (LOOK, [("ground_offset", None, 1, None)])


def test_a_divider_when_off_then_it_is_named_and_of_the_last_its_cell_as_well():
    for k in (1, 2, 3):

        def drift(rig, k=k):
            rig.taps_mv[k - 1] += 35 * k

        assert found_with(drift) == (LOOK, [("divider_drift", k, None, None)])

    def drift_last(rig):
        rig.taps_mv[3] -= 110

    assert found_with(drift_last) == (LOOK, [("divider_drift", 4, 4, None)])


def test_all_taps_when_off_in_proportion_then_it_is_the_converter():
    def gain(rig):
        rig.taps_mv = [mv * 97 // 100 for mv in rig.taps_mv]

    assert found_with(gain) == (LOOK, [("all_off", None, None, None)])


def test_two_dividers_when_off_then_no_single_fault_is_made_up():
    def drift(rig):
        rig.taps_mv[0] += 90
        rig.taps_mv[2] -= 210

    state, found = found_with(drift)
    assert (state, found[0][0]) == (LOOK, "cells_differ")


def test_cell_1_when_it_grows_with_current_then_the_ground_is_named():
    rig = Rig()
    for current_a in (0, -40, -100, 30, -60, 0):
        rig.current_ma = current_a * 1000
        rig.taps_mv = [mv + current_a for mv in (3300, 6610, 9900, 13200)]
        rig.rounds(6)
    assert rig.findings() == [("ground_current", None, 1, None)]
    assert rig.crosscheck.findings[0].value_mv == 100
    assert rig.crosscheck.state == LOOK
    # Once the ground has a lead of its own, other loads show that it is gone.
    rig.taps_mv = [3300, 6610, 9900, 13200]
    for current_a in (-80, 20, -50, 0, -90, 0, 30):
        rig.current_ma = current_a * 1000
        rig.rounds(6)
    assert rig.findings() == []
    assert rig.crosscheck.state == OK


def test_eight_cells_when_one_divider_or_cell_is_off_then_it_is_named():
    rig = eight_cells()
    rig.taps_mv[4] += 200
    assert rig.rounds(14) == [("divider_drift", 5, None, None)]
    rig = eight_cells()
    rig.cells_mv[5] += 120
    assert rig.rounds(14) == [("bms_cell", None, 6, None)]


def test_taps_when_fewer_than_cells_then_those_are_compared():
    rig = Rig(wired_battery(8, 3), (3300,) * 8)
    rig.rounds(6)
    assert rig.crosscheck.state == OK
    rig.cells_mv[1] -= 100
    assert rig.rounds(20) == [("bms_cell", None, 2, None)]


# --- not calibrated ---------------------------------------------------------------------------


def test_without_calibration_then_only_gross_faults_are_found():
    rig = Rig(wired_battery(against=None))
    # The worst case of 1 % parts: 58 mV times the tap.
    rig.taps_mv = [3300 + 33, 6610 - 87, 9900 + 132, 13200 - 230]
    assert rig.rounds(30) == []
    assert rig.crosscheck.state == OK
    rig.taps_mv[1], rig.taps_mv[2] = rig.taps_mv[2], rig.taps_mv[1]
    assert rig.rounds(4) == [("taps_swapped", 2, None, 3)]
    rig = Rig(wired_battery(against=None))
    rig.cells_mv[2] = 0
    assert rig.rounds(14) == [("bms_cell", None, 3, None)]
