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
_STANDARD = csv_line.header(0, 0).rstrip().split(",")
_HEAD = _STANDARD.index("cycles") + 1
_TAIL = len(_STANDARD) - _HEAD
_NOTE = re.compile(
    r"baybridge(_[0-9A-Za-z.+-]+_record_([0-9]+)s_fast_[0-9]+s_rest_([0-9]+)s_flush_[0-9]+s)?"
)
_CELL = re.compile(r"cell_([1-9][0-9]?)_v")
_TEMPERATURE = re.compile(r"temperature_([1-9][0-9]?)_c")
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
    cells = temperatures = 0
    for i, name in enumerate(names):
        cell, temperature = _CELL.fullmatch(name), _TEMPERATURE.fullmatch(name)
        if cell and int(cell[1]) == cells + 1:
            cells += 1
        elif temperature and int(temperature[1]) == temperatures + 1:
            temperatures += 1
        elif not (name in _STANDARD or _is_whole_note(names, i)) or name in names[:i]:
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
    """Return the names that today's firmware gives to lines like these, or None.

    A cell's voltage has a decimal point and a temperature has none, which tells how many there
    are of each.
    """
    lengths = {}
    cells = {}
    for raw in records:
        body, _, crc = raw.rstrip(b"\r\n").rpartition(b",")
        if not body or crc != b"%08x" % zlib.crc32(body):
            continue
        fields = body.split(b",")
        n = len(fields) + 1
        lengths[n] = lengths.get(n, 0) + 1
        between = fields[_HEAD : n - _TAIL]
        pointed = [i for i, field in enumerate(between) if b"." in field]
        cells[n] = max(cells.get(n, 0), pointed[-1] + 1 if pointed else 0)
    if not lengths:
        return None
    n = max(lengths, key=lengths.get)
    if n < _HEAD + _TAIL:
        return None
    return csv_line.header(cells[n], n - _HEAD - _TAIL - cells[n]).rstrip().split(",")
