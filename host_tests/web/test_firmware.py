"""The firmware over HTTP: an update is taken as a whole and tried, or not at all."""

import json

# First, and from here: what it imports nests deeper than MicroPython's stack takes from a rig.
import host_tests.fakes.world  # noqa: F401
from host_tests.data.update_key import ARCHIVE, KEY_TEXT
from host_tests.record.archive_rig import FILES, archive, manifest, signed
from host_tests.start.flash_rig import A_RUNS, B_ON_TRIAL, get, put
from host_tests.web.firmware_rig import NEXT, Flashed, run_with
from host_tests.web.loopback import connect, exchange, hang_up

A_RUNS_B_TRIED = "run=a try=b tried=0 failed=- why=- crc=7e6ffb84\n"


def refusal(raw, status, query="", bay=None, **how):
    """Send what has to be refused; return the sentence."""
    found = []
    bay = bay or Flashed()

    async def play(bay):
        before = bay.kept()
        line, headers, body = await bay.send(raw, query, **how)
        assert line.startswith("HTTP/1.1 %d " % status), (line, body)
        assert headers["content-type"] == "application/problem+json"
        found.append(json.loads(body)["detail"])
        await bay.clock.sleep_ms(3000)
        assert bay.kept() == before
        assert bay.restarts() == []
        assert not bay.app.bridge.firmware().is_busy

    run_with(bay, play)
    return found[0]


def first(old="", new=""):
    text = "baybridge 0.2.0 mpy=6 chip=any free=40960 heap=1000 files=2\n"
    assert not old or old in text
    return text.replace(old, new) if old else text


def test_archive_when_signed_and_newer_then_written_tried_and_restarted():
    bay = Flashed()

    async def play(bay):
        line, _, body = await bay.send(ARCHIVE)
        assert line == "HTTP/1.1 202 Accepted", body
        assert body == b'{"version":"0.2.0","restarting":true}'
        assert bay.restarts() == []
        await bay.clock.sleep_ms(3000)
        assert bay.restarts() == ["updated to 0.2.0"]

    run_with(bay, play)
    assert get(bay.root, "slots.txt") == A_RUNS_B_TRIED
    assert get(bay.root, "b/baybridge/app.mpy") == "one more"
    assert get(bay.root, "b/www/index.html.gz") == "page"
    assert get(bay.root, "b/manifest.txt") == manifest()
    assert bay.runs() == "b"


def test_archive_when_there_is_an_old_version_in_its_place_then_nothing_of_it_stays():
    bay = Flashed()
    put(bay.root, "b/baybridge/battery/gone.mpy", "old")
    put(bay.root, "b/manifest.txt", "old")

    async def play(bay):
        assert (await bay.send(ARCHIVE))[0] == "HTTP/1.1 202 Accepted"

    run_with(bay, play)
    assert get(bay.root, "b/baybridge/battery/gone.mpy") is None
    assert get(bay.root, "b/manifest.txt") == manifest()


def test_archive_when_b_runs_then_into_a():
    bay = Flashed(line="run=b try=- tried=0 failed=- why=- crc=ff072fe0\n", slot="b")

    async def play(bay):
        assert (await bay.send(ARCHIVE))[0] == "HTTP/1.1 202 Accepted"

    run_with(bay, play)
    assert bay.runs() == "a"


def test_trial_when_well_for_ten_minutes_then_confirmed_else_back_after_three_starts():
    import slots

    bay = Flashed()

    async def play(bay):
        assert (await bay.send(ARCHIVE))[0] == "HTTP/1.1 202 Accepted"

    run_with(bay, play)
    assert [bay.runs() for _ in range(4)] == ["b", "b", "b", "a"]
    state = slots.read(bay.root)
    assert (state.run, state.trial, state.failed, state.why) == ("a", "", "b", "not_well")
    run_with(Flashed(), play)
    assert bay.runs() == "b"
    slots.confirm("b", bay.root)
    assert [bay.runs() for _ in range(5)] == ["b"] * 5


def test_trial_when_it_runs_then_no_other_update_until_it_is_confirmed():
    bay = Flashed(line=B_ON_TRIAL, slot="b")
    sentence = refusal(ARCHIVE, 409, bay=bay)
    assert sentence == (
        "The version that runs is on trial itself. It has to be well for ten minutes before it"
        " may replace the one before it."
    )
    bay = Flashed(line=B_ON_TRIAL, slot="a")
    assert refusal(ARCHIVE, 409, bay=bay) == "A new version waits for a restart already."


def test_archive_when_it_is_no_newer_then_refused_unless_forced():
    same = archive(first("0.2.0", "0.1.0"))
    sentence = "The archive has version %s, and 0.1.0 runs; ?force=true takes it all the same."
    assert refusal(same, 409) == sentence % "0.1.0"
    assert refusal(archive(first("0.2.0", "0.0.9")), 409) == sentence % "0.0.9"
    assert refusal(same, 409, "?force=false") == sentence % "0.1.0"
    assert refusal(ARCHIVE, 400, "?force=1") == "force: has to be true or false."
    bay = Flashed()

    async def play(bay):
        line, _, body = await bay.send(same, "?force=true")
        assert (line, body[:18]) == ("HTTP/1.1 202 Accepted", b'{"version":"0.1.0"'), body

    run_with(bay, play)


def test_archive_when_it_does_not_fit_the_board_then_refused():
    assert refusal(archive(first("chip=any", "chip=esp32c3")), 409) == (
        "The archive is for esp32c3, this is esp32."
    )
    bay = Flashed()
    bay.world.board.heap_used, bay.world.board.heap_free = lambda: 600, lambda: 399
    assert refusal(ARCHIVE, 409, bay=bay) == (
        "This board has too little memory to run its code from files: it takes a firmware image,"
        " over a cable (docs/update.md)."
    )
    bay = Flashed()
    bay.app.bridge.firmware()._places.free_bytes = lambda slot: 40959
    assert refusal(ARCHIVE, 413, bay=bay) == (
        "The flash has no room for it: 40 KB are needed, 39 KB can be had."
    )


def test_archive_when_compiled_for_another_micropython_then_refused_there():
    import sys

    wrong = archive(first("mpy=6", "mpy=5"))
    if sys.implementation.name == "micropython":
        assert refusal(wrong, 409) == (
            "The archive is compiled for .mpy version 5, and this MicroPython runs 6."
        )
    else:
        bay = Flashed()

        async def play(bay):
            assert (await bay.send(wrong))[0] == "HTTP/1.1 202 Accepted"

        run_with(bay, play)


def test_archive_when_the_key_is_another_or_there_is_none_then_refused():
    unsigned = "The archive is not signed with the owner's key."
    other = KEY_TEXT[:-2] + "9\n"
    assert refusal(ARCHIVE, 403, bay=Flashed(key=other)) == unsigned
    none = "There is no owner's key, so nothing is taken over Wi-Fi: see docs/update.md."
    assert refusal(ARCHIVE, 409, bay=Flashed(key=None)) == none
    damaged = "The owner's key on the flash is damaged: see docs/update.md."
    assert refusal(ARCHIVE, 409, bay=Flashed(key="baybridge-key rsa 65537 c6")) == damaged
    assert refusal(ARCHIVE, 409, bay=Flashed(key="")) == damaged


def test_archive_when_signed_but_changed_afterwards_then_refused():
    # A table of one's own over somebody else's signature.
    own = manifest(first("0.2.0", "0.3.0")).encode()
    forged = own + ARCHIVE[ARCHIVE.index(b"signed") :]
    assert refusal(forged, 403) == "The archive is not signed with the owner's key."


def test_file_when_it_is_not_the_one_of_the_table_then_refused():
    bad = bytearray(ARCHIVE)
    bad[-1] ^= 1
    assert refusal(bytes(bad), 422) == "www/index.html.gz is damaged in the archive."
    bad = bytearray(ARCHIVE)
    bad[-12] ^= 1
    bay = Flashed()
    assert refusal(bytes(bad), 422, bay=bay) == "baybridge/app.mpy is damaged in the archive."
    assert get(bay.root, "b/manifest.txt") is None
    assert bay.runs() == "a"


def test_file_when_its_name_leads_elsewhere_then_refused_though_signed():
    for path in ("../token.txt", "baybridge/../x", "/main.py", "main.py", "a/manifest.txt"):
        files = ((path, b"evil"),)
        raw = archive(None, files)
        assert refusal(raw, 422) == "The archive has a file where none belongs.", path
    assert get("build/rehearse/firmware/flash", "main.py") is None


def test_archive_when_its_length_is_not_the_one_sent_then_refused():
    whole = len(ARCHIVE)
    assert refusal(ARCHIVE + b"x", 422) == (
        "The archive should have %d bytes, and %d are sent." % (whole, whole + 1)
    )
    assert refusal(ARCHIVE[:-1], 422) == (
        "The archive should have %d bytes, and %d are sent." % (whole, whole - 1)
    )
    assert refusal(b"", 422) == "There is no archive in the request."
    too_long = "The body is longer than 1048576 bytes."
    assert refusal(b"", 413, length=1048577) == too_long


def test_archive_when_it_is_something_else_then_refused():
    no_archive = "This is no update archive of Bay Bridge."
    assert refusal(b"\x7fELF" + bytes(3000), 422) == no_archive
    assert refusal(b"PK\x03\x04\n" + bytes(100), 422) == no_archive
    assert refusal(b"{}\n", 422) == no_archive


def test_head_when_cut_at_any_byte_then_the_old_version_and_the_next_update_is_taken():
    bay = Flashed()
    whole = len(ARCHIVE)

    async def play(bay):
        before = bay.kept()
        for n in range(whole):
            await bay.cut(ARCHIVE, n)
            assert not bay.app.bridge.firmware().is_busy, n
            assert bay.kept() == before
            assert bay.runs() == "a", n
        # As long as that, but nobody says there will be more: a sentence for each.
        for n in range(1, whole - 12, 7):
            line, _, body = await bay.send(ARCHIVE[:n])
            assert line == "HTTP/1.1 422 Unprocessable Content", (n, body)
            assert json.loads(body)["detail"] == "The archive ends within its table."
        assert bay.restarts() == []
        assert (await bay.send(ARCHIVE))[0] == "HTTP/1.1 202 Accepted"

    run_with(bay, play)
    assert bay.runs() == "b"


def test_update_when_another_is_on_its_way_then_refused_and_the_first_goes_on():
    bay = Flashed()
    # Virtual time leaps while real sockets do their work.
    bay.app.guard.stall_ms = 1000000

    async def play(bay):
        reader, writer = await connect(bay.port, bay.head(ARCHIVE) + ARCHIVE[:-2])
        await bay.clock.sleep_ms(10)
        assert bay.app.bridge.firmware().is_busy
        bay.app.guard.stall_ms = 5000
        line, headers, body = await bay.send(ARCHIVE)
        assert line == "HTTP/1.1 503 Service Unavailable"
        assert headers["retry-after"] == "10"
        assert json.loads(body)["detail"] == "Another update is being received."
        # What else is asked is answered meanwhile.
        body = (await bay.state())[2]
        assert json.loads(body)["updating"] is True
        writer.write(ARCHIVE[-2:])
        await writer.drain()
        assert (await reader.read(-1)).startswith(b"HTTP/1.1 202 Accepted\r\n")
        await hang_up(writer)

    run_with(bay, play)
    assert bay.runs() == "b"


def test_update_when_bytes_trickle_then_it_lives_and_when_they_stop_it_ends():
    bay = Flashed()

    async def play(bay):
        reader, writer = await connect(bay.port, bay.head(ARCHIVE))
        at = 0
        # Longer than any other request may take.
        for _ in range(10):
            writer.write(ARCHIVE[at : at + 50])
            at += 50
            await writer.drain()
            await bay.clock.sleep_ms(4000)
        await bay.clock.sleep_ms(6000)
        answer = await reader.read(-1)
        assert answer.startswith(b"HTTP/1.1 408 Request Timeout\r\n"), answer
        assert not bay.app.bridge.firmware().is_busy
        await hang_up(writer)
        assert (await bay.send(ARCHIVE))[0] == "HTTP/1.1 202 Accepted"

    run_with(bay, play)


def test_client_when_it_waits_to_be_asked_then_asked_after_what_can_be_refused_was():
    bay = Flashed()
    wait = "Expect: 100-continue\r\n"

    async def play(bay):
        reader, writer = await connect(bay.port, bay.head(ARCHIVE, fields=wait))
        assert (await reader.read(len(NEXT))).decode() == NEXT
        writer.write(ARCHIVE)
        await writer.drain()
        assert (await reader.read(-1)).startswith(b"HTTP/1.1 202 Accepted\r\n")
        await hang_up(writer)

    run_with(bay, play)

    async def wrong(bay):
        head = bay.head(ARCHIVE, token="wrong", fields=wait)
        assert (await exchange(bay.port, head)).startswith(b"HTTP/1.1 403 Forbidden\r\n")
        head = bay.head(ARCHIVE, token=None)
        # Sent in one go: the answer comes nevertheless, and not a reset in its place.
        answer = await exchange(bay.port, head + ARCHIVE + bytes(200000))
        assert answer.startswith(b"HTTP/1.1 401 Unauthorized\r\n")

    run_with(Flashed(), wrong)


def test_flash_when_it_fails_then_a_sentence_and_the_old_version():
    bay = Flashed()

    def fail(slot, path):
        raise OSError(28)

    bay.app.bridge.firmware()._places.create = fail
    sentence = refusal(ARCHIVE, 503, bay=bay)
    assert sentence.startswith("The flash failed, so the version that runs stays (")
    assert bay.runs() == "a"


def test_bridge_when_main_did_not_start_it_then_refused():
    bay = Flashed(is_started=False)
    assert refusal(ARCHIVE, 409, bay=bay) == (
        "This bridge was not started by main.py, so it cannot be updated."
    )


def answer_of(bay):
    found = []

    async def play(bay):
        line, _, body = await bay.state()
        assert line == "HTTP/1.1 200 OK", body
        found.append(json.loads(body))

    run_with(bay, play)
    return found[0]


def test_state_when_asked_then_what_runs_and_what_else_there_is():
    assert answer_of(Flashed()) == {
        "version": "0.1.0",
        "slot": "a",
        "trial": None,
        "failed": None,
        "other": None,
        "key_set": True,
        "updating": False,
    }
    there = answer_of(Flashed(line=B_ON_TRIAL, slot="b"))
    assert there["trial"] == {"slot": "b", "tried": 0, "tries": 3}
    assert (there["slot"], there["other"]) == ("b", {"slot": "a", "version": "0.1.0"})
    back = Flashed(line="run=a try=- tried=0 failed=b why=crashed crc=a2d2629a\n", key=None)
    there = answer_of(back)
    assert (there["failed"], there["key_set"]) == ({"slot": "b", "why": "crashed"}, False)
    assert answer_of(Flashed(key="x"))["key_set"] is False
    there = answer_of(Flashed(is_started=False))
    assert (there["slot"], there["other"], there["trial"]) == (None, None, None)


def test_key_when_none_is_set_then_taken_once():
    bay = Flashed(key=None, line=A_RUNS)

    async def play(bay):
        line, _, body = await bay.key("rubbish")
        assert line == "HTTP/1.1 422 Unprocessable Content"
        assert json.loads(body)["detail"] == (
            "This is no key: it has to be one line 'baybridge-key rsa 65537 <modulus>'."
        )
        assert (await bay.key(b"\xff"))[0] == "HTTP/1.1 422 Unprocessable Content"
        assert (await bay.key("x" * 1101))[0] == "HTTP/1.1 413 Content Too Large"
        assert get(bay.root, "update_key.txt") is None
        line, _, body = await bay.key(KEY_TEXT)
        assert (line, body) == ("HTTP/1.1 200 OK", b'{"key_set":true}')
        assert get(bay.root, "update_key.txt") == KEY_TEXT
        line, _, body = await bay.key(KEY_TEXT)
        assert line == "HTTP/1.1 409 Conflict"
        assert json.loads(body)["detail"] == (
            "A key is set already. Another one takes a cable: see docs/update.md."
        )
        assert (await bay.send(ARCHIVE))[0] == "HTTP/1.1 202 Accepted"

    run_with(bay, play)


def test_archive_when_only_its_signature_line_is_missing_then_refused():
    raw = manifest().encode() + b"one morepage" + bytes(600) + b"\n"
    assert refusal(raw, 422) == "The archive is not signed."
    assert signed(manifest()) + FILES[0][1] + FILES[1][1] == ARCHIVE
