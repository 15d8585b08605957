"""`make deploy` with the real mpremote, against MicroPython on a pseudo-terminal."""

import os
import signal
import subprocess
import sys
import time

import pytest

from host_tests.conftest import NO_MICROPYTHON, ROOT, micropython_command
from host_tests.tools.deploy_rig import (
    CRASHES,
    Deployment,
    blank_board,
    small_version,
    text_of,
)
from tools.deploy.link import Link
from tools.deploy.watch import watch
from tools.rehearse.deploys import Rehearsal, changed

pytestmark = [
    pytest.mark.skipif(micropython_command() is None, reason=NO_MICROPYTHON),
    pytest.mark.time_limit_s(180),
]
ENVIRONMENT = {**os.environ, "PYTHONPATH": "firmware:host_tests/fakes:.tools/lib:."}


def heard(board, words, wait_s=20):
    """Wait until the board has said some words; return all it said."""
    until_s = time.monotonic() + wait_s
    while words.encode() not in board.said and time.monotonic() < until_s:
        time.sleep(0.05)
    said = board.said.decode(errors="replace")
    assert words in said, said[-800:]
    return said


def test_board_when_the_real_mpremote_asks_then_it_answers(tmp_path):
    (tmp_path / "note.txt").write_text("a note\n")
    with blank_board(tmp_path) as board:

        def mpremote(*words):
            command = [sys.executable, "-m", "mpremote", "connect", board.device, *words]
            done = subprocess.run(command, capture_output=True, text=True, timeout=60)
            assert done.returncode == 0, done.stdout + done.stderr
            return done.stdout

        assert mpremote("exec", "print(6 * 7)") == "42\n"
        mpremote("cp", str(tmp_path / "note.txt"), ":note.txt")
        assert mpremote("cat", ":note.txt") == "a note\n"
        assert "sha256" in mpremote("sha256sum", ":note.txt")
        what = mpremote("exec", "import sys; print(sys.implementation._machine)")
        assert what == "Generic ESP32S3 module with ESP32S3\n"


def test_deploy_when_the_flash_is_blank_then_it_runs_and_says_where(tmp_path):
    version = small_version(tmp_path)
    said = []

    def look_on(link):
        watch(link.lines, "bay", said.append, limit_s=20, more_s=0.5)

    with blank_board(tmp_path) as board:
        first = Deployment(board, version, look_on)
        assert (first.work.sent, first.work.copied) == (4, 0)
        assert first.said[-1] == "a is the first version on this board"
        assert "  | token for changes: 0123456789abcdef" in said
        assert "  | version 0.1.0 in a" in said
        assert said[-2:] == [
            "http://bay.local:8091/ in your network",
            "http://192.168.4.1:8091/ in its own Wi-Fi, until it is in yours",
        ]
        assert text_of(board, "/slots.txt").startswith("run=a try=- tried=0 ")
        assert text_of(board, "/a/manifest.txt") == version.manifest


def test_tool_when_it_holds_the_prompt_then_the_watchdog_waits_and_its_bite_is_no_crash(tmp_path):
    look = (
        "import machine\nfrom black_box import BlackBox\n"
        "from host_tests.fakes.hardware import BOARD\nprint(BOARD.wdt_timeout_ms)\n"
        "BlackBox().begin(machine.WDT_RESET, lambda: False)\n"
        "print(BlackBox().crashes, BlackBox().reason)\n"
    )
    with blank_board(tmp_path) as board:
        Deployment(board, small_version(tmp_path))
        heard(board, "version 0.1.0 in a")
        link = Link(board.device)
        said = link.run(look).splitlines()
        link.close()
    assert said[:2] == ["300000", "0 a tool on the cable did not come to its end"]


def test_deploy_when_nothing_has_changed_then_nothing_is_sent(tmp_path):
    version = small_version(tmp_path)
    with blank_board(tmp_path) as board:
        Deployment(board, version)
        heard(board, "version 0.1.0 in a")
        again = Deployment(board, version)
        assert (again.work.sent, again.work.copied, again.work.sent_bytes) == (0, 0, 0)
        assert again.said == [
            "0 files sent, 0 copied on the board, 4 were there; beside them nothing; 0 bytes",
            "a runs this version already",
        ]


def test_deploy_when_one_file_has_changed_then_one_is_sent(tmp_path):
    with blank_board(tmp_path) as board:
        Deployment(board, small_version(tmp_path))
        new = small_version(tmp_path, page=b"another page")
        second = Deployment(board, new)
        # The rest the board copies for itself, from one slot to the other.
        assert (second.work.sent, second.work.copied) == (1, 3)
        assert second.work.sent_bytes == len(b"another page")
        assert second.said[0] == "  4/4 /b/www/index.html.gz 12 bytes"
        assert second.said[-1] == ("b is on trial: after 10 good minutes it stays, else a is back")
        heard(board, "version 0.1.0 in b")
        assert text_of(board, "/slots.txt").startswith("run=a try=b tried=1 ")


def test_deploy_when_the_new_version_crashes_then_the_old_one_is_back(tmp_path):
    with blank_board(tmp_path) as board:
        Deployment(board, small_version(tmp_path))
        heard(board, "version 0.1.0 in a")
        board.said.clear()
        Deployment(board, small_version(tmp_path, "0.2.0", CRASHES))
        heard(board, "it cannot work")
        heard(board, "version 0.1.0 in a", 30)
        assert text_of(board, "/slots.txt").startswith("run=a try=- tried=0 failed=b why=crashed ")


def test_deploy_when_a_version_is_on_trial_then_that_one_is_replaced(tmp_path):
    with blank_board(tmp_path) as board:
        Deployment(board, small_version(tmp_path))
        Deployment(board, small_version(tmp_path, "0.2.0"))
        heard(board, "version 0.2.0 in b")
        Deployment(board, small_version(tmp_path, "0.3.0"))
        heard(board, "version 0.3.0 in b")
        assert text_of(board, "/slots.txt").startswith("run=a try=b tried=1 ")


def test_deploy_when_the_slot_that_runs_is_damaged_then_it_is_replaced(tmp_path):
    with blank_board(tmp_path) as board:
        Deployment(board, small_version(tmp_path))
        link = Link(board.device)
        link.run("open('/a/baybridge/version.mpy', 'wb').close()")
        link.close()
        third = Deployment(board, small_version(tmp_path))
        assert third.said[0] == "the version in a is damaged, and is replaced"
        assert third.work.sent == 1
        heard(board, "version 0.1.0 in a")


def test_deploy_when_old_files_are_in_the_slot_then_they_are_gone(tmp_path):
    with blank_board(tmp_path) as board:
        Deployment(board, small_version(tmp_path))
        link = Link(board.device)
        # A module that would be found before the one of the same name.
        link.run("make_folders('/b/baybridge/x/y')\nopen('/b/baybridge/version.py', 'w').close()")
        link.close()
        Deployment(board, small_version(tmp_path, "0.2.0"))
        heard(board, "version 0.2.0 in b")
        link = Link(board.device)
        assert link.run("print(sorted(os.listdir('/b/baybridge')))").strip() == (
            "['__init__.mpy', 'app_start.mpy', 'version.mpy']"
        )
        link.close()


# --- interrupted ------------------------------------------------------------------------------


def test_deploy_when_the_power_fails_at_any_write_then_old_or_new_starts(
    tmp_path, record_property
):
    new = small_version(tmp_path)
    micropython = micropython_command()
    for old, name in ((changed(new), "old"), (None, "nothing")):
        play = Rehearsal(micropython, tmp_path / name, new, old)
        play.record(is_flushed=True)
        # `make bench` tries every write of the real firmware's.
        play.cut_power(step=5)
        play.look_at(play.flash)
        assert play.wrong == []
        assert set(play.seen) == {"new", name}
        # Nearly all of it comes before the switch, which is the last that is written.
        assert play.seen[name] > 100 and play.seen["new"] >= 2
        record_property("figure", f"deployments cut off: {play.tried}, {name}->new {play.seen}")


def test_deploy_when_its_cable_is_pulled_then_old_or_new_starts(tmp_path, record_property):
    new = small_version(tmp_path)
    play = Rehearsal(micropython_command(), tmp_path / "cut", new, changed(new))
    commands, opened = play.record()
    assert "/b/baybridge/version.mpy" in [path for _, path in opened]
    # `make bench` tries every file of the real firmware's.
    play.cut_cables([opened[0][0], opened[-1][0], commands - 1])
    assert play.wrong == []
    assert set(play.seen) == {"old", "new"}
    record_property("figure", f"cables pulled: {play.tried - 1} of {commands} commands")


def test_cuts_when_a_slot_is_switched_to_too_early_then_they_are_found(tmp_path):
    new = small_version(tmp_path)
    play = Rehearsal(micropython_command(), tmp_path / "early", new, changed(new))
    with play.board() as board:
        # As a tool would that copies onto what runs.
        link = Link(board.device)
        link.put(b"half of it", "/a/baybridge/version.mpy")
        link.put(new.manifest.encode(), "/a/manifest.txt")
        link.close()
    play.look_at(play.flash)
    assert len(play.wrong) == 1


def test_deploy_when_it_is_killed_then_the_next_one_completes_it(tmp_path):
    command = [sys.executable, "-m", "tools.deploy", "deploy"]
    with blank_board(tmp_path) as board:
        Deployment(board, small_version(tmp_path))
        heard(board, "version 0.1.0 in a")
        process = subprocess.Popen(
            [*command, board.device], cwd=ROOT, env=ENVIRONMENT, text=True, stdout=subprocess.PIPE
        )
        said = []
        for line in process.stdout:
            said.append(line)
            if line.startswith("  40/"):
                process.send_signal(signal.SIGKILL)
        process.wait(20)
        assert process.returncode == -signal.SIGKILL, "".join(said)
        # Until its watchdog ends that, and then without anybody: the old one.
        board.said.clear()
        link = Link(board.device)
        link.reset("after a kill")
        link.close()
        heard(board, "version 0.1.0 in a")
        assert text_of(board, "/b/manifest.txt") is None
        done = subprocess.run(
            [*command, board.device],
            cwd=ROOT,
            env=ENVIRONMENT,
            text=True,
            capture_output=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        total = int(said[-1].split("/")[1].split()[0])
        # The forty are there already.
        assert f"  1/{total - 40} /b/" in done.stdout
        assert "  | token for changes: " in done.stdout
        assert "http://baybridge.local/ in your network" in done.stdout
