"""An LED on a pin of its own."""

import machine


class Led:
    """The LED on GPIO pin, off at first; ValueError where the chip has no such pin."""

    def __init__(self, pin, is_active_low):
        self._is_active_low = is_active_low
        # With its level at once: a pin that becomes an output first would flash.
        self._pin = machine.Pin(pin, machine.Pin.OUT, value=1 if is_active_low else 0)

    def show(self, is_on):
        """Switch it on or off."""
        self._pin.value(1 if is_on != self._is_active_low else 0)
