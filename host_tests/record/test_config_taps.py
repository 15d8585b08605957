"""The taps of a configuration: what is refused, with which sentence, and what is kept."""

from baybridge import config

GOOD = (
    (32, 103000, 100000),
    (33, 309000, 100000),
    (34, 511000, 100000),
    (35, 715000, 100000),
)


def taps_of(places):
    return [{"pin": pin, "top_ohm": top, "bottom_ohm": bottom} for pin, top, bottom in places]


def check(taps, chip="esp32", **sections):
    raw = {"batteries": [{"taps": taps}]}
    raw.update(sections)
    parsed, problems = config.check(raw, None, chip)
    return parsed["batteries"][0]["taps"], problems


def changed(number, **members):
    """Return the good taps with some members of one of them set."""
    taps = taps_of(GOOD)
    taps[number - 1].update(members)
    return taps


def one(**members):
    """Return the good first tap, checked, with more members, and the problems."""
    taps, problems = check([changed(1, **members)[0]])
    return taps[0], problems


def test_taps_when_good_then_kept_in_order_and_not_calibrated():
    taps, problems = check(taps_of(GOOD))
    assert problems == []
    assert [(tap["pin"], tap["top_ohm"], tap["bottom_ohm"]) for tap in taps] == list(GOOD)
    for tap in taps:
        assert tap["gain_ppm"] == 1000000
        assert tap["offset_uv"] == 0
        assert tap["calibrated_time"] is None
        assert tap["calibrated_against"] is None
        assert tap["calibrated_divider"] is None
        assert tap["previous_gain_ppm"] is None
        assert tap["previous_offset_uv"] is None
        assert tap["previous_time"] is None
        assert tap["previous_against"] is None
        assert len(tap) == 12


def test_taps_when_none_wired_then_an_empty_list():
    for taps in (None, []):
        assert check(taps) == ([], [])
    assert config.check({})[0]["batteries"][0]["taps"] == []


def test_text_when_not_calibrated_then_short_and_comes_back():
    parsed, problems = config.check({"batteries": [{"taps": taps_of(GOOD[:2])}]})
    assert problems == []
    text = config.to_text(parsed)
    assert (
        '     "taps": [\n'
        '       {"pin": 32, "top_ohm": 103000, "bottom_ohm": 100000},\n'
        '       {"pin": 33, "top_ohm": 309000, "bottom_ohm": 100000}]}],\n'
    ) in text
    assert config.parse(text) == (parsed, [])


def test_text_when_calibrated_then_every_digit_comes_back():
    members = {
        "gain": 1.012346,
        "offset_mv": -0.7,
        "calibrated_time": "2026-11-22T15:30:00Z",
        "calibrated_against": "multimeter",
        "calibrated_divider": "32:103000/100000",
        "previous_gain": 1,
        "previous_offset_mv": 12.345,
        "previous_time": "2025-01-02T03:04:05Z",
        "previous_against": "bms",
    }
    taps, problems = check([changed(1, **members)[0]])
    assert problems == []
    assert taps[0]["gain_ppm"] == 1012346
    assert taps[0]["offset_uv"] == -700
    assert taps[0]["previous_gain_ppm"] == 1000000
    assert taps[0]["previous_offset_uv"] == 12345
    parsed, _ = config.check({"batteries": [{"taps": [changed(1, **members)[0]]}]})
    text = config.to_text(parsed)
    assert (
        '{"pin": 32, "top_ohm": 103000, "bottom_ohm": 100000, "gain": 1.012346, '
        '"offset_mv": -0.7, "calibrated_time": "2026-11-22T15:30:00Z", '
        '"calibrated_against": "multimeter", "calibrated_divider": "32:103000/100000", '
        '"previous_gain": 1, "previous_offset_mv": 12.345, '
        '"previous_time": "2025-01-02T03:04:05Z", "previous_against": "bms"}'
    ) in text
    assert config.parse(text) == (parsed, [])


def test_gain_and_offset_when_any_step_then_the_text_gives_it_back():
    # Through the text and the interpreter's own floats, every millionth and every microvolt.
    for gain_ppm in list(range(800000, 1200001, 7919)) + [999999, 1000001, 1200000]:
        for offset_uv in (gain_ppm - 999983) % 500001, -((gain_ppm - 999983) % 500001):
            parsed, _ = config.check({"batteries": [{"taps": taps_of(GOOD[:1])}]})
            parsed["batteries"][0]["taps"][0]["gain_ppm"] = gain_ppm
            parsed["batteries"][0]["taps"][0]["offset_uv"] = offset_uv
            again, problems = config.parse(config.to_text(parsed))
            assert problems == []
            assert again["batteries"][0]["taps"][0]["gain_ppm"] == gain_ppm
            assert again["batteries"][0]["taps"][0]["offset_uv"] == offset_uv


def refused_pin(pin, chip="esp32", number=4):
    taps, problems = check(changed(number, pin=pin), chip)
    assert taps == []
    assert problems[-1] == "batteries[0].taps: no tap is read until that is put right"
    return problems[:-1]


def test_pin_when_not_on_adc1_then_refused_with_free_pins():
    assert refused_pin(25) == [
        "batteries[0].taps[3].pin: 25 is not on ADC1 of the ESP32; take 35",
    ]
    assert refused_pin(4, number=2) == [
        "batteries[0].taps[1].pin: 4 is not on ADC1 of the ESP32; take 33",
    ]


def test_pin_when_not_brought_out_then_refused():
    for pin in (37, 38):
        assert refused_pin(pin) == [
            "batteries[0].taps[3].pin: %d is not brought out on WROOM modules; take 35" % pin,
        ]


def test_pin_when_noisy_then_kept_and_said():
    for pin in (36, 39):
        taps, problems = check(changed(4, pin=pin))
        assert [tap["pin"] for tap in taps] == [32, 33, 34, pin]
        assert problems == [
            "batteries[0].taps[3].pin: %d is a noisy pin of the ESP32; better 35; kept" % pin,
        ]
        assert config.is_kept(problems[0])


def test_pin_when_six_taps_then_the_noisy_ones_have_no_better():
    more = taps_of(GOOD) + taps_of(((36, 900000, 100000), (39, 1100000, 100000)))
    taps, problems = check(more)
    assert len(taps) == 6
    assert problems[0] == (
        "batteries[0].taps[4].pin: 36 is a noisy pin of the ESP32; "
        "better another, but all good ones are in use; kept"
    )


def chip_taps(pins):
    return taps_of([(pins[i], GOOD[i][1], 100000) for i in range(len(pins))])


def test_pin_when_another_chip_then_its_own_table():
    assert check(chip_taps((1, 2, 4, 10)), "esp32s3")[1] == []
    assert check(chip_taps((0, 1, 3, 4)), "esp32c3")[1] == []
    assert check(chip_taps((1, 2, 4, 11)), "esp32s3")[1][0] == (
        "batteries[0].taps[3].pin: 11 is not on ADC1 of the ESP32-S3; "
        "take 5 or 6 or 7 or 8 or 9 or 10"
    )
    assert check(chip_taps((0, 1, 3, 5)), "esp32c3")[1][0] == (
        "batteries[0].taps[3].pin: 5 is not on ADC1 of the ESP32-C3; take 4"
    )
    assert check(chip_taps((32, 33)), "esp32c3")[1][0] == (
        "batteries[0].taps[0].pin: 32 is not on ADC1 of the ESP32-C3; take 0 or 1 or 3 or 4"
    )


def test_pin_when_it_decides_the_boot_then_refused():
    assert check(chip_taps((0, 1, 2, 4)), "esp32c3")[1][0] == (
        "batteries[0].taps[2].pin: 2 decides how the ESP32-C3 boots, "
        "and a battery on it may keep it from booting; take 3"
    )
    assert check(chip_taps((1, 2, 3, 4)), "esp32s3")[1][0] == (
        "batteries[0].taps[2].pin: 3 decides how the ESP32-S3 boots, and a battery on it may "
        "keep it from booting; take 5 or 6 or 7 or 8 or 9 or 10"
    )


def test_pin_when_used_twice_then_refused():
    assert refused_pin(32) == [
        "batteries[0].taps[3].pin: 32 is in use already by batteries[0].taps[0].pin; take 35",
    ]


def test_pin_when_the_card_has_it_then_refused():
    taps, problems = check(taps_of(GOOD), card={"miso": 34})
    assert taps == []
    assert problems == [
        "batteries[0].taps[2].pin: 34 is in use already by card.miso; "
        "take another, but all good ones are in use",
        "batteries[0].taps: no tap is read until that is put right",
    ]
    # On an S3 it may be on a pin of ADC1 too.
    problems = check(chip_taps((5,)), "esp32s3", card={"cs": 5})[1]
    assert problems[0].startswith("batteries[0].taps[0].pin: 5 is in use already by card.cs; ")


def test_divider_when_beyond_the_range_then_refused_with_the_least_resistor():
    taps, problems = check(changed(2, top_ohm=103000))
    assert taps == []
    assert problems[0] == (
        "batteries[0].taps[1].top_ohm: 103000 puts the pin at 3743 mV when a cell is at 3.8 V, "
        "and the ESP32 reads up to 2450 mV; take at least 211000"
    )


def test_divider_when_at_the_edge_of_the_range_then_decided_by_a_millivolt():
    # 3800 mV * 100000 / 155102 = 2450.001 mV; with 155103 it is 2449.985 mV.
    assert check([{"pin": 32, "top_ohm": 55102, "bottom_ohm": 100000}])[0] == []
    assert len(check([{"pin": 32, "top_ohm": 55103, "bottom_ohm": 100000}])[0]) == 1
    # 2500 mV and 3100 mV on the others.
    for chip, least in (("esp32c3", 52000), ("esp32s3", 22581)):
        for top, count in ((least, 1), (least - 1, 0)):
            tap = {"pin": 1, "top_ohm": top, "bottom_ohm": 100000}
            assert len(check([tap], chip)[0]) == count, (chip, top)


def test_divider_when_the_named_resistor_is_taken_then_accepted():
    for number, named in ((1, 56000), (2, 211000), (3, 366000), (4, 521000)):
        taps, problems = check(changed(number, top_ohm=1000))
        assert problems[0].endswith("; take at least %d" % named), number
        assert len(check(changed(number, top_ohm=named))[0]) == 4


def test_divider_when_far_too_low_then_refused():
    taps, problems = check(changed(1, top_ohm=1000000))
    assert taps == []
    assert problems[0] == (
        "batteries[0].taps[0].top_ohm: 1000000 leaves the pin 227 mV when a cell is at 2.5 V, "
        "and below 250 mV it measures nothing; take at most 900000"
    )
    assert len(check(changed(1, top_ohm=900000))[0]) == 4


def test_tap_when_a_member_is_missing_or_wrong_then_no_tap_at_all():
    taps = taps_of(GOOD)
    del taps[2]["top_ohm"]
    assert check(taps) == (
        [],
        [
            "batteries[0].taps[2].top_ohm: is missing; it has to be given",
            "batteries[0].taps: no tap is read until that is put right",
        ],
    )
    cases = (
        ("pin", "32", '"32" is not a number'),
        ("pin", None, "null is not a number"),
        ("pin", 32.5, "32.5 is not a whole number"),
        ("pin", 49, "49 is above 48"),
        ("top_ohm", 0, "0 is below 1000"),
        ("bottom_ohm", 1000001, "1000001 is above 1000000"),
    )
    for key, bad, why in cases:
        found, problems = check(changed(1, **{key: bad}))
        assert found == [], key
        assert problems[0] == "batteries[0].taps[0].%s: %s" % (key, why)


def test_taps_when_not_a_list_of_objects_then_none():
    assert check({"pin": 32}) == ([], ["batteries[0].taps: not a list; no tap is read"])
    assert check([32]) == (
        [],
        [
            'batteries[0].taps[0]: not an object like {"pin": 32, ...}',
            "batteries[0].taps: no tap is read until that is put right",
        ],
    )
    assert check([{}] * 9) == (
        [],
        ["batteries[0].taps: 9 are more than the 8 pins of ADC1 on the ESP32; no tap is read"],
    )
    assert check([{}] * 6, "esp32c3")[1] == [
        "batteries[0].taps: 6 are more than the 5 pins of ADC1 on the ESP32-C3; no tap is read",
    ]


def test_tap_when_an_unknown_key_then_named_and_left_out():
    tap, problems = one(gian=1.1)
    assert problems == ["batteries[0].taps[0].gian: unknown key; left out"]
    assert tap["gain_ppm"] == 1000000


def test_calibration_when_of_this_divider_then_kept():
    tap, problems = one(gain=1.01, offset_mv=3, calibrated_divider="32:103000/100000")
    assert (tap["gain_ppm"], tap["offset_uv"], problems) == (1010000, 3000, [])


def test_calibration_when_of_another_divider_then_not_used():
    for made_for in ("33:103000/100000", "32:102000/100000", "32:103000/99000", "32"):
        tap, problems = one(
            gain=1.01,
            offset_mv=3,
            previous_gain=1.02,
            previous_offset_mv=1,
            calibrated_time="2026-11-22T15:30:00Z",
            calibrated_against="bms",
            calibrated_divider=made_for,
        )
        assert problems == [
            "batteries[0].taps[0]: was calibrated as %s, which is another divider than "
            "32:103000/100000; counts as not calibrated, so calibrate it anew" % made_for
        ]
        assert tap == check(taps_of(GOOD[:1]))[0][0]


def test_calibration_when_one_value_is_wrong_then_none_of_it_is_used():
    cases = (
        ("gain", 1.21, "1.21 is above 1.2"),
        ("gain", 0.5, "0.5 is below 0.8"),
        ("gain", None, "null is not a number"),
        ("offset_mv", -2501, "-2501 is below -2500"),
        ("offset_mv", "3", '"3" is not a number'),
        ("calibrated_time", "yesterday", '"yesterday" is not like 2026-11-22T15:30:00Z'),
        ("calibrated_time", "2026-11-22 15:30:00Z", None),
        ("calibrated_time", "2026-11-22T15:30:0xZ", None),
        ("calibrated_time", "2026:11:22T15-30-00Z", None),
        ("calibrated_against", "dvm", '"dvm" is not "multimeter" or "bms"'),
        ("calibrated_divider", 7, "7 is not a text"),
        ("previous_gain", 2, "2 is above 1.2"),
        ("previous_offset_mv", 3000, "3000 is above 2500"),
    )
    for key, bad, why in cases:
        members = {"gain": 1.01, "offset_mv": 3}
        members[key] = bad
        tap, problems = one(**members)
        assert tap == check(taps_of(GOOD[:1]))[0][0], key
        assert len(problems) == 1, key
        assert problems[0].endswith("; this tap counts as not calibrated")
        if why:
            assert problems[0].startswith("batteries[0].taps[0].%s: %s;" % (key, why))


def test_text_when_as_long_as_can_be_then_it_is_read():
    tap = {
        "top_ohm": 4000000,
        "bottom_ohm": 1000000,
        "gain": 1.012345,
        "offset_mv": -123.456,
        "calibrated_time": "2026-11-22T15:30:00Z",
        "calibrated_against": "multimeter",
        "previous_gain": 0.912345,
        "previous_offset_mv": -123.457,
        "previous_time": "2025-01-02T03:04:05Z",
        "previous_against": "multimeter",
    }
    taps = []
    for pin in (1, 2, 4, 6, 7, 8, 9, 10):
        top = 1200000 * (len(taps) + 1)
        made_for = "%d:%d/1000000" % (pin, top)
        taps.append(dict(tap))
        taps[-1].update({"pin": pin, "top_ohm": top, "calibrated_divider": made_for})
    batteries = []
    for n in range(4):
        batteries.append(
            {
                "id": "abcdefghijklmno%d" % n,
                "name": "\u00e4" * 16,
                "match": "%d" % n + "x" * 28,
                "taps": [] if n else taps,
            }
        )
    raw = {
        "name": "a" * 32,
        "batteries": batteries,
        "wifi": {"ssid": "\u00e4" * 16, "password": "\\" * 64},
        "http": {"token": '"' * 64, "read_token": '"' * 64},
    }
    parsed, problems = config.check(raw, None, "esp32s3")
    assert problems == []
    text = config.to_text(parsed)
    # The limit of a stored text is 8192.
    assert 3500 < len(text) < 7500
    assert config.parse(text, "esp32s3") == (parsed, [])


def test_taps_when_a_second_battery_has_some_too_then_its_are_refused():
    # Two B- on one board bridge both BMSs: the current of a fault would go through the board.
    raw = {
        "batteries": [
            {"id": "house1", "match": "SOK-1", "taps": taps_of(GOOD[:2])},
            {"id": "house2", "match": "SOK-2", "taps": taps_of(((34, 103000, 100000),))},
        ]
    }
    parsed, problems = config.check(raw)
    assert [len(battery["taps"]) for battery in parsed["batteries"]] == [2, 0]
    assert problems == [
        'batteries[1].taps: the board is joined to the B- of "house1" already, and a second B- on '
        "it would bridge both BMSs; give this battery a board of its own"
    ]
