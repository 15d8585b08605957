"""A Wi-Fi network of the board's own, for a phone where there is no other; never an open one.

One look at it at a time: when it is on and when not is decided in tasks/keep_access.py. The facts
are those of ports/esp32/network_wlan.c and of platform.md 5.4. It shares its radio, and therefore
its channel, with the station.
"""

import network
from micropython import const

# More would take memory that the batteries' radio needs.
_MAX_CLIENTS = const(4)
_MIN_PASSWORD = const(8)  # WPA2
_WPA2 = const(3)
# esp_exceptions(): known codes are OSError with a text and no errno, others RuntimeError.
_ERRORS = (OSError, RuntimeError)


class AccessPoint:
    """The network ssid, behind WPA2 with this password."""

    def __init__(self, ssid, password):
        self.ssid = ssid
        self.is_on = False
        # A sentence about the latest call that failed.
        self.last_error = None
        self._password = password
        self._wlan = None

    def start(self):
        """Put the network on the air; return whether it is, with its password."""
        # The driver itself refuses such a password only after the network is on, and open.
        if len(self._password) < _MIN_PASSWORD:
            self.last_error = "the access point's password is too short"
            return False
        try:
            wlan = network.WLAN(network.AP_IF)
            try:
                # As MicroPython's documentation has it. Where the driver takes it only from an
                # interface that is on (#7504, #8407), it raises, or forgets it.
                self._configure(wlan)
            except _ERRORS:
                pass
            wlan.active(True)
            # Without this the network is "ESP_..." and open; for the moment until here it may be.
            self._configure(wlan)
            is_closed = wlan.config("security") == _WPA2
        except _ERRORS as exc:
            self.last_error = "the access point does not start: %s" % exc
            self.stop()
            return False
        if not is_closed:
            self.last_error = "the access point does not take its password"
            self.stop()
            return False
        self._wlan = wlan
        self.is_on = True
        return True

    def _configure(self, wlan):
        # In one call: each call on its own would be a network, too.
        wlan.config(
            essid=self.ssid,
            security=_WPA2,
            password=self._password,
            max_clients=_MAX_CLIENTS,
        )

    def stop(self):
        """Take the network off the air."""
        self.is_on = False
        self._wlan = None
        try:
            network.WLAN(network.AP_IF).active(False)
        except _ERRORS as exc:
            self.last_error = "the access point does not stop: %s" % exc

    def clients(self):
        """Return how many phones or computers are on it."""
        if self._wlan is None:
            return 0
        try:
            return len(self._wlan.status("stations"))
        except _ERRORS:
            return 0  # switched off between two lines

    def ip(self):
        """Return the board's address on it as text, or None while it is off."""
        return None if self._wlan is None else self._wlan.ifconfig()[0]
