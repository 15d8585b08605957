"""Which pins the card and the LED may be on, by chip. Pure.

The card's usual pins are those of the ESP32's SPI bus (platform.md 4.2). An S3 does not have one
of them, and on another its USB socket is: there, and on a C3, others are the default, which no
tap of tools/divider needs.
"""

from micropython import const

CARD_KEYS = ("sck", "miso", "mosi", "cs")
# The table of the configuration has them, in this order.
_CARD_AT = {"card." + CARD_KEYS[i]: i for i in range(len(CARD_KEYS))}
# What there is no way around (platform.md 1.1; the chips' data sheets): chip: (its name, pins of
# the card, the highest pin, pins of flash, USB and console or not there, those that only listen,
# those of PSRAM on some modules, SPI buses a card can have).
_CHIPS = {
    "esp32": (
        "ESP32",
        (18, 19, 23, 5),
        39,
        (1, 3, 6, 7, 8, 9, 10, 11, 20, 24, 28, 29, 30, 31),
        (34, 35, 36, 37, 38, 39),
        (16, 17),
        (2, 3),
    ),
    "esp32s3": (
        "ESP32-S3",
        (12, 13, 11, 14),
        48,
        (19, 20) + tuple(range(22, 33)) + (43, 44),
        (),
        (33, 34, 35, 36, 37),
        (2, 3),
    ),
    "esp32c3": ("ESP32-C3", (6, 5, 7, 10), 21, tuple(range(11, 20)), (), (), (2,)),
}
_PSRAM = const("%s: GPIO %d belongs to the PSRAM on modules that have it there; kept")


def with_defaults(rows, chip: str) -> list:
    """Return the table's rows of the card with the defaults of a chip."""
    pins = _CHIPS[chip][1]
    return [
        row[:2] + (pins[_CARD_AT[row[0]]],) + row[3:] if row[0] in _CARD_AT else row
        for row in rows
    ]


def check_card(card, chip: str, problems: list):
    """Put pins and bus in place that can work; the four pins go together."""
    label, defaults, _, _, _, psram, slots = _CHIPS[chip]
    pins = [card[key] for key in CARD_KEYS]
    why = None
    for key, pin in zip(CARD_KEYS, pins):
        why = why or _why_not(chip, "card." + key, pin, key == "miso")
    if why is None and len(set(pins)) < len(pins):
        why = "card: a pin is used twice"
    if why is not None:
        using = ", ".join(["%s %d" % pair for pair in zip(CARD_KEYS, defaults)])
        problems.append("%s; using %s" % (why, using))
        for key, pin in zip(CARD_KEYS, defaults):
            card[key] = pin
    for key in CARD_KEYS:
        if card[key] in psram:
            problems.append(_PSRAM % ("card." + key, card[key]))
    if card["slot"] not in slots:
        problems.append("card.slot: the %s has only 2; using 2" % label)
        card["slot"] = 2


def check_led(config, chip: str, problems: list):
    """Leave the LED out where its pin cannot drive one."""
    pin = config["led"]["pin"]
    if pin is None:
        return
    why = _why_not(chip, "led.pin", pin, False)
    if why is None and pin in [config["card"][key] for key in CARD_KEYS]:
        why = "led.pin: GPIO %d is the card's" % pin
    elif why is None and any(
        tap["pin"] == pin for one in config["batteries"] for tap in one["taps"]
    ):
        why = "led.pin: GPIO %d is a tap's" % pin
    if why is not None:
        problems.append(why + "; no LED is used")
        config["led"]["pin"] = None
    elif pin in _CHIPS[chip][5]:
        problems.append(_PSRAM % ("led.pin", pin))


def _why_not(chip, place, pin, only_listens):
    label, _, highest, others, listening, _, _ = _CHIPS[chip]
    if pin > highest or pin in others:
        sentence = "%s: GPIO %d of the %s is its flash's, its console's or its USB's, or not there"
        return sentence % (place, pin, label)
    if pin in listening and not only_listens:
        return "%s: GPIO %d of the %s can only listen" % (place, pin, label)
    return None
