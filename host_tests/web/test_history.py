"""The history over real sockets, from RAM: literal answers, odd parameters."""

import json

from host_tests.web.history_rig import NOON_S, ask, live, make_bridge


def test_history_when_from_ram_then_the_fine_steps_with_their_times():
    bridge = make_bridge(NOON_S)
    live(bridge, 50)
    line, headers, body = ask(bridge, "?minutes=1&points=3")
    assert line == "HTTP/1.1 200 OK"
    assert headers["content-type"] == "application/json"
    assert headers["cache-control"] == "no-store"
    assert body == (
        b'{"id":"house1","from":"2026-11-22T12:00:00Z","to":"2026-11-22T12:00:50Z",'
        b'"from_uptime_s":0,"to_uptime_s":50,"step_s":20,"source":"ram","series":{'
        b'"voltage_v":[13.12,13.12,13.12],"current_a":[-48.21,-48.21,-48.21],'
        b'"soc_pct":[54,54,54],"lowest_cell_v":[null,null,null],'
        b'"highest_cell_v":[null,null,null],"temperature_c":[null,null,null]}}'
    )


def test_history_when_the_time_is_unknown_then_uptime_only():
    bridge = make_bridge()
    live(bridge, 30)
    _, _, body = ask(bridge, "?minutes=1")
    assert body.startswith(
        b'{"id":"house1","from":null,"to":null,"from_uptime_s":0,"to_uptime_s":30,"step_s":20,'
    )


def test_history_when_the_clock_is_set_meanwhile_then_the_steps_stay():
    bridge = make_bridge()
    live(bridge, 100)
    bridge.clock.set_unix_s(NOON_S)
    found = json.loads(ask(bridge, "?minutes=1")[2].decode())
    assert (found["from"], found["to"]) == ("2026-11-22T11:59:20Z", "2026-11-22T12:00:00Z")
    assert found["from_uptime_s"] == 60
    assert found["series"]["soc_pct"] == [54, 54, None]


def test_history_when_a_battery_was_silent_then_the_gap_is_null():
    bridge = make_bridge()
    live(bridge, 40)
    bridge.clock.now_ms += 100000
    live(bridge, 20)
    found = json.loads(ask(bridge, "?minutes=60")[2].decode())
    # 90 points of 40 s would do for the hour; there are four since the start.
    assert (found["step_s"], found["from_uptime_s"]) == (40, 0)
    assert found["series"]["voltage_v"] == [13.12, None, None, 13.12, None]


def test_history_when_steps_are_joined_then_lowest_and_highest_come_too():
    bridge = make_bridge()
    live(bridge, 20)
    bridge.battery.sample.current_ma = 1000
    live(bridge, 20)
    found = json.loads(ask(bridge, "?minutes=2&points=3")[2].decode())
    assert found["step_s"] == 40
    assert found["series"]["current_a"][0] == -23.6
    assert found["series"]["current_min_a"][0] == -48.21
    assert found["series"]["current_max_a"][0] == 1.0
    found = json.loads(ask(bridge, "?minutes=2&points=6")[2].decode())
    assert sorted(found["series"]) == [
        "current_a",
        "highest_cell_v",
        "lowest_cell_v",
        "soc_pct",
        "temperature_c",
        "voltage_v",
    ]


def test_history_when_longer_than_an_hour_then_coarse_and_at_most_a_day():
    bridge = make_bridge()
    live(bridge, 3 * 3600)
    found = json.loads(ask(bridge, "?minutes=120")[2].decode())
    assert (found["step_s"], found["from_uptime_s"]) == (600, 4200)
    assert found["series"]["voltage_v"] == [13.12] * 11 + [None]
    assert found["series"]["voltage_min_v"] == [13.12] * 11 + [None]
    found = json.loads(ask(bridge, "?minutes=10080&points=500")[2].decode())
    assert (found["step_s"], found["from_uptime_s"], found["source"]) == (600, 0, "ram")
    assert len(found["series"]["soc_max_pct"]) == 19
    bridge.clock.now_ms += 30 * 3600000
    found = json.loads(ask(bridge, "?minutes=10080&points=500")[2].decode())
    assert found["to_uptime_s"] - found["from_uptime_s"] == 143 * 600
    assert found["series"]["soc_pct"] == [None] * 144


def test_points_when_asked_for_then_never_more():
    bridge = make_bridge()
    live(bridge, 3700)
    for minutes in (1, 2, 7, 59, 60, 61, 240, 1440, 10080):
        for points in (2, 3, 10, 119, 500):
            query = "?minutes=%d&points=%d" % (minutes, points)
            found = json.loads(ask(bridge, query)[2].decode())
            n = len(found["series"]["voltage_v"])
            assert 1 <= n <= points, query
            # They reach back so far, or to the start.
            reach_s = found["to_uptime_s"] - found["from_uptime_s"]
            least_s = min(minutes * 60 - found["step_s"], 3700 - found["step_s"])
            assert reach_s >= least_s, query
            assert (n - 1) * found["step_s"] <= reach_s < n * found["step_s"], query


def test_parameters_when_wrong_then_400_with_their_name_and_range():
    bridge = make_bridge()
    minutes = b"minutes: has to be a whole number from 1 to 10080."
    points = b"points: has to be a whole number from 2 to 500."
    for query, words in (
        ("?minutes=0", minutes),
        ("?minutes=10081", minutes),
        ("?minutes=-5", minutes),
        ("?minutes=", minutes),
        ("?minutes=1.5", minutes),
        ("?minutes=1e2", minutes),
        ("?minutes=%2b5", minutes),
        ("?minutes=+5", minutes),
        ("?minutes=%d9%a3", minutes),
        ("?minutes=x", minutes),
        ("?minutes=" + "9" * 500, minutes),
        ("?points=1", points),
        ("?points=501", points),
        ("?points=ten", points),
        ("?minutes=0&points=0", minutes),
    ):
        line, headers, body = ask(bridge, query)
        assert line == "HTTP/1.1 400 Bad Request", query
        assert headers["content-type"] == "application/problem+json"
        assert b'"detail":"' + words + b'"' in body, query
    for query in ("?minutes=1&points=2", "?minutes=10080&points=500", "?minutes=0007", "?x=y"):
        assert ask(bridge, query)[0] == "HTTP/1.1 200 OK", query


def test_battery_when_unknown_then_404():
    for id in ("house2", "..", "house%31", "house1%2f.."):
        path = "/api/v1/batteries/%s/history" % id
        line, _, body = ask(make_bridge(), "?minutes=0", path)
        assert line == "HTTP/1.1 404 Not Found"
        assert b"Known: house1." in body
