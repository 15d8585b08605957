"""What outlives another configuration, and the restart it may need."""

import json

# Here, and first: imported through the rig it would nest too deep for MicroPython's stack.
import host_tests.fakes.world  # noqa: F401
from host_tests.web.config_rig import TAP, TOKEN, Bay, answer, refusal


class Shelf(Bay):
    """A bridge of these tests' own."""

    folder = "build/rehearse/config-kept"


# --- calibrations -----------------------------------------------------------------------------


def tap_of(bay):
    return json.loads(bay.stored())["batteries"][0]["taps"][0]


def test_calibration_when_a_tap_comes_without_it_then_kept():
    async def play(bay):
        before = tap_of(bay)
        given = '{"batteries": [{"id": "house1", "name": "Other", "taps": [%s]}]}' % (TAP % "")
        got = answer(await bay.put(given))
        assert tap_of(bay) == before
        assert "batteries[0].taps" not in got["restart_needed"]
        assert got["warnings"] == []

    Shelf().run(play)


def test_calibration_when_made_after_the_page_was_read_then_kept_and_said():
    stale = ', "gain": 1.2, "calibrated_time": "2026-11-22T15:29:59Z"'
    untimed = ', "gain": 1.002'
    newer = ', "gain": 1.005, "calibrated_time": "2026-11-22T15:30:01Z"'
    by_hand = ', "gain": 1.004'

    async def play(bay):
        before = tap_of(bay)
        for text, is_kept in ((stale, True), (untimed, True), (newer, False), (by_hand, False)):
            bay.world.files.write_atomic("config.json", bay.text)
            got = answer(
                await bay.put('{"batteries": [{"id": "house1", "taps": [%s]}]}' % (TAP % text))
            )
            assert (tap_of(bay) == before) is is_kept, text
            assert ("batteries[0].taps" in got["restart_needed"]) is not is_kept
            message = (
                "the calibration of 2026-11-22T15:30:00Z is newer than the one given, and stays"
            )
            assert got["warnings"] == (
                [{"place": "batteries[0].taps[0]", "message": message}] if is_kept else []
            )

    Shelf().run(play)


def test_calibration_when_the_divider_is_another_then_dropped_and_said():
    def change(given):
        given["batteries"][0]["taps"][0]["top_ohm"] = 110000

    async def play(bay):
        got = answer(await bay.change(change))
        assert got["restart_needed"] == ["batteries[0].taps"]
        assert got["warnings"] == [
            {
                "place": "batteries[0].taps[0]",
                "message": "was calibrated as 32:103000/100000, which is another divider than "
                "32:110000/100000; counts as not calibrated, so calibrate it anew",
            }
        ]
        assert tap_of(bay) == {"pin": 32, "top_ohm": 110000, "bottom_ohm": 100000}

    Shelf().run(play)


def test_calibration_when_a_tap_without_one_has_another_divider_then_none():
    async def play(bay):
        tap = (TAP % "").replace("103000", "110000")
        got = answer(await bay.put('{"batteries": [{"id": "house1", "taps": [%s]}]}' % tap))
        assert got["warnings"] == []
        assert tap_of(bay) == {"pin": 32, "top_ohm": 110000, "bottom_ohm": 100000}

    Shelf().run(play)


def test_calibration_when_taken_back_by_hand_then_gone():
    async def play(bay):
        text = bay.text.replace('"previous_gain": 1.002', '"previous_gain": 1')
        bay.world.files.write_atomic("config.json", text)
        tap = TAP % ', "gain": 1'
        got = answer(await bay.put('{"batteries": [{"id": "house1", "taps": [%s]}]}' % tap))
        assert got["warnings"] == []
        assert tap_of(bay) == {"pin": 32, "top_ohm": 103000, "bottom_ohm": 100000}

    Shelf().run(play)


def test_calibration_when_like_the_one_before_it_then_nothing_to_say():
    again = ', "gain": 1.01, "offset_mv": 2, "previous_gain": 1.01, "previous_offset_mv": 2'

    async def play(bay):
        given = '{"batteries": [{"id": "house1", "taps": [%s]}]}' % (TAP % again)
        bay.world.files.write_atomic("config.json", given[:-1] + ', "end": 1}')
        assert answer(await bay.put(given))["warnings"] == []

    Shelf().run(play)


def test_warning_when_a_pin_is_noisy_then_stored_all_the_same():
    async def play(bay):
        tap = (TAP % "").replace("32", "36")
        got = answer(await bay.put('{"batteries": [{"id": "house1", "taps": [%s]}]}' % tap))
        assert got["warnings"] == [
            {
                "place": "batteries[0].taps[0].pin",
                "message": "36 is a noisy pin of the ESP32; better 32 or 33 or 34 or 35",
            }
        ]
        assert tap_of(bay)["pin"] == 36

    Shelf().run(play)


# --- restart ----------------------------------------------------------------------------------


def test_restart_then_202_and_within_two_seconds_with_counters_and_reason():
    async def play(bay):
        saves = []
        # Just before the bridge looks whether it has to.
        await bay.clock.sleep_ms(1850)
        bay.app.keeper.save = lambda: saves.append(bay.world.board.resets[:])
        line, headers, body = await bay.put("{}", method="POST", path="/api/v1/restart")
        assert line.startswith("HTTP/1.1 202 ")
        assert body == b'{"restarting":true}'
        assert bay.world.board.resets == []
        await bay.clock.sleep_ms(400)
        assert bay.world.board.resets == [], "the answer goes first"
        await bay.clock.sleep_ms(1600)
        assert bay.world.board.resets == ["asked for over HTTP"]
        assert saves == [[]]

    Shelf().run(play)


def test_restart_when_not_asked_rightly_then_none():
    async def play(bay):
        for body, token, status in (
            ("{}", None, 401),
            ("{}", "guess-it!", 403),
            ("", TOKEN, 400),
            ("[]", TOKEN, 422),
            ('{"now": true}', TOKEN, 422),
            ("{", TOKEN, 400),
        ):
            got = await bay.put(body, token, "POST", "/api/v1/restart")
            assert refusal(got)["status"] == status, body
        assert refusal(got)["detail"] == "The body is not JSON."
        await bay.clock.sleep_ms(3000)
        assert bay.world.board.resets == []

    Shelf().run(play)
