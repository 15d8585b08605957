"""The ESP32's `network`: station and access point, no kinder than ports/esp32/network_wlan.c.

Its points are stated one by one in host_tests/ports/test_fake_network.py and
test_fake_access_point.py. A test's hands are in host_tests/fakes/router.py and soft_ap.py. Not
here: static addresses, Ethernet.
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
AUTH_OPEN = 0
AUTH_WPA2_PSK = 3

_AUTH_FAIL = 202
_CONNECTION_FAIL = 205
_STICKY = (201, 210, 211, 212)


# What a configuration is kept under, by either of its names.
_AP_NAMES = {
    "ssid": "essid",
    "essid": "essid",
    "key": "password",
    "password": "password",
    "security": "security",
    "authmode": "security",
    "max_clients": "max_clients",
}


class WLAN:
    """One of the two interfaces; every object of one is the same."""

    IF_STA = STA_IF
    IF_AP = AP_IF

    def __init__(self, *interface_id):
        if interface_id and interface_id[0] not in (STA_IF, AP_IF):
            raise ValueError("invalid WLAN interface identifier")
        self._is_ap = bool(interface_id) and interface_id[0] == AP_IF

    def _require(self, is_ap):
        if self._is_ap != is_ap:
            raise OSError("AP required" if is_ap else "STA required")

    def active(self, *is_active):
        ROUTER.settle()
        if self._is_ap:
            if is_active:
                if is_active[0]:
                    ROUTER.ap.start()
                else:
                    ROUTER.ap.stop()
            return ROUTER.ap.is_started
        if is_active:
            is_active = is_active[0]
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
        _need_station()
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
        _need_station()
        ROUTER.settle()
        ROUTER.part()

    def scan(self):
        ROUTER.settle()
        if not ROUTER.is_started:
            raise OSError("STA must be active")
        return ROUTER.scan()

    def isconnected(self):
        ROUTER.settle()
        if self._is_ap:
            return len(ROUTER.ap.stations()) > 0
        return ROUTER.is_connected

    def status(self, *param):
        ROUTER.settle()
        if param:
            if param[0] == "stations":
                self._require(is_ap=True)
                if not ROUTER.ap.is_started:
                    raise OSError("Wifi Invalid Mode")
                return [(phone.mac,) for phone in ROUTER.ap.stations()]
            if param[0] != "rssi":
                raise ValueError("unknown status param")
            self._require(is_ap=False)
            if not ROUTER.is_connected:
                raise OSError("Wifi Not Connected")
            return ROUTER.rssi_dbm
        if self._is_ap:
            return None
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
        if self._is_ap:
            # The interface has its address before it is on the air.
            ip = ROUTER.ap.address
            return ip, "255.255.255.0", ip, "0.0.0.0"
        return ROUTER.address if ROUTER.is_connected else ("0.0.0.0",) * 4

    def config(self, *param, **kwargs):
        if bool(param) == bool(kwargs) or len(param) > 1:
            raise TypeError("either pos or kw args are allowed")
        if self._is_ap:
            return _configure_ap(param, kwargs)
        if param:
            raise ValueError("unknown config param")
        for name, value in kwargs.items():
            if name in _AP_NAMES:
                self._require(is_ap=True)
            if name not in ("reconnects", "pm", "txpower", "protocol", "mac", "channel"):
                raise ValueError("unknown config param")
            ROUTER.settings[name] = value
        if "reconnects" in kwargs:
            ROUTER.limit = 0 if kwargs["reconnects"] == -1 else kwargs["reconnects"] + 1
        return None


def _need_station():
    if not ROUTER.is_started:
        raise OSError("Wifi Invalid Mode" if ROUTER.ap.is_started else "Wifi Not Started")


def _configure_ap(param, kwargs):
    ap = ROUTER.ap
    ROUTER.settle()
    if param:
        if param[0] not in ("essid", "ssid", "security", "authmode", "max_clients", "channel"):
            raise ValueError("unknown config param")  # a password cannot be asked for
        return getattr(ap, _AP_NAMES.get(param[0], param[0]))
    given = {}
    for name, value in kwargs.items():
        if name == "reconnects":
            raise OSError("STA required")
        if name not in _AP_NAMES:
            raise ValueError("unknown config param")
        given[_AP_NAMES[name]] = value
    if not ap.is_started:
        # Not one behaviour: micropython#7504 and #8407 against the port's own documentation.
        if ap.early_config == "raises":
            raise OSError("Wifi Invalid Mode")
        if ap.early_config == "forgotten":
            return None
    security = given.get("security", ap.security)
    password = given.get("password", ap.password)
    # ESP_ERR_INVALID_ARG has no text of its own in esp_exceptions(). Nothing was taken over.
    if security not in (0, 2, 3, 4) or (security and not 8 <= len(password) <= 63):
        raise RuntimeError("Wifi Unknown Error 0x0102")
    for name, value in given.items():
        setattr(ap, name, value)
    ap.configured()
    return None


def hostname(*name):
    if not name:
        return ROUTER.hostname
    if len(name[0]) > 32:
        raise ValueError
    ROUTER.hostname = name[0]
    return None
