"""What can be bought: the E series of resistors (IEC 60063), and how values are written."""

import re

_E24 = (
    10,
    11,
    12,
    13,
    15,
    16,
    18,
    20,
    22,
    24,
    27,
    30,
    33,
    36,
    39,
    43,
    47,
    51,
    56,
    62,
    68,
    75,
    82,
    91,
)
# IEC 60063 has 9.20 where the rule of the finer series gives 9.19.
_EXCEPTIONS = {919: 920}
SERIES = ("E24", "E96", "E192")
_UNITS = {"": 1, "r": 1, "k": 1000, "m": 1000000}
_OHM = re.compile(r"([0-9]+)(?:\.([0-9]+))?([rkm]?)([0-9]*)")
_FARAD = re.compile(r"([0-9]+(?:\.[0-9]+)?)(p|n|u|µ)f?")
_FARADS = {"p": 1e-12, "n": 1e-9, "u": 1e-6, "µ": 1e-6}


def decade(series: str) -> list:
    """Return a series' values of one decade, as whole numbers from 100 up to 999."""
    if series == "E24":
        return [10 * value for value in _E24]
    n = int(series[1:])
    values = [round(100 * 10 ** (i / n)) for i in range(n)]
    return [_EXCEPTIONS.get(value, value) for value in values]


def values_ohm(series: str) -> list:
    """Return the values of a series from 1 kΩ up to 10 MΩ."""
    return [value * 10**power for power in range(1, 5) for value in decade(series)] + [10000000]


def parse_ohm(text: str) -> int:
    """Return whole ohms of 103000, 103k, 4k99 or 1.02M; ValueError if it is none of them."""
    found = _OHM.fullmatch(text.strip().lower().removesuffix("ohm").removesuffix("ω"))
    if not found or (found[2] and found[4]) or (found[4] and not found[3]):
        raise ValueError(f"{text!r} is no resistance like 103000, 103k, 4k99 or 1.02M")
    ohm = float(f"{found[1]}.{found[2] or found[4] or 0}") * _UNITS[found[3]]
    if ohm != round(ohm) or ohm < 1:
        raise ValueError(f"{text!r} is not a whole number of ohms")
    return round(ohm)


def parse_farad(text: str) -> float:
    """Return farads of 100n or 0.1u; ValueError if it is neither."""
    found = _FARAD.fullmatch(text.strip().lower())
    if not found:
        raise ValueError(f"{text!r} is no capacitance like 100n or 0.1u")
    return float(found[1]) * _FARADS[found[2]]


def show_ohm(ohm: float) -> str:
    """Return a resistance as it is written on paper: 103 kΩ, 1.02 MΩ."""
    for unit, factor in (("MΩ", 1000000), ("kΩ", 1000)):
        if ohm >= factor:
            return f"{ohm / factor:.6g} {unit}"
    return f"{ohm:.6g} Ω"
