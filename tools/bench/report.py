"""The figures' names and limits, how one is printed, and how they reach build/bench.json.

Names and limits are the contract (`make bench` in the product's public contract), so that a
figure can be followed from one version to the next; a name that is not in the table is refused.
"""

import json
import traceback
from pathlib import Path

LESS = "less"
MORE = "more"

# Group -> rows of (name, unit, limit, which way is better).
GROUPS = {
    "foundation": (
        ("heap_rom_bytes", "bytes", 40960, LESS),
        ("heap_ram_bytes", "bytes", 114688, LESS),
        ("heap_drift_10min_bytes", "bytes", 512, LESS),
        ("heap_per_poll_bytes", "bytes", None, LESS),
        ("http_batteries_ratio", "ratio", 0.9, MORE),
        ("decode_vs_sok_ble_ratio", "ratio", 3, MORE),
        ("decode_vs_aiobmsble_ratio", "ratio", 3, MORE),
    ),
    "link": (
        ("fault_steps_tried", "count", None, None),
        ("fault_steps_recovered_ratio", "ratio", 1, MORE),
        ("stale_served_count", "count", 0, LESS),
        ("month_availability_pct", "pct", 99.9, MORE),
        ("month_longest_gap_s", "s", None, LESS),
        ("reconnect_p50_s", "s", None, LESS),
        ("reconnect_p95_s", "s", 30, LESS),
        ("month_heap_drift_bytes", "bytes", 1024, LESS),
    ),
    "harness": (
        ("tap_error_p95_mv_1", "mV", 25, LESS),
        ("tap_error_p95_mv_2", "mV", 25, LESS),
        ("tap_error_p95_mv_3", "mV", 25, LESS),
        ("tap_error_p95_mv_4", "mV", 25, LESS),
        ("tap_false_spread_p95_mv", "mV", 28, LESS),
        ("tap_error_fitted_p95_mv", "mV", 8, LESS),
        ("wiring_found_ratio", "ratio", 0.99, MORE),
        ("wiring_false_per_day", "1/day", 0.001, LESS),
        ("adc_heap_per_burst_bytes", "bytes", 0, LESS),
        ("adc_longest_block_ms", "ms", 5, LESS),
    ),
    "log": (
        ("power_cuts_tried", "count", None, None),
        ("power_cut_records_lost", "count", 0, LESS),
        ("kill9_records_lost", "count", 0, LESS),
        ("log_blocks_ratio_open_append", "ratio", 0.4, LESS),
        ("log_blocks_ratio_flush_row", "ratio", 0.4, LESS),
        ("log_heap_per_record_bytes", "bytes", None, LESS),
        ("log_longest_stall_ms", "ms", None, LESS),
        ("logview_10m_lines_peak_mb", "MB", 300, LESS),
    ),
    "page": (
        ("page_gzip_bytes", "bytes", 49152, LESS),
        ("http_page_ratio", "ratio", 0.9, MORE),
        ("heap_highwater_clients_bytes", "bytes", 24576, LESS),
        ("fuzz_requests_tried", "count", None, None),
        ("fuzz_other_client_worst_s", "s", 1, LESS),
    ),
    "board": (
        ("mpy_total_bytes", "bytes", None, LESS),
        ("start_to_http_s", "s", None, LESS),
        ("deploy_interruptions_tried", "count", None, None),
        ("deploy_mixed", "count", 0, LESS),
        ("update_cuts_tried", "count", None, None),
        ("update_bricked", "count", 0, LESS),
    ),
}
_ROWS = {row[0]: row for rows in GROUPS.values() for row in rows}
_ORDER = list(_ROWS)


class CannotMeasure(Exception):
    """Something this machine lacks; the text says what. Not a failure of the benchmark."""


class Figure:
    """One measured value, or with value None the reason why there is none.

    details are lines a reader may want beside it; they are printed and not stored. is_broken
    says that the benchmark itself failed.
    """

    def __init__(self, name, value, details=(), why=None, is_broken=False):
        if name not in _ROWS:
            raise ValueError(f"{name} is not a figure of the contract")
        if (value is None) == (why is None):
            raise ValueError(f"{name}: a value, or the reason why there is none")
        self.name, self.unit, self.limit, self.better = _ROWS[name]
        self.value = value
        self.details = details
        self.why = why
        self.is_broken = is_broken

    @property
    def ok(self):
        """True or False against the limit, None without one; not measured is False."""
        if self.value is None:
            return False
        if self.limit is None:
            return None
        return self.value <= self.limit if self.better == LESS else self.value >= self.limit

    def lines(self):
        """Yield what is printed."""
        if self.value is None:
            # The reason may be a tool's whole last words; one line a figure.
            yield f"{self.name} not measured: {' '.join(self.why.split())}"
        else:
            line = f"{self.name} {_shown(self.value)} {self.unit}"
            if self.limit is not None:
                line += f" ({'<=' if self.better == LESS else '>='} {_shown(self.limit)})"
            yield line + (" MISSES" if self.ok is False else "")
        for detail in self.details:
            yield f"    {detail}"

    def entry(self):
        """Return the object for bench.json."""
        entry = {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "limit": self.limit,
            "better": self.better,
            "ok": self.ok,
        }
        if self.why is not None:
            entry["why"] = " ".join(self.why.split())
        return entry


def _shown(value):
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def guarded(names, figures):
    """Yield the figures of these names from figures(), one for each whatever happens.

    CannotMeasure leaves the rest of them without value; any other exception also marks them
    as broken, so that one failure costs no other figure.
    """
    missing = list(names)
    why = "it was not measured"
    is_broken = True
    try:
        for figure in figures():
            missing.remove(figure.name)
            yield figure
    except CannotMeasure as exc:
        why = str(exc)
        is_broken = False
    except Exception as exc:
        traceback.print_exc()
        why = f"the benchmark broke: {exc}"
    for name in missing:
        yield Figure(name, None, why=why, is_broken=is_broken)


def store(path: Path, figures):
    """Put figures into the file; entries of other names stay, the order is the table's."""
    entries = {entry["name"]: entry for entry in _stored(path)}
    for figure in figures:
        entries[figure.name] = figure.entry()
    known = [entries[name] for name in _ORDER if name in entries]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(known, indent=1) + "\n")


def _stored(path):
    # A file of an interrupted run or another hand is no reason to measure nothing.
    try:
        stored = json.loads(path.read_text())
    except (OSError, ValueError):
        return []
    if not isinstance(stored, list):
        return []
    return [entry for entry in stored if isinstance(entry, dict) and entry.get("name") in _ROWS]
