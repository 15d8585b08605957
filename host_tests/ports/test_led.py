"""The LED's port on the simulated chip."""

from baybridge.ports.led import Led
from host_tests.fakes.hardware import BOARD
from host_tests.support import raises


def test_led_when_made_then_off_and_shown_then_the_pin_follows():
    BOARD.reset()
    led = Led(2, False)
    assert BOARD.pins[2] == 0
    led.show(True)
    assert BOARD.pins[2] == 1
    led.show(False)
    assert BOARD.pins[2] == 0


def test_led_when_it_lights_at_low_then_the_levels_are_the_other_way_round():
    BOARD.reset()
    led = Led(22, True)
    assert BOARD.pins[22] == 1
    led.show(True)
    assert BOARD.pins[22] == 0
    led.show(False)
    assert BOARD.pins[22] == 1


def test_led_when_the_pin_is_none_or_can_only_listen_then_refused():
    raises(ValueError, Led, 34, False)
    raises(ValueError, Led, 48, False)
