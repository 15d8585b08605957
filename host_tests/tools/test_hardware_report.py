"""The hardware report against a board on a pseudo-terminal, and on a computer that is no board."""

import json
import subprocess
import sys

import pytest

from baybridge.config_pins import CARD_KEYS, with_defaults
from host_tests.conftest import ROOT
from tools.deploy.version import manifest_text
from tools.hardware_report import __main__ as command
from tools.hardware_report import report as reports
from tools.rehearse.pty_board import PtyBoard, make_flash

MICROPYTHON = ROOT / ".tools" / "micropython" / "micropython"
ON_BOARD = ROOT / "tools" / "hardware_report" / "on_board.py"
SECRETS = ("boat", "secret word", "0123456789abcdef", "hk7mw2rxa9cq")
CONFIG = '{"wifi": {"ssid": "boat", "password": "secret word"}, "end": 1}'

needs_micropython = pytest.mark.skipif(
    not MICROPYTHON.exists(), reason="no MicroPython here: tools/setup_micropython.py says why"
)


def silent(text):
    pass


def put_files(board):
    """Leave on the flash what a bridge would: one whole version, one damaged, secrets."""
    from tools.deploy.link import Link

    good = {"baybridge/version.mpy": b"one"}
    link = Link(board.device)
    for slot, version in (("a", "0.1.0"), ("b", "0.2.0")):
        for path, raw in good.items():
            link.put(raw if slot == "a" else b"two", f"/{slot}/{path}")
        link.put(manifest_text(version, 6, good).encode(), f"/{slot}/manifest.txt")
    link.put(CONFIG.encode(), "/config.json")
    link.put(b"0123456789abcdef", "/token.txt")
    link.put(b"hk7mw2rxa9cq", "/access.txt")
    link.put(b"boat refused hk7mw2rxa9cq\nline two\n", "/crash.txt")
    link.close()


@needs_micropython
def test_report_when_a_board_answers_then_every_check_has_its_lines_and_no_secret(tmp_path):
    make_flash(tmp_path / "flash.img")
    told = []
    with PtyBoard(str(MICROPYTHON), tmp_path / "flash.img") as board:
        put_files(board)
        path = command.make(board.device, "", tmp_path / "out", told.append)
        text = path.read_text()
    assert told[:3] == ["diagnostics", "board", "files"]
    for title, _ in reports.CHECKS:
        part = text.split("## " + title + "\n")[1].split("\n## ")[0]
        assert part.strip(), title
    assert "machine: Generic ESP32S3 module with ESP32S3" in text
    assert "slot a 0.1.0: all 1 files as in its manifest" in text
    assert "slot b 0.2.0: missing or damaged: baybridge/version.mpy" in text
    assert "crash.txt: *** refused ***" in text
    assert "Traceback" not in text
    assert "write and flush 512 bytes" in text
    for secret in SECRETS:
        assert secret not in text
    assert "hard" in board.resets


def test_card_when_nothing_is_configured_then_the_pins_are_those_of_the_bridge():
    script = {}
    exec(ON_BOARD.read_text(), script)
    for chip, pins in script["_CARD_PINS"].items():
        rows = with_defaults([("card." + key, "integer", None) for key in CARD_KEYS], chip)
        assert [row[2] for row in rows] == list(pins)
    assert sorted(script["_CARD_PINS"]) == ["esp32", "esp32c3", "esp32s3"]


@needs_micropython
def test_checks_when_run_where_nothing_of_a_board_is_then_each_says_so():
    script = "def feed():\n    pass\n\n" + ON_BOARD.read_text()
    script += "\nfor one in (board, radios, adc, card, wifi, ble):\n    check(one)\n"
    done = subprocess.run(
        [str(MICROPYTHON), "-c", script],
        capture_output=True,
        text=True,
        timeout=30,
        env={"MICROPYPATH": ".frozen"},
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.stderr == ""
    assert [state for state, _ in lines if state == "failed"] == []
    assert [state for state, _ in lines if state == "not there"] == ["not there"] * 6


def test_bridge_when_no_url_then_not_asked():
    report = reports.Report(silent)
    reports.ask_bridge("", report)
    assert "not there not asked: URL=http://... names the running bridge" in report.text()


def test_bridge_when_it_answers_then_its_secrets_are_not_told_in_sentences_either():
    said = {
        "wifi": {"ssid": "boat", "problem": "boat is not in reach", "ip": "10.0.0.7"},
        "n": [1],
    }
    asked = []

    def fetch(url):
        asked.append(url)
        return said

    report = reports.Report(silent)
    reports.ask_bridge("http://bay/", report, fetch)
    text = report.text()
    assert asked == ["http://bay/api/v1/diagnostics"]
    assert '"ssid": "***"' in text and '"problem": "*** is not in reach"' in text
    assert "boat" not in text and "10.0.0.7" not in text


def test_bridge_when_it_is_not_there_then_a_line():
    def fetch(url):
        raise OSError("no route")

    report = reports.Report(silent)
    reports.ask_bridge("http://bay", report, fetch)
    assert "failed    the bridge did not answer there: no route" in report.text()


class Odd:
    """A link whose board fails at one thing."""

    def __init__(self, answers):
        self._answers = answers

    def call(self, name, *args):
        return self._answers[name]

    def run(self, script):
        return self._answers.get(script, '["ok", "fine"]\n')


def test_board_when_one_check_answers_nonsense_then_the_others_are_still_asked():
    answers = {"ask": [], "texts": [], "hashes": [], "check(adc)": "MemoryError\n"}
    report = reports.Report(silent)
    reports.ask_board(Odd(answers), report)
    text = report.text()
    assert text.count("failed") == 3
    assert text.count("ok        fine") == 7


@pytest.mark.parametrize(
    ("device", "sentence"),
    [
        ("/dev/no-such-board", "There is no /dev/no-such-board."),
        ("/dev", "/dev is no serial port."),
    ],
)
def test_command_when_the_device_is_none_then_a_sentence_and_status_1(device, sentence):
    done = subprocess.run(
        [sys.executable, "-m", "tools.hardware_report", device],
        capture_output=True,
        text=True,
        timeout=30,
        cwd=ROOT,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("hardware-report: " + sentence)
    assert "Traceback" not in done.stderr
