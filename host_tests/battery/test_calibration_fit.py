"""battery/calibration_fit: what the BMS's cells at rest make of the taps, and when they may."""

from baybridge.battery.calibration import Calibration, NotNow
from host_tests.battery.calibration_rig import burst, four_taps, hear, rest, wired_battery
from host_tests.support import raises

# 1.01, 0.99, 1.0 and 1.01 times what pins at 1650 mV mean.
CELLS_MV = (3333, 3201, 3366, 3432)
# The first burst begins the minute of rest, the thirteenth is the first that counts.
SEASONING = 12


def new():
    taps = four_taps()
    return Calibration(wired_battery(taps), taps)


def steady(count, pin_mv=1650, cells_mv=CELLS_MV):
    return [(pin_mv, cells_mv)] * count


def test_fit_when_the_voltage_stands_then_a_gain_for_each_tap():
    calibration = new()
    now_s10 = rest(calibration, steady(SEASONING + 60))
    assert calibration.fit.count == 60
    proposal = calibration.bms(now_s10)
    assert proposal.gains_ppm == [1010000, 990000, 1000000, 1010000]
    assert proposal.offsets_uv == [0, 0, 0, 0]
    assert proposal.residuals_uv == [0, 0, 0, 0]
    assert proposal.references_uv == [3333000, 6534000, 9900000, 13332000]
    assert (proposal.against, proposal.points, proposal.bursts) == ("bms", 1, 60)
    assert proposal.notes == [
        "Calibrated against the BMS, the taps are no second opinion on its cells any more; they "
        "still show what changes from now on."
    ]


def test_fit_when_too_short_then_says_how_far_it_is():
    calibration = new()
    now_s10 = rest(calibration, steady(SEASONING + 59))
    assert str(raises(NotNow, calibration.bms, now_s10)) == (
        "The comparison has 59 of 60 bursts at rest."
    )
    calibration = new()
    now_s10 = rest(calibration, steady(3))
    assert str(raises(NotNow, calibration.bms, now_s10)) == (
        "The comparison has 0 of 60 bursts at rest. It waits for a minute without a change of "
        "current."
    )


def test_fit_when_voltage_moved_then_gain_and_offset():
    # The taps lie 20 mV below the BMS at every voltage; from 3.0 to 3.4 V a cell.
    pairs = [(p, (2 * p + 20, 2 * p, 2 * p, 2 * p)) for p in range(1500, 1701, 2)]
    calibration = new()
    proposal = calibration.bms(rest(calibration, pairs))
    assert proposal.points == 2
    assert proposal.gains_ppm == [1000000] * 4
    assert proposal.offsets_uv == [20000] * 4
    assert proposal.residuals_uv == [0] * 4


def test_fit_when_voltage_hardly_moved_then_no_offset_is_made_of_it():
    # From 1632 mV, after a minute's rest, to 1700 mV: 4.2 %, and a twentieth is asked for.
    pairs = [(p, (2 * p + 20, 2 * p, 2 * p, 2 * p)) for p in range(1620, 1701)]
    calibration = new()
    proposal = calibration.bms(rest(calibration, pairs))
    assert proposal.points == 1
    assert proposal.offsets_uv == [0] * 4


def test_fit_when_the_offset_is_only_noise_then_none():
    # 2.5 mV either way, and the voltage moves far enough for an offset to be seen.
    pairs = []
    for i in range(100):
        p = 1500 + 2 * i
        pairs.append((p, (2 * p + (5 if i % 2 else 0), 2 * p, 2 * p, 2 * p)))
    calibration = new()
    proposal = calibration.bms(rest(calibration, pairs))
    assert proposal.points == 1
    assert proposal.offsets_uv == [0] * 4
    assert 2400 < proposal.residuals_uv[0] < 2600
    # The mean is 2.5 mV of 3.2 V.
    assert 1000750 < proposal.gains_ppm[0] < 1000810


def test_fit_when_the_converter_drifts_then_followed():
    calibration = new()
    now_s10 = rest(calibration, steady(SEASONING + 720))
    assert calibration.fit.count == 720
    # Half a percent less on every pin from here on.
    later = (3317, 3184, 3350, 3415)
    now_s10 = rest(calibration, steady(1, 1650, later), now_s10)
    assert calibration.fit.count == 361
    now_s10 = rest(calibration, steady(2500, 1650, later), now_s10)
    gain_ppm = calibration.bms(now_s10).gains_ppm[0]
    assert abs(gain_ppm - 1005152) < 60


def feed(calibration, now_s10):
    burst(calibration.battery, [1650] * 4, now_s10)
    calibration.feed(now_s10)
    return calibration.fit.waiting


def test_fit_when_not_at_rest_then_waits_and_starts_its_minute_anew():
    calibration = new()
    now_s10 = rest(calibration, steady(SEASONING + 5))
    assert (calibration.fit.count, calibration.fit.waiting) == (5, None)
    hear(calibration.battery, CELLS_MV, now_s10, 501)
    assert feed(calibration, now_s10 + 50) == "a current below 0.5 A"
    hear(calibration.battery, CELLS_MV, now_s10, -500)
    assert feed(calibration, now_s10 + 100) == "a minute without a change of current"
    hear(calibration.battery, CELLS_MV, now_s10 + 600, -500)
    assert feed(calibration, now_s10 + 650) == "a minute without a change of current"
    assert feed(calibration, now_s10 + 700) is None
    assert calibration.fit.count == 6


def test_fit_when_the_current_changes_within_rest_then_its_minute_anew():
    calibration = new()
    now_s10 = rest(calibration, steady(SEASONING + 5))
    hear(calibration.battery, CELLS_MV, now_s10, 200)
    assert feed(calibration, now_s10 + 50) is None
    hear(calibration.battery, CELLS_MV, now_s10, 201)
    assert feed(calibration, now_s10 + 100) == "a minute without a change of current"


def test_fit_when_balancing_then_waits():
    calibration = new()
    now_s10 = rest(calibration, steady(SEASONING + 1))
    calibration.battery.sample.balancer = 1
    assert feed(calibration, now_s10 + 50) == "the end of balancing"
    calibration.battery.sample.balancer = 0
    assert feed(calibration, now_s10 + 100) == "a minute without a change of current"
    assert calibration.fit.count == 1


def test_fit_when_the_bms_is_silent_or_a_cell_missing_then_waits():
    calibration = new()
    now_s10 = rest(calibration, steady(SEASONING + 1))
    assert feed(calibration, now_s10 + 201) == "the BMS to answer"
    hear(calibration.battery, CELLS_MV, now_s10 + 250)
    calibration.battery.sample.forget(10)
    assert feed(calibration, now_s10 + 250) == "cell 1 from the BMS"
    assert calibration.fit.count == 1


def test_fit_when_a_tap_is_not_read_then_waits():
    calibration = new()
    now_s10 = rest(calibration, steady(SEASONING + 1))
    burst(calibration.battery, (1650, None, 1650, 1650), now_s10 + 50)
    calibration.feed(now_s10 + 50)
    assert calibration.fit.waiting == "tap 2 to be read"


def test_fit_when_more_taps_than_cells_then_waits():
    calibration = new()
    calibration.battery.sample.nominal_mv = 6400
    assert feed(calibration, 50) == "as many cells as there are taps; the BMS has 2"


def test_bms_when_taps_and_cells_part_then_not_now():
    calibration = new()
    pairs = []
    for i in range(80):
        pairs.append((1650, (3300, 3300, 3300, 3300 + (50 if i % 2 else 0))))
    now_s10 = rest(calibration, pairs)
    assert str(raises(NotNow, calibration.bms, now_s10)) == (
        "Tap 4 and the BMS part by 25 mV in the mean even at rest, so one of them is not to be "
        "trusted; look at the wire before calibrating."
    )


def test_bms_when_a_gain_is_absurd_then_not_now():
    calibration = new()
    now_s10 = rest(calibration, steady(SEASONING + 60, 1650, (3700, 2900, 3300, 3300)))
    sentence = str(raises(NotNow, calibration.bms, now_s10))
    assert sentence.startswith("Tap 1 would need a gain of 1.121, and a good divider needs ")


def test_bms_when_no_taps_then_said():
    battery = new().battery
    battery.harness = None
    sentence = str(raises(NotNow, Calibration(battery, []).bms, 0))
    assert sentence.startswith("No taps are wired to House 1")
