"""The diagnostics' section about power, in literal text."""

import json

from baybridge.record.power_json import power_json


def test_power_when_no_limit_is_set_then_what_it_draws_anyway():
    power = {"sleep_below_soc_pct": None, "sleep_below_cell_mv": None, "wake_min": 10}
    assert json.loads(power_json(power, None)) == {
        "sleeps_when_low": False,
        "awake_because": None,
        "wake_min": 10,
        "draw_awake_ma": 35.0,
        "draw_sleeping_ma": 4.09,
        "month_awake_ah": 25.55,
        "month_sleeping_ah": 2.985,
    }


def test_power_when_it_sleeps_then_why_it_is_awake_now():
    power = {"sleep_below_soc_pct": 20, "sleep_below_cell_mv": None, "wake_min": 60}
    told = json.loads(power_json(power, "House 1 is charging"))
    assert told["sleeps_when_low"] is True
    assert told["awake_because"] == "House 1 is charging"
    assert (told["wake_min"], told["draw_sleeping_ma"]) == (60, 1.557)
