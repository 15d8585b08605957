"""Values as JSON text: one owner of "number to text", null for what is not known.

Quantities come as integers of the unit and the decimals that make it volts or amperes, so no
float is involved, which on the board would be single and off in the last digit.
"""

import json


def fixed(value, decimals: int) -> str:
    """Return value / 10**decimals in full precision less trailing zeros; null for None."""
    if value is None:
        return "null"
    if not decimals:
        return "%d" % value
    scale = 10**decimals
    sign = "-" if value < 0 else ""
    whole, part = divmod(abs(value), scale)
    if not part:
        return "%s%d.0" % (sign, whole)
    digits = ("%%0%dd" % decimals) % part
    return "%s%d.%s" % (sign, whole, digits.rstrip("0"))


def tenths(thousandths):
    """Return thousandths of a unit as its tenths, halves away from zero; None for None."""
    if thousandths is None:
        return None
    sign = -1 if thousandths < 0 else 1
    return sign * ((abs(thousandths) + 50) // 100)


def text(value) -> str:
    """Return a string as JSON, null for None."""
    return "null" if value is None else json.dumps(value)


def texts(values) -> str:
    """Return an array of strings as JSON."""
    return array([text(value) for value in values])


def flag(value) -> str:
    """Return true, false, or null for None."""
    if value is None:
        return "null"
    return "true" if value else "false"


def array(texts) -> str:
    """Return an array of values that are JSON already."""
    return "[" + ",".join(texts) + "]"


def members(pairs) -> str:
    """Return "name":value members, in the order given, of values that are JSON already."""
    return ",".join(['"%s":%s' % pair for pair in pairs])


def object_of(pairs) -> str:
    """Return an object of (name, value) pairs, in the order given."""
    return "{" + members(pairs) + "}"
