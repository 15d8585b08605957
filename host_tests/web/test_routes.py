"""The routes: literal requests and answers over a real socket."""

from microdot import Microdot, Response

from baybridge.web.auth import is_same_secret
from baybridge.web.problem import phrase
from host_tests.web.loopback import BATTERIES, BATTERY, Bridge, exchange, get, parts, serve_while

NOT_FOUND = (
    b'{"type":"about:blank","title":"Not Found","status":404,'
    b'"detail":"Nothing is at this address; / lists what there is.","instance":"%s"}'
)


def ask(path, fields="", bridge=None, app=None):
    got = []

    async def scenario(guard, clock, port):
        got.append(await get(port, path, fields))

    guard = serve_while(scenario, bridge, app)
    assert guard.served == 1
    return got[0]


def send(raw, app=None, bridge=None):
    got = []

    async def scenario(guard, clock, port):
        got.append(await exchange(port, raw))

    guard = serve_while(scenario, bridge, app)
    return got[0], guard


def test_batteries_then_the_bridge_s_text_uncached():
    line, headers, body = ask("/api/v1/batteries?pretty=%20yes")
    assert line == "HTTP/1.1 200 OK"
    assert headers == {
        "content-type": "application/json",
        "content-length": str(len(BATTERIES)),
        "cache-control": "no-store",
        "connection": "close",
    }
    assert body == BATTERIES


def test_body_when_longer_than_a_write_then_complete():
    for n in (2047, 2048, 2049, 4096, 4097, 30001):
        bridge = Bridge()
        text = bytes(48 + i % 10 for i in range(n))
        bridge.batteries_text = lambda text=text: text
        line, headers, body = ask("/api/v1/batteries", bridge=bridge)
        assert headers["content-length"] == str(n)
        assert body == text, n


def test_battery_when_known_then_its_text():
    line, headers, body = ask("/api/v1/batteries/house1")
    assert (line, body) == ("HTTP/1.1 200 OK", BATTERY)


def test_battery_when_unknown_then_404_names_the_known():
    line, headers, body = ask("/api/v1/batteries/house2")
    assert line == "HTTP/1.1 404 Not Found"
    assert headers["content-type"] == "application/problem+json"
    assert body == (
        b'{"type":"about:blank","title":"Not Found","status":404,"detail":"There is no battery '
        b'of this id. Known: house1, start.","instance":"/api/v1/batteries/house2"}'
    )


def test_battery_when_the_id_is_odd_then_404():
    for id in (
        "..",
        ".",
        "house%31",
        "%2e%2e",
        "..%2f..%2fconfig.json",
        "house1%00",
        "HOUSE1",
        "house1;",
        "'%20or%201=1",
        "%s%n{0}",
        "<script>",
        "house1/",
        "house1/../house1",
        "/house1",
    ):
        line, _, body = ask("/api/v1/batteries/" + id)
        assert line == "HTTP/1.1 404 Not Found", id
        assert b'"status":404' in body


def test_instance_when_it_holds_quotes_then_they_are_escaped():
    line, _, body = ask('/a"b\\c')
    assert line == "HTTP/1.1 404 Not Found"
    assert body == NOT_FOUND % b'/a\\"b\\\\c'


def test_frames_then_all_pieces_in_few_sends_as_plain_text():
    bridge = Bridge()
    line, headers, body = ask("/api/v1/frames", bridge=bridge)
    assert line == "HTTP/1.1 200 OK"
    assert headers["content-type"] == "text/plain; charset=utf-8"
    assert headers["cache-control"] == "no-store"
    assert "content-length" not in headers
    assert body.startswith(b"# name: SOK-AA12345\n> ee00\n> ee01\n")
    assert body.endswith(b"> eec7\n")
    assert len(body) == 20 + 200 * 7
    assert bridge.frames_closed == 1


def test_frames_of_one_battery_then_only_its_own_and_404_for_a_stranger():
    line, headers, body = ask("/api/v1/frames?battery=house1")
    assert (line, body[:15]) == ("HTTP/1.1 200 OK", b"# name: house1\n")
    for id in ("house2", "", "%2e%2e", "HOUSE1"):
        line, headers, body = ask("/api/v1/frames?battery=" + id)
        assert line == "HTTP/1.1 404 Not Found", id
        assert body == (
            b'{"type":"about:blank","title":"Not Found","status":404,"detail":"There is no '
            b'battery of this id. Known: house1, start.","instance":"/api/v1/frames"}'
        )


def test_stream_when_empty_then_an_empty_answer():
    bridge = Bridge()
    bridge.frames_pieces = lambda id: iter(())
    line, _, body = ask("/api/v1/frames", bridge=bridge)
    assert (line, body) == ("HTTP/1.1 200 OK", b"")


def test_diagnostics_then_joined_json():
    line, headers, body = ask("/api/v1/diagnostics")
    assert headers["content-type"] == "application/json"
    assert body == b'{"heap":1}'


def test_health_then_200_or_503():
    bridge = Bridge()
    line, headers, body = ask("/healthz", bridge=bridge)
    assert (line, body) == ("HTTP/1.1 200 OK", b'{"status":"pass"}')
    assert headers["content-type"] == "application/health+json"
    bridge.is_well = False
    line, headers, body = ask("/healthz", bridge=bridge)
    assert (line, body) == ("HTTP/1.1 503 Service Unavailable", b'{"status":"fail"}')


def test_page_then_small_html_that_links_the_routes():
    line, headers, body = ask("/")
    assert line == "HTTP/1.1 200 OK"
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert len(body) < 1100
    for text in (b"not on this bridge", b"href=/api/v1/batteries>", b"href=/healthz>"):
        assert text in body, text


def test_head_then_the_headers_of_get_without_a_body():
    answer, guard = send(b"HEAD /api/v1/batteries HTTP/1.1\r\nHost: bay\r\n\r\n")
    line, headers, body = parts(answer)
    assert line == "HTTP/1.1 200 OK"
    assert headers["content-length"] == str(len(BATTERIES))
    assert body == b""
    bridge = Bridge()
    answer, guard = send(b"HEAD /api/v1/frames HTTP/1.0\r\n\r\n", bridge=bridge)
    assert answer.endswith(b"\r\n\r\n")
    assert guard.failures == 0


def test_unknown_route_then_404():
    for path in (
        "/api",
        "/api/v1/",
        "/../etc/passwd",
        "/api/v1/batteries/",
        "//",
        "/openapi_json",
        "/openapi%2ejson",
    ):
        line, headers, body = ask(path)
        assert line == "HTTP/1.1 404 Not Found", path
        assert body == NOT_FOUND % path.encode()


def test_wrong_method_then_405_with_allow():
    raw = b"POST /api/v1/batteries HTTP/1.1\r\nHost: bay\r\nContent-Length: 2\r\n\r\n{}"
    line, headers, body = parts(send(raw)[0])
    assert line == "HTTP/1.1 405 Method Not Allowed"
    assert headers["allow"] == "GET, HEAD, OPTIONS"
    assert body == (
        b'{"type":"about:blank","title":"Method Not Allowed","status":405,"detail":"POST is not '
        b'possible here, only GET, HEAD, OPTIONS.","instance":"/api/v1/batteries"}'
    )


def test_options_then_what_is_possible_and_no_word_to_other_sites():
    raw = (
        b"OPTIONS /api/v1/config HTTP/1.1\r\nHost: bay\r\nOrigin: http://evil.example\r\n"
        b"Access-Control-Request-Method: PUT\r\n\r\n"
    )
    line, headers, body = parts(send(raw)[0])
    assert (line, body) == ("HTTP/1.1 204 No Content", b"")
    assert headers["allow"] == "GET, PUT, HEAD, OPTIONS"
    assert [name for name in headers if name.startswith("access-control")] == []
    line, _, body = parts(send(b"OPTIONS /nothing HTTP/1.1\r\nHost: bay\r\n\r\n")[0])
    assert line == "HTTP/1.1 404 Not Found"
    assert body == NOT_FOUND % b"/nothing"


def test_handler_when_it_raises_then_500_without_its_words_and_remembered():
    class Broken(Bridge):
        def batteries_text(self):
            raise ValueError("secret of the house")

    answer, guard = send(b"GET /api/v1/batteries HTTP/1.0\r\n\r\n", bridge=Broken())
    line, headers, body = parts(answer)
    assert line == "HTTP/1.1 500 Internal Server Error"
    assert body == (
        b'{"type":"about:blank","title":"Internal Server Error","status":500,"detail":"The bridge '
        b'failed to answer; its diagnostics say why.","instance":"/api/v1/batteries"}'
    )
    assert guard.failures == 1
    assert guard.last_error.startswith("/api/v1/batteries failed: ValueError('secret of the h")


def test_stream_when_it_raises_before_anything_was_sent_then_500():
    class Broken(Bridge):
        def diagnostics_pieces(self):
            yield '{"heap":'
            raise ValueError("no")

    answer, guard = send(b"GET /api/v1/diagnostics HTTP/1.0\r\n\r\n", bridge=Broken())
    assert answer.startswith(b"HTTP/1.1 500 ")
    assert b"heap" not in answer
    assert (guard.failures, guard.served) == (1, 0)


def test_reading_when_a_read_token_is_set_then_only_with_a_token():
    bridge = Bridge()
    bridge.read_token = "look"
    bridge.token = "change"
    for path in ("/api/v1/batteries", "/api/v1/batteries/house1", "/api/v1/frames", "/healthz"):
        line, headers, body = ask(path, bridge=bridge)
        assert line == "HTTP/1.1 401 Unauthorized"
        assert headers["www-authenticate"] == 'Bearer realm="Bay Bridge"'
        assert headers["content-type"] == "application/problem+json"
        for given in ("look", "change"):
            line, _, _ = ask(path, "Authorization: bearer %s\r\n" % given, bridge)
            assert line == "HTTP/1.1 200 OK"
    for fields in ("Bearer", "Bearer ", "Bearer loo", "Bearer looklook", "Basic look", "look"):
        line, headers, _ = ask("/api/v1/frames", "authorization: %s\r\n" % fields, bridge)
        assert line == "HTTP/1.1 401 Unauthorized", fields
    assert ask("/", bridge=bridge)[0] == "HTTP/1.1 200 OK"


def test_wrong_token_then_the_challenge_says_so():
    bridge = Bridge()
    bridge.read_token = "look"
    line, headers, body = ask("/api/v1/frames", "Authorization: Bearer x\r\n", bridge)
    assert headers["www-authenticate"] == 'Bearer realm="Bay Bridge", error="invalid_token"'
    assert b"The token is not the one in the configuration." in body


def test_phrase_then_the_one_of_rfc_9110():
    assert phrase(200) == "OK"
    assert phrase(404) == "Not Found"
    assert phrase(431) == "Request Header Fields Too Large"
    assert phrase(505) == "HTTP Version Not Supported"
    assert phrase(299) == "Status"
    assert phrase(20) == "Status"


def test_secret_when_empty_or_a_part_then_not_the_same():
    assert is_same_secret("abc", "abc")
    for given, secret in (("", ""), ("a", ""), ("", "a"), ("ab", "abc"), ("abcabc", "abc")):
        assert not is_same_secret(given, secret), (given, secret)


def test_header_when_its_value_breaks_the_line_then_500_and_nothing_of_it():
    for value in ("a\r\nSet-Cookie: b", "a\nb", "a\rb", "a\r\n\r\n<html>"):
        app = Microdot()

        @app.get("/")
        async def echo(request, value=value):
            return Response(b"x", 200, {"X-Echo": value})

        answer, guard = send(b"GET / HTTP/1.0\r\n\r\n", app)
        assert answer.startswith(b"HTTP/1.1 500 "), value
        assert b"X-Echo" not in answer
        assert b"Cookie" not in answer
        assert guard.failures == 1


def test_request_when_it_comes_in_pieces_then_the_same_answer():
    raw = (
        b"PUT /take HTTP/1.1\r\nHost: x\r\nX-One: 1\r\nx-one: 2\r\nContent-Length: 5\r\n\r\nhello"
    )
    for cut in range(1, len(raw)):
        app = Microdot()
        seen = []

        @app.put("/take")
        async def take(request, seen=seen):
            seen.append((bytes(request.body), request.headers["X-ONE"], request.content_length))
            return Response(b"", 204)

        got = []

        async def scenario(guard, clock, port, got=got, cut=cut):
            got.append(await exchange(port, raw[:cut], raw[cut:]))

        serve_while(scenario, app=app)
        assert seen == [(b"hello", "1, 2", 5)], cut
        assert got == [
            b"HTTP/1.1 204 No Content\r\nX-Content-Type-Options: nosniff\r\n"
            b"Referrer-Policy: no-referrer\r\nX-Frame-Options: DENY\r\n"
            b"Cross-Origin-Resource-Policy: same-origin\r\nConnection: close\r\n\r\n"
        ], cut
