"""Writes one battery's log: records kept small in RAM, to the card in batches.

When a record is made is pace.py's question, where it goes log_file.py's. While there is no card,
records wait in RAM, at least a quarter of an hour of them; then the oldest go, and are counted.
"""

from micropython import const

from baybridge.battery.sample import SENSORS, STATUS
from baybridge.record import battery_csv, csv_line, names, recovery
from baybridge.record.backlog import Backlog
from baybridge.record.pace import Pace
from baybridge.tasks.log_file import LogFile
from baybridge.version import VERSION

# For each battery. 105 records of 4 cells, 87 with 4 taps beside them, 61 of 16: see _away_s10().
_RING_BYTES = const(4096)
_AWAY_S10 = const(9000)
# What may have been recorded quickly before a card is found to be away.
_SPARE_RECORDS = const(15)
# A turn of the task: a FET or a load is noticed within it, and the supervisor sees progress.
_TURN_S10 = const(10)
_LATE_S10 = const(5)
# What is made into text and written in one go; nothing else runs meanwhile.
_BATCH_BYTES = const(1024)
_PAUSE_MS = const(20)
_SECTOR = const(512)
# Records left out while the numbers of cells and temperatures are still to come. After that the
# log begins without them, and goes on in a second file when they come.
_PATIENCE = const(6)


class LogWriter:
    """The log of one battery; log is the configuration's section of that name."""

    def __init__(self, battery, card, clock, boot, log, ring_bytes=_RING_BYTES):
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
        record_s = log["record_s"]
        fast_s = log.get("fast_s", 0)
        rest_s = log.get("rest_s", 0)
        self._record_period_s10 = record_s * 10
        self._flush_period_s10 = log["flush_s"] * 10
        self._pace = Pace(record_s, fast_s, rest_s)
        self._note = csv_line.note(VERSION, record_s, fast_s, rest_s, log["flush_s"])
        self._backlog = Backlog(ring_bytes)
        self._file = LogFile(card, battery.id, boot, log)
        # The record of the present reading, and that of the reading before until it is either
        # recorded (its length is then 0) or no longer the one before.
        self._now = bytearray(battery_csv.MAX_BYTES)
        self._before = bytearray(battery_csv.MAX_BYTES)
        self._taken_s10 = -1
        # Bit 0: charge, bit 1: discharge; -1 while not known.
        self._fets = -1
        self._is_urgent = False
        self._is_card_away = False
        # Bytes of the oldest record that are in the file already.
        self._partial = 0
        self._head_of = None
        self._head = b""
        self._patience = _PATIENCE
        self._last_record_s10 = 0
        self._next_record_s10 = 0
        self._next_flush_s10 = 0

    @property
    def waiting(self):
        """Records in RAM that are not on the card yet."""
        return self._backlog.count

    @property
    def torn_tails(self):
        """Ends of files that were found torn or rotten, and not written behind."""
        return self._file.torn_tails

    def flush_soon(self):
        """Record this moment and write it without waiting: an alarm, or what may follow one."""
        self._is_urgent = True

    async def run(self, job):
        """Record and write for ever; job.beat() shows progress."""
        now_s10 = self._clock.uptime_s10()
        self._next_record_s10 = now_s10 + self._record_period_s10
        self._next_flush_s10 = now_s10 + self._flush_period_s10
        # Early, so that diagnostics can say at once that there is no card.
        self._is_card_away = not self._card.ready(now_s10)
        while True:
            job.beat()
            self._look()
            if self._is_urgent:
                self._is_urgent = False
                if not self._is_card_away:
                    await self.flush()
            elif self._is_flush_due():
                await self._flush(True)
            now_s10 = self._clock.uptime_s10()
            until_s10 = min(self._next_record_s10, now_s10 + _TURN_S10)
            if self.waiting:
                until_s10 = min(until_s10, self._next_flush_s10)
            await self._clock.sleep_ms(max(until_s10 - now_s10, 1) * 100)

    def _is_flush_due(self):
        backlog = self._backlog
        if self._clock.uptime_s10() >= self._next_flush_s10:
            return backlog.count > 0
        # With a long flush_s the ring fills before.
        return not self._is_card_away and backlog.used * 4 > len(backlog.buf) * 3

    # --- making records -----------------------------------------------------------------------

    # Hot path: no allocation once the clock's time of day is a small int or not known.
    def _look(self):
        """Make a record if this moment is worth one."""
        battery = self._battery
        if not battery_csv.has_values(battery):
            return
        now_s10 = self._clock.uptime_s10()
        is_due = now_s10 >= self._next_record_s10
        if self._patience and not battery_csv.are_columns_known(battery):
            if is_due:
                self._patience -= 1
                self._plan_record(now_s10)
            return
        sample = battery.sample
        is_reading = sample.taken_s10[STATUS] != self._taken_s10
        self._look_at_fets(now_s10)
        if not is_reading and not is_due and not self._is_urgent:
            return
        self._taken_s10 = sample.taken_s10[STATUS]
        battery_csv.pack(battery, now_s10, self._clock.unix_s(), self._now)
        is_step = is_reading and self._pace.is_step(now_s10, sample.current_ma, sample.battery_mv)
        # A look may come late, and the next one in time.
        since_s10 = now_s10 - self._last_record_s10 + _LATE_S10
        if self._is_urgent or (is_step and not self._is_card_away):
            # With the reading before it, or nobody sees how steep the step was.
            self._keep(self._before)
            is_wanted = True
        elif self._is_card_away:
            is_wanted = since_s10 >= self._away_s10()
        elif is_reading and self._pace.is_fast(now_s10):
            is_wanted = since_s10 >= self._pace.period_s10(now_s10)
        else:
            is_wanted = is_due and since_s10 >= self._pace.period_s10(now_s10)
        if is_due:
            self._plan_record(now_s10)
        if is_wanted:
            self._keep(self._now)
            self._pace.note_record(sample.current_ma, sample.battery_mv)
            self._last_record_s10 = now_s10
            if not is_due:
                self._next_record_s10 = now_s10 + self._record_period_s10
        self._before, self._now = self._now, self._before

    def _plan_record(self, now_s10):
        # Whole periods after the last one, unless some were missed altogether.
        self._next_record_s10 += self._record_period_s10
        if self._next_record_s10 <= now_s10:
            self._next_record_s10 = now_s10 + self._record_period_s10

    def _look_at_fets(self, now_s10):
        sample = self._battery.sample
        if not self._battery.is_alive(now_s10) or not self._battery.is_fresh(SENSORS, now_s10):
            return
        fets = (1 if sample.chg_fet else 0) | (2 if sample.dis_fet else 0)
        if fets != self._fets:
            if self._fets >= 0:
                self._is_urgent = True
            self._fets = fets

    def _away_s10(self):
        """Return how far apart records may be at the least while the card is away.

        So far that a quarter of an hour of them fits.
        """
        slots = len(self._backlog.buf) // max(self._now[0], 1) - _SPARE_RECORDS
        return max(self._record_period_s10, _AWAY_S10 // max(slots, 1))

    def _keep(self, record):
        """Put a record with the others, once."""
        if not record[0]:
            return
        lost = self._backlog.add(record)
        record[0] = 0
        # The number counts records made, so a gap in a file is a record given up.
        self.records += 1
        if lost:
            self.dropped += lost
            if self._partial:
                self._partial = 0
                self._file.forget()

    # --- writing them -------------------------------------------------------------------------

    async def flush(self):
        """Write all that waits; after an error, plan the next attempt and return."""
        await self._flush(False)

    async def _flush(self, may_split):
        begun_s10 = self._clock.uptime_s10()
        card = self._card
        while self.waiting:
            now_s10 = self._clock.uptime_s10()
            wait_s10 = card.wait_s10(now_s10)
            if not wait_s10 or not may_split:
                # Before a reset there is no later: not even a card that rests is spared.
                is_ready = card.ready(now_s10) if may_split else card.mount()
                if is_ready and self._write_batch(may_split, begun_s10):
                    if self._partial:
                        break
                    await self._clock.sleep_ms(_PAUSE_MS)
                    continue
                self.errors += 1
                wait_s10 = card.wait_s10(now_s10)
            self._is_card_away = True
            self._next_flush_s10 = now_s10 + wait_s10
            return
        self._is_card_away = False
        # In step with the records, whole periods after the last time.
        self._next_flush_s10 = begun_s10 + self._flush_period_s10

    # Records leave RAM only after the close that makes them part of the file.
    def _write_batch(self, may_split, begun_s10):
        lines, stem, columns = self._batch()
        head = self._header(columns)
        file = self._file
        try:
            size = sum([len(line) for line in lines])
            if file.prepare(stem, head, size, lines[0]):
                self._partial = 0
                if self._skip_arrived(file.last_line):
                    return True
            data = b"".join(lines)
            if self._partial:
                data = data[self._partial :]
            if not file.position:
                data = head + data
            end = file.position + len(data)
            missing = 0
            if may_split and len(lines) == self.waiting and self._is_new(begun_s10):
                missing = _beyond_sector(file.position, end, len(lines[-1]))
            file.write(data[: len(data) - missing] if missing else data)
        except OSError as exc:
            file.forget()
            self._card.fail(exc)
            return False
        self._card.wrote()
        n = len(lines) - 1 if missing else len(lines)
        self._partial = len(lines[-1]) - missing if missing else 0
        self._pop(n)
        return True

    def _batch(self):
        """Return the oldest records as lines, with what they have in common: file and columns."""
        backlog = self._backlog
        buf = backlog.buf
        at = backlog.first
        seq = self.records - backlog.count
        day = battery_csv.date(buf, at)
        columns = battery_csv.columns(buf, at)
        lines = []
        size = 0
        for i in range(backlog.count):
            if i:
                at = backlog.after(at)
                if battery_csv.columns(buf, at) != columns or battery_csv.date(buf, at) != day:
                    break
            line = battery_csv.line(buf, at, self._boot, seq + i).encode()
            size += len(line)
            if i and size > _BATCH_BYTES:
                break
            lines.append(line)
        return lines, names.log_stem(day, self._boot), columns

    def _header(self, columns):
        if columns != self._head_of:
            self._head = csv_line.header(columns[0], columns[1], columns[2], self._note).encode()
            self._head_of = columns
        return self._head

    def _is_new(self, begun_s10):
        # The newest record was made just now: with the next flush it is still in time.
        return self._last_record_s10 + _TURN_S10 >= begun_s10

    def _skip_arrived(self, last_line):
        """After an error, let records go that are in the file all the same."""
        if last_line is None:
            return False
        backlog = self._backlog
        n = recovery.seq_of(last_line) - (self.records - backlog.count)
        if not 0 <= n < backlog.count:
            return False
        at = backlog.first
        for _ in range(n):
            at = backlog.after(at)
        # Equal to the last byte: a boot number may have been used before.
        line = battery_csv.line(backlog.buf, at, self._boot, self.records - backlog.count + n)
        if line.encode() != last_line:
            return False
        self._pop(n + 1)
        return True

    def _pop(self, n):
        for _ in range(n):
            self._backlog.pop()
        self.flushed += n


def _beyond_sector(position, end, last_bytes):
    """Return how many bytes of the last line to leave for the next time, 0 for none.

    If it reaches into another sector, its share of that one: the sector would be written now and
    once more with the next records.
    """
    beyond = end % _SECTOR
    return beyond if beyond <= last_bytes and end - beyond > position else 0
