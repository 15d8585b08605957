"""What the fake `network` does, point by point, after ports/esp32/network_wlan.c (1.28)."""

import network

from host_tests.fakes.clock import FakeClock
from host_tests.fakes.router import ROUTER
from host_tests.support import raises


def station(is_active=True, reconnects=0):
    ROUTER.reset(FakeClock())
    wlan = network.WLAN(network.STA_IF)
    if is_active:
        wlan.active(True)
        wlan.config(reconnects=reconnects)
    return wlan


def wait(seconds):
    ROUTER.clock.now_ms += seconds * 1000


def joined():
    wlan = station()
    wlan.connect("boat", "secret word")
    wait(5)
    assert wlan.isconnected()
    return wlan


def test_calls_when_not_active_then_not_started():
    wlan = station(is_active=False)
    assert not wlan.active()
    assert str(raises(OSError, wlan.connect, "boat", "secret word")) == "Wifi Not Started"
    assert str(raises(OSError, wlan.disconnect)) == "Wifi Not Started"
    assert wlan.status() == 1000
    assert not wlan.isconnected()


def test_arguments_when_wrong_then_refused():
    wlan = station()
    raises(ValueError, network.WLAN, 7)
    raises(ValueError, wlan.status, "ssid")
    raises(TypeError, wlan.config)
    raises(TypeError, lambda: wlan.connect(ssid="boat"))
    raises(TypeError, wlan.connect, "boat", "secret word", b"bssid!")
    raises(TypeError, lambda: network.WLAN(interface_id=0))
    raises(TypeError, lambda: wlan.active(is_active=True))
    raises(ValueError, lambda: wlan.config(reconnect=0))
    raises(ValueError, network.hostname, "x" * 33)


def test_connect_when_router_is_there_then_connecting_then_an_address():
    wlan = station()
    wlan.connect("boat", "secret word")
    assert (wlan.status(), wlan.isconnected()) == (1001, False)
    assert wlan.ifconfig()[0] == "0.0.0.0"
    assert str(raises(OSError, wlan.status, "rssi")) == "Wifi Not Connected"
    wait(4)
    assert (wlan.status(), wlan.isconnected()) == (1010, True)
    assert wlan.ifconfig()[0] == "192.168.1.50"
    assert wlan.status("rssi") == -61


def test_connect_when_connecting_or_connected_then_internal_error():
    wlan = station()
    wlan.connect("boat", "secret word")
    exc = raises(OSError, wlan.connect, "boat", "secret word")
    assert (str(exc), len(exc.args)) == ("Wifi Internal Error", 1)  # a text and no errno
    wait(4)
    raises(OSError, wlan.connect, "boat", "secret word")
    wlan.disconnect()
    assert wlan.status() == 1000
    wlan.connect("boat", "secret word")
    assert ROUTER.attempts == 2


def test_status_when_no_reconnects_then_the_true_reason():
    for reason, status in ((15, 15), (202, 202), (204, 204), (205, 202)):
        wlan = station()
        ROUTER.refusal = reason
        wlan.connect("boat", "wrong word")
        wait(5)
        assert wlan.status() == status
    wlan = station()
    wlan.connect("barge", "secret word")
    wait(5)
    assert wlan.status() == 201


def test_status_when_reconnecting_for_ever_then_some_reasons_are_hidden():
    wlan = station(reconnects=-1)
    ROUTER.refusal = 15
    wlan.connect("boat", "wrong word")
    wait(60)
    assert wlan.status() == 1001
    raises(OSError, wlan.connect, "boat", "secret word")


def test_status_when_a_new_attempt_runs_then_still_the_old_reason():
    wlan = station()
    wlan.connect("barge", "secret word")
    wait(5)
    wlan.connect("boat", "secret word")
    assert wlan.status() == 201
    wait(5)
    assert wlan.status() == 1010


def test_router_when_off_then_disconnected_after_the_beacon_timeout():
    wlan = joined()
    ROUTER.leave()
    wait(5)
    assert wlan.isconnected()
    wait(2)
    assert (wlan.isconnected(), wlan.status()) == (False, 200)
    ROUTER.come_back()
    wait(600)
    assert not wlan.isconnected()  # reconnects=0: nobody tries


def test_router_when_off_and_reconnecting_for_ever_then_joined_again():
    wlan = station(reconnects=-1)
    wlan.connect("boat", "secret word")
    wait(5)
    ROUTER.leave()
    wait(600)
    assert not wlan.isconnected()
    ROUTER.come_back()
    wait(10)
    assert wlan.isconnected()


def test_router_when_dead_then_isconnected_stays_true_and_a_new_attempt_never_ends():
    wlan = joined()
    ROUTER.die()
    wait(86400)
    assert (wlan.isconnected(), wlan.status()) == (True, 1010)
    wlan.disconnect()
    wlan.connect("boat", "secret word")
    wait(86400)
    # Idle, because it was left on purpose before: that reason goes first in the source, too.
    assert (wlan.isconnected(), wlan.status()) == (False, 1000)
    raises(OSError, wlan.connect, "boat", "secret word")
    ROUTER.come_back()
    assert wlan.isconnected()


def test_active_when_switched_off_then_disconnected_and_stays_so():
    wlan = joined()
    wlan.active(False)
    assert not wlan.isconnected()
    wlan.active(True)
    wait(60)
    assert (wlan.isconnected(), wlan.status()) == (False, 1000)
    assert ROUTER.starts == 2
    wlan.connect("boat", "secret word")
    wait(5)
    assert wlan.isconnected()


def test_hostname_when_set_after_the_first_address_then_mdns_keeps_the_old_one():
    joined()
    network.hostname("late")
    network.WLAN().disconnect()
    network.WLAN().connect("boat", "secret word")
    wait(5)
    assert network.WLAN().isconnected()
    assert (network.hostname(), ROUTER.hostname_at_address) == ("late", "mpy-esp32")
