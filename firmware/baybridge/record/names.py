"""Names of the files on the card: which there are, and which a visitor may ask for.

`<battery>/YYYY-MM-DD.csv`, and `<battery>/boot-<n>.csv` while the board does not know the date.
When the columns change within a day (another battery under the same id), a further part begins,
`YYYY-MM-DD-2.csv`, so that every file has one header. Beside them lie the recorded frames,
`<battery>/frames-<boot>-<n>.txt`, and above them `anchors.csv`. Short enough for any card.

In an address the name is one piece, `<battery>_<file>`: no id and no file has an underscore.
"""

from micropython import const

from baybridge.record import anchor

FOLDER = "baybridge"
# Beginnings of lines that a power cut left, kept aside in a battery's folder.
TORN = "torn.txt"

_DIGITS = const("0123456789")
_ID_CHARS = const("abcdefghijklmnopqrstuvwxyz0123456789")


def log_stem(date, boot: int) -> str:
    """Return the name without its end; date is None while it is unknown."""
    return date if date else "boot-%d" % boot


def log_file(stem: str, part: int = 1) -> str:
    """Return the file's name within the battery's folder."""
    return stem + ".csv" if part == 1 else "%s-%d.csv" % (stem, part)


def is_log_name(name: str) -> bool:
    """Tell whether a name is that of a log, `<battery>/<file>`, and leads nowhere else."""
    parts = name.split("/")
    return len(parts) == 2 and is_battery_folder(parts[0]) and is_log_file(parts[1])


def is_battery_folder(name: str) -> bool:
    """Tell whether a name can be that of a battery's folder."""
    return 1 <= len(name) <= 16 and _consists(name, _ID_CHARS)


def is_log_file(name: str) -> bool:
    """Tell whether a name can be that of a log in a battery's folder."""
    if not name.endswith(".csv"):
        return False
    fields = name[:-4].split("-")
    if not _are_numbers(fields[1:]):
        return False
    lengths = [len(field) for field in fields]
    if fields[0] == "boot":
        return len(lengths) in (2, 3)
    if not _consists(fields[0], _DIGITS):
        return False
    return lengths[:3] == [4, 2, 2] and len(lengths) <= 4 and lengths[-1] <= 2


def is_frames_file(name: str) -> bool:
    """Tell whether a name can be that of recorded frames in a battery's folder."""
    fields = name[:-4].split("-")
    return (
        name.endswith(".txt")
        and len(fields) == 3
        and fields[0] == "frames"
        and _are_numbers(fields[1:])
    )


def is_for_visitors(name: str) -> bool:
    """Tell whether a name in a battery's folder is that of a file a visitor may have."""
    return is_log_file(name) or is_frames_file(name) or name == TORN


def address_name(folder: str, file: str) -> str:
    """Return the name of a file of a battery as it stands in an address."""
    return "%s_%s" % (folder, file)


def from_address(name: str):
    """Return the path below FOLDER of a name in an address; None if it is not one of ours."""
    if name == anchor.FILE:
        return name
    folder, mark, file = name.partition("_")
    if mark and is_battery_folder(folder) and is_for_visitors(file):
        return "%s/%s" % (folder, file)
    return None


def date_of(file: str):
    """Return the day of a log's file, like 2024-05-17; None if its name says none."""
    return file[:10] if file[:1] in _DIGITS and is_log_file(file) else None


def _are_numbers(fields):
    for field in fields:
        if not 1 <= len(field) <= 9 or not _consists(field, _DIGITS):
            return False
    return True


def _consists(text, chars):
    for c in text:
        if c not in chars:
            return False
    return True
