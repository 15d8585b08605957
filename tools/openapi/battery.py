"""Schemas of one battery: its BMS, its taps, its alarms. Names come from the firmware."""

from baybridge.battery import alarms, finding, settings, taps
from baybridge.battery.alarm_limits import KEYS, SOURCES
from baybridge.battery.card_watch import CODES as CARD_CODES
from baybridge.battery.charge import NAMES
from baybridge.battery.link import STATES
from tools.openapi.kinds import (
    ADDRESS,
    COUNT,
    FLAG,
    NUMBER,
    TEXT,
    WHOLE,
    about,
    array,
    null,
    one_of,
    record,
    ref,
)

AGE = about(null(NUMBER), "Seconds since it was read; null before the first time.")
HEX = {"type": "string", "pattern": "^([0-9a-f]{2})*$"}

LINK = record(
    {
        "state": one_of(*STATES),
        "address": null(ADDRESS),
        "rssi_dbm": null(WHOLE),
        "polls": COUNT,
        "failed_polls": COUNT,
        "disconnects": COUNT,
        "quality_pct": null({"type": "integer", "minimum": 0, "maximum": 100}),
        "rejected_frames": COUNT,
        "last_error": null(TEXT),
    }
)

SETTINGS = record(
    {
        confidence: record(dict.fromkeys(names.split(), NUMBER))
        for confidence, names in settings.FIELDS
    },
    words="The BMS's own limits, grouped by how sure their meaning is.",
)
WITHHELD = record({"withheld": TEXT}, words="They contradict each other; why is a sentence.")

BMS = record(
    {
        "age_s": AGE,
        "stale": about(FLAG, "True when it is older than stale_s; then all values are null."),
        "voltage_v": null(NUMBER),
        "current_a": about(null(NUMBER), "Positive while charging."),
        "power_w": about(null(NUMBER), "Positive while charging."),
        "soc_pct": null({"type": "integer", "minimum": 0, "maximum": 100}),
        "rated_ah": null(NUMBER),
        "full_ah": about(null(NUMBER), "Null until it is known."),
        "remaining_ah": null(NUMBER),
        "remaining_from": null(one_of("soc", "bms")),
        "cycles": null(COUNT),
        "cells_v": about(array(null(NUMBER)), "Cell 1 is at battery negative."),
        "spread_mv": null(COUNT),
        "temperatures_c": null({"type": "array", "items": null(WHOLE)}),
        "charge_fet": null(FLAG),
        "discharge_fet": null(FLAG),
        "heater": null(FLAG),
        "balancing": null(FLAG),
        "nominal_v": null(NUMBER),
        "protection": null(record({"active": FLAG, "raw": HEX})),
        "model": null(TEXT),
        "date": null({"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"}),
        "settings": {"oneOf": [SETTINGS, WITHHELD, {"type": "null"}]},
        "raw": record(
            {
                "f0_11_mah": null(COUNT),
                "f0_11_meaning": one_of(*NAMES),
                "f2_13": null(COUNT),
                "f3_9": null(COUNT),
                "f3_10": null(COUNT),
            },
            words="What nobody has explained yet, as it came.",
        ),
    }
)

COUNTERS = record(
    {
        "charge_in_ah": NUMBER,
        "charge_out_ah": NUMBER,
        "energy_in_wh": NUMBER,
        "energy_out_wh": NUMBER,
    },
    words="Totals since they were first counted.",
)

FINDING = record(
    {
        "code": one_of(*finding.CODES),
        "severity": one_of(*finding.STATES),
        "tap": null(WHOLE),
        "cell": null(WHOLE),
        "message": TEXT,
    }
)

HARNESS = record(
    {
        "age_s": AGE,
        "stale": FLAG,
        "taps_v": about(array(null(NUMBER)), "Each tap against battery negative, lowest first."),
        "cells_v": array(null(NUMBER)),
        "noise_mv": array(null(NUMBER)),
        "states": array(null(one_of(*taps.STATES))),
        "calibrated": FLAG,
        "independent": about(FLAG, "False when a tap was calibrated against this BMS."),
        "difference_mv": about(array(null(WHOLE)), "Tap less BMS, for each cell."),
        "verdict": null(
            record(
                {
                    "state": one_of(*finding.STATES),
                    "findings": array(FINDING),
                    "note": null(TEXT),
                }
            )
        ),
    }
)

ALARM_CODES = (*alarms.CODES, *("harness_" + code for code in finding.CODES), *CARD_CODES[1:])
UNIT = one_of(*sorted({unit for unit in alarms.UNITS if unit}))
ALARM = record(
    {
        "code": one_of(*ALARM_CODES),
        "severity": one_of(*alarms.SEVERITIES[1:]),
        "cell": null(WHOLE),
        "value": null(NUMBER),
        "limit": null(NUMBER),
        "unit": null(UNIT),
        "since_s": NUMBER,
        "message": about(TEXT, "A sentence for a person."),
    }
)

BATTERY = record(
    {
        "id": TEXT,
        "name": TEXT,
        "cell_count": null(COUNT),
        "link": ref("Link"),
        "bms": ref("Bms"),
        "counters": ref("Counters"),
        "harness": null(ref("Harness")),
        "alarms": array(ref("Alarm")),
    }
)

LIMITS = record(
    {
        "id": TEXT,
        "battery_settings": about(TEXT, "`believed`, `not sent`, or why they are not believed."),
        "limits": record(
            {key: record({"value": WHOLE, "source": one_of(*SOURCES)}) for key in KEYS.split()}
        ),
        "alarms": array(
            record(
                {
                    "code": one_of(*alarms.CODES),
                    "unit": null(UNIT),
                    "warning": {"type": ["number", "boolean", "null"]},
                    "alarm": {"type": ["number", "boolean", "null"]},
                    "delay_s": NUMBER,
                    "readings": COUNT,
                    "begun": COUNT,
                }
            )
        ),
    }
)
