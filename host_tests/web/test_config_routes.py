"""GET and PUT of the configuration: literal files, literal answers."""

import json

# Here, and first: imported through the rig it would nest too deep for MicroPython's stack.
import host_tests.fakes.world  # noqa: F401
from host_tests.web.config_rig import PATH, SECRETS, TAP, TOKEN, Bay, answer, problems, refusal

# --- read -------------------------------------------------------------------------------------


def test_read_when_nobody_has_a_token_then_the_stored_text_without_secrets():
    async def play(bay):
        line, headers, body = await bay.get()
        assert line == "HTTP/1.1 200 OK"
        assert headers["content-length"] == "%d" % len(body)
        expected = bay.text.replace('"change-it"', '"***"').replace('"secret word"', '"***"')
        assert body.decode() == expected
        assert (await bay.get(PATH + "?secrets=false"))[2] == body

    Bay().run(play)


def test_read_when_secrets_are_asked_for_then_only_with_the_token_of_a_change():
    async def play(bay):
        secrets = PATH + "?secrets=true"
        for token, status, detail in (
            (
                None,
                401,
                "Reading secrets needs the header 'Authorization: Bearer <token>'.",
            ),
            ("guess-it!", 401, "The token is not the one in the configuration."),
            ("read-token", 403, "This token is for reading; a change needs http.token."),
        ):
            # With a read token in force the reader's gate comes first.
            if token is None:
                bay.app.bridge.read_token = None
            got = await bay.get(secrets, token)
            bay.app.bridge.read_token = "read-token"
            shown = refusal(got)
            assert (shown["status"], shown["detail"]) == (status, detail)
            for secret in SECRETS:
                assert secret not in got[2]
        line, _, body = await bay.get(secrets, TOKEN)
        assert (line, body.decode()) == ("HTTP/1.1 200 OK", bay.text)
        line, _, body = await bay.get(PATH, "read-token")
        assert line == "HTTP/1.1 200 OK"
        for secret in SECRETS:
            assert secret not in body

    Bay(read_token='"read-token"').run(play)


def test_read_when_secrets_are_guessed_for_then_a_pause():
    async def play(bay):
        secrets = PATH + "?secrets=true"
        for _ in range(10):
            got = await bay.get(secrets, "guess-it!")
            assert refusal(got)["status"] == 403
        line, headers, _ = await bay.get(secrets, TOKEN)
        assert line == "HTTP/1.1 429 Too Many Requests"
        assert headers["retry-after"] == "60"
        # Reading without them goes on.
        assert (await bay.get())[0] == "HTTP/1.1 200 OK"

    Bay().run(play)


def test_read_when_the_question_is_odd_then_400():
    async def play(bay):
        for value in ("1", "yes", "TRUE", ""):
            shown = refusal(await bay.get(PATH + "?secrets=" + value, TOKEN))
            assert (shown["status"], shown["detail"]) == (400, "secrets: has to be true or false.")

    Bay().run(play)


def test_read_when_there_is_no_file_or_a_broken_one_then_what_is_used_instead():
    for text in (None, '{"batteries": [{"id": "house1"'):

        async def play(bay):
            shown = answer(await bay.get())
            assert shown["batteries"] == [
                {
                    "id": "battery1",
                    "name": "Battery 1",
                    "address": None,
                    "address_type": "public",
                    "match": "SOK-",
                    "poll_s": 2,
                    "stale_s": 20,
                    "taps": [],
                }
            ]
            assert shown["http"] == {"port": 80, "read_token": None, "token": None}
            # And it can be mended from afar.
            shown = answer(await bay.put('{"name": "mended"}'))
            assert shown["restart_needed"][0] == "name"
            assert bay.stored().startswith('{\n  "name": "mended",\n')

        Bay(text).run(play)


def test_read_when_two_slow_clients_have_it_then_the_third_waits():
    async def play(bay):
        bay.app.bridge.configs_sent = 2
        line, headers, _ = await bay.get()
        assert line == "HTTP/1.1 503 Service Unavailable"
        assert headers["retry-after"] == "2"
        bay.app.bridge.configs_sent = 0

    Bay().run(play)


# --- change -----------------------------------------------------------------------------------


def test_change_when_nothing_changed_then_nothing_is_written():
    async def play(bay):
        bay.world.files.write_pieces = None  # any write would raise
        got = await bay.change(lambda given: None)
        assert got[2] == b'{"stored":true,"restart_needed":[],"applied":[],"warnings":[]}'
        del bay.world.files.write_pieces
        assert bay.stored() == bay.text

    Bay().run(play)


def test_change_when_right_then_stored_and_in_force_as_far_as_that_goes():
    def change(given):
        given["batteries"][0].update({"name": "Küche", "poll_s": 0.7, "stale_s": 30})
        given["batteries"][0]["match"] = "SOK-AA"
        given["alarms"].update({"cell_ov_mv": 3600, "cell_uv_mv": None})
        given["wifi"]["ssid"] = "marina"
        given["name"] = "bay-2"

    async def play(bay):
        before = bay.battery_text()
        assert b'"name":"House 1"' in before
        got = answer(await bay.change(change))
        assert got == {
            "stored": True,
            "restart_needed": ["name", "batteries[0].match", "wifi.ssid"],
            "applied": [
                "batteries[0].name",
                "batteries[0].poll_s",
                "batteries[0].stale_s",
                "alarms.cell_ov_mv",
                "alarms.cell_uv_mv",
            ],
            "warnings": [],
        }
        text = bay.text.replace('"House 1"', '"Küche"').replace('"poll_s": 2', '"poll_s": 0.7')
        text = text.replace('"stale_s": 20', '"stale_s": 30').replace('"SOK-"', '"SOK-AA"')
        text = text.replace('"cell_ov_mv": null', '"cell_ov_mv": 3600')
        text = text.replace('"cell_uv_mv": 2800', '"cell_uv_mv": null')
        text = text.replace('"boat"', '"marina"').replace('"name": "baybridge"', '"name": "bay-2"')
        assert json.loads(bay.stored()) == json.loads(text)
        assert bay.old() == bay.text
        assert "Küche".encode() in bay.battery_text() or b"K\\u00fcche" in bay.battery_text()
        battery = bay.app.batteries[0]
        assert (battery.stale_s10, battery.counters.max_gap_ms) == (300, 30000)
        assert battery.harness.stale_s10 == 300
        assert bay.app.holders[0]._poll_ms == 700
        # Within a second the alarms go by the new limits; 2500 is what is usual.
        await bay.clock.sleep_ms(2000)
        limits = json.loads(bay.app.bridge.limits_text("house1"))["limits"]
        assert limits["cell_ov_mv"] == {"value": 3600, "source": "config"}
        assert limits["cell_uv_mv"] == {"value": 2500, "source": "default"}
        # What waits is said again, what is in force is not.
        got = answer(await bay.change(lambda given: None))
        assert got["restart_needed"] == ["name", "batteries[0].match", "wifi.ssid"]
        assert got["applied"] == []

    Bay().run(play)


def test_change_when_batteries_come_or_go_then_all_of_them_need_a_restart():
    def adopt(given):
        given["batteries"].append({"id": "start", "address": "02:12:34:00:20:62"})
        given["alarms"]["soc_low_pct"] = 30

    async def play(bay):
        got = answer(await bay.put('{"batteries": [{"id": "other", "name": "Other"}]}'))
        assert (got["restart_needed"], got["applied"]) == (["batteries"], [])
        assert bay.app.batteries[0].name == "House 1"
        bay.world.files.write_atomic("config.json", bay.text)
        got = answer(await bay.change(adopt))
        assert got["restart_needed"] == ["batteries"]
        assert got["applied"] == ["alarms.soc_low_pct"]
        assert bay.app.batteries[0].name == "House 1"
        assert json.loads(bay.stored())["batteries"][1]["name"] == "Battery 2"

    Bay().run(play)


def test_change_when_one_value_is_wrong_then_nothing_at_all():
    def change(given):
        given["batteries"][0]["poll_s"] = 0.1
        given["batteries"][0]["name"] = "Other"
        given["alarms"]["cell_ov_mv"] = 3600
        given["http"]["token"] = "short"
        given["wify"] = {"password": "a slip of the pen"}

    async def play(bay):
        got = await bay.change(change)
        assert problems(got) == [
            ("batteries[0].poll_s", "0.1 is below 0.5"),
            ("http.token", "the value is not 8 to 64 characters long"),
            ("wify", "unknown key"),
        ]
        assert refusal(got)["detail"] == "Nothing was changed: 3 values cannot be used."
        assert refusal(got)["instance"] == PATH
        assert b"slip" not in got[2] and b"short" not in got[2]
        assert bay.stored() == bay.text
        assert bay.old() == "none yet"
        assert bay.app.batteries[0].name == "House 1"
        assert bay.app.config["alarms"]["cell_ov_mv"] is None
        # Each alone, too.
        for body, place, message in (
            ('{"name": "no good name"}', "name", None),
            ('{"name": 5}', "name", "5 is not a text"),
            ('{"batteries": []}', "batteries", "not a list of at least one battery"),
            ('{"batteries": {}}', "batteries", "not a list of at least one battery"),
            ('{"batteries": [5]}', "batteries[0]", "not an object"),
            ('{"batteries": [{}, {}, {}, {}, {}]}', "batteries", "5 are more than 4"),
            ('{"batteries": [{"id": "A"}]}', "batteries[0].id", None),
            ('{"batteries": [{"taps": 5}]}', "batteries[0].taps", "not a list"),
            ('{"batteries": [{"taps": [5]}]}', "batteries[0].taps[0]", None),
            (
                '{"batteries": [{"taps": [%s]}]}' % (TAP % "").replace("32", "25"),
                "batteries[0].taps[0].pin",
                "25 is not on ADC1 of the ESP32; take 32 or 33 or 34 or 35",
            ),
            (
                '{"batteries": [{"taps": [%s]}]}' % (TAP % ', "gain": 2'),
                "batteries[0].taps[0].gain",
                "2 is above 1.2",
            ),
            ('{"alarms": {"cell_ov_mv": "3600"}}', "alarms.cell_ov_mv", '"3600" is not a number'),
            ('{"alarms": []}', "alarms", "not an object"),
            ('{"http": 5}', "http", "not an object"),
            ('{"http": {"port": 65536}}', "http.port", "65536 is above 65535"),
            ('{"card": {"cs": 18}}', "card", "a pin is used twice"),
            ('{"log": {"enabled": 1}}', "log.enabled", "1 is not true or false"),
            ('{"end": 2}', "end", "has to be 1, or left out"),
        ):
            found = problems(await bay.put(body))
            assert [one for one, _ in found] == [place], (body, found)
            assert message is None or found[0][1] == message, (body, found)
            assert bay.stored() == bay.text, body
        shown = refusal(await bay.put('{"http": {"port": 65536}}'))
        assert shown["detail"] == "Nothing was changed: http.port: 65536 is above 65535."
        bodies = ",".join(['"key%02d": 1' % i for i in range(30)])
        got = await bay.put("{%s}" % bodies)
        assert problems(got)[-1] == ("", "and 10 more problems")
        detail = "Nothing was changed: more than 20 values cannot be used."
        assert refusal(got)["detail"] == detail

    Bay().run(play)


def test_change_when_the_body_is_no_object_then_its_status_and_nothing_changed():
    async def play(bay):
        whole = json.dumps(json.loads(bay.text))
        for body, status, detail in (
            ("", 400, 'There is no body; it is an object like {"name": ...}.'),
            ("name=bay", 400, "The body is not JSON."),
            (whole[:-1], 400, "The body is not JSON."),
            (whole + "}", 400, "The body is not JSON."),
            (whole + "," + whole, 400, "The body is not JSON."),
            ('{"http": {"port": 80}', 400, "The body is not JSON."),
            (b'{"name": "\xff"}', 400, "The body is not UTF-8 text."),
            ('{"name": "bay" "led": {}}', 400, "The body is not JSON."),
            (
                '{"alarms": {"cell_ov_mv": 3600, "cell_ov_mv": 3700}}',
                400,
                'The body has the key "cell_ov_mv" twice.',
            ),
            ("[" * 8000, 400, None),
            ("[5]", 422, 'The body has to be an object like {"name": ...}.'),
            ("null", 422, 'The body has to be an object like {"name": ...}.'),
            ('"name"', 422, 'The body has to be an object like {"name": ...}.'),
            ('{"name": "%s"}' % ("x" * 8190), 413, "The body is longer than 8192 bytes."),
        ):
            shown = refusal(await bay.put(body))
            assert shown["status"] == status, (body[:30], shown)
            assert detail is None or shown["detail"] == detail, (body[:30], shown)
            assert bay.stored() == bay.text
        got = await bay.put(whole, kind="text/plain")
        assert got[0] == "HTTP/1.1 415 Unsupported Media Type"
        # As much as there may be at all, and none of it of use.
        found = problems(await bay.put('{"name": "%s"}' % ("x" * 8179)))
        assert found == [("name", '"%s..." is not 1 to 32 characters long' % ("x" * 32))]

    Bay().run(play)


def test_change_when_cut_off_anywhere_then_not_stored():
    async def play(bay):
        # What the whole one would change, half a one must not.
        body = '{"http": {"port": 81}, "wifi": {"ssid": "}"}, "alarms": {}}'
        for n in range(1, len(body)):
            line = (await bay.put(body[:n]))[0]
            assert line == "HTTP/1.1 400 Bad Request", (n, line)
            assert bay.stored() == bay.text, n

    Bay().run(play)


def test_change_when_the_token_is_missing_or_another_then_refused():
    async def play(bay):
        for token, status in ((None, 401), ("guess-it!", 403), ("read-token", 403)):
            assert refusal(await bay.put('{"name": "x"}', token))["status"] == status
        assert bay.stored() == bay.text

    Bay(read_token='"read-token"').run(play)


def test_change_when_secrets_are_hidden_left_out_or_removed():
    async def play(bay):
        for part, token, password in (
            ('"http": {"token": "***"}, "wifi": {"password": "***"}', "change-it", "secret word"),
            ('"http": {"port": 81}, "wifi": {"ssid": "x"}', "change-it", "secret word"),
            ('"log": {}', "change-it", "secret word"),
            ('"http": {"token": "another-one"}', "another-one", "secret word"),
            ('"http": {"token": null}, "wifi": {"password": ""}', None, ""),
        ):
            assert answer(await bay.put("{%s}" % part))["stored"] is True
            stored = json.loads(bay.stored())
            assert stored["http"]["token"] == token, part
            assert stored["wifi"]["password"] == password, part
        # There is none any more that these could stand for.
        assert problems(await bay.put('{"http": {"token": "***"}}')) == [
            ("http.token", "the value stands for a hidden one")
        ]

    Bay().run(play)


def test_change_when_parts_are_left_out_then_those_stay_as_they_are():
    async def play(bay):
        before = json.loads(bay.text)
        answer(await bay.put('{"name": "bay-2", "wifi": null}'))
        before["name"] = "bay-2"
        assert json.loads(bay.stored()) == before
        # Inside a part, the default counts, as in the file.
        answer(await bay.put('{"alarms": {"soc_low_pct": 30}}'))
        alarms = json.loads(bay.stored())["alarms"]
        assert (alarms["soc_low_pct"], alarms["cell_uv_mv"]) == (30, None)

    Bay().run(play)


def test_change_when_the_flash_fails_then_503_and_nothing_in_force():
    def fail(name, text):
        raise OSError(28)

    async def play(bay):
        bay.world.files.write_pieces = fail
        got = refusal(await bay.put('{"alarms": {"cell_ov_mv": 3600}}'))
        assert got["status"] == 503
        assert got["detail"].startswith("The configuration could not be stored, the flash failed ")
        assert bay.app.config["alarms"]["cell_ov_mv"] is None
        del bay.world.files.write_pieces
        assert bay.stored() == bay.text

    Bay().run(play)
