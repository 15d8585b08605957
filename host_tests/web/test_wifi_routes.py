"""The addresses of Wi-Fi and the way of a phone to the page, with a network of literal values."""

import json

from host_tests.web.loopback import Bridge, exchange, get, parts, serve_while

NETWORKS = [("boat", -61, "wpa2", 6), ('"Café"', -80, "open", 1)]


class AccessPoint:
    ssid = "baybridge-0001"

    def ip(self):
        return "192.168.4.1"


class Part:
    """A WifiKeeper and its Wifi, an AccessKeeper: what they have in common is not asked for."""

    def __init__(self):
        self.state = "off"
        self.ssid = ""
        self.is_configured = False
        self.why_fixed = None
        self.last_error = None
        self.clients = 1
        self.wifi = self
        self.access_point = AccessPoint()


class Network:
    """Stands in for tasks.network.Network."""

    def __init__(self, is_access_on=True):
        self.keeper = Part()
        self.access = self.keeper
        self.is_access_on = is_access_on
        self.trial = None
        self.joins = []
        self.failure = None

    def networks(self):
        if self.failure:
            raise self.failure
        return NETWORKS

    def join(self, ssid, password):
        if self.failure:
            raise self.failure
        self.joins.append((ssid, password))


def bridge_with(network):
    bridge = Bridge()
    bridge.name = "baybridge"
    bridge.token = "the-token"
    bridge.network = network
    return bridge


def ask(requests, network):
    """Return the parts of the answer to each request (first line, headers, body)."""
    answers = []

    async def scenario(guard, clock, port):
        for line, fields, body in requests:
            text = "%s HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n" % (line, fields, len(body))
            answers.append(parts(await exchange(port, text.encode() + body)))

    serve_while(scenario, bridge_with(network))
    return answers


def put(body, network, token="the-token"):
    fields = "Host: baybridge\r\nContent-Type: application/json\r\nAuthorization: Bearer %s\r\n"
    [answer] = ask([("PUT /api/v1/wifi", fields % token, body)], network)
    return answer


def test_wifi_when_asked_without_a_token_then_how_the_bridge_is_reached():
    network = Network()
    [(status, headers, body)] = ask([("GET /api/v1/wifi", "Host: baybridge\r\n", b"")], network)
    assert status == "HTTP/1.1 200 OK"
    assert headers["cache-control"] == "no-store"
    assert body == (
        b'{"mode":"access_point","station":{"state":"off","ssid":null,"ip":null,"rssi_dbm":null,'
        b'"last_error":null},"access_point":{"ssid":"baybridge-0001","ip":"192.168.4.1",'
        b'"clients":1},"test":null}'
    )


def test_networks_when_heard_then_listed_and_else_a_503():
    network = Network()
    request = ("GET /api/v1/wifi/networks", "Host: 192.168.4.1\r\n", b"")
    [(status, _, body)] = ask([request], network)
    assert json.loads(body) == [
        {"ssid": "boat", "rssi_dbm": -61, "security": "wpa2", "channel": 6},
        {"ssid": '"Café"', "rssi_dbm": -80, "security": "open", "channel": 1},
    ]
    network.failure = OSError("The bridge is joining a network just now and cannot listen.")
    [(status, headers, body)] = ask([request], network)
    assert (status, headers["retry-after"]) == ("HTTP/1.1 503 Service Unavailable", "20")
    assert json.loads(body)["detail"].endswith("just now and cannot listen.")


def test_join_when_right_then_202_and_the_test_begins():
    network = Network()
    status, _, body = put(b'{"ssid":"boat","password":"secret word"}', network)
    assert status == "HTTP/1.1 202 Accepted"
    assert body == b'{"testing":true,"ssid":"boat"}'
    put(b'{"ssid":"boat","password":"%s"}' % (b"0aF" * 21 + b"9"), network)
    put('{"ssid":"\\"Café\\"","password":""}'.encode(), network)
    assert network.joins == [
        ("boat", "secret word"),
        ("boat", "0aF" * 21 + "9"),
        ('"Café"', ""),
    ]


def test_join_when_something_is_wrong_then_its_status_and_nothing_begins():
    cases = (
        (b'{"ssid":"","password":"secret word"}', 422, "ssid: is not 1 to 32 bytes long."),
        (b'{"password":"secret word"}', 422, "ssid: is not a text."),
        (b'{"ssid":"a\\u0000b","password":"secret word"}', 422, "ssid: has characters"),
        (b'{"ssid":"%s","password":"secret word"}' % (b"x" * 33), 422, "ssid: is not 1 to 32"),
        (b'{"ssid":"boat","password":"seven77"}', 422, "password: is not 8 to 63 characters"),
        (b'{"ssid":"boat","password":"%s"}' % (b"x" * 64), 422, "password: is not 8 to 63"),
        (b'{"ssid":"boat","password":12345678}', 422, "password: is not a text."),
        (b'{"ssid":"boat","password":"pass\\u00e9word"}', 422, "password: has characters outside"),
        (b'{"ssid":"boat"}', 422, "password: has to be 8 to 63 characters long; only an open"),
        (b'{"ssid":"boat","password":""}', 422, "password: has to be 8 to 63"),
        ('{"ssid":"\\"Café\\"","password":false}'.encode(), 422, "password: is not a text."),
        ('{"ssid":"\\"Café\\"","password":[]}'.encode(), 422, "password: is not a text."),
        (b'{"ssid":"nowhere","password":null}', 422, "password: has to be 8 to 63"),
        (b'{"ssid":"boat","key":"secret word"}', 422, "key: unknown key; known here: ssid,"),
        (b"[]", 422, "The body has to be an object"),
        (b'{"ssid":', 400, "The body is not JSON."),
    )
    for body, status, sentence in cases:
        network = Network()
        line, headers, answer = put(body, network)
        assert line.startswith("HTTP/1.1 %d " % status), (body, line)
        assert headers["content-type"] == "application/problem+json"
        detail = json.loads(answer)["detail"]
        assert detail.startswith(sentence), (body, detail)
        assert network.joins == []


def test_join_when_it_cannot_be_now_then_409_and_when_the_flash_fails_503():
    network = Network()
    network.failure = ValueError('"boat" is just being tried; wait for its end.')
    line, _, body = put(b'{"ssid":"boat","password":"secret word"}', network)
    assert line == "HTTP/1.1 409 Conflict"
    assert json.loads(body)["detail"] == '"boat" is just being tried; wait for its end.'
    network.failure = OSError("the radio does not listen")
    line, headers, _ = put(b'{"ssid":"boat","password":"secret word"}', network)
    assert (line, headers["retry-after"]) == ("HTTP/1.1 503 Service Unavailable", "20")


def test_join_when_the_network_is_a_computer_s_then_409_also_without_a_password():
    network = Network(is_access_on=False)
    network.keeper.why_fixed = "This bridge runs on a computer."
    network.failure = ValueError("This bridge runs on a computer.")
    line, _, body = put(b'{"ssid":"boat"}', network)
    assert line == "HTTP/1.1 409 Conflict"
    assert json.loads(body)["detail"] == "This bridge runs on a computer."


def test_join_when_without_the_token_then_refused():
    network = Network()
    line, _, _ = put(b'{"ssid":"boat","password":"secret word"}', network, "another-one")
    assert line == "HTTP/1.1 403 Forbidden"
    assert network.joins == []


def test_phone_when_it_looks_for_the_internet_then_led_to_the_page():
    hosts = (
        ("/generate_204", "connectivitycheck.gstatic.com", "http://192.168.4.1/"),
        ("/hotspot-detect.html", "captive.apple.com", "http://192.168.4.1/"),
        ("/connecttest.txt", "www.msftconnecttest.com", "http://192.168.4.1/"),
        ("/", "example.com", "http://192.168.4.1/"),
        ("/api/v1/batteries", "Example.COM:8080", "http://192.168.4.1:8080/"),
        ("/", "example.com:x", "http://192.168.4.1/"),
    )
    for path, host, place in hosts:
        for method in ("GET", "HEAD"):
            line, headers, body = ask(
                [("%s %s" % (method, path), "Host: %s\r\n" % host, b"")], Network()
            )[0]
            assert (line, body) == ("HTTP/1.1 302 Found", b""), (path, line)
            assert headers["location"] == place
            assert headers["cache-control"] == "no-store"


def test_request_when_for_us_then_answered_as_ever():
    for host in ("192.168.4.1", "192.168.1.50:8080", "localhost", "baybridge", "baybridge.local"):
        [(line, _, body)] = ask([("GET /api/v1/batteries", "Host: %s\r\n" % host, b"")], Network())
        assert line == "HTTP/1.1 200 OK", host


def test_change_when_for_another_host_then_not_led_anywhere():
    body = b'{"ssid":"boat","password":"secret word"}'
    fields = "Host: example.com\r\nContent-Type: application/json\r\n"
    network = Network()
    [(line, headers, _)] = ask([("PUT /api/v1/wifi", fields, body)], network)
    assert not line.startswith("HTTP/1.1 30") and "location" not in headers
    assert network.joins == []


def test_request_when_the_access_point_is_off_then_nobody_is_led_anywhere():
    request = ("GET /generate_204", "Host: connectivitycheck.gstatic.com\r\n", b"")
    [(line, headers, _)] = ask([request], Network(is_access_on=False))
    assert not line.startswith("HTTP/1.1 30") and "location" not in headers


def test_wifi_when_the_access_point_is_off_then_null():
    async def scenario(guard, clock, port):
        line, _, body = await get(port, "/api/v1/wifi")
        assert line == "HTTP/1.1 200 OK"
        assert json.loads(body)["access_point"] is None
        assert json.loads(body)["mode"] == "off"

    serve_while(scenario, bridge_with(Network(is_access_on=False)))
