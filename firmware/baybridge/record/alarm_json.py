"""Alarms as JSON, each with a sentence: which cell, what value, what limit, and what to do.

Loaded when something stands, and not before. The sentences name what was measured; what a
protection byte of the BMS means nobody has published, so none is made up for it.
"""

from baybridge.battery import alarm_values as checks
from baybridge.battery import sample as groups
from baybridge.battery.alarms import CODES, DECIMALS, UNITS, codes_text
from baybridge.battery.card_watch import CODES as CARD_CODES
from baybridge.battery.limit import NEVER
from baybridge.record.json_text import array, fixed, object_of, text

# By check, up to the one whose sentence needs more than a value; for {} see _fill().
_SENTENCES = (
    "Cell {place} is at {value} V; {limits}. Reduce or stop charging; if it is the"
    " same cell at every full charge, charge to a lower voltage until the BMS has balanced it.",
    "Cell {place} is down to {value} V; {limits}. Switch loads off and charge: when"
    " a cell is empty the BMS cuts the loads off.",
    "The battery is at {value} V; {limits}. Reduce the charger's voltage or stop charging.",
    "The battery is down to {value} V; {limits}. Switch loads off and charge.",
    "Charging at {value} °C (sensor {place}); {limits}. Below freezing, charging damages LiFePO4"
    " cells for good: stop until the battery is warmer.",
    "Charging at {value} °C (sensor {place}); {limits}. Stop charging, let it cool"
    " down, and find out what makes it hot.",
    "The battery is at {value} °C (sensor {place}); {limits}. The BMS cuts the"
    " loads off when it gets colder: warm it.",
    "The battery is at {value} °C (sensor {place}); {limits}. Reduce the load, and"
    " find out what makes it hot: a loose joint does, too.",
    "The state of charge is {value} %; {limits}. Charge soon, or switch off what can wait.",
)
_BROKEN_WIRE = (
    "The BMS reads {value} V for cell {place}, which no cell in use has: probably its sense wire"
    " is broken or off. Neither charge nor load the battery before that is mended."
)
# A cell below this is dead, or its wire is.
_NO_CELL_MV = 1000
# So near to its limit of under-voltage or of temperature a battery is when that has opened a FET.
_NEAR_EMPTY_MV = 300
_NEAR_C = 5
_SPREAD = "The cells are {value} mV apart; {limits} "
_SPREADS = (
    "at rest, where healthy cells are a few mV apart. Cell {low} is low: it lost charge, or its"
    " sense wire or reading is off. Watch whether it gets worse.",
    "under load. Cell {low} is the lowest, cell {high} the highest: reduce the current and look at"
    " the joints of both, for one that has resistance gets hot.",
    "where a small difference of charge is a big one of voltage. Cell {high} is the highest, cell"
    " {low} the lowest: charge slowly to the end, so that the BMS has time to balance.",
)
_SILENCES = (
    "The BMS has not answered for more than {limit} s: nobody watches the battery. Is a phone"
    " connected to it, is it asleep, or is the bridge too far away?",
    "The BMS answers, but for more than {limit} s without all cell voltages: they are not"
    " watched.",
    "The BMS answers, but for more than {limit} s without temperatures and switches: they are not"
    " watched.",
    "The BMS answers, but for more than {limit} s without its protection, which it sent before.",
    "The battery has not been heard since the bridge started. Is it awake and near, is its"
    " address right, does a phone hold it?",
)


def alarms_json(alarms, now_s10: int) -> str:
    """Return the array of all that stands, with values and ages of this moment."""
    alarms.found.refresh(now_s10)
    rows = []
    found = 0
    for code, severity, cell, value, limit, unit, since_s10 in alarms.active():
        if code in CODES:
            message = _message(alarms, code, value, limit, now_s10)
        else:
            message = _finding(alarms, alarms.findings[found])
            found += 1
        rows.append(_row(code, severity, cell, value, limit, unit, now_s10 - since_s10, message))
    return array(rows)


def _row(code, severity, cell, value, limit, unit, age_s10, message):
    decimals = DECIMALS[unit]
    return object_of(
        (
            ("code", text(code)),
            ("severity", text(severity)),
            ("cell", fixed(cell, 0)),
            ("value", fixed(value, decimals)),
            ("limit", fixed(limit, decimals)),
            ("unit", text(unit)),
            ("since_s", fixed(age_s10, 1)),
            ("message", text(message)),
        )
    )


def _message(alarms, code, value, limit, now_s10):
    check = CODES.index(code)
    if check == checks.STALE:
        return _silence(alarms, limit)
    if alarms.found.values[check] == checks.UNKNOWN:
        # Until the next second, when it is judged.
        return "What this alarm was about is not known any more."
    if check == checks.CHG_FET_OFF:
        return _charging_off(alarms, now_s10)
    if check == checks.DIS_FET_OFF:
        return _loads_off(alarms)
    if check == checks.BMS_PROTECTION:
        return _protection(alarms, now_s10)
    if check == checks.SPREAD:
        return _fill(alarms, check, _SPREAD + _SPREADS[alarms.spread_state])
    if check == checks.CELL_UV and value < _NO_CELL_MV:
        return _fill(alarms, check, _BROKEN_WIRE)
    return _fill(alarms, check, _SENTENCES[check])


def _fill(alarms, check, sentence):
    found = alarms.found
    return sentence.format(
        place=found.places[check],
        value=fixed(found.values[check], DECIMALS[UNITS[check]]),
        limits=_limits(alarms, check),
        low=found.places[checks.CELL_UV],
        high=found.places[checks.CELL_OV],
    )


def _limits(alarms, check):
    # Both, while it only warns: the one that was passed, and the one to stay away from.
    unit = UNITS[check]
    trips = alarms.rules.trips
    words = []
    if alarms.levels[check] == 1:
        words.append("this warns at %s %s" % (fixed(trips[2 * check], DECIMALS[unit]), unit))
    if trips[2 * check + 1] != NEVER:
        words.append("the limit is %s %s" % (fixed(trips[2 * check + 1], DECIMALS[unit]), unit))
    return ", ".join(words)


def _silence(alarms, limit):
    sentence = _SILENCES[alarms.found.places[checks.STALE]].format(limit=limit // 10)
    if alarms.lost:
        sentence += " When it was heard last, these alarms stood: %s." % codes_text(alarms.lost)
    return sentence


def _charging_off(alarms, now_s10):
    sentence = "The BMS has switched charging off"
    why = _why_temperature(alarms, checks.CHARGE_COLD, checks.CHARGE_HOT)
    if why is None:
        return sentence + (
            ", though the battery is not full, and its values do not say why. It may be switched"
            " off in the phone app, or a protection holds it."
        )
    sentence += why
    battery = alarms.battery
    is_heated = battery.sample.heater and battery.is_fresh(groups.PACK, now_s10)
    if is_heated and "cold" in why:
        sentence += " Its heater is on: leave the charger connected."
    return sentence


def _loads_off(alarms):
    sentence = "The BMS has switched the loads off"
    values = alarms.found.values
    low_mv = values[checks.CELL_UV]
    empty_mv = alarms.limits.values[checks.CELL_UV] + _NEAR_EMPTY_MV
    if low_mv != checks.UNKNOWN and low_mv <= empty_mv:
        return sentence + _fill(
            alarms,
            checks.CELL_UV,
            ", probably because cell {place} is down to {value} V: charge soon.",
        )
    why = _why_temperature(alarms, checks.DISCHARGE_COLD, checks.DISCHARGE_HOT)
    return sentence + (
        why
        or ", and its values do not say why: too much current or a short circuit may have, or the"
        " switch in the phone app. Switch the loads off before you try again."
    )


def _why_temperature(alarms, cold, hot):
    # Which of its two limits of temperature the battery is near, as words; None if neither.
    limits = alarms.limits.values
    values = alarms.found.values
    # The sensors are the same, whichever pair of checks looks at them now.
    for pair in (checks.CHARGE_COLD, checks.DISCHARGE_COLD):
        if values[pair] == checks.UNKNOWN:
            continue
        if values[pair] <= limits[cold] + _NEAR_C:
            sentence = ", probably because of the cold: {value} °C at sensor {place}."
            return _fill(alarms, pair, sentence)
        if values[pair + 1] >= limits[hot] - _NEAR_C:
            sentence = ", probably because of the heat: {value} °C at sensor {place}."
            return _fill(alarms, pair + 1, sentence)
    return None


def _protection(alarms, now_s10):
    battery = alarms.battery
    sample = battery.sample
    # Not a byte is left out: nobody knows which of them count.
    raw = "".join(["%02x" % b for b in sample.protection])
    facts = []
    if battery.is_fresh(groups.SENSORS, now_s10):
        facts.append("charging is " + ("on" if sample.chg_fet else "off"))
        facts.append("loads are " + ("on" if sample.dis_fet else "off"))
        temps_c = [one for one in battery.temps_c(now_s10) if one is not None]
        if temps_c:
            facts.append("%s °C" % " and ".join(["%d" % one for one in temps_c]))
    values = alarms.found.values
    if values[checks.CELL_OV] != checks.UNKNOWN:
        facts.append(
            "cells from %s to %s V"
            % (fixed(values[checks.CELL_UV], 3), fixed(values[checks.CELL_OV], 3))
        )
    sentence = (
        "The BMS reports a protection, %s; what these bytes mean is not published. What is known: "
        "%s. It should end by itself once its cause is gone."
    )
    return sentence % (raw, ", ".join(facts) or "nothing else")


def _finding(alarms, finding):
    from baybridge.record.finding_text import sentence

    return sentence(finding)


def card_alarms_json(watch, now_s10: int) -> str:
    """Return the array of the bridge's own alarms: a card that nothing can be written to."""
    message = "The log is not being written: %s. Its records wait in memory, a quarter of an hour"
    message += " of them at least; then the oldest are given up."
    message %= watch.card.last_error or "the card is not mounted"
    age_s10 = now_s10 - watch.since_s10
    return array(
        (_row(CARD_CODES[watch.state], "alarm", None, None, None, None, age_s10, message),)
    )
