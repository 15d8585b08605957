"""What a figure of `make bench` looks like, on the screen and in build/bench.json."""

import json

import pytest

from tools.bench import __main__ as bench
from tools.bench import report
from tools.bench.report import CannotMeasure, Figure


def printed(figure):
    return "\n".join(figure.lines())


def test_lines_when_the_limit_is_kept_then_it_stands_in_brackets():
    figure = Figure("heap_rom_bytes", 40960)
    assert printed(figure) == "heap_rom_bytes 40960 bytes (<= 40960)"
    assert figure.ok is True


def test_lines_when_less_is_better_and_it_is_more_then_it_misses():
    figure = Figure("heap_rom_bytes", 40961)
    assert printed(figure) == "heap_rom_bytes 40961 bytes (<= 40960) MISSES"
    assert figure.ok is False


def test_lines_when_more_is_better_then_the_limit_is_the_least():
    assert (
        printed(Figure("http_batteries_ratio", 0.9)) == "http_batteries_ratio 0.9 ratio (>= 0.9)"
    )
    missed = Figure("http_batteries_ratio", 0.8999)
    assert printed(missed) == "http_batteries_ratio 0.8999 ratio (>= 0.9) MISSES"


def test_lines_when_zero_is_the_limit_then_zero_keeps_it():
    assert Figure("stale_served_count", 0).ok is True
    assert Figure("stale_served_count", 1).ok is False


def test_lines_when_there_is_no_limit_then_nothing_is_kept_or_missed():
    figure = Figure("heap_per_poll_bytes", 218, ["of 100 cycles"])
    assert printed(figure) == "heap_per_poll_bytes 218 bytes\n    of 100 cycles"
    assert figure.ok is None


def test_lines_when_it_was_not_measured_then_the_reason_is_one_line():
    figure = Figure("heap_rom_bytes", None, why="no VM;\n  see make setup")
    assert printed(figure) == "heap_rom_bytes not measured: no VM; see make setup"


def test_entry_when_measured_then_it_is_as_the_contract_says():
    assert Figure("decode_vs_sok_ble_ratio", 3.5).entry() == {
        "name": "decode_vs_sok_ble_ratio",
        "value": 3.5,
        "unit": "ratio",
        "limit": 3,
        "better": "more",
        "ok": True,
    }


def test_entry_when_not_measured_then_it_is_not_ok_and_says_why():
    entry = Figure("heap_per_poll_bytes", None, why="no VM").entry()
    assert (entry["value"], entry["ok"], entry["why"]) == (None, False, "no VM")


def test_figure_when_the_contract_does_not_know_it_then_it_is_refused():
    with pytest.raises(ValueError, match="heap_rom_kb is not a figure of the contract"):
        Figure("heap_rom_kb", 40)


def test_figure_when_it_has_neither_value_nor_reason_then_it_is_refused():
    with pytest.raises(ValueError, match="a value, or the reason"):
        Figure("heap_rom_bytes", None)


def test_guarded_when_something_is_lacking_then_the_rest_says_so_and_nothing_broke():
    def figures():
        yield Figure("heap_rom_bytes", 1)
        raise CannotMeasure("no MicroPython")

    done = list(report.guarded(("heap_rom_bytes", "heap_ram_bytes"), figures))
    assert [(f.name, f.value, f.why, f.is_broken) for f in done] == [
        ("heap_rom_bytes", 1, None, False),
        ("heap_ram_bytes", None, "no MicroPython", False),
    ]


def test_guarded_when_the_benchmark_fails_then_the_rest_is_broken():
    def figures():
        yield Figure("heap_rom_bytes", 1)
        raise OSError("port in use")

    done = list(report.guarded(("heap_rom_bytes", "heap_ram_bytes"), figures))
    assert [f.is_broken for f in done] == [False, True]
    assert done[1].why == "the benchmark broke: port in use"


def test_guarded_when_a_figure_is_left_out_then_the_benchmark_is_broken():
    done = list(report.guarded(("heap_rom_bytes",), lambda: iter(())))
    assert [(f.value, f.is_broken) for f in done] == [(None, True)]


def test_store_when_other_groups_are_there_then_they_stay(tmp_path):
    path = tmp_path / "build" / "bench.json"
    report.store(path, [Figure("page_gzip_bytes", 7), Figure("heap_rom_bytes", 1)])
    report.store(path, [Figure("heap_rom_bytes", 2)])
    stored = json.loads(path.read_text())
    assert [(e["name"], e["value"]) for e in stored] == [
        ("heap_rom_bytes", 2),
        ("page_gzip_bytes", 7),
    ]


@pytest.mark.parametrize("text", ["", "[{", "{}", "[1]", '[{"name":"gone","value":1}]'])
def test_store_when_the_file_is_no_list_of_figures_then_it_begins_anew(tmp_path, text):
    path = tmp_path / "bench.json"
    path.write_text(text)
    report.store(path, [Figure("heap_rom_bytes", 2)])
    assert [entry["name"] for entry in json.loads(path.read_text())] == ["heap_rom_bytes"]


def group_of(monkeypatch, tmp_path, *figures):
    monkeypatch.setattr(bench, "OUTPUT", tmp_path / "bench.json")
    monkeypatch.setattr(report, "GROUPS", {"foundation": [(f.name,) for f in figures]})
    module = type("Module", (), {"figures": staticmethod(lambda: iter(figures))})
    monkeypatch.setattr(bench.importlib, "import_module", lambda name: module)


def test_main_when_a_figure_misses_then_the_status_is_still_0(monkeypatch, tmp_path, capsys):
    group_of(monkeypatch, tmp_path, Figure("heap_rom_bytes", 99999))
    assert bench.main(["foundation"]) == 0
    assert "MISSES" in capsys.readouterr().out
    assert json.loads((tmp_path / "bench.json").read_text())[0]["ok"] is False


def test_main_when_a_benchmark_broke_then_the_status_is_1(monkeypatch, tmp_path):
    broken = Figure("heap_rom_bytes", None, why="it fell over", is_broken=True)
    group_of(monkeypatch, tmp_path, broken)
    assert bench.main(["foundation"]) == 1


def test_main_when_the_group_is_unknown_then_the_status_is_2(capsys):
    assert bench.main(["speed"]) == 2
    assert "no group speed; there are: foundation link harness" in capsys.readouterr().err
