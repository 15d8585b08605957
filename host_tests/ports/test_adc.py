"""The analog inputs: what is asked of the chip, and what a reading is."""

from machine import ADC, Pin

from baybridge.ports.adc import Adc
from host_tests.fakes.hardware import BOARD
from host_tests.support import raises
from host_tests.upy.heap import allocates


def opened(pins, readings_uv=None):
    """Return an Adc of pins; readings_uv maps a pin to what read_uv() says."""
    BOARD.reset()
    if readings_uv is not None:
        BOARD.adc = lambda pin: readings_uv[pin]
    return Adc(pins)


def refuse(pin):
    raise OSError(258)


def test_adc_when_opened_then_each_pin_has_its_attenuation():
    opened((32, 33, 34, 35))
    assert BOARD.adc_attens == {32: 3, 33: 3, 34: 3, 35: 3}


def test_read_when_asked_then_millivolts_of_the_right_pin():
    adc = opened((34, 32), {32: 1626000, 34: 99000})
    assert (adc.read(0), adc.read(1)) == (99, 1626)
    assert adc.last_error is None
    assert adc.failed_reads == 0


def test_read_when_the_chip_refuses_then_no_reading_and_counted():
    adc = opened((32, 33))
    BOARD.adc = refuse
    assert (adc.read(0), adc.read(1)) == (-1, -1)
    assert adc.failed_reads == 2
    assert adc.last_error == "a reading failed: 258"
    BOARD.adc = lambda pin: 1700000
    assert adc.read(0) == 1700
    assert adc.failed_reads == 2


def test_read_when_a_pin_is_none_of_the_chips_then_only_that_one_is_missing():
    adc = opened((32, 21, 33), {32: 1000000, 33: 1001000})
    assert [adc.read(i) for i in range(3)] == [1000, -1, 1001]
    assert adc.last_error == "GPIO 21 cannot be opened: invalid pin"
    assert opened((77,)).last_error == "GPIO 77 cannot be opened: invalid pin"


def test_read_when_on_adc2_then_no_reading():
    # Wi-Fi has that unit; the configuration refuses such a pin already.
    assert opened((25,)).read(0) == -1


def test_read_when_the_unit_was_ended_then_no_reading():
    adc = opened((32, 33))
    ADC(Pin(32), atten=ADC.ATTN_11DB).deinit()
    assert adc.read(1) == -1
    assert adc.failed_reads == 1


def test_read_when_heap_is_locked_then_it_does_not_allocate():
    adc = opened((32,), {32: 1626000})
    assert not allocates(adc.read, 0)


# --- the fake is no kinder than the chip --------------------------------------------------------


def test_fake_when_called_otherwise_than_the_chip_allows_then_refused():
    BOARD.reset()
    pin = Pin(32)
    assert str(raises(ValueError, ADC, 32)) == "expecting a pin"
    assert str(raises(ValueError, ADC, pin)) == "invalid atten"
    assert str(raises(ValueError, lambda: ADC(pin, atten=4))) == "invalid atten"
    assert str(raises(ValueError, lambda: ADC(Pin(5), atten=3))) == "invalid pin"


def test_fake_when_read_then_whole_millivolts():
    BOARD.reset()
    channel = ADC(Pin(32), atten=ADC.ATTN_11DB)
    assert channel.read_uv() == 142000
    BOARD.adc = lambda pin: 1626999
    assert channel.read_uv() == 1626000


def test_fake_when_one_channel_is_ended_then_all_of_the_unit_are():
    BOARD.reset()
    first = ADC(Pin(32), atten=ADC.ATTN_11DB)
    second = ADC(Pin(33), atten=ADC.ATTN_11DB)
    first.deinit()
    assert raises(OSError, second.read_uv).args[0] == 1
    ADC(Pin(32), atten=ADC.ATTN_11DB)
    assert second.read_uv() == 142000
