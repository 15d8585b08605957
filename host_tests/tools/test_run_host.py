"""`make run` as a user meets it: a process on each interpreter, asked over HTTP."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MICROPYTHON = os.environ.get("MICROPYTHON", str(ROOT / ".tools/micropython/micropython"))
HOST_PATH = "firmware:host_tests/fakes:.tools/lib:."
CAPTURE = "host_tests/data/24v-8s-100ah.txt"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Bridge:
    """A running bridge; get() asks it."""

    def __init__(self, vm, folder, *args, program="tools/run_host.py", port=None):
        self.port = port or free_port()
        self.folder = Path(folder)
        if vm == "micropython":
            command = [MICROPYTHON, "-X", "heapsize=8M"]
            path = {"MICROPYPATH": HOST_PATH + ":.frozen"}
        else:
            command = [sys.executable]
            path = {"PYTHONPATH": HOST_PATH}
        self.process = subprocess.Popen(
            [
                *command,
                program,
                *("--port", str(self.port)),
                *("--folder", str(folder)),
                *args,
            ],
            cwd=ROOT,
            env={**os.environ, **path},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def get(self, path):
        url = f"http://127.0.0.1:{self.port}{path}"
        with urllib.request.urlopen(url, timeout=5) as reply:
            return json.load(reply)

    def change(self, method, path, body):
        """Send a change with the token the bridge has in its flash."""
        token = (self.folder / "flash" / "token.txt").read_text().strip()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            json.dumps(body).encode(),
            {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=5) as reply:
            return reply.status, json.load(reply)

    def put(self, path, body, folder):
        """Return status and answer of a change."""
        token = (folder / "flash" / "token.txt").read_text().strip()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            json.dumps(body).encode(),
            {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
            method="PUT",
        )
        try:
            with urllib.request.urlopen(request, timeout=5) as reply:
                return reply.status, json.load(reply)
        except urllib.error.HTTPError as exc:
            return exc.code, json.load(exc)

    def wait_for(self, is_there, path="/api/v1/batteries", within_s=20):
        """Ask until is_there(answer); the answer."""
        end = time.monotonic() + within_s
        answer = None
        while time.monotonic() < end:
            try:
                answer = self.get(path)
            except (OSError, urllib.error.URLError):
                assert self.process.poll() is None, self.process.stdout.read()
            else:
                if is_there(answer):
                    return answer
            time.sleep(0.1)
        raise AssertionError(f"not within {within_s} s: {answer}")


@pytest.fixture(params=["micropython", "cpython"])
def vm(request):
    if request.param == "micropython" and not os.access(MICROPYTHON, os.X_OK):
        pytest.skip("no MicroPython 1.25; `make setup` says what to install")
    return request.param


def test_folder_when_two_bridges_run_then_each_has_its_own():
    from tools.run_host import folder_for

    assert folder_for(8080, False) == "build/host"
    assert folder_for(8090, False) == "build/host-8090"
    assert folder_for(8090, True) == "build/first-start-8090"


def test_run_with_the_24_v_capture_answers_what_its_owner_published(vm, tmp_path):
    with Bridge(vm, tmp_path, "--capture", CAPTURE) as bridge:
        answer = bridge.wait_for(
            lambda a: (
                a["batteries"][0]["bms"]["protection"] and a["batteries"][0]["bms"]["settings"]
            )
        )
    battery = answer["batteries"][0]
    bms = battery["bms"]
    assert battery["cell_count"] == 8
    assert bms["voltage_v"] == 27.554
    assert bms["cells_v"] == [3.442, 3.496, 3.375, 3.464, 3.457, 3.429, 3.359, 3.420]
    assert bms["soc_pct"] == 99
    assert bms["cycles"] == 7
    assert bms["rated_ah"] == 100
    assert bms["temperatures_c"] == [20]
    assert bms["charge_fet"] is True and bms["discharge_fet"] is True
    assert bms["protection"] == {"active": False, "raw": "0" * 32}
    assert bms["settings"]["high"]["cell_ov_v"] == 3.65
    assert answer["bank"]["missing"] == 0


def test_run_before_the_battery_has_answered_knows_nothing(vm, tmp_path):
    with Bridge(vm, tmp_path, "--capture", CAPTURE) as bridge:
        answer = bridge.wait_for(lambda a: True)
    bms = answer["batteries"][0]["bms"]
    assert bms["stale"] is True and bms["age_s"] is None
    unknown = dict(bms)
    for name in ("stale", "cells_v", "raw"):
        del unknown[name]
    assert set(unknown.values()) == {None}
    assert answer["bank"] == {
        **answer["bank"],
        "batteries": 1,
        "missing": 1,
        "current_a": None,
        "power_w": None,
        "remaining_ah": None,
    }


def test_run_alone_is_a_12_v_battery_whose_load_changes(vm, tmp_path):
    with Bridge(vm, tmp_path, "--speed", "20") as bridge:
        first = bridge.wait_for(lambda a: a["batteries"][0]["bms"]["current_a"] is not None)
        assert first["batteries"][0]["bms"]["rated_ah"] == 206
        assert first["batteries"][0]["cell_count"] == 4
        before = first["batteries"][0]["bms"]["current_a"]
        bridge.wait_for(
            lambda a: abs((a["batteries"][0]["bms"]["current_a"] or before) - before) > 20
        )


def test_run_with_two_captures_reads_both_batteries(vm, tmp_path):
    captures = CAPTURE + ",host_tests/data/12v-4s-206ah-synthetic.txt"
    with Bridge(vm, tmp_path, "--capture", captures) as bridge:
        answer = bridge.wait_for(lambda a: a["bank"]["missing"] == 0)
    volts = [battery["bms"]["voltage_v"] for battery in answer["batteries"]]
    assert volts == [27.554, 13.12]


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["--speed", "0"], "--speed is a whole number from 1 to 1000"),
        (["--speed", "fast"], "--speed is a whole number from 1 to 1000"),
        (["--sped", "2"], "--sped: not one of"),
        (["--capture", "nowhere.txt"], "nowhere.txt cannot be read"),
        (["--capture", "LICENSE"], "LICENSE: line 1:"),
        (["--config", "nowhere.json"], "nowhere.json cannot be read"),
    ],
)
def test_run_with_an_odd_option_says_which_and_stops(vm, tmp_path, args, sentence):
    with Bridge(vm, tmp_path, *args) as bridge:
        printed, _ = bridge.process.communicate(timeout=20)
    assert sentence in printed
    assert "Traceback" not in printed
    assert bridge.process.returncode == 1


def test_run_with_a_broken_config_runs_on_defaults_and_lists_the_problems(vm, tmp_path):
    config = tmp_path / "config.json"
    config.write_text('{"batteries": [{"id": "house 1", "poll_s": 0.01}], "colour": 1, "end": 1}')
    with Bridge(vm, tmp_path, "--config", str(config)) as bridge:
        problems = bridge.wait_for(lambda a: True, "/api/v1/diagnostics")["config_problems"]
        answer = bridge.wait_for(lambda a: a["bank"]["missing"] == 0, within_s=30)
    assert len(problems) == 3
    for place in ("batteries[0].id", "batteries[0].poll_s", "colour"):
        assert any(problem.startswith(place) for problem in problems), problems
    assert answer["batteries"][0]["id"] == "battery1"


def test_run_with_a_truncated_config_says_so(vm, tmp_path):
    config = tmp_path / "config.json"
    config.write_text('{"batteries": [{"id": "house1",')
    with Bridge(vm, tmp_path, "--config", str(config)) as bridge:
        problems = bridge.wait_for(lambda a: True, "/api/v1/diagnostics")["config_problems"]
    assert len(problems) == 1 and "config.json" in problems[0]


def test_run_on_a_port_that_is_taken_says_so(vm, tmp_path):
    with Bridge(vm, tmp_path) as first:
        first.wait_for(lambda a: True)
        second = Bridge(vm, tmp_path / "second", "--port", str(first.port))
        with second:
            printed, _ = second.process.communicate(timeout=20)
    assert f"port {first.port} cannot be had" in printed
    assert "Traceback" not in printed


def test_run_when_restarted_over_http_then_the_next_start_with_what_was_stored(vm, tmp_path):
    config = tmp_path / "mine.json"
    config.write_text('{"batteries": [{"address": "02:12:34:00:20:61"}], "end": 1}')
    with Bridge(vm, tmp_path, "--config", str(config)) as bridge:
        before = bridge.wait_for(lambda a: a["bank"]["missing"] == 0)
        assert before["bridge"]["name"] == "baybridge"
        batteries = [{"id": "house1", "name": "House 1", "address": "02:12:34:00:20:61"}]
        change = {"name": "bay-2", "batteries": batteries}
        assert bridge.change("PUT", "/api/v1/config", change) == (
            200,
            {
                "stored": True,
                "restart_needed": ["batteries", "name"],
                "applied": [],
                "warnings": [],
            },
        )
        assert bridge.get("/api/v1/batteries")["bridge"]["name"] == "baybridge"
        for boot in (before["bridge"]["boot"] + 1, before["bridge"]["boot"] + 2):
            answer = bridge.change("POST", "/api/v1/restart", {})
            assert answer == (202, {"restarting": True})
            after = bridge.wait_for(
                lambda a, boot=boot: a["bridge"]["boot"] == boot and a["bank"]["missing"] == 0
            )
            assert after["bridge"]["name"] == "bay-2"
            assert after["batteries"][0]["id"] == "house1"
            assert after["uptime_s"] < 20
        diagnostics = bridge.get("/api/v1/diagnostics")
        assert diagnostics["reset_reason"] == "asked for over HTTP"
    assert config.read_text() == '{"batteries": [{"address": "02:12:34:00:20:61"}], "end": 1}'
    # Another run is a new board: it begins with the file it was given.
    with Bridge(vm, tmp_path, "--config", str(config)) as bridge:
        assert bridge.wait_for(lambda a: True)["bridge"]["name"] == "baybridge"


def test_run_on_this_computer_says_that_there_is_no_wifi_to_set(vm, tmp_path):
    with Bridge(vm, tmp_path) as bridge:
        wifi = bridge.wait_for(lambda a: a["station"]["ip"], "/api/v1/wifi")
        assert wifi["mode"] == "station"
        assert wifi["station"]["ssid"] == "the network of this computer"
        assert wifi["access_point"] is None and wifi["test"] is None
        assert "made up" in bridge.get("/api/v1/wifi/networks")[0]["ssid"]
        status, answer = bridge.put("/api/v1/wifi", {"ssid": "boat"}, tmp_path)
    assert status == 409
    assert answer["detail"].startswith("This bridge runs on a computer and uses its network")


def test_run_as_a_first_start_is_an_access_point_until_a_network_is_joined(vm, tmp_path):
    with Bridge(vm, tmp_path, "--first-start") as bridge:
        wifi = bridge.wait_for(lambda a: a["mode"] == "access_point", "/api/v1/wifi")
        assert wifi["access_point"] == {"ssid": "baybridge-0001", "ip": "127.0.0.1", "clients": 0}
        heard = bridge.get("/api/v1/wifi/networks")
        assert [row["ssid"] for row in heard] == ["boat", "Sea Breeze", "marina guests"]
        body = {"ssid": "boat", "password": "secret word"}
        assert bridge.put("/api/v1/wifi", body, tmp_path)[0] == 202
        wifi = bridge.wait_for(
            lambda a: a["test"]["state"] != "running", "/api/v1/wifi", within_s=30
        )
        assert wifi["test"]["state"] == "joined" and wifi["mode"] == "station"
        assert wifi["station"]["ip"] == "127.0.0.2"
    stored = json.loads((tmp_path / "flash" / "config.json").read_text())
    assert stored["wifi"] == {"ssid": "boat", "password": "secret word"}
