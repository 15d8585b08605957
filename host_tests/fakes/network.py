"""The ESP32's `network` for one station, no kinder than ports/esp32/network_wlan.c.

Its points are stated one by one in host_tests/ports/test_fake_network.py. A test's hands are in
host_tests/fakes/router.py. Not here: the access point, scan, static addresses, Ethernet.
"""

from host_tests.fakes.router import ASSOC_LEAVE, ROUTER

STA_IF = 0
AP_IF = 1
STAT_IDLE = 1000
STAT_CONNECTING = 1001
STAT_GOT_IP = 1010
STAT_BEACON_TIMEOUT = 200
STAT_NO_AP_FOUND = 201
STAT_WRONG_PASSWORD = 202
STAT_ASSOC_FAIL = 203
STAT_HANDSHAKE_TIMEOUT = 204

_AUTH_FAIL = 202
_CONNECTION_FAIL = 205
_STICKY = (201, 210, 211, 212)


class WLAN:
    """The station interface; every object is the same one."""

    IF_STA = STA_IF
    IF_AP = AP_IF

    def __init__(self, *interface_id):
        if interface_id and interface_id[0] != STA_IF:
            raise ValueError("invalid WLAN interface identifier")

    def active(self, *is_active):
        if is_active:
            is_active = is_active[0]
            ROUTER.settle()
            if ROUTER.is_started and not is_active:
                ROUTER.part()
            elif is_active and not ROUTER.is_started:
                ROUTER.starts += 1
                ROUTER.retries = 0
            ROUTER.is_started = bool(is_active)
        return ROUTER.is_started

    def connect(self, *ssid_and_password, bssid=None):
        ssid, password = (ssid_and_password + (None, None))[:2]
        if len(ssid_and_password) > 2:
            raise TypeError("extra positional arguments given")
        if not ROUTER.is_started:
            raise OSError("Wifi Not Started")
        ROUTER.settle()
        if ROUTER.is_connecting or ROUTER.is_connected:
            ROUTER.refusals += 1
            raise OSError(ROUTER.busy_error)
        if not ssid:
            raise OSError("Wifi SSID Invalid")
        ROUTER.begin(ssid, password)
        ROUTER.is_requested = True

    def disconnect(self):
        # In this order: a disconnect that fails still ends the driver's own reconnect.
        ROUTER.is_requested = False
        if not ROUTER.is_started:
            raise OSError("Wifi Not Started")
        ROUTER.settle()
        ROUTER.part()

    def isconnected(self):
        ROUTER.settle()
        return ROUTER.is_connected

    def status(self, *param):
        ROUTER.settle()
        if param:
            if param[0] != "rssi":
                raise ValueError("unknown status param")
            if not ROUTER.is_connected:
                raise OSError("Wifi Not Connected")
            return ROUTER.rssi_dbm
        reason = ROUTER.reason
        if ROUTER.is_connected:
            return STAT_GOT_IP
        if reason in _STICKY:
            return reason
        if reason in (_AUTH_FAIL, _CONNECTION_FAIL):
            return _AUTH_FAIL
        if reason == ASSOC_LEAVE:
            return STAT_IDLE
        if ROUTER.is_requested and (not ROUTER.limit or ROUTER.retries < ROUTER.limit):
            return STAT_CONNECTING
        return reason or STAT_IDLE

    def ifconfig(self):
        ROUTER.settle()
        return ROUTER.address if ROUTER.is_connected else ("0.0.0.0",) * 4

    def config(self, *param, **kwargs):
        if param or not kwargs:
            raise TypeError("either pos or kw args are allowed")
        for name, value in kwargs.items():
            if name not in ("reconnects", "pm", "txpower", "protocol", "mac", "channel"):
                raise ValueError("unknown config param")
            ROUTER.settings[name] = value
        if "reconnects" in kwargs:
            ROUTER.limit = 0 if kwargs["reconnects"] == -1 else kwargs["reconnects"] + 1


def hostname(*name):
    if not name:
        return ROUTER.hostname
    if len(name[0]) > 32:
        raise ValueError
    ROUTER.hostname = name[0]
    return None
