"""docs/alarms.md against the code: each code has its row, each limit its default."""

import re

from baybridge.battery.alarm_limits import KEYS, AlarmLimits
from baybridge.battery.alarms import CODES
from baybridge.battery.card_watch import CODES as CARD_CODES
from baybridge.battery.sample import Sample
from host_tests.conftest import ROOT

TEXT = (ROOT / "docs" / "alarms.md").read_text()


def rows_of(heading):
    """Return the first column's names in the tables of a section, each with its row."""
    section = TEXT.split(f"## {heading}\n")[1].split("\n## ")[0]
    return dict(re.findall(r"^\| `([a-z_]+)` \|(.*)$", section, re.M))


def test_codes_when_documented_then_they_are_those_there_are():
    assert sorted(rows_of("The codes")) == sorted(CODES)
    assert tuple(rows_of("The card")) == CARD_CODES[1:]


def test_defaults_when_documented_then_they_are_those_in_force():
    limits = AlarmLimits({})
    limits.learn(Sample())
    default = dict(zip(KEYS.split(), limits.values, strict=True))
    rows = rows_of("The codes")
    for key, value in default.items():
        code = key.rpartition("_")[0].replace("_per_cell", "")
        if key.endswith("_mv") and code in rows:
            assert f" {value / 1000:.2f} V" in rows[code], key
        elif key.endswith(("_c", "_pct")):
            assert re.search(rf" {value} (°C|%)", rows[code]), key
    for key in ("rest", "load", "full"):
        value = default[f"spread_{key}_mv"]
        assert re.search(rf"^\| {key} \|.*\| {value} mV \| {value // 2} mV \|", TEXT, re.M), key
