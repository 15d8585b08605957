"""Whatever a configuration's text is, there is a usable configuration. CPython only."""

import json
import math

from hypothesis import given, settings
from hypothesis import strategies as st

from baybridge import config

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
BATTERY = st.dictionaries(st.sampled_from(BATTERY_KEYS), SCALARS) | ANYTHING
SECTION = st.dictionaries(st.sampled_from(KEYS), SCALARS) | ANYTHING
OBJECT = st.fixed_dictionaries(
    {"end": st.just(1)},
    optional={
        "name": SCALARS,
        "batteries": st.lists(BATTERY, max_size=6) | ANYTHING,
        "http": SECTION,
        "log": SECTION,
        "wifi": SECTION,
        "card": SECTION,
    },
)


def assert_usable(parsed, problems):
    """Check every promise of the table, without the code under test."""
    assert sorted(parsed) == ["batteries", "card", "http", "log", "name", "radio", "wifi"]
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
        assert len(problem) < 160
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
    assert [problem for problem in more if "may find the same battery" not in problem] == []


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
