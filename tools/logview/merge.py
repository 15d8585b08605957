"""`merge`: several cards, or copies of one, as one folder in the layout of a card.

Every source file becomes sorted runs on the disk, and the runs of one day are merged as streams,
so the memory does not grow with the cards. A record that is on several cards is written once;
one of the same boot and seq that says something else is a conflict, and both are kept.
"""

import heapq
import os
import shutil
import zlib
from itertools import groupby
from pathlib import Path

from baybridge.record import anchor, calendar, names
from baybridge.record.csv_line import NOTE
from tools.logview import source
from tools.logview.lines import Unreadable, reason
from tools.logview.progress import Progress
from tools.logview.wording import counted

# More runs than this are read and sorted at once: open files are limited.
_MAX_RUNS = 200
_OUT_BYTES = 1 << 20


class Merged:
    """What happened to one battery's records."""

    def __init__(self):
        self.cards = 0
        self.read = 0
        self.written = 0
        self.duplicates = 0
        self.conflicts = 0
        self.bad = 0
        self.placed = 0
        self.unplaced = 0
        self.files = 0

    def lines(self, name):
        """Yield the text for a person."""
        yield (
            f"{name}: {counted(self.cards, 'folder')}, {counted(self.read, 'record')} read, "
            f"{counted(self.duplicates, 'duplicate')} dropped, "
            f"{self.written} written into {counted(self.files, 'file')}"
        )
        if self.placed:
            placed = counted(self.placed, "record")
            yield f"  {placed} from before the time was known, placed by anchors"
        if self.unplaced:
            unplaced = counted(self.unplaced, "record")
            yield f"  {unplaced} without a time, and no anchor to place them"
        if self.bad:
            yield f"  {counted(self.bad, 'bad line')} left out (`check` of the cards lists them)"
        if self.conflicts:
            conflicts = counted(self.conflicts, "conflict")
            yield f"  {conflicts}: same boot and seq, other values; all are kept"


def run(paths, out, write):
    """Merge what the paths name into the folder out; return {battery: Merged}."""
    out = Path(out)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise Unreadable(f"{out}: exists already; merge into a new or an empty folder")
    batteries = []
    for path in paths:
        # One by one: the same battery of two cards is two folders.
        batteries += source.find([path])
    fresh = Path(f"{out}.new")
    try:
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        merged = _merge(batteries, fresh, write)
        if out.exists():
            out.rmdir()
        os.replace(fresh, out)
    except OSError as exc:
        raise Unreadable(f"{exc.filename or out}: {reason(exc)}")
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return merged


def _merge(batteries, out, write):
    anchors = batteries[0].anchors
    for battery in batteries[1:]:
        anchors.add(battery.anchors)
    folder = out / names.FOLDER
    folder.mkdir()
    if anchors.lines:
        text = anchor.HEADER + "".join(line + "\r\n" for line in anchors.lines)
        (folder / anchor.FILE).write_bytes(text.encode("ascii"))
    merged = {}
    with Progress(sum(battery.size for battery in batteries), "merging") as progress:
        for name in sorted({battery.name for battery in batteries}):
            result = merged[name] = Merged()
            spool = _Spool(out / "runs")
            for battery in batteries:
                if battery.name == name:
                    result.cards += 1
                    for log in battery.logs:
                        _read(log, anchors, spool, result, progress)
            progress.clear()
            (folder / name).mkdir()
            for text in _write_all(spool, folder / name, result):
                write(f"{name}: {text}")
            spool.remove()
            for text in result.lines(name):
                write(text)
    return merged


# --- cards to runs ----------------------------------------------------------------------------


class _Spool:
    """Runs on the disk: (stem, header) -> files of lines with rising (boot, seq)."""

    def __init__(self, folder):
        self.folder = folder
        self.runs = {}
        self.notes = {}
        self._count = 0
        self._last = {}
        folder.mkdir()

    def put(self, key, rows):
        """Append rows ((boot, seq), body) to the run of the file that is being read."""
        start = 0
        last = self._last.get(key)
        for i, (order, _) in enumerate(rows):
            if last is None or order < last:
                self._append(key, rows[start:i])
                start = i
                self.runs.setdefault(key, []).append(self.folder / str(self._count))
                self._count += 1
            last = order
        self._append(key, rows[start:])
        self._last[key] = last

    def next_file(self):
        """Begin new runs: the records to come are of another file."""
        self._last.clear()

    def _append(self, key, rows):
        if rows:
            with open(self.runs[key][-1], "ab") as file:
                file.write(b"".join(b"%d,%d,%s\n" % (*order, body) for order, body in rows))

    def remove(self):
        shutil.rmtree(self.folder)


def _read(log, anchors, spool, result, progress):
    def tell(number, offset, kind, text):
        result.bad += kind != "end"

    spool.next_file()
    at = log.columns
    # Files of one day that differ in their note only become one; see _with_note.
    header = at.header(NOTE)
    for bodies in log.sound(tell, progress):
        rows = {}
        for body in bodies:
            fields = body.split(b",")
            try:
                boot, seq, uptime_ms = (int(fields[i]) for i in (at.boot, at.seq, at.uptime_ms))
            except ValueError:
                result.bad += 1
                continue
            result.read += 1
            time = fields[at.time].decode("ascii", "replace")
            if not time:
                time = anchors.time_of(boot, uptime_ms)
                result.placed += bool(time)
                fields[at.time] = (time or "").encode()
                body = b",".join(fields)
            date = time[:10] if time and calendar.unix_s(time) is not None else None
            key = (names.log_stem(date, boot), header)
            rows.setdefault(key, []).append(((boot, seq), body))
            spool.notes.setdefault(key, set()).add(at.note)
        for key, some in rows.items():
            spool.put(key, some)


# --- runs to files ----------------------------------------------------------------------------


def _write_all(spool, folder, result):
    """Write a file for each stem and header; yield texts about conflicts."""
    stems = {}
    for stem, header in spool.runs:
        stems.setdefault(stem, []).append(header)
    for stem in sorted(stems):
        headers = sorted(stems[stem], key=lambda h: _first_key(spool.runs[stem, h]))
        for part, header in enumerate(headers, 1):
            path = folder / names.log_file(stem, part)
            result.files += 1
            head = _with_note(header, spool.notes[stem, header])
            yield from _write_one(path, head, spool.runs[stem, header], result)


def _with_note(header, notes):
    # The note of a file counts for all of its records, or it is left out.
    if len(notes) == 1 and None not in notes:
        return header.replace(f",{NOTE},crc", f",{min(notes)},crc")
    return header


def _write_one(path, header, runs, result):
    time_at = header.split(",").index("time")
    conflicts = []
    out = [header.encode() + b"\r\n"]
    size = 0
    with open(path, "wb") as file:
        for order, rows in groupby(_merged_rows(runs), key=lambda row: row[0]):
            bodies = {}
            for _, body in rows:
                bodies.setdefault(_without(body, time_at), body)
                result.duplicates += 1
            result.duplicates -= len(bodies)
            if len(bodies) > 1:
                result.conflicts += 1
                _add_range(conflicts, order)
            for body in bodies.values():
                result.written += 1
                result.unplaced += body.split(b",", time_at + 1)[time_at] == b""
                out.append(b"%s,%08x\r\n" % (body, zlib.crc32(body)))
                size += len(out[-1])
            if size > _OUT_BYTES:
                file.write(b"".join(out))
                out.clear()
                size = 0
        file.write(b"".join(out))
    for boot, lo, hi in conflicts:
        told = str(lo) if lo == hi else f"{lo}–{hi}"
        yield f"conflict: boot {boot} seq {told} differs between the cards ({path.name})"


def _without(body, time_at):
    """Return a record without its time: one that was placed later is still the same record."""
    fields = body.split(b",", time_at + 1)
    del fields[time_at]
    return b",".join(fields)


def _merged_rows(runs):
    if len(runs) > _MAX_RUNS:
        return iter(sorted((row for run in runs for row in _rows(run)), key=_order))
    return heapq.merge(*map(_rows, runs), key=_order)


def _rows(path):
    with open(path, "rb") as file:
        for line in file:
            boot, seq, body = line[:-1].split(b",", 2)
            yield (int(boot), int(seq)), body


def _order(row):
    return row[0]


def _first_key(runs):
    return min(next(_rows(run))[0] for run in runs)


def _add_range(ranges, order):
    boot, seq = order
    if ranges and ranges[-1][0] == boot and ranges[-1][2] + 1 == seq:
        ranges[-1][2] = seq
    else:
        ranges.append([boot, seq, seq])
