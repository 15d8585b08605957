"""`logview summary`, `plot` and `convert`: the numbers of a card that was written by hand."""

import json
import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import polars as pl
import pytest
from PIL import Image

from host_tests.tools import logview_card as card
from tools.logview import cli, convert, html, summary
from tools.logview.chart import Chart
from tools.logview.decimate import Buckets

T0 = 1785974360  # 2026-08-05T23:59:20Z


def run(command, *args):
    return cli.main([command, *map(str, args)])


def frame(at_s, **columns):
    """Return a frame of records 10 s apart with these values."""
    n = len(next(iter(columns.values())))
    times = [None if at_s is None else at_s + 10 * i for i in range(n)]
    keys = {"at_s": pl.Series(times, dtype=pl.Int64), "boot": [1] * n, "seq": list(range(n))}
    return pl.DataFrame({**keys, "uptime_ms": [10000 * i for i in range(n)], **columns})


# --- summary ----------------------------------------------------------------------------------


def test_summary_when_the_card_is_known_by_heart_then_so_are_the_numbers(tmp_path, capsys):
    assert run("summary", card.write(tmp_path)) == 0
    assert (
        capsys.readouterr().out
        == """\
house1: 3 files, 11 records
  note: 2 records from before the time was known, placed by anchors
  span           2026-08-05T23:59:20Z to 2026-08-06T00:10:30Z (11 min); boots 7–8
                        min       mean        max
  voltage_v            13.000     13.000     13.000
  current_a           -36.000    -15.429     36.000
  power_w            -468.000   -200.571    468.000
  soc_pct                  54       54.0         54
  remaining_ah        111.240    111.240    111.240
  cell_1_v              3.250      3.250      3.250
  cell_2_v              3.251      3.251      3.251
  cell_3_v              3.246      3.246      3.246
  cell_4_v              3.250      3.250      3.250
  spread_mv                 5        5.0          5
  temperature_1_c          18       18.0         18
  temperature_2_c          -3       -3.0         -3
  charge           in 0.025 Ah, out 0.325 Ah
  energy           in 0.3 Wh, out 4.2 Wh
                   over 2 min of neighbouring records
                   20 s of it without a current, left out
                   1 gap, 10 min, left out
  protection active  10 s
  charge FET off     10 s
  discharge FET off  0 s
  heater on          0 s
  balancing          10 s
  longest step     10 min between two records, 2026-08-06T00:00:20Z to 2026-08-06T00:10:00Z
"""
    )


def test_summary_when_a_record_is_missing_then_nothing_is_integrated_over_it(tmp_path, capsys):
    folder = card.write(tmp_path, {"2026-08-05.csv": [(7, 0), (7, 1), (7, 3)]})
    run("summary", folder)
    out = capsys.readouterr().out
    assert "  charge           in 0.000 Ah, out 0.100 Ah\n" in out
    assert "1 gap, 20 s, left out\n" in out


def test_summary_when_a_line_is_bad_or_written_twice_then_it_is_left_out_and_said(
    tmp_path, capsys
):
    rotten = card.RECORDS[7, 2].replace(b"-36.000", b"-96.000")
    folder = card.write(tmp_path, {"2026-08-05.csv": [(7, 0), (7, 1), (7, 1), rotten, (7, 3)]})
    run("summary", folder)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == [
        "house1: 1 file, 3 records",
        "  note: 1 bad line left out (`check` lists them)",
        "  note: 1 record written twice, counted once",
    ]


def test_summary_when_frames_are_cut_anywhere_then_the_sums_are_the_same(tmp_path):
    whole = frame(T0, current_a=[10.0, -5.0, -5.0, None, 20.0], power_w=[1.0] * 5)
    told = set()
    for cut in range(1, 5):
        numbers = summary.Summary()
        numbers.add(whole.head(cut))
        numbers.add(whole.slice(cut))
        told.add(
            (round(numbers.in_ah * 3600, 6), round(numbers.out_ah * 3600, 6), numbers.unknown_s)
        )
    # 10 A to -5 A: triangles of 6.67 s and 3.33 s; then 5 A out for 10 s; then not known.
    assert told == {(33.333333, 58.333333, 20.0)}


def test_summary_when_each_file_is_asked_for_then_each_has_its_own(tmp_path, capsys):
    run("summary", "--each-file", card.write(tmp_path))
    out = capsys.readouterr().out
    assert re.findall(r"^\S.*$", out, re.M) == [
        "house1/boot-8.csv: 1 file, 2 records",
        "house1/2026-08-05.csv: 1 file, 4 records",
        "house1/2026-08-06.csv: 1 file, 5 records",
    ]


def test_summary_when_a_span_is_given_then_only_its_records_count(tmp_path, capsys):
    span = ("--from", "2026-08-06", "--until", "2026-08-06T00:10:10Z")
    run("summary", card.write(tmp_path), *span)
    assert capsys.readouterr().out.startswith("house1: 3 files, 4 records\n")
    with pytest.raises(SystemExit) as caught:
        run("summary", tmp_path, "--from", "yesterday")
    assert caught.value.code == 2


# --- plot -------------------------------------------------------------------------------------


class Page(HTMLParser):
    """What is in a page: tags with attributes, and that every tag is closed."""

    VOID = ("meta", "rect", "path")

    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.open = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag


@pytest.fixture
def plotted(tmp_path):
    assert run("plot", card.write(tmp_path), "--out", tmp_path / "p") == 0
    return tmp_path


def test_plot_when_made_then_the_page_is_whole_and_asks_for_nothing(plotted):
    text = (plotted / "p-house1.html").read_text(encoding="utf-8")
    page = Page(text)
    assert page.open == []
    assert re.findall(r"https?://(?!www\.w3\.org/2000/svg)", text) == []
    assert [a for _, attrs in page.tags for a in attrs if a in ("src", "href", "srcset")] == []
    assert "url(" not in text and "import" not in text
    titles = [attrs["aria-label"] for tag, attrs in page.tags if "aria-label" in attrs]
    assert titles == [
        "voltage, V",
        "current (charging positive), A",
        "cells, V",
        "spread of the cells, mV",
        "temperature, °C",
        "state of charge, %",
        "states, alarms and protection",
    ]


def test_plot_when_made_then_the_values_are_in_the_page(plotted):
    text = (plotted / "p-house1.html").read_text(encoding="utf-8")
    values = json.loads(re.search(r"^const chart = (.*);$", text, re.M)[1])
    assert values["low"] == T0 and values["high"] == T0 + 670
    current = values["panels"][1][0]
    assert current["lows"][:6] == [-36, -36, -36, -36, 36, None]
    protection = values["lanes"][0]
    assert protection == {"label": "protection", "states": [0, 0, 1] + [0] * 8}


def test_plot_when_made_then_the_picture_opens_and_is_no_empty_sheet(plotted):
    with Image.open(plotted / "p-house1.png") as picture:
        picture.load()
        assert picture.format == "PNG"
        assert picture.width == 1400
        # The red of the protection's lane, the blue of the first lines.
        colours = {colour for _, colour in picture.convert("RGB").getcolors(1 << 20)}
    assert (0xC0, 0x39, 0x2B) in colours
    assert any(abs(r) < 60 and g > 90 and b > 150 for r, g, b in colours)


def test_plot_when_names_are_hostile_then_they_stay_text(tmp_path):
    name = "cell_</script><img src=x>_v"
    hostile = frame(T0, **{name: [3.2, 3.3]})
    buckets = Buckets()
    buckets.add(hostile)
    chart = Chart("</title><img src=x>", buckets, *buckets.series(), 900)
    text = html.page(chart)
    assert "<img" not in text.replace(r"<\/script><img src=x>", "")
    assert text.count("</script>") == 1


def test_plot_when_the_time_was_never_known_then_it_is_hours_of_uptime(tmp_path, capsys):
    root = card.write(tmp_path, {"boot-8.csv": [(8, 0), (8, 1)]}, anchors=None)
    assert run("plot", root, "--out", tmp_path / "p") == 0
    assert "the time was never known: hours of uptime" in capsys.readouterr().out
    assert '"uptime":true' in (tmp_path / "p-house1.html").read_text()


def test_plot_when_a_span_is_empty_then_it_says_so(tmp_path, capsys):
    assert run("plot", card.write(tmp_path), "--from", "2030-01-01") == 2
    assert capsys.readouterr().out == (
        "house1: nothing to draw: no record in this span has a time\n"
    )


def test_buckets_when_there_is_a_year_then_a_spike_of_one_record_is_still_seen():
    buckets = Buckets(500)
    for day in range(365):
        current_a = [-5.0] * 8640
        if day == 200:
            current_a[4000] = -180.0
        buckets.add(frame(T0 + day * 86400, current_a=current_a, charge_fet=[True] * 8640))
    starts, columns = buckets.series()
    assert 250 <= len(starts) <= 500
    assert buckets.width_s == 65536
    assert min(columns["min current_a"]) == -180
    assert columns["min current_a"].count(-180) == 1
    assert not any(columns["any charge_fet"])


def test_chart_when_nothing_was_recorded_for_hours_then_the_line_breaks():
    buckets = Buckets()
    buckets.add(frame(T0, voltage_v=[13.0, 13.1]))
    buckets.add(frame(T0 + 36000, voltage_v=[12.9, None, 12.8]))
    starts, columns = buckets.series()
    chart = Chart("x", buckets, starts, columns, 900)
    line = chart.panels[0].lines[0]
    assert list(chart.points(line)) == [
        [(T0, 13.0), (T0 + 10, 13.1)],
        [(T0 + 36000, 12.9)],
        [(T0 + 36020, 12.8)],
    ]


# --- convert ----------------------------------------------------------------------------------


def test_parquet_when_read_back_then_types_and_values_are_those_of_the_card(tmp_path):
    root = card.write(tmp_path / "card")
    assert run("convert", "--to", "parquet", root, tmp_path / "o.parquet") == 0
    table = pl.read_parquet(tmp_path / "o.parquet")
    assert table.height == 11
    assert dict(table.schema) == {
        "battery": pl.String,
        "time": pl.Datetime("ms", "UTC"),
        **dict.fromkeys(("boot", "seq", "uptime_ms"), pl.Int64),
        **dict.fromkeys(
            ("voltage_v", "current_a", "power_w", "soc_pct", "remaining_ah"), pl.Float64
        ),
        "cycles": pl.Int64,
        **dict.fromkeys([f"cell_{n}_v" for n in (1, 2, 3, 4)], pl.Float64),
        **dict.fromkeys(["temperature_1_c", "temperature_2_c"], pl.Float64),
        **dict.fromkeys(("charge_fet", "discharge_fet", "heater", "balancing"), pl.Boolean),
        "protection": pl.String,
    }
    assert table.row(2, named=True) == {
        "battery": "house1",
        "time": datetime(2026, 8, 5, 23, 59, 40, tzinfo=UTC),
        "boot": 7,
        "seq": 2,
        "uptime_ms": 120000,
        "voltage_v": 13.0,
        "current_a": -36.0,
        "power_w": -468.0,
        "soc_pct": 54.0,
        "remaining_ah": 111.24,
        "cycles": 37,
        "cell_1_v": 3.25,
        "cell_2_v": 3.251,
        "cell_3_v": 3.246,
        "cell_4_v": 3.25,
        "temperature_1_c": 18.0,
        "temperature_2_c": -3.0,
        "charge_fet": False,
        "discharge_fet": True,
        "heater": False,
        "balancing": True,
        "protection": "01",
    }
    assert table["current_a"][5] is None
    # In the order in which they were made, the ones without a time in their place.
    assert table["seq"].to_list() == [0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3]


def test_parquet_when_batteries_have_other_cells_then_all_columns_are_there(tmp_path):
    root = card.write(tmp_path / "card")
    eight = (
        b"time,boot,seq,uptime_ms,voltage_v,current_a,crc\r\n"
        b"2026-08-05T23:59:30Z,7,1,110000,13.000,-36.000,0f7f24a4\r\n"
    )
    card.write(root, {"2026-08-05.csv": eight.replace(b"\r\n", b"\n")}, battery="house2")
    assert run("convert", "--to", "parquet", root, tmp_path / "o.parquet") == 0
    table = pl.read_parquet(tmp_path / "o.parquet")
    assert table.filter(battery="house2").select("current_a", "cell_1_v").rows() == [(-36.0, None)]
    assert table.height == 12


def test_parquet_when_a_record_has_no_time_then_it_is_there_without(tmp_path):
    root = card.write(tmp_path / "card", anchors=None)
    run("convert", "--to", "parquet", root, tmp_path / "o.parquet")
    assert pl.read_parquet(tmp_path / "o.parquet")["time"].null_count() == 2


def test_influx_when_written_then_each_line_is_as_the_protocol_wants_it(tmp_path, capsys):
    root = card.write(tmp_path, anchors=None)
    assert run("convert", "--to", "influx", "--battery", "my, own=1", root, "-") == 0
    out, told = capsys.readouterr()
    lines = out.splitlines()
    # The two that have no time are not in it.
    assert len(lines) == 9
    assert lines[2] == (
        "baybridge,battery=my\\,\\ own\\=1,boot=7 seq=2i,uptime_ms=120000i,voltage_v=13.0,"
        "current_a=-36.0,power_w=-468.0,soc_pct=54.0,remaining_ah=111.24,cycles=37i,"
        "cell_1_v=3.25,cell_2_v=3.251,cell_3_v=3.246,cell_4_v=3.25,"
        "temperature_1_c=18.0,temperature_2_c=-3.0,charge_fet=false,discharge_fet=true,"
        'heater=false,balancing=true,protection="01" 1785974380000000000'
    )
    assert "current_a" not in lines[5] and "cell_1_v" not in lines[5]


def test_influx_when_records_share_a_second_then_none_overwrites_another():
    twice = frame(T0, current_a=[1.0, 2.0, 3.0]).with_columns(
        pl.lit(T0, pl.Int64).alias("at_s"), pl.Series("uptime_ms", [500, 700, 900])
    )
    whole = [("house1", twice.head(1)), ("house1", twice.slice(1))]
    lines = "".join(convert.influx(iter(whole))).splitlines()
    assert [line.rsplit(" ", 1)[1] for line in lines] == [
        "1785974360000000000",
        "1785974360200000000",
        "1785974360400000000",
    ]


def test_influx_when_a_text_has_quotes_then_they_are_escaped():
    odd = frame(T0, protection=['0"1\\'])
    line = "".join(convert.influx(iter([("house1", odd)])))
    assert ',protection="0\\"1\\\\" ' in line


def test_convert_when_the_file_exists_then_it_is_left_alone(tmp_path, capsys):
    root = card.write(tmp_path / "card")
    out = tmp_path / "o.parquet"
    out.write_bytes(b"mine")
    assert run("convert", "--to", "parquet", root, out) == 2
    assert out.read_bytes() == b"mine"
    assert capsys.readouterr().err == (
        f"logview: {out}: exists already; remove it or choose another name\n"
    )
