"""tools/calibrate in a terminal, against the firmware with simulated taps. CPython only."""

import json
import os
import subprocess
import sys
import time
import urllib.request

import pytest

from host_tests.conftest import ROOT
from host_tests.tools.test_run_host import HOST_PATH, free_port

ENVIRONMENT = {**os.environ, "BAYBRIDGE_TOKEN": "change-it"}


class Bridge:
    """A running bridge; meter holds what an ideal multimeter reads."""

    def __init__(self, folder):
        self.port = free_port()
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "host_tests/tools/calibrated_bridge.py", str(self.port), str(folder)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": HOST_PATH},
            stdout=subprocess.PIPE,
            text=True,
        )
        word, *volts = self.process.stdout.readline().split()
        assert word == "meter"
        self.meter = [float(one) for one in volts]

    def stop(self):
        self.process.kill()
        self.process.communicate()

    def calibrate(self, *args, typed="", environment=ENVIRONMENT):
        """Run the program with what a person types; (status, output, errors)."""
        command = [sys.executable, "-m", "tools.calibrate", f"localhost:{self.port}", *args]
        done = subprocess.run(
            command,
            input=typed,
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout, done.stderr

    def state(self):
        url = f"http://127.0.0.1:{self.port}/api/v1/batteries/house1/calibration"
        with urllib.request.urlopen(url, timeout=5) as reply:
            return json.load(reply)

    def wait_for(self, is_there, within_s=40):
        end = time.monotonic() + within_s
        state = None
        while time.monotonic() < end:
            try:
                state = self.state()
            except OSError:
                pass
            else:
                if is_there(state):
                    return state
            time.sleep(0.2)
        raise AssertionError(f"not within {within_s} s: {state}")

    def stored_taps(self):
        stored = json.loads((self.folder / "flash" / "config.json").read_text())
        return stored["batteries"][1]["taps"]


@pytest.fixture
def bridge(tmp_path):
    running = Bridge(tmp_path)
    try:
        # The first burst has been read, and the BMS has answered.
        running.wait_for(
            lambda state: (
                state["hindrance"] is None and state["fit"]["waiting_for"][:8] != "the BMS "
            )
        )
        yield running
    finally:
        running.stop()


def lines(words):
    return "".join(f"{word}\n" for word in words)


def test_one_point_then_undo_as_a_person_does_it(bridge):
    # A comma, a unit and a slip of the finger are forgiven.
    typed = [f"{bridge.meter[0]:.3f}".replace(".", ","), "6..6", f"{bridge.meter[1]:.3f} V"]
    typed += [f"{volts:.3f}" for volts in bridge.meter[2:]]
    status, output, errors = bridge.calibrate(typed=lines([*typed, "y"]))
    assert (status, errors) == (0, "")
    assert "a number is needed, like 6.625" in output
    assert "Kept, and in force." in output
    state = bridge.state()
    assert state["calibrated"] and state["independent"]
    for tap, volts in zip(state["taps"], bridge.meter, strict=True):
        # One burst's noise at the top tap is 5 mV.
        assert abs(tap["reads_v"] - volts) < 0.025
        assert tap["calibrated_against"] == "multimeter"
        assert tap["gain"] != 1
    stored = bridge.stored_taps()
    assert [tap["gain"] for tap in stored] == [tap["gain"] for tap in state["taps"]]
    assert stored[3]["calibrated_divider"] == "35:715000/100000"

    status, output, _ = bridge.calibrate("--undo", typed="yes\n")
    assert status == 0
    assert "tap 4: gain 1.000000, offset 0.0 mV (never)" in output
    assert [tap["gain"] for tap in bridge.state()["taps"]] == [1, 1, 1, 1]
    status, output, _ = bridge.calibrate("--show")
    assert status == 0
    assert output.count("never") == 4


def test_nothing_is_changed_unless_a_person_agrees(bridge):
    readings = lines(f"{volts:.3f}" for volts in bridge.meter)
    status, output, _ = bridge.calibrate("house1", typed=readings + "\n")
    assert status == 1
    assert "Nothing was changed." in output
    # An end of input half-way, and one instead of the answer.
    for typed in (readings[:12], readings):
        status, _, errors = bridge.calibrate("house1", typed=typed)
        assert status == 1
        assert errors.endswith("calibrate: stopped; nothing was changed\n")
    assert [tap["gain"] for tap in bridge.state()["taps"]] == [1, 1, 1, 1]
    assert "gain" not in bridge.stored_taps()[0]


def test_against_the_bms_once_it_has_rested(bridge):
    status, _, errors = bridge.calibrate("--bms", "--yes")
    assert status == 1
    assert "calibrate: The comparison has " in errors
    bridge.wait_for(lambda state: state["fit"]["bursts"] >= 60)
    status, output, errors = bridge.calibrate("--bms", "--yes")
    assert (status, errors) == (0, "")
    assert "the taps are no second opinion" in output
    state = bridge.state()
    assert state["calibrated"] and not state["independent"]
    for tap, volts in zip(state["taps"], bridge.meter, strict=True):
        assert abs(tap["reads_v"] - volts) < 0.025


def test_refusals_are_plain_sentences(bridge):
    cells = lines(["3.29"] * 4)
    status, _, errors = bridge.calibrate(typed=cells)
    assert status == 1
    assert errors.startswith("calibrate: taps_v: these look like the voltages of single cells.")
    status, _, errors = bridge.calibrate("--second")
    assert (status, errors) == (
        1,
        "calibrate: There is no first point since the bridge was started; leave --second away to "
        "begin.\n",
    )
    status, _, errors = bridge.calibrate("--undo")
    assert errors == "calibrate: There is no earlier calibration to go back to.\n"
    status, _, errors = bridge.calibrate("house9")
    assert (status, errors) == (1, "calibrate: There is no battery house9. Known: bare, house1.\n")
    status, _, errors = bridge.calibrate("bare", "--show")
    assert errors.startswith("calibrate: No taps are wired to ")
    without = {name: value for name, value in ENVIRONMENT.items() if name != "BAYBRIDGE_TOKEN"}
    status, _, errors = bridge.calibrate(environment=without)
    assert (status, errors[:29]) == (1, "calibrate: A token is needed,")
    readings = lines(f"{volts:.3f}" for volts in bridge.meter)
    status, _, errors = bridge.calibrate("--token", "guess-it", typed=readings)
    assert status == 1
    assert errors.endswith("The token is given with --token or in BAYBRIDGE_TOKEN.\n")


def run(*args):
    done = subprocess.run(
        [sys.executable, "-m", "tools.calibrate", *args],
        cwd=ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


def test_no_bridge_is_a_plain_sentence():
    port = free_port()
    status, errors = run(f"localhost:{port}")
    assert status == 2
    assert errors.startswith(f"calibrate: http://localhost:{port} does not answer: ")
    status, errors = run("nonsense://bay")
    assert status == 2
    assert errors.startswith("calibrate: nonsense://bay does not answer: ")
    assert run()[0] == 2
    assert run("bay", "--bms", "--undo")[0] == 2
