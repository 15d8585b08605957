"""The dividers of a harness: figures against those of the platform notes 1.7 and 1.8."""

import json

import pytest

from baybridge import config
from tools.divider import __main__ as divider
from tools.divider import design, parts
from tools.divider.design import Design, Tap

EQUAL_PIN = (103000, 306000, 508000, 711000)
BOUGHT = (102000, 309000, 511000, 715000)


def harness(tops, low_ohm=100000, tolerance=0.001, kelvin_share=25e-6):
    taps = [Tap(i + 1, 32 + i, tops[i], low_ohm) for i in range(len(tops))]
    return Design(taps, tolerance, kelvin_share)


def rounded(function, digits=0, **how):
    return [round(function(k, **how), digits) for k in (1, 2, 3, 4)]


def run(capsys, *args):
    """Return (exit status, standard output, lines of standard error)."""
    status = divider.main(args)
    out, err = capsys.readouterr()
    return status, out, err.splitlines()


# --- parts that can be bought -------------------------------------------------------------------


def test_series_when_compared_with_iec_60063_then_its_values():
    assert len(parts.decade("E24")) == 24
    assert len(set(parts.decade("E96"))) == 96
    assert len(set(parts.decade("E192"))) == 192
    assert parts.decade("E24")[-3:] == [750, 820, 910]
    assert parts.decade("E96")[:5] == [100, 102, 105, 107, 110]
    assert parts.decade("E96")[-4:] == [909, 931, 953, 976]
    # 9.19 by the rule of the series, but not by the standard.
    assert parts.decade("E192")[-9:] == [898, 909, 920, 931, 942, 953, 965, 976, 988]


def test_resistance_when_written_as_people_do_then_whole_ohms():
    assert parts.parse_ohm("103000") == 103000
    assert parts.parse_ohm("103k") == 103000
    assert parts.parse_ohm("4k99") == 4990
    assert parts.parse_ohm("1.02M") == 1020000
    assert parts.parse_ohm("1M02") == 1020000
    assert parts.parse_ohm(" 715 kΩ".replace(" ", "")) == 715000


@pytest.mark.parametrize("text", ["", "k", "12x", "1.2k3", "-5k", "0", "1.5", "1e5"])
def test_resistance_when_it_is_none_then_refused(text):
    with pytest.raises(ValueError):
        parts.parse_ohm(text)


def test_capacitance_when_written_then_farads():
    assert parts.parse_farad("100n") == pytest.approx(1e-7)
    assert parts.parse_farad("0.1uF") == pytest.approx(1e-7)
    with pytest.raises(ValueError):
        parts.parse_farad("100")


# --- the pin ------------------------------------------------------------------------------------


def test_tap_when_parts_are_equal_pin_then_voltages_of_the_notes():
    taps = harness(EQUAL_PIN).taps
    assert [round(tap.ratio, 2) for tap in taps] == [2.03, 4.06, 6.08, 8.11]
    assert [round(tap.pin_mv(3300)) for tap in taps] == [1626, 1626, 1628, 1628]
    assert [round(tap.pin_mv(3650)) for tap in taps] == [1798, 1798, 1801, 1800]
    assert [round(tap.pin_mv(3800)) for tap in taps] == [1872, 1872, 1875, 1874]


def test_tap_when_low_leg_is_100k_then_source_and_time_constant():
    first, _, _, last = harness(BOUGHT).taps
    assert round(first.thevenin_ohm) == 50495  # 102 k parallel to 100 k
    assert round(last.thevenin_ohm) == 87730
    assert round(last.thevenin_ohm * 100e-9 * 1000, 1) == 8.8  # ms
    assert round(last.worst_pin_mv(0.01)) == 1898  # 15.2 V * 101 / (101 + 707.85)
    assert round(first.unpowered_ua()) == 37


def test_top_legs_when_chosen_from_e96_then_those_of_the_notes():
    chosen = [design.nearest_top_ohm(k, 100000, 1800, "E96") for k in range(1, 5)]
    assert chosen == [102000, 309000, 511000, 715000]


def test_top_legs_when_chosen_from_other_series_then_the_nearest():
    for series, expected in (
        ("E24", [100000, 300000, 510000, 680000]),
        ("E192", [102000, 305000, 511000, 715000]),
    ):
        assert [design.nearest_top_ohm(k, 100000, 1800, series) for k in (1, 2, 3, 4)] == expected


# --- error of a cell ----------------------------------------------------------------------------


def test_parts_error_when_tap_ratios_differ_then_worst_case_of_the_notes():
    # Notes: 33, 133, 265, 397 and 3, 13, 26, 40 mV. They take the first order of the tolerance,
    # which leaves out up to 0.7 mV of the worst case.
    worst_mv = rounded(harness(EQUAL_PIN, tolerance=0.01).parts_error_mv, 1)
    assert worst_mv == [33.5, 133.5, 265.5, 397.5]
    assert rounded(harness(EQUAL_PIN).parts_error_mv, 1) == [3.3, 13.3, 26.5, 39.7]


def test_parts_error_when_all_ratios_are_8_1_then_worst_case_of_the_notes():
    same = (711000,) * 4
    # Notes: 58, 174, 289, 405 and 6, 17, 29, 40 mV.
    worst_mv = rounded(harness(same, tolerance=0.01).parts_error_mv, 1)
    assert worst_mv == [58.3, 174.0, 289.8, 405.5]
    assert rounded(harness(same).parts_error_mv, 1) == [5.8, 17.4, 28.9, 40.5]


def test_parts_error_when_resistors_are_turned_to_the_worst_then_it_is_reached():
    # Cell 2 by hand, 1 %: tap 2 reads most when its top leg is 1 % small and its low leg 1 %
    # large, tap 1 least the other way round.
    true_2 = 1 + 306 * 0.99 / (100 * 1.01)
    true_1 = 1 + 103 * 1.01 / (100 * 0.99)
    error_mv = 6600 * (4.06 / true_2 - 1) + 3300 * (1 - 2.03 / true_1)
    plan = harness(EQUAL_PIN, tolerance=0.01)
    assert plan.parts_error_mv(2) == pytest.approx(error_mv, abs=0.3)
    assert plan.parts_error_mv(2) >= error_mv


def test_drift_when_25_ppm_and_20_k_then_half_a_thousandth_of_each_leg():
    # 0.05 % is half of 0.1 %.
    assert rounded(harness(EQUAL_PIN).drift_error_mv, 1) == [1.7, 6.7, 13.2, 19.8]
    assert rounded(harness(EQUAL_PIN, kelvin_share=0).drift_error_mv) == [0, 0, 0, 0]


# The notes' simulation of 200,000 boards, in mV for cells 1 to 4. It gives every tap a source of
# 50 kΩ; here tap 4's true 88 kΩ makes the leakage of its pin count for a little more.
@pytest.mark.parametrize(
    ("tops", "tolerance", "ppm", "is_calibrated", "simulated_mv"),
    [
        ((711000,) * 4, 0.01, 100, False, (129, 142, 194, 252)),
        ((711000,) * 4, 0.001, 25, False, (120, 96, 98, 99)),
        ((711000,) * 4, 0.01, 100, True, (38, 43, 50, 59)),
        ((711000,) * 4, 0.001, 25, True, (37, 38, 38, 39)),
        (EQUAL_PIN, 0.01, 100, False, (48, 93, 161, 234)),
        (EQUAL_PIN, 0.001, 25, False, (40, 42, 47, 53)),
        (EQUAL_PIN, 0.01, 100, True, (17, 24, 36, 50)),
        (EQUAL_PIN, 0.001, 25, True, (16, 17, 20, 24)),
    ],
)
def test_error_p95_when_compared_with_the_notes_simulation_then_within_8_percent(
    tops, tolerance, ppm, is_calibrated, simulated_mv
):
    plan = harness(tops, tolerance=tolerance, kelvin_share=ppm / 1e6)
    for k in (1, 2, 3, 4):
        error_mv = plan.error_p95_mv(k, is_calibrated=is_calibrated)
        assert error_mv == pytest.approx(simulated_mv[k - 1], rel=0.08), k


def test_error_p95_when_pins_sit_apart_then_more_than_with_equal_pins():
    equal, same = harness(EQUAL_PIN), harness((711000,) * 4)
    assert equal.error_p95_mv(1) * 2.5 < same.error_p95_mv(1)


# --- what it drains -----------------------------------------------------------------------------


def test_drain_when_low_leg_is_100k_then_figures_of_the_notes():
    plan = harness(EQUAL_PIN)
    assert [round(tap.current_ua()) for tap in plan.taps] == [16, 16, 16, 16]
    assert rounded(plan.cell_ua) == [65, 49, 33, 16]
    assert rounded(plan.cell_mah_per_month) == [48, 36, 24, 12]
    assert round(plan.imbalance_mah_per_month()) == 36


@pytest.mark.parametrize(
    ("low_ohm", "cells_mah", "imbalance_mah"),
    [
        # Notes: 475 and 356, of 475.5 and 356.6.
        (10000, [476, 357, 238, 119], 357),
        (33000, [144, 108, 72, 36], 108),
        (47000, [101, 76, 51, 25], 76),
        (220000, [22, 16, 11, 5], 16),
    ],
)
def test_drain_when_low_leg_differs_then_figures_of_the_notes(low_ohm, cells_mah, imbalance_mah):
    # The top legs in the same proportion, from 1.80 V at 3.65 V a cell.
    tops = [round((k * 3.65 / 1.8 - 1) * low_ohm) for k in (1, 2, 3, 4)]
    plan = harness(tops, low_ohm)
    assert rounded(plan.cell_mah_per_month) == cells_mah
    assert round(plan.imbalance_mah_per_month()) == imbalance_mah


def test_drain_when_each_divider_has_100k_in_all_then_figures_of_the_notes():
    plan = harness((87670,) * 4, 12330)
    assert rounded(plan.cell_mah_per_month) == [241, 217, 169, 96]
    assert round(plan.imbalance_mah_per_month()) == 145


# --- the program --------------------------------------------------------------------------------


def test_program_when_called_plainly_then_tables_and_the_part_of_config_json(capsys):
    status, out, errors = run(capsys)
    assert (status, errors) == (0, [])
    lines = out.splitlines()
    assert lines[3:5] == [
        "tap  pin  top leg  low leg  ratio    2.5 V    3.3 V   3.65 V    3.8 V   source      RC"
        "   drains",
        "  1   32   102 kΩ   100 kΩ  2.020  1.238 V  1.634 V  1.807 V  1.881 V  50.5 kΩ  5.0 ms"
        "  16.3 µA",
    ]
    assert (
        "Cell 1 loses more than cell 4: 35.6 mAh a month, 427 mAh a year, 0.43 % of 100 Ah."
        in lines
    )
    assert lines[-6:] == [
        '"taps": [',
        '  {"pin": 32, "top_ohm": 102000, "bottom_ohm": 100000, "gain": 1.0, "offset_mv": 0.0},',
        '  {"pin": 33, "top_ohm": 309000, "bottom_ohm": 100000, "gain": 1.0, "offset_mv": 0.0},',
        '  {"pin": 34, "top_ohm": 511000, "bottom_ohm": 100000, "gain": 1.0, "offset_mv": 0.0},',
        '  {"pin": 35, "top_ohm": 715000, "bottom_ohm": 100000, "gain": 1.0, "offset_mv": 0.0}',
        "]",
    ]


@pytest.mark.parametrize(
    ("chip", "cells", "pins"),
    [
        ("esp32", 4, [32, 33, 34, 35]),
        ("esp32", 6, [32, 33, 34, 35, 36, 39]),
        ("esp32c3", 4, [0, 1, 3, 4]),
        ("esp32s3", 8, [1, 2, 4, 5, 6, 7, 8, 9]),
    ],
)
def test_json_when_pasted_into_config_json_then_read_without_a_problem(capsys, chip, cells, pins):
    args = ["--chip", chip, "--cells", str(cells), "--json"]
    status, out, errors = run(capsys, *args)
    assert (status, errors) == (0, [])
    taps = json.loads("{%s}" % out)["taps"]
    assert [tap["pin"] for tap in taps] == pins
    # Beside the card's own pins, which are others for each chip.
    text = '{"batteries": [{"id": "house1", %s}], "end": 1}' % out
    parsed, problems = config.parse(text, chip)
    assert [problem for problem in problems if "noisy" not in problem] == []
    assert [tap["top_ohm"] for tap in parsed["batteries"][0]["taps"]] == [
        tap["top_ohm"] for tap in taps
    ]


def test_program_when_a_pin_would_see_too_much_then_refused_with_the_least_top_leg(capsys):
    status, out, errors = run(capsys, "--top", "102k,309k,511k,470k", "--json")
    assert (status, out) == (1, "")
    assert errors == [
        "refused: tap 4: 470 kΩ over 100 kΩ puts up to 2.671 V on the pin at 3.8 V a cell, and "
        "the ESP32 reads up to 2.45 V; the least top leg of E96 that works is 523 kΩ"
    ]
    assert run(capsys, "--top", "102k,309k,511k,523k", "--json")[0] == 0
    assert run(capsys, "--top", "102k,309k,511k,511k", "--json")[0] == 1
    # The S3's pins read up to 3.1 V.
    assert run(capsys, "--top", "102k,309k,511k,470k", "--chip", "esp32s3", "--json")[0] == 0


def test_program_when_a_pin_sits_too_low_then_refused_with_the_greatest_top_leg(capsys):
    status, out, errors = run(capsys, "--top", "1.2M,309k,511k,715k", "--json")
    assert (status, out) == (1, "")
    assert errors == [
        "refused: tap 1: 1.2 MΩ over 100 kΩ leaves the pin 0.192 V at 2.5 V a cell, and below "
        "0.25 V the ESP32 measures little or nothing; the greatest top leg of E96 that works is "
        "887 kΩ"
    ]


def test_program_when_pins_are_wrong_then_each_is_named_with_what_is_free(capsys):
    status, _, errors = run(capsys, "--pins", "32,32,25,35", "--json")
    assert status == 1
    assert errors == [
        "refused: tap 2: GPIO 32 is taken by tap 1; free: 33, 34",
        "refused: tap 3: GPIO 25 is not on ADC1 of the ESP32; free: 33, 34",
    ]
    _, _, errors = run(capsys, "--chip", "esp32s3", "--pins", "1,2,3,4", "--json")
    assert errors == [
        "refused: tap 3: GPIO 3 decides at a reset how the ESP32-S3 starts; "
        "free: 5, 6, 7, 8, 9, 10"
    ]


def test_program_when_a_chip_has_too_few_pins_then_says_which_has_enough(capsys):
    _, out, errors = run(capsys, "--cells", "8")
    assert out == ""
    assert errors == [
        "refused: 8 cells need 8 pins of ADC1, and the ESP32 has 6 that a tap may be on; "
        "take an ESP32-S3"
    ]
    _, _, errors = run(capsys, "--cells", "16", "--chip", "esp32s3")
    assert errors[0].endswith("no chip has so many, so such a battery has no harness here")


def test_notes_when_parts_are_poor_then_each_weakness_is_told(capsys):
    _, out, _ = run(capsys, "--low", "10k", "--capacitor", "10n")
    assert "- taps 1, 2, 3, 4: more than 130 µA can flow into the pin" in out
    assert "- cell 1 loses 356 mAh a month more than cell 4, 12 h of balancing at 30 mA" in out
    assert "- less than 47 nF at the pin" in out
    _, out, _ = run(capsys, "--low", "1M", "--capacitor", "1u")
    assert "- taps 1, 2, 3, 4: more than 100 kΩ of source resistance" in out
    assert "- taps 1, 2, 3, 4: a time constant above 0.1 s" in out
    _, out, _ = run(capsys, "--top", "73.2k,715k,715k,715k")
    assert "- the pins sit 1095 mV apart" in out
    _, out, _ = run(capsys, "--aim", "2.2")
    assert (
        "- tap 4: 2.300 V at 3.8 V a cell; above 2.2 V the ESP32's converter is no longer "
        "straight. A top leg from 604 kΩ up keeps below that" in out
    )
    _, out, _ = run(capsys)
    assert "To know" not in out


@pytest.mark.parametrize(
    ("args", "complaint"),
    [
        (["--top", "102k,309k"], "--top: 2 given for 4 cells"),
        (["--top", "102k,x,1k,1k"], "'x' is no resistance like 103000, 103k, 4k99 or 1.02M"),
        (["--low", "10"], "10 is not between 1k and 1M"),
        (["--low", "2M"], "2M is not between 1k and 1M"),
        (["--top", "102k,309k,511k,15M"], "15M is not between 1k and 10M"),
        (["--cells", "17"], "17 is not between 1 and 16"),
        (["--tolerance", "1 %"], "'1 %' is not a number"),
        (["--pins", "a,b"], "'a,b' is no list of pins like 32,33,34,35"),
    ],
)
def test_program_when_an_option_is_wrong_then_a_sentence_and_status_2(capsys, args, complaint):
    with pytest.raises(SystemExit) as exc:
        divider.main(args)
    assert exc.value.code == 2
    assert complaint in capsys.readouterr().err
