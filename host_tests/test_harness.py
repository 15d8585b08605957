"""The harness itself: a test that fails on MicroPython must be seen failing, and why."""

import os
import subprocess
import sys
from pathlib import Path

from host_tests.conftest import ROOT, SELFTEST, read_results

SAMPLE = '''"""A file of the harness's own test; see host_tests/test_harness.py."""

import sys

IS_MICROPYTHON = sys.implementation.name == "micropython"


def test_a_when_equal_then_passes():
    assert 1 == 1


def test_b_when_only_micropython_fails_then_only_that_fails():
    print("said before")
    assert not IS_MICROPYTHON, "seen"


def test_c_when_the_process_dies_then_it_fails():
    if IS_MICROPYTHON:
        sys.exit(3)


def test_d_when_after_the_end_then_it_fails():
    pass
'''


def run_pytest(*args, **env):
    command = [sys.executable, "-m", "pytest", "-v", "-p", "no:xdist", "-p", "host_tests.conftest"]
    done = subprocess.run(
        [*command, *args],
        cwd=ROOT,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=50,
    )
    return done.stdout


class SampleFile:
    """A test file that exists only inside `with`, where no other run collects it."""

    def __init__(self, text):
        self.path = ROOT.joinpath(*SELFTEST, f"test_sample_{os.getpid()}.py")
        self.text = text

    def __enter__(self) -> Path:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(self.text)
        return self.path

    def __exit__(self, *exc):
        self.path.unlink()


def test_harness_when_tests_fail_on_micropython_then_each_is_reported_failed(micropython):
    with SampleFile(SAMPLE) as path:
        output = run_pytest(str(path))
    assert "::test_a_when_equal_then_passes[micropython] PASSED" in output
    assert "::test_b_when_only_micropython_fails_then_only_that_fails PASSED" in output
    assert (
        "::test_b_when_only_micropython_fails_then_only_that_fails[micropython] FAILED" in output
    )
    assert "AssertionError: seen" in output
    assert "said before" in output
    assert "::test_c_when_the_process_dies_then_it_fails[micropython] FAILED" in output
    assert "no verdict; MicroPython ended with status 3" in output
    assert "::test_d_when_after_the_end_then_it_fails[micropython] FAILED" in output
    assert "3 failed, 5 passed" in output


def test_harness_when_one_test_is_asked_for_then_it_runs_on_both(micropython):
    with SampleFile(SAMPLE) as path:
        output = run_pytest(f"{path}::test_a_when_equal_then_passes[micropython]")
        assert "1 passed" in output
        output = run_pytest(f"{path}::test_a_when_equal_then_passes")
        assert "2 passed" in output
        output = run_pytest(str(path), "-k", "test_d")
        assert "2 passed" in output


def test_harness_when_there_is_no_micropython_then_it_is_named_or_fails():
    with SampleFile("def test_x_when_y_then_z():\n    pass\n") as path:
        output = run_pytest(str(path), MICROPYTHON="/nowhere", REQUIRE_ALL="")
        assert "test_x_when_y_then_z[micropython]: no MicroPython 1.25" in output
        assert "1 passed, 1 skipped" in output
        output = run_pytest(str(path), MICROPYTHON="/nowhere", REQUIRE_ALL="1")
        assert "REQUIRE_ALL=1, and this was left out: no MicroPython 1.25" in output
        assert "1 failed, 1 passed" in output


def test_harness_when_a_test_hangs_then_it_fails_in_time():
    text = (
        "import pytest\n\n\n@pytest.mark.time_limit_s(1)\ndef test_x_when_y_then_z():\n"
        "    while True:\n        pass\n"
    )
    with SampleFile(text) as path:
        output = run_pytest(f"{path}::test_x_when_y_then_z")
    assert "not finished after 1 s" in output


HEAP_SAMPLE = """
from host_tests.upy.heap import IS_MICROPYTHON, allocates

BUF = bytearray(4)


def by_index(buf, i, j, k):
    buf[i] = buf[j] + k


def test_a():
    assert not allocates(by_index, BUF, 0, 1, 2)
    assert allocates(BUF.decode) == IS_MICROPYTHON
    assert allocates(lambda buf: buf[0:2], BUF) == IS_MICROPYTHON
    assert bytes(BUF[0:2]) == b"\\x02\\x00"


def test_b():
    assert allocates(by_index, BUF, 0, 1, 2)
"""


def test_heap_check_when_a_call_allocates_then_only_micropython_says_so(micropython):
    with SampleFile(HEAP_SAMPLE) as path:
        output = run_pytest(str(path))
    assert "::test_a PASSED" in output
    assert "::test_a[micropython] PASSED" in output
    assert "::test_b[micropython] FAILED" in output


def test_results_when_the_file_cannot_be_imported_then_every_test_failed():
    results = read_results("Traceback\nImportError: no", ["test_a", "test_b"], 1)
    for name in ("test_a", "test_b"):
        assert results[name] == (
            False,
            "no verdict; MicroPython ended with status 1\nTraceback\nImportError: no",
        )


def test_results_when_a_test_prints_a_foreign_verdict_then_it_does_not_count():
    results = read_results("ok test_other\n...FAIL test_a", ["test_a"], 0)
    assert results == {"test_a": (False, "ok test_other")}
