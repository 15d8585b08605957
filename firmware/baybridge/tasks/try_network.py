"""A network somebody asked for is joined once before it is kept: no typing error costs the access.

Made for each test and run by tasks/keep_wifi.py, which owns the station. While it runs the access
point stays on the air, on the router's channel: a phone on it may be gone for some seconds.
"""

from micropython import const

# A right password fails now and then beside Bluetooth, so there is a second attempt.
_ATTEMPTS = const(2)
_ATTEMPT_S = const(20)  # association and DHCP
# After a disconnect(), before the next call (micropython#17661).
_PAUSE_S = const(2)

RUNNING = "running"
JOINED = "joined"
FAILED = "failed"

_WHY = (
    (
        "wrong_password",
        'The password is not the one of "%s", or the signal is too weak to agree on it: '
        "check the password, or bring the bridge nearer.",
    ),
    (
        "no_network",
        '"%s" is not heard: check its name, that it is on the 2.4 GHz band with WPA2, and '
        "the distance.",
    ),
    (
        "no_address",
        '"%s" took the password but gave no address: start the router again, look at its DHCP.',
    ),
    (
        "refused",
        '"%s" refused this bridge: look at its list of allowed devices and its limit of them.',
    ),
)


class Trial:
    """The test of one Wifi; keep() stores it and raises OSError or ValueError with a sentence."""

    def __init__(self, wifi, keep, clock):
        self.wifi = wifi
        self.ssid = wifi.ssid
        self.state = RUNNING
        self.is_waiting = True
        self.ip = None
        self.message = 'Joining "%s". The access point may be gone for some seconds.' % self.ssid
        self._keep = keep
        self._clock = clock

    async def run(self, beat):
        """Join and keep; return whether both were done."""
        self.is_waiting = False
        if not await self._join(beat):
            return False
        ip = self.wifi.ip()
        try:
            self._keep()
        except (OSError, ValueError) as exc:
            self.fail('"%s" was joined but cannot be kept: %s' % (self.ssid, exc))
            self.wifi.disconnect()
            return False
        self.ip = ip
        self.state = JOINED
        self.message = 'Joined "%s". There, the bridge has the address %s.' % (self.ssid, ip)
        return True

    def fail(self, message):
        """End the test with a sentence."""
        self.is_waiting = False
        self.state = FAILED
        self.message = message

    async def _join(self, beat):
        wifi = self.wifi
        for _ in range(_ATTEMPTS):
            is_begun = wifi.start()
            wifi.disconnect()
            await self._rest(beat, _PAUSE_S)
            if is_begun and wifi.connect():
                for _ in range(_ATTEMPT_S):
                    await self._rest(beat, 1)
                    if wifi.is_connected():
                        return True
                word, sentence = wifi.failure()
            else:
                word, sentence = "failed", wifi.last_error
        wifi.disconnect()
        for known, why in _WHY:
            if word == known:
                sentence = why % self.ssid
        self.fail(sentence)
        return False

    async def _rest(self, beat, seconds):
        for _ in range(seconds):
            beat()
            await self._clock.sleep_ms(1000)
