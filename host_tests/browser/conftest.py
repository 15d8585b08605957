"""One Chromium per file, and visits that are watched: what nobody expected fails the test."""

import pytest

from host_tests.browser import rig


@pytest.fixture(scope="module")
def chromium():
    """Start Debian's Chromium; skip with the reason where there is none."""
    why = rig.missing()
    if why:
        pytest.skip(why)
    api = pytest.importorskip(
        "playwright.sync_api", reason="no Playwright; `make test` fetches it"
    )
    api.expect.set_options(timeout=15000)
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=rig.shutil.which("chromium"), args=list(rig.ARGUMENTS)
        )
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium):
    """Return visit(bridge, ...) -> page; at the end nothing strange may have happened on it."""
    visits = []

    def begin(
        bridge, view="", is_phone=False, is_dark=False, refusals=(), is_lost=False, has_clock=False
    ):
        context = chromium.new_context(
            viewport=rig.PHONE if is_phone else rig.DESKTOP,
            has_touch=is_phone,
            is_mobile=is_phone,
            device_scale_factor=2 if is_phone else 1,
            color_scheme="dark" if is_dark else "light",
            locale="en-GB",
            accept_downloads=True,
        )
        watch = rig.Watch(context)
        watch.origins.add(f"http://127.0.0.1:{bridge.port}")
        watch.refusals.update(refusals)
        watch.is_lost = is_lost
        visits.append((context, watch))
        page = context.new_page()
        page.watch = watch
        if has_clock:
            page.clock.install()
        page.goto(bridge.url(view))
        return page

    yield begin
    for context, watch in visits:
        context.close()
        assert watch.addresses
        assert watch.strangers() == []
        assert watch.unforgiven() == []
