"""A battery's sound records as polars frames, one block after the other: memory stays bounded.

Every frame has `at_s` (Unix seconds, placed by the anchors where the record has no time; null
where nobody knows), boot, seq, uptime_ms and the file's other columns, typed by their names.
A line that is not as it was written, and one that was written twice, is left out and counted.
"""

import io

import polars as pl

from baybridge.record import calendar
from tools.logview.wording import counted

_INTEGERS = ("boot", "seq", "uptime_ms", "cycles")
FLAGS = ("charge_fet", "discharge_fet", "heater", "balancing")
_FLOAT_ENDS = ("_v", "_a", "_w", "_ah", "_wh", "_pct", "_c", "_mohm", "_s", "_mv")
# A batch that is written again after a card's error follows itself this closely.
_TWICE_WITHIN = 4096
_MAX_WAITING = 200_000
_KEYS = ("boot", "seq", "uptime_ms")


class Tally:
    """What was left out of the frames, and how many records are in them."""

    def __init__(self):
        self.records = 0
        self.bad = 0
        self.twice = 0
        self.placed = 0
        self.unplaced = 0

    def lines(self):
        """Yield what a reader has to know about what is not shown."""
        if self.bad:
            yield f"{counted(self.bad, 'bad line')} left out (`check` lists them)"
        if self.twice:
            yield f"{counted(self.twice, 'record')} written twice, counted once"
        if self.placed:
            placed = counted(self.placed, "record")
            yield f"{placed} from before the time was known, placed by anchors"
        if self.unplaced:
            unplaced = counted(self.unplaced, "record")
            yield f"{unplaced} without a time, and no anchor to place them"


def type_of(name):
    """Return the polars type of a column, by its name."""
    if name in _INTEGERS:
        return pl.Int64
    if name in FLAGS:
        return pl.Boolean
    return pl.Float64 if name.endswith(_FLOAT_ENDS) else pl.String


def columns_of(battery):
    """Return the names of all columns of a battery's files, each once, without the time."""
    found = []
    for log in battery.logs:
        skipped = ("time", log.columns.note, *found)
        found += [name for name in log.columns.names if name not in skipped]
    # A file with other cells than the one before must not put its cells behind the flags.
    return sorted(found, key=_group)


_GROUPS = (
    (*_KEYS, "voltage_v", "current_a", "power_w", "soc_pct", "remaining_ah", "cycles"),
    ("cell_",),
    ("temperature_",),
    ("tap_",),
    (*FLAGS, "protection", "alarms"),
)


def _group(name):
    return next((i for i, group in enumerate(_GROUPS) if name.startswith(group)), len(_GROUPS))


def harness_cells(names):
    """Return {name: expression} of the cells between the taps, in volts; tap 0 is B-."""
    below = pl.lit(0.0)
    cells = {}
    for name in names:
        if name.startswith("tap_"):
            cells[f"harness_cell_{name[4:]}"] = (pl.col(name) - below).round(3)
            below = pl.col(name)
    return cells


def apart(names):
    """Return {name: expression} of what the harness says of a cell less what the BMS says, mV."""
    return {
        f"harness_less_bms_{name[13:-2]}_mv": ((cell - pl.col(name[8:])) * 1000).round()
        for name, cell in harness_cells(names).items()
        if name[8:] in names
    }


def frames(battery, tally, progress=None, since_s=None, until_s=None):
    """Yield the frames of a battery's files in their order.

    With a span, records without a time are left out: nobody knows whether they belong to it.
    """

    seen = None
    for frame in _spliced(battery, tally, progress):
        frame, seen = _once(frame, seen, tally)
        if since_s is not None or until_s is not None:
            low = -(1 << 62) if since_s is None else since_s
            high = 1 << 62 if until_s is None else until_s
            frame = frame.filter(pl.col("at_s").is_between(low, high, closed="left"))
        tally.records += frame.height
        if frame.height:
            yield frame


def _spliced(battery, tally, progress):
    """Yield the frames of all files, those of a boot's undated file before its dated records."""

    def tell(number, offset, kind, text):
        tally.bad += kind != "end"

    # Boot -> frames of its undated file. One that is long does not wait: memory is bounded.
    waiting = {}
    rows = 0
    for log in battery.logs:
        for bodies in log.sound(tell, progress):
            frame = _placed(_parsed(log.columns, bodies), battery.anchors, tally)
            boot, _, _, time = log.first
            if boot is not None and time is None and rows + frame.height <= _MAX_WAITING:
                rows += frame.height
                waiting.setdefault(boot, []).append(frame)
                continue
            for boot in sorted(waiting):
                is_later = (frame["boot"] >= boot).fill_null(False)
                begins = is_later.arg_max()
                if is_later[begins]:
                    if begins:
                        yield frame.head(begins)
                    yield from waiting.pop(boot)
                    frame = frame.slice(begins)
            yield frame
    for boot in sorted(waiting):
        yield from waiting[boot]


def _parsed(columns, bodies):
    # Flags are read as numbers: polars takes only "true" and "false" for truth.
    schema = {
        name: pl.Int8 if name in FLAGS else pl.String if name == "time" else type_of(name)
        for name in columns.names
    }
    frame = pl.read_csv(
        io.BytesIO(b"\n".join(bodies)),
        has_header=False,
        schema=schema,
        quote_char=None,
        ignore_errors=True,
        low_memory=True,
    )
    return frame.with_columns(
        pl.col("time")
        .str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="ms", strict=False)
        .dt.epoch("s")
        .alias("at_s"),
        *[pl.col(name).cast(pl.Boolean) for name in FLAGS if name in schema],
    ).drop("time", *[columns.note] if columns.note else [])


def _placed(frame, anchors, tally):
    unknown = frame["at_s"].null_count()
    if not unknown:
        return frame
    found = []
    for at_s, boot, uptime_ms in frame.select("at_s", "boot", "uptime_ms").iter_rows():
        if at_s is None and boot is not None and uptime_ms is not None:
            time = anchors.time_of(boot, uptime_ms)
            at_s = calendar.unix_s(time) if time else None
        found.append(at_s)
    frame = frame.with_columns(pl.Series("at_s", found, pl.Int64))
    left = frame["at_s"].null_count()
    tally.placed += unknown - left
    tally.unplaced += left
    return frame


def _once(frame, seen, tally):
    """Return the frame without records that were written twice, and the keys seen last."""
    keys = frame.select(_KEYS)
    joined = keys if seen is None else pl.concat([seen, keys])
    is_plain = joined.select(
        ((pl.col("seq").diff() == 1) & (pl.col("boot").diff() == 0)).slice(1).all()
    ).item()
    if not is_plain:
        is_first = joined.select(pl.struct(_KEYS).is_first_distinct()).to_series()
        is_first = is_first.tail(frame.height)
        if not is_first.all():
            tally.twice += frame.height - int(is_first.sum())
            frame = frame.filter(is_first)
    return frame, joined.tail(_TWICE_WITHIN)
