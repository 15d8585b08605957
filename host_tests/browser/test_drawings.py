"""The two pictures in the README, of the real page; `make screenshots` renews them.

They show a battery under a steady load, its taps calibrated a while before.
"""

import io
import os
import urllib.error

import pytest

from host_tests.browser import rig
from host_tests.browser.rig import expect

DRAWINGS = rig.ROOT / "docs" / "drawings"
MAX_BYTES = 120000
SPEED = 20
COLOURS = 64
# The first view of a laptop and of a phone: what is below is cut off.
DESKTOP = {"width": 960, "height": 640}
PHONE = {**rig.PHONE, "height": 640}
CONFIG = {
    "name": "saloon",
    "batteries": [
        {
            "id": "house1",
            "name": "House 1",
            "address": rig.SIM_ADDRESS,
            "taps": [
                {"pin": 32, "top_ohm": 103000, "bottom_ohm": 100000},
                {"pin": 33, "top_ohm": 306000, "bottom_ohm": 100000},
                {"pin": 34, "top_ohm": 508000, "bottom_ohm": 100000},
                {"pin": 35, "top_ohm": 711000, "bottom_ohm": 100000},
            ],
        }
    ],
}


@pytest.fixture(scope="module")
def bridge(chromium, tmp_path_factory):
    folder = tmp_path_factory.mktemp("drawings")
    with rig.LeverBridge(folder, "--speed", str(SPEED), config=CONFIG) as bridge:
        bridge.pull(wanted_ma=0)
        calibrate(bridge)
        bridge.pull(wanted_ma=-23400)
        bridge.wait_for(lambda a: verdict(a) == "ok" and a["batteries"][0]["alarms"] == [])
        yield bridge


def verdict(answer):
    return answer["batteries"][0]["harness"]["verdict"]["state"]


def calibrate(bridge):
    """Make the taps agree with the BMS, as soon as they have been compared for long enough."""

    def is_done(_):
        body = {"against": "bms", "keep": True}
        try:
            return bridge.change("POST", "/api/v1/batteries/house1/calibration", body)[0] == 200
        except urllib.error.HTTPError:
            return False

    bridge.wait_for(is_done, within_s=40)


def pack(png):
    """Return a picture with few colours, which is all a page has, in a third of its bytes."""
    from PIL import Image

    few = Image.open(io.BytesIO(png)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    packed = io.BytesIO()
    few.save(packed, "PNG", optimize=True)
    return packed.getvalue()


@pytest.mark.parametrize("name", ["dashboard", "dashboard-phone"])
def test_drawing_when_taken_then_it_is_small_and_the_readme_shows_it(bridge, visit, name):
    is_phone = name == "dashboard-phone"
    page = visit(bridge, is_phone=is_phone, is_dark=is_phone)
    if not is_phone:
        page.set_viewport_size(DESKTOP)
    card = page.get_by_role("region", name="House 1")
    expect(card.locator(".verdict")).to_have_text("The harness agrees with the BMS.")
    expect(card.locator(".cells tbody tr").last).to_contain_text("mV")
    expect(card.locator(".left")).to_contain_text("empty in 4 h")
    size = {**(PHONE if is_phone else DESKTOP), "x": 0, "y": 0}
    picture = pack(page.screenshot(animations="disabled", clip=size))
    assert len(picture) < MAX_BYTES
    path = DRAWINGS / f"{name}.png"
    if os.environ.get("RENEW_DRAWINGS") == "1":
        path.write_bytes(picture)
    assert path.read_bytes()[:8] == picture[:8]
    assert path.stat().st_size < MAX_BYTES
    assert f"docs/drawings/{name}.png" in (rig.ROOT / "README.md").read_text()
