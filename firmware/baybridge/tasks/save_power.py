"""Lets the bridge sleep while its batteries are nearly empty: wake, read, log, decide.

Asleep there is no Wi-Fi, no page and no link, so it sleeps only where nobody would miss them: not
while a battery is charged, not while somebody asks, not in the ten minutes after a start by hand,
and not before a new version has proved itself.
"""

from micropython import const

from baybridge.battery import drain

_LOOK_MS = const(1000)
# After a wake-up: time to find the batteries, read them and log them.
_READ_S10 = const(300)
# A battery that cannot be found in this time is asleep itself.
_SEARCH_S10 = const(900)
# After a start by hand: time to find the bridge on the network and open its page.
_HAND_S10 = const(6000)
# Somebody who asked so long ago is gone.
_CLIENT_S10 = const(1200)


class PowerSaver:
    """Decides once a second; sleep(seconds, reason) saves everything and does not come back.

    is_wake: this start is the end of a sleep. count_served() counts answers to clients,
    has_clients() whether one is connected now, is_trial() whether the version is not confirmed.
    """

    def __init__(
        self, power, batteries, clock, is_wake, count_served, has_clients, is_trial, sleep
    ):
        self.power = power
        # Why the bridge is awake, as part of a sentence, for diagnostics.
        self.reason = "it has just started"
        self._batteries = batteries
        self._clock = clock
        self._is_wake = is_wake
        self._count_served = count_served
        self._has_clients = has_clients
        self._is_trial = is_trial
        self._sleep = sleep
        self._served = 0
        self._client_s10 = -_CLIENT_S10

    async def run(self, job):
        """Look for ever; job.beat() shows progress."""
        while True:
            job.beat()
            self.reason = self._why_awake(self._clock.uptime_s10())
            if self.reason is None:
                minutes = self.power["wake_min"]
                self.reason = "it is about to sleep"
                self._sleep(minutes * 60, "asleep for %d min: the battery is low" % minutes)
                await self._clock.sleep_ms(_SEARCH_S10 * 100)
            await self._clock.sleep_ms(_LOOK_MS)

    def _why_awake(self, now_s10):
        served = self._count_served()
        if served != self._served or self._has_clients():
            self._served = served
            self._client_s10 = now_s10
        if not self._is_wake and now_s10 < _HAND_S10:
            return "it was started less than ten minutes ago"
        if now_s10 < _READ_S10:
            return "it has just woken up"
        if now_s10 - self._client_s10 < _CLIENT_S10:
            return "somebody asked less than two minutes ago"
        if self._is_trial():
            return "its version is on trial"
        why = drain.why_awake(self.power, self._batteries, now_s10)
        # Batteries that went to sleep themselves are no reason to stay up for, once we slept.
        if why == "no battery is heard" and self._is_wake and now_s10 >= _SEARCH_S10:
            return None
        return why
