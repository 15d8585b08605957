"""Schemas of everything that is more than one battery, and of what is sent to the bridge."""

from baybridge.battery.taps import STATES as TAP_STATES
from baybridge.record.history import ALL, series_name
from tools.openapi import battery
from tools.openapi.kinds import (
    ADDRESS,
    COUNT,
    FLAG,
    NUMBER,
    TEXT,
    TIME,
    WHOLE,
    about,
    array,
    body,
    null,
    one_of,
    record,
    ref,
)

DATE = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"}
SERIES = [series_name(q, row) for row in range(3) for q in ALL]
# The extremes are missing from the finest steps of RAM.
EXTREMES = [series_name(q, row) for row in (1, 2) for q in ALL]
SLOT = one_of("a", "b")
AGAINST = one_of("multimeter", "bms")
STEPS = {"type": "array", "items": null(NUMBER)}
CHECK = array(record({"status": one_of("pass", "warn", "fail")}))


def minutes(high, words):
    """Return the schema of a request of so many minutes."""
    member = {"type": "integer", "minimum": 0, "maximum": high, "description": words}
    return {"minutes": member}


ANSWERS = {
    "Batteries": record(
        {
            "time": null(TIME),
            "uptime_s": COUNT,
            "bridge": record(
                {
                    "name": TEXT,
                    "version": TEXT,
                    "boot": COUNT,
                    "time_is_set": FLAG,
                    "alarms": array(ref("Alarm")),
                }
            ),
            "bank": record(
                {
                    "batteries": COUNT,
                    "missing": about(COUNT, "How many of them are not fresh."),
                    "current_a": null(NUMBER),
                    "power_w": null(NUMBER),
                    "remaining_ah": null(NUMBER),
                    "mean_current_a": null(NUMBER),
                    "time_to_empty_s": null(COUNT),
                    "time_to_full_s": null(COUNT),
                    "soc_spread_pct": null(COUNT),
                    "voltage_spread_mv": null(COUNT),
                }
            ),
            "batteries": array(ref("Battery")),
        }
    ),
    "History": record(
        {
            "id": TEXT,
            "from": null(TIME),
            "to": null(TIME),
            "from_uptime_s": WHOLE,
            "to_uptime_s": WHOLE,
            "step_s": {"type": "integer", "minimum": 1},
            "source": one_of("ram", "card"),
            "series": record(dict.fromkeys(SERIES, STEPS), optional=EXTREMES),
        }
    ),
    "Calibration": record(
        {
            "id": TEXT,
            "calibrated": null(FLAG),
            "independent": null(FLAG),
            "hindrance": about(null(TEXT), "Why a calibration would be refused now."),
            "bursts": COUNT,
            "first_point": null(record({"age_s": NUMBER, "taps_v": array(NUMBER)})),
            "fit": record({"bursts": COUNT, "bursts_needed": COUNT, "waiting_for": null(TEXT)}),
            "taps": array(
                record(
                    {
                        "tap": COUNT,
                        "divider": TEXT,
                        "state": one_of(*TAP_STATES),
                        "reads_v": null(NUMBER),
                        "uncalibrated_v": null(NUMBER),
                        "noise_mv": null(NUMBER),
                        "gain": NUMBER,
                        "offset_mv": NUMBER,
                        "calibrated_time": null(TIME),
                        "calibrated_against": null(AGAINST),
                        "previous_gain": null(NUMBER),
                        "previous_offset_mv": null(NUMBER),
                        "previous_time": null(TIME),
                        "previous_against": null(AGAINST),
                    }
                )
            ),
        }
    ),
    "CalibrationProposal": record(
        {
            "id": TEXT,
            "undone": FLAG,
            "against": AGAINST,
            "point": COUNT,
            "bursts": COUNT,
            "kept": FLAG,
            "cells_v": array(NUMBER),
            "notes": array(TEXT),
            "taps": array(
                record(
                    {
                        "tap": COUNT,
                        "old_gain": NUMBER,
                        "gain": NUMBER,
                        "old_offset_mv": NUMBER,
                        "offset_mv": NUMBER,
                        "reference_v": NUMBER,
                        "reads_v": NUMBER,
                        "would_read_v": NUMBER,
                        "difference_mv": NUMBER,
                        "residual_mv": NUMBER,
                    },
                    optional=(
                        "reference_v",
                        "reads_v",
                        "would_read_v",
                        "difference_mv",
                        "residual_mv",
                    ),
                )
            ),
        },
        optional=("undone", "against", "point", "bursts", "kept", "cells_v", "notes"),
        words="After an undo, only `id`, `undone` and the coefficients of the taps.",
    ),
    "Logs": record(
        {
            "logs": array(
                record({"name": TEXT, "bytes": COUNT, "battery": null(TEXT), "date": null(DATE)})
            ),
            "is_complete": FLAG,
        }
    ),
    "Discovery": array(
        record(
            {
                "name": null(TEXT),
                "address": ADDRESS,
                "address_type": one_of("public", "random"),
                "rssi_dbm": null(WHOLE),
                "protocol": TEXT,
                "configured": FLAG,
                "battery": null(TEXT),
                "note": null(TEXT),
            }
        )
    ),
    "Diagnostics": {
        "type": "object",
        "description": "For people and bug reports; its members may change.",
        "properties": {"uptime_s": COUNT, "version": TEXT, "boot": COUNT},
        "required": ["uptime_s", "version", "boot"],
        "additionalProperties": True,
    },
    "Health": record(
        {
            "status": one_of("pass", "warn", "fail"),
            "checks": {
                "type": "object",
                "properties": {"tasks": CHECK},
                "required": ["tasks"],
                "additionalProperties": CHECK,
            },
        }
    ),
    "Wifi": record(
        {
            "mode": one_of("station", "access_point", "off"),
            "station": record(
                {
                    "state": TEXT,
                    "ssid": null(TEXT),
                    "ip": null(TEXT),
                    "rssi_dbm": null(WHOLE),
                    "last_error": null(TEXT),
                }
            ),
            "access_point": null(record({"ssid": TEXT, "ip": null(TEXT), "clients": COUNT})),
            "test": null(
                record(
                    {
                        "state": one_of("running", "joined", "failed"),
                        "ssid": TEXT,
                        "ip": null(TEXT),
                        "message": TEXT,
                    }
                )
            ),
        }
    ),
    "Networks": array(
        record({"ssid": TEXT, "rssi_dbm": WHOLE, "security": TEXT, "channel": COUNT})
    ),
    "JoinBegun": record({"testing": FLAG, "ssid": TEXT}),
    "ConfigStored": record(
        {
            "stored": FLAG,
            "restart_needed": about(array(TEXT), "Places that wait for a restart."),
            "applied": about(array(TEXT), "Places that are in force now."),
            "warnings": array(ref("Place")),
        }
    ),
    "Place": record({"place": TEXT, "message": TEXT}),
    "Restarting": record({"restarting": FLAG}),
    "Firmware": record(
        {
            "version": TEXT,
            "slot": null(SLOT),
            "trial": null(
                record(
                    {"slot": SLOT, "tried": COUNT, "tries": COUNT},
                    words="Which folder is on trial, and how often it was started of how often.",
                )
            ),
            "failed": null(record({"slot": null(SLOT), "why": null(TEXT)})),
            "other": null(record({"slot": SLOT, "version": TEXT})),
            "key_set": FLAG,
            "updating": FLAG,
        }
    ),
    "Updating": record({"version": TEXT, "restarting": FLAG}),
    "KeySet": record({"key_set": FLAG}),
    "Released": record(
        {"id": TEXT, "link_state": one_of("released"), "for_s": COUNT}, optional=("link_state",)
    ),
    "Fast": record({"id": TEXT, "fast": FLAG, "for_s": COUNT}),
    "Time": record({"time": TIME}),
    "Recording": record({"recording": FLAG, "file": null(TEXT), "for_s": COUNT}),
    "Problem": record(
        {
            "type": one_of("about:blank"),
            "title": TEXT,
            "status": WHOLE,
            "detail": about(TEXT, "A sentence for a person."),
            "instance": TEXT,
            "problems": about(array(ref("Place")), "Of a configuration that was refused."),
        },
        optional=("instance", "problems"),
        words="RFC 9457.",
    ),
    "Link": battery.LINK,
    "Bms": battery.BMS,
    "Counters": battery.COUNTERS,
    "Harness": battery.HARNESS,
    "Alarm": battery.ALARM,
    "Battery": battery.BATTERY,
    "Limits": battery.LIMITS,
}

VOLTS = {"type": "number", "exclusiveMinimum": -1000, "exclusiveMaximum": 1000}

REQUESTS = {
    "FirmwareKey": {
        "type": "string",
        "pattern": "^baybridge-key rsa 65537 [89a-f][0-9a-f]{510}[13579bdf]\n$",
    },
    "ReleaseRequest": body(minutes(120, "By default 10; 0 takes it back at once.")),
    "FastRequest": body(minutes(120, "By default 30; 0 ends it.")),
    "RecordRequest": body(minutes(60, "0 stops."), required=("minutes",)),
    "TimeRequest": body(
        {
            "time": {
                "type": "string",
                "description": "ISO 8601, with Z or an offset.",
                "examples": ["2026-11-22T15:30:00Z", "2026-11-22T17:30:00+02:00"],
            }
        },
        required=("time",),
    ),
    "CalibrationRequest": {
        "oneOf": [
            body(
                {
                    "against": {"const": "multimeter"},
                    "taps_v": {"type": "array", "items": VOLTS, "minItems": 1},
                    "point": {"type": "integer", "enum": [1, 2]},
                    "keep": FLAG,
                },
                required=("against", "taps_v"),
            ),
            body({"against": {"const": "bms"}, "keep": FLAG}, required=("against",)),
            body({"undo": {"const": True}}, required=("undo",)),
        ]
    },
    "JoinRequest": body(
        {
            "ssid": {"type": "string", "minLength": 1, "description": "At most 32 bytes."},
            "password": {
                "type": ["string", "null"],
                "description": "8 to 63 characters, or the key itself as 64 hexadecimal digits;"
                " left out for an open network.",
            },
        },
        required=("ssid",),
    ),
    "RestartRequest": body({}),
}
