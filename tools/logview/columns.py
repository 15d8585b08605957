"""The columns of a log: taken from its header line, because cards are older than programs.

The header has no checksum of its own. A name that the firmware never writes is therefore a
finding; where the records show that the line was damaged, its columns are put right from them.
The column before the checksum is empty in every record: its name is a note of the firmware's
version and of the schedule.
"""

import re
import zlib

from baybridge.record import csv_line

BOM = b"\xef\xbb\xbf"
_KEYS = ("time", "boot", "seq", "uptime_ms")
_STANDARD = csv_line.header(0, 0, 0).rstrip().split(",")
_HEAD = _STANDARD.index("cycles") + 1
_TAIL = len(_STANDARD) - _HEAD
# Two hex digits a byte, which no flag and no alarm looks like.
_PROTECTION = re.compile(rb"([0-9a-f]{2})+")
_NOTE = re.compile(
    r"baybridge(_[0-9A-Za-z.+-]+_record_([0-9]+)s_fast_[0-9]+s_rest_([0-9]+)s_flush_[0-9]+s)?"
)
_CELL = re.compile(r"cell_([1-9][0-9]?)_v")
_TEMPERATURE = re.compile(r"temperature_([1-9][0-9]?)_c")
_TAP = re.compile(r"tap_([1-9][0-9]?)_v")
# So many wrong names still look like one damaged header and not like another firmware's.
_DAMAGED_NAMES = 2


class NotALog(Exception):
    """The file has neither a header line nor records of ours; the text says what it has."""


class Columns:
    """Names in the order of the file, the checksum left out, and what is wrong with them."""

    def __init__(self, names, problems=()):
        self.names = tuple(names)
        self.problems = list(problems)
        self.commas = len(self.names) - 1
        self.time, self.boot, self.seq, self.uptime_ms = (self.names.index(k) for k in _KEYS)
        # Fields up to the last of the four: what a reader of the order has to split.
        self.keys = max(self.time, self.boot, self.seq, self.uptime_ms) + 1
        # The name of the empty column, or None.
        self.note = self.names[-1] if is_note(self.names[-1]) else None

    @property
    def slowest_s(self):
        """The longest time between records that the note tells of; 0 if it tells none."""
        note = self.note and _NOTE.fullmatch(self.note)
        return max(int(note[2]), int(note[3])) if note and note[1] else 0

    def header(self, note=None):
        """Return the header line, without its end; note takes the place of the file's own."""
        names = self.names
        if note and self.note:
            names = (*names[:-1], note)
        return ",".join([*names, "crc"])


def is_note(name):
    """Tell whether a column's name is the firmware's note."""
    return name.startswith("baybridge")


def parse(header: bytes, records) -> Columns:
    """Return the columns of a file; NotALog if it has none.

    records: the lines after the header, as many as are at hand. They are asked only when the
    header is not as the firmware writes it.
    """
    names = header.decode("ascii", "replace").split(",")
    strange = _strange(names)
    if not strange and _is_readable(names):
        return Columns(names[:-1])
    fit = _from_records(records)
    if fit and (len(fit) != len(names) or len(_differing(fit, names)) <= _DAMAGED_NAMES):
        damaged = [f'"{y}" for "{x}"' for x, y in _differing(fit, names)]
        what = ", ".join(damaged) if len(fit) == len(names) else "not a list of columns"
        return Columns(
            fit[:-1], [f"the header line is damaged ({what}); columns taken from the records"]
        )
    if not _is_readable(names):
        raise NotALog("it does not begin with a log's header line, and no line of it is a record")
    return Columns(
        _unique(names[:-1]),
        [f"columns this version does not know: {', '.join(strange)}; damage, or other firmware"],
    )


def _is_readable(names):
    return names[-1] == "crc" and all(key in names for key in _KEYS)


def _strange(names):
    """Return the names that the firmware does not write in this place."""
    strange = []
    numbered = dict.fromkeys((_CELL, _TEMPERATURE, _TAP), 0)
    for i, name in enumerate(names):
        for kind, count in numbered.items():
            found = kind.fullmatch(name)
            if found and int(found[1]) == count + 1:
                numbered[kind] += 1
                break
        else:
            if not (name in _STANDARD or _is_whole_note(names, i)) or name in names[:i]:
                strange.append(name)
    return strange


def _is_whole_note(names, i):
    return i == len(names) - 2 and _NOTE.fullmatch(names[i])


def _differing(a, b):
    """Return the pairs that differ; a note is as good as another."""
    pairs = zip(a, b, strict=False)
    return [(x, y) for x, y in pairs if x != y and not (_NOTE.fullmatch(x) and _NOTE.fullmatch(y))]


def _unique(names):
    seen = []
    for name in names:
        seen.append(name if name not in seen else f"{name}_{len(seen) + 1}")
    return seen


def _from_records(records):
    """Return the names that the firmware gives to lines like these, or None.

    Voltages have a decimal point and temperatures have none, which tells how many there are of
    each: cells are before the temperatures, taps behind them. A protection that is no longer the
    last but one tells that there is a column for alarms, which older firmware does not write.
    """
    shapes = {}
    for raw in records:
        body, _, crc = raw.rstrip(b"\r\n").rpartition(b",")
        if not body or crc != b"%08x" % zlib.crc32(body):
            continue
        fields = body.split(b",")
        shapes.setdefault(len(fields) + 1, []).append(fields)
    if not shapes:
        return None
    n, rows = max(shapes.items(), key=lambda shape: len(shape[1]))
    if n < _HEAD + _TAIL - 1:
        return None
    has_alarms = sum(_alarms_vote(fields) for fields in rows) >= 0 and n >= _HEAD + _TAIL
    middle = range(_HEAD, n - _TAIL + (not has_alarms))
    whole = [i - _HEAD for i in middle if any(f[i] and b"." not in f[i] for f in rows)]
    pointed = [i - _HEAD for i in middle if any(b"." in f[i] for f in rows)]
    begin, end = (whole[0], whole[-1]) if whole else (len(middle), len(middle))
    cells = max((i + 1 for i in pointed if i < begin), default=0)
    taps = len(middle) - min((i for i in pointed if i > end), default=len(middle))
    names = csv_line.header(cells, len(middle) - cells - taps, taps).rstrip().split(",")
    return [name for name in names if has_alarms or name != "alarms"]


def _alarms_vote(fields):
    """Return 1 if a record has a column for alarms, -1 if it has none, 0 if it does not tell."""
    if _PROTECTION.fullmatch(fields[-3]):
        return 1
    return -1 if _PROTECTION.fullmatch(fields[-2]) else 0
