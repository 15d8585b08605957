"""Records raw frames to the card on request, a CAPTURE file for each battery.

An owner sends these files in, so that what nobody has explained yet can be learned; they play as
that battery (`make run CAPTURE=file`). A recording is never worth the log: it ends by itself
after its time, at a size that no card notices, and at the first thing that goes wrong.
"""

import os
from micropython import const

from baybridge.record import names
from baybridge.record.capture import FrameReader, head_lines
from baybridge.tasks.log_file import make_folder

_ENOENT = const(2)

_LOOK_MS = const(500)
# Written this often, and sooner when the ring fills: fast polling of four batteries brings up to
# 100 lines a second.
_WRITE_S10 = const(50)
_WRITE_LINES = const(40)
_MAX_BYTES = const(4 << 20)
_CHUNK_BYTES = const(1024)


class FrameRecorder:
    """Follows a FrameLog; batteries in the order of the log's numbers."""

    def __init__(self, batteries, card, clock, frames, boot):
        # For diagnostics. file is the name of the latest one in each battery's folder.
        self.is_recording = False
        self.file = None
        self.bytes = 0
        self.lost = 0
        self.last_error = None
        self._batteries = batteries
        self._card = card
        self._clock = clock
        self._frames = frames
        self._boot = boot
        self._number = 0
        self._readers = []
        # Of each battery: whether its name and address stand in the file.
        self._has_head = []
        self._mounts = 0
        self._end_s10 = 0
        self._next_write_s10 = 0

    @property
    def left_s(self):
        """Seconds until the recording ends."""
        if not self.is_recording:
            return 0
        return max(self._end_s10 - self._clock.uptime_s10(), 0) // 10

    def record(self, minutes):
        """Record for so long from now, 0 to stop; return the file's name, None if there is none.

        While one is going on, this only moves its end. OSError with a sentence without a card.
        """
        if minutes == 0:
            self._stop()
            return self.file
        if not self.is_recording:
            self._start()
        self._end_s10 = self._clock.uptime_s10() + minutes * 600
        return self.file

    def _start(self):
        card = self._card
        if not (card.is_mounted or card.mount()):
            raise OSError("Frames cannot be recorded: %s." % card.last_error)
        try:
            for battery in self._batteries:
                make_folder(card, battery.id)
            self._number += 1
            while self._is_taken():
                self._number += 1
            self.file = "frames-%d-%d.txt" % (self._boot, self._number)
            about = "# Bay Bridge, boot %d, from %d s after its start\n" % (
                self._boot,
                self._clock.uptime_s10() // 10,
            )
            # Here, so that a card that takes nothing is told to whoever asks.
            for battery in self._batteries:
                with open(self._path(battery), "wb") as file:
                    file.write(about.encode())
        except OSError as exc:
            self.file = None
            card.fail(exc)
            raise OSError("Frames cannot be recorded: %s." % card.last_error)
        first = self._frames.count
        self._readers = []
        for number in range(len(self._batteries)):
            self._readers.append(FrameReader(self._frames, number, self._clock.ticks_diff, first))
        self._has_head = [False] * len(self._batteries)
        self._mounts = card.mounts
        self.bytes = self.lost = 0
        self.last_error = None
        self._next_write_s10 = self._clock.uptime_s10() + _WRITE_S10
        self.is_recording = True

    def _is_taken(self):
        # The count of starts is lost with the board's flash; a recording must not be.
        self.file = "frames-%d-%d.txt" % (self._boot, self._number)
        for battery in self._batteries:
            if _exists(self._path(battery)):
                return True
        return False

    def _folder(self, battery):
        return "%s/%s/%s" % (self._card.path, names.FOLDER, battery.id)

    def _path(self, battery):
        return "%s/%s" % (self._folder(battery), self.file)

    def _stop(self):
        if self.is_recording and self._write():
            self._end(None)

    def _end(self, why):
        self.is_recording = False
        self.last_error = why
        self._readers = []

    async def run(self, job):
        """Write what comes for ever; job.beat() shows progress."""
        while True:
            job.beat()
            if self.is_recording:
                self._turn()
            await self._clock.sleep_ms(_LOOK_MS)

    def _turn(self):
        now_s10 = self._clock.uptime_s10()
        if now_s10 >= self._end_s10:
            self._stop()
        elif now_s10 >= self._next_write_s10 or self._readers[0].waiting >= _WRITE_LINES:
            self._next_write_s10 = now_s10 + _WRITE_S10
            self._write()

    def _write(self):
        """Append what has come to each file; return false if that ended the recording."""
        card = self._card
        if not card.is_mounted or card.mounts != self._mounts:
            # What is in the slot now may be another card.
            self._end("the recording ended: %s" % (card.last_error or "the card was changed"))
            return False
        try:
            for number in range(len(self._batteries)):
                self._append(number)
        except OSError as exc:
            card.fail(exc)
            self._end("the recording ended: %s" % card.last_error)
            return False
        self.lost = self._readers[0].lost
        if self.bytes >= _MAX_BYTES:
            self._end("the recording ended: it had reached %d MB" % (_MAX_BYTES >> 20))
            return False
        return True

    # Open, append, close, without an await: FAT knows the length only from then on, and a card
    # that is pulled must not find a file open.
    def _append(self, number):
        reader = self._readers[number]
        battery = self._batteries[number]
        with open(self._path(battery), "ab") as file:
            chunk = []
            size = 0
            for line in reader.lines():
                # With the first frames, because only then its address is known for sure.
                if not self._has_head[number] and line[0] == ">":
                    self._has_head[number] = True
                    chunk.append("".join(head_lines(battery)))
                chunk.append(line)
                size += len(line)
                if size >= _CHUNK_BYTES:
                    self._put(file, chunk)
                    chunk = []
                    size = 0
            self._put(file, chunk)

    def _put(self, file, chunk):
        if chunk:
            self.bytes += file.write("".join(chunk).encode())


def _exists(path):
    try:
        os.stat(path)
    except OSError as exc:
        if exc.errno != _ENOENT:
            raise
        return False
    return True
