"""History and files: charts with data and their zoom, downloads with what the API gives."""

import re
import urllib.request
from datetime import datetime

import pytest

from host_tests.browser import rig
from host_tests.browser.rig import expect

SPEED = 30
ENOUGH_BYTES = 2000


@pytest.fixture(scope="module")
def bridge(chromium, tmp_path_factory):
    """A boat's day, half a minute in each second, with a record each 10 s on its card."""
    config = {
        "batteries": [{"id": "house1", "name": "House 1", "address": rig.SIM_ADDRESS}],
        "log": {"record_s": 10, "flush_s": 10, "fast_s": 0, "rest_s": 0},
    }
    folder = tmp_path_factory.mktemp("files")
    with rig.LeverBridge(folder, "--speed", str(SPEED), config=config) as bridge:
        bridge.wait_for(lambda a: a["uptime_s"] > 300)
        yield bridge


def fetch(bridge, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{bridge.port}{path}", timeout=10) as reply:
        return reply.read()


def picture(page):
    """Return what the first chart shows, as the browser packs it."""
    return page.locator(".u-wrap canvas").first.evaluate("one => one.toDataURL()")


def colours(page):
    """Return how many colours the first chart's picture has: an empty one has one."""
    return page.locator(".u-wrap canvas").first.evaluate(
        """one => {
          const { data } = one.getContext("2d").getImageData(0, 0, one.width, one.height);
          return new Set(new Uint32Array(data.buffer)).size;
        }"""
    )


def time_at(page, part):
    """Return the time the first chart's legend names, with the mouse at a part of its width."""
    box = page.locator(".u-over").first.bounding_box()
    page.mouse.move(box["x"] + box["width"] * part, box["y"] + box["height"] / 2)
    legend = page.locator(".u-legend").first.locator(".u-value")
    expect(legend.first).to_have_text(re.compile(r"^\d\d/\d\d/\d{4}, \d\d:\d\d:\d\d$"))
    return datetime.strptime(legend.first.inner_text(), "%d/%m/%Y, %H:%M:%S")


def span_s(page):
    return (time_at(page, 0.99) - time_at(page, 0.01)).total_seconds()


def test_chart_when_there_is_data_then_drawn_and_told_in_words(bridge, visit):
    page = visit(bridge, "#/history")
    charts = page.locator(".charts figure")
    expect(charts).to_have_count(5)
    expect(charts.nth(1).locator("figcaption")).to_have_text("Voltage (V)")
    expect(charts.nth(1).locator("p.unseen")).to_have_text(
        re.compile(
            r"^Voltage: between 1[23]\.\d\d\sV and 13\.\d\d\sV, 1[23]\.\d\d\sV at the end\.$"
        )
    )
    expect(
        page.get_by_text(re.compile("^A value each .*, from the (card|bridge's)"))
    ).to_be_visible()
    assert colours(page) > 10
    time_at(page, 0.99)
    expect(page.locator(".u-legend").first).to_contain_text(re.compile(r"current[−+]?\d+\.\d\sA"))
    rig.shot(page, "history")


def test_chart_when_zoomed_by_mouse_keys_and_buttons_then_less_time_and_all_of_it_again(
    bridge, visit
):
    page = visit(bridge, "#/history")
    expect(page.locator(".charts figure")).to_have_count(5)
    page.mouse.move(0, 0)
    whole = picture(page)
    whole_s = span_s(page)
    assert whole_s >= 200

    page.get_by_role("button", name="Zoom in").click()
    page.mouse.move(0, 0)
    assert picture(page) != whole
    assert span_s(page) < 0.6 * whole_s
    begin = time_at(page, 0.01)
    page.get_by_role("button", name="Earlier").click()
    assert time_at(page, 0.01) < begin
    page.keyboard.press("Escape")
    page.mouse.move(0, 0)
    assert picture(page) == whole

    box = page.locator(".u-over").first.bounding_box()
    y = box["y"] + 20
    page.mouse.move(box["x"] + box["width"] * 0.5, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.9, y, steps=4)
    page.mouse.up()
    zoomed_s = span_s(page)
    assert zoomed_s < 0.6 * whole_s
    page.locator(".u-over").first.dblclick()
    assert span_s(page) == whole_s


def test_log_when_downloaded_then_its_bytes_are_the_api_s(bridge, visit, tmp_path):
    listed = bridge.wait_for(
        lambda a: any(one["bytes"] > ENOUGH_BYTES for one in a["logs"]), "/api/v1/logs"
    )
    log = max(listed["logs"], key=lambda one: one["bytes"])
    assert re.match(r"house1_\d{4}-\d\d-\d\d\.csv$", log["name"])
    path = "/api/v1/logs/" + urllib.request.quote(log["name"], safe="")
    page = visit(bridge, "#/files")
    before = fetch(bridge, path)
    with page.expect_download() as waiting:
        page.get_by_role("link", name=log["name"]).click()
    file = tmp_path / "log.csv"
    waiting.value.save_as(file)
    after = fetch(bridge, path)
    got = file.read_bytes()
    # It grows meanwhile, and only at its end.
    assert got.startswith(before) and after.startswith(got)
    header, *lines = got.decode().splitlines()
    assert header.startswith("time,boot,seq,uptime_ms,") and header.endswith(",crc")
    assert len(lines) >= 2
    expect(page.get_by_text("The card is in and is written to.")).to_be_visible()
    rig.shot(page, "files")


def test_frames_when_downloaded_then_they_are_a_capture(bridge, visit, tmp_path):
    page = visit(bridge, "#/files")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="the last frames").click()
    assert waiting.value.suggested_filename == "baybridge-frames.txt"
    file = tmp_path / "frames.txt"
    waiting.value.save_as(file)
    text = file.read_text()
    assert "# address: 02:12:34:00:20:61" in text
    assert "\n> eec1000000ce" in text
