"""A battery's history read from its day files: bounded memory, a little at a time.

Every record of the time asked for is read, checked by its CRC and put into a table of one lowest,
mean and highest value a step. A table takes at most 3.6 KB: 120 points of everything. With more
points the files are read again for each part of the quantities, so 500 points take five times as
long, not five times the memory. Only dated files count: records made before the clock was known
are in boot-<n>.csv, and a download.
"""

import os
from array import array
from micropython import const

from baybridge.record import calendar, csv_line, names
from baybridge.record import history as track_of
from baybridge.web.history import head, whole_steps

_ENOENT = const(2)
_ENODEV = const(19)
# Steps are whole minutes: a battery at rest may be recorded that rarely, and is no gap then.
_UNIT_S = const(60)
_DAY_S = const(86400)
_TABLE_BYTES = const(3600)
# One read, longer than any line, and the reads of one turn: some 25 ms without an await.
_CHUNK_BYTES = const(1024)
_TURN_CHUNKS = const(4)
# A record stands for the time since the one before, up to this.
_MAX_HOLD_S = const(120)
_PARTS = const(99)


async def read(bridge, request, id, span_s, points):
    """Return the answer as a body that sends itself; None if the card holds nothing of it."""
    bridge.is_card_read = True
    series = None
    try:
        # Before the first byte of the answer, so that RAM can still answer in its place.
        series = await _begun(bridge, request.sock[1], id, span_s, points)
    finally:
        # Also when its deadline cut it off.
        bridge.is_card_read = series is not None
    return series


async def _begun(bridge, c, id, span_s, points):
    try:
        series = LogSeries(bridge, id, span_s, points)
        if await series.find_files(c) and await series.fill(c):
            return series
    except OSError as exc:
        _note(bridge.card, exc)
    return None


def _note(card, exc):
    # A file that was deleted and a card that was changed are no fault of the one there now.
    if exc.errno not in (_ENOENT, _ENODEV):
        card.fail(exc)


class LogSeries:
    """The body of one answer; close() lets the next one begin."""

    def __init__(self, bridge, id, span_s, points):
        self._bridge = bridge
        self._id = id
        self._card = bridge.card
        self._mounts = bridge.card.mounts
        self._now_s = bridge.clock.uptime_s10() // 10
        self._unix_s = bridge.clock.unix_s()
        k, self._count = whole_steps(span_s, points, _UNIT_S)
        self._step_s = k * _UNIT_S
        self._from_s = (self._unix_s // self._step_s - self._count + 1) * self._step_s
        self._files = []
        self._passes = _passes(self._count)
        self._pass = 0
        self._values = array("i", [-1] * len(track_of.ALL))
        # The table of this pass, once there is one.
        self._tables = []
        self._last_s = -1

    def close(self):
        """Let the next one read."""
        self._bridge.is_card_read = False

    async def find_files(self, c):
        """Find the files of the days asked for; tell whether there is any."""
        folder = "%s/%s/%s" % (self._card.path, names.FOLDER, self._id)
        for day in range(self._from_s // _DAY_S, self._unix_s // _DAY_S + 1):
            self._check()
            for part in range(1, _PARTS + 1):
                path = folder + "/" + names.log_file(calendar.date_utc(day * _DAY_S), part)
                try:
                    size = os.stat(path)[6]
                except OSError as exc:
                    if exc.errno != _ENOENT:
                        raise
                    break
                self._files.append((path, day * _DAY_S - self._from_s, size))
            await self._turn(c)
        return bool(self._files)

    async def send_to(self, c):
        """Send the answer; OSError when the card or the client is gone."""
        from_s = self._from_s - self._unix_s + self._now_s
        text = head(self._id, self._unix_s, self._now_s, from_s, self._step_s, "card")
        c.put(text.encode())
        for number in range(len(self._passes)):
            if number:
                self._pass = number
                try:
                    await self.fill(c)
                except OSError as exc:
                    _note(self._card, exc)
                    raise
            # No name for the table here: the next one takes its place.
            for piece in self._tables[0].pieces(self._passes[number], 0, self._count, 1):
                c.put(piece.encode())
                await c.flush()
        c.put(b"}}")
        await c.flush()

    async def fill(self, c):
        """Read all files for the quantities of this pass; tell whether a record was found."""
        quantities = self._passes[self._pass]
        # The old one goes before the new one comes.
        self._tables.clear()
        self._tables.append(track_of.Track(self._step_s, self._count, 3, quantities))
        self._last_s = -1
        for path, day_s, size in self._files:
            await self._read_file(c, path, day_s, size)
        return self._tables[0].number >= 0

    async def _read_file(self, c, path, day_s, size):
        head_line, mark, _ = self._chunk(path, 0).partition(b"\n")
        columns = columns_of(head_line, self._passes[self._pass]) if mark else None
        if columns is None:
            return
        at = len(head_line) + 1
        if day_s < 0:
            at = await self._find(c, path, at, size, day_s)
        rest = b""
        while at < size:
            self._check()
            with open(path, "rb") as file:
                file.seek(at)
                for _ in range(_TURN_CHUNKS):
                    rest = self._take_lines(rest + file.read(_CHUNK_BYTES), columns, day_s)
            at += _TURN_CHUNKS * _CHUNK_BYTES
            await self._turn(c)

    async def _turn(self, c):
        await self._bridge.clock.sleep_ms(0)
        c.renew()

    def _check(self):
        if not self._card.is_mounted or self._card.mounts != self._mounts:
            raise OSError(_ENODEV, "changed")

    def _chunk(self, path, at):
        self._check()
        with open(path, "rb") as file:
            file.seek(at)
            return file.read(_CHUNK_BYTES)

    async def _find(self, c, path, low, high, day_s):
        """Return a place at most some lines before the first record of the time asked for.

        By halves. Where the clock was set back within the day, a record may be missed by it.
        """
        while high - low > 4 * _CHUNK_BYTES:
            middle = (low + high) // 2
            second = None
            for line in self._chunk(path, middle).split(b"\n")[1:-1]:
                second = second_of(line)
                if second is not None:
                    break
            if second is None:
                break
            if day_s + second < 0:
                low = middle
            else:
                high = middle
            await self._turn(c)
        return low

    def _take_lines(self, lines, columns, day_s):
        """Take the whole lines; return what has no end yet, less what is too long for a line."""
        lines = lines.split(b"\n")
        for i in range(len(lines) - 1):
            self._take(lines[i], columns, day_s)
        return lines[-1] if len(lines[-1]) < _CHUNK_BYTES else b""

    def _take(self, line, columns, day_s):
        second = second_of(line)
        if second is None:
            return
        at_s = day_s + second
        # One that goes back belongs to a clock that was set; its place is taken already.
        if at_s < 0 or at_s < self._last_s or at_s >= self._count * self._step_s:
            return
        weight = 1 if self._last_s < 0 else min(max(at_s - self._last_s, 1), _MAX_HOLD_S)
        self._last_s = at_s
        try:
            put_values(line.split(b","), columns, self._values)
        except ValueError:
            return  # sound, but not ours
        self._tables[0].feed(self._values, at_s, weight)


def second_of(line):
    """Return the second of the day of a sound record; None if it is torn, rotten or undated."""
    if line[13:14] != b":" or line[16:17] != b":" or not csv_line.check(line.rstrip(b"\r")):
        return None
    return int(line[11:13]) * 3600 + int(line[14:16]) * 60 + int(line[17:19])


def columns_of(head_line, quantities):
    """Return for each quantity the numbers of its columns, () for others; None if no header."""
    titles = head_line.strip().decode().split(",")
    if titles[0] != "time":
        return None
    columns = []
    for q in track_of.ALL:
        found = []
        for i in range(len(titles)):
            if q in quantities and _is_of(titles[i], q):
                found.append(i)
        columns.append(found)
    return columns


def _is_of(title, q):
    if q in (track_of.LOWEST_CELL, track_of.HIGHEST_CELL):
        return title.startswith("cell_") and title.endswith("_v")
    if q == track_of.TEMPERATURE:
        return title.startswith("temperature_") and title.endswith("_c")
    return title == track_of.series_name(q, track_of.MEAN)


def put_values(fields, columns, values):
    """Put a record's quantities into values as a Track takes them, -1 for what is empty."""
    for q in track_of.ALL:
        known = []
        for i in columns[q]:
            if i < len(fields) and fields[i]:
                known.append(parsed(fields[i], q))
        value = None
        # Of some cells only, the lowest could be one of the others.
        if known and q in (track_of.LOWEST_CELL, track_of.HIGHEST_CELL):
            if len(known) == len(columns[q]):
                value = min(known) if q == track_of.LOWEST_CELL else max(known)
        elif known:
            value = (2 * sum(known) + len(known)) // (2 * len(known))
        values[q] = track_of.pack(q, value)


def parsed(field, q):
    """Return a field in the units of its quantity; the log's volts and amperes have 3 decimals."""
    if q in (track_of.SOC, track_of.TEMPERATURE):
        return int(field)
    whole, _, part = field.partition(b".")
    value = int(whole + (part + b"000")[:3])
    return (value + 5) // 10 if q == track_of.CURRENT else value


def _passes(count):
    """Return the quantities of each pass, so that its table fits."""
    passes = []
    left = 0
    for q in track_of.ALL:
        size = 3 * count * track_of.size_bytes(q)
        if size > left or not passes:
            passes.append([])
            left = _TABLE_BYTES
        passes[-1].append(q)
        left -= size
    return passes
