"""The page for everyone: phone, dark, keyboard, screen reader; and nothing from outside."""

import pytest

from host_tests.browser import rig
from host_tests.browser.rig import expect

VIEWS = ("", "#/history", "#/files", "#/settings", "#/diagnostics")
AXE = rig.ROOT / "firmware" / "www" / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture(scope="module")
def bridge(chromium, tmp_path_factory):
    """What `make run` gives: a 12 V battery with its harness."""
    with rig.LeverBridge(tmp_path_factory.mktemp("everyone")) as bridge:
        bridge.wait_for(lambda a: a["bank"]["missing"] == 0)
        yield bridge


def open_everything(page):
    """Open what is folded, so that all of a view is looked at; some parts ask the bridge then."""
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    for box in page.locator("details.box").all():
        expect(box.locator("p, label").first).to_be_attached()


def ready(page, view):
    """Wait until a view shows what it asked for."""
    shown = {
        "": ".card .cells tbody tr",
        "#/history": ".charts figure canvas",
        "#/files": "main .scroll tbody tr, main > div > p",
        "#/settings": "form#settings fieldset",
        "#/diagnostics": "main details",
    }
    expect(page.locator(shown[view]).first).to_be_visible()


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view[2:] or "batteries")
def test_view_when_on_a_phone_in_the_dark_then_nothing_sticks_out(bridge, visit, view):
    page = visit(bridge, view, is_phone=True, is_dark=True)
    ready(page, view)
    open_everything(page)
    assert rig.too_wide(page) == []
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    background, text = page.evaluate(
        """() => {
          const style = getComputedStyle(document.body);
          return [style.backgroundColor, style.color];
        }"""
    )
    assert (background, text) == ("rgb(14, 20, 19)", "rgb(230, 238, 235)")
    rig.shot(page, f"phone-dark-{view[2:] or 'batteries'}")


@pytest.mark.parametrize("width", [320, 768, 1920])
def test_views_when_narrow_or_wide_then_nothing_sticks_out(bridge, visit, width):
    page = visit(bridge)
    page.set_viewport_size({"width": width, "height": 700})
    for view in VIEWS:
        page.goto(bridge.url(view))
        ready(page, view)
        open_everything(page)
        assert rig.too_wide(page) == [], view


def test_theme_when_chosen_then_kept_in_this_browser(bridge, visit):
    page = visit(bridge, is_dark=True)
    button = page.get_by_role("button", name="Change between light and dark")
    theme = page.locator("html")
    expect(theme).to_have_attribute("data-theme", "dark")
    button.click()
    expect(theme).to_have_attribute("data-theme", "light")
    page.reload()
    expect(theme).to_have_attribute("data-theme", "light")


def focus(page):
    """Return what has the focus: its text, and whether a frame around it is to be seen."""
    return page.evaluate(
        """() => {
          const one = document.activeElement;
          const style = getComputedStyle(one);
          const isFramed = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
          return [one.innerText || one.getAttribute("aria-label"), isFramed];
        }"""
    )


def test_keyboard_when_it_is_all_there_is_then_every_view_is_reached(bridge, visit):
    page = visit(bridge)
    ready(page, "")
    page.keyboard.press("Tab")
    assert focus(page) == ["Skip to the readings", True]
    assert page.get_by_role("link", name="Skip to the readings").bounding_box()["x"] >= 0
    page.keyboard.press("Tab")
    assert focus(page) == ["◐", True]
    for name in ("Batteries", "History", "Files", "Settings"):
        page.keyboard.press("Tab")
        assert focus(page) == [name, True]
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Settings")).to_be_visible()
    expect(page.locator("main")).to_be_focused()
    ready(page, "#/settings")
    page.keyboard.press("Tab")
    assert focus(page) == ["Find batteries nearby", True]
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Search")).to_be_visible()
    page.keyboard.press("Tab")
    assert focus(page) == ["Search", True]
    expect(page.get_by_role("link", name="Settings")).to_have_attribute("aria-current", "page")


def test_dialog_when_the_keyboard_leaves_it_then_the_focus_is_back(bridge, visit):
    page = visit(bridge, "#/settings", refusals={401})
    page.get_by_label("Name", exact=True).fill("Another")
    save = page.get_by_role("button", name="Save", exact=True)
    save.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Token")
    expect(dialog.get_by_label("Token", exact=True)).to_be_focused()
    rig.shot(page, "token-dialog")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(save).to_be_focused()
    expect(page.locator(".bar-below .said")).to_contain_text("token")
    page.get_by_role("button", name="Discard changes").click()


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_views_when_axe_looks_then_names_roles_and_contrast_are_right(bridge, visit, is_dark):
    if not AXE.exists():
        pytest.skip("no axe-core in firmware/www/node_modules; `make page` fetches it")
    page = visit(bridge, is_dark=is_dark)
    for view in VIEWS:
        page.goto(bridge.url(view))
        page.evaluate(AXE.read_text())
        ready(page, view)
        open_everything(page)
        told = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        found = [
            f"{one['id']}: {node['html'][:120]} {node['failureSummary']}"
            for one in told["violations"]
            for node in one["nodes"]
        ]
        assert found == [], view
        assert len(told["passes"]) > 15


# --- nothing from outside -----------------------------------------------------------------------


def test_page_when_something_foreign_is_put_into_it_then_its_policy_stops_that(bridge, visit):
    page = visit(bridge)
    ready(page, "")
    page.evaluate(
        """() => {
          window.violations = [];
          document.addEventListener("securitypolicyviolation", (event) =>
            violations.push(event.effectiveDirective));
          const script = document.createElement("script");
          script.textContent = "window.hasRun = true";
          document.body.append(script);
          document.body.insertAdjacentHTML("beforeend", "<img src='/x.png' onerror='hasRun = 1'>");
          fetch("http://example.com/").catch(() => {});
        }"""
    )
    page.wait_for_function("violations.length >= 4")
    # The browser says so too; nothing else was said.
    assert all("Content Security Policy" in one for one in page.watch.complaints)
    page.watch.complaints.clear()
    stopped = ["connect-src", "img-src", "script-src-attr", "script-src-elem"]
    assert sorted(set(page.evaluate("violations"))) == stopped
    assert page.evaluate("window.hasRun") is None


def test_watch_when_a_page_asks_elsewhere_then_seen(bridge, chromium):
    """What every other test relies on."""
    context = chromium.new_context()
    watch = rig.Watch(context)
    watch.origins.add(f"http://127.0.0.1:{bridge.port}")
    page = context.new_page()
    page.goto(bridge.url("healthz"))
    assert watch.strangers() == [] and watch.unforgiven() == []
    page.evaluate(
        """async () => {
          await fetch("http://cdn.example/lib.js").catch(() => {});
          console.error("said");
          setTimeout(() => { throw Error("thrown"); });
        }"""
    )
    page.wait_for_timeout(100)
    assert watch.strangers() == ["http://cdn.example/lib.js"]
    assert any("ERR_NAME_NOT_RESOLVED" in one for one in watch.unforgiven())
    assert "said" in watch.unforgiven()
    assert any("thrown" in one for one in watch.unforgiven())
    context.close()
