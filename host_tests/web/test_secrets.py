"""Secrets are in no answer, whatever is asked and whatever went wrong before."""

import asyncio
import json

# First, though it comes last in the alphabet: imported through the rig it would nest too deep
# for MicroPython's stack.
import host_tests.fakes.world  # noqa: F401, I001
from host_tests.fakes.job import stop
from host_tests.web.loopback import connect, exchange, hang_up, parts
from host_tests.web.whole_rig import READ_TOKEN, TOKEN, WIFI_PASSWORD, Whole

FOLDER = "build/rehearse/secrets"
NEW_TOKEN = "Zu-setzen-91ab3344"


def secrets_of(bay):
    found = [TOKEN, WIFI_PASSWORD, bay.app.access_password, NEW_TOKEN]
    assert min([len(secret) for secret in found]) >= 10
    return found + [READ_TOKEN]


def get_routes(bay):
    """Return an address of each GET route, those of the card and the network among them."""
    paths = []
    for methods, pattern, *_ in bay.app.guard.app.url_map:
        if "GET" in methods:
            path = pattern.url_pattern.replace("<id>", "house1")
            paths.append(path.replace("<name>", "house1_2026-11-22.csv"))
    assert "/api/v1/config" in paths and "/api/v1/diagnostics" in paths
    return sorted(paths)


async def fetch(bay, start, fields="", body=b""):
    """Return a whole answer; of one that does not end, its first two seconds."""
    text = "%s HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n%s" % (start, fields)
    if body:
        text += "Content-Type: application/json\r\nContent-Length: %d\r\n" % len(body)
    raw = text.encode() + b"\r\n" + body
    if "/events" not in start:
        return await exchange(bay.port, raw)
    reader, writer = await connect(bay.port, raw)
    got = []

    async def read():
        piece = await reader.read(4096)
        while piece:
            got.append(piece)
            piece = await reader.read(4096)

    reading = asyncio.create_task(read())
    await bay.clock.sleep_ms(2000)
    await stop(reading)
    await hang_up(writer)
    return b"".join(got)


def bearer(token):
    return "Authorization: Bearer %s\r\n" % token


async def go_wrong(bay):
    """Send what may leave a secret in an error that is shown later."""
    answers = []
    config = '{"http":{"token":"%s","read_token":"short"},"wifi":{"password":7}}' % NEW_TOKEN
    for start, token, body in (
        ("PUT /api/v1/config", TOKEN, config),
        ("PUT /api/v1/config", TOKEN, '{"http":{"token":"%s' % NEW_TOKEN),
        ("PUT /api/v1/config", NEW_TOKEN, config),
        ("PUT /api/v1/wifi", TOKEN, '{"ssid":"boat","password":"%s","x":1}' % NEW_TOKEN),
        ("PUT /api/v1/wifi", TOKEN, '{"ssid":"not there","password":"%s"}' % NEW_TOKEN),
        ("POST /api/v1/time", TOKEN, '{"time":"2026"}'),
        ("POST /api/v1/time", WIFI_PASSWORD, '{"time":"2026-11-22T15:30:00Z"}'),
        ("GET /api/v1/config?secrets=true", READ_TOKEN, ""),
        ("GET /api/v1/logs/..%2ftoken.txt", TOKEN, ""),
        ("GET /api/v1/logs/token.txt", TOKEN, ""),
        ("GET /config.json", TOKEN, ""),
        ("GET /token.txt", TOKEN, ""),
        ("GET /access.txt", TOKEN, ""),
    ):
        answer = await fetch(bay, start, bearer(token), body.encode())
        status = parts(answer)[0].split(" ")[1]
        assert status[0] == "4" or status == "202", (start, status)
        answers.append((start, answer))
    # The network that is not there is looked for.
    await bay.clock.sleep_ms(90000)
    return answers


def check(bay, answers):
    for start, answer in answers:
        for secret in secrets_of(bay):
            assert secret.encode() not in answer, (start, secret)


def test_secrets_when_every_route_is_asked_then_in_no_answer():
    async def play(bay):
        answers = await go_wrong(bay)
        for path in get_routes(bay):
            for fields in ("", bearer(TOKEN), bearer("guess")):
                answer = await fetch(bay, "GET " + path, fields)
                assert answer.startswith(b"HTTP/1.1 "), path
                answers.append((path, answer))
        assert len(answers) > 40
        check(bay, answers)
        # They are there, and found by this way of looking, where the owner asks for them.
        _, _, body = parts(await fetch(bay, "GET /api/v1/config?secrets=true", bearer(TOKEN)))
        shown = json.loads(body)
        assert shown["http"]["token"] == TOKEN
        assert shown["wifi"]["password"] == WIFI_PASSWORD

    Whole(FOLDER).run(play)


def test_secrets_when_reading_needs_a_token_then_nothing_at_all_without_it():
    async def play(bay):
        for path in get_routes(bay):
            for fields in ("", bearer("guess")):
                line, headers, body = parts(await fetch(bay, "GET " + path, fields))
                if path == "/":
                    assert line == "HTTP/1.1 200 OK", path
                else:
                    assert line.split(" ")[1] in ("401", "429"), (path, line)
                    assert b"house1" not in body.replace(path.encode(), b""), path
        await bay.clock.sleep_ms(61000)
        answers = []
        for path in get_routes(bay):
            answers.append((path, await fetch(bay, "GET " + path, bearer(READ_TOKEN))))
            assert answers[-1][1].startswith(b"HTTP/1.1 "), path
        check(bay, answers)
        line, _, _ = parts(await fetch(bay, "GET /api/v1/config?secrets=true", bearer(READ_TOKEN)))
        assert line == "HTTP/1.1 403 Forbidden"

    Whole(FOLDER + "2", is_read_open=False).run(play)


def test_secrets_when_the_files_on_the_card_are_read_then_in_none():
    async def play(bay):
        await go_wrong(bay)
        _, _, body = parts(await fetch(bay, "GET /api/v1/logs"))
        names = [one["name"] for one in json.loads(body)["logs"]]
        assert names
        for name in names:
            check(bay, [(name, await fetch(bay, "GET /api/v1/logs/" + name))])

    Whole(FOLDER + "3").run(play)
