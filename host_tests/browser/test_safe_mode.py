"""Safe mode's page in Chromium: a version is sent from it, and without script it is a form."""

import threading

import pytest

import safe_http
import safe_mode
from host_tests.data.update_key import ARCHIVE
from host_tests.start import safe_update_rig
from host_tests.start.safe_rig import TOKEN
from host_tests.web.loopback import free_port

BAD = ARCHIVE[:-1] + b"x"


class Rig(safe_update_rig.UpdateRig):
    folder = "safe_browser"


@pytest.fixture
def safe():
    """Give a Rig that is served in a thread; it has a url."""
    rig = Rig()
    port = free_port()
    server = safe_http.listen(port)
    rig.url = f"http://127.0.0.1:{port}/"
    is_over = threading.Event()

    def serve():
        while not is_over.is_set() and not rig.safe.is_over:
            safe_http.serve_next(server, rig.safe)

    thread = threading.Thread(target=serve)
    thread.start()
    yield rig
    is_over.set()
    thread.join(30)
    server.close()


def send(page, raw, token=TOKEN):
    page.get_by_label("Token for changes").fill(token)
    archive = {"name": "update.bba", "mimeType": "application/octet-stream", "buffer": raw}
    page.get_by_label("A new version").set_input_files(archive)
    page.get_by_role("button", name="Send it").click()


def test_page_when_an_archive_is_chosen_then_refused_in_a_sentence_or_taken(
    chromium, safe, monkeypatch
):
    from playwright.sync_api import expect

    monkeypatch.setattr(safe_mode, "WRONG_TOKEN_S", 0)
    page = chromium.new_page()
    try:
        page.goto(safe.url)
        said = page.get_by_role("status")
        page.get_by_role("button", name="Send it").click()
        expect(said).to_have_text("Type the token and choose the file first.")
        send(page, ARCHIVE, "wrong")
        expect(said).to_have_text("This is not the token. The console shows it at each start.")
        # More than the bridge reads before it refuses.
        send(page, b"baybridge\n" + bytes(900000))
        expect(said).to_have_text("This is no update archive of Bay Bridge.")
        send(page, BAD)
        expect(said).to_have_text("www/index.html.gz is damaged in the archive.")
        assert safe.versions() == ["-", "0.1.0"]
        send(page, ARCHIVE)
        expect(said).to_have_text("Version 0.2.0 is taken. The bridge starts again with it.")
        assert safe.versions() == ["0.2.0", "0.1.0"]
    finally:
        page.close()


def test_page_when_there_is_no_script_then_a_form_without_the_file(chromium, safe):
    from playwright.sync_api import expect

    context = chromium.new_context(java_script_enabled=False)
    try:
        page = context.new_page()
        page.goto(safe.url)
        expect(page.get_by_label("A new version")).to_be_hidden()
        page.get_by_label("Token for changes").fill(TOKEN)
        page.get_by_role("button", name="Show the last crashes").click()
        expect(page.locator("pre")).to_have_text("There is no record.")
    finally:
        context.close()
