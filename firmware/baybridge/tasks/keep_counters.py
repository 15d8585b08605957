"""Keeps the counters of all batteries over a reset: one small file on the board's own flash.

Written at most once an hour, only when a battery has moved more than 0.1 Ah since, and by save()
before a reset we choose. A power cut costs what was counted since the last write. The first
write comes ten minutes after a start, or a bridge that is switched on for half an hour a day
would never keep anything.

Wear: at most 8,760 writes in a year of running, and one or two for each start. On VfsLfs2
(MicroPython 1.25, 64 blocks of 4 KB, 8 other files) 2,000 writes of four batteries' 495 bytes
cost 1.1 erasures each, 82 of them in the busiest block: 360 a year there, where NOR flash is
specified for 100,000. A board's 2 MB spreads them further.
"""

import binascii
from micropython import const

from baybridge.record import counters_json

_FILE = const("counters.json")
_FIRST_S10 = const(6000)
_PERIOD_S10 = const(36000)
_MOVED_MAH = const(100)
_LOOK_MS = const(10000)
# Batteries of the file that are not configured now keep their totals, for the season they come
# back in; so many, that the file stays small whatever was ever configured.
_MAX_OTHERS = const(8)


class CounterKeeper:
    """Loads the counters when it is made, before anybody counts; run() saves them."""

    def __init__(self, batteries, files, clock):
        # For diagnostics: why the counters did not go on where they were, or None; writes that
        # worked and that did not since the start, and why the last one failed.
        self.problem = None
        self.saves = 0
        self.failed_saves = 0
        self.last_error = None
        self._batteries = batteries
        self._files = files
        self._clock = clock
        self._others = []
        # What the file holds: its checksum, None unless all of it could be read, and each
        # battery's charge moved in mAh by then.
        self._crc = None
        self._load()
        self._moved_mah = [_moved_mah(battery) for battery in batteries]
        self._next_s10 = clock.uptime_s10() + _FIRST_S10

    async def run(self, job):
        """Save when it is time, for ever; job.beat() shows progress."""
        while True:
            job.beat()
            if self._clock.uptime_s10() >= self._next_s10 and not self.is_saved:
                self.save()
            await self._clock.sleep_ms(_LOOK_MS)

    @property
    def is_saved(self):
        """Whether the flash has all but 0.1 Ah of what was counted."""
        for i in range(len(self._batteries)):
            if _moved_mah(self._batteries[i]) - self._moved_mah[i] > _MOVED_MAH:
                return False
        return True

    def save(self):
        """Write what has changed, now; return whether the flash has it. Never raises OSError."""
        # After a failure too: a broken flash is not to be hammered.
        self._next_s10 = self._clock.uptime_s10() + _PERIOD_S10
        text = self._text()
        crc = binascii.crc32(text.encode())
        if crc == self._crc:
            return True
        try:
            self._files.write_atomic(_FILE, text)
        except OSError as exc:
            self.failed_saves += 1
            self.last_error = f"{_FILE} cannot be written: {exc}"
            return False
        self.saves += 1
        self.last_error = None
        self._crc = crc
        self._moved_mah = [_moved_mah(battery) for battery in self._batteries]
        return True

    def _text(self):
        rows = [(battery.id, battery.counters.state()) for battery in self._batteries]
        return counters_json.to_text(rows + self._others)

    def _load(self):
        try:
            text = self._files.read_text(_FILE)
            if text is None:
                self.problem = f"there is no {_FILE}: the counters start at 0"
                return
            rows = counters_json.parse(text)
        except OSError as exc:
            self.problem = f"{_FILE} cannot be read ({exc}): the counters start at 0"
            return
        except ValueError as exc:
            self.problem = f"{_FILE} is broken ({exc}): the counters start at 0"
            return
        self._crc = binascii.crc32(text.encode())
        for id, state in rows:
            battery = self._battery(id)
            if battery is None:
                self._others.append((id, state))
                continue
            try:
                battery.counters.restore(state)
            except ValueError as exc:
                self.problem = f"{_FILE} is broken at {id} ({exc}): its counters start at 0"
                self._crc = None
        self._others = self._others[-_MAX_OTHERS:]

    def _battery(self, id):
        for battery in self._batteries:
            if battery.id == id:
                return battery
        return None


def _moved_mah(battery):
    counters = battery.counters
    return counters.charge_in.thousandths + counters.charge_out.thousandths
