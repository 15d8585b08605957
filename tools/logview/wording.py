"""Counts, ranges and spans of time as words."""


def counted(n, one, several=None):
    """Return `1 gap`, `3 gaps`; several is the plural where it is no s at the end."""
    return f"{n} {one if n == 1 else several or one + 's'}"


def ranges(values):
    """Return whole numbers as text with ranges: 3, 5–7."""
    values = sorted(value for value in values if value is not None)
    parts = []
    for value in values:
        if parts and value == parts[-1][1] + 1:
            parts[-1][1] = value
        else:
            parts.append([value, value])
    return ", ".join(str(a) if a == b else f"{a}–{b}" for a, b in parts)


def duration(seconds):
    """Return a span of time like 3 d 4 h, 2 h 5 min or 12.5 s."""
    if seconds < 60:
        return f"{seconds:.3g} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min"
    return f"{hours // 24} d {hours % 24} h"
