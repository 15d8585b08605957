"""Safe mode from its start to its end: the access point, the 15 minutes, the reset."""

import sys

import black_box
import safe_http
import safe_mode
from host_tests.fakes.hardware import BOARD
from host_tests.fakes.router import ROUTER
from host_tests.start.flash_rig import put
from host_tests.start.safe_rig import Rig
from host_tests.web.loopback import free_port


class QuickTime:
    """A minute passes with each look."""

    def __init__(self):
        self.now_s = 0

    def time(self):
        self.now_s += 60
        return self.now_s


def run(rig):
    """Run safe mode to its end; return how often the watchdog was fed."""
    safe_http.PORT = free_port()
    safe_http.TURN_S = 0.01
    real, safe_mode.time = safe_mode.time, QuickTime()
    try:
        safe_mode.run(rig.box, rig.root)
    except SystemExit:
        pass
    finally:
        safe_mode.time = real
    return BOARD.wdt_feeds


def test_run_when_nobody_comes_then_a_planned_reset_after_15_minutes():
    rig = Rig()
    put(rig.root, "access.txt", "k3yk3yk3yk3y\n")
    fed = run(rig)
    assert 10 <= fed <= 15
    assert BOARD.resets == 1
    assert BOARD.wdt_timeout_ms == 60000
    assert black_box.BlackBox().reason == "safe mode ended"


def test_access_point_when_its_password_is_on_the_flash_then_that_one():
    for early in ("kept", "forgotten", "raises"):
        rig = Rig()
        ROUTER.ap.early_config = early
        put(rig.root, "access.txt", "k3yk3yk3yk3y\n")
        assert safe_mode.start_access_point(rig.root)
        assert (ROUTER.ap.essid, ROUTER.ap.security) == ("baybridge-0001", 3)
        assert ROUTER.ap.password == "k3yk3yk3yk3y"
        assert ROUTER.ap.max_clients == 2
        assert not ROUTER.ap.join("").is_on
        assert ROUTER.ap.join("k3yk3yk3yk3y").is_on


def test_access_point_when_no_password_can_be_read_then_a_new_one_and_never_open():
    passwords = set()
    for text in (None, "", "short", "with a space in it", b"\xff\xfe", "x" * 64):
        rig = Rig()
        if text is not None:
            put(rig.root, "access.txt", text)
        assert safe_mode.start_access_point(rig.root)
        assert ROUTER.ap.security == 3
        assert len(ROUTER.ap.password) == 12
        passwords.add(ROUTER.ap.password)
    assert len(passwords) == 6


def test_access_point_when_the_driver_takes_no_password_then_off_the_air():
    import network

    config = network.WLAN.config

    def open_for_all(self, *param, **kwargs):
        return 0 if param else None

    def broken(self, *param, **kwargs):
        raise RuntimeError("Wifi Unknown Error 0x0101")

    for fake in (open_for_all, broken):
        rig = Rig()
        network.WLAN.config = fake
        try:
            assert not safe_mode.start_access_point(rig.root)
        finally:
            network.WLAN.config = config
        assert not ROUTER.ap.is_started


def test_frozen_version_when_the_image_has_none_then_false_and_nothing_is_lost():
    import baybridge.version as version

    path = sys.path[:]
    assert safe_mode.has_frozen() is False
    assert sys.path == path
    assert sys.modules["baybridge.version"] is version
