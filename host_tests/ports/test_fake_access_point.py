"""What the fake `network` does as an access point, point by point.

After ports/esp32/network_wlan.c (1.28), platform.md 5.4, micropython#7504 and #8407.
"""

import network

from host_tests.fakes.clock import FakeClock
from host_tests.fakes.router import ROUTER
from host_tests.support import raises


def interfaces(early="forgotten"):
    ROUTER.reset(FakeClock())
    ROUTER.ap.early_config = early
    return network.WLAN(network.AP_IF), network.WLAN(network.STA_IF)


def wait(seconds):
    ROUTER.clock.now_ms += int(seconds * 1000)


def closed(ap):
    ap.active(True)
    ap.config(essid="bay", security=3, password="eight888", max_clients=2)


def on_air():
    ap, sta = interfaces()
    closed(ap)
    sta.active(True)
    sta.config(reconnects=0)
    return ap, sta


def test_access_point_when_only_active_then_open_and_of_a_name_of_its_own():
    ap, _ = interfaces()
    assert not ap.active()
    ap.active(True)
    assert (ap.active(), ap.config("essid"), ap.config("security")) == (True, "ESP_000001", 0)
    assert ROUTER.ap.join("").is_on


def test_config_when_not_active_then_kept_forgotten_or_refused():
    for early, essid in (("kept", "bay"), ("forgotten", "ESP_000001")):
        ap, _ = interfaces(early)
        ap.config(essid="bay")
        ap.active(True)
        assert ap.config("essid") == essid, early
    ap, _ = interfaces("raises")
    assert str(raises(OSError, lambda: ap.config(essid="bay"))) == "Wifi Invalid Mode"


def test_config_when_the_password_is_short_then_refused_and_nothing_taken():
    ap, _ = interfaces()
    ap.active(True)
    exc = raises(RuntimeError, lambda: ap.config(essid="bay", security=3, password="seven77"))
    assert str(exc) == "Wifi Unknown Error 0x0102"
    raises(RuntimeError, lambda: ap.config(security=3))
    raises(RuntimeError, lambda: ap.config(security=1, password="eight888"))
    assert (ap.config("essid"), ap.config("security")) == ("ESP_000001", 0)
    # A password without a security keeps nobody out.
    ap.config(password="eight888")
    assert ap.config("security") == 0


def test_config_when_of_the_other_interface_or_unknown_then_refused():
    ap, sta = interfaces()
    closed(ap)
    sta.active(True)
    assert str(raises(OSError, lambda: ap.config(reconnects=0))) == "STA required"
    assert str(raises(OSError, lambda: sta.config(essid="bay"))) == "AP required"
    assert str(raises(OSError, sta.status, "stations")) == "AP required"
    assert str(raises(OSError, ap.status, "rssi")) == "STA required"
    raises(ValueError, ap.config, "password")
    raises(ValueError, lambda: ap.config(hostname="bay"))
    raises(TypeError, ap.config)
    raises(TypeError, lambda: ap.config("essid", essid="bay"))


def test_phone_when_the_password_is_wrong_or_there_is_no_room_then_not_on():
    ap, _ = on_air()
    assert ap.status("stations") == [] and not ap.isconnected()
    assert not ROUTER.ap.join("eight889").is_on
    phones = [ROUTER.ap.join("eight888", bytes((2, 0, 0, 0, 0, n))) for n in (1, 2, 3)]
    assert [phone.is_on for phone in phones] == [True, True, False]
    assert ap.status("stations") == [(b"\x02\0\0\0\0\x01",), (b"\x02\0\0\0\0\x02",)]
    assert ap.isconnected() and ap.status() is None
    ROUTER.ap.leave(phones[0])
    assert len(ap.status("stations")) == 1
    ap.active(False)
    raises(OSError, ap.status, "stations")


def test_interfaces_when_one_goes_off_then_the_other_stays():
    ap, sta = on_air()
    phone = ROUTER.ap.join("eight888")
    sta.active(False)
    assert ap.active() and phone.is_on
    assert str(raises(OSError, sta.connect, "boat", "secret word")) == "Wifi Invalid Mode"
    sta.active(True)
    ap.active(False)
    assert sta.active() and not phone.is_on


def test_phone_when_the_station_looks_for_its_network_then_cut_off():
    ap, sta = on_air()
    phone = ROUTER.ap.join("eight888")
    ROUTER.leave()
    sta.connect("boat", "secret word")
    wait(1)
    assert phone.is_on and len(ap.status("stations")) == 1
    wait(1.5)
    assert ap.status("stations") == [] and ROUTER.ap.drops == 1
    # After the scan it can come back, and nobody else could join before.
    assert not ROUTER.ap.join("eight888").is_on
    wait(4)
    assert len(ap.status("stations")) == 1


def test_phone_when_the_driver_reconnects_for_ever_then_away_for_ever():
    ap, sta = on_air()
    phone = ROUTER.ap.join("eight888")
    ROUTER.leave()
    sta.config(reconnects=-1)
    sta.connect("boat", "secret word")
    on = 0
    for _ in range(60):
        wait(1)
        on += len(ap.status("stations"))
    assert on <= 2
    sta.disconnect()
    wait(4)
    assert len(ap.status("stations")) == 1 and phone.is_on


def test_channel_when_the_station_joins_then_the_router_s_and_the_phone_comes_back():
    ap, sta = on_air()
    phone = ROUTER.ap.join("eight888")
    assert ap.config("channel") == 1
    ROUTER.join_ms = 1000
    sta.connect("boat", "secret word")
    wait(1.5)
    assert sta.isconnected() and ap.config("channel") == 6
    assert not phone.is_on and ROUTER.ap.drops == 1
    wait(4)
    assert ap.isconnected()


def test_phone_when_the_station_is_joined_then_left_in_peace():
    ap, sta = on_air()
    sta.connect("boat", "secret word")
    wait(5)
    assert sta.isconnected()
    phone = ROUTER.ap.join("eight888")
    wait(3600)
    assert ap.isconnected() and phone.is_on and ROUTER.ap.drops == 0


def test_scan_when_the_station_is_off_or_connecting_then_an_error_or_nothing():
    ap, sta = interfaces()
    closed(ap)
    assert str(raises(OSError, sta.scan)) == "STA must be active"
    sta.active(True)
    phone = ROUTER.ap.join("eight888")
    before_ms = ROUTER.clock.now_ms
    heard = sta.scan()
    assert len(heard) == 6 and heard[-1] == (b"boat", b"\x02\0\0\0\0\x06", 6, -61, 3, False)
    assert ROUTER.clock.now_ms - before_ms == 1800  # everything waits for it
    assert phone.is_on
    sta.connect("boat", "secret word")
    assert sta.scan() == []


def test_address_then_the_one_of_the_driver_s_dhcp_server():
    ap, _ = on_air()
    assert ap.ifconfig() == ("192.168.4.1", "255.255.255.0", "192.168.4.1", "0.0.0.0")
