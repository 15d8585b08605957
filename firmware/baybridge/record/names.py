"""Names of the log's files: which there are, and which a visitor may ask for.

`<battery>/YYYY-MM-DD.csv`, and `<battery>/boot-<n>.csv` while the board does not know the date.
When the columns change within a day (another battery under the same id), a further part begins,
`YYYY-MM-DD-2.csv`, so that every file has one header. Short enough for any card.
"""

from micropython import const

FOLDER = "baybridge"

_DIGITS = const("0123456789")
_ID_CHARS = const("abcdefghijklmnopqrstuvwxyz0123456789")


def log_stem(date, boot: int) -> str:
    """Return the name without its end; date is None while it is unknown."""
    return date if date else "boot-%d" % boot


def log_file(stem: str, part: int = 1) -> str:
    """Return the file's name within the battery's folder."""
    return stem + ".csv" if part == 1 else "%s-%d.csv" % (stem, part)


def is_log_name(name: str) -> bool:
    """Tell whether a name is one of ours, `<battery>/<file>`, and leads nowhere else."""
    parts = name.split("/")
    if len(parts) != 2 or not 1 <= len(parts[0]) <= 16 or not _consists(parts[0], _ID_CHARS):
        return False
    file = parts[1]
    if not file.endswith(".csv"):
        return False
    fields = file[:-4].split("-")
    for field in fields[1:]:
        if not field or not _consists(field, _DIGITS):
            return False
    if fields[0] == "boot":
        lengths = [len(field) for field in fields[1:]]
        return len(lengths) in (1, 2) and max(lengths) <= 9
    if not _consists(fields[0], _DIGITS):
        return False
    lengths = [len(field) for field in fields]
    return lengths[:3] == [4, 2, 2] and len(lengths) <= 4 and lengths[-1] <= 2


def _consists(text, chars):
    for c in text:
        if c not in chars:
            return False
    return True
