"""The page's own logic, under node's test runner: each file of host_tests/www is one test here."""

import shutil
import subprocess

import pytest

from host_tests.conftest import ROOT
from tools import build_page

FILES = sorted((ROOT / "host_tests" / "www").glob("*.test.mjs"))


def node():
    """Skip with the reason if this machine's node cannot run the tests."""
    try:
        build_page.need_node()
    except build_page.PageError as exc:
        pytest.skip(str(exc))
    return shutil.which("node")


def run_node(path):
    command = [node(), "--test", "--test-reporter=tap", str(path)]
    return subprocess.run(command, cwd=ROOT, text=True, capture_output=True, timeout=50)


def test_files_when_looked_for_then_there_are_some():
    assert [path.name for path in FILES] == [
        "events.test.mjs",
        "format.test.mjs",
        "stored.test.mjs",
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_page_js_when_run_by_node_then_every_test_passes(path):
    done = run_node(path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "# fail 0\n" in done.stdout
    assert "# pass 0\n" not in done.stdout


def test_page_js_when_a_test_fails_then_it_is_seen(tmp_path):
    path = tmp_path / "failing.test.mjs"
    path.write_text(
        'import { test } from "node:test";\ntest("x", () => { throw Error("seen"); });\n'
    )
    done = run_node(path)
    assert done.returncode == 1
    assert "seen" in done.stdout
