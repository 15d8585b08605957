"""What alarms say: whole sentences, of literal frames."""

import json

from baybridge.battery import sample as groups
from baybridge.battery.card_watch import CardWatch
from baybridge.battery.finding import BMS_CELL, Finding
from baybridge.record.alarm_json import alarms_json, card_alarms_json
from baybridge.record.battery_json import BatteryText
from baybridge.record.limits_json import limits_json
from host_tests.battery.test_alarms import SETTINGS_12V, Rig
from host_tests.data import frames


def shown(rig):
    """Return the alarms as they are at the end of the second that was judged last."""
    return json.loads(alarms_json(rig.alarms, rig.now_s10 - 5))


def message(rig):
    """Return the one sentence there is."""
    alarms = shown(rig)
    assert len(alarms) == 1, alarms
    return alarms[0]["message"]


def test_protection_then_the_contract_s_members_and_what_is_known_beside_the_raw_bytes():
    rig = Rig(None, (frames.S_F2, frames.S_F9))
    rig.sample.chg_fet = True
    rig.cells(3269, 3270, 3263, 3264)
    rig.run(17)
    assert shown(rig) == [
        {
            "code": "bms_protection",
            "severity": "alarm",
            "cell": None,
            "value": None,
            "limit": None,
            "unit": None,
            "since_s": 12.5,
            "message": "The BMS reports a protection, 0100000000000000000000000000000000; what "
            "these bytes mean is not published. What is known: charging is on, loads are on, "
            "20 and -3 °C, cells from 3.263 to 3.27 V. It should end by itself once its cause is "
            "gone.",
        }
    ]


def test_cell_then_number_value_limit_and_what_to_do():
    rig = Rig()
    rig.run(10)
    rig.cells(3590, 3600, 3631, 3600)
    rig.run(20)
    assert shown(rig) == [
        {
            "code": "cell_ov",
            "severity": "warning",
            "cell": 3,
            "value": 3.631,
            "limit": 3.62,
            "unit": "V",
            "since_s": 15.5,
            "message": "Cell 3 is at 3.631 V; this warns at 3.62 V, the limit is 3.65 V. Reduce "
            "or stop charging; if it is the same cell at every full charge, charge to a lower "
            "voltage until the BMS has balanced it.",
        }
    ]
    rig.cells(3590, 3600, 3652, 3600)
    rig.run(20)
    assert message(rig).startswith("Cell 3 is at 3.652 V; the limit is 3.65 V. Reduce")


def test_cell_of_no_volts_then_it_is_a_wire_rather_than_a_cell():
    rig = Rig()
    rig.run(10)
    rig.cells(3300, 0, 3301, 3300)
    rig.run(20)
    assert shown(rig)[0]["message"] == (
        "The BMS reads 0.0 V for cell 2, which no cell in use has: probably its sense wire is "
        "broken or off. Neither charge nor load the battery before that is mended."
    )


def test_temperature_then_the_sensor_is_named():
    rig = Rig()
    rig.sample.temp_count = 2
    rig.sample.temps_c[1] = -7
    rig.sample.current_ma = 12000
    rig.run(20)
    assert message(rig) == (
        "Charging at -7 °C (sensor 2); the limit is 0 °C. Below freezing, charging damages "
        "LiFePO4 cells for good: stop until the battery is warmer."
    )
    assert shown(rig)[0]["cell"] is None


def test_spread_then_both_cells_and_the_state_are_named():
    rig = Rig()
    rig.cells(3300, 3301, 3241, 3300)
    rig.run(400)
    assert message(rig) == (
        "The cells are 60 mV apart; the limit is 60 mV at rest, where healthy cells are a few mV "
        "apart. Cell 3 is low: it lost charge, or its sense wire or reading is off. Watch whether "
        "it gets worse."
    )
    rig.sample.current_ma = -90000
    rig.cells(3300, 3301, 3100, 3300)
    rig.run(100)
    assert "under load. Cell 3 is the lowest, cell 2 the highest" in message(rig)


def test_charging_off_then_the_cold_is_named_and_the_heater():
    rig = Rig(None, (frames.S_F2,))
    rig.sample.temps_c[1] = 20
    rig.run(20)
    assert message(rig) == (
        "The BMS has switched charging off, though the battery is not full, and its values do not "
        "say why. It may be switched off in the phone app, or a protection holds it."
    )
    rig.sample.temps_c[0] = -7
    assert message(rig) == (
        "The BMS has switched charging off, probably because of the cold: -7 °C at sensor 1. Its "
        "heater is on: leave the charger connected."
    )
    rig.sample.heater = False
    rig.sample.temps_c[0] = 50
    rig.sample.temps_c[1] = 30
    assert message(rig) == (
        "The BMS has switched charging off, probably because of the heat: 50 °C at sensor 1."
    )


def test_loads_off_then_the_empty_cell_is_named():
    rig = Rig()
    rig.sample.dis_fet = False
    rig.run(20)
    assert message(rig) == (
        "The BMS has switched the loads off, and its values do not say why: too much current or a "
        "short circuit may have, or the switch in the phone app. Switch the loads off before you "
        "try again."
    )
    rig.cells(2900, 2900, 2700, 2900)
    assert message(rig) == (
        "The BMS has switched the loads off, probably because cell 3 is down to 2.7 V: charge "
        "soon."
    )


def test_silence_then_what_stood_before_is_said_and_the_age_is_of_now():
    rig = Rig()
    rig.cells(2900, 2900, 2900, 2800)
    rig.run(40)
    rig.silent = range(groups.GROUPS)
    rig.run(30)
    assert shown(rig) == [
        {
            "code": "stale",
            "severity": "warning",
            "cell": None,
            "value": 31.5,
            "limit": 20.0,
            "unit": "s",
            "since_s": 10.5,
            "message": "The BMS has not answered for more than 20 s: nobody watches the battery. "
            "Is a phone connected to it, is it asleep, or is the bridge too far away? When it was "
            "heard last, these alarms stood: cell_uv.",
        }
    ]


def test_value_that_goes_stale_within_the_second_then_null_and_no_old_number():
    rig = Rig()
    rig.run(10)
    rig.cells(2900, 2900, 2900, 2800)
    rig.run(20)
    [alarm] = json.loads(alarms_json(rig.alarms, 500))
    assert (alarm["code"], alarm["value"], alarm["cell"]) == ("cell_uv", None, None)
    assert alarm["message"] == "What this alarm was about is not known any more."


def test_every_check_then_it_has_a_sentence_without_gaps():
    from baybridge.battery.alarms import CODES

    for code in CODES:
        rig = Rig(None, (frames.A_F9,))
        check = CODES.index(code)
        rig.run(10)
        for severity in (1, 2):
            rig.alarms.levels[check] = severity
            rig.sample.current_ma = 12000 if code in ("charge_cold", "charge_hot") else -1000
            text = message(rig)
            assert "{" not in text and "None" not in text and "null" not in text, text
            assert text[-1] in ".?", text


def test_battery_then_alarms_are_in_its_text_with_ages_of_each_answer():
    rig = Rig(None, (frames.S_F9,))
    text = BatteryText(rig.battery)
    assert json.loads(text.render(0))["alarms"] == []
    rig.run(7)
    rig.battery.touch()
    ages = [json.loads(text.render(now_s10))["alarms"][0]["since_s"] for now_s10 in (60, 65, 78)]
    assert ages == [2.0, 2.5, 3.8]


def test_card_then_a_sentence_of_what_is_wrong():
    class Card:
        is_mounted = True
        last_error = "the card is full, or fuller than log.min_free_mb allows"

    watch = CardWatch(Card)
    for s10 in (0, 300):
        watch.judge(s10)
    [alarm] = json.loads(card_alarms_json(watch, 325))
    assert alarm == {
        "code": "card_full",
        "severity": "alarm",
        "cell": None,
        "value": None,
        "limit": None,
        "unit": None,
        "since_s": 2.5,
        "message": "The log is not being written: the card is full, or fuller than "
        "log.min_free_mb allows. Its records wait in memory, a quarter of an hour of them at "
        "least; then the oldest are given up.",
    }


def test_limits_then_value_source_and_where_each_warns():
    rig = Rig({"spread_rest_mv": 40}, SETTINGS_12V)
    rig.run(400)
    limits = json.loads(limits_json(rig.alarms))
    assert limits["id"] == "house1"
    assert limits["battery_settings"] == "believed"
    assert limits["limits"]["cell_ov_mv"] == {"value": 3650, "source": "battery"}
    assert limits["limits"]["spread_rest_mv"] == {"value": 40, "source": "config"}
    assert limits["limits"]["soc_low_pct"] == {"value": 20, "source": "default"}
    by_code = {one["code"]: one for one in limits["alarms"]}
    assert by_code["battery_uv"] == {
        "code": "battery_uv",
        "unit": "V",
        "warning": 11.2,
        "alarm": 10.0,
        "delay_s": 10.0,
        "readings": 3,
        "begun": 0,
    }
    assert (by_code["spread"]["warning"], by_code["spread"]["alarm"]) == (20, 40)
    assert (by_code["soc_low"]["warning"], by_code["soc_low"]["alarm"]) == (20, None)
    assert (by_code["dis_fet_off"]["warning"], by_code["dis_fet_off"]["alarm"]) == (None, True)
    assert (by_code["stale"]["warning"], by_code["stale"]["alarm"]) == (20.0, 320.0)


def test_limits_when_not_sent_or_not_believed_then_it_says_so():
    rig = Rig()
    rig.run(1)
    assert json.loads(limits_json(rig.alarms))["battery_settings"] == "not sent"
    rig = Rig({}, SETTINGS_12V[:1] + (frames.A_F6,) + SETTINGS_12V[2:])
    rig.run(1)
    assert json.loads(limits_json(rig.alarms))["battery_settings"] == (
        "the battery's over-voltage limit is not 4 times a cell's"
    )


class Crosscheck:
    """Stands in for what looks at harness and BMS side by side."""

    findings = (Finding(BMS_CELL, None, 3, None, 60),)


def test_finding_then_its_own_sentence():
    rig = Rig()
    rig.battery.crosscheck = Crosscheck
    rig.run(1)
    [alarm] = shown(rig)
    assert (alarm["code"], alarm["severity"], alarm["cell"]) == ("harness_bms_cell", "alarm", 3)
    assert "cell 3" in alarm["message"].lower()
