"""Dates and times as text, from Unix seconds and back: UTC, ISO 8601, integers only.

The days-from-civil arithmetic of the proleptic Gregorian calendar, counted from 1 March so that
the leap day is a year's last. No `time` module: its epoch differs between builds (platform.md 5).
"""

from micropython import const

_DAY_S = const(86400)
# 0000-03-01 to 1970-01-01.
_EPOCH_DAYS = const(719468)
_ERA_DAYS = const(146097)  # 400 years
# Where the numbers of "2026-11-22T15:30:00" stand, and how long they are.
_FIELDS = const(((0, 4), (5, 2), (8, 2), (11, 2), (14, 2), (17, 2)))
_DIGITS = const("0123456789")


def civil(days: int):
    """Return (year, month, day) of a day counted from 1970-01-01."""
    days += _EPOCH_DAYS
    era, day = divmod(days, _ERA_DAYS)
    year = (day - day // 1460 + day // 36524 - day // 146096) // 365
    day -= 365 * year + year // 4 - year // 100
    month = (5 * day + 2) // 153
    day -= (153 * month + 2) // 5
    month += 3 if month < 10 else -9
    return era * 400 + year + (1 if month <= 2 else 0), month, day + 1


def days(year: int, month: int, day: int) -> int:
    """Return the day counted from 1970-01-01; the date must exist."""
    if month <= 2:
        year -= 1
        month += 12
    era, year = divmod(year, 400)
    of_year = (153 * (month - 3) + 2) // 5 + day - 1
    return era * _ERA_DAYS + year * 365 + year // 4 - year // 100 + of_year - _EPOCH_DAYS


def date_utc(unix_s: int) -> str:
    """Return the date like 2024-05-17."""
    return "%04d-%02d-%02d" % civil(unix_s // _DAY_S)


def iso_utc(unix_s: int) -> str:
    """Return the time like 2024-05-17T08:04:59Z."""
    second = unix_s % _DAY_S
    clock = (second // 3600, second // 60 % 60, second % 60)
    return "%sT%02d:%02d:%02dZ" % ((date_utc(unix_s),) + clock)


def unix_s(text: str):
    """Return Unix seconds of an ISO 8601 time, or None if it is not one.

    Takes what iso_utc writes, a fraction (left out), and an offset like +02:00 in place of Z. A
    time without either is refused: nobody could say whose noon it is.
    """
    if len(text) < 20 or text[4] + text[7] != "--" or text[10] not in "Tt ":
        return None
    if text[13] + text[16] != "::":
        return None
    fields = [_digits(text[at : at + n]) for at, n in _FIELDS]
    offset_s = _offset_s(text[19:])
    if None in fields or offset_s is None:
        return None
    year, month, day, hour, minute, second = fields
    if not 1 <= month <= 12 or hour > 23 or minute > 59 or second > 59:
        return None
    count = days(year, month, day)
    if civil(count) != (year, month, day):  # 31 April, 29 February of most years
        return None
    return count * _DAY_S + hour * 3600 + minute * 60 + second - offset_s


def _digits(text):
    for c in text:
        if c not in _DIGITS:
            return None
    return int(text) if text else None


def _offset_s(text):
    if text[:1] == ".":
        n = 1
        while n < len(text) and text[n] in _DIGITS:
            n += 1
        if n == 1:
            return None
        text = text[n:]
    if text in ("Z", "z"):
        return 0
    if len(text) != 6 or text[0] not in "+-" or text[3] != ":":
        return None
    hours = _digits(text[1:3])
    minutes = _digits(text[4:])
    if hours is None or minutes is None or hours > 23 or minutes > 59:
        return None
    offset_s = hours * 3600 + minutes * 60
    return -offset_s if text[0] == "-" else offset_s
