"""The simulated ADC and harness against the sizes of their errors, counted over many chips."""

import os
import pathlib
import subprocess
import sys

import pytest

from tools.sim.adc import AdcChip
from tools.sim.harness import SimHarness
from tools.sim.lcg import Dice

ROOT = pathlib.Path(__file__).parents[2]
CHIPS = 3000


def spread(values):
    """Return mean and standard deviation."""
    mean = sum(values) / len(values)
    return mean, (sum((value - mean) ** 2 for value in values) / len(values)) ** 0.5


def check(record_property, what, values, sigma, share=0.06):
    """Values must have no mean and this deviation, as exactly as their number can tell."""
    mean, found = spread(values)
    figure = f"{what}: deviation {found:.4g} of {len(values)}, {sigma:.4g} wanted, mean {mean:.3g}"
    record_property("figure", figure)
    assert abs(found / sigma - 1) < share, figure
    assert abs(mean) < 4 * sigma / len(values) ** 0.5, figure


@pytest.fixture(scope="module")
def chips():
    return [AdcChip(seed) for seed in range(1, CHIPS + 1)]


# --- a chip's errors --------------------------------------------------------------------------


def test_gain_is_a_vref_step_and_three_thousandths(chips, record_property):
    # 0.32 % even to both sides is a deviation of 0.185 %, and with 0.3 % that is 0.352 %.
    check(record_property, "gain, ppm", [chip.gain_ppm for chip in chips], 3523)


def test_offset_has_6_mv(chips, record_property):
    check(record_property, "offset, uV", [chip.offset_uv for chip in chips], 6000)


def test_drift_over_20_k_has_two_thousandths_and_1500_uv(chips, record_property):
    def drift_uv(chip, pin_uv):
        return chip.level_uv(pin_uv, 0, 45) - chip.level_uv(pin_uv, 0, 25)

    slopes = [(drift_uv(chip, 2000000) - drift_uv(chip, 1000000)) for chip in chips]
    check(record_property, "gain drift, ppm", slopes, 2000)
    # 1.5 mV beside 0.2 % of 1 V.
    check(record_property, "drift at 1 V, uV", [drift_uv(c, 1000000) for c in chips], 2500)


def test_inl_is_shared_by_equal_pins_and_not_by_codes_far_apart(chips, record_property):
    shared, own, apart = [], [], []
    for chip in chips:
        here, beside = chip.inl_uv(1630000, 0), chip.inl_uv(1630000, 3)
        shared.append((here + beside) / 2)
        own.append(here - beside)
        apart.append(here - chip.inl_uv(800000, 0))
    # 4 mV, and half of two channels' 1 mV; 1 mV twice; two times 4 mV that are not alike.
    check(record_property, "INL of two equal pins, uV", shared, 4062)
    check(record_property, "INL between them, uV", own, 1414)
    mean, found = spread(apart)
    record_property("figure", f"INL between 0.8 V and 1.63 V, uV: deviation {found:.4g}")
    assert 4500 < found < 8000


def test_inl_is_smooth(chips):
    # Two codes 20 mV apart have nearly the same; a table of random numbers would differ by 5.7 mV.
    _, found = spread([c.inl_uv(1640000) - c.inl_uv(1620000) for c in chips])
    assert 200 < found < 800


def test_leakage_is_even_to_20_na(chips, record_property):
    leaks = [chip.leak_na(channel) for chip in chips for channel in range(4)]
    check(record_property, "leakage, nA", leaks, 11.55)
    assert max(leaks) == 20
    assert min(leaks) == -20
    assert max(abs(chip.leak_na(channel, 45)) for chip in chips for channel in range(4)) == 30


def test_a_calibrated_chip_stays_within_60_mv(chips, record_property):
    # Espressif's total error at 11 dB; a noisy single reading is not meant, hence the mean.
    errors = []
    for chip in chips[:600]:
        readings = [chip.read_uv(1630000) for _ in range(64)]
        errors.append(sum(readings) / 64 - 1630000)
    # Root of (0.352 % of 1.63 V)^2 + 6^2 + 4.12^2.
    check(record_property, "error at 1.63 V, uV", errors, 9270, 0.09)
    assert max(abs(error) for error in errors) < 60000


# --- readings ---------------------------------------------------------------------------------


def test_noise_is_white_with_5_mv(chips, record_property):
    chip = chips[0]
    level_uv = chip.level_uv(1630000)
    noise = [chip.read_uv(1630000) - level_uv for _ in range(20000)]
    # 1 mV steps add their own 0.29 mV, which is nothing beside 5 mV.
    check(record_property, "noise, uV", noise, 5008, 0.03)
    means = [sum(noise[i : i + 50]) / 50 for i in range(0, 20000, 50)]
    check(record_property, "mean of 50 readings, uV", means, 708, 0.15)
    # A normal distribution has 4.55 % beyond two sigma; the steps of 1 mV blur that border.
    beyond = sum(1 for value in noise if abs(value) > 10000) / 20000
    assert 0.037 < beyond < 0.053


def test_readings_are_whole_millivolts(chips):
    assert {chip.read_uv(1630400) % 1000 for chip in chips} == {0}


def test_below_100_mv_a_pin_reads_one_small_value_without_noise(chips):
    seen = {chip.read_uv(pin_uv) for chip in chips for pin_uv in (0, 30000, 100000)}
    assert seen == {142000}


def test_low_end_bends_away_from_the_line_and_is_straight_from_300_mv():
    chip = AdcChip(3, noise_uv=0)
    line_uv = chip.level_uv(1000000) - chip.inl_uv(1000000)
    bends = []
    for pin_uv in (200000, 250000, 300000):
        straight_uv = line_uv - (1000000 - pin_uv) * (1 + chip.gain_ppm / 1000000)
        bends.append(straight_uv + chip.inl_uv(pin_uv) - chip.level_uv(pin_uv))
    assert 8000 < bends[0] < 12000
    assert 1500 < bends[1] < 4000
    assert abs(bends[2]) < 3


def test_top_bends_from_2240_mv_at_the_earliest_and_saturates(chips):
    assert min(chip.top_uv for chip in chips) == 2240000
    assert max(chip.top_uv for chip in chips) == 2667000
    full = {chip.read_uv(3600000) for chip in chips}
    assert min(full) == 3060000
    assert max(full) == 3209000
    assert all(chip.read_uv(13000000) == chip.read_uv(3600000) for chip in chips)
    errors_uv = [abs(chip.level_uv(2950000) - 2950000) for chip in chips]
    # Linear as at 1.63 V it would be 12 mV on average.
    assert sum(errors_uv) / len(errors_uv) > 18000


# --- Wi-Fi ------------------------------------------------------------------------------------


def test_spikes_are_low_only_and_end_180_ms_after_a_packet(record_property):
    chip = AdcChip(11, noise_uv=0, packets_per_s=1, spike_pct=100)
    right_uv = AdcChip(11, noise_uv=0).read_uv(1630000)
    wrong, runs, run = 0, [], 0
    for at_ms in range(600000):
        reading_uv = chip.read_uv(1630000, 0, 25, at_ms)
        assert reading_uv <= right_uv
        if reading_uv < right_uv:
            wrong += 1
            run += 1
        elif run:
            runs.append(run)
            run = 0
    record_property("figure", f"spikes: {wrong / 6000:.2f} % of the time in {len(runs)} bursts")
    # One packet a second disturbs 92 ms on average; some run into each other.
    assert 0.075 < wrong / 600000 < 0.105
    assert 480 < len(runs) < 640
    assert min(runs) == 5
    assert max(runs) <= 360
    assert sum(1 for length in runs if length > 180) < 0.06 * len(runs)


def test_spikes_come_more_often_and_deeper_when_set_so():
    def low(chip):
        readings = [chip.read_uv(1630000, 0, 25, at_ms) for at_ms in range(0, 300000, 10)]
        return sum(1 for r in readings if r < 1580000) / len(readings), min(readings)

    share, lowest_uv = low(AdcChip(11, packets_per_s=0))
    assert share == 0
    share, lowest_uv = low(AdcChip(11, packets_per_s=2, spike_mv=400))
    assert 0.06 < share < 0.11
    assert 1180000 < lowest_uv < 1280000
    share, lowest_uv = low(AdcChip(11, packets_per_s=4, spike_mv=1600))
    assert 0.13 < share < 0.21
    assert lowest_uv < 200000


def test_spikes_belong_to_the_time_and_not_to_what_was_asked_before():
    one = AdcChip(11, noise_uv=0, packets_per_s=1, spike_pct=100)
    other = AdcChip(11, noise_uv=0, packets_per_s=1, spike_pct=100)
    times_ms = list(range(0, 20000, 5))
    low = {t for t in times_ms if one.read_uv(1630000, 0, 25, t) < 1600000}
    again = {t for t in reversed(times_ms) if other.read_uv(1630000, 0, 25, t) < 1600000}
    assert low
    # A spike may be as small as 1 mV: a few of hundreds are seen once and not again.
    assert len(low ^ again) < 0.2 * len(low)


# --- dividers ---------------------------------------------------------------------------------


def fifths(k):
    return 3300000 * k


def test_pins_are_equal_and_parts_deviate_evenly(record_property):
    ratios = {1: [], 4: []}
    for seed in range(1, 1501):
        harness = SimHarness(fifths, seed=seed)
        for k, found in ratios.items():
            top_ohm, bottom_ohm = harness.resistors_ohm(k)
            found.append((top_ohm + bottom_ohm) / bottom_ohm)
            assert abs(harness.pin_uv(k) - 1626000) < 8000
    # Two parts of 0.1 %, each a deviation of 0.0577 %, weigh 1 - 1 / ratio.
    for k, ratio in ((1, 2.03), (4, 8.11)):
        off = [(found / ratio - 1) * 1000000 for found in ratios[k]]
        check(record_property, f"ratio of tap {k}, ppm", off, 816.5 * (1 - 1 / ratio))


def test_parts_drift_with_temperature():
    drifts = []
    for seed in range(1, 1501):
        harness = SimHarness(fifths, seed=seed, tolerance_ppm=10000, tc_ppm=100)
        cold, warm = harness.resistors_ohm(2, 25), harness.resistors_ohm(2, 45)
        drifts += [(warm[0] / cold[0] - 1) * 1000000, (warm[1] / cold[1] - 1) * 1000000]
    # 100 ppm/K even to both sides over 20 K.
    assert abs(spread(drifts)[1] / 1155 - 1) < 0.05
    assert max(drifts) < 2050


def test_the_same_seed_is_the_same_board_and_the_next_one_another():
    def readings(seed):
        harness = SimHarness(fifths, seed=seed)
        return [harness.read_uv(k) for k in (1, 2, 3, 4, 4, 3, 2, 1)]

    assert readings(9) == readings(9)
    assert readings(9) != readings(10)


def ideal():
    """A harness without any error of its own but rounding."""
    chip = AdcChip(1, noise_uv=0)
    chip.leak_na = lambda channel, temp_c: 0
    return SimHarness(fifths, tolerance_ppm=0, tc_ppm=0, chip=chip)


def test_pins_when_all_is_well():
    assert [ideal().pin_uv(k) for k in (1, 2, 3, 4)] == [1625615, 1625615, 1628289, 1627620]


def test_pins_when_two_leads_are_swapped():
    harness = ideal()
    harness.swap(2, 3)
    assert [harness.pin_uv(k) for k in (1, 2, 3, 4)] == [1625615, 2438423, 1085526, 1627620]


def test_pins_when_a_lead_is_open_at_the_board_and_at_the_cell():
    harness = ideal()
    harness.open_tap(2)
    assert [harness.pin_uv(k) for k in (1, 2, 3)] == [1625615, 0, 1628289]
    harness.mend()
    harness.open_tap(2, 50)
    assert harness.lead_uv(2) == 6600000
    harness.mend()
    harness.open_tap(2, 20)
    assert harness.lead_uv(2) == 4620000


def test_ground_rises_with_the_boards_own_current_and_with_a_discharge():
    harness = ideal()
    harness.ground(60, supply_ma=200)
    # 0.2 A through 60 mOhm: platform's example, 12 mV and all of it on cell 1.
    assert harness.ground_uv() == 12000
    assert harness.pin_uv(1) == 1619704
    harness.ground(60, supply_ma=200, shared_mohm=1)
    harness.current_ma = -100000
    assert harness.ground_uv() == 112000
    harness.current_ma = 20000
    assert harness.ground_uv() == -8000


def test_a_divider_that_drifts_moves_its_own_pin_only():
    harness = ideal()
    harness.drift(3, -5000)
    assert [harness.pin_uv(k) for k in (2, 3, 4)] == [1625615, 1620148, 1627620]


@pytest.mark.parametrize(
    "fault", [("swap", 0, 2), ("swap", 1, 5), ("open_tap", 0), ("drift", 5, 1)]
)
def test_a_fault_of_a_tap_that_is_not_there_is_refused(fault):
    with pytest.raises(ValueError):
        getattr(ideal(), fault[0])(*fault[1:])


def test_the_last_tap_has_no_neighbour_to_float_to():
    with pytest.raises(ValueError):
        ideal().open_tap(4, 50)


# --- the draws --------------------------------------------------------------------------------


def test_dice_of_neighbouring_seeds_have_nothing_in_common():
    draws = [Dice(seed).normal(1000) for seed in range(1, 4001)]
    for lag in (1, 2, 3):
        products = [a * b for a, b in zip(draws, draws[lag:], strict=False)]
        assert abs(sum(products) / len(products)) < 70000


def test_dice_are_even():
    dice = Dice(1)
    counts = [0] * 10
    for _ in range(50000):
        counts[dice.below(10)] += 1
    assert min(counts) > 4700
    assert max(counts) < 5300
    spans = [dice.span(3) for _ in range(7000)]
    assert {value: 850 < spans.count(value) < 1150 for value in range(-3, 4)} == dict.fromkeys(
        range(-3, 4), True
    )


def test_dice_do_not_begin_again_after_the_period_of_one_of_them():
    dice = Dice(5)
    first = [dice.below(32768) for _ in range(6)]
    for _ in range(524288 - 6):
        dice.below(1)
    assert [dice.below(32768) for _ in range(6)] != first


# --- the other interpreter ---------------------------------------------------------------------

BOTH = """
from tools.sim.adc import AdcChip
from tools.sim.harness import SimHarness

for seed in (1, 77, 9999):
    chip = AdcChip(seed, packets_per_s=2)
    harness = SimHarness(lambda k: 3287654 * k, seed=seed, chip=chip)
    harness.ground(60, 200, 1)
    print(chip.gain_ppm, chip.offset_uv, chip.top_uv)
    print([harness.pin_uv(k, 12) for k in range(1, 5)])
    for at_ms in range(0, 2000, 10):
        print([harness.read_uv(k, 12, at_ms) for k in (1, 2, 3, 4, 4, 3, 2, 1)])
"""


def test_both_interpreters_have_the_same_boards(micropython):
    status, theirs = micropython("-c", BOTH)
    done = subprocess.run(
        [sys.executable, "-c", BOTH],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": "."},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (status, done.returncode, done.stderr) == (0, 0, "")
    ours = done.stdout.splitlines()
    assert len(ours) == 606
    assert theirs.splitlines() == ours
