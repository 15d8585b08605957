"""Polls one battery: find it, connect, ask by need, keep what comes, let go when it fails.

C2 brings voltage, current, charge and cells and is asked each cycle; the rest only when it is
due, because each request costs the radio 100 ms that Wi-Fi and other batteries could have.
The battery's quirks are protocol.md 1.5 and 2.
"""

from micropython import const

from baybridge.battery import link as states
from baybridge.battery.sample import PACK, PROTECTION, SENSORS, STATUS
from baybridge.protocol import abc
from baybridge.protocol.advert import address_text

_LOOK_MS = const(10)
_REPLY_MS = const(1000)
_TRIES = const(2)
# The battery's radio wants a breath between two requests (platform.md 2.5: pace writes).
_PACE_MS = const(50)
# Connected but silent for so long is not connected (protocol.md 7.10).
_SILENT_S10 = const(200)
_SENSORS_CYCLES = const(4)
_PROTECTION_CYCLES = const(10)
# Not every battery sends F9. One that has ignored it so often is asked again but rarely.
_PROTECTION_TRIES = const(3)
_PROTECTION_REST_CYCLES = const(300)
# C0 and C3 are asked once a connection, and again in later cycles if part of it got lost.
_ONCE_TRIES = const(3)
_SCAN_MS = const(5000)
# Seconds until the next attempt; an absent battery is a normal state, not to be hammered.
_BACK_OFF_S = (2, 5, 15, 60)


class Poller:
    """The poll loop of one battery.

    number is the battery's index in the frame log; place is (addr_type, address) or None when
    it is to be found by match, the beginning of its advertised name.
    """

    def __init__(self, battery, number, link, central, clock, frames, poll_ms, place, match):
        self._battery = battery
        self._number = number
        self._link = link
        self._central = central
        self._clock = clock
        self._frames = frames
        self._poll_ms = poll_ms
        self._place = place
        self._match = match
        self._frame = bytearray(abc.FRAME_BYTES)
        # Whether the settings and the name were read on this connection, and how often tried.
        self._once_tries = 0
        self._has_once = 0
        self._cycle = 0
        self._protection_cycle = 0
        self._protection_misses = 0
        self._sensors_cycle = 0
        self._opened_s10 = 0
        self._failures = 0

    async def run(self, job):
        """Poll for ever; job.beat() is told of every bit of progress."""
        link = self._battery.link
        while True:
            try:
                await self._session(job)
            except self._central.Absent as exc:
                self._fail(states.ABSENT, exc)
            except self._central.LinkLost as exc:
                if link.state == states.CONNECTED:
                    link.disconnects += 1
                self._fail(states.FAILED, exc)
            finally:
                await self._link.close()
            rest_s = _BACK_OFF_S[min(self._failures, len(_BACK_OFF_S)) - 1]
            for _ in range(rest_s):
                job.beat()
                await self._clock.sleep_ms(1000)

    def _fail(self, state, exc):
        self._failures += 1
        link = self._battery.link
        link.last_error = str(exc)
        self._set_state(state)

    def _set_state(self, state):
        if self._battery.link.state != state:
            self._battery.link.state = state
            self._battery.touch()

    async def _session(self, job):
        # From nothing to a link that polls until it is lost.
        link = self._battery.link
        if self._failures < 2:
            # Later attempts leave "absent" or "failed" standing while they try.
            self._set_state(states.CONNECTING)
        job.beat()
        addr_type, address = self._place or await self._find()
        link.address = address_text(address)
        link.address_type = "random" if addr_type else "public"
        job.beat()
        await self._link.open(addr_type, address)
        self._set_state(states.CONNECTED)
        self._once_tries = self._has_once = 0
        self._protection_cycle = self._sensors_cycle = self._cycle = 0
        self._opened_s10 = self._clock.uptime_s10()
        clock = self._clock
        while True:
            start = clock.ticks_ms()
            job.beat()
            await self._poll()
            self._drop_if_silent()
            past_ms = clock.ticks_diff(clock.ticks_ms(), start)
            await clock.sleep_ms(max(self._poll_ms - past_ms, _PACE_MS))

    async def _find(self):
        await self._central.scan(_SCAN_MS)
        for name, addr_type, address, rssi_dbm in self._central.adverts.heard():
            if name.startswith(self._match):
                self._battery.link.rssi_dbm = rssi_dbm
                self._battery.link.peer_name = name
                return addr_type, address
        raise self._central.Absent(f"nothing called {self._match}… is advertising")

    def _drop_if_silent(self):
        now_s10 = self._clock.uptime_s10()
        taken_s10 = self._battery.sample.taken_s10[STATUS]
        if now_s10 - max(taken_s10, self._opened_s10) > _SILENT_S10:
            raise self._central.LinkLost(
                f"connected, but it has said nothing for {_SILENT_S10 // 10} s"
            )

    async def _poll(self):
        # One cycle. The order is by worth: what is shown first is asked first.
        battery = self._battery
        sample = battery.sample
        is_good = await self._ask(abc.DETAIL)
        battery.link.count_poll(is_good)
        if is_good:
            self._failures = 0
            battery.charge.update(sample.field11_mah, sample.rated_mah, sample.soc_pct)
        else:
            battery.link.last_error = "a poll was not answered in full"
        if self._is_due(SENSORS, self._sensors_cycle):
            await self._ask(abc.STATUS)
            self._sensors_cycle = self._cycle + _SENSORS_CYCLES
        if self._is_due(PROTECTION, self._protection_cycle) or self._is_fet_off():
            await self._ask_protection()
        if self._once_tries < _ONCE_TRIES and not self._has_all_once():
            self._once_tries += 1
            for request in (abc.NAME, abc.SETTINGS):
                if not self._has_once & 1 << request and await self._ask(request):
                    self._has_once |= 1 << request
        self._cycle += 1
        battery.touch()

    def _is_due(self, group, cycle):
        # When its cycle has come, or sooner if it would go stale before the cycle after next:
        # a value asked every tenth cycle must not be null for a moment in each round.
        if self._cycle >= cycle:
            return True
        if group == PROTECTION and self._protection_misses >= _PROTECTION_TRIES:
            return False
        age_s10 = self._battery.sample.age_s10(group, self._clock.uptime_s10())
        return age_s10 is not None and age_s10 + self._poll_ms // 50 > self._battery.stale_s10

    def _is_fet_off(self):
        sample = self._battery.sample
        if self._protection_misses >= _PROTECTION_TRIES or sample.taken_s10[SENSORS] < 0:
            return False
        return not (sample.chg_fet and sample.dis_fet)

    async def _ask_protection(self):
        if await self._ask(abc.PROTECTION):
            self._protection_misses = 0
        elif self._protection_misses < _PROTECTION_TRIES:
            self._protection_misses += 1
        is_missing = self._protection_misses >= _PROTECTION_TRIES
        rest = _PROTECTION_REST_CYCLES if is_missing else _PROTECTION_CYCLES
        self._protection_cycle = self._cycle + rest

    def _has_all_once(self):
        both = 1 << abc.NAME | 1 << abc.SETTINGS
        return self._has_once == both

    async def _ask(self, request):
        # Send a request, with one retry, and take frames until its replies are there; true if
        # they all came. Frames of another request that come meanwhile are as good as any.
        clock = self._clock
        link = self._link
        sample = self._battery.sample
        expected = abc.replies(request, sample.series)
        got = 0
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
