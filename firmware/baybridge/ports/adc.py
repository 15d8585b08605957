"""The chip's analog inputs, one conversion at a time.

ADC1 only: ADC2 cannot be read while Wi-Fi is on. read_uv() is one conversion through the chip's
own calibration, in whole millivolts (platform.md 1.3); averaging is not decided here. Nothing is
ever deinitialised: deinit() of one channel ends the whole unit.
"""

from machine import ADC, Pin

# What a pin or its conversion is refused with.
_REFUSALS = (OSError, ValueError)


class Adc:
    """The inputs of some pins, numbered as the pins were given."""

    def __init__(self, pins):
        self._channels = []
        # The first thing that went wrong, for the owner; and how many readings failed.
        self.last_error = None
        self.failed_reads = 0
        for pin in pins:
            # A pin that cannot be opened costs its own tap, not the bridge.
            channel = None
            try:
                # The attenuation is named because its default has changed between versions.
                channel = ADC(Pin(pin), atten=ADC.ATTN_11DB)
            except _REFUSALS as exc:
                if self.last_error is None:
                    self.last_error = "GPIO %d cannot be opened: %s" % (pin, exc)
            self._channels.append(channel)

    # Hot path: no allocation; host_tests/upy checks it.
    def read(self, i):
        """Return one reading of input i in mV, or -1 if there was none."""
        channel = self._channels[i]
        if channel is not None:
            try:
                return channel.read_uv() // 1000
            except _REFUSALS as exc:
                # Old chips without calibration in their eFuses raise at every reading, and so
                # does a unit that somebody deinitialised.
                if self.last_error is None:
                    self.last_error = "a reading failed: %s" % exc
        self.failed_reads += 1
        return -1
