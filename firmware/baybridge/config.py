"""What the owner may set: one table of keys, and how a text becomes values that can be used.

Pure: no files, no time. Whatever stands in the text, every key ends up with a usable value, and
what was wrong is a list of sentences that start with the key's place. The stored text ends with
"end": 1, because MicroPython up to 1.25 reads half an object as a whole one (house.md 3).

Inside, a number that may have a fraction in the text (`poll_s`: 2.5) is an integer of a smaller
unit under a name of its own (`poll_ms`: 2500; config_kinds.py). All other keys are the same in
both. What wired taps have to be beyond the table is config_taps.py's; which pins the card and the
LED may have is config_pins.py's.
"""

import json
from micropython import const

from baybridge import config_pins
from baybridge.config_kinds import (
    HIDDEN,
    as_json,
    clip,
    default_text,
    inside,
    inside_name,
    shown,
    why_not,
)

# (place, kind, default, low, high, unit). low and high bound a number, or the length of a text;
# of a choice, low is the tuple of what may be chosen. "#" in a default is the battery's number.
# A kind that ends in "?" admits null. Of a tap, pin, top_ohm and bottom_ohm have to be given.
# The order is the order of the stored text.
SCHEMA = (
    ("name", "host", "baybridge", 1, 32, "characters"),
    ("batteries[].id", "id", "battery#", 1, 16, "characters"),
    ("batteries[].name", "text", "Battery #", 1, 32, "bytes"),
    ("batteries[].address", "address", None, None, None, ""),
    ("batteries[].address_type", "choice", "public", ("public", "random"), None, ""),
    ("batteries[].match", "ascii", "SOK-", 1, 29, "characters"),
    ("batteries[].poll_s", "seconds", 2.0, 0.5, 3600, "s"),
    ("batteries[].stale_s", "integer", 20, 5, 600, "s"),
    ("batteries[].taps[].pin", "integer", None, 0, 48, "GPIO"),
    ("batteries[].taps[].top_ohm", "integer", None, 1000, 10000000, "ohm"),
    ("batteries[].taps[].bottom_ohm", "integer", None, 1000, 1000000, "ohm"),
    ("batteries[].taps[].gain", "gain", 1.0, 0.8, 1.2, ""),
    ("batteries[].taps[].offset_mv", "millivolts", 0.0, -2500, 2500, "mV"),
    ("batteries[].taps[].calibrated_time", "time?", None, None, None, ""),
    ("batteries[].taps[].calibrated_against", "choice?", None, ("multimeter", "bms"), None, ""),
    ("batteries[].taps[].calibrated_divider", "ascii?", None, 1, 24, "characters"),
    ("batteries[].taps[].previous_gain", "gain?", None, 0.8, 1.2, ""),
    ("batteries[].taps[].previous_offset_mv", "millivolts?", None, -2500, 2500, "mV"),
    ("batteries[].taps[].previous_time", "time?", None, None, None, ""),
    ("batteries[].taps[].previous_against", "choice?", None, ("multimeter", "bms"), None, ""),
    ("http.port", "integer", 80, 1, 65535, ""),
    ("http.read_token", "token", None, 8, 64, "characters"),
    ("http.token", "token", None, 8, 64, "characters"),
    ("radio.links", "integer", 4, 1, 4, "links"),
    ("log.enabled", "switch", True, None, None, ""),
    ("log.record_s", "integer", 10, 1, 3600, "s"),
    ("log.flush_s", "integer", 30, 1, 3600, "s"),
    ("log.fast_s", "integer", 2, 0, 60, "s"),
    ("log.rest_s", "integer", 60, 0, 3600, "s"),
    ("log.min_free_mb", "integer", 1, 0, 16384, "MB"),
    ("log.delete_oldest", "switch", False, None, None, ""),
    ("log.rotate", "choice", "utc", ("utc",), None, ""),
    ("alarms.cell_ov_mv", "integer?", None, 3300, 3800, "mV"),
    ("alarms.cell_uv_mv", "integer?", None, 2000, 3200, "mV"),
    ("alarms.battery_ov_per_cell_mv", "integer?", None, 3300, 3800, "mV"),
    ("alarms.battery_uv_per_cell_mv", "integer?", None, 2000, 3200, "mV"),
    ("alarms.spread_rest_mv", "integer?", None, 5, 500, "mV"),
    ("alarms.spread_load_mv", "integer?", None, 10, 1000, "mV"),
    ("alarms.spread_full_mv", "integer?", None, 20, 1000, "mV"),
    ("alarms.charge_cold_c", "integer?", None, -30, 20, "C"),
    ("alarms.charge_hot_c", "integer?", None, 30, 80, "C"),
    ("alarms.discharge_cold_c", "integer?", None, -40, 10, "C"),
    ("alarms.discharge_hot_c", "integer?", None, 30, 90, "C"),
    ("alarms.soc_low_pct", "integer?", None, 0, 100, "%"),
    ("power.sleep_below_soc_pct", "integer?", None, 1, 90, "%"),
    ("power.sleep_below_cell_mv", "integer?", None, 2500, 3300, "mV"),
    ("power.wake_min", "integer", 10, 1, 240, "min"),
    ("led.pin", "integer?", None, 0, 48, "GPIO"),
    ("led.active_low", "switch", False, None, None, ""),
    ("wifi.ssid", "text", "", 0, 32, "bytes"),
    ("wifi.password", "password", "", 8, 64, "characters"),
    ("card.slot", "choice", 2, (2, 3), None, ""),
    ("card.sck", "integer", 18, 0, 48, "GPIO"),
    ("card.miso", "integer", 19, 0, 48, "GPIO"),
    ("card.mosi", "integer", 23, 0, 48, "GPIO"),
    ("card.cs", "integer", 5, 0, 48, "GPIO"),
    ("card.freq_hz", "integer", 10000000, 400000, 40000000, "Hz"),
    ("card.format", "choice", "never", ("never", "if_unreadable"), None, ""),
)

MAX_BATTERIES = 4  # links the ESP32's controller serves well beside Wi-Fi

_SECTIONS = const(("http", "radio", "log", "alarms", "power", "led", "wifi", "card"))
_TAP = const("batteries[].taps[]")
_SECRETS = const(("token", "password"))
# More than four batteries of the longest values; a longer text is not ours, and the heap is small.
_MAX_TEXT = const(8192)
_MAX_PROBLEMS = const(20)


def parse(text, chip="esp32"):
    """Return (config, problems) of a stored text; None when there is no file.

    chip decides which pins there are: "esp32", "esp32s3" or "esp32c3".
    """
    if text is None:
        return _without(chip, "config.json is missing")
    if not text.strip():
        return _without(chip, "config.json is empty or not UTF-8 text")
    if len(text) > _MAX_TEXT:
        return _without(chip, "config.json is longer than %d characters" % _MAX_TEXT)
    try:
        raw = json.loads(text)
    # RuntimeError and MemoryError: brackets nested too deeply, on CPython and on the board.
    except (ValueError, TypeError, RuntimeError, MemoryError):
        return _without(chip, "config.json is not JSON")
    if not isinstance(raw, dict):
        return _without(chip, "config.json is not a JSON object")
    if not _is_one(raw.get("end")):
        return _without(chip, 'config.json is cut off: "end": 1 is missing at its end')
    return check(raw, None, chip)


def check(raw, current=None, chip="esp32"):
    """Return (config, problems) of a decoded object; its end marker is not looked at.

    current is the configuration in use: a secret sent back as "***" keeps its value from there.
    """
    problems = []
    if not isinstance(raw, dict):
        problems.append("the configuration is not a JSON object; using the defaults")
        raw = {}
    config = {"name": _value(SCHEMA[0], raw, "name", 1, None, problems)}
    config["batteries"] = _batteries(raw.get("batteries"), problems)
    for section in _SECTIONS:
        rows = [row for row in SCHEMA if row[0].startswith(section + ".")]
        known = current[section] if current else {}
        if section == "card":
            rows = config_pins.with_defaults(rows, chip)
        part = _part(raw, section, problems)
        config[section] = _values(rows, part, section, 1, known, problems)
    config_pins.check_card(config["card"], chip, problems)
    _check_taps(config, chip, problems)
    config_pins.check_led(config, chip, problems)
    _name_unknown(raw, ("name", "batteries", "end") + _SECTIONS, "", problems)
    if len(problems) > _MAX_PROBLEMS:
        more = len(problems) - _MAX_PROBLEMS
        del problems[_MAX_PROBLEMS:]
        problems.append("and %d more problems" % more)
    return config, problems


def to_text(config) -> str:
    """Return the text to store or to show: keys in the table's order, the end marker last."""
    return "".join(pieces(config))


def pieces(config):
    """Yield that text in pieces of a few hundred characters: a heap in use has room for those."""
    yield '{\n  %s,\n  "batteries": [' % _members("", config, "")
    separator = ""
    for battery in config["batteries"]:
        yield separator
        yield from battery_pieces(battery)
        separator = ","
    yield "],\n"
    for section in _SECTIONS:
        yield '  "%s": %s,\n' % (section, section_text(config, section))
    yield '  "end": 1\n}\n'


def battery_pieces(battery):
    """Yield the text of one battery."""
    yield '\n    {%s,\n     "taps": [' % _members("batteries[]", battery, ",\n     ")
    separator = ""
    for tap in battery["taps"]:
        yield "%s\n       {%s}" % (separator, _members(_TAP, tap, ", "))
        separator = ","
    yield "]}"


def section_text(config, section: str) -> str:
    """Return the text of one of the parts that are neither the name nor the batteries."""
    return "{%s}" % _members(section, config[section], ", ")


def is_kept(problem: str) -> bool:
    """Tell whether a problem is only a warning: what it is about is used as it was given."""
    return problem.endswith("; kept") or problem.endswith("; give both an address")


def masked(config):
    """Return a copy without secrets: "***" stands for one that is set, None for an empty one."""
    copy = {"name": config["name"]}
    copy["batteries"] = [dict(battery) for battery in config["batteries"]]
    for section in _SECTIONS:
        copy[section] = dict(config[section])
    for row in SCHEMA:
        if row[1] in _SECRETS:
            section, key = row[0].split(".")
            copy[section][key] = HIDDEN if copy[section][key] else None
    return copy


def _without(chip, why):
    config, _ = check({}, None, chip)
    return config, [why + "; using the defaults"]


def _batteries(raw, problems):
    if raw is None:
        raw = [{}]
    elif not isinstance(raw, list) or not raw:
        problems.append("batteries: not a list of at least one battery; using one battery")
        raw = [{}]
    if len(raw) > MAX_BATTERIES:
        sentence = "batteries: %d are more than %d; the last are left out"
        problems.append(sentence % (len(raw), MAX_BATTERIES))
    rows = [row for row in SCHEMA if row[0].startswith("batteries[].") and _TAP not in row[0]]
    batteries = []
    for i in range(min(len(raw), MAX_BATTERIES)):
        place = "batteries[%d]" % i
        part = raw[i]
        if not isinstance(part, dict):
            problems.append("%s: not an object; left out" % place)
            continue
        batteries.append(_values(rows, part, place, i + 1, {}, problems, ("taps",)))
        # As given, until the pins of the card are known.
        batteries[-1]["taps"] = place, part.get("taps")
        _check_identity(batteries, place, problems)
    if not batteries:
        batteries.append(_values(rows, {}, "batteries[0]", 1, {}, problems))
        batteries[0]["taps"] = "batteries[0]", None
    return batteries


def _check_identity(batteries, place, problems):
    """Give the last battery an id of its own, and say when it may be taken for another."""
    battery = batteries[-1]
    others = batteries[:-1]
    ids = [other["id"] for other in others]
    if battery["id"] in ids:
        n = len(batteries)
        while "battery%d" % n in ids:
            n += 1
        sentence = "%s.id: %s is the id of another battery; using battery%d"
        problems.append(sentence % (place, shown(battery["id"]), n))
        battery["id"] = "battery%d" % n
    for other in others:
        if battery["address"] is not None:
            if battery["address"] == other["address"]:
                sentence = "%s.address: %s is the address of another battery; using null"
                problems.append(sentence % (place, battery["address"]))
                battery["address"] = None
        # Found by name only, two batteries could swap their places at every start, and their
        # logs with them.
        elif other["address"] is None and (
            battery["match"].startswith(other["match"])
            or other["match"].startswith(battery["match"])
        ):
            sentence = "%s.match: may find the same battery as %s; give both an address"
            problems.append(sentence % (place, shown(other["id"])))


def _check_taps(config, chip, problems):
    """Put checked taps in the place of those given."""
    used = {}
    for key in config_pins.CARD_KEYS:
        used[config["card"][key]] = "card." + key
    wired = None
    for battery in config["batteries"]:
        place, given = battery["taps"]
        battery["taps"] = []
        if given is None or given == []:
            continue
        if wired is not None:
            sentence = (
                "%s.taps: the board is joined to the B- of %s already, and a second B- on it "
                "would bridge both BMSs; give this battery a board of its own"
            )
            problems.append(sentence % (place, shown(wired["id"])))
            continue
        # Most bridges have no taps, and the tables are big.
        from baybridge import config_taps

        rows = [row for row in SCHEMA if row[0].startswith(_TAP)]
        battery["taps"] = config_taps.check(given, place + ".taps", rows, chip, used, problems)
        if battery["taps"]:
            wired = battery


def _part(raw, section, problems):
    part = raw.get(section)
    if part is None or isinstance(part, dict):
        return part or {}
    problems.append("%s: not an object; using the defaults" % section)
    return {}


def _values(rows, raw, place, number, known, problems, others=()):
    """Return the values of one object, each under its inside name; others are further keys."""
    values = {}
    keys = list(others)
    for row in rows:
        key = row[0][row[0].rfind(".") + 1 :]
        keys.append(key)
        name = inside_name(row[0], row[1])
        at = "%s.%s" % (place, key)
        values[name] = _value(row, raw, at, number, known.get(name), problems)
    _name_unknown(raw, keys, place + ".", problems)
    return values


def _value(row, raw, place, number, known, problems):
    """Return the usable value of one key; say what was wrong with the one given."""
    _, kind, default, low, high, unit = row
    if isinstance(default, str):
        default = default.replace("#", "%d" % number)
    fallback = inside(kind, default)
    key = place[place.rfind(".") + 1 :]
    if key not in raw:
        return fallback
    given = raw[key]
    if kind in _SECRETS:
        if given is None or given == "":
            return fallback
        if given == HIDDEN and known:
            return known
    why = why_not(kind, given, low, high, unit)
    if why is None:
        return inside(kind, given)
    # A secret is not repeated, not even a wrong one.
    what = "the value" if kind in _SECRETS else shown(given)
    problems.append("%s: %s %s; using %s" % (place, what, why, default_text(default)))
    return fallback


def _name_unknown(raw, keys, prefix, problems):
    # Sorted, because a dict has no order on MicroPython. The value is not shown: a misspelt
    # key may hold a secret.
    for key in sorted([key for key in raw if key not in keys]):
        problems.append("%s%s: unknown key; left out" % (prefix, clip(key)))


def _is_one(value):
    return not isinstance(value, bool) and isinstance(value, int) and value == 1


def _members(place, values, separator):
    out = []
    for row in SCHEMA:
        parent, _, key = row[0].rpartition(".")
        if parent == place:
            value = values[inside_name(row[0], row[1])]
            # An owner writes these files by hand, and a tap that was never calibrated is short.
            if place != _TAP or value != inside(row[1], row[2]):
                out.append('"%s": %s' % (key, as_json(row[1], value)))
    return separator.join(out)
