"""`summary`: a battery's log in numbers, gathered frame by frame.

Charge and energy are integrated (trapezoids) over neighbouring records only: same boot, `seq`
without a gap, no further apart than the schedule leaves them, current known in both. What lies
between is left out and said. Durations come from uptime_ms, which a stepped clock does not bend.
"""

import polars as pl

from baybridge.record import calendar
from tools.logview import frames
from tools.logview.progress import Progress
from tools.logview.wording import counted, duration, ranges

_STATES = (
    ("protection", "protection active"),
    ("charge_fet", "charge FET off"),
    ("discharge_fet", "discharge FET off"),
    ("heater", "heater on"),
    ("balancing", "balancing"),
)
_SHIFTED = (*[name for name, _ in _STATES], "alarms")


class Summary:
    """The numbers of one battery; add() takes its frames in order."""

    def __init__(self, max_step_s=900):
        self.max_step_ms = max_step_s * 1000
        self.first_s = self.last_s = None
        self.boots = set()
        # Name -> [count, sum, min, max], and [value times seconds, seconds] for the mean: records
        # stand closer together while values move, so the mean of the records is not that of the
        # time.
        self.stats = {}
        self.weighted = {}
        self.in_ah = self.out_ah = self.in_wh = self.out_wh = 0.0
        self.covered_s = self.unknown_s = 0.0
        self.gaps = 0
        self.gap_s = 0.0
        # (seconds, from, to) with Unix seconds, None where unknown.
        self.longest_gap = None
        self.states_s = {}
        # Code of an alarm -> seconds in which it stood.
        self.alarms_s = {}
        self._last = None

    def add(self, frame):
        """Take the next frame."""
        cells = [name for name in frame.columns if name.startswith("cell_")]
        if cells:
            every = pl.all_horizontal(pl.col(cells).is_not_null())
            spread = pl.max_horizontal(cells) - pl.min_horizontal(cells)
            frame = frame.with_columns(
                pl.when(every).then((spread * 1000).round()).alias("spread_mv")
            )
        frame = frame.with_columns(**frames.apart(frame.columns))
        at_s = frame["at_s"]
        if at_s.null_count() < at_s.len():
            self.first_s = min(x for x in (self.first_s, at_s.min()) if x is not None)
            self.last_s = max(x for x in (self.last_s, at_s.max()) if x is not None)
        self.boots.update(frame["boot"].unique().to_list())
        self._add_stats(frame)
        for name in ("current_a", "power_w"):
            if name not in frame.columns:
                frame = frame.with_columns(pl.lit(None, pl.Float64).alias(name))
        if self._last is not None:
            frame = pl.concat([self._last, frame], how="diagonal")
        self._last = frame.tail(1)
        if frame.height > 1:
            self._add_steps(frame)

    def _add_stats(self, frame):
        numbers = [
            name
            for name, kind in frame.schema.items()
            if kind == pl.Float64 and frame[name].null_count() < frame.height
        ]
        row = frame.select(
            *[pl.col(name).count().alias(f"{name} count") for name in numbers],
            *[pl.col(name).sum().alias(f"{name} sum") for name in numbers],
            *[pl.col(name).min().alias(f"{name} min") for name in numbers],
            *[pl.col(name).max().alias(f"{name} max") for name in numbers],
        ).to_dicts()[0]
        for name in numbers:
            count, total, low, high = (row[f"{name} {x}"] for x in ("count", "sum", "min", "max"))
            stat = self.stats.get(name)
            if stat is None:
                self.stats[name] = [count, total, low, high]
            else:
                stat[:] = [
                    stat[0] + count,
                    stat[1] + total,
                    min(stat[2], low),
                    max(stat[3], high),
                ]

    def _add_steps(self, frame):
        is_same_boot = pl.col("boot").diff() == 0
        is_next = is_same_boot & (pl.col("seq").diff() == 1)
        step_ms = pl.col("uptime_ms").diff()
        numbers = [name for name in self.stats if name in frame.columns]
        steps = frame.with_columns(
            (is_next & step_ms.is_between(0, self.max_step_ms)).fill_null(False).alias("ok"),
            pl.when(is_same_boot & (step_ms >= 0))
            .then(step_ms / 1000)
            .otherwise(pl.col("at_s").diff().cast(pl.Float64))
            .alias("step_s"),
            pl.col("at_s").shift().alias("from_s"),
            pl.col(*[name for name in _SHIFTED if name in frame.columns], *numbers)
            .shift()
            .name.prefix("was "),
        )
        steps = steps.with_columns(*_halves("current_a", "ah"), *_halves("power_w", "wh")).slice(1)
        good = steps.filter("ok")
        sums = good.select(pl.col("in_ah", "out_ah", "in_wh", "out_wh", "step_s").sum())
        in_ah, out_ah, in_wh, out_wh, covered_s = sums.row(0)
        self.in_ah += in_ah
        self.out_ah += out_ah
        self.in_wh += in_wh
        self.out_wh += out_wh
        self.covered_s += covered_s
        self.unknown_s += good.filter(pl.col("in_ah").is_null())["step_s"].sum()
        for name, _ in _STATES:
            if name in frame.columns:
                active = good.filter(_is_active(name, "was " + name))
                self.states_s[name] = self.states_s.get(name, 0) + active["step_s"].sum()
        if "alarms" in frame.columns:
            self._add_alarms(good)
        self._add_weighted(good)
        self._add_gaps(steps.filter(~pl.col("ok")))
        self._add_longest(steps)

    def _add_alarms(self, good):
        stood = good.filter(pl.col("was alarms").is_not_null()).select(
            pl.col("was alarms").str.split(" ").alias("code"), "step_s"
        )
        for code, step_s in stood.explode("code").group_by("code").sum().iter_rows():
            self.alarms_s[code] = self.alarms_s.get(code, 0) + step_s

    def _add_weighted(self, good):
        names = [name for name in self.stats if "was " + name in good.columns]
        middle = {name: (pl.col(name) + pl.col("was " + name)) / 2 for name in names}
        both = {name: pl.col("step_s").filter(middle[name].is_not_null()) for name in names}
        row = good.select(
            *[(middle[name] * pl.col("step_s")).sum().alias(name) for name in names],
            *[both[name].sum().alias("s " + name) for name in names],
        ).row(0, named=True)
        for name in names:
            sums = self.weighted.setdefault(name, [0.0, 0.0])
            sums[0] += row[name]
            sums[1] += row["s " + name]

    def mean(self, name):
        """Return the mean over the time, or over the records where no two are neighbours."""
        total, seconds = self.weighted.get(name, (0, 0))
        if not seconds:
            count, total, _, _ = self.stats[name]
            seconds = count
        return total / seconds

    def _add_gaps(self, missed):
        self.gaps += missed.height
        self.gap_s += missed["step_s"].clip(0).sum()

    def _add_longest(self, steps):
        longest = steps.sort("step_s", descending=True, nulls_last=True).row(0, named=True)
        if longest["step_s"] is not None and longest["step_s"] > (self.longest_gap or (0,))[0]:
            self.longest_gap = (longest["step_s"], longest["from_s"], longest["at_s"])

    def lines(self):
        """Yield the text for a person."""
        span = "no record has a time"
        if self.first_s is not None:
            span = f"{calendar.iso_utc(self.first_s)} to {calendar.iso_utc(self.last_s)}"
            span += f" ({duration(self.last_s - self.first_s)})"
        yield f"  span           {span}; boots {ranges(self.boots)}"
        yield "                        min       mean        max"
        for name in ordered(self.stats):
            _, _, low, high = self.stats[name]
            digits = 0 if name.endswith(("_pct", "_c", "_mv")) else 3
            mean = self.mean(name)
            low, high = f"{low:.{digits}f}", f"{high:.{digits}f}"
            yield f"  {name:<16} {low:>10} {mean:>10.{max(digits, 1)}f} {high:>10}"
        yield f"  charge           in {self.in_ah:.3f} Ah, out {self.out_ah:.3f} Ah"
        yield f"  energy           in {self.in_wh:.1f} Wh, out {self.out_wh:.1f} Wh"
        yield f"                   over {duration(self.covered_s)} of neighbouring records"
        if self.unknown_s >= 0.5:
            unknown = duration(self.unknown_s)
            yield f"                   {unknown} of it without a current, left out"
        if self.gaps:
            gaps = counted(self.gaps, "gap")
            yield f"                   {gaps}, {duration(self.gap_s)}, left out"
        for name, text in _STATES:
            if name in self.states_s:
                yield f"  {text:<18} {duration(self.states_s[name])}"
        for code in sorted(self.alarms_s):
            yield f"  alarm {code} {duration(self.alarms_s[code])}"
        if self.longest_gap:
            long_s, from_s, to_s = self.longest_gap
            between = ""
            if from_s is not None and to_s is not None:
                between = f", {calendar.iso_utc(from_s)} to {calendar.iso_utc(to_s)}"
            yield f"  longest step     {duration(long_s)} between two records{between}"


def run(batteries, write, max_step_s=None, since_s=None, until_s=None):
    """Print the summary of each battery; return the Summary objects by name."""
    found = {}
    with Progress(sum(battery.size for battery in batteries), "reading") as progress:
        for battery in batteries:
            tally = frames.Tally()
            summary = found[battery.name] = Summary(max_step_s or battery.max_step_s)
            for frame in frames.frames(battery, tally, progress, since_s, until_s):
                summary.add(frame)
            progress.clear()
            files = counted(len(battery.logs), "file")
            write(f"{battery.name}: {files}, {counted(tally.records, 'record')}")
            for line in tally.lines():
                write(f"  note: {line}")
            if tally.records:
                for line in summary.lines():
                    write(line)
    return found


def _halves(name, unit):
    """Return expressions of what flowed in and out since the record before, in hours' units."""
    a, b = pl.col(name).shift(), pl.col(name)
    hours = pl.col("step_s") / 3600
    mean = (a + b) / 2
    # Where the sign changes the trapezoid is two triangles that meet where it is nought.
    both = a.abs() + b.abs()
    crosses = a * b < 0
    high, low = pl.max_horizontal(a, b), pl.min_horizontal(a, b)
    known = a.is_not_null() & b.is_not_null()
    flow_in = pl.when(crosses).then(high * high / both / 2).otherwise(mean.clip(0))
    flow_out = pl.when(crosses).then(low * low / both / 2).otherwise((-mean).clip(0))
    return (
        pl.when(known).then(flow_in * hours).alias(f"in_{unit}"),
        pl.when(known).then(flow_out * hours).alias(f"out_{unit}"),
    )


def _is_active(name, column):
    if name == "protection":
        return pl.col(column).str.contains("[1-9a-f]").fill_null(False)
    if name.endswith("_fet"):
        return (~pl.col(column)).fill_null(False)
    return pl.col(column).fill_null(False)


def ordered(names):
    """Return names of columns in the order of the log, the spread after the cells."""
    names = list(names)
    if "spread_mv" in names:
        names.remove("spread_mv")
        last = max(i for i, name in enumerate(names) if name.startswith("cell_"))
        names.insert(last + 1, "spread_mv")
    return names
