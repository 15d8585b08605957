"""What safe mode does not take: the application's refusals, and firmware that is broken."""

import sys

# First, and from here: what it imports nests deeper than MicroPython's stack takes from a rig.
import host_tests.web.loopback  # noqa: F401
import safe_http
import safe_mode
from host_tests.data.update_key import ARCHIVE, KEY_TEXT
from host_tests.record.archive_rig import archive, manifest
from host_tests.start import safe_update_rig
from host_tests.start.flash_rig import A_RUNS, put
from host_tests.start.safe_update_rig import Scripted, head, put_code

FIRST = "baybridge 0.2.0 mpy=6 chip=any free=40960 heap=1000 files=2\n"
BROKEN = "No version on the flash can take an update (%s). A cable can: make deploy."
TAKEN = (202, {"version": "0.2.0", "restarting": True})


class UpdateRig(safe_update_rig.UpdateRig):
    folder = "safe_refusals"


def refusal(raw, status, rig=None, is_kept=True, **how):
    """Send what has to be refused; return the sentence."""
    rig = rig or UpdateRig()
    pause, safe_mode.WRONG_TOKEN_S = safe_mode.WRONG_TOKEN_S, 0
    try:
        got, answer = rig.send(raw, **how)
    finally:
        safe_mode.WRONG_TOKEN_S = pause
    assert got == status, (got, answer)
    assert not rig.safe.is_over
    assert rig.safe.reason == "safe mode ended"
    assert rig.box.crashes == 3
    if is_kept:
        assert (rig.line(), rig.versions()) == (A_RUNS, ["0.1.5", "0.1.0"])
    return answer["detail"]


def test_token_when_wrong_or_missing_then_refused_whoever_asks():
    wrong = "This is not the token. The console shows it at each start."
    for token in ("wrong", "", None, "0123456789abcde", "0123456789abcdef0"):
        assert refusal(ARCHIVE, 403, token=token) == wrong
    basic = "Authorization: Basic 0123456789abcdef\r\n"
    assert refusal(ARCHIVE, 403, token=None, fields=basic) == wrong
    rig = UpdateRig()
    safe_mode.WRONG_TOKEN_S = 0
    line, _, body = rig.get("/api/v1/firmware")
    safe_mode.WRONG_TOKEN_S = 1
    assert line == "HTTP/1.0 403 Forbidden"
    assert "0.1.5" not in body


def test_signature_when_it_is_another_s_or_of_another_table_then_refused():
    unsigned = "The archive is not signed with the owner's key."
    assert refusal(ARCHIVE, 403, UpdateRig(key=KEY_TEXT[:-2] + "9\n")) == unsigned
    own = manifest(FIRST.replace("0.2.0", "0.3.0")).encode()
    assert refusal(own + ARCHIVE[ARCHIVE.index(b"signed") :], 403) == unsigned


def test_key_when_there_is_none_or_it_is_damaged_then_refused():
    none = "There is no owner's key, so nothing is taken over Wi-Fi: see docs/update.md."
    assert refusal(ARCHIVE, 409, UpdateRig(key=None)) == none
    damaged = "The owner's key on the flash is damaged: see docs/update.md."
    assert refusal(ARCHIVE, 409, UpdateRig(key="baybridge-key rsa 65537 c6")) == damaged


def test_file_when_it_is_not_the_one_of_the_table_then_the_one_that_stays_runs():
    bad = bytearray(ARCHIVE)
    bad[-1] ^= 1
    rig = UpdateRig()
    sentence = refusal(bytes(bad), 422, rig, is_kept=False)
    assert sentence == "www/index.html.gz is damaged in the archive."
    assert rig.versions() == ["-", "0.1.0"]
    assert rig.runs() == "b"


def test_version_when_it_is_no_newer_than_what_crashed_then_only_by_force():
    sentence = "The archive has version %s, and 0.1.5 runs; ?force=true takes it all the same."
    for version in ("0.1.5", "0.1.1", "0.0.9"):
        older = archive(FIRST.replace("0.2.0", version))
        assert refusal(older, 409) == sentence % version
        assert refusal(older, 409, query="?force=false") == sentence % version
        forced = UpdateRig().send(older, query="?force=true")
        assert forced == (202, {"version": version, "restarting": True})
    assert refusal(ARCHIVE, 400, query="?force=1") == "force: has to be true or false."


def test_archive_when_it_does_not_fit_the_board_then_refused():
    wrong = archive(FIRST.replace("chip=any", "chip=esp32c3"))
    assert refusal(wrong, 409) == "The archive is for esp32c3, this is esp32."
    if sys.implementation.name == "micropython":
        assert refusal(archive(FIRST.replace("mpy=6", "mpy=5")), 409) == (
            "The archive is compiled for .mpy version 5, and this MicroPython runs 6."
        )
        wrong = archive(FIRST.replace("heap=1000", "heap=99999999"))
        assert refusal(wrong, 409).startswith("This board has too little memory")


def test_length_when_it_is_another_then_refused():
    whole = len(ARCHIVE)
    assert refusal(ARCHIVE + b"x", 422) == (
        "The archive should have %d bytes, and %d are sent." % (whole, whole + 1)
    )
    assert refusal(b"", 422) == "There is no archive in the request."
    assert refusal(b"", 413, length=1048577) == "The archive is too long."
    twice = "Content-Length: 3\r\n"
    assert refusal(b"", 400, fields=twice) == "The archive's length is no number."
    chunked = "Transfer-Encoding: chunked\r\n"
    assert refusal(b"", 411, fields=chunked) == "The archive has to come with its length."
    assert refusal(b"{}\n", 422) == "This is no update archive of Bay Bridge."


def test_method_when_it_is_another_then_refused():
    for path in ("/api/v1/firmware", "/healthz"):
        line = UpdateRig().exchange(
            "POST %s HTTP/1.1\r\nAuthorization: Bearer 0123456789abcdef\r\n\r\n" % path
        )[0]
        status = "405 Method Not Allowed" if "api" in path else "503 Service Unavailable"
        assert line == "HTTP/1.0 " + status


def test_client_when_it_sends_all_before_it_listens_then_it_gets_the_sentence():
    # Unread, it would take the answer with it: a browser would show nothing.
    rig = UpdateRig(key=None)
    client = Scripted([head(ARCHIVE, length=300000), bytes(300000)], is_gone=True)
    assert rig.meet(client)[0] == 409
    assert client.left() == 0
    safe_http.LONG_SILENCE_S = 1
    waits = Scripted([head(ARCHIVE)])
    rig.meet(waits)
    assert waits.waits_s[1] == 1
    # Nothing comes before it is asked for.
    waits = Scripted([head(ARCHIVE, fields="Expect: 100-continue\r\n")])
    rig.meet(waits)
    assert waits.waits_s[1] == 0.1


def test_firmware_when_the_kept_one_cannot_be_loaded_then_the_other_takes_it():
    broken = "import no_such_module\n"
    for slot, a, b in (("b", None, broken), ("a", broken, None)):
        rig = UpdateRig(crashes=3 if slot == "b" else 0)
        put_code(rig.root, "a", "0.1.5", **({"app_update": a} if a else {}))
        put_code(rig.root, "b", "0.1.0", **({"app_update": b} if b else {}))
        assert rig.send(ARCHIVE) == TAKEN
        assert rig.runs() == ("a" if slot == "b" else "b")


def test_firmware_when_none_can_be_loaded_then_a_sentence_and_safe_mode_goes_on():
    for text, why in (
        ("raise ImportError('no such module')\n", "ImportError: no such module"),
        ("raise MemoryError('too little')\n", "MemoryError: too little"),
        ("raise ValueError('incompatible .mpy file')\n", "ValueError: incompatible .mpy file"),
        # What was before this could be asked for.
        ("class app_update:\n    pass\n", None),
    ):
        rig = UpdateRig()
        put_code(rig.root, "a", "0.1.5", app_update=text)
        put_code(rig.root, "b", "0.1.0", app_update=text)
        sentence = refusal(ARCHIVE, 500, rig)
        assert sentence.endswith("). A cable can: make deploy.")
        assert why is None or sentence == BROKEN % why
        assert rig.get()[0] == "HTTP/1.0 200 OK"
    rig = UpdateRig()
    for slot in ("a", "b"):
        put(rig.root, slot + "/manifest.txt", "")
    sentence = refusal(ARCHIVE, 500, rig, is_kept=False)
    assert sentence == BROKEN % "no folder holds a whole one"


def test_firmware_when_it_fails_half_way_then_a_sentence_and_safe_mode_goes_on():
    rig = UpdateRig()
    text = "def take(slots, root, request, feed):\n    return 202, '9.9.9'\n"
    for slot, version in (("a", "0.1.5"), ("b", "0.1.0")):
        put_code(rig.root, slot, version, app_update=text)
    sentence = refusal(ARCHIVE, 500, rig)
    assert sentence.startswith("The firmware on the flash cannot take it (TypeError: ")
    assert sentence.endswith("). A cable can: make deploy.")
    assert rig.get()[0] == "HTTP/1.0 200 OK"


def test_firmware_when_an_update_was_tried_then_nothing_of_a_version_stays_loaded():
    import baybridge.version as version

    path = sys.path[:]
    before = sys.modules.pop("baybridge.app_update", None)
    assert UpdateRig().send(ARCHIVE) == TAKEN
    assert len(path) > 1
    assert sys.path == path
    assert "baybridge.app_update" not in sys.modules
    if before:
        sys.modules["baybridge.app_update"] = before
    assert sys.modules["baybridge.version"] is version
