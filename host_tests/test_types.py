"""The firmware's types hold against the board's own module stubs (mypy; pyproject.toml)."""

import subprocess
import sys

from host_tests.conftest import ROOT


def run_mypy(*args):
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-error-summary", *args],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=55,
    )
    return done.stdout + done.stderr


def test_firmware_when_checked_by_mypy_then_no_error():
    assert run_mypy() == ""
