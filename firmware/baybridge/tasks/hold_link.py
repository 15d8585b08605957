"""Holds one battery's link: finds it, opens the link, has it polled, lets go, tries again.

Where there are more batteries than links they take turns: connect, read once, release. A battery
that is not advertising is asleep, away or with somebody's phone: a normal state, and we listen
for it rather than hammer it. Field experience behind the numbers: protocol.md 1.5.
"""

from micropython import const

from baybridge.battery import link as states
from baybridge.battery.sample import STATUS
from baybridge.protocol.advert import address_text

# Seconds until the next attempt.
_BACK_OFF_S = const((2, 5, 15, 60))
# Connected but silent for so long is not connected (protocol.md 7.10).
_SILENT_S10 = const(200)
_SCAN_MS = const(3000)
# While a battery is absent: how often to listen, and for how long.
_LISTEN_EVERY_S = const(8)
_LISTEN_MS = const(2000)
_LISTEN_AGE_S10 = const(20)
# The least time between two cycles, also in fast mode: Wi-Fi needs the radio too.
_MIN_REST_MS = const(50)
_SLICE_MS = const(500)
_TURN_LOOK_MS = const(50)


class Turns:
    """The radio's links, given out first come, first served."""

    def __init__(self, links, clock):
        self.free = links
        self._waiting = []
        self._clock = clock

    @property
    def is_wanted(self):
        """Whether somebody waits for a link."""
        return len(self._waiting) > 0

    async def take(self, who, job):
        """Wait for a link."""
        self._waiting.append(who)
        try:
            while self.free == 0 or self._waiting[0] is not who:
                job.beat()
                await self._clock.sleep_ms(_TURN_LOOK_MS)
            self.free -= 1
        finally:
            self._waiting.remove(who)

    def give_back(self):
        """Return a link."""
        self.free += 1


class Holder:
    """Keeps one battery read.

    place is (addr_type, address) or None when the battery is to be found by match, the
    beginning of its advertised name.
    """

    def __init__(
        self, battery, poller, link, central, turns, listener, ladder, clock, poll_ms, place, match
    ):
        self._battery = battery
        self._poller = poller
        self._link = link
        self._central = central
        self._turns = turns
        self._listener = listener
        self._ladder = ladder
        self._clock = clock
        self._poll_ms = poll_ms
        self._place = place
        self._match = match
        # Set by the app: tells whether an address is another battery's.
        self.is_taken = lambda address: False
        # Attempts in a row that came to nothing. A link that was read and then lost is none.
        self._failures = 0
        self._was_read = False
        self._opened_s10 = 0
        self._released_until_s10 = 0
        self._fast_until_s10 = 0

    @property
    def place(self):
        """Where the battery is, (addr_type, address), or None before it was found."""
        return self._place

    def set_period(self, poll_ms):
        """Poll this often from now on."""
        self._poll_ms = poll_ms

    def release(self, minutes):
        """Let go of the battery for so long, so that a phone can have it; 0 takes it back."""
        self._released_until_s10 = self._clock.uptime_s10() + minutes * 600
        if minutes:
            self._fast_until_s10 = 0

    def fast(self, minutes):
        """Poll as fast as the link goes for so long; 0 ends that, anything ends a release."""
        self._fast_until_s10 = self._clock.uptime_s10() + minutes * 600
        if minutes:
            self._released_until_s10 = 0

    @property
    def is_released(self):
        """Whether a release is under way."""
        return self._clock.uptime_s10() < self._released_until_s10

    def _period_ms(self):
        return 0 if self._clock.uptime_s10() < self._fast_until_s10 else self._poll_ms

    async def run(self, job):
        """Hold the link for ever; job.beat() is told of every bit of progress."""
        central = self._central
        while True:
            if self.is_released:
                self._set_state(states.RELEASED)
                job.beat()
                await self._clock.sleep_ms(500)
                continue
            try:
                await self._take_turn(job)
            except central.Absent as exc:
                self._fail(states.ABSENT, exc)
                await self._ladder.note_absent()
            except central.Refused as exc:
                self._fail(states.FAILED, exc)
                # The radio's fault: a long rest would spare nobody.
                self._failures = 1
                await self._ladder.note_refused()
            except central.LinkLost as exc:
                self._fail(states.FAILED, exc)
                if await self._ladder.note_lost():
                    self._failures = 1
            except central.WrongDevice as exc:
                self._fail(states.FAILED, exc)
            else:
                # It was another's turn, or a release began.
                self._failures = 0
                continue
            await self._rest(job)

    async def _take_turn(self, job):
        link = self._battery.link
        await self._turns.take(self, job)
        try:
            await self._session(job)
        except self._central.LinkLost:
            if link.state == states.CONNECTED:
                link.disconnects += 1
            raise
        finally:
            await self._link.close()
            self._turns.give_back()

    def _fail(self, state, exc):
        self._failures = 0 if self._was_read else self._failures + 1
        self._battery.link.last_error = str(exc)
        self._set_state(state)

    def _set_state(self, state):
        if self._battery.link.state != state:
            self._battery.link.state = state
            self._battery.touch()

    async def _session(self, job):
        # From nothing to a link that is polled until it is lost, released or another's turn.
        link = self._battery.link
        self._was_read = False
        if not self._failures and link.state != states.CONNECTED:
            # Later attempts leave "absent" or "failed" standing while they try.
            self._set_state(states.CONNECTING)
        job.beat()
        addr_type, address = self._place or await self._find()
        link.address = address_text(address)
        link.address_type = "random" if addr_type else "public"
        job.beat()
        await self._link.open(addr_type, address)
        self._ladder.note_opened()
        self._place = addr_type, address
        self._set_state(states.CONNECTED)
        self._opened_s10 = self._clock.uptime_s10()
        self._poller.begin()
        await self._poll_on(job)

    async def _poll_on(self, job):
        clock = self._clock
        while True:
            start = clock.ticks_ms()
            job.beat()
            if await self._poller.poll(self._period_ms()):
                self._was_read = True
                self._ladder.note_good()
                if self._turns.is_wanted:
                    return
            self._drop_if_silent()
            # In slices, so that a release or the beginning of a fast mode is felt at once.
            rest_ms = _SLICE_MS
            while rest_ms == _SLICE_MS:
                if self.is_released:
                    return
                past_ms = clock.ticks_diff(clock.ticks_ms(), start)
                rest_ms = max(_MIN_REST_MS, min(self._period_ms() - past_ms, _SLICE_MS))
                await clock.sleep_ms(rest_ms)
                job.beat()

    def _drop_if_silent(self):
        now_s10 = self._clock.uptime_s10()
        taken_s10 = self._battery.sample.taken_s10[STATUS]
        if now_s10 - max(taken_s10, self._opened_s10) > _SILENT_S10:
            raise self._central.LinkLost(
                f"connected, but it has said nothing for {_SILENT_S10 // 10} s"
            )

    async def _find(self):
        found = self._choose(await self._listener.hear(_LISTEN_AGE_S10, _SCAN_MS))
        if found is None:
            raise self._central.Absent(f"nothing called {self._match}… is advertising")
        return found

    def _choose(self, heard):
        # The battery among what was heard: by its address if that is known, else by its name.
        for name, addr_type, address, rssi_dbm in heard:
            if self._place is not None:
                is_it = address == self._place[1]
            else:
                is_it = name.startswith(self._match) and not self.is_taken(address)
            if is_it:
                self._battery.link.rssi_dbm = rssi_dbm
                self._battery.link.peer_name = name
                return addr_type, address
        return None

    async def _rest(self, job):
        # Until the next attempt. The longer rests are cut short by hearing the battery; then
        # it is dialed as it was heard, which also mends a wrong address type.
        rest_s = _BACK_OFF_S[min(max(self._failures, 1), len(_BACK_OFF_S)) - 1]
        is_absent = self._battery.link.state == states.ABSENT
        for second in range(rest_s):
            job.beat()
            if self.is_released:
                return
            if is_absent and second % _LISTEN_EVERY_S == _LISTEN_EVERY_S // 2:
                try:
                    found = self._choose(await self._listener.hear(_LISTEN_AGE_S10, _LISTEN_MS))
                except self._central.Refused:
                    found = None
                if found is not None:
                    self._place = found
                    return
            await self._clock.sleep_ms(1000)
