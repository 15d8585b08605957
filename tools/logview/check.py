"""`check`: what is wrong with a log, each finding with its place.

A finding is a line that is not as it was written, a record that was made and is not here, or one
that is here twice. What a file cannot prove (the records before the first one of a lone file) is
a note.
"""

import os
import zlib

from tools.logview import source
from tools.logview.lines import OPEN_END
from tools.logview.progress import Progress
from tools.logview.sequence import Sequence
from tools.logview.wording import counted

# Kind -> what the last line calls it: one, several.
KINDS = {
    "crc": ("bad CRC", "bad CRCs"),
    "torn": ("torn line", "torn lines"),
    "fields": ("line with wrong fields", "lines with wrong fields"),
    "empty": ("empty line", "empty lines"),
    "end": ("wrong line end", "wrong line ends"),
    "header": ("header problem", "header problems"),
    "file": ("file that is no log", "files that are no logs"),
    "order": ("record out of order", "records out of order"),
    "gap": ("gap", "gaps"),
    "duplicate": ("duplicate", "duplicates"),
    "conflict": ("conflict", "conflicts"),
    "anchor": ("bad anchor", "bad anchors"),
}
_BOOTS_SHOWN = 12


class Report:
    """Counts the findings and prints them; write takes one line of text."""

    def __init__(self, write, progress=None):
        self.counts = dict.fromkeys(KINDS, 0)
        self.missing = 0
        self.records = 0
        self.files = 0
        self._write = write
        self._progress = progress

    @property
    def findings(self):
        """Findings of all kinds."""
        return sum(self.counts.values())

    def line(self, text):
        """Print a line that is no finding."""
        if self._progress:
            self._progress.clear()
        self._write(text)

    def finding(self, kind, place, text, count=1):
        """Print and count a finding; count is how many lines it stands for."""
        self.counts[kind] += count
        self.line(f"{place}: {text}")

    def last_line(self):
        """Return the line that sums up."""
        told = [counted(count, *KINDS[kind]) for kind, count in self.counts.items() if count]
        records = f"{counted(self.records, 'sound record')} in {counted(self.files, 'file')}"
        if not told:
            return f"clean: {records}, nothing missing"
        missing = f" ({counted(self.missing, 'record')} missing)" if self.missing else ""
        return f"{counted(self.findings, 'finding')}: {', '.join(told)}{missing}; {records}"


def run(paths, write):
    """Check what the paths name; return the Report. Unreadable if there is nothing to check."""
    batteries = source.find(paths)
    with Progress(sum(b.size for b in batteries), "checking") as progress:
        report = Report(write, progress)
        for battery in batteries:
            check_battery(battery, report, progress)
    report.line(report.last_line())
    return report


def check_battery(battery, report, progress=None):
    """Check the files of one battery and how they fit together."""
    for number, offset in battery.anchors.bad:
        place = f"{shown(battery.anchors.path)}:{number}: byte {offset}"
        report.finding("anchor", place, "not an anchor as it was written; it is not used")
    for path, why in battery.troubles:
        report.files += 1
        report.finding("file", f"{shown(path)}:1: byte 0", why)
    sequence = Sequence()
    for log in battery.logs:
        report.files += 1
        for problem in log.problems:
            report.finding("header", f"{shown(log.path)}:1: byte {log.header_at}", problem)
        sequence.next_file()
        _FileCheck(battery, log, report, sequence).run(progress)
    for gap in sequence.gaps():
        _tell_gap(battery, gap, min(sequence.boots), report)
    report.records += sequence.records
    _tell_boots(battery, sequence, report)
    if battery.other:
        report.line(f"  not read: {', '.join(battery.other)}")


class _FileCheck:
    """One pass over one file."""

    def __init__(self, battery, log, report, sequence):
        self.battery = battery
        self.log = log
        self.report = report
        self.sequence = sequence
        # Records already seen: [kind, boot, first seq, last seq, line, offset, earlier mark].
        self.twice = None

    def run(self, progress):
        log = self.log
        form = log.crc_form
        at = log.columns
        commas, keys = at.commas, at.keys
        time_at, boot_at, seq_at, uptime_at = at.time, at.boot, at.seq, at.uptime_ms
        crc32 = zlib.crc32
        add = self.sequence.add
        boot_text, boot = b"", None
        last_seq = last_uptime = -1
        for lines, number, offset in log.blocks(progress):
            for i, raw in enumerate(lines):
                body, _, says = raw.rpartition(b",")
                crc = crc32(body)
                if says != form % crc or body.count(b",") != commas:
                    body = self._bad(lines, number, offset, i)
                    if body is None:
                        continue
                    crc = crc32(body)
                elif log.has_open_end:
                    self._tell("end", number, offset, OPEN_END)
                fields = body.split(b",", keys)
                try:
                    if fields[boot_at] != boot_text:
                        boot = int(fields[boot_at])
                        boot_text = fields[boot_at]
                        last_seq = last_uptime = -1
                    seq = int(fields[seq_at])
                    uptime_ms = int(fields[uptime_at])
                except ValueError:
                    self._tell(
                        "fields",
                        number + i,
                        offset + sum(map(len, lines[:i])) + i,
                        "boot, seq or uptime_ms is not a number, though the CRC is right",
                    )
                    continue
                mark = (fields[time_at], uptime_ms, log, number + i)
                earlier = add(boot, seq, crc, mark)
                if earlier:
                    place = (number + i, offset + sum(map(len, lines[:i])) + i)
                    self._seen_before(boot, seq, crc, earlier, place)
                elif seq < last_seq:
                    place = (number + i, offset + sum(map(len, lines[:i])) + i)
                    self._tell("order", *place, f"seq {seq} comes after {last_seq}")
                elif uptime_ms < last_uptime:
                    text = f"uptime_ms goes back from {last_uptime} to {uptime_ms}"
                    place = (number + i, offset + sum(map(len, lines[:i])) + i)
                    self._tell("order", *place, text)
                if not earlier:
                    last_seq, last_uptime = seq, uptime_ms
        self._tell_twice()

    def _tell(self, kind, number, offset, text, count=1):
        self.report.finding(kind, f"{shown(self.log.path)}:{number}: byte {offset}", text, count)

    def _bad(self, lines, number, offset, i):
        kind, text, body = self.log.explain(lines[i])
        self._tell(kind, number + i, offset + sum(map(len, lines[:i])) + i, text)
        return body

    # A batch that was written twice, or a copied file, is told as one range.
    def _seen_before(self, boot, seq, crc, earlier, place):
        kind = "duplicate" if earlier[0] == crc else "conflict"
        twice = self.twice
        if twice and twice[:2] == [kind, boot] and seq == twice[3] + 1:
            twice[3] = seq
            return
        self._tell_twice()
        self.twice = [kind, boot, seq, seq, *place, earlier[1]]

    def _tell_twice(self):
        if not self.twice:
            return
        kind, boot, lo, hi, number, offset, mark = self.twice
        self.twice = None
        told = f"boot {boot} seq {_range(lo, hi)} is here twice"
        if kind == "duplicate":
            told += ", the same"
        else:
            told += ", and not the same: has this boot number been used twice?"
        where = "this file" if mark[2] is self.log else shown(mark[2].path)
        self._tell(kind, number, offset, f"{told} (also in {where})", hi - lo + 1)


def _tell_gap(battery, gap, first_boot, report):
    after = gap.after
    place = f"{shown(after[2].path)}:{after[3]}"
    told = f"boot {gap.boot} seq {_range(gap.lo, gap.hi)} missing: {counted(gap.count, 'record')}"
    if gap.before is None:
        told += f" before {when(battery, gap.boot, after)}"
        # Of the card's first boot the file before may have been deleted to make room.
        if not battery.is_whole or gap.boot == first_boot:
            report.line(f"{place}: note: {told}; an earlier file may have them")
            return
    else:
        told += f" between {when(battery, gap.boot, gap.before)}"
        if gap.before[2] is not after[2]:
            told += f" ({shown(gap.before[2].path)}:{gap.before[3]})"
        told += f" and {when(battery, gap.boot, after)}"
    report.missing += gap.count
    report.finding("gap", place, told)


def _tell_boots(battery, sequence, report):
    boots = sorted(sequence.boots)
    counts = ((len(battery.logs), "file"), (sequence.records, "record"), (len(boots), "boot"))
    report.line(f"{battery.name}: {', '.join(counted(*count) for count in counts)}")
    for i, boot in enumerate(boots):
        if len(boots) > _BOOTS_SHOWN and _BOOTS_SHOWN // 2 <= i < len(boots) - _BOOTS_SHOWN // 2:
            if i == _BOOTS_SHOWN // 2:
                report.line(f"  … {len(boots) - _BOOTS_SHOWN} boots …")
            continue
        runs = sequence.boots[boot]
        count = sum(len(run.crcs) for run in runs)
        report.line(
            f"  boot {boot}: seq {_range(runs[0].lo, runs[-1].hi)}, {counted(count, 'record')}, "
            f"{when(battery, boot, runs[0].first)} to {when(battery, boot, runs[-1].last)}"
        )


def when(battery, boot, mark):
    """Return the time of a record, by the anchors where it has none, else its uptime."""
    time = mark[0].decode("ascii", "replace") or battery.anchors.time_of(boot, mark[1])
    return time or f"uptime {mark[1] // 1000} s"


def shown(path):
    """Return a path as short as it can be said from here."""
    short = os.path.relpath(path)
    return str(path) if short.startswith("..") else short


def _range(lo, hi):
    return str(lo) if lo == hi else f"{lo}–{hi}"
