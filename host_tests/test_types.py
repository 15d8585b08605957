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
    errors = run_mypy()
    assert not errors, errors


def test_types_when_a_call_does_not_fit_the_board_then_it_is_named(tmp_path):
    source = tmp_path / "bad.py"
    source.write_text(
        "import bluetooth\nimport time\n\nble = bluetooth.BLE()\n"
        "ble.gattc_read(conn_handle=1, value_handle=2)\ntime.ticks_diff(1)\ntime.perf_counter()\n"
    )
    found = run_mypy(str(source))
    assert 'bad.py:5: error: Unexpected keyword argument "conn_handle"' in found
    assert "bad.py:6: error: No overload variant" in found
    assert 'bad.py:7: error: Module has no attribute "perf_counter"' in found
