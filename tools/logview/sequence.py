"""Which records of a boot are there: runs of `seq` without a gap, what is between, what is twice.

The writer counts every record it makes, from 0 at each start, so a missing number is a record
that was made and is not here. A run keeps the CRC of its records (four bytes each): the same
number with the same CRC is a line written twice, with another CRC it is another record.
"""

from array import array
from bisect import bisect_right


class Run:
    """Records lo..hi of a boot in one file, all there.

    A mark is (time, uptime_ms, log, line number).
    """

    __slots__ = ("lo", "hi", "next_lo", "crcs", "first", "last")

    def __init__(self, seq, crc, mark):
        self.lo = self.hi = seq
        # Where the run after this one begins; until then a record can be appended.
        self.next_lo = None
        self.crcs = array("I", (crc,))
        self.first = self.last = mark


class Gap:
    """Records lo..hi of a boot that are missing; before is None at a boot's beginning."""

    def __init__(self, boot, lo, hi, before, after):
        self.boot = boot
        self.lo = lo
        self.hi = hi
        self.count = hi - lo + 1
        self.before = before
        self.after = after


class Sequence:
    """All runs of one battery."""

    def __init__(self):
        self.boots = {}
        self.records = 0
        self._boot = None
        self._run = None

    def add(self, boot, seq, crc, mark):
        """Take a record; return CRC and mark of an earlier one of this number, or None.

        The mark is only as near as the same file.
        """
        run = self._run
        if boot != self._boot or seq != run.hi + 1 or seq == run.next_lo:
            runs = self.boots.setdefault(boot, [])
            at = bisect_right(runs, seq, key=_lo)
            run = runs[at - 1] if at else None
            if run and seq <= run.hi:
                return run.crcs[seq - run.lo], run.first
            self.records += 1
            self._boot = boot
            if run is None or seq != run.hi + 1 or run.last[2] is not mark[2]:
                self._run = new = Run(seq, crc, mark)
                if run:
                    run.next_lo = seq
                if at < len(runs):
                    new.next_lo = runs[at].lo
                runs.insert(at, new)
                return None
            self._run = run
        else:
            self.records += 1
        run.hi = seq
        run.crcs.append(crc)
        run.last = mark
        return None

    def next_file(self):
        """Note that the records to come are of another file."""
        self._boot = None

    def gaps(self):
        """Yield the gaps between the runs of each boot, and the one before its first record."""
        for boot in sorted(self.boots):
            runs = self.boots[boot]
            if runs[0].lo > 0:
                yield Gap(boot, 0, runs[0].lo - 1, None, runs[0].first)
            for a, b in zip(runs, runs[1:], strict=False):
                if b.lo > a.hi + 1:
                    yield Gap(boot, a.hi + 1, b.lo - 1, a.last, b.first)


def _lo(run):
    return run.lo
