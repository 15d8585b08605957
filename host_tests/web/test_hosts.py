"""The names a request may come for: literal Host fields, and answers to other sites' pages."""

from baybridge.web.hosts import is_ours
from host_tests.web.loopback import BATTERIES, Bridge, exchange, parts, serve_while

REFUSED = (
    b'{"type":"about:blank","title":"Misdirected Request","status":421,"detail":"This bridge does '
    b"not go by the name it was asked for. Its IP address always works, and these names: bay, "
    b'bay.local (or .lan, .home, .internal, .fritz.box), localhost.","instance":"%s"}'
)


def ask(raw, bridge=None):
    got = []

    async def scenario(guard, clock, port):
        got.append(parts(await exchange(port, raw)))

    serve_while(scenario, bridge)
    return got[0]


def test_host_when_an_address_or_a_name_of_ours_then_it_is():
    for field in (
        "192.168.4.1",
        "192.168.4.1:8080",
        "127.0.0.1",
        "10.0.0.255:80",
        "[::1]",
        "[::1]:8080",
        "[fe80::1234:ABCD]",
        "[::ffff:10.0.0.2]:80",
        "localhost",
        "LOCALHOST:8080",
        "bay",
        "Bay:80",
        "bay.local",
        "bay.local.",
        "BAY.Local:8080",
        "bay.lan",
        "bay.home",
        "bay.home.arpa",
        "bay.internal",
        "bay.fritz.box:80",
        "bay:",
        "bay.",
    ):
        assert is_ours(field, "bay"), field


def test_host_when_of_somebody_else_then_it_is_not():
    for field in (
        "",
        ":80",
        ".",
        "evil.example",
        "bay.evil.example",
        "bay.local.evil.example",
        "evil.local",
        "evilbay",
        "evilbay.local",
        "bay.localx",
        "bay.xlocal",
        "bay..",
        "bay.arpa",
        "bay.box",
        "bay..local",
        "bay.home arpa",
        "bay.local lan",
        "bay.local:80:80",
        "bay:80x",
        "localhost.evil.example",
        "localhost.localdomain",
        "192.168.4.1.evil.example",
        "192.168.4",
        "192.168.4.256",
        "192.168.4.1.5",
        "192.168.4.1 ",
        "1.2.3.4:5:6",
        "0x7f.0.0.1",
        "[",
        "[]",
        "[evil.example]",
        "[::1",
        "[::1]x",
        "[::1].evil.example",
        "[::1]:x",
        "::1",
        "user@bay",
        "bay, evil.example",
        "bay/",
        "b\xe4y",
    ):
        assert not is_ours(field, "bay"), field


def test_request_when_for_another_name_then_421_whatever_it_asks_for():
    for start, path in (
        ("GET /api/v1/batteries", b"/api/v1/batteries"),
        ("GET /", b"/"),
        ("GET /nothing", b"/nothing"),
        ("DELETE /api/v1/batteries", b"/api/v1/batteries"),
        ("POST /api/v1/time", b"/api/v1/time"),
        ("GET /healthz", b"/healthz"),
        ("OPTIONS /api/v1/time", b"/api/v1/time"),
        ("OPTIONS /nothing", b"/nothing"),
    ):
        raw = "%s HTTP/1.1\r\nHost: bay.evil.example\r\n\r\n" % start
        line, headers, body = ask(raw.encode())
        assert line == "HTTP/1.1 421 Misdirected Request", start
        assert headers["content-type"] == "application/problem+json"
        assert body == REFUSED % path


def test_request_when_for_another_name_then_refused_before_its_token_is_looked_at():
    bridge = Bridge()
    bridge.token = "change-it"
    bridge.read_token = "look-at-it"
    for token in ("change-it", "look-at-it", "guess"):
        raw = "POST /api/v1/batteries/house1/fast HTTP/1.1\r\nHost: evil.example\r\n"
        raw += "Authorization: Bearer %s\r\nContent-Type: application/json\r\n" % token
        raw += "Content-Length: 13\r\n\r\n"
        line, _, _ = ask(raw.encode() + b'{"minutes":5}', bridge)
        assert line == "HTTP/1.1 421 Misdirected Request"
    assert bridge.changes == []


def test_request_when_for_the_bridge_then_answered():
    for field in ("bay", "bay.local:8080", "192.168.4.1", "[fe80::1]:8080", "localhost"):
        raw = "GET /api/v1/batteries HTTP/1.1\r\nHost: %s\r\n\r\n" % field
        line, _, body = ask(raw.encode())
        assert (line, body) == ("HTTP/1.1 200 OK", BATTERIES), field


def test_request_when_http_1_0_names_no_host_then_answered():
    line, _, body = ask(b"GET /api/v1/batteries HTTP/1.0\r\n\r\n")
    assert (line, body) == ("HTTP/1.1 200 OK", BATTERIES)
    line, _, _ = ask(b"GET /api/v1/batteries HTTP/1.0\r\nHost: evil.example\r\n\r\n")
    assert line == "HTTP/1.1 421 Misdirected Request"


def test_request_when_the_access_point_is_off_then_no_name_is_led_anywhere():
    class Network:
        is_access_on = False

    bridge = Bridge()
    bridge.network = Network()
    line, headers, _ = ask(b"GET / HTTP/1.1\r\nHost: captive.example\r\n\r\n", bridge)
    assert line == "HTTP/1.1 421 Misdirected Request"
    assert "location" not in headers


def test_headers_when_the_guard_refuses_by_itself_then_the_same_as_of_any_answer():
    # parts() looks for them in each.
    for raw in (
        b"BREW / HTTP/1.1\r\nHost: bay\r\n\r\n",
        b"GET / HTTP/2.0\r\n\r\n",
        b"HEAD /nothing HTTP/1.1\r\nHost: bay\r\n\r\n",
        b"OPTIONS / HTTP/1.1\r\nHost: bay\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
    ):
        line, headers, _ = ask(raw)
        assert headers["connection"] == "close", line
