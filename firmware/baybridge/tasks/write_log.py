"""Writes one battery's log: a record every so often, kept in RAM, to the card in batches.

Open, append, close for each batch: FAT knows a file's length only from then on (platform.md
4.3), so a power cut costs at most the batch that was not closed. While there is no card, records
wait in RAM; the oldest go first, and are counted.
"""

import os
from micropython import const

from baybridge.record import battery_csv, calendar, names

_ENOENT = const(2)
_EEXIST = const(17)

_FIRST_REST_S10 = const(50)
_MAX_REST_S10 = const(6000)
# The task shows progress at least this often, however rarely it records.
_MAX_TURN_S10 = const(100)
# What is written between one open and close: the event loop stands still meanwhile.
_BATCH_BYTES = const(4096)
_PAUSE_MS = const(20)
# Records left out while the numbers of cells and temperatures are still to come. After that the
# log begins without them, and goes on in a second file when they come.
_PATIENCE = const(6)


class LogWriter:
    """The log of one battery; log is the configuration's section of that name."""

    def __init__(self, battery, card, clock, boot, log, max_bytes=8192):
        self.battery_id = battery.id
        # Counters for diagnostics: records made, records on the card, records given up because
        # RAM was full, failed attempts to write.
        self.records = 0
        self.flushed = 0
        self.dropped = 0
        self.errors = 0
        self._battery = battery
        self._card = card
        self._clock = clock
        self._boot = boot
        self._record_period_s10 = log["record_s"] * 10
        self._flush_period_s10 = log["flush_s"] * 10
        self._max_bytes = max_bytes
        # (stem, header, line) each, oldest first; the day and the columns are those of the time
        # the record was made, not of the time it is written.
        self._waiting = []
        self._waiting_bytes = 0
        self._patience = _PATIENCE
        self._next_record_s10 = 0
        self._next_flush_s10 = 0
        self._rest_s10 = _FIRST_REST_S10
        # What is known of the file written last: valid while _file_of is what it should be,
        # (mounts of the card, stem, header). _prefix goes before the next record.
        self._file_of = None
        self._path = ""
        self._prefix = b""

    @property
    def waiting(self):
        """Records in RAM that are not on the card yet."""
        return len(self._waiting)

    async def run(self, job):
        """Record and write for ever; job.beat() shows progress."""
        now_s10 = self._clock.uptime_s10()
        self._next_record_s10 = now_s10 + self._record_period_s10
        self._next_flush_s10 = now_s10 + self._flush_period_s10
        # Early, so that diagnostics can say at once that there is no card.
        self._mount()
        while True:
            job.beat()
            now_s10 = self._clock.uptime_s10()
            if now_s10 >= self._next_record_s10:
                # Whole periods after the last one, unless some were missed altogether.
                self._next_record_s10 += self._record_period_s10
                if self._next_record_s10 <= now_s10:
                    self._next_record_s10 = now_s10 + self._record_period_s10
                self.record()
            if self._waiting and now_s10 >= self._next_flush_s10:
                await self.flush()
            until_s10 = self._next_record_s10
            if self._waiting:
                until_s10 = min(until_s10, self._next_flush_s10)
            turn_s10 = min(max(until_s10 - self._clock.uptime_s10(), 1), _MAX_TURN_S10)
            await self._clock.sleep_ms(turn_s10 * 100)

    def record(self):
        """Make a record of this moment, if the battery has answered since the start."""
        battery = self._battery
        if not battery_csv.has_answered(battery):
            return
        if self._patience and not battery_csv.are_columns_known(battery):
            self._patience -= 1
            return
        unix_s = self._clock.unix_s()
        time = None if unix_s is None else calendar.iso_utc(unix_s)
        stem = names.log_stem(time[:10] if time else None, self._boot)
        header = battery_csv.header(battery)
        if self._waiting and self._waiting[-1][:2] == (stem, header):
            stem, header, _ = self._waiting[-1]  # one copy of each in RAM, not one per record
        line = battery_csv.line(
            battery, self._clock.uptime_s10(), time, self._boot, self.records
        ).encode()
        # The sequence number counts records made, so a gap in a file is a record given up.
        self.records += 1
        self._waiting.append((stem, header, line))
        self._waiting_bytes += len(line)
        while self._waiting_bytes > self._max_bytes:
            self._waiting_bytes -= len(self._waiting.pop(0)[2])
            self.dropped += 1

    async def flush(self):
        """Write what waits; after an error, plan the next attempt and return."""
        begun_s10 = self._clock.uptime_s10()
        while self._waiting:
            if not self._mount() or not self._write_batch():
                self.errors += 1
                self._file_of = None
                self._next_flush_s10 = self._clock.uptime_s10() + self._rest_s10
                self._rest_s10 = min(self._rest_s10 * 2, _MAX_REST_S10)
                return
            await self._clock.sleep_ms(_PAUSE_MS)
        self._rest_s10 = _FIRST_REST_S10
        self._next_flush_s10 = begun_s10 + self._flush_period_s10

    def _mount(self):
        return self._card.is_mounted or self._card.mount()

    # Records leave RAM only after the close that makes them part of the file. When the error
    # comes after some of them arrived, they are written twice: equal lines, told by their seq.
    def _write_batch(self):
        stem, header, _ = self._waiting[0]
        n = 0
        size = 0
        for entry in self._waiting:
            if entry[0] != stem or entry[1] != header or (n and size >= _BATCH_BYTES):
                break
            n += 1
            size += len(entry[2])
        try:
            self._prepare(stem, header)
            with open(self._path, "ab") as file:
                if self._prefix:
                    file.write(self._prefix)
                for i in range(n):
                    file.write(self._waiting[i][2])
        except OSError as exc:
            self._card.fail(exc)
            return False
        self._prefix = b""
        self._card.last_error = None
        for _ in range(n):
            self._waiting_bytes -= len(self._waiting.pop(0)[2])
        self.flushed += n
        return True

    def _prepare(self, stem, header):
        """Choose the file for these columns, and what has to go before the next record."""
        file_of = (self._card.mounts, stem, header)
        if self._file_of == file_of:
            return
        folder = "%s/%s" % (self._card.path, names.FOLDER)
        _make_folder(folder)
        folder = "%s/%s" % (folder, self.battery_id)
        _make_folder(folder)
        head = header.encode()
        part = 0
        prefix = None
        while prefix is None:
            part += 1
            path = "%s/%s" % (folder, names.log_file(stem, part))
            prefix = _prefix_of(path, head)
        self._path = path
        self._prefix = prefix
        self._file_of = file_of


def _make_folder(path):
    try:
        os.mkdir(path)
    except OSError as exc:
        if exc.errno != _EEXIST:
            raise


def _prefix_of(path, head):
    """Return what must go before a record appended to this file; None if it has other columns."""
    try:
        with open(path, "rb") as file:
            first = file.read(len(head))
            if not first:
                return head
            file.seek(-1, 2)
            last = file.read(1)
    except OSError as exc:
        if exc.errno != _ENOENT:
            raise
        return head
    if first != head:
        return None
    # A last line that was torn by a power cut must not run into the next record.
    return b"" if last == b"\n" else b"\r\n"
