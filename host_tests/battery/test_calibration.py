"""battery/calibration: literal coefficients, and a sentence for everything absurd."""

from baybridge.battery.calibration import Calibration, NotNow, corrected_uv, raw_uv
from host_tests.battery.calibration_rig import (
    burst,
    four_taps,
    hear,
    read_steadily,
    tap,
    wired_battery,
)
from host_tests.support import raises

# 1.01, 0.99, 1.0 and 1.01 times what pins at 1650 mV mean.
METER_UV = [3333000, 6534000, 9900000, 13332000]


def settled(pin_mv=1650):
    """Return a calibration after eight bursts, and the moment of the last."""
    taps = four_taps()
    calibration = Calibration(wired_battery(taps), taps)
    now_s10 = read_steadily(calibration, pin_mv)
    hear(calibration.battery, (3300,) * 4, now_s10)
    return calibration, now_s10


def refused(meters_uv, point=1):
    calibration, now_s10 = settled()
    exc = raises(ValueError, calibration.meter, meters_uv, point, now_s10)
    assert not calibration.first_raws_uv
    return str(exc)


def test_raw_when_divided_by_eight_then_eight_times_the_pin():
    assert raw_uv(1650001, tap(35, 700000)) == 13200008
    assert raw_uv(1630000, {"top_ohm": 103000, "bottom_ohm": 100000}) == 3308900


def test_corrected_when_gain_and_offset_then_both_applied_to_the_microvolt():
    assert corrected_uv(13200000, 1010000, -1500) == 13330500
    assert corrected_uv(3000001, 1000001, 0) == 3000004
    assert corrected_uv(1500000, 1000001, 0) == 1500002


def test_one_point_when_good_then_a_gain_for_each_tap():
    calibration, now_s10 = settled()
    proposal = calibration.meter(METER_UV, 1, now_s10)
    assert proposal.gains_ppm == [1010000, 990000, 1000000, 1010000]
    assert proposal.offsets_uv == [0, 0, 0, 0]
    assert proposal.raws_uv == [3300000, 6600000, 9900000, 13200000]
    assert (proposal.against, proposal.points, proposal.bursts) == ("multimeter", 1, 8)
    assert proposal.notes == []


def test_two_points_when_good_then_gain_and_offset():
    calibration, now_s10 = settled(1500)
    # 1.01 x + 20 mV, 0.99 x - 10 mV, x, 1.02 x + 100 mV
    calibration.meter([3050000, 5930000, 9000000, 12340000], 1, now_s10)
    now_s10 = read_steadily(calibration, 1700, now_s10)
    second = [3454000, 6722000, 10200000, 13972000]
    proposal = calibration.meter(second, 2, now_s10)
    assert proposal.gains_ppm == [1010000, 990000, 1000000, 1020000]
    assert proposal.offsets_uv == [20000, -10000, 0, 100000]
    assert proposal.points == 2
    # The first point stays, for a second one that is measured again.
    assert calibration.meter(second, 2, now_s10).offsets_uv == [20000, -10000, 0, 100000]


def test_two_points_when_coefficients_changed_between_then_the_same_result():
    calibration, now_s10 = settled(1500)
    first = calibration.meter([3050000, 5930000, 9000000, 12340000], 1, now_s10)
    calibration.put_in_force(calibration.records(first, None))
    now_s10 = read_steadily(calibration, 1700, now_s10)
    proposal = calibration.meter([3454000, 6722000, 10200000, 13972000], 2, now_s10)
    assert proposal.gains_ppm == [1010000, 990000, 1000000, 1020000]
    assert proposal.offsets_uv == [20000, -10000, 0, 100000]


def test_second_point_when_too_near_then_refused_with_both():
    calibration, now_s10 = settled(1600)
    calibration.meter([3200000, 6400000, 9600000, 12800000], 1, now_s10)
    now_s10 = read_steadily(calibration, 1700, now_s10)
    near = [3400000, 6800000, 10200000, 13600000]
    exc = raises(ValueError, calibration.meter, near, 2, now_s10)
    assert str(exc) == (
        "tap 1 reads 3.400 V, only 6.3 % from the first point's 3.200 V; points less than 10 % "
        "apart make an offset out of noise. Take one nearly empty and one nearly full."
    )


def test_second_point_when_exactly_a_tenth_away_then_taken():
    calibration, now_s10 = settled(1500)
    calibration.meter([3000000, 6000000, 9000000, 12000000], 1, now_s10)
    now_s10 = read_steadily(calibration, 1650, now_s10)
    tenth = [3300000, 6600000, 9900000, 13200000]
    assert calibration.meter(tenth, 2, now_s10).gains_ppm == [1000000] * 4
    tenth[0] -= 1
    raises(ValueError, calibration.meter, tenth, 2, now_s10)


def test_second_point_when_there_is_no_first_then_said():
    calibration, now_s10 = settled()
    assert str(raises(NotNow, calibration.meter, METER_UV, 2, now_s10)) == (
        "There is no first point since the bridge was started; give these readings as point 1."
    )


def test_second_point_when_bridge_did_not_see_the_change_then_refused():
    calibration, now_s10 = settled(1650)
    calibration.meter([3300000, 6600000, 9900000, 13200000], 1, now_s10)
    exc = raises(ValueError, calibration.meter, [3700000, 7400000, 11100000, 14800000], 2, now_s10)
    assert str(exc).startswith("tap 1 would need a gain of 0.000, ")


def test_offset_when_absurd_then_refused():
    calibration, now_s10 = settled(1500)
    calibration.meter([3000000, 6000000, 9000000, 11800000], 1, now_s10)
    now_s10 = read_steadily(calibration, 1650, now_s10)
    # The top tap would need 1.09 x - 1.28 V, and its divider divides by 8.
    exc = raises(ValueError, calibration.meter, [3300000, 6600000, 9900000, 13108000], 2, now_s10)
    assert str(exc) == (
        "tap 4 would need an offset of -1280 mV, more than 1200 mV; one of the two points was "
        "not measured right."
    )


def test_offset_when_a_bent_converter_needs_it_then_taken():
    calibration, now_s10 = settled(1500)
    calibration.meter([3000000, 6000000, 9000000, 12000000], 1, now_s10)
    now_s10 = read_steadily(calibration, 1650, now_s10)
    proposal = calibration.meter([3300000, 6600000, 9900000, 13260000], 2, now_s10)
    assert proposal.offsets_uv == [0, 0, 0, -600000]


def test_readings_when_too_few_then_said():
    assert refused(METER_UV[:3]) == (
        "there are 3 readings for 4 taps; give one of each, the lowest tap first."
    )


def test_readings_when_of_single_cells_then_said_how_to_measure():
    assert refused([3300000, 3310000, 3290000, 3305000]) == (
        "these look like the voltages of single cells. Leave the black probe on B- and put the "
        "red one on tap 1, then on tap 2, and so on."
    )


def test_readings_when_they_do_not_ascend_then_the_tap_is_named():
    assert refused([3300000, 9900000, 6600000, 13200000]) == (
        "cell 2 would have 6.600 V, which no LiFePO4 cell has; was tap 2 measured right, with "
        "the black probe on B-?"
    )
    assert refused([3300000, 6600000, 6600000, 13200000]) == (
        "tap 3 reads 6.600 V, which is not above tap 2 with 6.600 V; was the right tap measured?"
    )
    assert refused([-3300000, 6600000, 9900000, 13200000]) == (
        "tap 1 reads -3.300 V, which is not above zero; was the right tap measured?"
    )


def test_readings_when_in_millivolts_then_said():
    assert refused([3300000000, 6600000000, 9900000000, 13200000000]) == (
        "3300.000 V is no voltage of a tap; give volts."
    )


def test_gain_when_absurd_then_the_tap_and_its_resistors_are_named():
    assert refused([3300000, 7400000, 9900000, 13200000]) == (
        "tap 2 would need a gain of 1.121, and a good divider needs 0.9 to 1.1. Was it this tap "
        "that was measured, and are its resistors 300000 and 100000 ohm, as the configuration "
        "says?"
    )
    calibration, now_s10 = settled(1800)
    exc = raises(ValueError, calibration.meter, [3200000, 6600000, 9900000, 13200000], 1, now_s10)
    assert str(exc).startswith("tap 1 would need a gain of 0.889, ")


def test_gain_when_at_its_bound_then_taken():
    calibration, now_s10 = settled()
    low = [2970000, 5940000, 8910000, 11880000]
    assert calibration.meter(low, 1, now_s10).gains_ppm == [900000] * 4
    low[0] -= 2
    raises(ValueError, calibration.meter, low, 1, now_s10)
    high = [3630000, 7260000, 10890000, 14520000]
    assert calibration.meter(high, 1, now_s10).gains_ppm == [1100000] * 4
    high[0] += 2
    raises(ValueError, calibration.meter, high, 1, now_s10)


def test_meter_when_few_bursts_agree_then_not_now():
    taps = four_taps()
    calibration = Calibration(wired_battery(taps), taps)
    now_s10 = read_steadily(calibration, 1650, bursts=7)
    assert not calibration.is_settled
    assert str(raises(NotNow, calibration.meter, METER_UV, 1, now_s10)) == (
        "The taps move: of the last 8 bursts that should agree, only 7 do. Switch off loads that "
        "come and go, and see that each pin has its capacitor of 100 nF."
    )
    read_steadily(calibration, 1650, now_s10, 1)
    assert calibration.is_settled


def test_feed_when_the_same_burst_comes_again_then_counted_once():
    calibration, now_s10 = settled()
    assert calibration.bursts == 8
    calibration.feed(now_s10 + 10)
    # New coefficients are a new revision of the harness, but no burst.
    calibration.battery.harness.recalibrate(1, 1010000, 0)
    calibration.feed(now_s10 + 20)
    assert calibration.bursts == 8


def test_feed_when_bursts_vary_a_little_then_their_mean():
    calibration, now_s10 = settled(1650)
    for pin_mv in (1654, 1650, 1654, 1650, 1654, 1650, 1654, 1650):
        now_s10 = read_steadily(calibration, pin_mv, now_s10, 1)
    assert calibration.bursts == 16
    raws_uv = calibration.meter(METER_UV, 1, now_s10).raws_uv
    # A quarter of sixteen bursts at 4 mV more; sums are floored, a microvolt a burst at most.
    assert abs(raws_uv[3] - 13208000) < 200
    # From here on a burst is a sixteenth of it: this one adds a quarter of a millivolt.
    now_s10 = read_steadily(calibration, 1655, now_s10, 1)
    assert calibration.bursts == 16
    assert abs(calibration.meter(METER_UV, 1, now_s10).raws_uv[3] - 13210000) < 200


def test_feed_when_a_pin_jumps_then_counted_from_there():
    calibration, now_s10 = settled(1650)
    now_s10 = read_steadily(calibration, 1656, now_s10, 1)
    assert calibration.bursts == 1
    now_s10 = read_steadily(calibration, 1656, now_s10, 7)
    assert calibration.meter(METER_UV, 1, now_s10).raws_uv[0] == 3312000


def test_hindrance_when_a_tap_is_open_then_named():
    calibration, now_s10 = settled()
    burst(calibration.battery, (1650, 1650, None, 1650), now_s10 + 50)
    calibration.feed(now_s10 + 50)
    sentence = "Tap 3 cannot be calibrated: it is not connected. Look at its wire."
    assert calibration.hindrance(now_s10 + 50) == sentence
    assert str(raises(NotNow, calibration.meter, METER_UV, 1, now_s10 + 50)) == sentence
    assert not calibration.is_settled


def test_feed_when_a_tap_was_never_read_then_never_settled():
    taps = four_taps()
    calibration = Calibration(wired_battery(taps), taps)
    for now_s10 in range(50, 1000, 50):
        burst(calibration.battery, (1650, None, 1650, 1650), now_s10)
        calibration.feed(now_s10)
    assert calibration.bursts == 1


def test_hindrance_when_stale_then_said():
    calibration, now_s10 = settled()
    assert calibration.hindrance(now_s10 + 200) is None
    assert calibration.hindrance(now_s10 + 201) == "The taps were not read in the last 20 s."


def test_hindrance_when_a_current_flows_then_said_and_2_a_are_none():
    calibration, now_s10 = settled()
    for current_ma, value in ((8738, "8.7"), (-48215, "-48.2"), (2001, "2.0")):
        hear(calibration.battery, (3300,) * 4, now_s10, current_ma)
        assert calibration.hindrance(now_s10) == (
            "A current of %s A flows, and meter and bridge do not look at the same moment; "
            "switch off loads and chargers until it is below 2 A." % value
        )
    hear(calibration.battery, (3300,) * 4, now_s10, -2000)
    assert calibration.hindrance(now_s10) is None


def test_hindrance_when_no_taps_then_said():
    battery = wired_battery(four_taps())
    battery.harness = None
    sentence = Calibration(battery, []).hindrance(0)
    assert sentence.startswith("No taps are wired to House 1, or the bridge refused them; ")


def test_meter_when_the_bms_is_silent_then_a_note():
    calibration, now_s10 = settled()
    now_s10 = read_steadily(calibration, 1650, now_s10 + 200)
    assert calibration.meter(METER_UV, 1, now_s10).notes == [
        "The BMS is silent, so the bridge cannot tell whether a current flowed meanwhile."
    ]


def test_records_when_kept_then_the_present_ones_become_the_previous():
    calibration, now_s10 = settled()
    proposal = calibration.meter(METER_UV, 1, now_s10)
    records = calibration.records(proposal, "2026-11-22T15:30:00Z")
    # Nothing is changed by asking.
    assert calibration.taps == four_taps()
    assert records[3] == {
        "pin": 35,
        "top_ohm": 700000,
        "bottom_ohm": 100000,
        "gain_ppm": 1010000,
        "offset_uv": 0,
        "calibrated_time": "2026-11-22T15:30:00Z",
        "calibrated_against": "multimeter",
        "calibrated_divider": "35:700000/100000",
        "previous_gain_ppm": 1000000,
        "previous_offset_uv": 0,
        "previous_time": None,
        "previous_against": None,
    }


def test_in_force_when_put_then_the_last_burst_is_read_with_them():
    calibration, now_s10 = settled()
    harness = calibration.battery.harness
    assert harness.tap_mv(4, now_s10) == 13200
    assert not harness.is_calibrated
    revision = calibration.battery.revision
    calibration.put_in_force(calibration.records(calibration.meter(METER_UV, 1, now_s10), None))
    assert [harness.tap_mv(k, now_s10) for k in (1, 2, 3, 4)] == [3333, 6534, 9900, 13332]
    assert harness.is_calibrated and harness.is_independent
    assert calibration.taps[1]["gain_ppm"] == 990000
    assert calibration.battery.revision > revision


def test_previous_when_gone_back_to_then_there_and_forth():
    calibration, now_s10 = settled()
    proposal = calibration.meter(METER_UV, 1, now_s10)
    calibration.put_in_force(calibration.records(proposal, "2026-11-22T15:30:00Z"))
    kept = [dict(one) for one in calibration.taps]
    calibration.put_in_force(calibration.previous_records())
    back = calibration.taps[0]
    assert (back["gain_ppm"], back["previous_gain_ppm"]) == (1000000, 1010000)
    assert (back["calibrated_against"], back["calibrated_divider"]) == (None, None)
    assert back["previous_against"] == "multimeter"
    assert back["previous_time"] == "2026-11-22T15:30:00Z"
    assert not calibration.battery.harness.is_calibrated
    calibration.put_in_force(calibration.previous_records())
    assert calibration.taps == kept


def test_previous_when_there_is_none_then_not_now():
    calibration, _ = settled()
    assert str(raises(NotNow, calibration.previous_records)) == (
        "There is no earlier calibration to go back to."
    )
