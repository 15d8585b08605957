"""Every power cut: the log after the card took the first N blocks of a run and nothing more.

A run of the log's task onto real FAT is recorded once, block by block, with what the task had
reported as flushed when each block was written. Then the card is built again block by block; at
each cut it is mounted and read, the firmware starts on it, logs on, and the card is read again.
MicroPython only: it has the board's own FatFs.
"""

import asyncio
import os
import vfs

from baybridge import config as configuration
from baybridge.ports.card import Card
from baybridge.record import names
from baybridge.tasks.write_log import LogWriter
from host_tests.fakes.hardware import BLOCK, SLOT
from host_tests.fakes.job import stop
from tools.rehearse.logged_battery import POLL_S, LoggedBattery, boot_and_seq, is_true, is_whole
from tools.rehearse.quick_clock import QuickClock
from tools.rehearse.sparse_card import insert_new_card

NOON_S = 1715947200  # 2024-05-17T12:00:00Z
_PATH = "/sd"
_BATTERY = "house1"
_FIRST_BOOT = 3
_TORN_AT = BLOCK // 2
# Nobody knows the time right after a power cut.
_UNKNOWN_S = 40
# So long after a cut the bridge starts again; what it has not logged after the patience, it
# never will.
_DARK_S = 20
_PATIENCE_S = 1800
_RECORDS_AFTER = 3
_MAX_FAULTS = 20
_NO_CALLS = {}
# So much longer a file may get by a restart.
_SPARE = 65536


class _Job:
    def beat(self):
        """Show progress to nobody."""


class Bridge:
    """As much of the firmware as logs: it starts on the card in the slot."""

    def __init__(self, boot, unix_s, make_writer=LogWriter, battery=None):
        config = _restart()
        self.clock = QuickClock()
        self.card = Card(config["card"])
        self.battery = battery or LoggedBattery(_BATTERY)
        self.writer = make_writer(self.battery.battery, self.card, self.clock, boot, config["log"])
        self._unix_at_start_s = unix_s

    def now_s(self):
        """Return Unix seconds, also while the firmware does not know them."""
        return self._unix_at_start_s + self.clock.uptime_s10() // 10

    def run(self, seconds, unknown_s, records=None, calls=_NO_CALLS):
        """Log for so long, or until so many records were reported as flushed.

        The time is told after unknown_s. calls is {even seconds of uptime: what to call then}.
        """
        self.clock.run(self._run(seconds, unknown_s, records, calls))

    async def _run(self, seconds, unknown_s, records, calls):
        task = asyncio.create_task(self.writer.run(_Job()))
        for uptime_s in range(0, seconds, POLL_S):
            if task.done() or records is not None and self.writer.flushed >= records:
                break
            if uptime_s >= unknown_s and self.clock.unix_s() is None:
                self.clock.set_unix_s(self.now_s())
            self.battery.follow(uptime_s)
            if uptime_s in calls:
                calls[uptime_s]()
            await self.clock.sleep_ms(POLL_S * 1000)
        await stop(task)


class Recording:
    """What a bridge wrote while it ran: (block, content) each, in their order.

    promised and unix_s have one entry for each cut: the records reported as flushed until then,
    and the time. lines are all records, by their number, as the card has them without a cut.
    """

    def __init__(self, image, boot, bridge, *args):
        self.boot = boot
        self.writes = []
        self.promised = []
        self.unix_s = []
        self.lines = {}

        # Between a report and the next write nothing changes on the card, so what was reported
        # until a write begins counts for the cut before it.
        def note():
            self.promised.append(bridge.writer.flushed)
            self.unix_s.append(bridge.now_s())

        image.trace = self.writes
        image.on_write = note
        bridge.run(*args)
        image.on_write = None
        image.trace = None
        note()


class PowerCuts:
    """The cuts of one run; play() tries them, and the counts say what came of it."""

    def __init__(self, seconds, unix_s=NOON_S, make_writer=LogWriter):
        self.tried = 0
        # Promised records that were not there, or not as they were written.
        self.lost = 0
        # The first few of these, a sentence each.
        self.faults = []
        self._make_writer = make_writer
        self._image = insert_new_card()
        self._data_at = self._image.first_data_block()
        bridge = Bridge(_FIRST_BOOT, unix_s, make_writer)
        self.run = Recording(self._image, _FIRST_BOOT, bridge, seconds, 3 * _UNKNOWN_S)
        # The files without a cut; of each record (number, file, where it ends in it).
        self.contents = {}
        self._ends = []
        self._keep_truth()
        longest = max([len(content) for content in self.contents.values()])
        self._spare = memoryview(bytearray(longest + _SPARE))

    def _keep_truth(self):
        lines = self.run.lines
        _mount()
        for path in log_files():
            self.contents[path] = _read(path, memoryview(bytearray()))
            content = bytes(self.contents[path])
            end = 0
            for line in content.split(b"\r\n"):
                end += len(line) + 2
                if is_whole(line):
                    if not is_true(line):
                        raise ValueError("not what the battery said: %s" % line)
                    seq = boot_and_seq(line)[1]
                    lines[seq] = line
                    self._ends.append((seq, path, end))
        self._ends.sort()
        if [seq for seq, _, _ in self._ends] != list(range(len(lines))):
            raise ValueError("the log has gaps, though nothing was cut")

    # --- the cuts -----------------------------------------------------------------------------

    def choose(self, every, near=3):
        """Return every so many-th cut and all that are near a write to a FAT.

        That is where a cluster, a file or a folder is new, and more is written than a record and
        a length.
        """
        count = len(self.run.writes)
        chosen = set(range(0, count + 1, every))
        for n in range(count):
            if self.run.writes[n][0] < self._data_at:
                chosen.update(range(max(n - near, 0), min(n + near, count) + 1))
        return chosen

    def play(self, cuts=None, again_every=0):
        """Try the cuts of a set, or all; of every so many-th also each cut of the restart."""
        writes = self.run.writes
        image = self._image = insert_new_card()
        for n in range(len(writes) + 1):
            if cuts is None or n in cuts:
                again = again_every and n % again_every == 0
                where = "cut after %d blocks" % n
                self._try(where, n, again)
                if n < len(writes):
                    block, content = writes[n]
                    torn = content[:_TORN_AT] + image.block(block)[_TORN_AT:]
                    self._try(where + " and a half", n, again, (block, torn))
                # A card may be late with a block, though not once the flush was over.
                if n + 1 < len(writes) and self.run.promised[n] == self.run.promised[n + 1]:
                    self._try(where + " and the next but one", n, again, writes[n + 1])
            if n < len(writes):
                image.put(*writes[n])

    def _try(self, where, n, again, write=None):
        image = self._image
        image.undo = undo = []
        if write is not None:
            image.put(*write)
        self._try_here(where, [(self.run, n)], again)
        image.take_back(undo)

    def _try_here(self, where, cuts, again):
        """Look at the card as it is, start on it, look again, and put it back as it was.

        cuts are (Recording, blocks of it that were written), the latest last.
        """
        self.tried += 1
        image = self._image
        promises = [(recording, recording.promised[n]) for recording, n in cuts]
        self._look(where, promises)
        recording, n = cuts[-1]
        outer, image.undo = image.undo, []
        undo = image.undo
        bridge = Bridge(recording.boot + 1, recording.unix_s[n] + _DARK_S, self._make_writer)
        # By turns: either the router is back first, or the battery.
        unknown_s, records = (_UNKNOWN_S, 2 * _RECORDS_AFTER) if n % 2 else (0, _RECORDS_AFTER)
        after = Recording(image, recording.boot + 1, bridge, _PATIENCE_S, unknown_s, records)
        flushed = bridge.writer.flushed
        if flushed < records:
            why = "it did not log on: %s" % bridge.card.last_error
            self._fault(where, records - flushed, why)
        self._look(where + ", after the restart", promises + [(after, flushed)])
        image.take_back(undo)
        if again:
            for m in range(len(after.writes)):
                image.undo = undo = []
                for block, content in after.writes[:m]:
                    image.put(block, content)
                again_where = "%s, another after %d more" % (where, m)
                self._try_here(again_where, cuts + [(after, m)], False)
                image.take_back(undo)
        image.undo = outer

    def _fault(self, where, lost, what):
        self.lost += lost
        if len(self.faults) < _MAX_FAULTS:
            self.faults.append("%s: %s" % (where, what))

    # --- looking ------------------------------------------------------------------------------

    def _look(self, where, promises):
        """Count the promised records that are not on the card as they were written."""
        sure = {}
        for _, path, end in self._ends[: promises[0][1]]:
            sure[path] = end
        try:
            _mount()
            found = _read_rest(sure, self.contents, self._spare)
            is_sure = found is not None
            if not is_sure:
                found = _read_rest({}, {}, self._spare)
        except OSError as exc:
            self._fault(where, sum([n for _, n in promises]), "it cannot be read: %r" % exc)
            return
        for recording, n in promises:
            of_boot = found.get(recording.boot, {})
            if not recording.lines:
                # Of a restart: what it wrote is what this first look behind it finds.
                for seq in of_boot:
                    if is_true(of_boot[seq]):
                        recording.lines[seq] = of_boot[seq]
            for seq in range(n if recording is not self.run or not is_sure else 0):
                if seq not in of_boot:
                    self._fault(where, 1, "record %d of start %d lost" % (seq, recording.boot))
            for seq in of_boot:
                if of_boot[seq] != recording.lines.get(seq):
                    self._fault(where, 1, "record %d of start %d changed" % (seq, recording.boot))


def read_card():
    """Mount the card in the slot and return its whole records, {boot: {seq: line}}."""
    _mount()
    return _read_rest({}, {}, memoryview(bytearray()))


def _read_rest(sure, contents, spare):
    """Return the records behind what is sure; None if a file does not begin so.

    sure is {path: bytes}: so much of contents has to be there, and is compared in one piece.
    spare is memory to read into.
    """
    found = {}
    files = log_files()
    for path in sure:
        if path not in files:
            return None
    for path in files:
        content = _read(path, spare)
        begin = sure.get(path, 0)
        if begin and (len(content) < begin or content[:begin] != contents[path][:begin]):
            return None
        for line in bytes(content[begin:]).split(b"\r\n"):
            if is_whole(line):
                boot, seq = boot_and_seq(line)
                found.setdefault(boot, {})[seq] = line
    return found


# In one piece: FatFs then reads whole clusters, and a day's file takes a millisecond.
def _read(path, spare):
    size = os.stat(path)[6]
    if size > len(spare):
        spare = memoryview(bytearray(size))
    content = spare[:size]
    with open(path, "rb") as file:
        file.readinto(content)
    return content


def _restart():
    """Let the card be as a reset finds it; return the configuration everybody begins with."""
    try:
        vfs.umount(_PATH)
    except OSError:
        pass
    SLOT.hosts.clear()
    return configuration.check({})[0]


def _mount():
    card = Card(_restart()["card"])
    if not card.mount():
        raise OSError(card.last_error)


def log_files():
    """Return the paths of the log's files on the card that is mounted."""
    folder = "%s/%s/%s" % (_PATH, names.FOLDER, _BATTERY)
    try:
        files = os.listdir(folder)
    except OSError:
        return []
    logs = [file for file in files if names.is_log_name("%s/%s" % (_BATTERY, file))]
    return ["%s/%s" % (folder, file) for file in sorted(logs)]
