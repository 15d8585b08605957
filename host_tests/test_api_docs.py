"""docs/api.md against the routes and the phrases of the code: neither has what the other lacks."""

import re

from baybridge.web.problem import phrase
from baybridge.web.routes import make_app
from host_tests.conftest import ROOT

TEXT = (ROOT / "docs" / "api.md").read_text()


def served():
    app = make_app(None, None)
    return {(method, route[1].url_pattern) for route in app.url_map for method in route[0]}


def test_routes_when_documented_then_they_are_those_that_are_served():
    documented = re.findall(r"^### `([A-Z]+) ([^`]+)`$", TEXT, re.M)
    assert len(documented) == len(set(documented))
    assert set(documented) == served()


def test_examples_when_read_then_each_route_has_one_that_goes_there():
    for method, path in served():
        section = TEXT.split(f"### `{method} {path}`\n")[1].split("\n##")[0]
        if path != "/":
            example = path.replace("<id>", "house1").replace("<name>", "house1_2026-11-22.csv")
            assert re.search(rf"\bbay{re.escape(example)}(\?|'|\n)", section), path
            assert section.count("    $ curl ") == 1, path
        assert ("$TOKEN" in section) == (method in ("POST", "PUT")), path


def test_statuses_when_listed_then_each_is_one_the_bridge_has_a_phrase_for():
    table = TEXT.split("## Errors")[1]
    listed = {
        int(n) for row in re.findall(r"^\| (\d[\d, ]*) \|", table, re.M) for n in row.split(",")
    }
    known = {n for n in range(400, 600) if phrase(n) != "Status"}
    assert listed == known
