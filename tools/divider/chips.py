"""The chips' ADC1: which pins, and what voltage they read at 11 dB.

Ranges: MicroPython's docs/esp32/quickref.rst and ESP-IDF v4.4, "ADC attenuation". The pins left
out are on ADC1, too, but decide at a reset how the chip starts (strapping pins).
"""


class Chip:
    """One chip; voltages in mV at the pin."""

    def __init__(self, name, pins, second_pins, high_mv, straight_mv, strapping):
        self.name = name
        # In the order in which they are proposed, the better ones first.
        self.pins = pins
        # Usable, but noisier.
        self.second_pins = second_pins
        self.high_mv = high_mv
        # Above it the converter reads, but no longer in a straight line.
        self.straight_mv = straight_mv
        self.strapping = strapping

    def why_not(self, pin: int):
        """Return why a tap must not be on a pin, or None."""
        if pin in self.pins or pin in self.second_pins:
            return None
        if pin in self.strapping:
            return f"GPIO {pin} decides at a reset how the {self.name} starts"
        return f"GPIO {pin} is not on ADC1 of the {self.name}"


# Below 100 mV an ESP32 reads nothing at all, below 0.25 to 0.3 V it bends away. C3 and S3 are said
# to read from 0; the same floor is kept for them, because nobody has measured ours. config.json
# is checked against the same limits (firmware/baybridge/config_taps.py).
LOW_MV = 250

CHIPS = {
    "esp32": Chip("ESP32", (32, 33, 34, 35), (36, 39), 2450, 2200, ()),
    "esp32s3": Chip(
        "ESP32-S3",
        (1, 2, 4, 5, 6, 7, 8, 9, 10),
        (),
        3100,
        None,
        (3,),
    ),
    "esp32c3": Chip(
        "ESP32-C3",
        (0, 1, 3, 4),
        (),
        2500,
        None,
        (2,),
    ),
}
