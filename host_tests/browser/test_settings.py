"""Settings in the page: a second battery, refused and accepted changes, backup and restore."""

import json

import pytest

from host_tests.browser import rig
from host_tests.browser.rig import expect

FIRST = {"id": "house1", "name": "House 1", "address": "d6:6c:0a:62:9b:d6"}


@pytest.fixture
def bridge(chromium, tmp_path):
    """Two batteries in the air, recorded ones; the bridge knows the first."""
    captures = f"{rig.CAPTURE_24V},{rig.CAPTURE_12V}"
    config = {"batteries": [FIRST], "http": {"token": "change-it"}}
    with rig.LeverBridge(tmp_path, "--capture", captures, config=config) as bridge:
        yield bridge


def save(page):
    page.get_by_role("button", name="Save", exact=True).click()


def test_second_battery_when_adopted_then_after_a_restart_both_are_live(bridge, visit):
    page = visit(bridge, refusals={401, 403}, is_lost=True)
    expect(page.get_by_role("region", name="House 1").locator(".soc")).to_have_text("99 %")
    page.get_by_role("link", name="Settings").click()
    page.get_by_text("Find batteries nearby").click()
    page.get_by_role("button", name="Search").click()
    found = page.locator(".found li")
    expect(found).to_have_count(2, timeout=40000)
    expect(found.nth(0)).to_contain_text("yours already")
    expect(found.nth(0).get_by_role("button")).to_have_count(0)
    found.nth(1).get_by_role("button", name="Adopt").click()
    page.keyboard.press("Control+a")
    page.keyboard.type("Bow thruster")
    save(page)
    rig.give_token(page, "not the one")
    expect(page.get_by_role("dialog")).to_contain_text("token")
    rig.give_token(page, "change-it")
    expect(page.get_by_text("Stored. These wait for a restart of the bridge:")).to_be_visible()
    page.get_by_role("button", name="Restart now").click()
    expect(page.get_by_text("The bridge is back, with what is stored.")).to_be_visible()
    page.get_by_role("link", name="Batteries").click()
    expect(page.get_by_role("region", name="Bow thruster").locator(".soc")).to_have_text("54 %")
    expect(page.get_by_role("region", name="House 1").locator(".soc")).to_have_text("99 %")
    expect(page.get_by_role("region", name="All batteries together")).to_contain_text(
        "All 2 batteries."
    )
    rig.shot(page, "two-batteries")


def test_change_when_refused_then_each_problem_is_at_its_field_and_nothing_is_stored(
    bridge, visit
):
    before = bridge.get("/api/v1/config")
    page = visit(bridge, "#/settings", refusals={401, 422})
    page.get_by_label("Stale after (s)").fill("soon")
    page.get_by_text("Alarm limits").click()
    page.get_by_label("Cell too high (mV)").fill("9999")
    page.get_by_label("State of charge low (%)").fill("30")
    page.get_by_text("Alarm limits").click()
    save(page)
    rig.give_token(page, "change-it")
    said = page.locator(".bar-below .said")
    expect(said).to_contain_text("Nothing was changed: 2 values cannot be used.")
    expect(said.locator("li").nth(0)).to_contain_text('"soon" is not a number')
    expect(said.locator("li").nth(1)).to_have_text("alarms.cell_ov_mv 9999 is above 3800")
    stale, high = page.get_by_label("Stale after (s)"), page.get_by_label("Cell too high (mV)")
    expect(stale).to_have_attribute("aria-invalid", "true")
    expect(high).to_have_attribute("aria-invalid", "true")
    expect(page.locator("label", has=stale).locator(".bad")).to_have_text('"soon" is not a number')
    expect(page.locator("label", has=high).locator(".bad")).to_have_text("9999 is above 3800")
    expect(stale).to_be_focused()
    rig.shot(page, "settings-refused")
    assert bridge.get("/api/v1/config") == before

    stale.fill("30")
    expect(stale).not_to_have_attribute("aria-invalid", "true")
    expect(page.locator("label .bad")).to_have_count(1)
    high.fill("3,5e3")
    save(page)
    expect(said).to_contain_text("Stored")
    expect(high).not_to_have_attribute("aria-invalid", "true")
    after = bridge.get("/api/v1/config")
    assert after["alarms"]["cell_ov_mv"] == 3500
    assert after["alarms"]["soc_low_pct"] == 30
    assert after["batteries"][0]["stale_s"] == 30
    rig.shot(page, "settings-stored")


def test_changes_when_not_saved_then_asked_before_they_are_lost(bridge, visit):
    page = visit(bridge, "#/settings")
    name = page.get_by_label("Name", exact=True)
    name.fill("Another")
    asked = []

    def refuse(dialog):
        asked.append(dialog.message)
        dialog.dismiss()

    page.once("dialog", refuse)
    page.get_by_role("link", name="Files").click()
    expect(page.get_by_role("heading", name="Settings")).to_be_visible()
    expect(name).to_have_value("Another")
    assert asked == ["Changes are not saved. Leave all the same?"]
    page.get_by_role("button", name="Discard changes").click()
    expect(name).to_have_value("House 1")
    page.get_by_role("link", name="Files").click()
    expect(page.get_by_role("heading", name="Card", exact=True)).to_be_visible()
    assert len(asked) == 1


def test_backup_when_taken_then_without_secrets_and_it_can_be_restored(bridge, visit, tmp_path):
    page = visit(bridge, "#/settings", refusals={401})
    page.get_by_text("Backup and restore").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save the configuration as a file").click()
    assert waiting.value.suggested_filename == "baybridge-config.json"
    path = tmp_path / "backup.json"
    waiting.value.save_as(path)
    backup = json.loads(path.read_text())
    assert backup == bridge.get("/api/v1/config")
    assert backup["http"]["token"] == "***"
    assert "change-it" not in path.read_text()

    backup["batteries"][0]["name"] = "From the file"
    path.write_text(json.dumps(backup))
    page.get_by_label("Restore from a file").set_input_files(path)
    expect(page.get_by_text("The file is in the form now: look it over")).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_have_value("From the file")
    assert bridge.get("/api/v1/config")["batteries"][0]["name"] == "House 1"
    save(page)
    rig.give_token(page, "change-it")
    expect(page.locator(".bar-below .said")).to_contain_text("Stored")
    assert bridge.get("/api/v1/config")["batteries"][0]["name"] == "From the file"
    # The masked token of the file is no token: the one before is still in force.
    page.get_by_label("Name", exact=True).fill("Once more")
    with page.expect_response("**/api/v1/config") as answer:
        save(page)
    assert answer.value.status == 200


def test_backup_when_with_secrets_then_only_for_the_token(bridge, visit, tmp_path):
    page = visit(bridge, "#/settings", refusals={401})
    page.get_by_text("Backup and restore").click()
    page.get_by_label("With passwords and tokens").check()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save the configuration as a file").click()
        rig.give_token(page, "change-it")
    path = tmp_path / "secrets.json"
    waiting.value.save_as(path)
    assert json.loads(path.read_text())["http"]["token"] == "change-it"
    expect(
        page.get_by_text("Saved, with its secrets: keep that file to yourself.")
    ).to_be_visible()
