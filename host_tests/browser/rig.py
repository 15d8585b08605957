"""What the browser's tests share: bridges with levers, visits that are watched, screenshots."""

import json
import os
import re
import shutil
from pathlib import Path
from urllib.parse import urlsplit

from host_tests.conftest import ROOT
from host_tests.tools.test_run_host import MICROPYTHON, Bridge
from tools import build_page

PROGRAM = "host_tests/browser/bridge_program.py"
CAPTURE_24V = "host_tests/data/24v-8s-100ah.txt"
CAPTURE_12V = "host_tests/data/12v-4s-206ah-synthetic.txt"
SIM_ADDRESS = "02:12:34:00:20:61"
# A name a phone looks up leads to the bridge, as on its access point.
PHONES_OWN_LOOK = "connectivitycheck.gstatic.com"
RULES = (
    f"MAP {PHONES_OWN_LOOK} 127.0.0.1",
    "MAP * ~NOTFOUND",
    "EXCLUDE localhost",
    "EXCLUDE 127.0.0.1",
    "EXCLUDE 127.0.0.2",
)
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    # Nothing but this computer can be found, whatever the browser itself would like to ask.
    "--host-resolver-rules=" + ", ".join(RULES),
)
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1200, "height": 850}
SCREENSHOTS = ROOT / "build" / "screenshots"
# What the browser says of each answer that is a refusal; the tests look at the refusal itself.
REFUSAL = re.compile(r"Failed to load resource: the server responded with a status of (\d+)")
LOST = re.compile(r"Failed to load resource: net::ERR_")


def expect(*what):
    """Playwright's expect; without Playwright these files can still be collected."""
    from playwright.sync_api import expect

    return expect(*what)


def missing():
    """Return what these tests lack here, as a sentence, or None."""
    if not os.access(MICROPYTHON, os.X_OK):
        return "no MicroPython 1.25 in .tools/micropython; `make setup` says what to install"
    if shutil.which("chromium") is None:
        return "no chromium; on Debian: apt install chromium"
    if not all((build_page.TARGET / name).exists() for name in build_page.MADE):
        return "the page is not built; `make page` says what to install"
    return None


class LeverBridge(Bridge):
    """The firmware under MicroPython, as a process, with levers on its first battery."""

    def __init__(self, folder, *args, config=None, port=None):
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        if config is not None:
            path = folder / "given.json"
            path.write_text(json.dumps({**config, "end": 1}))
            args = (*args, "--config", str(path))
        self.levers = {}
        super().__init__("micropython", folder, *args, program=PROGRAM, port=port)

    def __enter__(self):
        self.wait_for(lambda answer: True)
        return self

    def pull(self, **levers):
        """Move levers; the others stay where they are."""
        self.levers.update(levers)
        path = self.folder / "levers.json"
        new = path.with_suffix(".new")
        new.write_text(json.dumps(self.levers))
        new.rename(path)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def url(self, hash_=""):
        return f"http://127.0.0.1:{self.port}/{hash_}"

    @property
    def token(self):
        return (self.folder / "flash" / "token.txt").read_text().strip()


class Watch:
    """Everything a visit asks for and complains about; forgives only what a test names."""

    def __init__(self, context):
        self.addresses = []
        self.complaints = []
        # Statuses a test provokes, and whether it takes the bridge away.
        self.refusals = set()
        self.is_lost = False
        self.origins = set()
        context.on("request", lambda request: self.addresses.append(request.url))
        context.on("console", self._hear)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))

    def _hear(self, message):
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def strangers(self):
        """Return the addresses that are not of the bridge."""
        return [
            one
            for one in self.addresses
            if urlsplit(one).scheme not in ("data", "blob")
            and "{0.scheme}://{0.netloc}".format(urlsplit(one)) not in self.origins
        ]

    def unforgiven(self):
        """Return the complaints nobody expected."""
        left = []
        for text in self.complaints:
            refusal = REFUSAL.match(text)
            if refusal and int(refusal[1]) in self.refusals:
                continue
            if self.is_lost and LOST.match(text):
                continue
            left.append(text)
        return left


def shot(page, name):
    """Keep what there is to see, all of it, in build/screenshots."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True, animations="disabled")


def give_token(page, token):
    """Answer the dialog that asks for the token."""
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Token", exact=True).fill(token)
    dialog.get_by_role("button", name="Use this token").click()


def too_wide(page):
    """Return what makes the page scroll sideways, as texts; empty if nothing does."""
    return page.evaluate(
        """() => {
          const width = document.documentElement.clientWidth;
          if (document.documentElement.scrollWidth <= width) return [];
          return [...document.querySelectorAll("body *")]
            .filter((one) => one.getBoundingClientRect().right > width + 1)
            .map((one) => `${one.tagName} ${one.className} ${one.textContent.slice(0, 40)}`);
        }"""
    )
