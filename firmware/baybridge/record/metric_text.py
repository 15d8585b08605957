"""A family of Prometheus' text (exposition format 0.0.4): one head, then its samples."""

from baybridge.record.json_text import fixed


def family(name, kind, about, samples):
    """Yield a family's lines: its samples are (labels, text of the value or None) pairs.

    Without a sample there is not even a head, so that nothing says a value was ever here.
    """
    is_begun = False
    for labels, value in samples:
        if value is None:
            continue
        if not is_begun:
            is_begun = True
            yield "# HELP %s %s\n# TYPE %s %s\n" % (name, about, name, kind)
        yield "%s%s %s\n" % (name, labels, value)


def label(value: str) -> str:
    """Return the text of a label's value."""
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def number(value, decimals: int = 0):
    """Return value / 10**decimals as text, None for None."""
    return None if value is None else fixed(value, decimals)


def flag(value):
    """Return 1 or 0 as text, None for None."""
    if value is None:
        return None
    return "1" if value else "0"
