"""The harness in a battery's JSON: the contract's members, their age, and the sentences."""

import json

from baybridge.battery import finding as kinds
from baybridge.battery.finding import Finding
from baybridge.battery.taps import TAP_NOT_CONNECTED
from baybridge.record.battery_json import BatteryText
from baybridge.record.finding_text import sentence
from host_tests.battery.crosscheck_rig import Rig, wired_battery

# What no sentence may promise (the wording rule of the project).
FORBIDDEN = ("safe", "torque", "all good", "no problem")


def shown(text, now_s10):
    return json.loads(text.render(now_s10))["harness"]


def test_a_harness_reads_as_in_the_contract():
    rig = Rig()
    rig.taps_mv = [3303, 6608, 9900, 13192]
    for i in range(4):
        rig.battery.harness.noise_uv[i] = 1240 * (i + 1)
    rig.rounds(10)
    harness = shown(BatteryText(rig.battery), rig.now_s10 + 8)
    assert harness == {
        "age_s": 1.8,
        "stale": False,
        "taps_v": [3.303, 6.608, 9.9, 13.192],
        "cells_v": [3.303, 3.305, 3.292, 3.292],
        "noise_mv": [1.2, 2.5, 3.7, 5.0],
        "states": ["ok", "ok", "ok", "ok"],
        "calibrated": True,
        "independent": True,
        "difference_mv": [3, -5, 2, -8],
        "verdict": {"state": "ok", "findings": [], "note": None},
    }


def test_a_harness_that_was_never_read_has_nothing_but_null():
    harness = shown(BatteryText(wired_battery()), 8)
    assert harness["age_s"] is None and harness["stale"] is True
    for name in ("taps_v", "cells_v", "noise_mv", "states", "difference_mv"):
        assert harness[name] == [None] * 4, name
    assert harness["verdict"] == {
        "state": "unknown",
        "findings": [],
        "note": "The taps have not been read lately.",
    }


def test_a_tap_that_is_open_is_null_with_its_cells_and_its_state_is_told():
    rig = Rig()
    rig.states[1] = TAP_NOT_CONNECTED
    rig.rounds(10)
    harness = shown(BatteryText(rig.battery), rig.now_s10)
    assert harness["taps_v"] == [3.3, None, 9.9, 13.2]
    assert harness["cells_v"] == [3.3, None, None, 3.3]
    assert harness["noise_mv"] == [0.0, None, 0.0, 0.0]
    assert harness["difference_mv"] == [0, None, None, 0]
    assert harness["states"][1] == "not_connected"
    verdict = harness["verdict"]
    assert verdict["state"] == "look"
    finding = verdict["findings"][0]
    assert (finding["code"], finding["severity"]) == ("tap_open", "look")
    assert (finding["tap"], finding["cell"]) == (2, None)
    assert finding["message"].startswith("No voltage comes from tap 2 (top of cell 2): ")


def test_the_age_is_that_of_the_moment_and_the_text_of_the_last_burst():
    rig = Rig()
    text = BatteryText(rig.battery)
    rig.rounds(10)
    first = shown(text, rig.now_s10)
    assert first["age_s"] == 1.0
    assert shown(text, rig.now_s10 + 33)["age_s"] == 4.3
    # A burst nobody has looked at yet is shown, too.
    rig.taps_mv[3] = 13210
    rig.now_s10 += 40
    rig.burst()
    later = shown(text, rig.now_s10)
    assert (later["age_s"], later["taps_v"][3]) == (0.0, 13.21)


def test_values_when_the_burst_goes_stale_then_null_by_themselves():
    rig = Rig()
    text = BatteryText(rig.battery)
    rig.rounds(10)
    last_s10 = rig.battery.harness.taken_s10
    assert shown(text, last_s10 + 200)["taps_v"] == [3.3, 6.61, 9.9, 13.2]
    harness = shown(text, last_s10 + 201)
    assert harness["stale"] is True
    assert harness["taps_v"] == [None] * 4 and harness["cells_v"] == [None] * 4
    assert harness["difference_mv"] == [None] * 4


def test_differences_when_the_last_comparison_goes_stale_then_null_while_the_taps_are_fresh():
    rig = Rig()
    text = BatteryText(rig.battery)
    rig.rounds(10)
    compared_s10 = rig.battery.harness.taken_s10
    for _ in range(4):
        rig.now_s10 += 49
        rig.burst()
        rig.crosscheck.look(rig.now_s10)
        rig.now_s10 += 1
    assert shown(text, compared_s10 + 200)["difference_mv"] == [0, 0, 0, 0]
    harness = shown(text, compared_s10 + 201)
    assert harness["difference_mv"] == [None] * 4
    assert harness["taps_v"] == [3.3, 6.61, 9.9, 13.2]


def test_a_verdict_when_it_changes_then_the_kept_text_does():
    rig = Rig()
    text = BatteryText(rig.battery)
    rig.rounds(5)
    assert shown(text, rig.now_s10)["verdict"] == {
        "state": "unknown",
        "findings": [],
        "note": "No comparison yet, or too few: it takes half a minute of steady current.",
    }
    rig.rounds(1)
    assert shown(text, rig.now_s10)["verdict"]["state"] == "ok"


def test_notes_say_what_limits_the_verdict():
    rig = Rig(wired_battery(against=None))
    rig.rounds(6)
    harness = shown(BatteryText(rig.battery), rig.now_s10)
    assert (harness["calibrated"], harness["independent"]) == (False, True)
    assert harness["verdict"]["state"] == "ok"
    note = "The taps are not calibrated: only gross faults are looked for."
    assert harness["verdict"]["note"] == note
    rig = Rig(wired_battery(against="bms"))
    rig.battery.sample.balancer = 1
    rig.rounds(6)
    harness = shown(BatteryText(rig.battery), rig.now_s10)
    assert (harness["calibrated"], harness["independent"]) == (True, False)
    assert harness["verdict"]["note"] == (
        "The BMS is balancing, which shifts what its sense leads carry. The taps were calibrated"
        " against the BMS: what was wrong then cannot be seen, only what has changed since."
    )


def test_a_harness_without_a_crosscheck_has_no_verdict():
    rig = Rig()
    rig.rounds(6)
    rig.battery.crosscheck = None
    harness = shown(BatteryText(rig.battery), rig.now_s10)
    assert harness["verdict"] is None and harness["difference_mv"] == [None] * 4


# --- sentences --------------------------------------------------------------------------------


def all_findings():
    found = []
    for kind in range(len(kinds.CODES)):
        for value_mv in (83, -83):
            found.append(Finding(kind, 2, 3, 4, value_mv))
            found.append(Finding(kind, 2, None, 4, value_mv))
    return found


def test_every_finding_has_a_sentence_that_promises_nothing():
    for finding in all_findings():
        words = sentence(finding)
        assert words.endswith(".") and 60 < len(words) < 400, words
        assert "{" not in words
        for word in FORBIDDEN:
            assert word not in words.lower(), words


def test_sentences_name_the_wire_and_the_size():
    said = {}
    for finding in (
        Finding(kinds.TAPS_SWAPPED, 1, None, 3, None),
        Finding(kinds.BMS_SENSE_OPEN, 2, None, None, -570),
        Finding(kinds.BMS_CELL, None, 3, None, 90),
        Finding(kinds.GROUND_CURRENT, None, 1, None, 55),
        Finding(kinds.DIVIDER_DRIFT, 3, None, None, -120),
        Finding(kinds.DIVIDER_DRIFT, 4, 4, None, 160),
    ):
        said[finding.code, finding.tap] = sentence(finding)
    for code, tap, words in (
        ("taps_swapped", 1, "tap 1 (top of cell 1) and tap 3 (top of cell 3) are exchanged"),
        ("bms_sense_open", 2, "reads cell 2 570 mV too high and cell 3 as much too low"),
        ("bms_cell", None, "The BMS reads cell 3 90 mV lower than the taps do"),
        ("ground_current", None, "cell 1 is 55 mV too low at 100 A of discharge"),
        ("divider_drift", 3, "Tap 3 alone reads 120 mV too little, so that cell 3 seems lower"),
        ("divider_drift", 4, "Either divider 4 is off, or the BMS reads cell 4 too low"),
    ):
        assert words in said[code, tap], said[code, tap]
