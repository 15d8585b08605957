"""Both radios are on after power_up(), also if one of them fails; starting them again is free."""

import bluetooth
import network

from baybridge.ports import radios
from host_tests.fakes.clock import FakeClock
from host_tests.fakes.router import ROUTER


class Ble:
    """In place of bluetooth.BLE: notes the order."""

    order = []
    error = None

    def active(self, is_on):
        self.order.append(("ble", is_on, ROUTER.is_started))
        if self.error is not None:
            raise self.error


def power_up(error=None):
    ROUTER.reset(FakeClock())
    real, bluetooth.BLE = bluetooth.BLE, Ble
    Ble.error = error
    Ble.order.clear()
    try:
        return radios.power_up()
    finally:
        bluetooth.BLE = real


def test_power_up_then_wifi_first_and_both_on():
    assert power_up() is None
    assert Ble.order == [("ble", True, True)]
    assert ROUTER.is_started
    network.WLAN(network.STA_IF).active(True)
    assert ROUTER.starts == 1


def test_power_up_when_bluetooth_fails_then_a_sentence_and_wifi_is_on():
    assert power_up(OSError(12)).startswith("Bluetooth does not start: ")
    assert ROUTER.is_started


def test_power_up_when_wifi_fails_then_a_sentence_and_bluetooth_is_on():
    real = network.WLAN.active

    def fails(self, *is_active):
        raise RuntimeError("Wifi Unknown Error 0x0101")

    network.WLAN.active = fails
    try:
        assert power_up() == "Wi-Fi does not start: Wifi Unknown Error 0x0101"
    finally:
        network.WLAN.active = real
    assert Ble.order == [("ble", True, False)]
