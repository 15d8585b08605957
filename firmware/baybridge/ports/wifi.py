"""Wi-Fi as a station: one attempt to join at a time, and why the last one failed.

Nothing here waits, and nothing here tries again: tasks/keep_wifi.py decides when (platform.md 5
and 9, cases 16 to 21). The facts are those of ports/esp32/network_wlan.c. Power save stays as it
is: without it the chip aborts as soon as Bluetooth runs (espressif/esp-idf#5759).
"""

import network
from micropython import const

_CONNECTING = const(1001)
_IDLE = const(1000)

# WLAN.status(), most of them wifi_err_reason_t of ESP-IDF -> (word, what the owner can do).
# 202 also stands for 205, "connection failed"; a wrong WPA2 password shows as 15 or 204 as often
# as 202, because what fails is the handshake.
_PASSWORD = const("refused the password: check wifi.password, or bring the board nearer")
_NO_ADDRESS = const("gave no address in time: start it again, look at its DHCP")
_REASONS = (
    (2, "wrong_password", _PASSWORD),
    (15, "wrong_password", _PASSWORD),
    (202, "wrong_password", _PASSWORD),
    (204, "wrong_password", _PASSWORD),
    (200, "lost", "is not heard any more: it is off or too far away"),
    (201, "no_network", "is not heard: check wifi.ssid, its 2.4 GHz band and the distance"),
    (203, "refused", "refused this board: look at its list of allowed devices and its limit"),
    (210, "no_network", "has a security this board does not speak: set it to WPA2"),
    (211, "no_network", "has a security this board does not accept: set it to WPA2"),
    (212, "no_network", "is too weak here: bring the board or the router nearer"),
    (_CONNECTING, "no_address", _NO_ADDRESS),
    # "Left by ourselves" stays the reason, shown as idle, through all of the next attempt.
    (_IDLE, "no_address", _NO_ADDRESS),
)
# wifi_auth_mode_t of ESP-IDF -> what the owner calls it.
_SECURITIES = const(
    "open wep wpa wpa2 wpa_wpa2 enterprise wpa3 wpa2_wpa3 wapi owe enterprise_wpa3"
)
# Networks a scan returns at the most; a marina has more than anybody reads.
_MAX_NETWORKS = const(20)
# esp_exceptions(): known codes are OSError with a text and no errno, others RuntimeError.
_ERRORS = (OSError, RuntimeError)


class Wifi:
    """The station interface; name is the board's host name on the network."""

    # A sentence where the network is not ours to choose.
    why_fixed = None

    def __init__(self, name, ssid, password):
        self.ssid = ssid
        # Without a network's name the radio is not even started: it would cost 40 KB of memory.
        self.is_configured = bool(ssid)
        # A sentence about the latest call that failed; the reason of a failed attempt to join
        # is failure().
        self.last_error = None
        self._name = name
        self._password = password or None
        self._wlan = None

    def start(self):
        """Switch the interface on; return whether it is. Harmless when it is on already."""
        try:
            # Before the first address: the mDNS responder takes the name of that moment, once.
            network.hostname(self._name)
            wlan = network.WLAN(network.STA_IF)
            wlan.active(True)
            # The driver's own reconnect goes on for ever without a pause, and leaks while the
            # router is away (platform.md 5.6). With 0 the status also tells the true reason.
            wlan.config(reconnects=0)
        except _ERRORS as exc:
            self.last_error = "Wi-Fi does not start: %s" % exc
            return False
        self._wlan = wlan
        return True

    def stop(self):
        """Switch the interface off, which clears what the driver had got itself into."""
        if self._wlan is not None:
            try:
                self._wlan.active(False)
            except _ERRORS as exc:
                self.last_error = "Wi-Fi does not stop: %s" % exc

    def connect(self):
        """Begin one attempt to join and return; false if the driver refuses it.

        "Wifi Internal Error" is its word for "I am still connecting" (micropython#17661): after
        a disconnect() and a second's rest it takes the next attempt.
        """
        if self._wlan is None:
            self.last_error = "Wi-Fi is not started"
            return False
        try:
            self._wlan.connect(self.ssid, self._password)
        except _ERRORS as exc:
            self.last_error = "Wi-Fi does not connect: %s" % exc
            return False
        return True

    def disconnect(self):
        """Leave the network, or end the attempt to join it."""
        if self._wlan is not None:
            try:
                self._wlan.disconnect()
            except _ERRORS:
                pass  # it was not connected, or not even started: what was wanted

    def is_connected(self):
        """Tell whether the board has an address.

        True for ever after a router died or forgot us: only its radio signal counts.
        """
        return self._wlan is not None and self._wlan.isconnected()

    def scan(self):
        """Return the networks in the air as (ssid, rssi_dbm, security, channel), strongest first.

        None if the radio cannot listen. The whole board stands still for two seconds meanwhile,
        and who is on the access point hears little. The driver returns an empty list, too, when
        it is just connecting, so nobody may ask then.
        """
        if self._wlan is None:
            self.last_error = "Wi-Fi is not started"
            return None
        try:
            heard = self._wlan.scan()
        except _ERRORS as exc:
            self.last_error = "Wi-Fi does not listen: %s" % exc
            return None
        names = _SECURITIES.split()
        networks = []
        seen = set()
        for row in sorted(heard, key=lambda row: -row[3]):
            try:
                ssid = row[0].decode()
            except UnicodeError:
                continue  # the configuration could not name it
            # A hidden one has no name; of several routers of one network the nearest counts.
            if ssid and ssid not in seen and len(networks) < _MAX_NETWORKS:
                seen.add(ssid)
                security = names[row[4]] if row[4] < len(names) else "other"
                networks.append((ssid, row[3], security, row[2]))
        return networks

    # During an attempt the status is still the reason of the one before if that was 201, 202 or
    # 210 to 212, so it means something only when the attempt's time is over.
    def failure(self):
        """Return (word, sentence) of why the last attempt failed or the connection ended."""
        if self._wlan is None:
            return "failed", self.last_error
        code = self._wlan.status()
        for known, word, sentence in _REASONS:
            if code == known:
                return word, 'the network "%s" %s' % (self.ssid, sentence)
        return "failed", 'joining "%s" failed with reason %d' % (self.ssid, code)

    def ip(self):
        """Return the board's address as text, or None."""
        return self._address(0)

    def gateway(self):
        """Return the router's address as text, or None."""
        return self._address(2)

    def dns(self):
        """Return the name server's address as text, or None."""
        return self._address(3)

    def rssi_dbm(self):
        """Return the router's signal strength here, or None."""
        if self._wlan is None or not self._wlan.isconnected():
            return None
        try:
            return self._wlan.status("rssi")
        except _ERRORS:
            return None  # lost between two lines

    def _address(self, which):
        if self._wlan is None or not self._wlan.isconnected():
            return None
        address = self._wlan.ifconfig()[which]
        return None if address == "0.0.0.0" else address
