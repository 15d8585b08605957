"""Keeps the calendar: from a time server, or from whoever sets it over HTTP; marks every step.

The clock is moved only by more than the limit below, and then the step is counted and an anchor
(record/anchor.py) written, so that nobody wonders about a log that goes back in time.
"""

import os
from micropython import const

from baybridge.record import anchor, calendar, names

_MIN_UNIX_S = const(1735689600)  # 2025-01-01: before this firmware existed
_MAX_UNIX_S = const(4102444800)  # 2100-01-01
# Differences up to this are left alone: a server's answer is good to a second, and the board's
# crystal drifts 0.2 s between two questions (platform.md 5.13).
_TOLERANCE_S = const(2)
# A server that differs by more, or is the first to be heard, is asked again and has to be as
# much later as time has passed. A server without time of its own says 2036-02-07 for ever.
_DOUBT_S = const(600)
_CONFIRM_S = const(10)
_PERIOD_S10 = const(216000)
# Seconds until the next question after a failed one: without internet each of them costs a
# question to the name server, no more.
_BACK_OFF_S = const((10, 60, 300, 900, 3600))
_NAME_MS = const(4000)
_LOOK_MS = const(100)
_TURN_MS = const(1000)
_MAX_WAITING = const(8)
_ENOENT = const(2)
_EEXIST = const(17)


class TimeKeeper:
    """Sets the clock; card is where anchors go, or None when nothing is logged."""

    def __init__(self, clock, ntp, keeper, boot, card):
        # Who told the time last: "ntp", "owner", "kept" (over a reset) or None.
        self.source = None
        self.time_steps = 0
        self.last_error = None
        self.anchors_waiting = 0
        self._clock = clock
        self._ntp = ntp
        self._keeper = keeper
        self._boot = boot
        self._card = card
        self._lines = []
        self._failures = 0
        self._next_s10 = 0
        self._confirmed_s10 = None

    @property
    def ntp_age_s10(self):
        """Tenths of a second since a time server's answer was believed, None if never."""
        if self._confirmed_s10 is None:
            return None
        return self._clock.uptime_s10() - self._confirmed_s10

    def set_time(self, unix_s, source="owner"):
        """Set the clock; ValueError with a sentence if it cannot be that time."""
        if not _MIN_UNIX_S <= unix_s < _MAX_UNIX_S:
            raise ValueError("The time has to be in the years 2025 to 2099.")
        before_s = self._clock.unix_s()
        is_known = before_s is not None
        if not is_known or abs(unix_s - before_s) > _TOLERANCE_S:
            self._clock.set_unix_s(unix_s)
            if is_known:
                self.time_steps += 1
        elif self.source == source:
            return  # it was right already
        self._anchor(source)

    def _anchor(self, source):
        # Also when another source only confirms the clock: it may be one worth more.
        self.source = source
        uptime_ms = self._clock.uptime_s10() * 100
        line = anchor.line(self._boot, uptime_ms, self._clock.unix_s(), source)
        if self._card is not None:
            if len(self._lines) >= _MAX_WAITING:
                del self._lines[0]
            self._lines.append(line)
            self.anchors_waiting = len(self._lines)

    async def run(self, job):
        """Ask the time server when it is due, write anchors when there is a card; for ever."""
        if self.source is None and self._clock.unix_s() is not None:
            self._anchor("kept" if self._ntp else "host")
        while True:
            job.beat()
            if self._ntp and self._keeper.wifi.is_connected():
                if self._clock.uptime_s10() >= self._next_s10:
                    await self._ask_server(job)
            self._write()
            await self._clock.sleep_ms(_TURN_MS)

    async def _ask_server(self, job):
        unix_s = await self._believable(job)
        now_s10 = self._clock.uptime_s10()
        if unix_s is None:
            rest_s = _BACK_OFF_S[min(self._failures, len(_BACK_OFF_S) - 1)]
            self._failures += 1
            self._next_s10 = now_s10 + rest_s * 10
            return
        self._failures = 0
        self._next_s10 = now_s10 + _PERIOD_S10
        self._confirmed_s10 = now_s10
        self.last_error = None
        self.set_time(unix_s, "ntp")

    async def _believable(self, job):
        """Return the server's time, or None with the reason in last_error."""
        first_s = await self._read(job)
        if first_s is None:
            return None
        known_s = self._clock.unix_s()
        if self.source in ("ntp", "owner") and abs(first_s - known_s) <= _DOUBT_S:
            return first_s
        asked_s10 = self._clock.uptime_s10()
        for _ in range(_CONFIRM_S):
            job.beat()
            await self._clock.sleep_ms(1000)
        second_s = await self._read(job)
        if second_s is None:
            return None
        past_s = (self._clock.uptime_s10() - asked_s10) // 10
        if abs(second_s - first_s - past_s) > _TOLERANCE_S:
            self.last_error = "the time server contradicts itself: %s, and %d s later %s" % (
                calendar.iso_utc(first_s),
                past_s,
                calendar.iso_utc(second_s),
            )
            return None
        return second_s

    async def _read(self, job):
        if not await self._is_name_served(job):
            return None
        # Waits for a second at most, because the name is known to the name server by now.
        unix_s = self._ntp.read()
        job.beat()
        if unix_s is None:
            self.last_error = self._ntp.last_error
            return None
        self._keeper.note_alive()
        if not _MIN_UNIX_S <= unix_s < _MAX_UNIX_S:
            self.last_error = "the time server says what cannot be: Unix time %d" % unix_s
            return None
        return unix_s

    # Asking ntptime for a name that nobody serves would stop the whole board for many seconds,
    # and a boat without internet is just that case.
    async def _is_name_served(self, job):
        dns = self._keeper.wifi.dns()
        if dns is None or not self._ntp.begin(dns):
            self.last_error = "the network names no name server"
            return False
        try:
            for _ in range(_NAME_MS // _LOOK_MS):
                await self._clock.sleep_ms(_LOOK_MS)
                if self._ntp.is_resolved():
                    return True
        finally:
            self._ntp.end()
        job.beat()
        self.last_error = "the name server does not know the time server: is there internet?"
        return False

    # The card is mounted by the logs' tasks, which know when to try; a card that is away only
    # keeps the lines waiting. Nothing stays open over an await.
    def _write(self):
        if not self._lines or not self._card.is_mounted:
            return
        try:
            folder = "%s/%s" % (self._card.path, names.FOLDER)
            try:
                os.mkdir(folder)
            except OSError as exc:
                if exc.errno != _EEXIST:
                    raise
            path = "%s/%s" % (folder, anchor.FILE)
            prefix = _prefix_of(path)
            with open(path, "ab") as file:
                file.write((prefix + "".join(self._lines)).encode())
        except OSError as exc:
            self._card.fail(exc)
            return
        self._lines = []
        self.anchors_waiting = 0


def _prefix_of(path):
    # A line torn by a power cut must not run into the next one.
    try:
        with open(path, "rb") as file:
            if not file.read(1):
                return anchor.HEADER
            file.seek(-1, 2)
            return "" if file.read(1) == b"\n" else "\r\n"
    except OSError as exc:
        if exc.errno != _ENOENT:
            raise
        return anchor.HEADER
