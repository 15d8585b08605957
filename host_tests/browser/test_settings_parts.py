"""Settings in the page: every part can be set, and an old copy undoes nothing."""

import json
import re

import pytest

from host_tests.browser import rig
from host_tests.browser.rig import expect

TAPS = [
    {"pin": 32, "top_ohm": 103000, "bottom_ohm": 100000},
    {"pin": 33, "top_ohm": 306000, "bottom_ohm": 100000},
    {"pin": 34, "top_ohm": 508000, "bottom_ohm": 100000},
    {"pin": 35, "top_ohm": 711000, "bottom_ohm": 100000},
]
BATTERY = {"id": "house1", "name": "House 1", "address": rig.SIM_ADDRESS, "taps": TAPS}
CALIBRATION = "/api/v1/batteries/house1/calibration"


@pytest.fixture
def bridge(chromium, tmp_path):
    """A 12 V battery with its harness, at rest."""
    with rig.LeverBridge(tmp_path, config={"batteries": [BATTERY]}) as bridge:
        bridge.pull(wanted_ma=0)
        yield bridge


def open_settings(bridge, visit, **more):
    """Show the settings to somebody whose browser knows the token."""
    page = visit(bridge, **more)
    page.evaluate("token => sessionStorage.setItem('baybridge.token', token)", bridge.token)
    page.goto(bridge.url("#/settings"))
    page.reload()
    expect(page.get_by_text("Alarm limits")).to_be_visible()
    return page


def open_part(page, title):
    page.locator("summary", has_text=title).click()


def save(page):
    """Press Save; return what the page sent."""
    with page.expect_request(lambda one: one.method == "PUT") as sent:
        page.get_by_role("button", name="Save", exact=True).click()
    return json.loads(sent.value.post_data)


def said(page):
    return page.locator(".bar-below .said")


def gains(bridge):
    return [tap.get("gain", 1) for tap in bridge.get("/api/v1/config")["batteries"][0]["taps"]]


# Part, field, what is typed, and where it has to be in the stored configuration.
PARTS = (
    ("Batteries and harness", "Name it is found by", "SOK-AA", "batteries.0.match", "SOK-AA"),
    ("Batteries and harness", "Poll every (s)", "2,5", "batteries.0.poll_s", 2.5),
    ("Alarm limits", "Too cold to charge (°C)", "5", "alarms.charge_cold_c", 5),
    ("Log on the card", "Written to the card every (s)", "60", "log.flush_s", 60),
    ("Sleep when", "Below a charge of (%)", "20", "power.sleep_below_soc_pct", 20),
    ("Name, tokens", "Name of the bridge", "aft-bay", "name", "aft-bay"),
    ("Pins, LED", "LED on pin", "4", "led.pin", 4),
    ("Pins, LED", "SPI clock (Hz)", "4000000", "card.freq_hz", 4000000),
    ("Pins, LED", "Links held at once", "2", "radio.links", 2),
)


def test_parts_when_each_is_changed_then_stored_and_it_says_what_waits(bridge, visit):
    page = open_settings(bridge, visit)
    page.evaluate(
        "document.querySelectorAll('form details').forEach((one) => { one.open = true })"
    )
    for _, label, typed, _, _ in PARTS:
        page.get_by_label(label, exact=False).first.fill(typed)
    page.get_by_label("The LED lights while its pin is low").check()
    page.get_by_label("Log to the card").uncheck()
    page.get_by_label("SPI slot").select_option("3")
    page.get_by_label("A card without a FAT file system").select_option("is ERASED and formatted")
    page.get_by_label("Token for reading").fill("read-it-please")
    page.get_by_label("To the tap (Ω)").nth(3).fill("715000")
    save(page)
    expect(said(page)).to_contain_text("Stored. These wait for a restart of the bridge:")
    expect(said(page)).to_contain_text("LED on pin")
    expect(said(page)).to_contain_text("The LED lights while its pin is low")
    expect(said(page)).not_to_contain_text("led.pin")
    told = json.loads((bridge.folder / "flash" / "config.json").read_text())
    for _, _, _, place, value in PARTS:
        found = told
        for key in place.split("."):
            found = found[int(key) if key.isdigit() else key]
        assert found == value, place
    assert told["led"] == {"pin": 4, "active_low": True}
    assert told["log"]["enabled"] is False
    assert (told["card"]["slot"], told["card"]["format"]) == (3, "if_unreadable")
    assert told["http"]["read_token"] == "read-it-please"
    assert told["batteries"][0]["taps"][3]["top_ohm"] == 715000
    expect(page.get_by_label("Token for reading")).to_have_value("***")
    rig.shot(page, "settings-parts")


def test_taps_when_refused_then_it_says_so_at_the_field(bridge, visit):
    page = open_settings(bridge, visit, refusals={422})
    pin = page.get_by_label("Tap 2 on pin")
    pin.fill("25")
    save(page)
    expect(pin).to_have_attribute("aria-invalid", "true")
    expect(page.locator("label", has=pin).locator(".bad")).to_contain_text("ADC1")
    expect(pin).to_be_focused()
    pin.fill("33")
    expect(page.locator("label .bad")).to_have_count(0)
    low = page.get_by_label("To the tap (Ω)").nth(3)
    low.fill("200000")
    save(page)
    expect(low).to_have_attribute("aria-invalid", "true")
    expect(said(page)).to_contain_text("Nothing was changed")
    page.get_by_role("button", name="Discard changes").click()
    expect(low).to_have_value("711000")


def test_change_when_it_has_a_catch_then_the_warning_is_shown(bridge, visit):
    page = open_settings(bridge, visit)
    page.get_by_label("Tap 1 on pin").fill("36")
    save(page)
    warning = said(page).locator(".warning")
    expect(warning).to_contain_text("Stored all the same, but look at this:")
    expect(warning.locator("li")).to_contain_text("noisy")
    expect(warning.locator("li")).to_contain_text("House 1 · Tap 1 on pin: 36")
    expect(said(page)).to_contain_text("House 1 · Balance harness")
    rig.shot(page, "settings-warning")


def test_calibration_when_kept_or_taken_back_then_a_later_save_leaves_it(bridge, visit):
    bridge.wait_for(lambda a: a["batteries"][0]["harness"]["taps_v"])
    page = open_settings(bridge, visit, refusals={409, 422})
    page.get_by_label("Name", exact=True).fill("Edited before")
    open_part(page, "Calibrate the harness")
    for k in range(4):
        page.get_by_label(f"Tap {k + 1} reads (V)").fill("x" if k == 0 else "")
    page.get_by_role("button", name="Show what it would be").click()
    told = page.locator("details fieldset .said")
    expect(told).to_contain_text("has to be a number")
    calibrate(page, bridge, 1.01)
    first = gains(bridge)
    assert first[0] != 1
    # What was typed before is still there, and still not saved.
    expect(page.get_by_label("Name", exact=True)).to_have_value("Edited before")
    expect(page.get_by_text("Changed, not saved yet.")).to_be_visible()
    save(page)
    expect(said(page)).to_contain_text("Stored")
    assert gains(bridge) == first

    calibrate(page, bridge, 0.99)
    assert gains(bridge) != first
    page.get_by_label("Name", exact=True).fill("Edited again")
    page.get_by_role("button", name="Back to the coefficients before").click()
    expect(told).to_contain_text("Kept, and in force.")
    assert gains(bridge) == first
    page.get_by_label("Poll every (s)").fill("3")
    save(page)
    expect(said(page)).to_contain_text("Stored")
    assert gains(bridge) == first
    assert bridge.get("/api/v1/config")["batteries"][0]["name"] == "Edited again"


def calibrate(page, bridge, factor):
    """Type readings a factor beside what the taps read, and keep them."""
    taps = bridge.get(CALIBRATION)["taps"]
    for k in range(4):
        field = page.get_by_label(f"Tap {k + 1} reads (V)")
        field.fill(f"{taps[k]['reads_v'] * factor:.3f}".replace(".", ","))
    with page.expect_response(
        lambda one: one.url.endswith("/config") and one.request.method == "GET", timeout=60000
    ):
        page.get_by_role("button", name="Keep it", exact=True).click()
    expect(page.locator("details fieldset .said")).to_contain_text("Kept, and in force.")


def test_save_when_one_part_was_changed_then_only_that_is_sent(bridge, visit):
    page = open_settings(bridge, visit)
    bridge.change("PUT", "/api/v1/config", {"log": {"flush_s": 45}})
    open_part(page, "Alarm limits")
    page.get_by_label("State of charge low (%)").fill("25")
    assert list(save(page)) == ["alarms"]
    expect(said(page)).to_contain_text("Stored")
    stored = bridge.get("/api/v1/config")
    assert stored["alarms"]["soc_low_pct"] == 25
    assert stored["log"]["flush_s"] == 45
    # And the form follows: what somebody else stored is in it.
    expect(page.get_by_label("Written to the card every (s)")).to_have_value("45")


@pytest.mark.parametrize(
    "text", ["no JSON", '{"batteries": [null]}', '{"batteries": [], "log": null}']
)
def test_file_when_it_is_no_configuration_then_it_says_so_and_the_form_stays(
    bridge, visit, tmp_path, text
):
    path = tmp_path / "some.json"
    path.write_text(text)
    page = open_settings(bridge, visit)
    page.get_by_label("Name", exact=True).fill("Mine")
    open_part(page, "Backup and restore")
    page.get_by_label("Restore from a file").set_input_files(path)
    expect(page.get_by_text("This file is not a configuration of a Bay Bridge.")).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Mine")
    page.get_by_role("button", name="Discard changes").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("House 1")


def test_bank_when_the_phone_is_narrow_then_its_numbers_stay_in_their_box(
    chromium, visit, tmp_path
):
    # Its neighbour: the same but for its name and address.
    lines = (rig.ROOT / rig.CAPTURE_12V).read_text().splitlines()
    other = [line for line in lines if not line.startswith(("# name:", "# address:"))]
    (tmp_path / "other.txt").write_text("\n".join(other))
    captures = f"{rig.CAPTURE_12V},{tmp_path}/other.txt"
    with rig.LeverBridge(tmp_path / "flash", "--capture", captures) as bridge:
        page = visit(bridge, is_phone=True, is_lost=True)
        page.set_viewport_size({"width": 360, "height": 740})
        bank = page.get_by_role("region", name="All batteries together")
        expect(bank.locator("dd").nth(2)).to_have_text("222.5 Ah")
        # What it says after ten minutes, and until the next second.
        wide = """all => {
          all[3].textContent = "empty in 14 h 29 min";
          const edge = all[3].closest("section").getBoundingClientRect().right;
          return all.filter((one) => one.getBoundingClientRect().right > edge - 8).length;
        }"""
        assert bank.locator("dd").evaluate_all(wide) == 0


def test_bank_when_the_voltages_are_not_the_same_then_only_their_power_is_added(
    chromium, visit, tmp_path
):
    captures = f"{rig.CAPTURE_24V},{rig.CAPTURE_12V}"
    with rig.LeverBridge(tmp_path, "--capture", captures) as bridge:
        page = visit(bridge, is_lost=True)
        bank = page.get_by_role("region", name="All batteries together")
        expect(bank).to_contain_text("Of different voltages: only their power adds up.")
        expect(bank.locator("dd").nth(0)).to_have_text("—")
        expect(bank.locator("dd").nth(1)).to_contain_text("W")
        expect(bank.locator("dd").nth(2)).to_have_text("—")


def test_sleep_when_it_is_set_then_the_page_says_what_it_draws(bridge, visit):
    page = open_settings(bridge, visit)
    open_part(page, "Sleep when the batteries are low")
    # docs/power.md: 35 mA, and 4.1 mA with a minute awake in eleven.
    expect(page.get_by_text("Awake it takes about 25.6")).to_contain_text(
        re.compile(r"25\.6\sAh a month, waking every 10\smin about 3\.0\sAh a month\.")
    )


def test_nav_when_the_phone_is_narrow_then_each_name_is_one_line(bridge, visit):
    page = visit(bridge, is_phone=True)
    page.set_viewport_size({"width": 360, "height": 740})
    heights = {link.bounding_box()["height"] for link in page.locator("nav a").all()}
    assert len(heights) == 1 and heights.pop() < 50
    right = page.locator("nav a").last.bounding_box()
    assert right["x"] + right["width"] <= 360
