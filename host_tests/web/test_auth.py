"""Tokens, guesses and foreign pages: what a change needs, and how long guessing would take."""

from baybridge.web.auth import Gate
from host_tests.fakes.clock import FakeClock
from host_tests.web.loopback import Bridge, exchange, parts, serve_while

BODY = b'{"minutes":5}'
WRONG = "The token is not the one in the configuration."


def change(fields, bridge):
    """POST a change with further header fields; return the parts of the answer."""
    got = []

    async def scenario(guard, clock, port):
        head = (
            "POST /api/v1/batteries/house1/fast HTTP/1.1\r\nHost: bay:8080\r\n"
            "Content-Type: application/json\r\nContent-Length: 13\r\n%s\r\n" % fields
        )
        got.append(parts(await exchange(port, head.encode() + BODY)))

    serve_while(scenario, bridge)
    return got[0]


def with_tokens(token="change-it", read_token=None):
    bridge = Bridge()
    bridge.token = token
    bridge.read_token = read_token
    return bridge


def test_change_when_no_token_is_given_then_401_with_a_challenge():
    for fields in (
        "",
        "Authorization: Basic Y2hhbmdlLWl0\r\n",
        "Authorization: change-it\r\n",
        # What a script sends whose $TOKEN is not set.
        "Authorization: Bearer \r\n",
        "Authorization: Bearer\r\n",
    ):
        bridge = with_tokens()
        line, headers, body = change(fields, bridge)
        assert line == "HTTP/1.1 401 Unauthorized", fields
        assert headers["www-authenticate"] == 'Bearer realm="Bay Bridge"'
        assert body == (
            b'{"type":"about:blank","title":"Unauthorized","status":401,"detail":"A change needs '
            b"the header 'Authorization: Bearer <token>'.\","
            b'"instance":"/api/v1/batteries/house1/fast"}'
        )
        assert bridge.changes == []


def test_change_when_the_token_is_wrong_then_403():
    for token in ("change-i", "change-itt", "CHANGE-IT", "change-it2", "\xe4nder"):
        bridge = with_tokens()
        line, _, body = change("Authorization: Bearer %s\r\n" % token, bridge)
        assert line == "HTTP/1.1 403 Forbidden", token
        assert WRONG.encode() in body
        assert bridge.changes == []


def test_change_when_no_token_is_configured_then_403_whatever_is_sent():
    for token in (None, ""):
        for fields in ("", "Authorization: Bearer x\r\n", "Authorization: Bearer \r\n"):
            bridge = with_tokens(token)
            line, _, body = change(fields, bridge)
            assert line == "HTTP/1.1 403 Forbidden"
            assert b"No token is set (http.token in the configuration)" in body
            assert bridge.changes == []


def test_change_when_only_the_read_token_is_given_then_403_says_which():
    bridge = with_tokens(read_token="look-at-it")
    line, _, body = change("Authorization: Bearer look-at-it\r\n", bridge)
    assert line == "HTTP/1.1 403 Forbidden"
    assert b"This token is for reading; a change needs http.token." in body
    assert bridge.changes == []


def test_change_when_the_token_is_right_then_done():
    for read_token in (None, "look-at-it"):
        bridge = with_tokens(read_token=read_token)
        line, _, _ = change("authorization: BEARER change-it\r\n", bridge)
        assert line == "HTTP/1.1 200 OK"
        assert bridge.changes == [("fast", "house1", 5)]


def test_origin_when_of_another_site_then_403_even_with_the_token():
    for origin, is_ours in (
        ("http://bay:8080", True),
        ("https://bay:8080", True),
        ("HTTP://BAY:8080", True),
        ("http://bay", False),
        ("http://bay:8080.evil.example", False),
        ("http://evil.example", False),
        ("http://bay:8080/", False),
        ("null", False),
        ("", False),
    ):
        bridge = with_tokens()
        fields = "Authorization: Bearer change-it\r\nOrigin: %s\r\n" % origin
        line, _, body = change(fields, bridge)
        assert line == ("HTTP/1.1 200 OK" if is_ours else "HTTP/1.1 403 Forbidden"), origin
        assert len(bridge.changes) == is_ours
        if not is_ours:
            assert b"A page of another site may not change anything." in body


def test_origin_when_of_another_site_then_a_reading_that_needs_a_token_is_refused_too():
    clock = FakeClock()
    for origin, status_code in (
        (None, 200),
        ("http://bay", 200),
        ("http://evil.example", 403),
        ("null", 403),
    ):
        for read_token in ("look-at-it", None):
            gate = Gate(with_tokens(read_token=read_token), clock)
            request = Request("look-at-it", method="GET")
            if origin is not None:
                request.headers["Origin"] = origin
            answer = gate.refuse(request)
            got = 200 if answer is None else answer.status_code
            assert got == (status_code if read_token else 200), (origin, read_token)
            assert gate.wrong == 0


class Request:
    """As much of a request as the gate looks at."""

    path = "/api/v1/time"

    def __init__(self, token, client="10.0.0.2", method="POST"):
        self.method = method
        self.headers = {"Host": "bay", "Authorization": "Bearer " + token}
        self.client_addr = (client, 50000)


def status(gate, *args):
    answer = gate.refuse(Request(*args))
    return 200 if answer is None else answer.status_code


def after(clock, ms):
    clock.run(clock.sleep_ms(ms))


def test_guesses_when_ten_were_wrong_then_429_for_a_minute_even_for_the_right_one():
    clock = FakeClock()
    gate = Gate(with_tokens(), clock)
    for i in range(10):
        assert status(gate, "guess%d" % i) == 403
        after(clock, 2000)
    answer = gate.refuse(Request("change-it"))
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "58"
    assert b"the next one is looked at in 58 s." in answer.body
    assert (gate.wrong, gate.paused) == (10, 1)
    after(clock, 57900)
    assert status(gate, "change-it") == 429
    after(clock, 100)
    assert status(gate, "change-it") == 200
    assert status(gate, "guess") == 403


def test_guesses_when_of_one_client_then_another_is_not_kept_out():
    gate = Gate(with_tokens(), FakeClock())
    for _ in range(30):
        status(gate, "guess", "10.0.0.66")
    assert status(gate, "change-it", "10.0.0.66") == 429
    assert status(gate, "change-it", "10.0.0.2") == 200
    assert gate.wrong == 10


def test_guesses_when_from_many_addresses_then_together_not_more_than_eight_clients():
    clock = FakeClock()
    gate = Gate(with_tokens(), clock)
    for turn in range(20):
        for i in range(100):
            status(gate, "guess%d" % turn, "10.0.1.%d" % i)
    assert gate.wrong == 80
    # The owner is kept out as well, but not for longer than the attack and a minute.
    assert status(gate, "change-it", "10.0.0.2") == 429
    after(clock, 60000)
    assert status(gate, "change-it", "10.0.0.2") == 200


def test_guesses_when_from_many_addresses_then_who_had_the_token_last_is_not_kept_out():
    clock = FakeClock()
    gate = Gate(with_tokens(read_token="look-at-it"), clock)
    assert status(gate, "change-it", "10.0.0.2", "GET") == 200
    assert status(gate, "change-it", "10.0.0.3") == 200
    for turn in range(20):
        for i in range(100):
            status(gate, "guess%d" % turn, "10.0.1.%d" % i)
    assert gate.wrong == 80
    assert status(gate, "change-it", "10.0.0.3") == 200
    # The one before it has no place of its own any more, nor has one who may only read.
    assert status(gate, "change-it", "10.0.0.2") == 429
    assert status(gate, "look-at-it", "10.0.0.4", "GET") == 429
    # Its own mistakes count as anybody's.
    for _ in range(10):
        assert status(gate, "guess", "10.0.0.3") == 403
    assert status(gate, "change-it", "10.0.0.3") == 429
    after(clock, 60000)
    assert status(gate, "change-it", "10.0.0.3") == 200


def test_guesses_when_the_token_is_empty_then_not_one():
    gate = Gate(with_tokens(), FakeClock())
    for _ in range(30):
        assert status(gate, "") == 401
    assert status(gate, "change-it") == 200
    assert gate.wrong == 0


def test_guesses_at_the_read_token_then_counted_the_same():
    clock = FakeClock()
    gate = Gate(with_tokens(read_token="look-at-it"), clock)
    for _ in range(10):
        assert status(gate, "guess", "10.0.0.2", "GET") == 401
    for method in ("GET", "HEAD", "POST"):
        assert status(gate, "look-at-it", "10.0.0.2", method) == 429
    after(clock, 60000)
    assert status(gate, "look-at-it", "10.0.0.2", "GET") == 200


def test_reading_when_it_is_open_then_a_wrong_token_is_not_looked_at():
    gate = Gate(with_tokens(), FakeClock())
    for _ in range(30):
        assert status(gate, "guess", "10.0.0.2", "GET") == 200
    assert status(gate, "change-it") == 200


def test_a_client_then_known_by_its_host_and_not_its_port():
    gate = Gate(with_tokens(), FakeClock())
    request = Request("guess")
    for i in range(10):
        request.client_addr = ("10.0.0.2", 50000 + i)
        assert gate.refuse(request).status_code == 403
    request.client_addr = ("10.0.0.2", 50100)
    assert gate.refuse(request).status_code == 429
    # What the unix port of MicroPython gives: family, port, host.
    for i in range(10):
        request.client_addr = b"\x02\x00\xc3" + bytes([i]) + b"\x7f\x00\x00\x01" + bytes(8)
        assert gate.refuse(request).status_code == 403
    request.client_addr = b"\x02\x00\xc3\x77\x7f\x00\x00\x01" + bytes(8)
    assert gate.refuse(request).status_code == 429
