"""From readings of a pin to the voltage of a tap, or why there is none.

The last test shows which average holds against the spikes of Wi-Fi; it prints, in mV at the pin
(`make test ARGS="host_tests/battery/test_taps.py -k spikes_of_wifi -s"`), over 300 bursts of 128
readings with 5 mV of noise and four packets a second, 0 to 45 % of a burst's readings too low:
    mean           95 % within 126.61, worst 170.32
    median         95 % within 3.05, worst 5.72
    midmean        95 % within 12.67, worst 74.72
    trimmed mean   95 % within 1.03, worst 1.62
"""

from array import array

from baybridge.battery import taps
from baybridge.battery.taps import Harness, divider_ppm, scale
from host_tests.upy.heap import allocates
from tools.sim.adc import AdcChip
from tools.sim.lcg import LCG

DIVIDERS = ((103000, 100000), (306000, 100000), (508000, 100000), (711000, 100000))


def tap_of(top_ohm, bottom_ohm, **others):
    tap = {
        "pin": 32,
        "top_ohm": top_ohm,
        "bottom_ohm": bottom_ohm,
        "gain_ppm": 1000000,
        "offset_uv": 0,
        "calibrated_time": None,
        "calibrated_against": None,
    }
    tap.update(others)
    return tap


def harness_of(count=4, **others):
    """Return a harness of that many taps that all have others."""
    return Harness([tap_of(*divider, **others) for divider in DIVIDERS[:count]], 200)


def readings_of(*groups):
    """Return readings in mV; a group is (how many, mV)."""
    readings = array("H")
    for count, mv in groups:
        for _ in range(count):
            readings.append(mv)
    return readings


def burst(harness, *pins, now_s10=0):
    """Let a harness evaluate readings of its first pins, one array each, and finish."""
    for i in range(len(pins)):
        harness.evaluate(i + 1, pins[i], len(pins[i]))
    harness.finish(now_s10)


def one_tap(*groups):
    """Return (state, tap voltage in uV, noise in uV) of one tap from groups of readings."""
    harness = harness_of(1)
    burst(harness, readings_of(*groups))
    return taps.STATES[harness.states[0]], harness.taps_uv[0], harness.noise_uv[0]


# --- arithmetic ---------------------------------------------------------------------------------


def test_divider_when_two_resistors_then_their_ratio_in_millionths():
    assert divider_ppm(103000, 100000, 1000000) == 2030000
    assert divider_ppm(715000, 100000, 1000000) == 8150000
    assert divider_ppm(1, 3, 1000000) == 1333333
    assert divider_ppm(2, 3, 1000000) == 1666667
    assert divider_ppm(103000, 100000, 1003000) == 2036090


def test_scale_when_a_pin_is_scaled_then_right_to_a_microvolt():
    assert scale(1626000, 2030000) == 3300780
    assert scale(1626437, 8110000) == 13190404
    assert scale(1, 2030000) == 2
    assert scale(1999, 1001999) == 2003
    assert scale(0, 8110000) == 0
    assert scale(3300000, 300000000) == 990000000


def test_scale_when_compared_with_large_integers_then_the_same():
    lcg = LCG(1)
    for _ in range(2000):
        pin_uv = lcg.below(2000) * 1650 + lcg.below(1650)
        factor = lcg.below(2000) * 20000 + lcg.below(2000) * 10
        exact = (pin_uv * factor + 500000) // 1000000
        assert abs(scale(pin_uv, factor) - exact) <= 1, (pin_uv, factor)


def test_scale_then_no_allocation():
    assert not allocates(scale, 3300000, 300000000)


# --- one tap ------------------------------------------------------------------------------------


def test_tap_when_readings_agree_then_that_voltage_without_noise():
    assert one_tap((128, 1600)) == ("ok", 3248000, 0)


def test_tap_when_between_two_steps_then_finer_than_a_millivolt():
    assert one_tap((64, 1600), (64, 1601)) == ("ok", 3249015, 1271)
    assert one_tap((96, 1600), (32, 1601)) == ("ok", 3248508, 635)
    assert one_tap((3, 1600), (6, 1601))[1] == 3249354


def test_tap_when_readings_vary_then_noise_is_their_deviation():
    # Each reading is 1 mV off; of a normal distribution that is a sigma of 1.253 mV, times 2.03.
    assert one_tap((64, 1599), (64, 1601)) == ("ok", 3248000, 2544)


def test_tap_when_their_number_is_odd_then_the_middle_one_is_no_deviation():
    assert one_tap((4, 1599), (1, 1600), (4, 1601)) == ("ok", 3248000, 2259)


def test_tap_when_a_fifth_is_too_low_then_as_without_them():
    assert one_tap((26, 900), (51, 1599), (51, 1601)) == ("ok", 3248000, 2544)
    assert one_tap((13, 0), (13, 1500), (51, 1599), (51, 1601)) == ("ok", 3248000, 2544)


def test_tap_when_almost_half_is_too_low_then_still_as_without_them():
    assert one_tap((60, 900), (34, 1599), (34, 1601)) == ("ok", 3248000, 2544)


def test_tap_when_some_are_too_high_then_left_out_too():
    assert one_tap((59, 1599), (59, 1601), (10, 2300)) == ("ok", 3248000, 2544)


def test_tap_when_order_of_readings_changes_then_nothing_else_does():
    rising = array("H", range(1600, 1728))
    falling = array("H", range(1727, 1599, -1))
    harness = harness_of(2)
    burst(harness, rising, falling)
    assert list(harness.pins_uv) == [1663500, 1663500]


def test_tap_when_part_of_the_readings_is_missing_then_of_the_rest():
    harness = harness_of(1)
    harness.evaluate(1, readings_of((100, 1600), (28, 50)), 100)
    harness.finish(0)
    assert harness.tap_mv(1, 0) == 3248


def test_tap_when_calibrated_then_gain_and_offset_are_in_it():
    harness = harness_of(1, gain_ppm=1003000, offset_uv=-12000)
    burst(harness, readings_of((128, 1600)))
    assert harness.taps_uv[0] == 3245744  # 1600 mV * 2.03609 - 12 mV
    assert harness.tap_mv(1, 0) == 3246


# --- why there is none --------------------------------------------------------------------------


def test_state_when_too_few_readings_then_unread():
    assert one_tap((7, 1600))[0] == "unread"
    assert one_tap((8, 1600))[0] == "ok"
    assert one_tap() == ("unread", 0, 0)


def test_state_when_above_the_range_then_saturated():
    assert one_tap((128, 2450))[0] == "ok"
    assert one_tap((128, 2451))[0] == "saturated"
    assert one_tap((128, 3133))[0] == "saturated"
    # The tips of a ripple reach beyond: what is averaged would be too low.
    assert one_tap((100, 2440), (28, 2455))[0] == "saturated"


def test_state_when_the_chip_reaches_further_then_so_does_the_range():
    readings = readings_of((128, 2500))
    states = []
    for chip in ("esp32", "esp32c3", "esp32s3"):
        harness = Harness([tap_of(103000, 100000)], 200, chip)
        burst(harness, readings)
        states.append(taps.STATES[harness.states[0]])
    assert states == ["saturated", "ok", "ok"]


def test_state_when_low_and_alive_then_below_range():
    assert one_tap((64, 148), (64, 150))[0] == "ok"
    assert one_tap((64, 142), (64, 149))[0] == "below_range"


def test_state_when_low_and_dead_then_not_connected():
    assert one_tap((128, 142))[0] == "not_connected"
    assert one_tap((128, 0))[0] == "not_connected"
    assert one_tap((120, 142), (8, 143))[0] == "not_connected"


def test_state_when_at_the_simulated_chip_then_told_apart():
    found = []
    for pin_uv in (0, 60000, 150000, 400000, 1630000, 2200000, 3300000):
        chip = AdcChip(1)
        harness = harness_of(1)
        burst(harness, array("H", [chip.read_uv(pin_uv) // 1000 for _ in range(128)]))
        found.append(taps.STATES[harness.states[0]])
    assert found[:2] == ["not_connected", "not_connected"]
    assert found[2] in ("not_connected", "below_range")
    assert found[3:] == ["ok", "ok", "ok", "saturated"]


# --- the harness --------------------------------------------------------------------------------


def test_harness_when_nothing_was_read_then_nothing_is_known():
    harness = harness_of()
    assert harness.count == 4
    assert list(harness.states) == [1, 1, 1, 1]
    assert harness.taken_s10 == -1
    assert harness.age_s10(100) is None
    assert not harness.is_fresh(0)
    assert harness.tap_mv(0, 0) == 0
    assert harness.cells_mv(0) == [None, None, None, None]


def test_harness_when_read_then_taps_and_cells():
    harness = harness_of()
    pins = [readings_of((128, mv)) for mv in (1620, 1626, 1630, 1627)]
    burst(harness, *pins, now_s10=50)
    assert [harness.tap_mv(k, 50) for k in range(5)] == [0, 3289, 6602, 9910, 13195]
    assert harness.cells_mv(50) == [3289, 3313, 3309, 3285]
    assert harness.age_s10(57) == 7


def test_harness_when_the_burst_is_not_finished_then_the_last_one_stands():
    harness = harness_of(2)
    low, high = readings_of((128, 1600)), readings_of((128, 1700))
    burst(harness, low, low, now_s10=10)
    harness.evaluate(1, high, 128)
    assert harness.cells_mv(20) == [3248, 3248]
    assert (harness.taken_s10, harness.revision) == (10, 1)
    harness.evaluate(2, high, 128)
    harness.finish(60)
    assert harness.cells_mv(60) == [3451, 3451]
    assert (harness.taken_s10, harness.revision) == (60, 2)


def test_harness_when_a_tap_was_not_evaluated_then_it_is_unread():
    harness = harness_of(2)
    readings = readings_of((128, 1600))
    burst(harness, readings, readings)
    burst(harness, readings)
    assert list(harness.states) == [0, 1]


def test_harness_when_a_tap_is_missing_then_its_two_cells_are_unknown():
    harness = harness_of()
    good = readings_of((128, 1626))
    burst(harness, good, readings_of((128, 142)), good, good)
    assert list(harness.states) == [0, 4, 0, 0]
    assert harness.tap_mv(2, 0) is None
    assert harness.cells_mv(0) == [3301, None, None, 3301]


def test_harness_when_old_then_nothing_is_known():
    harness = harness_of(1)
    burst(harness, readings_of((128, 1600)), now_s10=100)
    assert harness.cell_mv(1, 300) == 3248
    assert harness.cell_mv(1, 301) is None
    assert harness.tap_mv(1, 301) is None
    assert harness.age_s10(301) == 201


def test_harness_when_calibrated_then_it_says_against_what():
    assert not harness_of().is_calibrated
    assert harness_of().is_independent
    by_meter = tap_of(103000, 100000, calibrated_against="multimeter", calibrated_time="then")
    by_bms = tap_of(306000, 100000, calibrated_against="bms")
    harness = Harness([by_meter, tap_of(306000, 100000)], 200)
    assert (harness.is_calibrated, harness.is_independent) == (False, True)
    assert (harness.against, harness.times) == (["multimeter", None], ["then", None])
    harness = Harness([by_meter, by_bms], 200)
    assert (harness.is_calibrated, harness.is_independent) == (True, False)


def test_recalibrate_when_given_then_in_force_at_once():
    harness = harness_of(2)
    readings = readings_of((128, 1600))
    burst(harness, readings, readings)
    harness.recalibrate(2, 1003000, -12000, "multimeter", "2026-05-01T12:00:00Z")
    # 1600 mV * 4.06 * 1.003 - 12 mV
    assert list(harness.taps_uv) == [3248000, 6503488]
    assert harness.revision == 2
    assert (harness.against, harness.times) == (
        [None, "multimeter"],
        [None, "2026-05-01T12:00:00Z"],
    )
    burst(harness, readings, readings)
    assert list(harness.taps_uv) == [3248000, 6503488]


def test_burst_then_no_allocation():
    harness = harness_of()
    readings = readings_of((26, 900), (51, 2399), (51, 2401))

    def evaluate():
        for k in range(1, 5):
            harness.evaluate(k, readings, 128)
        harness.finish(1000)

    assert not allocates(evaluate)
    assert harness.cells_mv(1000) == [4872, 4872, 4848, 4872]


# --- which average holds ------------------------------------------------------------------------

PIN_UV = 1630000


def mean_uv(readings):
    return sum(readings) * 1000 // len(readings)


def median_uv(readings):
    return sorted(readings)[len(readings) // 2] * 1000


def midmean_uv(readings):
    return mean_uv(sorted(readings)[len(readings) // 4 : len(readings) * 3 // 4])


def trimmed_uv(readings):
    harness = harness_of(1)
    burst(harness, readings)
    return harness.pins_uv[0]


def errors_uv(average, bursts):
    """Return the errors of an average, the smallest first; bursts are (true uV, readings)."""
    return sorted([abs(average(readings) - true_uv) for true_uv, readings in bursts])


def test_averages_when_spikes_of_wifi_then_the_trimmed_mean_holds():
    bursts = []
    for seed in range(1, 301):
        chip = AdcChip(seed, packets_per_s=4)
        readings = array("H")
        for i in range(128):
            at_ms = seed * 5000 + i // 2 * 10
            readings.append(chip.read_uv(PIN_UV, at_ms=at_ms) // 1000)
        bursts.append((chip.level_uv(PIN_UV), readings))
    worst = []
    for name, average in (
        ("mean", mean_uv),
        ("median", median_uv),
        ("midmean", midmean_uv),
        ("trimmed mean", trimmed_uv),
    ):
        errors = errors_uv(average, bursts)
        worst.append(errors[-1])
        figures = (name, errors[284] / 1000, errors[-1] / 1000)
        print("%-14s 95 %% within %.2f, worst %.2f" % figures)
    assert worst[0] > 100000 and worst[2] > 30000
    assert 3000 < worst[1] < 10000
    assert worst[3] < 2000
