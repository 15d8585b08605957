"""A first start with a phone: from the access point to the boat's Wi-Fi, and the first battery."""

import json
import re

import pytest

from host_tests.browser import rig
from host_tests.browser.rig import expect


@pytest.fixture
def bridge(chromium, tmp_path):
    """A new board, with the network "boat" in the air."""
    with rig.LeverBridge(tmp_path, "--first-start", "--speed", "5") as bridge:
        bridge.wait_for(lambda a: a["mode"] == "access_point", "/api/v1/wifi")
        yield bridge


def test_phone_when_it_looks_for_the_internet_then_it_finds_the_page(bridge, visit):
    page = visit(bridge, is_phone=True)
    page.watch.origins.add(f"http://{rig.PHONES_OWN_LOOK}:{bridge.port}")
    page.goto(f"http://{rig.PHONES_OWN_LOOK}:{bridge.port}/generate_204")
    assert page.url == bridge.url()
    expect(page).to_have_title(re.compile("baybridge$"))
    expect(page.locator("#notices")).to_contain_text("This bridge is new: name its batteries")
    # It is read already, before anybody has set anything.
    card = page.get_by_role("region", name="Battery 1")
    expect(card.locator(".soc")).to_have_text("54 %", timeout=30000)
    rig.shot(page, "first-start-phone")


def test_network_when_its_password_is_wrong_then_said_and_when_right_then_joined(bridge, visit):
    page = visit(bridge, "#/settings", is_phone=True, refusals={401})
    page.get_by_text("Wi-Fi", exact=True).click()
    expect(page.get_by_text("The bridge's own network baybridge-0001 is on.")).to_be_visible()
    page.get_by_role("button", name="Look for networks").click()
    networks = page.locator(".said li")
    expect(networks).to_have_count(3)
    expect(networks.nth(0)).to_have_text(re.compile(r"^boat −\d\d\sdBm, wpa2$"))
    networks.nth(0).get_by_role("button", name="boat").click()
    expect(page.get_by_label("Name of the network")).to_have_value("boat")
    password = page.get_by_label("Password", exact=True)
    expect(password).to_be_focused()
    page.keyboard.type("wrong password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("serial console")
    rig.give_token(page, bridge.token)
    expect(page.get_by_text("Trying to join; this takes up to half a minute…")).to_be_visible()
    expect(page.get_by_text('The password is not the one of "boat"')).to_be_visible(timeout=60000)
    rig.shot(page, "wifi-refused-phone")
    assert "wifi" not in stored(bridge)

    password.fill("secret word")
    page.get_by_role("button", name="Try it, and keep it if it works").click()
    expect(page.get_by_text("Joined, and kept.")).to_be_visible(timeout=30000)
    expect(page.get_by_text("Joined to boat as 127.0.0.2")).to_be_visible()
    rig.shot(page, "wifi-joined-phone")
    assert stored(bridge)["wifi"] == {"ssid": "boat", "password": "secret word"}

    # The form was read before that network was; saving it does not take it back.
    page.get_by_label("Name", exact=True).fill("House bank")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".bar-below .said")).to_contain_text("Stored")
    assert stored(bridge)["batteries"][0]["name"] == "House bank"
    assert stored(bridge)["wifi"] == {"ssid": "boat", "password": "secret word"}

    address = f"http://127.0.0.2:{bridge.port}"
    page.watch.origins.add(address)
    page.get_by_role("link", name="http://127.0.0.2").click()
    expect(page.locator("#link-state")).to_have_text("Live")
    assert page.url == address + "/"


def stored(bridge):
    path = bridge.folder / "flash" / "config.json"
    return json.loads(path.read_text()) if path.exists() else {}


def test_first_battery_when_adopted_then_it_has_its_address_and_a_name(bridge, visit):
    page = visit(bridge, "#/settings", refusals={401}, is_lost=True)
    page.get_by_text("Find batteries nearby").click()
    page.get_by_role("button", name="Search").click()
    found = page.locator(".found li")
    expect(found).to_have_count(1, timeout=40000)
    expect(found).to_contain_text("02:12:34:00:20:61")
    rig.shot(page, "discovery")
    found.get_by_role("button", name="Adopt").click()
    expect(page.get_by_text("Give it a name, then save.")).to_be_visible()
    name = page.get_by_label("Name", exact=True)
    expect(name).to_be_focused()
    name.fill("House bank")
    expect(page.get_by_label("Bluetooth address")).to_have_value("02:12:34:00:20:61")
    expect(page.get_by_text("Changed, not saved yet.")).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    rig.give_token(page, bridge.token)
    expect(page.get_by_text("Stored. These wait for a restart of the bridge:")).to_be_visible()
    page.get_by_role("button", name="Restart now").click()
    expect(page.get_by_text("The bridge is back, with what is stored.")).to_be_visible()
    expect(page.get_by_text("This bridge is new")).to_be_hidden()
    page.get_by_role("link", name="Batteries").click()
    card = page.get_by_role("region", name="House bank")
    expect(card.locator(".soc")).to_have_text("54 %")
    (battery,) = stored(bridge)["batteries"]
    assert (battery["name"], battery["address"]) == ("House bank", "02:12:34:00:20:61")
