"""The schema of the configuration, made of the table the firmware checks it with."""

from baybridge.config import MAX_BATTERIES, SCHEMA
from tools.openapi.kinds import ADDRESS, FLAG, about

BATTERY = "batteries[]."
TAP = "batteries[].taps[]."
TAP_REQUIRED = ("pin", "top_ohm", "bottom_ohm")
# What the bridge shows in place of a secret, and takes for "as it is".
HIDDEN = "***"


def value(kind, low, high, unit):
    """Return the schema of a value of a kind (config_kinds.py)."""
    if kind.endswith("?"):
        schema = value(kind[:-1], low, high, unit)
        if "enum" in schema:
            return {**schema, "enum": [*schema["enum"], None]}
        return {**schema, "type": [schema["type"], "null"]}
    if kind in ("integer", "seconds", "millivolts", "gain"):
        type_name = "integer" if kind == "integer" else "number"
        return about({"type": type_name, "minimum": low, "maximum": high}, unit)
    if kind == "switch":
        return FLAG
    if kind == "choice":
        return {"enum": list(low)}
    if kind == "address":
        # The board takes capitals, too.
        return {"type": ["string", "null"], "pattern": ADDRESS["pattern"].replace("a-f", "a-fA-F")}
    if kind == "time":
        return {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}
    if kind in ("token", "password"):
        return about(
            {"type": ["string", "null"]}, f"{low} to {high} characters; {HIDDEN}: as it is."
        )
    return about({"type": "string", "maxLength": high}, f"{low} to {high} {unit}.")


def _part(prefix, is_whole):
    members = {}
    for place, kind, _default, low, high, unit in SCHEMA:
        key = place.removeprefix(prefix)
        if place.startswith(prefix) and "." not in key:
            members[key] = value(kind, low, high, unit)
    schema = {"type": "object", "properties": members, "additionalProperties": False}
    return {**schema, "required": list(members)} if is_whole else schema


def config(is_whole):
    """Return the schema: of the whole that is read, or of what may be sent, parts left out."""
    tap = _part(TAP, False)
    tap["required"] = list(TAP_REQUIRED)
    battery = _part(BATTERY, is_whole)
    battery["properties"]["taps"] = {"type": "array", "items": tap}
    if is_whole:
        battery["required"].append("taps")
    sections = dict.fromkeys(
        place.split(".")[0]
        for place, *_ in SCHEMA
        if "." in place and not place.startswith("batt")
    )
    name = next(row for row in SCHEMA if row[0] == "name")
    parts = {
        "name": value(name[1], name[3], name[4], name[5]),
        "batteries": {
            "type": "array",
            "items": battery,
            "minItems": 1,
            "maxItems": MAX_BATTERIES,
        },
    }
    for section in sections:
        parts[section] = _part(section + ".", is_whole)
    if not is_whole:
        # A part that is null is left as it is, like one that is not there.
        parts = {key: {**part, "type": [part["type"], "null"]} for key, part in parts.items()}
    parts["end"] = {"const": 1}
    schema = {"type": "object", "properties": parts, "additionalProperties": False}
    return {**schema, "required": list(parts)} if is_whole else schema


SCHEMAS = {"Config": config(True), "ConfigRequest": config(False)}
