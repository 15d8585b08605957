"""A battery's JSON against the public contract's own example, and what it must not show."""

import json

from baybridge.battery import link as states
from baybridge.battery.battery import Battery
from baybridge.protocol import abc
from baybridge.record.battery_json import BatteryText
from host_tests.data import frames

COLD = (frames.A_F1, frames.S_F0, frames.S_F2, frames.S_F3, frames.S_F4, frames.S_F9)


def battery_with(some_frames, taken_s10=0, polls=3):
    battery = Battery("house1", "House 1", 200, abc.REASONS)
    for frame in some_frames:
        battery.sample.stamp(abc.decode(frame, 20, battery.sample), taken_s10)
    sample = battery.sample
    for _ in range(polls):
        battery.charge.update(sample.field11_mah, sample.rated_mah, sample.soc_pct)
    battery.touch()
    return battery


def test_a_battery_reads_as_in_the_contract():
    battery = battery_with(COLD)
    link = battery.link
    link.state = states.CONNECTED
    link.address = "02:12:34:00:20:61"
    link.rssi_dbm = -62
    shown = json.loads(BatteryText(battery).render(8))
    assert (shown["id"], shown["name"], shown["cell_count"]) == ("house1", "House 1", 4)
    assert shown["link"] == {
        "state": "connected",
        "address": "02:12:34:00:20:61",
        "rssi_dbm": -62,
        "polls": 0,
        "failed_polls": 0,
        "disconnects": 0,
        "quality_pct": None,
        "rejected_frames": 0,
        "last_error": None,
    }
    bms = shown["bms"]
    expected = {
        "age_s": 0.8,
        "stale": False,
        "voltage_v": 13.12,
        "current_a": -48.215,
        "power_w": -632.6,
        "soc_pct": 54,
        "rated_ah": 206.0,
        "full_ah": 206.0,
        "remaining_ah": 111.2,
        "remaining_from": "soc",
        "cycles": 37,
        "cells_v": [3.269, 3.27, 3.263, 3.264],
        "spread_mv": 7,
        "temperatures_c": [-7, -3],
        "charge_fet": False,
        "discharge_fet": True,
        "heater": True,
        "balancing": False,
        "nominal_v": 12.8,
        "protection": {"active": True, "raw": "01000000000000000000000000000000"},
        "model": "SOK-BMS",
        "date": "2024-05-17",
        "settings": None,
    }
    for name in expected:
        assert bms[name] == expected[name], name
    assert shown["harness"] is None


def test_a_battery_that_never_answered_has_nothing_but_null():
    battery = Battery("house1", "House 1", 200, abc.REASONS)
    shown = json.loads(BatteryText(battery).render(8))
    assert shown["cell_count"] is None
    bms = shown["bms"]
    assert bms["age_s"] is None and bms["stale"] is True
    assert bms["cells_v"] == []
    for name in ("voltage_v", "soc_pct", "charge_fet", "protection", "model", "date", "settings"):
        assert bms[name] is None, name


def test_a_text_that_was_rendered_fresh_goes_null_by_itself_when_it_is_stale():
    text = BatteryText(battery_with(COLD))
    assert json.loads(text.render(200))["bms"]["voltage_v"] == 13.12
    bms = json.loads(text.render(201))["bms"]
    assert bms["age_s"] == 20.1 and bms["stale"] is True
    assert bms["cells_v"] == [None] * 4
    for name in ("voltage_v", "current_a", "soc_pct", "spread_mv", "model", "protection"):
        assert bms[name] is None, name


def test_a_value_of_its_own_age_goes_null_alone():
    battery = battery_with(COLD)
    for frame in (frames.S_F0, frames.S_F3, frames.S_F4):
        battery.sample.stamp(abc.decode(frame, 20, battery.sample), 150)
    text = BatteryText(battery)
    assert json.loads(text.render(200))["bms"]["protection"]["active"] is True
    bms = json.loads(text.render(201))["bms"]
    assert bms["protection"] is None and bms["charge_fet"] is None
    assert bms["voltage_v"] == 13.12 and bms["heater"] is True


def test_settings_that_agree_are_shown_by_confidence():
    shown = json.loads(BatteryText(battery_with(frames.A)).render(0))
    settings = shown["bms"]["settings"]
    assert settings["high"]["battery_ov_v"] == 29.2
    assert settings["high"]["discharge_ut_c"] == -20
    assert settings["medium"] == {"balance_start_v": 3.4, "balance_difference_mv": 20}
    assert settings["low"]["charge_oc_a"] == 100.0


def test_settings_that_contradict_each_other_are_withheld_with_the_reason():
    twelve_volt = frames.seal(b"\xcc\xf6\x08\x39" + frames.A_F6[4:19])
    shown = json.loads(BatteryText(battery_with(frames.A + (twelve_volt,))).render(0))
    assert shown["bms"]["settings"] == {
        "withheld": "the battery's over-voltage limit is not 8 times a cell's"
    }


def test_full_charge_is_null_while_undecided_and_the_raw_field_is_shown():
    bms = json.loads(BatteryText(battery_with(frames.A)).render(0))["bms"]
    assert bms["full_ah"] is None
    assert bms["remaining_ah"] == 105.0 and bms["remaining_from"] == "soc"
    assert bms["raw"]["f0_11_mah"] == 106048
    assert bms["raw"]["f0_11_meaning"] == "undecided"


def test_names_with_quotes_and_line_feeds_stay_json():
    battery = Battery("house1", 'The "big"\n one', 200, abc.REASONS)
    assert json.loads(BatteryText(battery).render(0))["name"] == 'The "big"\n one'
