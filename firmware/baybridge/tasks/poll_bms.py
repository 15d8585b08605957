"""Asks one battery over an open link: each request by need, and keeps what comes.

C2 brings voltage, current, charge and cells and is asked each cycle; the rest only when it is
due, because each request costs the radio 100 ms that Wi-Fi and other batteries could have.
The battery's quirks are protocol.md 1.5 and 2. Who opens the link is hold_link's business.
"""

from micropython import const

from baybridge.battery.sample import BALANCE, CELL_LIMITS, NAME, PACK, PROTECTION, SENSORS, STATUS
from baybridge.protocol import abc

_LOOK_MS = const(10)
_REPLY_MS = const(1000)
_TRIES = const(2)
# The battery's radio wants a breath between two requests (platform.md 2.5: pace writes).
_PACE_MS = const(50)
_SENSORS_CYCLES = const(4)
_PROTECTION_CYCLES = const(10)
# Not every battery sends F9. One that has ignored it so often is asked again but rarely.
_PROTECTION_TRIES = const(3)
_PROTECTION_REST_CYCLES = const(300)
# C0 and C3 say what does not change: asked once a connection, again in the next cycles if part
# of it got lost, and not at all if they came within the hour, as when links take turns.
_ONCE_TRIES = const(3)
_ONCE_S10 = const(36000)


class Poller:
    """The conversation with one battery; number is its index in the frame log."""

    def __init__(self, battery, number, link, central, clock, frames):
        self._battery = battery
        self._number = number
        self._link = link
        self._central = central
        self._clock = clock
        self._frames = frames
        self._frame = bytearray(abc.FRAME_BYTES)
        self._once_tries = 0
        self._cycle = 0
        self._sensors_cycle = 0
        self._protection_cycle = 0
        self._protection_misses = 0
        # When the status that was counted last was taken, or -1 before the first.
        self._counted_s10 = -1
        # Whether nothing at all came after the last request.
        self._is_silent = False

    def begin(self):
        """Note that a new link is open."""
        self._once_tries = 0
        self._cycle = self._sensors_cycle = self._protection_cycle = 0

    async def poll(self, period_ms):
        """Do one cycle; the next will come period_ms after this one.

        Returns whether status and cells came in full; what came in part is kept, with its age.
        Raises LinkLost.
        """
        # The order is by worth: what is shown first is asked first.
        battery = self._battery
        sample = battery.sample
        is_good = await self._ask(abc.DETAIL)
        battery.link.count_poll(is_good)
        if is_good:
            battery.charge.update(sample.field11_mah, sample.rated_mah, sample.soc_pct)
            self._count()
        else:
            battery.touch()
            if self._is_silent:
                return False  # no use asking it for more
            battery.link.last_error = "a poll was not answered in full"
        if self._is_due(SENSORS, self._sensors_cycle, period_ms):
            await self._ask(abc.STATUS)
            self._sensors_cycle = self._cycle + _SENSORS_CYCLES
        if self._is_protecting() or self._is_due(PROTECTION, self._protection_cycle, period_ms):
            await self._ask_protection()
        if self._once_tries < _ONCE_TRIES:
            await self._ask_once()
        self._cycle += 1
        battery.touch()
        return is_good

    def _count(self):
        # Since the status before it, on whichever link that came: with links that take turns
        # every reading has a link of its own. Uptime, not ticks, so that a gap of a week is
        # one; its tenths add up to the whole, because each ends where the next begins.
        sample = self._battery.sample
        taken_s10 = sample.taken_s10[STATUS]
        if taken_s10 == self._counted_s10:
            return  # in fast mode: the next one counts for both
        elapsed_ms = None if self._counted_s10 < 0 else (taken_s10 - self._counted_s10) * 100
        self._counted_s10 = taken_s10
        self._battery.counters.update(sample.current_ma, sample.battery_mv, elapsed_ms)

    async def _ask_once(self):
        now_s10 = self._clock.uptime_s10()
        sample = self._battery.sample
        self._once_tries += 1
        is_done = True
        if not sample.is_fresh(NAME, now_s10, _ONCE_S10):
            is_done = await self._ask(abc.NAME)
        for group in range(CELL_LIMITS, BALANCE + 1):
            if not sample.is_fresh(group, now_s10, _ONCE_S10):
                is_done = await self._ask(abc.SETTINGS) and is_done
                break
        if is_done:
            self._once_tries = _ONCE_TRIES

    def _is_due(self, group, cycle, period_ms):
        # When its cycle has come, or sooner if it would go stale before the cycle after next:
        # a value asked every tenth cycle must not be null for a moment in each round.
        if self._cycle >= cycle:
            return True
        if group == PROTECTION and self._protection_misses >= _PROTECTION_TRIES:
            return False
        age_s10 = self._battery.sample.age_s10(group, self._clock.uptime_s10())
        return age_s10 is not None and age_s10 + period_ms // 50 > self._battery.stale_s10

    def _is_protecting(self):
        # Then its bytes are asked each cycle, so that the alarm begins and ends with them.
        sample = self._battery.sample
        if self._protection_misses >= _PROTECTION_TRIES or sample.taken_s10[SENSORS] < 0:
            return False
        return not (sample.chg_fet and sample.dis_fet) or any(sample.protection)

    async def _ask_protection(self):
        if await self._ask(abc.PROTECTION):
            self._protection_misses = 0
        elif self._protection_misses < _PROTECTION_TRIES:
            self._protection_misses += 1
        is_missing = self._protection_misses >= _PROTECTION_TRIES
        rest = _PROTECTION_REST_CYCLES if is_missing else _PROTECTION_CYCLES
        self._protection_cycle = self._cycle + rest

    async def _ask(self, request):
        # Send a request, with one retry, and take frames until its replies are there; true if
        # they all came. Frames of another request that come meanwhile are as good as any.
        clock = self._clock
        link = self._link
        sample = self._battery.sample
        expected = abc.replies(request, sample.series)
        got = 0
        self._is_silent = True
        for _ in range(_TRIES):
            now_ms = clock.ticks_ms()
            link.send(request)
            self._frames.note_request(self._number, request, now_ms)
            start = now_ms
            while clock.ticks_diff(now_ms, start) < _REPLY_MS:
                n = link.ring.take(self._frame)
                if n < 0:
                    if not link.is_open:
                        raise self._central.LinkLost("the link dropped")
                    await clock.sleep_ms(_LOOK_MS)
                    now_ms = clock.ticks_ms()
                    continue
                got |= self._take(n, now_ms)
                self._is_silent = False
                if got >> PACK & 1 and request == abc.DETAIL:
                    # F3 has just told how many frames of cells there are.
                    expected = abc.replies(request, sample.series)
                if got & expected == expected:
                    await clock.sleep_ms(_PACE_MS)
                    return True
        return False

    # Hot path: no allocation; host_tests/upy checks it.
    def _take(self, n, now_ms):
        battery = self._battery
        self._frames.note_frame(self._number, self._frame, n, now_ms)
        group = abc.decode(self._frame, n, battery.sample)
        if group < 0:
            battery.link.reject(-group - 1)
            return 0
        battery.sample.stamp(group, self._clock.uptime_s10())
        # With each frame, not each poll: the bank counts a battery from its first one on.
        battery.touch()
        return 1 << group
