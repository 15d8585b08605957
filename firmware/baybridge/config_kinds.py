"""The kinds of value a configuration has: what each admits, and how a sentence names a value.

Pure. A check answers None, or the words that follow the value in a problem: "is below 0.5". The
limits come from the table in config.py. A kind that ends in "?" admits null as well.

A number that may have a fraction in the text is an integer inside, under a name of its own: of
seconds milliseconds, of millivolts microvolts, of a gain millionths.
"""

import json
from micropython import const

_ID_CHARS = const("abcdefghijklmnopqrstuvwxyz0123456789")
_HEX_CHARS = const("0123456789abcdef")
# What a secret looks like to whoever asks for the configuration.
HIDDEN = "***"
# How many of the inside unit one of the text's is; of an integer, 2.0 becomes 2.
_SCALES = {"seconds": 1000, "millivolts": 1000, "gain": 1000000, "integer": 1}


def why_not(kind: str, value, low, high, unit: str):
    """Return why a value cannot be used, or None when it can."""
    if kind[-1] == "?":
        return None if value is None else _CHECKS[kind[:-1]](value, low, high, unit)
    return _CHECKS[kind](value, low, high, unit)


def inside_name(place: str, kind: str) -> str:
    """Return the key under which the configuration holds a place's value."""
    key = place[place.rfind(".") + 1 :]
    kind = kind.rstrip("?")
    if kind == "seconds":
        return key[:-2] + "_ms"
    if kind == "millivolts":
        return key[:-3] + "_uv"
    return key + "_ppm" if kind == "gain" else key


def inside(kind: str, value):
    """Return the value the configuration holds for one of the text that has been checked."""
    scale = _SCALES.get(kind.rstrip("?"))
    if value is None or scale is None:
        return value.lower() if kind == "address" and value else value
    if scale == 1:
        return int(value)
    # Rounded away from zero on both sides; int() alone would drop the sign's half.
    return int(value * scale + (0.5 if value >= 0 else -0.5))


def as_json(kind: str, value) -> str:
    """Return the text of a value the configuration holds."""
    scale = _SCALES.get(kind.rstrip("?"))
    if value is None or scale is None or scale == 1:
        return json.dumps(value)
    # Through integers: the board's floats would print 0.7 s as 0.69999.
    whole, rest = divmod(abs(value), scale)
    sign = "-" if value < 0 else ""
    if rest == 0:
        return "%s%d" % (sign, whole)
    digits = 6 if scale == 1000000 else 3
    return ("%s%d.%0*d" % (sign, whole, digits, rest)).rstrip("0")


def plain(number):
    """Return a number of the table without a needless .0."""
    return "%d" % number if number == int(number) else "%.1f" % number


def default_text(default):
    """Return a default of the table as a sentence names it."""
    return plain(default) if isinstance(default, float) else shown(default)


def clip(text, length=32):
    """Return a text safe in a sentence: no control characters, no surrogates, not longer."""
    out = []
    for c in text[:length]:
        code = ord(c)
        is_plain = 32 <= code < 127 or (code >= 160 and not 0xD800 <= code <= 0xDFFF)
        out.append(c if is_plain else "?")
    return "".join(out) + ("..." if len(text) > length else "")


def shown(value):
    """Return a value as a sentence names it, like its JSON but never long."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    return '"%s"' % clip(value) if isinstance(value, str) else clip("%s" % value)


# Checks: each returns None, or why the value cannot be used.


def _check_number(value, low, high, unit):
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return "is not a number"
    if value != value:
        return "is not a number"
    if value < low:
        return "is below %s" % plain(low)
    if value > high:
        return "is above %s" % plain(high)
    return None


def _check_integer(value, low, high, unit):
    why = _check_number(value, low, high, unit)
    return "is not a whole number" if why is None and value != int(value) else why


def _check_switch(value, low, high, unit):
    return None if isinstance(value, bool) else "is not true or false"


def _check_choice(value, low, high, unit):
    # Not `in`: 2.0 and True are equal to integers, and the file should say what it means.
    for choice in low:
        if isinstance(value, type(choice)) and not isinstance(value, bool) and value == choice:
            return None
    return "is not " + " or ".join([shown(choice) for choice in low])


def _check_text(value, low, high, unit):
    if not isinstance(value, str):
        return "is not a text"
    if clip(value, len(value)) != value:
        return "has characters that cannot be shown"
    size = len(value.encode()) if unit == "bytes" else len(value)
    if not low <= size <= high:
        return "is not %d to %d %s long" % (low, high, unit)
    return None


def _check_ascii(value, low, high, unit):
    why = _check_text(value, low, high, unit)
    if why is None and any(ord(c) > 126 for c in value):
        return "has characters outside ASCII"
    return why


def _check_token(value, low, high, unit):
    if value == HIDDEN:
        return "stands for a hidden one"
    why = _check_ascii(value, low, high, unit)
    return "has a space" if why is None and " " in value else why


def _check_password(value, low, high, unit):
    return "stands for a hidden one" if value == HIDDEN else _check_ascii(value, low, high, unit)


def _check_id(value, low, high, unit):
    why = _check_text(value, low, high, unit)
    if why is None and any(c not in _ID_CHARS for c in value):
        return "has characters other than a-z and 0-9"
    return why


def _check_host(value, low, high, unit):
    why = _check_text(value, low, high, unit)
    if why is None and any(c not in _ID_CHARS and c != "-" for c in value):
        return "has characters other than a-z, 0-9 and -"
    if why is None and (value[0] == "-" or value[-1] == "-"):
        return "begins or ends with -"
    return why


def _check_address(value, low, high, unit):
    if value is None:
        return None
    parts = value.lower().split(":") if isinstance(value, str) else ()
    good = [len(part) == 2 and part[0] in _HEX_CHARS and part[1] in _HEX_CHARS for part in parts]
    return None if len(good) == 6 and all(good) else "is not like 02:12:34:00:20:61"


def _check_time(value, low, high, unit):
    if isinstance(value, str) and len(value) == 20:
        digits = value.replace("-", "").replace(":", "").replace("T", "").replace("Z", "")
        marks = value[4] + value[7] + value[10] + value[13] + value[16] + value[19]
        if marks == "--T::Z" and len(digits) == 14 and not digits.strip("0123456789"):
            return None
    return "is not like 2026-11-22T15:30:00Z"


_CHECKS = {
    "host": _check_host,
    "id": _check_id,
    "text": _check_text,
    "ascii": _check_ascii,
    "address": _check_address,
    "choice": _check_choice,
    "switch": _check_switch,
    "integer": _check_integer,
    "seconds": _check_number,
    "millivolts": _check_number,
    "gain": _check_number,
    "time": _check_time,
    "token": _check_token,
    "password": _check_password,
}
