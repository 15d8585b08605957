"""Decides when the access point is on: no network is configured, or it has been gone for long.

It is off while the station works. The station's attempts to join make the access point deaf
(espressif/esp-idf#3583, platform.md 5.4), so none is made while somebody is on it, nor shortly
after: may_try() says so to tasks/keep_wifi.py. Made and imported when it is first needed.
"""

from micropython import const

from baybridge.tasks.keep_wifi import CONNECTED

# The station works: the page still shows the new address so long, and whoever was asked to wait
# for a phone that is on it is not asked for ever.
_LINGER_S10 = const(600)
_LONGEST_LINGER_S10 = const(6000)
# A phone whose screen goes dark leaves, and comes back.
_LEFT_S10 = const(600)
# The radio did not start: it may have no memory just now.
_REST_S10 = const(600)
_TURN_MS = const(1000)
_NAMES_MS = const(50)


class AccessKeeper:
    """Looks after one AccessPoint and its NameServer; keeper is the WifiKeeper."""

    def __init__(self, access_point, names, keeper, clock):
        self.access_point = access_point
        self.names = names
        self.starts = 0
        self.clients = 0
        self.last_error = None
        self._keeper = keeper
        self._clock = clock
        self._seen_s10 = -_LEFT_S10
        self._next_s10 = 0

    @property
    def is_on(self):
        """Tell whether the access point is on the air."""
        return self.access_point.is_on

    def may_try(self):
        """Tell whether the station may make an attempt to join now."""
        if not self.access_point.is_on:
            return True
        return not self.clients and self._clock.uptime_s10() - self._seen_s10 >= _LEFT_S10

    def start(self):
        """Switch the access point on."""
        self._next_s10 = self._clock.uptime_s10() + _REST_S10
        # The station first, if only for scans: to begin it later would disturb who is on.
        self._keeper.wifi.start()
        if not self.access_point.start():
            self.last_error = self.access_point.last_error
            return
        self.starts += 1
        if not self.names.start(self.access_point.ip()):
            # The page is there all the same, under its address.
            self.last_error = self.names.last_error

    def stop(self):
        """Switch the access point off."""
        self.names.stop()
        self.access_point.stop()
        self.clients = 0

    async def run(self, job):
        """Look after it for ever; job.beat() shows progress."""
        while True:
            job.beat()
            self._look()
            # Nobody asks before somebody is on it.
            if self.clients:
                for _ in range(_TURN_MS // _NAMES_MS):
                    self.names.poll()
                    await self._clock.sleep_ms(_NAMES_MS)
            else:
                await self._clock.sleep_ms(_TURN_MS)

    def _look(self):
        now_s10 = self._clock.uptime_s10()
        keeper = self._keeper
        if not self.access_point.is_on:
            if keeper.is_gone and now_s10 >= self._next_s10:
                self.start()
            return
        self.clients = self.access_point.clients()
        if self.clients:
            self._seen_s10 = now_s10
        if keeper.state != CONNECTED:
            return
        age_s10 = now_s10 - keeper.joined_s10
        # Who asked for the new network knows that this one ends. Anybody else on it is let go
        # on, but not for ever: the boat's network works, and phones find it.
        longest_s10 = _LINGER_S10 if keeper.is_tested else _LONGEST_LINGER_S10
        if age_s10 >= longest_s10 or (age_s10 >= _LINGER_S10 and not self.clients):
            self.stop()
