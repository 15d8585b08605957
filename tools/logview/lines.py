"""A log file as lines: read in blocks, each line told sound or bad, never all of it in memory."""

import zlib

from tools.logview import columns
from tools.logview.columns import BOM, NotALog

BLOCK_BYTES = 1 << 21
# A line this long is no line: erased or never written sectors. Only its length is kept.
MAX_LINE_BYTES = 1 << 16
_PEEK_BYTES = 1 << 16


class Unreadable(Exception):
    """A file that gives nothing; the text is for the owner."""


class Log:
    """One file of a log, opened: its columns and how its lines end."""

    def __init__(self, path):
        self.path = path
        try:
            self.size = path.stat().st_size
            with open(path, "rb") as file:
                start = file.read(_PEEK_BYTES)
        except OSError as exc:
            raise Unreadable(f"{path}: {reason(exc)}")
        if not start:
            raise Unreadable(f"{path}: the file is empty")
        self.has_bom = start.startswith(BOM)
        self.header_at = len(BOM) if self.has_bom else 0
        first, *rest = start[self.header_at :].split(b"\n")
        self.problems = []
        try:
            self.columns = columns.parse(first.rstrip(b"\r"), rest)
        except NotALog as exc:
            raise Unreadable(f"{path}: not a log of the bridge: {exc}")
        self.problems += self.columns.problems
        # The commonest end near the start is the file's; a line that ends otherwise is told.
        ends = [line.endswith(b"\r") for line in (first, *rest[:-1])] or [True]
        self.is_crlf = sum(ends) * 2 >= len(ends)
        self.crc_form = b"%08x\r" if self.is_crlf else b"%08x"
        if not rest and len(start) == self.size:
            self.problems.append("the file ends within its header line")
        elif first.endswith(b"\r\r") or rest and ends[0] != self.is_crlf:
            self.problems.append("the header line ends differently from the lines after it")
        self.first = self._first(rest)

    def _first(self, lines):
        """Return (boot, seq, uptime_ms, time) of the first sound record, as far as there is one.

        The time is None where the record has none.
        """
        at = self.columns
        for raw in lines:
            if self.is_sound(raw):
                fields = raw.decode("ascii", "replace").split(",")
                numbers = (fields[at.boot], fields[at.seq], fields[at.uptime_ms])
                if all(map(str.isdecimal, numbers)):
                    return (*map(int, numbers), fields[at.time] or None)
        return None, None, None, None

    def blocks(self, progress=None):
        """Yield (lines, number of the first, its byte offset); the header is left out.

        A line comes without its newline; the last one of a file that does not end with a
        newline comes as a block of its own, and has_open_end is True from then on.
        """
        self.has_open_end = False
        number = 0
        offset = 0
        rest = b""
        cut = 0
        for block in _pieces(self.path, progress):
            lines = (rest + block).split(b"\n")
            rest = lines.pop()
            while lines:
                # The header, and a line whose middle was left out, stand alone.
                group, lines = (lines, []) if number and not cut else (lines[:1], lines[1:])
                if number:
                    yield group, number + 1, offset
                number += len(group)
                offset += sum(map(len, group)) + len(group) + cut
                cut = 0
            if len(rest) > MAX_LINE_BYTES:
                cut += len(rest) - MAX_LINE_BYTES
                rest = rest[:MAX_LINE_BYTES]
        if rest and number:
            self.has_open_end = True
            yield [rest], number + 1, offset

    def sound(self, tell=None, progress=None):
        """Yield lists of the sound records of the file, each without its checksum.

        tell(number, offset, kind, text) hears of every bad line.
        """
        form = self.crc_form
        commas = self.columns.commas
        crc32 = zlib.crc32
        for lines, number, offset in self.blocks(progress):
            bodies = []
            for i, raw in enumerate(lines):
                body, _, crc = raw.rpartition(b",")
                if crc == form % crc32(body) and body.count(b",") == commas:
                    bodies.append(body)
                    continue
                kind, text, body = self.explain(raw)
                if body is not None:
                    bodies.append(body)
                if tell:
                    at = offset + sum(map(len, lines[:i])) + i
                    tell(number + i, at, kind, text)
            if self.has_open_end and tell and self.is_sound(lines[0]):
                tell(number, offset, "end", OPEN_END)
            if bodies:
                yield bodies

    def is_sound(self, raw):
        """Tell whether a line, without its newline, is a record as it was written."""
        body, _, crc = raw.rpartition(b",")
        return crc == self.crc_form % zlib.crc32(body) and body.count(b",") == self.columns.commas

    def explain(self, raw):
        """Return (kind, text, body) of a line that is not sound; body if its record is whole."""
        line = raw.rstrip(b"\r")
        if not line:
            return "empty", "an empty line", None
        body, _, crc = line.rpartition(b",")
        fields = line.count(b",") + 1
        expected = self.columns.commas + 2
        if body and crc == b"%08x" % zlib.crc32(body):
            if fields == expected and self.has_open_end:
                return "end", OPEN_END, body
            if fields == expected:
                return "end", "ends differently from the other lines; the record is whole", body
            return "fields", f"{fields} fields, the header has {expected}; its CRC is right", None
        if line.startswith(b"time,boot,") or line.startswith(BOM):
            return "header", "a header line in the middle of the file", None
        if self.has_open_end:
            return "torn", f"torn: the file ends here, after {fields} of {expected} fields", None
        blank = line.count(b"\0") + line.count(b"\xff")
        if blank > 8:
            return "crc", "rotten: bytes 00 or FF, as of a sector never written", None
        if fields < expected:
            return "torn", f"torn: {fields} of {expected} fields, and no right CRC", None
        if fields > expected:
            return "fields", f"{fields} fields instead of {expected}, and no right CRC", None
        text = "bad CRC: its bytes give %08x, it says %s" % (zlib.crc32(body), _shown(crc))
        return "crc", text, None


OPEN_END = "the file ends without a line end here; the record is whole"


def reason(exc):
    """Return what an OSError means to a person."""
    if isinstance(exc, FileNotFoundError):
        return "there is no such file or folder"
    if isinstance(exc, PermissionError):
        return "permission denied: this user may not read it"
    return exc.strerror or str(exc)


def _shown(text):
    return text[:12].decode("ascii", "backslashreplace")


def _pieces(path, progress):
    try:
        with open(path, "rb") as file:
            while block := file.read(BLOCK_BYTES):
                yield block
                if progress:
                    progress.add(len(block))
    except OSError as exc:
        raise Unreadable(f"{path}: {reason(exc)}")
