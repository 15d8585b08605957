"""The page's figures: its size, and what it and its clients cost the bridge."""

import importlib
import importlib.util
from pathlib import Path

from tools import build_page
from tools.bench.report import CannotMeasure, Figure, guarded

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "build" / "www" / "index.html.gz"

# Module of tools.bench -> the figures it yields.
PARTS = (
    ("page_load", ("http_page_ratio", "heap_highwater_clients_bytes")),
    ("page_fuzz", ("fuzz_requests_tried", "fuzz_other_client_worst_s")),
)


def figures():
    yield from guarded(("page_gzip_bytes",), _size_figures)
    for name, names in PARTS:
        yield from guarded(names, lambda name=name: _figures_of(name))


def _size_figures():
    try:
        build_page.build()
    except build_page.PageError as exc:
        raise CannotMeasure(str(exc)) from exc
    yield Figure("page_gzip_bytes", PAGE.stat().st_size)


def _figures_of(name):
    if importlib.util.find_spec(f"tools.bench.{name}") is None:
        raise CannotMeasure(f"tools/bench/{name}.py is not there yet")
    yield from importlib.import_module(f"tools.bench.{name}").figures()
