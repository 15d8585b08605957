"""The pytest plugin of this project.

1. A test file below one of BOTH is collected twice: by pytest itself, and as items named
   `test_x[micropython]` that run in one MicroPython process per file (upy/runner.py).
2. Nothing hangs: every test has a time limit.
3. What could not run is named, one line each with the reason; with REQUIRE_ALL=1 it fails.
"""

import faulthandler
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BOTH = ("battery", "protocol", "record", "web", "tasks", "ports", "start")
SELFTEST = ("build", "selftest")  # where test_harness.py puts files that must fail
RUNNER = "host_tests/upy/runner.py"
# The same order as HOST_PATH in the Makefile.
MICROPYPATH = "firmware:host_tests/fakes:.tools/lib:.:.frozen"
HEAP = "8M"
FILE_LIMIT_S = 300
TEST_LIMIT_S = 60
NO_MICROPYTHON = "no MicroPython 1.25 in .tools/micropython; `make setup` says what to install"


def micropython_command():
    """Return the launcher, or None; MICROPYTHON= in the environment names another one."""
    command = os.environ.get("MICROPYTHON") or str(ROOT / ".tools/micropython/micropython")
    return command if os.access(command, os.X_OK) else None


def run_micropython(*args, timeout_s=FILE_LIMIT_S):
    """Run MicroPython in the project's folder; return (exit status, all output)."""
    try:
        done = subprocess.run(
            [micropython_command(), "-X", "heapsize=" + HEAP, *args],
            cwd=ROOT,
            env={**os.environ, "MICROPYPATH": MICROPYPATH},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout_s,
        )
    except subprocess.TimeoutExpired as exc:
        output = (exc.stdout or b"").decode(errors="replace")
        return f"none after {timeout_s} s", output
    return done.returncode, done.stdout.decode(errors="replace")


@pytest.fixture
def micropython():
    """Give run_micropython to a test that needs the real interpreter."""
    if micropython_command() is None:
        pytest.skip(NO_MICROPYTHON)
    return run_micropython


# --- 1. the second collection -----------------------------------------------------------------


def pytest_collect_file(file_path, parent):
    if file_path.suffix != ".py" or not file_path.name.startswith("test_"):
        return None
    below = file_path.relative_to(ROOT).parts if file_path.is_relative_to(ROOT) else ()
    if below[:1] == ("host_tests",) and below[1] in BOTH or below[:-1] == SELFTEST:
        return UpyFile.from_parent(parent, path=file_path)
    return None


class UpyFile(pytest.File):
    """One test file as MicroPython sees it."""

    results = None

    def collect(self):
        # By lines like the runner, so that both agree on names and order. Named as pytest names
        # a variant: FILE::test_x selects it on both interpreters.
        for line in self.path.read_text().splitlines():
            if line.startswith("def test_"):
                name = line[4 : line.index("(")]
                yield UpyItem.from_parent(self, name=name + "[micropython]", test_name=name)

    def result_of(self, test_name):
        """Return (passed, output) of one test; the first question runs the whole file."""
        if self.results is None:
            wanted = [item.test_name for item in self.session.items if item.parent is self]
            path = self.path.relative_to(ROOT).as_posix()
            status, output = run_micropython(RUNNER, path, *wanted)
            self.results = read_results(output, wanted, status)
        return self.results[test_name]


def read_results(output, wanted, status):
    """Return {name: (passed, output)} from what the runner printed.

    A test without a verdict failed: the process ended before or in it.
    """
    results = {}
    lines = []
    for line in output.splitlines():
        # At the end of the line: a test may have printed something without a newline before.
        verdict = re.search(r"\b(ok|FAIL) (\w+)$", line)
        if verdict and verdict[2] in wanted:
            results[verdict[2]] = (verdict[1] == "ok", "\n".join(lines))
            lines = []
        else:
            lines.append(line)
    rest = "\n".join(["no verdict; MicroPython ended with status %s" % status, *lines])
    return {name: results.get(name, (False, rest)) for name in wanted}


class UpyItem(pytest.Item):
    """One test in MicroPython."""

    def __init__(self, *, test_name, **kwargs):
        super().__init__(**kwargs)
        self.test_name = test_name
        self.add_marker(pytest.mark.micropython)
        self.add_marker(pytest.mark.time_limit_s(FILE_LIMIT_S + 10))

    def runtest(self):
        if micropython_command() is None:
            pytest.skip(NO_MICROPYTHON)
        passed, output = self.parent.result_of(self.test_name)
        if output and passed:
            self.add_report_section("call", "micropython", output)
        if not passed:
            raise UpyFailure(output)

    def repr_failure(self, excinfo, style=None):
        if excinfo.errisinstance(UpyFailure):
            return "on MicroPython:\n" + str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self):
        return self.path, None, self.name


class UpyFailure(Exception):
    """A test failed in MicroPython; the text is what it printed."""


# --- 2. the time limit ------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    marker = item.get_closest_marker("time_limit_s")
    limit_s = marker.args[0] if marker else TEST_LIMIT_S

    def on_alarm(signum, frame):
        pytest.fail(f"not finished after {limit_s} s")

    # Again every 5 s, because an event loop may keep the exception in a task; and if even
    # that does not get through, the process ends with a traceback of every thread.
    before = signal.signal(signal.SIGALRM, on_alarm)
    signal.setitimer(signal.ITIMER_REAL, limit_s, 5)
    faulthandler.dump_traceback_later(limit_s + 30, exit=True)
    try:
        return (yield)
    finally:
        faulthandler.cancel_dump_traceback_later()
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


# --- 3. nothing is left out in silence --------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.skipped and os.environ.get("REQUIRE_ALL") == "1" and not hasattr(report, "wasxfail"):
        reason = skip_reason(report)
        report.outcome = "failed"
        report.longrepr = "REQUIRE_ALL=1, and this was left out: " + reason
    return report


def skip_reason(report):
    """Return the reason of a skipped report as one line."""
    longrepr = report.longrepr
    text = longrepr[2] if isinstance(longrepr, tuple) else str(longrepr)
    return " ".join(text.removeprefix("Skipped: ").split())


def pytest_report_header():
    return "micropython: " + (micropython_command() or "none")


def pytest_terminal_summary(terminalreporter):
    for report in terminalreporter.stats.get("skipped", ()):
        terminalreporter.write_line(f"left out: {report.nodeid}: {skip_reason(report)}")
    # record_property("figure", "name value unit") in a test shows its figure here.
    for report in terminalreporter.stats.get("passed", ()):
        for name, value in report.user_properties:
            if name == "figure":
                terminalreporter.write_line(f"figure: {value}")
