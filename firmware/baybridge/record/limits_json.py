"""The limits of one battery's alarms as JSON: what is in force, where from, how often it tripped.

Asked for rarely, so loaded only then.
"""

from baybridge.battery.alarm_limits import KEYS, SOURCES
from baybridge.battery.alarm_values import CHECKS
from baybridge.battery.alarms import CODES, DECIMALS, UNITS
from baybridge.battery.limit import NEVER
from baybridge.battery.settings import has_settings
from baybridge.record.json_text import array, fixed, object_of, text


def limits_json(alarms) -> str:
    """Return the object of one battery's limits and of the alarms they make."""
    limits = alarms.limits
    keys = KEYS.split()
    rows = []
    for i in range(len(keys)):
        source = text(SOURCES[limits.sources[i]])
        rows.append((keys[i], '{"value":%d,"source":%s}' % (limits.values[i], source)))
    settings = "believed" if has_settings(alarms.battery.sample) else "not sent"
    return object_of(
        (
            ("id", text(alarms.battery.id)),
            ("battery_settings", text(limits.withheld or settings)),
            ("limits", object_of(rows)),
            ("alarms", array([_alarm(alarms, check) for check in range(CHECKS)])),
        )
    )


def _alarm(alarms, check):
    rules = alarms.rules
    row = 2 * check
    used = row if rules.trips[row] != NEVER else row + 1
    return object_of(
        (
            ("code", text(CODES[check])),
            ("unit", text(UNITS[check])),
            ("warning", _trip(rules, row, check)),
            ("alarm", _trip(rules, row + 1, check)),
            ("delay_s", fixed(rules.delays_s10[used], 1)),
            ("readings", fixed(rules.readings[used], 0)),
            ("begun", fixed(alarms.begun[check], 0)),
        )
    )


def _trip(rules, row, check):
    # Without a unit there is no number: it is so, or it is not.
    if rules.trips[row] == NEVER:
        return "null"
    return "true" if UNITS[check] is None else fixed(rules.trips[row], DECIMALS[UNITS[check]])
