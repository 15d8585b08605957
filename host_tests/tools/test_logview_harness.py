"""`logview` and the columns of taps and alarms: a card of day and of before they were written."""

import json
import re

import polars as pl

from host_tests.tools import logview_card as card
from tools.logview import check, cli, columns

HEADER = (
    b"time,boot,seq,uptime_ms,voltage_v,current_a,power_w,soc_pct,remaining_ah,cycles,"
    b"cell_1_v,cell_2_v,cell_3_v,cell_4_v,temperature_1_c,temperature_2_c,"
    b"tap_1_v,tap_2_v,tap_3_v,tap_4_v,charge_fet,discharge_fet,heater,balancing,protection,alarms,"
    b"baybridge_0.1.0_record_10s_fast_2s_rest_60s_flush_30s,crc"
)
# Taps 1 and 3 are 10 mV high in the first, taps 2 and 3 are not measured in the third, and the
# BMS is silent in the last.
LINES = (
    b"2026-08-07T00:00:00Z,9,0,10000,13.000,36.000,468.0,54,111.240,37,3.250,3.251,3.246,3.250,"
    b"18,-3,3.260,6.501,9.757,13.007,1,1,0,0,00,,,36ebf2fc",
    b"2026-08-07T00:00:10Z,9,1,20000,13.000,36.000,468.0,54,111.240,37,3.250,3.251,3.246,3.250,"
    b"18,-3,3.250,6.501,9.747,12.997,1,1,0,0,00,cell_ov harness_tap_open,,8b37df4f",
    b"2026-08-07T00:00:20Z,9,2,30000,13.000,36.000,468.0,54,111.240,37,3.250,3.251,3.246,3.250,"
    b"18,-3,3.250,,,12.997,1,1,0,0,00,cell_ov,,a299b819",
    b"2026-08-07T00:00:30Z,9,3,40000,,,,,,,,,,,,,3.250,6.501,9.747,12.997,,,,,,stale,,a1920ef7",
)
FILES = {**card.FILES, "2026-08-07.csv": card.log(*LINES, header=HEADER)}


def run(command, *args):
    return cli.main([command, *map(str, args)])


def summary_of(folder, capsys):
    assert run("summary", folder) == 0
    return capsys.readouterr().out.splitlines()


def fitted(header, lines):
    """Return (names, problems) of a header with these records behind it."""
    found = columns.parse(header, [line + b"\r\n" for line in lines])
    return (*found.names, "crc"), found.problems


def test_check_when_old_and_new_files_are_on_one_card_then_all_is_clean(tmp_path):
    lines = []
    report = check.run([card.write(tmp_path, FILES)], lines.append)
    assert (report.findings, report.records) == (0, 15)
    assert lines[-1] == "clean: 15 sound records in 4 files, nothing missing"


def test_columns_when_the_header_is_damaged_then_records_tell_cells_taps_and_alarms():
    broken = HEADER.replace(b"tap_3_v", b"tap_3_w").replace(b"alarms", b"alarm5")
    names, problems = fitted(broken, LINES)
    assert b",".join(name.encode() for name in names) == HEADER.replace(
        b"baybridge_0.1.0_record_10s_fast_2s_rest_60s_flush_30s", b"baybridge"
    )
    assert problems == [
        'the header line is damaged ("tap_3_w" for "tap_3_v", "alarm5" for "alarms"); '
        "columns taken from the records"
    ]


def test_columns_when_an_old_header_is_damaged_then_no_column_of_alarms():
    old = [card.RECORDS[7, n] for n in range(7)]
    names, problems = fitted(card.HEADER.replace(b"heater", b"heatex"), old)
    assert names[14:] == (
        "temperature_1_c",
        "temperature_2_c",
        "charge_fet",
        "discharge_fet",
        "heater",
        "balancing",
        "protection",
        "baybridge",
        "crc",
    )
    assert len(problems) == 1


def test_columns_when_there_is_no_header_at_all_then_by_the_records():
    for lines, header in ((LINES, HEADER), ([card.RECORDS[7, 2]], card.HEADER)):
        names, _ = fitted(b"\xff\xfe", lines)
        assert names[:-2] == tuple(header.decode().split(",")[:-2])


def test_columns_when_taps_are_counted_wrongly_then_that_is_strange():
    for name in (b"tap_5_v", b"tap_0_v", b"tap_1_v", b"tap_02_v"):
        names, problems = fitted(HEADER.replace(b"tap_2_v", name), ())
        assert name.decode() in problems[0]


def test_summary_when_taps_and_alarms_are_there_then_their_numbers(tmp_path, capsys):
    lines = summary_of(card.write(tmp_path, {"2026-08-07.csv": FILES["2026-08-07.csv"]}), capsys)
    rows = [re.sub(" +", " ", line.strip()) for line in lines]
    assert rows[-3:] == [
        "alarm cell_ov 20 s",
        "alarm harness_tap_open 10 s",
        "longest step 10 s between two records, 2026-08-07T00:00:00Z to 2026-08-07T00:00:10Z",
    ]
    assert "tap_1_v 3.250 3.252 3.260" in rows
    # Cell 1 was 10 mV higher there than in the BMS, cell 2 as much lower.
    assert "harness_less_bms_1_mv 0 2.5 10" in rows
    assert "harness_less_bms_2_mv -10 -5.0 0" in rows


def test_summary_when_only_old_files_are_there_then_not_a_word_of_either(tmp_path, capsys):
    text = "\n".join(summary_of(card.write(tmp_path), capsys))
    assert "tap" not in text and "alarm" not in text and "harness" not in text


def test_plot_when_taps_are_there_then_what_they_say_of_cells_and_a_bar_of_alarms(tmp_path):
    root = card.write(tmp_path, {"2026-08-07.csv": FILES["2026-08-07.csv"]})
    assert run("plot", root, "--out", tmp_path / "p") == 0
    text = (tmp_path / "p-house1.html").read_text(encoding="utf-8")
    values = json.loads(re.search(r"^const chart = (.*);$", text, re.M)[1])
    titles = re.findall(r'aria-label="([^"]*)"', text)
    assert titles == [
        "voltage, V",
        "current (charging positive), A",
        "cells, V",
        "spread of the cells, mV",
        "cells by the harness, V",
        "harness less BMS, mV",
        "temperature, °C",
        "state of charge, %",
        "states, alarms and protection",
    ]
    by_harness, apart = values["panels"][4:6]
    assert [line["label"] for line in by_harness] == ["cell 1", "cell 2", "cell 3", "cell 4"]
    assert by_harness[1]["lows"] == [3.241, 3.251, None, 3.251]
    assert [line["lows"] for line in apart[:2]] == [[10, 0, 0, None], [-10, 0, None, None]]
    assert values["lanes"][0] == {"label": "alarms", "states": [0, 1, 1, 1]}


def test_plot_when_no_alarm_ever_stood_then_an_empty_bar_says_so(tmp_path):
    root = card.write(tmp_path, {"2026-08-07.csv": card.log(LINES[0], header=HEADER)})
    assert run("plot", root, "--out", tmp_path / "p") == 0
    text = (tmp_path / "p-house1.html").read_text(encoding="utf-8")
    values = json.loads(re.search(r"^const chart = (.*);$", text, re.M)[1])
    assert values["lanes"][0] == {"label": "alarms", "states": [0]}


def test_parquet_when_only_some_files_have_the_columns_then_null_in_the_others(tmp_path):
    root = card.write(tmp_path / "card", FILES)
    assert run("convert", "--to", "parquet", root, tmp_path / "o.parquet") == 0
    table = pl.read_parquet(tmp_path / "o.parquet").sort("boot", "seq")
    names = list(table.columns)
    assert names[names.index("temperature_2_c") + 1 :] == [
        "tap_1_v",
        "tap_2_v",
        "tap_3_v",
        "tap_4_v",
        "charge_fet",
        "discharge_fet",
        "heater",
        "balancing",
        "protection",
        "alarms",
    ]
    assert table["tap_2_v"].to_list() == [None] * 11 + [6.501, 6.501, None, 6.501]
    assert table["alarms"].to_list()[11:] == [None, "cell_ov harness_tap_open", "cell_ov", "stale"]
    assert table["protection"].to_list()[10:] == ["00", "00", "00", "00", None]


def test_influx_when_there_are_taps_and_alarms_then_they_are_fields(tmp_path):
    root = card.write(tmp_path / "card", {"2026-08-07.csv": FILES["2026-08-07.csv"]})
    assert run("convert", "--to", "influx", root, tmp_path / "o.lp") == 0
    second = (tmp_path / "o.lp").read_text().splitlines()[1]
    assert "tap_4_v=12.997," in second
    assert ',alarms="cell_ov harness_tap_open" ' in second


def test_merge_when_old_and_new_files_are_of_one_day_then_two_parts(tmp_path, capsys):
    # The board was updated at noon: the second card has the same day with more columns.
    day = (
        b"2026-08-07T00:10:30Z,8,3,50000,13.000,0.000,0.0,54,111.240,37,"
        b"3.250,3.251,3.246,3.250,18,-3,1,1,0,0,00,,041e8d9e"
    )
    first = card.write(tmp_path / "a", {"2026-08-07.csv": card.log(day)})
    second = card.write(tmp_path / "b", {"2026-08-07.csv": FILES["2026-08-07.csv"]})
    assert run("merge", first, second, tmp_path / "out") == 0
    folder = tmp_path / "out" / "baybridge" / "house1"
    assert sorted(path.name for path in folder.iterdir()) == ["2026-08-07-2.csv", "2026-08-07.csv"]
    assert (folder / "2026-08-07-2.csv").read_bytes() == FILES["2026-08-07.csv"]
