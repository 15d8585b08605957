"""/openapi.json: its addresses are the code's, and the running firmware behaves as it says.

Schemathesis sends what the description allows and what it forbids to the real firmware under
MicroPython. What it is not told: positive data may be refused for what no schema can say (a
battery that is not wired, a date that does not exist).
"""

import copy
import gzip
import json
import os
import re
import socket
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from baybridge.web.routes import make_app
from host_tests.tools.test_run_host import MICROPYTHON, Bridge
from tools.openapi.__main__ import document, main
from tools.setup import VENV

TOKEN = "the-token-of-the-test"
READ_TOKEN = "the-token-for-reading"
CONFIG = """{"batteries": [{"id": "house1", "address": "02:12:34:00:20:61", "taps": [
  {"pin": 32, "top_ohm": 103000, "bottom_ohm": 100000},
  {"pin": 33, "top_ohm": 301000, "bottom_ohm": 100000}]}],
 "http": {"token": "%s", "read_token": %s}, "log": {"record_s": 1, "flush_s": 1}, "end": 1}"""
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "unsupported_method",
    "allow_header_conformance",
)
# Simulated seconds in a real one, so that looking for batteries takes half a second.
SPEED = 10
# Kept apart: it would start again with whatever configuration was thought up before.
RESTART = "/api/v1/restart"
# It has no end; host_tests/web/test_events.py reads it.
EVENTS = "/api/v1/events"
# What may be said of data that is forbidden; schemathesis does not think of a body too long.
REFUSED = "400, 401, 403, 404, 405, 406, 409, 411, 413, 415, 422"
REFUSALS = """[checks.negative_data_rejection]
expected-statuses = [%s]
"""


def described():
    return {
        (method.upper(), path)
        for path, methods in document()["paths"].items()
        for method in methods
    }


def test_description_when_compared_with_the_routes_then_neither_has_more():
    app = make_app(None, None)
    served = {
        (method, re.sub(r"<(\w+)>", r"{\1}", route[1].url_pattern))
        for route in app.url_map
        for method in route[0]
    }
    assert described() == served


def test_references_when_followed_then_all_lead_somewhere_and_no_schema_is_unused():
    text = json.dumps(document())
    used = set(re.findall(r'"#/components/schemas/(\w+)"', text))
    assert used == set(document()["components"]["schemas"])


def test_parameters_when_compared_with_the_address_then_the_same():
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            given = [one["name"] for one in operation.get("parameters", ()) if one["in"] == "path"]
            assert given == re.findall(r"\{(\w+)\}", path), (method, path)


def test_security_when_something_changes_then_always_the_token():
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            if method == "get":
                assert operation["security"] in ([], [{}, {"readToken": []}, {"token": []}]), path
            else:
                assert operation["security"] == [{"token": []}], path


def test_build_when_nothing_changed_then_the_same_bytes(tmp_path, capsys):
    assert main([str(tmp_path)]) == 0
    first = (tmp_path / "openapi.json.gz").read_bytes()
    assert json.loads(gzip.decompress(first)) == json.loads(json.dumps(document()))
    assert re.fullmatch(r"openapi: \d+ bytes of gzip, \d+ unpacked\n", capsys.readouterr().out)
    assert main([str(tmp_path)]) == 0
    assert (tmp_path / "openapi.json.gz").read_bytes() == first
    assert capsys.readouterr().out == ""
    assert re.fullmatch(r"[0-9a-f]{16}\n", (tmp_path / "openapi.etag").read_text())
    # What a board's flash can spare for it.
    assert len(first) < 12288


# --- the running firmware ---------------------------------------------------------------------


@pytest.fixture
def schemathesis():
    command = VENV / "bin" / "schemathesis"
    if not command.exists():
        pytest.skip("no schemathesis; `make test` fetches it")
    return command


@pytest.fixture
def bridge_of(tmp_path):
    if not os.access(MICROPYTHON, os.X_OK):
        pytest.skip("no MicroPython 1.25; `make setup` says what to install")
    bridges = []

    def start(read_token=None):
        path = tmp_path / "config.json"
        path.write_text(CONFIG % (TOKEN, json.dumps(read_token)))
        bridge = Bridge(
            "micropython",
            tmp_path / "host",
            *("--config", str(path)),
            *("--speed", str(SPEED)),
        )
        bridges.append(bridge)
        return bridge

    yield start
    for bridge in bridges:
        bridge.process.kill()
        bridge.process.communicate()


def wait_until_listening(bridge, within_s=20):
    """Wait for a bridge that answers nobody without a token."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", bridge.port), 1).close()
            return
        except OSError:
            assert bridge.process.poll() is None, bridge.process.stdout.read()
            time.sleep(0.1)
    raise AssertionError("nobody listens")


def ask(bridge, path, token=None, **headers):
    """Return (status, headers, body) of a GET."""
    if token is not None:
        headers["Authorization"] = "Bearer " + token
    url = f"http://127.0.0.1:{bridge.port}{path}"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as reply:
            return reply.status, reply.headers, reply.read()
    except urllib.error.HTTPError as exc:
        return exc.code, exc.headers, exc.read()


def strict(whole):
    """Return the description with no other members allowed in what it does not leave open.

    A program has to pass over members it does not know; here one would be missing above.
    """

    def close(schema):
        if isinstance(schema, list):
            for one in schema:
                close(one)
        elif isinstance(schema, dict):
            if "properties" in schema and isinstance(schema["properties"], dict):
                schema.setdefault("additionalProperties", False)
            for one in schema.values():
                close(one)

    whole = copy.deepcopy(whole)
    close(whole["components"]["schemas"])
    for methods in whole["paths"].values():
        for operation in methods.values():
            for one in operation.get("parameters", ()):
                # One that there is, or nothing behind it would ever be reached.
                if one["in"] == "path":
                    one["schema"] = {"type": "string", "enum": [one["example"]]}
    return whole


def walk(command, bridge, folder, *options, examples=12, refused=REFUSED):
    """Have schemathesis walk the description; return (passed, requests, what it printed)."""
    path = folder / "openapi.json"
    path.write_text(json.dumps(strict(document())))
    (folder / "schemathesis.toml").write_text(REFUSALS % refused)
    done = subprocess.run(
        [
            *(command, "run", path),
            *("--url", f"http://127.0.0.1:{bridge.port}"),
            *("--phases", "examples,coverage,fuzzing"),
            *("--max-examples", str(examples)),
            *("--seed", "1"),
            *("--checks", ",".join(CHECKS)),
            *("--request-timeout", "20"),
            "--continue-on-failure",
            *options,
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=110,
    )
    text = done.stdout + done.stderr
    cases = re.search(r"(\d+) generated", text)
    return done.returncode == 0, int(cases[1]) if cases else 0, text


def is_read(answer):
    return answer["batteries"][0]["bms"]["cells_v"]


def no_failures(bridge):
    """Check that no handler failed and no task was started again meanwhile."""
    _, _, body = ask(bridge, "/api/v1/diagnostics")
    whole = json.loads(body)
    assert whole["http"]["last_error"] is None
    assert [one for one in whole["tasks"] if one["restarts"]] == []


@pytest.mark.time_limit_s(120)
def test_reading_when_walked_then_as_described(schemathesis, bridge_of, tmp_path, record_property):
    bridge = bridge_of()
    bridge.wait_for(is_read)
    passed, cases, text = walk(
        schemathesis,
        bridge,
        tmp_path,
        *("--include-method", "GET"),
        *("--exclude-path", EVENTS),
    )
    assert passed, text
    no_failures(bridge)
    record_property("figure", f"openapi_reads_tried {cases} requests")
    assert cases > 200


@pytest.mark.time_limit_s(120)
def test_changes_when_walked_with_the_token_then_as_described(
    schemathesis, bridge_of, tmp_path, record_property
):
    bridge = bridge_of()
    bridge.wait_for(is_read)
    token = ("-H", "Authorization: Bearer " + TOKEN)
    passed, cases, text = walk(
        schemathesis,
        bridge,
        tmp_path,
        *token,
        *("--exclude-method", "GET", "--exclude-path", RESTART),
    )
    assert passed, text
    refused = ("--include-path", RESTART, "--mode", "negative")
    passed, more, text = walk(schemathesis, bridge, tmp_path, *token, *refused)
    assert passed, text
    no_failures(bridge)
    record_property("figure", f"openapi_changes_tried {cases + more} requests")
    assert cases > 200
    assert more > 5


@pytest.mark.time_limit_s(120)
def test_changes_when_walked_without_the_token_then_refused_as_described(
    schemathesis, bridge_of, tmp_path
):
    bridge = bridge_of()
    bridge.wait_for(is_read)
    before = json.loads(ask(bridge, "/api/v1/config")[2])
    passed, cases, text = walk(
        schemathesis,
        bridge,
        tmp_path,
        *("--exclude-method", "GET"),
        examples=3,
        # It makes up tokens, and more than ten of them.
        refused=REFUSED + ", 429",
    )
    assert passed, text
    assert cases > 100
    no_failures(bridge)
    assert json.loads(ask(bridge, "/api/v1/config")[2]) == before


def test_everything_but_the_page_when_a_read_token_is_set_then_needs_one(bridge_of):
    bridge = bridge_of(READ_TOKEN)
    reads = sorted(path for method, path in described() if method == "GET")
    url = [path.replace("{id}", "house1").replace("{name}", "anchors.csv") for path in reads]
    wait_until_listening(bridge)
    statuses = {path: ask(bridge, path)[0] for path in url}
    assert statuses.pop("/") == 200
    assert set(statuses.values()) == {401}
    for path in ("/api/v1/batteries", "/metrics", "/healthz"):
        assert ask(bridge, path, READ_TOKEN)[0] == 200


def test_reading_when_a_page_of_another_site_asks_then_403_as_described(bridge_of):
    bridge = bridge_of(READ_TOKEN)
    wait_until_listening(bridge)
    foreign = {"Origin": "http://evil.example"}
    for path, methods in document()["paths"].items():
        if "get" in methods:
            url = path.replace("{id}", "house1").replace("{name}", "anchors.csv")
            status, headers, _ = ask(bridge, url, READ_TOKEN, **foreign)
            assert status == (200 if path == "/" else 403), path
            assert ("403" in methods["get"]["responses"]) == (path != "/"), path
            assert [one for one in headers if one.lower().startswith("access-control")] == []


def test_description_when_asked_for_then_packed_with_its_tag_or_not_at_all(bridge_of):
    bridge = bridge_of()
    bridge.wait_for(lambda answer: answer)
    gzip_only = {"Accept-Encoding": "gzip"}
    status, headers, body = ask(bridge, "/openapi.json", **gzip_only)
    assert (status, headers["Content-Type"]) == (200, "application/json")
    assert headers["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(body)) == json.loads(json.dumps(document()))
    tag = headers["ETag"]
    assert ask(bridge, "/openapi.json", **gzip_only, **{"If-None-Match": tag})[0] == 304
    status, _, body = ask(bridge, "/openapi.json", **{"Accept-Encoding": "identity"})
    assert (status, json.loads(body)["detail"]) == (
        406,
        "It comes as gzip only, for which the request has to ask (curl --compressed).",
    )
