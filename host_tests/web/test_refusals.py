"""What the guard refuses by itself: literal bytes in, literal answer out."""

import asyncio

from host_tests.web.loopback import connect, exchange, hang_up, parts, serve_while


def refused(*pieces, **limits):
    """Return (status line, headers, body) of what the guard answers to the pieces."""
    answers = []

    async def scenario(guard, clock, port):
        started_ms = clock.now_ms
        answers.append(await exchange(port, *pieces))
        # Refused at once; the rest is the second for which it waits for the client to hang up.
        assert clock.now_ms - started_ms < 2100

    guard = serve_while(scenario, **limits)
    assert (guard.served, guard.dropped, guard.timed_out, guard.failures) == (1, 0, 0, 0)
    line, headers, body = parts(answers[0])
    assert headers["content-type"] == "application/problem+json"
    assert headers["content-length"] == str(len(body))
    assert headers["connection"] == "close"
    return line, headers, body


def check(raw, status_line, body):
    got = refused(raw)
    assert got[0] == status_line, (raw, got)
    assert got[2] == body, (raw, got)


def test_request_line_when_not_three_parts_then_400():
    for raw in (
        b"GET /\r\n\r\n",
        b"\r\nGET / HTTP/1.1\r\n\r\n",
        b"GET  / HTTP/1.1\r\nHost: bay\r\n\r\n",
        b"GET / x HTTP/1.1\r\nHost: bay\r\n\r\n",
        b"G(T / HTTP/1.1\r\nHost: bay\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    ):
        check(
            raw,
            "HTTP/1.1 400 Bad Request",
            b'{"type":"about:blank","title":"Bad Request","status":400,'
            b'"detail":"The first line is not of the form \'GET /path HTTP/1.1\'."}',
        )


def test_target_when_control_or_foreign_bytes_then_400():
    for raw in (
        b"GET /a\x00b HTTP/1.1\r\nHost: bay\r\n\r\n",
        b"GET /a\tb HTTP/1.1\r\nHost: bay\r\n\r\n",
        b"GET /a\rb HTTP/1.1\r\nHost: bay\r\n\r\n",
        b"GET /a\x7f HTTP/1.1\r\nHost: bay\r\n\r\n",
        b"GET /\xc3\xa9 HTTP/1.1\r\nHost: bay\r\n\r\n",
    ):
        check(
            raw,
            "HTTP/1.1 400 Bad Request",
            b'{"type":"about:blank","title":"Bad Request","status":400,'
            b'"detail":"The address holds characters that have to be percent-encoded."}',
        )


def test_target_when_not_a_path_then_400():
    for raw in (
        b"GET http://x/ HTTP/1.1\r\nHost: bay\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: bay\r\n\r\n",
        b"CONNECT x:80 HTTP/1.1\r\nHost: bay\r\n\r\n",
    ):
        check(
            raw,
            "HTTP/1.1 400 Bad Request",
            b'{"type":"about:blank","title":"Bad Request","status":400,'
            b'"detail":"The address does not start with a slash."}',
        )


def test_version_when_not_http_1_then_505_or_400():
    for raw in (b"GET / HTTP/2.0\r\n\r\n", b"GET / HTTP/1.2\r\n\r\n", b"GET / HTTP/0.9\r\n\r\n"):
        check(
            raw,
            "HTTP/1.1 505 HTTP Version Not Supported",
            b'{"type":"about:blank","title":"HTTP Version Not Supported","status":505,'
            b'"detail":"This bridge speaks HTTP/1.0 and HTTP/1.1."}',
        )
    for raw in (b"GET / http/1.1\r\n\r\n", b"GET / HTTP/\r\n\r\n", b"GET / \r\n\r\n"):
        check(
            raw,
            "HTTP/1.1 400 Bad Request",
            b'{"type":"about:blank","title":"Bad Request","status":400,'
            b'"detail":"The first line does not end with HTTP/1.1 or HTTP/1.0."}',
        )


def test_method_when_unknown_then_501():
    check(
        b"BREW /pot HTTP/1.1\r\nHost: bay\r\n\r\n",
        "HTTP/1.1 501 Not Implemented",
        b'{"type":"about:blank","title":"Not Implemented","status":501,'
        b'"detail":"The method is not one this bridge knows."}',
    )


def test_header_when_malformed_then_400_with_its_line():
    for raw in (
        b"GET / HTTP/1.1\r\nHost x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHostx\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
        b"GET / HTTP/1.1\r\n: x\r\n\r\n",
        b"GET / HTTP/1.1\r\n folded: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\x00b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\nb\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\x7fb\r\n\r\n",
    ):
        check(
            raw,
            "HTTP/1.1 400 Bad Request",
            b'{"type":"about:blank","title":"Bad Request","status":400,'
            b'"detail":"Header line 1 is not of the form \'Name: value\'.","instance":"/"}',
        )


def test_header_when_not_utf8_then_400():
    check(
        b"GET / HTTP/1.1\r\nHost: bay\r\nX-A: \xff\r\n\r\n",
        "HTTP/1.1 400 Bad Request",
        b'{"type":"about:blank","title":"Bad Request","status":400,'
        b'"detail":"Header line 2 is not UTF-8 text.","instance":"/"}',
    )


def test_host_when_missing_in_http_1_1_then_400():
    check(
        b"GET / HTTP/1.1\r\n\r\n",
        "HTTP/1.1 400 Bad Request",
        b'{"type":"about:blank","title":"Bad Request","status":400,'
        b'"detail":"HTTP/1.1 asks for a Host header, and there is none.","instance":"/"}',
    )


def test_lines_when_ended_by_lf_alone_then_400():
    check(
        b"GET / HTTP/1.0\n\n",
        "HTTP/1.1 400 Bad Request",
        b'{"type":"about:blank","title":"Bad Request","status":400,'
        b'"detail":"Lines have to end with CR LF."}',
    )


def test_content_length_when_no_number_then_400():
    for value in (b"", b"-1", b"+5", b"5.0", b"0x10", b"5, 5", b"5 5", b"1e3"):
        check(
            b"POST / HTTP/1.1\r\nHost: bay\r\nContent-Length: " + value + b"\r\n\r\n",
            "HTTP/1.1 400 Bad Request",
            b'{"type":"about:blank","title":"Bad Request","status":400,'
            b'"detail":"Content-Length is not a number.","instance":"/"}',
        )


def test_content_length_when_given_twice_differently_then_400():
    check(
        b"POST / HTTP/1.1\r\nHost: bay\r\nContent-Length: 5\r\ncontent-length: 6\r\n\r\nabcdef",
        "HTTP/1.1 400 Bad Request",
        b'{"type":"about:blank","title":"Bad Request","status":400,'
        b'"detail":"The header content-length is given twice, differently.","instance":"/"}',
    )


def test_content_length_when_over_the_cap_then_413_before_a_byte_of_it():
    body = (
        b'{"type":"about:blank","title":"Content Too Large","status":413,'
        b'"detail":"The body is longer than 8192 bytes.","instance":"/api/v1/config"}'
    )
    for value in (b"8193", b"99999999999999999999999999"):
        check(
            b"PUT /api/v1/config?x=1 HTTP/1.1\r\nHost: bay\r\nContent-Length: "
            + value
            + b"\r\n\r\n",
            "HTTP/1.1 413 Content Too Large",
            body,
        )


def test_body_over_the_cap_when_the_client_sends_it_all_then_413_still_arrives():
    head = b"PUT / HTTP/1.1\r\nHost: bay\r\nContent-Length: 20000\r\n\r\n"
    line, _, body = refused(head, b"a" * 10000, b"b" * 10000)
    assert line == "HTTP/1.1 413 Content Too Large"
    assert b'"status":413' in body


def test_transfer_encoding_then_411_400_or_501():
    check(
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "HTTP/1.1 411 Length Required",
        b'{"type":"about:blank","title":"Length Required","status":411,'
        b'"detail":"A body needs a Content-Length here; chunks are not taken.","instance":"/"}',
    )
    check(
        b"POST / HTTP/1.1\r\nHost: bay\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
        "HTTP/1.1 400 Bad Request",
        b'{"type":"about:blank","title":"Bad Request","status":400,'
        b'"detail":"Transfer-Encoding and Content-Length exclude each other.","instance":"/"}',
    )
    check(
        b"POST / HTTP/1.1\r\nHost: bay\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "HTTP/1.1 501 Not Implemented",
        b'{"type":"about:blank","title":"Not Implemented","status":501,'
        b'"detail":"This Transfer-Encoding is not one this bridge knows.","instance":"/"}',
    )


def test_request_line_when_it_never_ends_then_414_at_the_cap():
    check(
        b"GET /" + b"a" * 1100,
        "HTTP/1.1 414 URI Too Long",
        b'{"type":"about:blank","title":"URI Too Long","status":414,'
        b'"detail":"The address is longer than 1024 bytes."}',
    )


def test_path_when_longer_than_its_cap_then_414():
    check(
        b"GET /" + b"a" * 128 + b" HTTP/1.1\r\nHost: bay\r\n\r\n",
        "HTTP/1.1 414 URI Too Long",
        b'{"type":"about:blank","title":"URI Too Long","status":414,'
        b'"detail":"The path is longer than 128 characters."}',
    )


def test_header_line_when_over_the_cap_then_431():
    check(
        b"GET / HTTP/1.1\r\nHost: bay\r\nCookie: " + b"a" * 1017 + b"\r\n\r\n",
        "HTTP/1.1 431 Request Header Fields Too Large",
        b'{"type":"about:blank","title":"Request Header Fields Too Large","status":431,'
        b'"detail":"A header line is longer than 1024 bytes.","instance":"/"}',
    )


def test_head_when_over_the_cap_then_431_though_it_goes_on():
    line, _, body = refused(b"GET / HTTP/1.1\r\n", b"X-Filler: abc\r\n" * 400)
    assert line == "HTTP/1.1 431 Request Header Fields Too Large"
    assert body == (
        b'{"type":"about:blank","title":"Request Header Fields Too Large","status":431,'
        b'"detail":"The headers are longer than 2048 bytes."}'
    )


def test_head_when_one_byte_over_the_cap_then_431_though_it_came_whole():
    raw = b"GET / HTTP/1.0\r\nX-A: " + b"a" * 675 + b"\r\n\r\n"
    assert len(raw) == 700
    line, _, body = refused(raw, max_head_bytes=699)
    assert line == "HTTP/1.1 431 Request Header Fields Too Large"
    assert b"longer than 699 bytes" in body

    async def scenario(guard, clock, port):
        assert (await exchange(port, raw)).startswith(b"HTTP/1.1 200 OK\r\n")

    serve_while(scenario, max_head_bytes=700)


def test_headers_when_too_many_then_431():
    check(
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 33 + b"\r\n",
        "HTTP/1.1 431 Request Header Fields Too Large",
        b'{"type":"about:blank","title":"Request Header Fields Too Large","status":431,'
        b'"detail":"There are more than 32 header lines.","instance":"/"}',
    )


def test_query_when_not_decodable_then_400():
    for query in (b"%zz", b"a=%ff", b"%g"):
        check(
            b"GET /?" + query + b" HTTP/1.1\r\nHost: bay\r\n\r\n",
            "HTTP/1.1 400 Bad Request",
            b'{"type":"about:blank","title":"Bad Request","status":400,'
            b'"detail":"The query of the address is not percent-encoded UTF-8 text.",'
            b'"instance":"/"}',
        )


def test_refusal_of_head_request_then_no_body():
    answers = []

    async def scenario(guard, clock, port):
        answers.append(await exchange(port, b"HEAD / HTTP/1.1\r\n\r\n"))

    serve_while(scenario)
    assert answers[0].startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert answers[0].endswith(b"\r\nConnection: close\r\n\r\n")


def test_second_body_when_one_is_being_received_then_503():
    async def scenario(guard, clock, port):
        head = b"PUT / HTTP/1.1\r\nHost: bay\r\nContent-Length: 8000\r\n\r\n"
        _, slow = await connect(port, head + b"a" * 100)
        await clock.sleep_ms(1)
        line, headers, _ = parts(await exchange(port, head))
        assert line == "HTTP/1.1 503 Service Unavailable"
        assert headers["retry-after"] == "2"
        await hang_up(slow)
        await asyncio.sleep(0)
        await clock.sleep_ms(1)
        # Given back when the first client left.
        line, _, _ = parts(await exchange(port, head, b"a" * 8000))
        assert line == "HTTP/1.1 405 Method Not Allowed"

    guard = serve_while(scenario)
    assert (guard.served, guard.dropped, guard._bodies_bytes) == (2, 1, 0)
