"""Wi-Fi as a whole, as its owner meets it: which way in there is now, what is in the air, join.

What is always needed is tasks/keep_wifi.py; the access point and the test of another network are
made when they are first asked for.
"""

from micropython import const

# A scan stops the whole board for two seconds, and anybody on the network may ask.
_SCAN_REST_S10 = const(100)


class Network:
    """The WifiKeeper and what it lacks; settings is the part "wifi" of the configuration in use.

    make_wifi(ssid, password) and make_access() -> (access point, name server) make the ports;
    add_job is the supervisor's. store(change) calls change(configuration) on the stored one and
    writes it, or returns what would be lost; store(None) only looks for that.
    """

    def __init__(self, keeper, settings, make_wifi, make_access, add_job, store, clock):
        self.keeper = keeper
        # The AccessKeeper once there was a need for one.
        self.access = None
        self._settings = settings
        self._make_wifi = make_wifi
        self._make_access = make_access
        self._add_job = add_job
        self._store = store
        self._clock = clock
        self._heard = None
        self._heard_s10 = 0
        keeper.on_gone = self.open_access

    @property
    def is_access_on(self):
        """Tell whether the access point is on the air."""
        return self.access is not None and self.access.is_on

    def has_clients(self):
        """Tell whether somebody is on the access point."""
        access = self.access
        return access is not None and access.is_on and access.clients > 0

    @property
    def trial(self):
        """The test of a network that goes on or was the last one; None before the first."""
        return self.keeper.trial

    def start(self):
        """Switch the radio on, early: as a station, or as an access point without a network."""
        self.keeper.start()
        if self.keeper.is_gone:
            self.open_access()

    def open_access(self):
        """Have an access point."""
        if self.access is None and self._make_access is not None:
            from baybridge.tasks.keep_access import AccessKeeper

            access_point, names = self._make_access()
            self.access = AccessKeeper(access_point, names, self.keeper, self._clock)
            self.keeper.may_try = self.access.may_try
            self.access.start()
            self._add_job("access", self.access.run, 60)
        self.keeper.on_gone = None

    def networks(self):
        """Return the networks in the air, see Wifi.scan(); OSError with a sentence if it fails."""
        now_s10 = self._clock.uptime_s10()
        if self._heard is not None and now_s10 - self._heard_s10 < _SCAN_REST_S10:
            return self._heard
        if self.keeper.is_trying:
            raise OSError("The bridge is joining a network just now and cannot listen.")
        wifi = self.keeper.wifi
        # Where no network is configured and no access point was needed the radio is off.
        heard = wifi.scan() if wifi.start() else None
        if heard is None:
            raise OSError("The bridge cannot listen: %s." % wifi.last_error)
        self._heard = heard
        self._heard_s10 = now_s10
        return heard

    def join(self, ssid, password):
        """Begin the test of a network; ValueError with a sentence if it cannot be now."""
        keeper = self.keeper
        if keeper.wifi.why_fixed:
            raise ValueError(keeper.wifi.why_fixed)
        if keeper.trial is not None and keeper.trial.state == "running":
            raise ValueError('"%s" is just being tried; wait for its end.' % keeper.trial.ssid)
        _refuse_loss(self._store(None))
        from baybridge.tasks.try_network import Trial

        def keep():
            def change(stored):
                stored["wifi"]["ssid"] = ssid
                stored["wifi"]["password"] = password

            _refuse_loss(self._store(change))
            self._settings["ssid"] = ssid
            self._settings["password"] = password

        keeper.trial = Trial(self._make_wifi(ssid, password), keep, self._clock)


def _refuse_loss(lost):
    if lost:
        raise ValueError(
            "The stored configuration has problems, and writing it would lose what was meant "
            "there. Put it right first: " + "; ".join(lost) + "."
        )
