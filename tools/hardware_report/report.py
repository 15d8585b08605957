"""The checks in their order, each with its own end, and the text they become."""

import json
import urllib.error
import urllib.request
from pathlib import Path

from tools.deploy.errors import DeployError
from tools.deploy.version import MANIFEST, read_manifest

_SCRIPT = Path(__file__).resolve().parent / "on_board.py"
# (what it is about, what to run on the board); docs/hardware-checklist.md says what to expect.
CHECKS = (
    ("chip", "board"),
    ("memory and radios", "radios"),
    ("ADC1, as the pins are now", "adc"),
    ("flash", "flash"),
    ("card", "card"),
    ("Wi-Fi", "wifi"),
    ("Bluetooth", "ble"),
    ("records", "records"),
)
_URL_LIMIT_S = 10
_HIDDEN = ("ssid", "password", "token", "address", "ip", "gateway", "dns", "hostname")


class Report:
    """Lines under headings; say(text) shows progress."""

    def __init__(self, say):
        self.lines = []
        self._say = say

    def head(self, title):
        self._say(title)
        self.lines += ["", "## " + title]

    def line(self, state, sentence):
        self.lines.append(f"{state:10}{sentence}")

    def text(self):
        return "\n".join(self.lines) + "\n"


def ask_board(link, report):
    """Ask a board at its prompt everything; a check that fails is a line, not an end."""
    _guarded(report, "board", lambda: _describe(link, report))
    _guarded(report, "files", lambda: _compare_files(link, report))
    try:
        link.run(_SCRIPT.read_text())
    except DeployError as exc:
        report.line("failed", f"nothing more can be asked: {exc}")
        return
    for title, function in CHECKS:
        _guarded(report, title, lambda function=function: _check(link, report, function))


def _guarded(report, title, check):
    report.head(title)
    try:
        check()
    except (DeployError, ValueError, KeyError, IndexError, TypeError) as exc:
        report.line("failed", f"{exc}")


def _describe(link, report):
    said = link.call("ask")[0]
    # The name is the owner's affair.
    for key, value in sorted(said.items()):
        if key != "hostname":
            report.line("ok", f"{key}: {value}")


def _check(link, report, function):
    for line in link.run(f"check({function})").splitlines():
        if line.strip():
            state, sentence = json.loads(line)
            report.line(state, sentence)


def _compare_files(link, report):
    texts = dict(link.call("texts", [f"/{slot}/{MANIFEST}" for slot in "ab"]))
    found = {path: digest for path, digest, _ in link.call("hashes", ["/a", "/b"])}
    for slot in "ab":
        manifest = texts[f"/{slot}/{MANIFEST}"]
        if manifest is None:
            report.line("not there", f"slot {slot} holds no version")
            continue
        version, hashes = read_manifest(manifest)
        wrong = [path for path, digest in hashes.items() if found.get(f"/{slot}/{path}") != digest]
        if not hashes:
            report.line("failed", f"slot {slot}: its manifest is not whole")
        elif wrong:
            report.line("failed", f"slot {slot} {version}: missing or damaged: {', '.join(wrong)}")
        else:
            report.line("ok", f"slot {slot} {version}: all {len(hashes)} files as in its manifest")


def ask_bridge(url, report, fetch=None):
    """Ask the running bridge over HTTP what it knows of itself, before the cable stops it."""
    report.head("diagnostics")
    if not url:
        report.line("not there", "not asked: URL=http://... names the running bridge")
        return
    try:
        said = (fetch or _fetch)(url.rstrip("/") + "/api/v1/diagnostics")
    except (OSError, ValueError, urllib.error.URLError) as exc:
        report.line("failed", f"the bridge did not answer there: {exc}")
        return
    for line in json.dumps(masked(said), indent=1).splitlines():
        report.line("ok", line)


def _fetch(url):
    with urllib.request.urlopen(url, timeout=_URL_LIMIT_S) as answer:
        return json.load(answer)


def masked(value):
    """Return a copy in which secrets, networks' names and addresses are only said to be set."""
    hidden = sorted(_hidden_in(value), key=len, reverse=True)
    return _without(value, hidden)


def _hidden_in(value):
    found = set()
    for key, one in value.items() if isinstance(value, dict) else ():
        if key in _HIDDEN and isinstance(one, str) and one:
            found.add(one)
    parts = value.values() if isinstance(value, dict) else value
    for one in parts if isinstance(value, dict | list) else ():
        found |= _hidden_in(one)
    return found


def _without(value, hidden):
    if isinstance(value, dict):
        return {key: _without(one, hidden) for key, one in value.items()}
    if isinstance(value, list):
        return [_without(one, hidden) for one in value]
    if isinstance(value, str):
        # In sentences, too: "boat is not in reach".
        for one in hidden:
            value = value.replace(one, "***")
    return value
