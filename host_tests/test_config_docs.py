"""docs/configuration.md names every key of the table with its default and limits."""

from pathlib import Path

from baybridge import config

PAGE = Path(__file__).resolve().parent.parent / "docs" / "configuration.md"


def rows_of_page():
    """Return {key: [type, default, range, meaning]} of the page's table."""
    rows = {}
    table = PAGE.read_text().split("## Keys")[1].split("## ")[0]
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `"):
            rows[cells[0].strip("`")] = cells[1:]
    return rows


def as_written(default):
    if default is None:
        return "`null`"
    if isinstance(default, bool):
        return "`true`" if default else "`false`"
    if isinstance(default, str):
        return '`"%s"`' % default.replace("#", "1")
    return "`%d`" % default


def test_page_when_compared_with_table_then_same_keys_in_same_order():
    assert list(rows_of_page()) == [row[0] for row in config.SCHEMA]


def test_page_when_compared_with_table_then_same_defaults_and_limits():
    rows = rows_of_page()
    for key, _kind, default, low, high, _unit in config.SCHEMA:
        _, shown, limits, _ = rows[key]
        assert shown.startswith(as_written(default)), key
        for limit in (low, high):
            if isinstance(limit, tuple):
                for choice in limit:
                    assert str(choice) in limits, key
            elif limit:
                assert "%g" % limit in limits or "%d" % limit in limits, key


def test_page_when_it_shows_a_file_then_the_file_has_no_problem():
    text = PAGE.read_text().split("```json\n")[1].split("```")[0]
    parsed, problems = config.parse(text)
    assert problems == []
    assert [battery["id"] for battery in parsed["batteries"]] == ["house1", "house2"]
