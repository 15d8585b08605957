"""docs/wiring.md and its drawings against what tools/divider computes."""

import re
from pathlib import Path
from xml.etree import ElementTree

from tools.divider.chips import CHIPS
from tools.divider.design import Design, Tap

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE = (DOCS / "wiring.md").read_text()
DRAWINGS = sorted((DOCS / "drawings").glob("*.svg"))
TOPS = (102000, 309000, 511000, 715000)


def plan(low_ohm=100000, tolerance=0.001, kelvin_share=25e-6):
    taps = [Tap(i + 1, None, TOPS[i] * low_ohm // 100000, low_ohm) for i in range(4)]
    return Design(taps, tolerance, kelvin_share)


def row_of(beginning):
    """Return the cells of the table's row that begins with a text."""
    rows = [line for line in PAGE.splitlines() if line.startswith(f"| {beginning} |")]
    assert len(rows) == 1, beginning
    return [cell.strip() for cell in rows[0].strip("|").split("|")][1:]


def test_page_when_it_gives_voltages_of_pins_then_those_of_the_dividers():
    for tap in plan().taps:
        cells = row_of(f"{tap.k} | {tap.top_ohm // 1000} k over 100 k")
        voltages = [f"{tap.pin_mv(mv) / 1000:.3f} V" for mv in (2500, 3300, 3650, 3800)]
        assert cells[1:] == [f"{tap.ratio:.2f}", *voltages]


def test_page_when_it_gives_errors_of_cells_then_those_of_the_dividers():
    rough = plan(tolerance=0.01, kelvin_share=100e-6)
    for name, design, is_calibrated in (
        ("0.1 %, as built", plan(), False),
        ("0.1 %, calibrated, within 20 K", plan(), True),
        ("1 %, 100 ppm/K, calibrated, within 20 K", rough, True),
    ):
        errors = [design.error_p95_mv(k, is_calibrated=is_calibrated) for k in (1, 2, 3, 4)]
        assert row_of(name) == [f"{error:.0f}" for error in errors], name


def test_page_when_it_gives_drains_then_those_of_the_dividers():
    for name, low_ohm in (("low legs 100 k", 100000), ("low legs 10 k", 10000)):
        drains = [f"{plan(low_ohm).cell_mah_per_month(k):.0f}" for k in (1, 2, 3, 4)]
        imbalance = f"{plan(low_ohm).imbalance_mah_per_month():.0f} mAh a month"
        cells = row_of(name)
        assert [cell.split()[0] for cell in cells[:4]] == drains
        assert cells[4].startswith(imbalance)


def test_page_when_it_says_what_a_meter_shows_then_with_the_meter_in_the_way():
    for tap in plan().taps:
        at_plug = tap.k * 3.3 * 1e7 / (1e7 + tap.top_ohm)
        assert f"{at_plug:.2f}" in PAGE
        shown = tap.pin_mv(3300) * 1e7 / (1e7 + tap.thevenin_ohm)
        (socket,) = [line for line in PAGE.splitlines() if f"(tap {tap.k}) |" in line]
        assert f"| {shown / 1000:.2f} V |" in socket
        assert socket.startswith(f"| {CHIPS['esp32'].pins[tap.k - 1]} ")


def test_drawings_when_looked_at_then_small_named_and_made_for_light_and_dark():
    assert len(DRAWINGS) == 7
    pages = PAGE + (DOCS / "install.md").read_text()
    for path in DRAWINGS:
        text = path.read_text()
        assert f"drawings/{path.name})" in pages, path.name
        assert len(text.encode()) < 20000, path.name
        assert "prefers-color-scheme:dark" in text, path.name
        root = ElementTree.fromstring(text)
        tags = [element.tag.split("}")[1] for element in root.iter()]
        assert tags[1:3] == ["title", "desc"], path.name
        assert tags.count("text") > 10, path.name
        assert not {"image", "script", "foreignObject"} & set(tags), path.name
        # All it needs is in it.
        assert re.findall(r'href="([^#][^"]*)"|url\(', text) == [], path.name


def test_links_when_followed_then_there():
    for target in re.findall(r"\]\(([^)#]+)", PAGE):
        assert (DOCS / target).exists(), target
