"""The simulated boards' errors in a short run, so that a pipeline gone wrong does not wait for
the benchmark; bands are wide enough for 200 boards and too narrow for a step left out.
"""

import pytest

from tools.bench import harness
from tools.bench.report import GROUPS
from tools.rehearse import boards
from tools.sim.adc import AdcChip

COUNT = 200
FITTED = 60


@pytest.fixture(scope="module")
def exact():
    return boards.play_all(COUNT, 1)


@pytest.fixture(scope="module")
def cheap():
    return boards.play_all(COUNT, 1, parts="1 %")


@pytest.fixture(scope="module")
def fitted():
    return boards.play_all(FITTED, 1, is_fitted=True)


def cells_and_spread(record_property, what, errors):
    """Return five p95 in mV and show them with the count of boards behind them."""
    row = [*boards.cells_p95_mv(errors), boards.spread_p95_mv(errors)]
    shown = " ".join(f"{value:.1f}" for value in row)
    record_property("figure", f"{what}, {len(errors)} boards, p95 of cells and spread: {shown} mV")
    return row


# --- the errors -------------------------------------------------------------------------------


@pytest.mark.time_limit_s(120)
def test_two_points_and_exact_parts_keep_every_cell(record_property, exact):
    errors = exact["two points", "within"]
    row = cells_and_spread(record_property, "0.1 %, two points", errors)
    assert len(errors) == COUNT
    assert max(row[:4]) <= 25
    # No better than its noise, drift and INL let it be: then something would be left out.
    assert 5 < row[0] < 20
    assert 10 < row[3] < 25
    assert 10 < row[4] < 36


def test_without_calibration_the_errors_are_those_of_chip_and_parts(record_property, exact, cheap):
    row = cells_and_spread(record_property, "0.1 %, uncalibrated", exact["uncalibrated", "away"])
    # 40 42 47 53 and a spread of 55 by platform's formula.
    for value, low, high in zip(row, (28, 30, 35, 40, 42), (54, 58, 62, 70, 80), strict=True):
        assert low < value < high, row
    row = cells_and_spread(record_property, "1 %, uncalibrated", cheap["uncalibrated", "away"])
    # 48 93 161 234 and 340.
    bands = zip(row, (34, 74, 125, 190, 280), (66, 120, 205, 300, 430), strict=True)
    for value, low, high in bands:
        assert low < value < high, row


def test_calibration_leaves_cheap_parts_their_drift(record_property, exact, cheap):
    row = cells_and_spread(record_property, "1 %, two points", cheap["two points", "away"])
    # 17 24 36 50 and 70.
    for value, low, high in zip(row, (12, 17, 27, 38, 55), (24, 33, 47, 65, 92), strict=True):
        assert low < value < high, row
    # The battery's voltage has all of the chip's drift: 63 mV, and without it 30.
    pack_mv = boards.pack_p95_mv(exact["two points", "away"])
    record_property("figure", f"0.1 %, two points, battery: {pack_mv:.1f} mV")
    assert 45 < pack_mv < 85
    within = boards.cells_p95_mv(cheap["two points", "within"])
    assert within[3] < row[3]
    assert boards.cells_p95_mv(exact["two points", "away"])[3] < 0.7 * row[3]


def test_fit_to_the_bms_brings_the_taps_to_it(record_property, fitted):
    averaged = cells_and_spread(
        record_property, "fitted, averaged", fitted["fitted, averaged", "rest"]
    )
    single = cells_and_spread(record_property, "fitted, one burst", fitted["fitted", "rest"])
    assert max(averaged[:4]) <= 8
    # What is left is the BMS's own 2 mV and the bursts' noise.
    assert min(averaged[:4]) > 1
    assert 6 < single[3] < 15


def test_the_fit_makes_the_taps_dependent_and_the_meter_does_not():
    board = boards.Board(3)
    ways = boards.calibrate(board)
    board.use(ways["two points"])
    assert board.harness.is_calibrated
    assert board.harness.is_independent
    boards.fit(board, {})
    assert board.harness.is_calibrated
    assert not board.harness.is_independent


# --- the rehearsal itself ---------------------------------------------------------------------


def test_a_board_without_errors_has_none():
    board = boards.Board(1, packets_per_s=0)
    # Straight, quiet, without leakage; parts as they are written on them.
    board.chip.level_uv = lambda pin_uv, channel, temp_c: pin_uv
    board.chip.leak_na = lambda channel, temp_c: 0
    board.chip.noise_uv = 0
    board.sim.resistors_ohm = lambda k, temp_c: ((0, 103e3, 306e3, 508e3, 711e3)[k], 100e3)
    board.set_cells([3300000, 3250000, 3350000, 3280000])
    board.burst()
    # A pin's whole millivolt, rounded, times the ratio: 8.11 and 6.08 of one half.
    assert max(abs(error_uv) for error_uv in board.errors_uv()) < 7200
    assert board.harness.taps_uv[0] == 3300780
    assert [board.meter_uv(1) % 1000, abs(board.meter_uv(4) - 13180000) < 4500] == [0, True]


def test_a_burst_reads_up_and_down_64_times_in_more_than_half_a_second():
    board = boards.Board(1)
    board.set_cells([3300000] * 4)
    seen = []
    read = board.read

    def note(i):
        seen.append((board.clock.at_ms, i))
        return read(i)

    board.read = note
    board.burst()
    assert len(seen) == 512
    assert [i for _, i in seen[:16]] == [0, 1, 2, 3, 3, 2, 1, 0] * 2
    assert 500 <= seen[-1][0] - seen[0][0] < 700
    assert board.clock.at_ms == 5000


def test_the_same_boards_have_the_same_errors_in_two_processes():
    assert boards.play_all(6, 2) == boards.play_all(6, 1)


def test_boards_differ_from_each_other(exact):
    assert len({tuple(error) for error in exact["two points", "within"]}) == COUNT


def test_p95_is_what_95_of_100_do_not_exceed():
    assert boards.p95_mv([1000 * n for n in range(1, 101)]) == 95.0
    assert boards.p95_mv([-20000, 1000]) == 20.0
    assert boards.cells_p95_mv([(1000, -2000, 3000, 0)]) == [1.0, 2.0, 3.0, 0.0]
    assert boards.pack_p95_mv([(1000, -2000, 3000, 0)]) == 2.0
    assert boards.spread_p95_mv([(1000, -2000, 3000, 0)]) == 5.0


# --- the statistic ----------------------------------------------------------------------------


def test_only_the_firmwares_statistic_holds_against_spikes(record_property):
    for packets_per_s in (0, 2, 4):
        share, (mean, median, ours) = harness.statistic_errors(packets_per_s, 100)
        figure = f"{share:.1%} spikes: mean {mean:.1f}, median {median:.1f}, ours {ours:.1f} mV"
        record_property("figure", figure)
        # 5 mV by the root of 128, times 8.11 and 1.96: 7 mV is all that noise may make.
        assert 4 < ours < 11
        if packets_per_s:
            assert 0.03 * packets_per_s < share < 0.06 * packets_per_s
            assert mean > 100
            assert median > 1.5 * ours


def test_statistic_is_of_a_chip_whose_own_errors_do_not_count():
    assert AdcChip(1).level_uv(1630000) != 1630000
    _, (mean, _, ours) = harness.statistic_errors(0, 100)
    assert mean < 10
    assert ours < 10


# --- the figures ------------------------------------------------------------------------------


@pytest.mark.time_limit_s(120)
def test_figures_come_in_the_contracts_order_with_their_notes():
    figures = list(harness.tap_figures(count=12, same_ratio_count=4, processes=1))
    assert [figure.name for figure in figures] == [row[0] for row in GROUPS["harness"]][:6]
    assert all(figure.unit == "mV" and figure.value > 0 for figure in figures)
    notes = "\n".join(line for figure in figures for line in figure.lines())
    for words in (
        "0.1 %, uncalibrated, within 20 K",
        "1 %, two points, 20 K away",
        "one ratio, 0.1 %, one point",
        "4 packets a second",
        "no second opinion",
        "12 boards",
    ):
        assert words in notes
