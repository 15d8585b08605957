"""The ESP32's own access point and the phones near it, for host_tests/fakes/router.py.

One radio serves it and the station. While the station looks for its network or joins it the
access point hears nothing (espressif/esp-idf#3583), and it goes where the station's router is.
Time is the router's.
"""

OPEN, WPA_PSK, WPA2_PSK, WPA_WPA2_PSK = 0, 2, 3, 4
# How long a phone stays on an access point that is deaf, and how soon it tries to come back.
PATIENCE_MS = 2000
RETURN_MS = 3000


class Phone:
    """One phone; it joins with a password and is on until it leaves or is cut off."""

    def __init__(self, mac, password):
        self.mac = mac
        self.password = password
        self.is_on = False
        # When it comes back by itself; None when it does not want to.
        self.back_ms = None


class SoftAp:
    """The access point as ESP-IDF's driver has it."""

    def __init__(self, router):
        self._router = router
        # Whether config() before active() is "kept", "forgotten" or "raises".
        self.early_config = "forgotten"
        self.address = "192.168.4.1"
        self.is_started = False
        self.starts = 0
        self.drops = 0  # phones that were cut off while they wanted to stay
        self.was_open = False  # on the air without a password when somebody could have looked
        self.phones = []
        self.forget()
        self._deaf_from_ms = None

    def forget(self):
        """Have the driver's own configuration: a name of its own, and nothing to keep out."""
        self.essid = "ESP_000001"
        self.security = OPEN
        self.password = ""
        self.max_clients = 4
        self.channel = 1

    # The hands of a test.

    def join(self, password, mac=b"\x02\x00\x00\x00\x00\x99"):
        """Let a phone try to join; return it, on or not."""
        self._router.settle()
        phone = Phone(mac, password)
        self.phones.append(phone)
        self._try(phone)
        return phone

    def leave(self, phone):
        """Let a phone go away."""
        self._router.settle()
        phone.is_on = False
        phone.back_ms = None

    # What the driver does.

    def stations(self):
        """Return the phones that are on."""
        return [phone for phone in self.phones if phone.is_on]

    def start(self):
        if not self.is_started:
            self.is_started = True
            self.starts += 1
            for phone in self.phones:
                self._try(phone)

    def stop(self):
        if self.is_started:
            self.is_started = False
            self.forget()
            self._cut()

    def configured(self):
        """Go on the air anew with another configuration."""
        for phone in self.stations():
            if self.security != OPEN and phone.password != self.password:
                phone.is_on = False

    def go_deaf(self, now_ms):
        """Begin to hear nothing."""
        if self._deaf_from_ms is None:
            self._deaf_from_ms = now_ms

    def hear_again(self, now_ms):
        """Hear again; who had no patience is gone."""
        self.settle(now_ms)
        self._deaf_from_ms = None

    def move(self, channel):
        """Go to another channel; the phones have to find it there."""
        if channel != self.channel:
            self.channel = channel
            self._cut()

    def settle(self, now_ms):
        """Let happen what is due."""
        if self._deaf_from_ms is not None:
            if now_ms - self._deaf_from_ms >= PATIENCE_MS:
                self._cut()
            return
        for phone in self.phones:
            if phone.back_ms is not None and now_ms >= phone.back_ms:
                self._try(phone)

    def _cut(self):
        for phone in self.stations():
            self.drops += 1
            phone.is_on = False
            phone.back_ms = self._router.now_ms() + RETURN_MS

    def _try(self, phone):
        is_let = self.security == OPEN or phone.password == self.password
        has_room = len(self.stations()) < self.max_clients
        if self.is_started and is_let and has_room and self._deaf_from_ms is None:
            phone.is_on = True
            phone.back_ms = None
