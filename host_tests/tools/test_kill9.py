"""The logging process killed at random moments; `make bench` kills it 200 times."""

import os
from pathlib import Path

import pytest

from tools.rehearse import kill9

ROOT = Path(__file__).parents[2]
MICROPYTHON = os.environ.get("MICROPYTHON") or str(ROOT / ".tools/micropython/micropython")
pytestmark = pytest.mark.skipif(
    not os.access(MICROPYTHON, os.X_OK),
    reason="no MicroPython 1.25 in .tools/micropython; `make setup` says what to install",
)


def test_process_when_killed_at_random_then_every_flushed_record_is_there(tmp_path):
    result = kill9.play(MICROPYTHON, 10, tmp_path / "card")
    assert result.lost == 0, result.faults
    assert result.kills == 10
    assert result.flushed > 20


def test_process_when_it_reports_too_early_then_records_are_missed(tmp_path):
    script = "host_tests/tools/hasty_log.py"
    result = kill9.play(MICROPYTHON, 6, tmp_path / "card", script=script)
    assert result.lost > 0
    assert " are missing" in result.faults[0]
