"""Whatever a configuration's text is, there is a usable configuration. CPython only."""

import json
import math

from hypothesis import given, settings
from hypothesis import strategies as st

from baybridge import config
from baybridge.tasks.change_config import pieces_of, put

KEYS = sorted({row[0].split(".")[-1] for row in config.SCHEMA} | {"batteries", "end", "http"})
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**40), 10**40)
    | st.floats()
    | st.text(max_size=40)
    | st.sampled_from(["***", "SOK-", "aa:bb:cc:dd:ee:ff", "random", "utc", "battery1", ""])
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=6)
        | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=9), inner, max_size=8)
    ),
    max_leaves=20,
)
BATTERY_KEYS = [row[0].split(".")[1] for row in config.SCHEMA if row[0].startswith("batteries")]
BATTERY_KEYS = sorted(set(BATTERY_KEYS) - {"taps[]"})
TAP_KEYS = [row[0].split(".")[2] for row in config.SCHEMA if row[0].startswith("batteries[].taps")]
# Mostly a divider that can be right, so that the rest of the tap is looked at too.
TAP = (
    st.fixed_dictionaries(
        {
            "pin": st.integers(31, 40),
            "top_ohm": st.sampled_from([103000, 309000, 511000, 715000]),
            "bottom_ohm": st.just(100000),
        },
        optional={
            "gain": st.floats(0.7, 1.3) | SCALARS,
            "offset_mv": st.floats(-600, 600) | SCALARS,
            "calibrated_time": st.just("2026-11-22T15:30:00Z") | SCALARS,
            "calibrated_against": st.sampled_from(["multimeter", "bms"]) | SCALARS,
            "calibrated_divider": st.just("32:103000/100000") | SCALARS,
            "previous_gain": st.floats(0.7, 1.3) | SCALARS,
            "previous_offset_mv": st.floats(-600, 600) | SCALARS,
        },
    )
    | st.dictionaries(st.sampled_from(TAP_KEYS), SCALARS)
    | ANYTHING
)
TAPS = st.lists(TAP, max_size=12) | ANYTHING
BATTERY = (
    st.fixed_dictionaries({}, optional={"taps": TAPS, "id": SCALARS, "poll_s": SCALARS})
    | st.dictionaries(st.sampled_from(BATTERY_KEYS), SCALARS)
    | ANYTHING
)
SECTION = st.dictionaries(st.sampled_from(KEYS), SCALARS) | ANYTHING
OBJECT = st.fixed_dictionaries(
    {"end": st.just(1)},
    optional={
        "name": SCALARS,
        "batteries": st.lists(BATTERY, max_size=6) | ANYTHING,
        "http": SECTION,
        "log": SECTION,
        "alarms": SECTION,
        "wifi": SECTION,
        "card": SECTION,
    },
)


def assert_taps_usable(parsed, problems):
    """Check that every tap reads a pin of its own, in range, and has whole numbers."""
    pins = [tap["pin"] for battery in parsed["batteries"] for tap in battery["taps"]]
    assert len(set(pins)) == len(pins)
    assert set(pins) <= {32, 33, 34, 35, 36, 39}
    for battery in parsed["batteries"]:
        for number, tap in enumerate(battery["taps"], 1):
            ratio = tap["bottom_ohm"] / (tap["top_ohm"] + tap["bottom_ohm"])
            assert number * 3800 * ratio <= 2450 and number * 2500 * ratio >= 249
            assert type(tap["gain_ppm"]) is int and 800000 <= tap["gain_ppm"] <= 1200000
            assert type(tap["offset_uv"]) is int and -500000 <= tap["offset_uv"] <= 500000
            assert len(tap) == 12


def assert_usable(parsed, problems):
    """Check every promise of the table, without the code under test."""
    sections = "alarms batteries card http led log name power radio wifi"
    assert " ".join(sorted(parsed)) == sections
    assert type(parsed["power"]["wake_min"]) is int and 1 <= parsed["power"]["wake_min"] <= 240
    assert 1 <= len(parsed["batteries"]) <= 4
    ids = [battery["id"] for battery in parsed["batteries"]]
    assert len(set(ids)) == len(ids)
    for battery in parsed["batteries"]:
        assert 1 <= len(battery["id"]) <= 16
        assert set(battery["id"]) <= set("abcdefghijklmnopqrstuvwxyz0123456789")
        assert type(battery["poll_ms"]) is int and 500 <= battery["poll_ms"] <= 3600000
        assert type(battery["stale_s"]) is int and 5 <= battery["stale_s"] <= 600
        assert battery["address"] is None or len(battery["address"]) == 17
        assert battery["address_type"] in ("public", "random")
        assert 1 <= len(battery["match"]) <= 29
        assert 1 <= len(battery["name"].encode()) <= 32
    assert_taps_usable(parsed, problems)
    assert len(parsed["alarms"]) == 12
    assert {type(limit) for limit in parsed["alarms"].values()} <= {int, type(None)}
    assert type(parsed["http"]["port"]) is int and 1 <= parsed["http"]["port"] <= 65535
    assert type(parsed["log"]["enabled"]) is bool
    assert parsed["log"]["rotate"] == "utc"
    assert 1 <= parsed["log"]["record_s"] <= 3600
    assert 1 <= parsed["log"]["flush_s"] <= 3600
    pins = [parsed["card"][key] for key in ("sck", "miso", "mosi", "cs")]
    assert len(set(pins)) == 4
    for problem in problems:
        problem.encode()  # no half of a surrogate pair
        assert min(problem) >= " " and "\x7f" not in problem
        assert len(problem) < 200
    assert len(problems) <= 21


@given(st.text())
def test_parse_when_any_text_then_usable(text):
    parsed, problems = config.parse(text)
    assert_usable(parsed, problems)
    assert problems


@settings(max_examples=400)
@given(OBJECT)
def test_parse_when_any_object_then_usable_and_its_text_comes_back(raw):
    # allow_nan: json of CPython reads NaN and Infinity, so they have to be survived.
    parsed, problems = config.parse(json.dumps(raw, allow_nan=True))
    assert_usable(parsed, problems)
    text = config.to_text(parsed)
    json.loads(text, parse_constant=lambda name: math.nan / 0)
    again, more = config.parse(text)
    assert again == parsed
    assert [problem for problem in more if not config.is_kept(problem)] == []


@settings(max_examples=400)
@given(ANYTHING)
def test_check_when_anything_then_usable(raw):
    assert_usable(*config.check(raw, config.check({})[0]))


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=64))
def test_masked_when_any_token_then_not_in_text(token):
    parsed, problems = config.check({"http": {"token": token}, "wifi": {"password": token}})
    assert problems == []
    text = config.to_text(config.masked(parsed))
    shown = json.loads(text)
    assert shown["http"]["token"] == shown["wifi"]["password"] == "***"
    assert config.check(shown, parsed) == (parsed, [])


TIMES = st.sampled_from(["2025-01-01T00:00:00Z", "2026-11-22T15:30:00Z", None])
CALIBRATION = st.fixed_dictionaries(
    {},
    optional={
        "gain": st.floats(0.8, 1.2),
        "offset_mv": st.floats(-500, 500),
        "calibrated_time": TIMES,
        "calibrated_against": st.sampled_from(["multimeter", "bms"]),
        "calibrated_divider": st.sampled_from(["32:103000/100000", "33:309000/100000"]),
        "previous_gain": st.floats(0.8, 1.2),
        "previous_offset_mv": st.floats(-500, 500),
        "previous_time": TIMES,
    },
)
DIVIDERS = ((32, 103000), (33, 309000), (34, 511000), (35, 715000))


def harness_of(calibrations):
    """Return a configuration whose taps are right, each with one of the calibrations."""
    taps = [
        {"pin": pin, "top_ohm": top_ohm, "bottom_ohm": 100000, **calibration}
        for (pin, top_ohm), calibration in zip(DIVIDERS, calibrations, strict=False)
    ]
    return {"batteries": [{"taps": taps}], "end": 1}


WIRED = st.lists(CALIBRATION, min_size=1, max_size=4).map(harness_of)


class Flash:
    """The stored text; writes counts what else was written."""

    def __init__(self, text):
        self.text = text
        self.writes = []

    def read_text(self, name):
        return self.text

    def write_atomic(self, name, text):
        self.writes.append((name, text))

    def write_pieces(self, name, pieces):
        self.write_atomic(name, "".join(pieces))


def test_put_when_it_is_what_get_gave_then_accepted_and_nothing_is_written():
    tried = []

    @settings(max_examples=400)
    @given(OBJECT | WIRED, st.booleans())
    def check(raw, has_secrets):
        stored, _ = config.parse(json.dumps(raw, allow_nan=True))
        flash = Flash(config.to_text(stored))
        shown = json.loads("".join(pieces_of(config, flash, "esp32", has_secrets)))
        new, problems, _ = put(config, flash, "esp32", shown)
        assert (new, problems, flash.writes) == (stored, [], [])
        tried.append(any(battery["taps"] for battery in stored["batteries"]))

    check()
    assert len(tried) >= 400
    assert sum(tried) >= 40, "too few with taps to say anything of calibrations"


def test_put_when_anything_then_all_of_it_or_nothing():
    refused = []

    @settings(max_examples=400)
    @given(OBJECT | WIRED, OBJECT | WIRED | st.dictionaries(st.sampled_from(KEYS), ANYTHING))
    def check(raw, given_raw):
        stored, _ = config.parse(json.dumps(raw, allow_nan=True))
        flash = Flash(config.to_text(stored))
        new, problems, warnings = put(config, flash, "esp32", given_raw)
        refused.append(new is None)
        for place, message in problems + warnings:
            assert len(place) + len(message) < 220
            assert message and not message.endswith(("; left out", "; kept"))
        if new is None:
            assert problems and flash.writes == []
            return
        assert problems == []
        again = Flash(flash.writes[-1][1]) if flash.writes else flash
        assert len(again.text) <= 8192
        assert config.parse(again.text)[0] == new
        for section, key in (("http", "token"), ("http", "read_token"), ("wifi", "password")):
            if key not in (given_raw.get(section) or {}):
                assert new[section][key] == stored[section][key]
        if flash.writes:
            assert [name for name, _ in flash.writes] == ["config.old.json", "config.json"]
            assert flash.writes[0][1] == flash.text

    check()
    assert 40 <= sum(refused) <= len(refused) - 20
