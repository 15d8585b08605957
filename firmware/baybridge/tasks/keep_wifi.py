"""Keeps the board on its network: joins, notices that it is gone or dead, joins again.

The driver's own reconnect is off (ports/wifi.py says why); this one rests between attempts, so
that a router that is away for weeks costs neither memory nor the battery's radio. A connection
is believed only while something is heard over it: an HTTP answer taken, a time server's reply,
the router's answer to a knock. Nothing here ever resets the board: it still reads and logs.
"""

from micropython import const

# Seconds of rest after the first, second, ... failed attempt.
_BACK_OFF_S = const((2, 10, 60, 300))
# A wrong password does not mend itself, and some routers lock a client out that keeps trying.
_REFUSED_BACK_OFF_S = const((10, 60, 300, 900))
_ATTEMPT_S = const(20)  # association and DHCP, with the air shared with Bluetooth
# After a disconnect() or a restart, before the next call (micropython#17661, #15563).
_PAUSE_S = const(2)
# The interface is switched off and on before the 6th attempt in a row, then before each 12th,
# which is about once an hour.
_RESTART_AT = const(5)
_RESTART_EVERY = const(12)
# Connected for so long, the last connection counts as a good one.
_WELL_S10 = const(600)
_LOOK_S = const(2)
# Nothing heard for so long: ask the router.
_QUIET_S10 = const(3000)
_PROBE_MS = const(3000)
_PROBE_LOOK_MS = const(100)
_PROBE_REST_S10 = const(200)
_SILENT_PROBES = const(3)
# A router that ignored a knock when it was known to live may ignore all. Then a new connection
# is the only question left, and as nothing was heard, nobody misses us meanwhile.
_RENEW_S10 = const(36000)
# Gone for so long: an access point is wanted (tasks/keep_access.py).
_GONE_S10 = const(3000)

# What diagnostics show beside the words of ports/wifi.py.
OFF = "off"
CONNECTING = "connecting"
CONNECTED = "connected"


class WifiKeeper:
    """Looks after one Wifi; count_heard() grows with every HTTP answer that was taken."""

    def __init__(self, wifi, probe, clock, count_heard):
        self.wifi = wifi
        self.state = CONNECTING if wifi.is_configured else OFF
        # The latest failure or loss, kept while connected: it tells what happened last night.
        self.last_error = None
        if not wifi.is_configured:
            self.last_error = "no network is configured: set wifi.ssid and wifi.password"
        self.attempts = 0
        self.connects = 0
        self.disconnects = 0  # connections lost by themselves
        self.renewals = 0  # connections given up here, because nothing came over them
        self.restarts = 0  # of the interface
        # Whether the network in use is one that has just been tried, and when it was joined.
        self.is_tested = False
        self.joined_s10 = 0
        # An attempt goes on: the radio is nobody else's.
        self.is_trying = False
        # Somebody's wish to try another network (tasks/try_network.py), and its outcome later.
        self.trial = None
        # Called each second while the network is gone for long, until it is None.
        self.on_gone = None
        # Asked before and in every attempt: who is on the access point must not be cut off.
        self.may_try = lambda: True
        self._probe = probe
        self._clock = clock
        self._count_heard = count_heard
        self._heard = 0
        self._alive_s10 = None
        self._lost_s10 = 0
        # Whether the router answered a knock on this connection, and how many it ignored since.
        self._answers = False
        self._ignored = 0
        self._next_probe_s10 = 0
        self._failures = 0

    def note_alive(self):
        """Note that something was heard over this network just now."""
        self._alive_s10 = self._clock.uptime_s10()
        self._ignored = 0

    @property
    def alive_age_s10(self):
        """Tenths of a second since something was heard, None if never."""
        if self._alive_s10 is None:
            return None
        return self._clock.uptime_s10() - self._alive_s10

    @property
    def is_gone(self):
        """Tell whether there has been no network for five minutes, or none is configured."""
        if self.state == CONNECTED:
            return False
        if not self.wifi.is_configured:
            return True
        return self._clock.uptime_s10() - self._lost_s10 >= _GONE_S10

    def start(self):
        """Switch the interface on, early; run() joins."""
        if self.wifi.is_configured:
            self.wifi.start()

    async def run(self, job):
        """Join and stay for ever; job.beat() shows progress."""
        # After a restart of this task the driver may be in anything: leave that first.
        self.wifi.disconnect()
        self.is_trying = False
        if self.trial is not None and self.trial.state == "running":
            self.trial.fail("The bridge was interrupted; try again.")
        if self.state == CONNECTED:
            self._lose(CONNECTING, self.last_error)
        while True:
            is_wanted = self._is_trial_wanted()
            if not is_wanted and not (self.wifi.is_configured and self.may_try()):
                await self._rest(job, 1)
                continue
            self.is_trying = True
            is_joined = await self._try(self.trial, job) if is_wanted else await self._join(job)
            self.is_trying = False
            if is_joined is None:
                continue
            refused = False
            if is_joined:
                await self._stay(job)
                if self._clock.uptime_s10() - self.joined_s10 >= _WELL_S10:
                    self._failures = 0
            else:
                refused = self.state == "wrong_password"
            self.wifi.disconnect()
            rests = _REFUSED_BACK_OFF_S if refused else _BACK_OFF_S
            await self._rest(job, rests[min(self._failures, len(rests) - 1)])
            self._failures += 1

    async def _rest(self, job, seconds):
        for _ in range(seconds):
            job.beat()
            if self.on_gone is not None and self.is_gone:
                self.on_gone()
            await self._clock.sleep_ms(1000)
            if self._is_trial_wanted():
                return

    def _is_trial_wanted(self):
        return self.trial is not None and self.trial.is_waiting

    async def _try(self, trial, job):
        """Try the network that is wanted; return true, or None when things are as before."""
        before = self.state
        self.wifi.disconnect()
        self.state = CONNECTING
        if not await trial.run(job.beat):
            self.state = before
            return None
        self.wifi = trial.wifi
        self.last_error = None
        self._failures = 0
        self._note_joined(True)
        return True

    def _note_joined(self, is_tested):
        self.connects += 1
        self.state = CONNECTED
        self.is_tested = is_tested
        self.joined_s10 = self._clock.uptime_s10()
        # The router's DHCP has just answered.
        self.note_alive()

    async def _join(self, job):
        """Make one attempt; return whether it ended with an address, None if it was given up."""
        wifi = self.wifi
        if self._failures % _RESTART_EVERY == _RESTART_AT:
            self.restarts += 1
            wifi.stop()
            await self._rest(job, _PAUSE_S)
        self.attempts += 1
        # The state keeps the reason of the last failure while later attempts are made.
        if not wifi.start():
            self._fail("failed", wifi.last_error)
            return False
        if not wifi.connect():
            # It is connecting already, or was left connected by a soft reset.
            wifi.disconnect()
            await self._rest(job, _PAUSE_S)
            if not wifi.connect():
                self._fail("failed", wifi.last_error)
                return False
        for _ in range(_ATTEMPT_S):
            await self._rest(job, 1)
            if wifi.is_connected():
                self._note_joined(False)
                return True
            if self._is_trial_wanted() or not self.may_try():
                wifi.disconnect()
                return None
        self._fail(*wifi.failure())
        return False

    def _lose(self, state, sentence):
        self._lost_s10 = self._clock.uptime_s10()
        self._fail(state, sentence)

    def _fail(self, state, sentence):
        self.state = state
        self.last_error = sentence

    async def _stay(self, job):
        """Return when the connection is lost, or nothing comes over it any more."""
        self._heard = self._count_heard()
        # Now, while it is known to live: its silence later means something only if it answers.
        self._answers = await self._ask(job)
        while True:
            await self._rest(job, _LOOK_S)
            if self._is_trial_wanted():
                self._lose(CONNECTING, self.last_error)
                return
            if not self.wifi.is_connected():
                self.disconnects += 1
                self._lose(*self.wifi.failure())
                return
            heard = self._count_heard()
            if heard != self._heard:
                self._heard = heard
                self.note_alive()
            if self.alive_age_s10 >= _QUIET_S10 and not await self._is_alive(job):
                self.renewals += 1
                minutes = self.alive_age_s10 // 600
                self._lose(
                    "silent",
                    "connected, but nothing was heard for %d min: joining anew; "
                    "if this comes often, start the router again" % minutes,
                )
                return

    async def _is_alive(self, job):
        """Ask the router when it is time to; false once its silence means something."""
        now_s10 = self._clock.uptime_s10()
        if now_s10 >= self._next_probe_s10:
            self._next_probe_s10 = now_s10 + _PROBE_REST_S10
            if await self._ask(job):
                self._answers = True
                self.note_alive()
                return True
            self._ignored += 1
        if self._answers:
            return self._ignored < _SILENT_PROBES
        return self.alive_age_s10 < _RENEW_S10

    async def _ask(self, job):
        gateway = self.wifi.gateway()
        if gateway is None or not self._probe.begin(gateway):
            return False
        try:
            for _ in range(_PROBE_MS // _PROBE_LOOK_MS):
                await self._clock.sleep_ms(_PROBE_LOOK_MS)
                if self._probe.is_answered():
                    return True
        finally:
            self._probe.end()
        job.beat()
        return False
