"""The Wi-Fi port on the strict fake, on both interpreters."""

from baybridge.ports.wifi import Wifi
from host_tests.fakes.clock import FakeClock
from host_tests.fakes.router import ROUTER


def wifi_on(ssid="boat", password="secret word"):
    ROUTER.reset(FakeClock())
    return Wifi("baybridge", ssid, password)


def wait(seconds):
    ROUTER.clock.now_ms += seconds * 1000


def attempt(wifi):
    assert wifi.start() and wifi.connect()
    wait(20)
    return wifi.is_connected()


def test_join_when_router_is_there_then_address_name_and_signal():
    wifi = wifi_on()
    assert wifi.ip() is wifi.gateway() is wifi.dns() is wifi.rssi_dbm() is None
    assert attempt(wifi)
    assert wifi.ip() == "192.168.1.50"
    assert wifi.gateway() == wifi.dns() == "192.168.1.1"
    assert wifi.rssi_dbm() == -61
    assert ROUTER.hostname_at_address == "baybridge"


def test_join_when_done_then_power_save_was_never_touched():
    wifi = wifi_on()
    attempt(wifi)
    wifi.stop()
    attempt(wifi)
    assert ROUTER.settings == {"reconnects": 0}


def test_failure_when_refused_then_a_word_and_what_to_do():
    cases = (
        (15, "wrong_password", "check wifi.password"),
        (202, "wrong_password", "check wifi.password"),
        (203, "refused", "allowed devices"),
        (210, "no_network", "WPA2"),
        (212, "no_network", "nearer"),
        (77, "failed", "reason 77"),
    )
    for reason, word, advice in cases:
        wifi = wifi_on(password="wrong word")
        ROUTER.refusal = reason
        assert not attempt(wifi)
        got, sentence = wifi.failure()
        assert got == word, reason
        assert advice in sentence and '"boat"' in sentence, sentence


def test_failure_when_router_is_off_dead_or_lost_then_each_has_its_word():
    wifi = wifi_on(ssid="barge")
    assert not attempt(wifi)
    assert wifi.failure()[0] == "no_network"
    assert "wifi.ssid" in wifi.failure()[1]
    wifi = wifi_on()
    ROUTER.die()
    assert not attempt(wifi)
    assert wifi.failure()[0] == "no_address"
    wifi.disconnect()
    assert not attempt(wifi)
    assert wifi.failure()[0] == "no_address"
    wifi = wifi_on()
    attempt(wifi)
    ROUTER.leave()
    wait(10)
    assert not wifi.is_connected()
    assert wifi.failure()[0] == "lost"


def test_connect_when_connecting_then_false_and_true_after_disconnect():
    for busy in ("Wifi Internal Error", "Wifi Internal State Error"):
        wifi = wifi_on()
        ROUTER.busy_error = busy
        assert wifi.start() and wifi.connect()
        assert not wifi.connect()
        assert busy in wifi.last_error
        wifi.disconnect()
        assert wifi.connect()


def test_calls_when_not_started_then_no_exception():
    wifi = wifi_on()
    wifi.disconnect()
    wifi.stop()
    assert not wifi.connect()
    assert not wifi.is_connected()
    assert wifi.failure() == ("failed", "Wi-Fi is not started")
    wifi.start()
    wifi.disconnect()
    wifi.stop()
    wifi.disconnect()
    assert not wifi.connect()
    assert "Wifi Not Started" in wifi.last_error


def test_start_when_radio_has_no_memory_then_false_and_a_sentence():
    import network

    def no_memory(self, *is_active):
        raise RuntimeError("Wifi Unknown Error 0x0101")

    wifi = wifi_on()
    active = network.WLAN.active
    network.WLAN.active = no_memory
    try:
        assert not wifi.start()
    finally:
        network.WLAN.active = active
    assert wifi.last_error == "Wi-Fi does not start: Wifi Unknown Error 0x0101"
    assert attempt(wifi)


def test_open_network_when_password_is_empty_then_none_is_sent():
    wifi = wifi_on(password="")
    ROUTER.password = None
    assert attempt(wifi)


def test_is_configured_when_no_ssid_then_false():
    assert not wifi_on(ssid="").is_configured
    assert wifi_on().is_configured


def test_scan_then_each_network_once_the_nearest_first_and_none_without_a_name():
    wifi = wifi_on(ssid="")
    assert wifi.scan() is None and wifi.last_error == "Wi-Fi is not started"
    wifi.start()
    assert wifi.scan() == [
        ("boat", -61, "wpa2", 6),
        ("Sea Breeze", -74, "wpa2_wpa3", 11),
        ("marina guests", -80, "open", 1),
    ]
    ROUTER.leave()
    assert wifi.scan()[1] == ("boat", -79, "wpa2", 11)


def test_scan_when_the_marina_is_full_then_the_twenty_nearest():
    wifi = wifi_on()
    wifi.start()
    ROUTER.others = [(b"boat %d" % n, b"bssid.", 1, n - 99, 16, False) for n in range(60)]
    networks = wifi.scan()
    assert len(networks) == 20
    assert networks[0] == ("boat 59", -40, "other", 1)
    assert networks[-1][0] == "boat 40"


def test_scan_when_switched_off_then_none_and_a_sentence():
    wifi = wifi_on()
    wifi.start()
    wifi.stop()
    assert wifi.scan() is None
    assert wifi.last_error == "Wi-Fi does not listen: STA must be active"
