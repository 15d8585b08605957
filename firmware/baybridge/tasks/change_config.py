"""Another configuration in place of the stored one, and in force at once as far as that goes.

Imported when somebody asks for the configuration or brings one. What a value has to be is the
room config's, which app.py enters for this and leaves again. A calibration is work at the battery
and nothing somebody types, so it outlives a configuration that does not know of it.
"""

import json
from micropython import const

_CONFIG = const("config.json")
# The one before the last that came over HTTP, for whoever has to put it back with a cable.
_OLD = const("config.old.json")
_SECRETS = const(("token", "password"))
_DIVIDER = const(("pin", "top_ohm", "bottom_ohm"))
# Of a battery, what can change while it is polled.
_LIVE = const(("name", "poll_s", "stale_s"))
# How problems say what becomes of a value in a stored text. Here nothing does: it is refused.
_ENDS = const(
    (
        "kept",
        "left out",
        "the last are left out",
        "no tap is read",
        "this tap counts as not calibrated",
    )
)
_NO_TAPS = const("no tap is read until that is put right")
_ANEW = const("so calibrate it anew")


def pieces_of(config, files, chip: str, has_secrets: bool) -> list:
    """Return the stored configuration as it is read at the start; config is the room."""
    stored, _ = config.parse(files.read_text(_CONFIG), chip)
    if not has_secrets:
        stored = config.masked(stored)
    return list(config.pieces(stored))


def put(config, files, chip: str, given: dict):
    """Store what was given unless there is a problem; return (new, problems, warnings).

    new is None when there was a problem, and then nothing was written. Problems and warnings are
    (place, message). What given leaves out of the parts at the top, and every secret it leaves
    out, stays as it is; so does a secret given as "***". OSError if the flash fails.
    """
    stored, stored_problems = config.parse(files.read_text(_CONFIG), chip)
    warnings = []
    problems = []
    if "end" in given and given["end"] != 1:
        problems.append(("end", "has to be 1, or left out"))
    _complete(config, stored, given, warnings)
    new, found = config.check(given, stored, chip)
    for sentence in found:
        if config.is_kept(sentence) or sentence.endswith(_ANEW):
            warnings.append(_parted(sentence))
        elif not sentence.endswith(_NO_TAPS):
            problems.append(_parted(sentence))
    if problems:
        return None, problems, warnings
    is_stored_whole = all(config.is_kept(one) for one in stored_problems)
    if new != stored or not is_stored_whole:
        # What it is made of is garbage now.
        given.clear()
        stored = None
        old_text = files.read_text(_CONFIG)
        if old_text is not None:
            files.write_atomic(_OLD, old_text)
        files.write_pieces(_CONFIG, config.pieces(new))
    return new, problems, warnings


def apply(config, new: dict, running: dict, batteries: list, holders: list):
    """Put in force what can be; return (places that need a restart, places that were applied).

    running is the configuration in force and is kept in step.
    """
    waiting = []
    applied = []
    is_bank_same = _ids(new) == _ids(running)
    if not is_bank_same:
        waiting.append("batteries")
    for row in config.SCHEMA:
        section, _, key = row[0].rpartition(".")
        if section == "batteries[].taps[]" or (section == "batteries[]" and not is_bank_same):
            continue
        name = config.inside_name(row[0], row[1])
        if section == "batteries[]":
            for i in range(len(batteries)):
                if new["batteries"][i][name] != running["batteries"][i][name]:
                    places = applied if key in _LIVE else waiting
                    places.append("batteries[%d].%s" % (i, key))
            continue
        old, given = (running[section], new[section]) if section else (running, new)
        if given[name] != old[name]:
            (applied if section == "alarms" else waiting).append(row[0])
    if is_bank_same:
        for i in range(len(batteries)):
            if new["batteries"][i]["taps"] != running["batteries"][i]["taps"]:
                waiting.append("batteries[%d].taps" % i)
            _apply_battery(new["batteries"][i], running["batteries"][i], batteries[i], holders[i])
    # In place: the limits of all batteries look in here.
    running["alarms"].update(new["alarms"])
    for battery in batteries:
        battery.alarms.limits.forget()
    return waiting, applied


def _apply_battery(new, settings, battery, holder):
    for name in ("name", "poll_ms", "stale_s"):
        settings[name] = new[name]
    battery.name = settings["name"]
    battery.set_stale(settings["stale_s"] * 10)
    holder.set_period(settings["poll_ms"])


def _ids(config):
    return [battery["id"] for battery in config["batteries"]]


def _complete(config, stored, given, warnings):
    """Put into given what it leaves out and nobody may lose."""
    if given.get("name") is None:
        given["name"] = stored["name"]
    for row in config.SCHEMA:
        section, _, key = row[0].rpartition(".")
        if not section or section.startswith("batteries"):
            continue
        if given.get(section) is None:
            # As text and back: the values as an owner writes them.
            given[section] = json.loads(config.section_text(stored, section))
        part = given[section]
        if row[1] in _SECRETS and isinstance(part, dict) and key not in part:
            part[key] = stored[section][key]
    known = []
    batteries = []
    for battery in stored["batteries"]:
        if battery["taps"] or given.get("batteries") is None:
            batteries.append(json.loads("".join(config.battery_pieces(battery))))
            known += batteries[-1]["taps"]
    if given.get("batteries") is None:
        given["batteries"] = batteries
    elif known:
        for place, tap in _taps_in(given["batteries"]):
            _keep_calibration(tap, known, place, warnings)


def _taps_in(batteries):
    """Yield place and tap of whatever was given, as far as it looks like taps."""
    if not isinstance(batteries, list):
        return
    for i in range(len(batteries)):
        taps = batteries[i].get("taps") if isinstance(batteries[i], dict) else None
        if not isinstance(taps, list):
            continue
        for k in range(len(taps)):
            if isinstance(taps[k], dict):
                yield "batteries[%d].taps[%d]" % (i, k), taps[k]


def _keep_calibration(tap, known, place, warnings):
    for one in known:
        if all(tap.get(key) == one[key] for key in _DIVIDER):
            break
    else:
        return
    if tap == one:
        return
    if all(key in _DIVIDER for key in tap):
        tap.update(one)
        return
    # Read before somebody calibrated, and sent back after it: what it has of the calibration is
    # not what anybody wants.
    if _was_before(tap, one):
        for key in list(tap):
            if key not in _DIVIDER:
                del tap[key]
        tap.update(one)
        when = one.get("calibrated_time")
        sentence = "the calibration%s is newer than the one given, and stays"
        warnings.append((place, sentence % (" of " + when if when else "")))


def _was_before(tap, known):
    time = tap.get("calibrated_time")
    known_time = known.get("calibrated_time")
    if isinstance(time, str) and known_time:
        return time < known_time
    # Of a time nobody knows: the very one before, which the stored one has by its side. A tap that
    # was never calibrated is not read with a gain, so who sends that one means it.
    return (
        not time
        and (tap.get("gain", 1) != 1 or tap.get("offset_mv", 0) != 0)
        and "previous_gain" in known
        and not known.get("previous_time")
        and tap.get("gain", 1) == known["previous_gain"]
        and tap.get("offset_mv", 0) == known["previous_offset_mv"]
    )


def _parted(sentence):
    """Return (place, message) of a problem, without what would become of the value."""
    place, _, message = sentence.partition(": ")
    if not message:
        return "", sentence
    at = message.rfind("; ")
    if at >= 0 and (message[at + 2 :].startswith("using ") or message[at + 2 :] in _ENDS):
        message = message[:at]
    return place, message
