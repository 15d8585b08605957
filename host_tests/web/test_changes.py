"""What changes state: literal requests, what reached the bridge, and what each mistake is told."""

from host_tests.web.loopback import Bridge, exchange, parts, serve_while

RELEASE = "/api/v1/batteries/house1/release"
FAST = "/api/v1/batteries/house1/fast"
TIME = "/api/v1/time"
FRAMES = "/api/v1/frames"
JSON = "Content-Type: application/json\r\n"
TEN_TO_120 = "minutes: has to be a whole number from 1 to 120, or 0 to end it."
TEN_TO_60 = "minutes: has to be a whole number from 1 to 60, or 0 to end it."
NO_TIME = (
    "time: has to be a text like 2026-11-22T15:30:00Z, or with an offset like +02:00 in place "
    "of Z; a time without either could be anywhere's."
)
NOT_JSON = "The body is not JSON."


def post_all(requests, bridge, method="POST"):
    """Send (path, body, further fields) one after the other; return the parts of the answers."""
    answers = []

    async def scenario(guard, clock, port):
        for path, body, fields in requests:
            head = "%s %s HTTP/1.1\r\nHost: bay\r\nAuthorization: Bearer change-it\r\n" % (
                method,
                path,
            )
            body = body if isinstance(body, bytes) else body.encode()
            head += "%sContent-Length: %d\r\n\r\n" % (fields, len(body))
            answers.append(parts(await exchange(port, head.encode() + body)))

    guard = serve_while(scenario, bridge)
    assert guard.failures == 0
    return answers


def authorised():
    bridge = Bridge()
    bridge.token = "change-it"
    return bridge


def post(path, body, fields=JSON, bridge=None):
    bridge = bridge or authorised()
    return post_all(((path, body, fields),), bridge)[0], bridge.changes


def detail_of(body):
    return body.decode().split('"detail":"')[1].split('","instance"')[0].replace('\\"', '"')


def test_change_when_right_then_its_effect_and_what_it_is_now():
    for path, body, change, answer in (
        (
            RELEASE,
            '{"minutes": 25}',
            ("release", "house1", 25),
            '{"id":"house1","link_state":"released","for_s":1500}',
        ),
        (
            RELEASE,
            "{}",
            ("release", "house1", 10),
            '{"id":"house1","link_state":"released","for_s":600}',
        ),
        (RELEASE, '{"minutes":0}', ("release", "house1", 0), '{"id":"house1","for_s":0}'),
        (
            FAST,
            ' \r\n{\t"minutes" : 120 } \n',
            ("fast", "house1", 120),
            '{"id":"house1","fast":true,"for_s":7200}',
        ),
        (FAST, "{}", ("fast", "house1", 30), '{"id":"house1","fast":true,"for_s":1800}'),
        (
            FAST,
            '{"minutes":0}',
            ("fast", "house1", 0),
            '{"id":"house1","fast":false,"for_s":0}',
        ),
        (
            FRAMES,
            '{"minutes":60}',
            ("record_frames", 60),
            '{"recording":true,"file":"frames-3-1.txt","for_s":3600}',
        ),
        (
            FRAMES,
            '{"minutes":0}',
            ("record_frames", 0),
            '{"recording":false,"file":"frames-3-1.txt","for_s":0}',
        ),
    ):
        (line, headers, got), changes = post(path, body)
        assert line == "HTTP/1.1 200 OK", (path, body, line, got)
        assert headers["content-type"] == "application/json"
        assert headers["cache-control"] == "no-store"
        assert got == answer.encode()
        assert changes == [change]


def test_time_when_it_has_a_zone_then_set_in_utc():
    # 2026-11-22T15:30:00Z is day 20779 since 1970 and 55800 s.
    for given, unix_s, shown in (
        ("2026-11-22T15:30:00Z", 1795361400, "2026-11-22T15:30:00Z"),
        ("2026-11-22T15:30:00+00:00", 1795361400, "2026-11-22T15:30:00Z"),
        ("2026-11-22T15:30:00\\u002B00:00", 1795361400, "2026-11-22T15:30:00Z"),
        ("2026-11-22T17:30:00+02:00", 1795361400, "2026-11-22T15:30:00Z"),
        ("2026-11-22T10:00:00-05:30", 1795361400, "2026-11-22T15:30:00Z"),
        ("2026-11-22 15:30:00.999Z", 1795361400, "2026-11-22T15:30:00Z"),
        ("2028-02-29T23:59:59z", 1835481599, "2028-02-29T23:59:59Z"),
    ):
        (line, _, got), changes = post(TIME, '{"time":"%s"}' % given)
        assert (line, got) == ("HTTP/1.1 200 OK", b'{"time":"%s"}' % shown.encode()), given
        assert changes == [("set_time", unix_s)]


def test_time_when_it_is_none_then_422_and_nothing_set():
    for given in (
        '"2026-11-22T15:30:00"',
        '"2026-11-22"',
        '"2026-11-22T15:30Z"',
        '"2026-02-29T12:00:00Z"',
        '"2026-11-22T24:00:00Z"',
        '"2026-11-22T15:30:00+0200"',
        '"2026-11-22T15:30:00Zulu"',
        '""',
        '"now"',
        "1795361400",
        "null",
        "true",
        "[]",
    ):
        (line, headers, got), changes = post(TIME, '{"time":%s}' % given)
        assert line == "HTTP/1.1 422 Unprocessable Content", given
        assert headers["content-type"] == "application/problem+json"
        assert detail_of(got) == NO_TIME
        assert changes == []
    assert detail_of(post(TIME, "{}")[0][2]) == NO_TIME


def test_time_when_the_bridge_does_not_believe_it_then_its_sentence():
    bridge = authorised()
    bridge.failure = ValueError("1970-01-01 lies before this firmware was made.")
    (line, _, got), _ = post(TIME, '{"time":"1970-01-01T00:00:00Z"}', bridge=bridge)
    assert line == "HTTP/1.1 422 Unprocessable Content"
    assert detail_of(got) == "time: 1970-01-01 lies before this firmware was made."


def test_body_when_wrong_then_its_status_and_a_sentence_that_names_the_key():
    for path, body, status, detail in (
        (RELEASE, '{"minutes":121}', 422, TEN_TO_120),
        (RELEASE, '{"minutes":-1}', 422, TEN_TO_120),
        (RELEASE, '{"minutes":1.5}', 422, TEN_TO_120),
        (RELEASE, '{"minutes":1e1}', 422, TEN_TO_120),
        (RELEASE, '{"minutes":true}', 422, TEN_TO_120),
        (RELEASE, '{"minutes":false}', 422, TEN_TO_120),
        (RELEASE, '{"minutes":null}', 422, TEN_TO_120),
        (RELEASE, '{"minutes":"10"}', 422, TEN_TO_120),
        (RELEASE, '{"minutes":[10]}', 422, TEN_TO_120),
        (RELEASE, '{"minutes":{}}', 422, TEN_TO_120),
        (RELEASE, '{"minutes":%s}' % ("9" * 200), 422, TEN_TO_120),
        (RELEASE, '{"minutes":-%s}' % ("9" * 200), 422, TEN_TO_120),
        (RELEASE, '{"minutes":1e999}', 422, TEN_TO_120),
        (FAST, '{"minutes":1073741824}', 422, TEN_TO_120),
        (FRAMES, '{"minutes":61}', 422, TEN_TO_60),
        (FRAMES, "{}", 422, TEN_TO_60),
        (FAST, '{"minute":5}', 422, "minute: unknown key; known here: minutes."),
        (
            TIME,
            '{"time":"2026-11-22T15:30:00Z","minutes":5}',
            422,
            "minutes: unknown key; known here: time.",
        ),
        (FAST, '{"":5}', 422, ": unknown key; known here: minutes."),
        (
            FAST,
            '{"\\u0007%s":5}' % ("x" * 60),
            422,
            "?%s...: unknown key; known here: minutes." % ("x" * 31),
        ),
        (FAST, "", 400, 'There is no body; it is an object like {"minutes": ...}.'),
        (TIME, "  \r\n", 400, 'There is no body; it is an object like {"time": ...}.'),
        (FAST, "minutes=5", 400, NOT_JSON),
        (FAST, '{"minutes":5', 400, NOT_JSON),
        (FAST, '{"minutes":', 400, NOT_JSON),
        (FAST, "{", 400, NOT_JSON),
        (FAST, '{"minutes":5}}', 400, NOT_JSON),
        (FAST, '{"minutes":5}{"minutes":6}', 400, NOT_JSON),
        (FAST, "{'minutes':5}", 400, NOT_JSON),
        # MicroPython's parser takes all of these.
        (FAST, '{"minutes" 5}', 400, NOT_JSON),
        (FAST, '{"minutes":5,}', 400, NOT_JSON),
        (FAST, '{"minutes":5]', 400, NOT_JSON),
        (FAST, '{"minutes":5;}', 400, NOT_JSON),
        (FAST, '{"minutes":05}', 400, NOT_JSON),
        (FAST, '{"minutes":5,"minutes":6}', 400, 'The body has the key "minutes" twice.'),
        (FAST, b'{"minutes\xff":5}', 400, "The body is not UTF-8 text."),
        (FAST, "[" * 256, 400, NOT_JSON),
        (FAST, "[5]", 422, 'The body has to be an object like {"minutes": ...}.'),
        (FAST, "5", 422, 'The body has to be an object like {"minutes": ...}.'),
        (FAST, "null", 422, 'The body has to be an object like {"minutes": ...}.'),
        (FAST, '"minutes"', 422, 'The body has to be an object like {"minutes": ...}.'),
        (FAST, '{"minutes":5}' + " " * 300 + "x", 413, "The body is longer than 256 bytes."),
    ):
        (line, headers, got), changes = post(path, body)
        assert changes == [], (path, body)
        assert line.startswith("HTTP/1.1 %d " % status), (path, body, line, got)
        assert headers["content-type"] == "application/problem+json"
        assert detail_of(got) == detail, (path, body, got)


def test_number_when_it_is_no_number_then_refused_by_either_interpreter():
    # CPython reads these as floats, MicroPython not at all.
    for text in ("NaN", "Infinity", "-Infinity", "nan"):
        (line, _, _), changes = post(FAST, '{"minutes":%s}' % text)
        assert line[9:12] in ("400", "422"), (text, line)
        assert changes == []


def test_content_type_when_not_json_then_415():
    for fields in (
        "",
        "Content-Type: text/plain\r\n",
        "Content-Type: application/x-www-form-urlencoded\r\n",
        "Content-Type: application/json5\r\n",
        "Content-Type: text/json; application/json\r\n",
    ):
        (line, _, got), changes = post(FAST, '{"minutes":5}', fields)
        assert line == "HTTP/1.1 415 Unsupported Media Type", fields
        assert b"'Content-Type: application/json'" in got
        assert changes == []
    for fields in (
        "content-type: Application/JSON\r\n",
        "Content-Type: application/json; charset=utf-8\r\n",
    ):
        assert post(FAST, '{"minutes":5}', fields)[0][0] == "HTTP/1.1 200 OK", fields


def test_battery_when_unknown_then_404_names_the_known():
    for name in ("release", "fast"):
        (line, _, got), _ = post("/api/v1/batteries/house2/" + name, '{"minutes":5}')
        assert line == "HTTP/1.1 404 Not Found"
        assert got == (
            b'{"type":"about:blank","title":"Not Found","status":404,"detail":"There is no '
            b'battery of this id. Known: house1, start.",'
            b'"instance":"/api/v1/batteries/house2/%s"}' % name.encode()
        )


def test_recording_when_there_is_no_card_then_503_with_the_sentence():
    bridge = authorised()
    bridge.failure = OSError("there is no card: push it in")
    (line, headers, got), _ = post(FRAMES, '{"minutes":5}', bridge=bridge)
    assert line == "HTTP/1.1 503 Service Unavailable"
    assert headers["retry-after"] == "30"
    assert detail_of(got) == "there is no card: push it in"
    bridge.failure = ValueError("nothing to record")
    (line, _, got), _ = post(FRAMES, '{"minutes":5}', bridge=bridge)
    assert line == "HTTP/1.1 409 Conflict"
    assert detail_of(got) == "nothing to record"


def test_method_when_not_post_then_405_with_allow():
    for path, allow in (
        (RELEASE, "POST, OPTIONS"),
        (FAST, "POST, OPTIONS"),
        (TIME, "POST, OPTIONS"),
        (FRAMES, "GET, POST, HEAD, OPTIONS"),
    ):
        for method in ("PUT", "DELETE", "PATCH"):
            line, headers, _ = post_all(((path, "{}", JSON),), authorised(), method)[0]
            assert line == "HTTP/1.1 405 Method Not Allowed"
            assert headers["allow"] == allow


def test_discovery_then_the_bridge_s_list_or_503_with_a_time_to_retry():
    bridge = Bridge()
    answers = post_all((("/api/v1/discovery", "", ""),), bridge, "GET")
    line, headers, got = answers[0]
    assert (line, got) == ("HTTP/1.1 200 OK", b'[{"name":"SOK-AA12345"}]')
    assert headers["content-type"] == "application/json"
    bridge.failure = OSError("the radio refused to scan (16)")
    line, headers, got = post_all((("/api/v1/discovery", "", ""),), bridge, "GET")[0]
    assert line == "HTTP/1.1 503 Service Unavailable"
    assert headers["retry-after"] == "10"
    assert detail_of(got) == "the radio refused to scan (16)"
