"""The first view, live: values, a battery that falls silent, alarms, a bridge that is gone."""

import re

import pytest

from host_tests.browser import rig
from host_tests.browser.rig import expect

NAME = "House 1"
# Stale after the least there is.
CONFIG = {
    "batteries": [
        {
            "id": "house1",
            "name": NAME,
            "address": rig.SIM_ADDRESS,
            "stale_s": 5,
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
    """A 12 V battery with its harness wired, under a load."""
    with rig.LeverBridge(tmp_path_factory.mktemp("live"), config=CONFIG) as bridge:
        bridge.pull(wanted_ma=-30000)
        yield bridge


def card_of(page):
    return page.get_by_role("region", name=NAME)


def value(page, name):
    """Return the element beside a name, on the battery's card."""
    return card_of(page).locator(f"dt:text-is('{name}') + dd")


def test_battery_when_heard_then_everything_that_matters_is_seen(bridge, visit):
    page = visit(bridge)
    expect(page.locator("#link-state")).to_have_text("Live")
    card = card_of(page)
    expect(card.locator(".soc")).to_have_text("54 %")
    expect(value(page, "Voltage")).to_have_text(re.compile(r"^13\.\d\d\sV$"))
    expect(value(page, "Current")).to_have_text(re.compile(r"^−30\.\d\sA$|^−29\.\d\sA$"))
    expect(value(page, "Power")).to_have_text(re.compile(r"^−39\d\sW$"))
    expect(value(page, "Temperature")).to_have_text("20 · 20 °C")
    expect(value(page, "Discharging")).to_have_text("on")
    expect(card.locator(".left")).to_have_text(re.compile(r"^11\d\.\d of 206\sAh, empty in 3 h"))
    rows = card.get_by_role("table", name="Cells").locator("tbody tr")
    expect(rows).to_have_count(4)
    for i in range(4):
        expect(rows.nth(i).locator("td").nth(1)).to_have_text(re.compile(r"^3\.2\d\d\sV"))
        expect(rows.nth(i).locator("td").nth(2)).to_have_text(re.compile(r"^3\.[123]\d\d\sV$"))
        expect(rows.nth(i).locator("td").nth(3)).to_have_text(re.compile(r"^[+−]?\d+\smV$"))
    expect(card.locator(".verdict")).to_contain_text("Not calibrated: it can only see gross")
    rig.shot(page, "desktop-light")
    assert page.title() == "54 % · baybridge"


def test_stream_when_the_load_changes_then_the_page_follows_without_a_poll(bridge, visit):
    page = visit(bridge, is_lost=True)
    expect(page.locator("#link-state")).to_have_text("Live")
    expect(value(page, "Current")).to_have_text(re.compile(r"^−(30|29)\.\d\sA$"))
    # The whole, which comes with every ping, is out of reach from now on.
    page.route("**/api/v1/batteries", lambda route: route.abort())
    for load in (80, 30):
        bridge.pull(wanted_ma=-1000 * load)
        expect(value(page, "Current")).to_have_text(re.compile(rf"^−({load}|{load - 1})\.\d\sA$"))
    expect(page.locator("#link-state")).to_have_text("Live")


def test_third_reader_when_both_streams_are_taken_then_it_polls(chromium, tmp_path, visit):
    # A bridge of its own: one that others have just left may still keep their streams.
    with rig.LeverBridge(tmp_path, config=CONFIG) as bridge:
        for _ in range(2):
            expect(visit(bridge, is_lost=True).locator("#link-state")).to_have_text("Live")
        page = visit(bridge, is_lost=True, refusals={503})
        expect(page.locator("#link-state")).to_have_text("Connected, asking every 5 s")
        expect(card_of(page).locator(".soc")).to_have_text("54 %")


def test_battery_when_silent_then_nothing_old_is_shown_as_new(bridge, visit):
    page = visit(bridge)
    card = card_of(page)
    expect(card.locator(".soc")).to_have_text("54 %")
    bridge.pull(in_range=False)
    try:
        expect(card.locator(".age")).to_have_text(re.compile(r"^Stale: last read \d+ s ago; "))
        expect(card).to_have_class(re.compile(r"\bstale\b"))
        expect(card.locator(".soc")).to_have_text("—")
        expect(value(page, "Voltage")).to_have_text("—")
        expect(value(page, "Current")).to_have_text("—")
        expect(value(page, "Charging")).to_have_text("—")
        expect(card.get_by_role("list", name="Alarms")).to_contain_text(
            "Warning: The BMS has not answered for more than 5 s: nobody watches the battery."
        )
        # And it is read aloud, once.
        expect(page.get_by_role("status").first).to_contain_text("Warning of House 1: The BMS ")
        expect(page).to_have_title("(1) baybridge")
        rig.shot(page, "stale")
    finally:
        bridge.pull(in_range=True)
    expect(card.locator(".soc")).to_have_text("54 %", timeout=40000)
    expect(card).not_to_have_class(re.compile(r"\bstale\b"))


def test_battery_when_charged_in_the_cold_then_a_sentence_says_what_to_do(bridge, visit):
    page = visit(bridge, is_phone=True)
    card = card_of(page)
    expect(card.locator(".soc")).to_have_text("54 %")
    bridge.pull(temp_c=-7, wanted_ma=20000)
    try:
        alarms = card.get_by_role("list", name="Alarms").get_by_role("listitem")
        expect(alarms).to_have_count(2, timeout=30000)
        expect(alarms.nth(0)).to_contain_text("Alarm: The BMS reports a protection, 0000000100")
        expect(alarms.nth(1)).to_contain_text(
            "Warning: The BMS has switched charging off, probably because of the cold: "
            "-7 °C at sensor 1. Its heater is on: leave the charger connected."
        )
        expect(value(page, "Charging")).to_have_text("switched off by the BMS")
        expect(value(page, "Temperature")).to_have_text("−7 · −7 °C")
        expect(page).to_have_title("(2) 54 % · baybridge")
        rig.shot(page, "alarm-phone")
        assert rig.too_wide(page) == []
    finally:
        bridge.pull(temp_c=20, wanted_ma=-30000)


def test_bridge_when_gone_then_the_page_says_so_and_takes_it_back(visit, tmp_path):
    with rig.LeverBridge(tmp_path) as first:
        page = visit(first, is_lost=True, has_clock=True)
        card = page.get_by_role("region", name="SOK-AA20601")
        expect(card.locator(".soc")).to_have_text("54 %")
        first.kill()
        expect(page.locator("#link-state")).to_have_text(re.compile("^No answer for .*, trying"))
        expect(page.locator("#gone")).to_be_hidden()
        # What is pending is due now, each timer once: as a phone that lay asleep.
        page.clock.fast_forward(31000)
        gone = page.locator("#gone")
        expect(gone).to_contain_text("The bridge does not answer any more. What you see below is")
        expect(page.locator("#link-state")).to_have_text(re.compile(r"^Not heard for 3\d s$"))
        expect(page.get_by_role("status").first).to_contain_text("does not answer any more")
        expect(card).to_have_class(re.compile(r"\bstale\b"))
        expect(card.locator(".age")).to_have_text(re.compile(r"^Old: read 3\d s ago$"))
        expect(page).to_have_title("? · baybridge")
        rig.shot(page, "gone")
    with rig.LeverBridge(tmp_path, port=first.port) as second:
        expect(gone).to_be_hidden()
        expect(card.locator(".age")).to_have_text(re.compile(r"^\d s ago$"))
        expect(page.locator("#about")).to_contain_text("start number 2")
        # Polling first: the stream is tried again after a minute of that, with the next poll.
        page.clock.fast_forward(60000)
        expect(page.locator("#link-state")).to_have_text("Live", timeout=20000)
        assert second.port == first.port
