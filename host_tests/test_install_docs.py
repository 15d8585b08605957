"""docs/install.md and docs/hardware-checklist.md: links that lead somewhere, and what is true."""

import re

from baybridge.tasks import show_led
from host_tests.conftest import ROOT
from tools.hardware_report.report import CHECKS

DOCS = ROOT / "docs"
PAGES = ("install.md", "hardware-checklist.md")


def anchors(page):
    """Return what can be linked to in a page, as the usual viewers make it of headings."""
    found = set()
    for line in page.read_text().splitlines():
        if line.startswith("#"):
            words = re.sub(r"[^\w\- ]", "", line.lstrip("# ").lower())
            found.add(words.replace(" ", "-"))
    return found


def test_links_when_followed_then_there():
    for name in PAGES:
        for target in re.findall(r"\]\(([^)]+)\)", (DOCS / name).read_text()):
            path, _, anchor = target.partition("#")
            page = DOCS / (path or name)
            assert page.exists(), target
            if anchor:
                assert anchor in anchors(page), target


def test_install_when_counted_then_ten_steps():
    steps = re.findall(r"^### (\d+)\. ", (DOCS / "install.md").read_text(), re.MULTILINE)
    assert steps == [str(n) for n in range(1, 11)]


def test_install_when_compared_with_the_firmware_then_the_same_patterns():
    text = (DOCS / "install.md").read_text()
    assert sum(show_led.WELL) == 3000 and "a short flash every three seconds" in text
    assert sum(show_led.ALARM) == 3000 and "with a short gap every three seconds" in text


def test_checklist_when_compared_with_the_report_then_every_part_is_explained():
    text = (DOCS / "hardware-checklist.md").read_text()
    for title in ("board", "files", "diagnostics", *(title for title, _ in CHECKS)):
        assert f"`{title}`" in text, title
