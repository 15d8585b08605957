"""The card's files over HTTP: which there are, and their bytes. Imported at the first question.

No file and no folder stays open over an await: the card may be pulled and mounted anew meanwhile.
So each turn opens, reads and closes. Opening reads the folder up to the file's entry and its
chain of clusters up to the place, 15 blocks of 512 bytes for 2 MB in a folder of a month, 70 more
in one of a year; a turn of 4 KB makes that worth it, and is over in 20 ms.
"""

import os
from micropython import const

from microdot import Response

from baybridge.record import anchor, names
from baybridge.record.json_text import fixed, text
from baybridge.web.problem import problem

_ENOENT = const(2)
_EIO = const(5)
_ENODEV = const(19)
_IS_FOLDER = const(0x4000)

# One read, and the most that is in memory of a file; a whole sector goes straight into it.
_CHUNK_BYTES = const(512)
# Read in one turn while the socket takes it.
_TURN_CHUNKS = const(8)
# Entries of a folder that are in memory at a time, and that are listed at all.
_BATCH = const(16)
_MAX_LISTED = const(2000)
_MAX_FOLDERS = const(32)


class Absent(Exception):
    """There is no card to read from; the text is a sentence."""


def mounted(bridge):
    """Return the card; Absent if there is none."""
    card = bridge.card
    if card is None:
        raise Absent("There is no card.")
    # It knows when an attempt has a point, so asking often does not stop the board often.
    if not (card.is_mounted or card.ready(bridge.clock.uptime_s10())):
        raise Absent("The card cannot be read: %s." % (card.last_error or "it is not mounted"))
    return card


def absent(request, exc):
    """Return the problem of a card that is not there."""
    return problem(503, str(exc), request.path, {"Retry-After": "30"})


# --- one file ---------------------------------------------------------------------------------


def download(bridge, request, name):
    """Return a file, a part of it, or the problem."""
    below = names.from_address(name)
    if below is None:
        detail = "There is no such file; /api/v1/logs lists those there are."
        return problem(404, detail, request.path)
    try:
        card = mounted(bridge)
        path = "%s/%s/%s" % (card.path, names.FOLDER, below)
        stat = _stat(card, path)
        if stat is None:
            detail = "This file is not on the card; /api/v1/logs lists those that are."
            return problem(404, detail, request.path)
        size = stat[6]
        tag = '"%x-%x"' % (size, stat[8])
        fields = {"ETag": tag, "Cache-Control": "no-cache", "Accept-Ranges": "bytes"}
        if _is_listed(tag, request.headers.get("If-None-Match")):
            return Response(b"", 304, fields)
        start, end, status = _part(request, tag, size)
        if status == 416:
            detail = "The file has %d bytes; the range begins behind them." % size
            return problem(416, detail, request.path, {"Content-Range": "bytes */%d" % size})
        body = Download(card, path, start, end)
        if end > start and request.method == "GET":
            body.check()
    except Absent as exc:
        return absent(request, exc)
    kind = "text/csv" if below.endswith(".csv") else "text/plain"
    fields["Content-Type"] = kind + "; charset=utf-8"
    fields["Content-Disposition"] = 'attachment; filename="%s"' % name
    fields["Content-Length"] = "%d" % (end - start)
    if status == 206:
        fields["Content-Range"] = "bytes %d-%d/%d" % (start, end - 1, size)
    return _answer(body if end > start else b"", status, fields)


def _answer(body, status, fields):
    # The guard sends what has a send_to().
    return Response(body, status, fields)


def _stat(card, path):
    try:
        stat = os.stat(path)
    except OSError as exc:
        if exc.errno == _ENOENT:
            return None
        raise _gone(card, exc)
    return None if stat[0] & _IS_FOLDER else stat


def _gone(card, exc):
    card.fail(exc)
    return Absent("The card cannot be read: %s." % card.last_error)


def _part(request, tag, size):
    """Return (start, end, status) of what is asked for, after RFC 9110, 14.

    A range that is not understood, of another unit or one of several is passed over.
    """
    whole = 0, size, 200
    given = request.headers.get("Range")
    if given is None or request.method != "GET":
        return whole
    condition = request.headers.get("If-Range")
    if condition is not None and condition.strip() != tag:
        return whole
    unit, _, spec = given.partition("=")
    first, mark, last = spec.strip().partition("-")
    if unit.strip().lower() != "bytes" or not mark or not _are_digits(first + last):
        return whole
    if not first:
        n = int(last)
        return (max(size - n, 0), size, 206) if n and size else (0, 0, 416)
    start = int(first)
    end = int(last) + 1 if last else size
    if end <= start and last:
        return whole
    return (start, min(end, size), 206) if start < size else (0, 0, 416)


def _are_digits(digits):
    # No isdigit(): on CPython that takes other alphabets' digits, too.
    for c in digits:
        if c not in "0123456789":
            return False
    return 1 <= len(digits) <= 20


def _is_listed(tag, given):
    # Weak comparison, RFC 9110, 13.1.2.
    for one in (given or "").split(","):
        one = one.strip()
        if one == "*" or one == tag or one == "W/" + tag:
            return True
    return False


class Download:
    """The bytes of a file from start up to end, announced before: the file may grow meanwhile."""

    def __init__(self, card, path, start, end):
        self._card = card
        self._mounts = card.mounts
        self._path = path
        self._at = start
        self._end = end
        self._is_reading = False

    def check(self):
        """Read a byte, so that a card that does not answer is told while that can be said."""
        try:
            with open(self._path, "rb") as file:
                file.seek(self._at)
                file.read(1)
        except OSError as exc:
            raise _gone(self._card, exc)

    async def send_to(self, c):
        """Send all of it; OSError when the card or the client is gone, which ends the answer."""
        view = memoryview(bytearray(min(_CHUNK_BYTES, self._end - self._at)))
        while self._at < self._end:
            self._turn(c, view)
            await c.flush()

    def _turn(self, c, view):
        card = self._card
        if not card.is_mounted or card.mounts != self._mounts:
            # What is in the slot now may be another card.
            raise OSError(_ENODEV, "changed")
        try:
            self._is_reading = True
            with open(self._path, "rb") as file:
                file.seek(self._at)
                for _ in range(_TURN_CHUNKS):
                    n = min(_CHUNK_BYTES, self._end - self._at)
                    piece = view if n == len(view) else view[:n]
                    got = file.readinto(piece)
                    self._is_reading = False
                    if got != n:
                        # Cut short or made anew; the card is well.
                        raise OSError(_EIO, "shorter than announced")
                    self._at += n
                    c.put(piece)
                    self._is_reading = True
                    if self._at >= self._end or not c.has_room:
                        break
        except OSError as exc:
            # Of a client that left, the card knows nothing; nor of a file that was deleted.
            if self._is_reading and exc.errno != _ENOENT:
                card.fail(exc)
            raise


# --- the list ---------------------------------------------------------------------------------


def listing(bridge, request):
    """Return the list of all files that can be downloaded, or the problem."""
    try:
        card = mounted(bridge)
        root = "%s/%s" % (card.path, names.FOLDER)
        stat = _stat(card, root + "/" + anchor.FILE)
        # Here, so that a card that does not answer is told while that can be said.
        folders = _folders(card, root)
    except Absent as exc:
        return absent(request, exc)
    head = '{"logs":['
    if stat is not None:
        head += _row(anchor.FILE, stat[6], None, None)
    fields = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    return _answer(Listing(card, root, folders, head), 200, fields)


class Listing:
    """The rows of all folders, some at a time."""

    def __init__(self, card, root, folders, head):
        self._card = card
        self._mounts = card.mounts
        self._root = root
        self._folders = folders
        self._head = head

    async def send_to(self, c):
        """Send all of it; OSError when the card or the client is gone."""
        c.put(self._head.encode())
        mark = "" if self._head.endswith("[") else ","
        listed = 0
        for folder in self._folders:
            skip = 0
            rows = [""]
            while rows and listed < _MAX_LISTED:
                await c.flush()
                rows = self._batch(folder, skip)
                skip += len(rows)
                listed += len(rows)
                joined = ",".join([row for row in rows if row])
                if joined:
                    c.put((mark + joined).encode())
                    mark = ","
        c.put(b'],"is_complete":%s}' % (b"true" if listed < _MAX_LISTED else b"false"))
        await c.flush()

    def _batch(self, folder, skip):
        """Return the next rows, empty for an entry that is not listed."""
        card = self._card
        if not card.is_mounted or card.mounts != self._mounts:
            raise OSError(_ENODEV, "changed")
        rows = []
        try:
            # To its end, which closes it; one that was left would be closed by the collector,
            # through a file system that may be gone by then.
            for name, size in _entries(self._root + "/" + folder):
                skip -= 1
                if skip < 0 and len(rows) < _BATCH:
                    rows.append(_row_of(folder, name, size))
        except OSError as exc:
            if exc.errno != _ENOENT:
                card.fail(exc)
            raise
        return rows


def _row_of(folder, file, size):
    if not names.is_for_visitors(file):
        return ""
    return _row(names.address_name(folder, file), size, folder, names.date_of(file))


def _row(name, size, battery, date):
    row = '{"name":%s,"bytes":%s,"battery":%s,"date":%s}'
    return row % (text(name), fixed(size, 0), text(battery), text(date))


def _folders(card, root):
    """Return the names of the batteries' folders; none if nothing was ever written."""
    try:
        found = [name for name, size in _entries(root) if names.is_battery_folder(name)]
        return found[:_MAX_FOLDERS]
    except OSError as exc:
        if exc.errno == _ENOENT:
            return []
        raise _gone(card, exc)


def _entries(folder):
    """Yield (name, size) of a folder's entries; nothing but FAT tells sizes by itself."""
    if hasattr(os, "ilistdir"):
        for entry in os.ilistdir(folder):
            size = entry[3] if len(entry) > 3 else os.stat(folder + "/" + entry[0])[6]
            yield entry[0], size
    else:
        for name in os.listdir(folder):
            yield name, os.stat(folder + "/" + name)[6]
