"""The card's and the LED's pins, by chip: what a board starts with, and what is refused."""

from baybridge import config


def pins_of(parsed):
    card = parsed["card"]
    return card["sck"], card["miso"], card["mosi"], card["cs"]


def card(chip, **members):
    parsed, problems = config.check({"card": members}, None, chip)
    return pins_of(parsed), problems


def test_card_when_nothing_is_set_then_pins_that_the_chip_has():
    assert card("esp32") == ((18, 19, 23, 5), [])
    # 19 is the USB socket of an S3, and there is no 23.
    assert card("esp32s3") == ((12, 13, 11, 14), [])
    assert card("esp32c3") == ((6, 5, 7, 10), [])


def test_card_when_there_is_no_file_then_pins_that_the_chip_has():
    parsed, problems = config.parse(None, "esp32s3")
    assert problems == ["config.json is missing; using the defaults"]
    assert pins_of(parsed) == (12, 13, 11, 14)
    parsed, _ = config.parse("half of it", "esp32c3")
    assert pins_of(parsed) == (6, 5, 7, 10)


def test_card_when_a_pin_cannot_be_one_then_all_four_are_the_chips():
    instead = "; using sck 12, miso 13, mosi 11, cs 14"
    what = "is its flash's, its console's or its USB's, or not there"
    for key, pin in (("miso", 19), ("mosi", 23), ("cs", 28), ("sck", 43)):
        pins, problems = card("esp32s3", **{key: pin})
        assert pins == (12, 13, 11, 14)
        assert problems == ["card.%s: GPIO %d of the ESP32-S3 %s%s" % (key, pin, what, instead)]
    assert card("esp32", cs=6)[1] == [
        "card.cs: GPIO 6 of the ESP32 %s; using sck 18, miso 19, mosi 23, cs 5" % what
    ]
    assert card("esp32", sck=40)[0] == (18, 19, 23, 5)
    assert card("esp32c3", sck=22)[1] == [
        "card.sck: GPIO 22 of the ESP32-C3 %s; using sck 6, miso 5, mosi 7, cs 10" % what
    ]


def test_card_when_a_pin_only_listens_then_it_may_be_miso():
    assert card("esp32", miso=35) == ((18, 35, 23, 5), [])
    assert card("esp32", mosi=35)[1] == [
        "card.mosi: GPIO 35 of the ESP32 can only listen; using sck 18, miso 19, mosi 23, cs 5"
    ]


def test_card_when_a_pin_is_used_twice_then_the_chips():
    assert card("esp32c3", sck=5) == (
        (6, 5, 7, 10),
        ["card: a pin is used twice; using sck 6, miso 5, mosi 7, cs 10"],
    )


def test_pins_when_psram_may_have_them_then_warned_and_kept():
    assert card("esp32", cs=16) == (
        (18, 19, 23, 16),
        ["card.cs: GPIO 16 belongs to the PSRAM on modules that have it there; kept"],
    )
    parsed, problems = config.check({"led": {"pin": 35}}, None, "esp32s3")
    assert problems == [
        "led.pin: GPIO 35 belongs to the PSRAM on modules that have it there; kept"
    ]
    assert parsed["led"]["pin"] == 35
    assert config.is_kept(problems[0])


def test_slot_when_the_chip_has_one_bus_then_that():
    parsed, problems = config.check({"card": {"slot": 3}}, None, "esp32c3")
    assert parsed["card"]["slot"] == 2
    assert problems == ["card.slot: the ESP32-C3 has only 2; using 2"]
    assert config.check({"card": {"slot": 3}}, None, "esp32s3")[1] == []


def test_led_when_its_pin_is_of_no_use_then_none():
    def led(chip, pin, **sections):
        parsed, problems = config.check(dict(sections, led={"pin": pin}), None, chip)
        return parsed["led"]["pin"], problems

    no_led = "; no LED is used"
    assert led("esp32", 2) == (2, [])
    assert led("esp32", 34) == (None, ["led.pin: GPIO 34 of the ESP32 can only listen" + no_led])
    assert led("esp32", 5) == (None, ["led.pin: GPIO 5 is the card's" + no_led])
    assert led("esp32s3", 5) == (5, [])
    assert led("esp32s3", 14) == (None, ["led.pin: GPIO 14 is the card's" + no_led])
    tap = {"pin": 33, "top_ohm": 103000, "bottom_ohm": 100000}
    assert led("esp32", 33, batteries=[{"taps": [tap]}]) == (
        None,
        ["led.pin: GPIO 33 is a tap's" + no_led],
    )
