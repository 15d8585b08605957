"""What stands behind host_tests/fakes/network.py: the router and the hands that switch it off.

It moves by the clock it is given, looked at whenever somebody asks, because the real driver
works on the other core. Without a clock everything happens at once. The board's own access point
is in host_tests/fakes/soft_ap.py.
"""

from host_tests.fakes.soft_ap import SoftAp

BEACON_TIMEOUT, NO_AP_FOUND, ASSOC_LEAVE = 200, 201, 8


class Router:
    """One network in the air, and the station as ESP-IDF's driver sees it."""

    def __init__(self):
        self.reset()

    def reset(self, clock=None, ssid="boat", password="secret word"):
        """Forget everything; the router is on and near."""
        self.clock = clock
        self.ssid = ssid
        self.password = password
        self.address = ("192.168.1.50", "255.255.255.0", "192.168.1.1", "192.168.1.1")
        self.rssi_dbm = -61
        # How it fails a wrong password: 202 or, as often, 15 or 204.
        self.refusal = 15
        # What connect() raises while connecting; another version says "... State Error".
        self.busy_error = "Wifi Internal Error"
        self.join_ms = 4000
        self.channel = 6
        # What else is in the air, as scan() returns it: the neighbours, a second router of the
        # same network, a hidden one, one whose name is no text.
        self.others = (
            (b"marina guests", b"\x02\x00\x00\x00\x00\x01", 1, -80, 0, False),
            (b"Sea Breeze", b"\x02\x00\x00\x00\x00\x02", 11, -74, 7, False),
            (b"boat", b"\x02\x00\x00\x00\x00\x03", 11, -79, 3, False),
            (b"", b"\x02\x00\x00\x00\x00\x04", 3, -66, 3, False),
            (b"caf\xe9", b"\x02\x00\x00\x00\x00\x05", 3, -70, 4, False),
        )
        self.scans = 0
        self.scan_block_ms = 1800
        self.scan_ms = 3000
        self.beacon_timeout_ms = 6000
        # On the air; and whether it also passes anything on, or is a box with a radio.
        self.is_near = True
        self.is_alive = True
        self.answers_probes = True
        # What the firmware did.
        self.attempts = 0
        self.refusals = 0
        self.starts = 0
        self.settings = {}
        self.hostname = "mpy-esp32"
        self.hostname_at_address = None
        # The station.
        self.is_started = False
        self.is_connected = False
        self.is_connecting = False
        self.is_requested = False
        self.reason = 0
        self.limit = 0
        self.retries = 0
        self._offer = (None, None)
        self._end_ms = 0
        self.ap = SoftAp(self)

    def now_ms(self):
        """Return the time by which all of this moves."""
        if self.clock is None:
            return self._end_ms
        # Virtual time, or real time, which starts at 0.
        if hasattr(self.clock, "now_ms"):
            return self.clock.now_ms
        return self.clock.uptime_s10() * 100

    # The hands of a test.

    def leave(self):
        """Go off the air."""
        self.settle()
        self.is_near = False
        self._end_ms = self.now_ms() + self.beacon_timeout_ms

    def come_back(self):
        """Be on the air again, and alive."""
        self.settle()
        self.is_near = self.is_alive = True

    def die(self):
        """Stay on the air and do nothing for anybody, as after a crash or a lost lease."""
        self.settle()
        self.is_alive = False

    def kick(self, reason):
        """End the station's connection with a reason."""
        self.settle()
        if self.is_connected:
            self._disconnected(reason)

    # What the driver does.

    def begin(self, ssid, password):
        """Begin an attempt to join."""
        self.attempts += 1
        self.retries = 0
        self._offer = (ssid, password)
        self._attempt()

    def _attempt(self):
        self.is_connecting = True
        self.ap.go_deaf(self.now_ms())
        is_heard = self.is_near and self._offer[0] == self.ssid
        self._end_ms = self.now_ms() + (self.join_ms if is_heard else self.scan_ms)

    def scan(self):
        """Listen to all channels; the caller waits, and the access point hears little."""
        self.scans += 1
        if self.is_connecting:
            return []  # esp_wifi_scan_start() fails then, and nobody looks
        if self.clock is not None and hasattr(self.clock, "now_ms"):
            self.clock.now_ms += self.scan_block_ms
        heard = list(self.others)
        if self.is_near:
            bssid = b"\x02\x00\x00\x00\x00\x06"
            security = 3 if self.password else 0
            row = (self.ssid.encode(), bssid, self.channel, self.rssi_dbm, security, False)
            heard.append(row)
        return heard

    def settle(self):
        """Let happen what is due by now."""
        self._settle_station()
        self.ap.settle(self.now_ms())

    def _settle_station(self):
        while self.now_ms() >= self._end_ms:
            if self.is_connected and not self.is_near:
                self._disconnected(BEACON_TIMEOUT)
            elif not self.is_connecting or not self._conclude():
                return
            if self.clock is None:
                return  # for ever would be at once

    def _conclude(self):
        # Returns whether something happened that may lead to more.
        ssid, password = self._offer
        if not self.is_near or ssid != self.ssid:
            self._disconnected(NO_AP_FOUND)
        elif password != self.password:
            self._disconnected(self.refusal)
        elif not self.is_alive:
            return False  # associated, and waiting for an address for ever
        else:
            self.is_connecting = False
            self.is_connected = True
            self.ap.hear_again(self._end_ms)
            self.ap.move(self.channel)
            self.reason = 0
            self.hostname_at_address = self.hostname_at_address or self.hostname
            return False
        return True

    def _disconnected(self, reason):
        self.is_connected = self.is_connecting = False
        self.ap.hear_again(self._end_ms)
        self.reason = reason
        if self.is_requested:
            if self.limit:
                self.retries += 1
                if self.retries >= self.limit:
                    return
            self._attempt()

    def part(self):
        """End connection or attempt from the station's side."""
        if self.is_connected or self.is_connecting:
            self.is_connected = self.is_connecting = False
            self.ap.hear_again(self.now_ms())
            self.reason = ASSOC_LEAVE


ROUTER = Router()
