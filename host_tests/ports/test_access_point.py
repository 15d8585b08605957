"""The access point's port on the strict fake, on both interpreters."""

import network

from baybridge.ports.access_point import AccessPoint
from host_tests.fakes.clock import FakeClock
from host_tests.fakes.router import ROUTER


def access_point(password="k3yk3yk3yk3y", early="forgotten"):
    ROUTER.reset(FakeClock())
    ROUTER.ap.early_config = early
    return AccessPoint("baybridge-0001", password)


def test_start_then_its_name_wpa2_and_its_password_whatever_the_driver_takes_early():
    for early in ("kept", "forgotten", "raises"):
        ap = access_point(early=early)
        assert (ap.is_on, ap.clients(), ap.ip()) == (False, 0, None)
        assert ap.start(), early
        assert (ROUTER.ap.essid, ROUTER.ap.security) == ("baybridge-0001", 3)
        assert (ROUTER.ap.password, ROUTER.ap.max_clients) == ("k3yk3yk3yk3y", 4)
        assert (ap.is_on, ap.ip(), ap.last_error) == (True, "192.168.4.1", None)
        assert not ROUTER.ap.join("").is_on
        assert ap.clients() == 0
        assert ROUTER.ap.join("k3yk3yk3yk3y").is_on
        assert ap.clients() == 1


def test_start_when_the_password_is_too_short_then_not_on_the_air_at_all():
    ap = access_point("seven77")
    assert not ap.start()
    assert not ap.is_on and ROUTER.ap.starts == 0
    assert ap.last_error == "the access point's password is too short"


def test_start_when_the_driver_takes_no_password_then_off_again():
    config = network.WLAN.config

    def forgetful(self, *param, **kwargs):
        return config(self, *param) if param else None

    def broken(self, *param, **kwargs):
        raise RuntimeError("Wifi Unknown Error 0x0101")

    cases = (
        (forgetful, "the access point does not take its password"),
        (broken, "the access point does not start: Wifi Unknown Error 0x0101"),
    )
    for fake, sentence in cases:
        ap = access_point()
        network.WLAN.config = fake
        try:
            assert not ap.start()
        finally:
            network.WLAN.config = config
        assert not ap.is_on and not ROUTER.ap.is_started
        assert ap.last_error == sentence
        assert ap.start()


def test_stop_then_off_and_harmless_when_off():
    ap = access_point()
    ap.stop()
    ap.start()
    ROUTER.ap.join("k3yk3yk3yk3y")
    ap.stop()
    assert (ap.is_on, ap.clients(), ap.ip()) == (False, 0, None)
    assert not ROUTER.ap.is_started
    assert ap.start() and ROUTER.ap.security == 3
