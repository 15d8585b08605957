"""A log of any length as a few thousand buckets, each with the least and the most of a value.

One pass: buckets begin one second wide, and every time there are too many, neighbours are joined
in pairs. So a spike of one record stays to be seen in a plot of a year.
"""

import polars as pl

from tools.logview import frames

_NUMBERS = ("voltage_v", "current_a", "soc_pct", "spread_mv")
_DRAWN = ("cell_", "temperature_", "harness_")
_INVERTED = ("charge_fet", "discharge_fet")


class Buckets:
    """Collects frames; `limit` is how many buckets there may be in the end."""

    def __init__(self, limit=2000):
        self.limit = limit
        self.width_s = 1
        # The first and the last moment of a record.
        self.first_s = self.last_s = None
        self._table = None
        # Without a single known time the axis is the uptime, boots one after the other.
        self.is_uptime = None
        self._boot = None
        self._base_s = 0
        self._high_s = 0

    def add(self, frame):
        """Take the next frame of a battery."""
        if self.is_uptime is None:
            self.is_uptime = frame["at_s"].null_count() == frame.height
        if self.is_uptime and frame["at_s"].null_count() < frame.height:
            # The clock became known after all: what came before it cannot be placed beside it.
            self.is_uptime = False
            self._table = self.first_s = self.last_s = None
            self.width_s = 1
        frame = self._with_x(frame).filter(pl.col("x_s").is_not_null())
        if not frame.height:
            return
        low_s, high_s = frame["x_s"].min(), frame["x_s"].max()
        self.first_s = low_s if self.first_s is None else min(self.first_s, low_s)
        self.last_s = high_s if self.last_s is None else max(self.last_s, high_s)
        cells = [name for name in frame.columns if name.startswith("cell_")]
        if cells:
            every = pl.all_horizontal(pl.col(cells).is_not_null())
            spread = (pl.max_horizontal(cells) - pl.min_horizontal(cells)) * 1000
            frame = frame.with_columns(pl.when(every).then(spread.round()).alias("spread_mv"))
        # What is drawn of taps is what they say about cells.
        frame = frame.with_columns(
            **frames.harness_cells(frame.columns), **frames.apart(frame.columns)
        )
        names = [n for n in frame.columns if n in _NUMBERS or n.startswith(_DRAWN)]
        states = [n for n in (*frames.FLAGS, "protection", "alarms") if n in frame.columns]
        fresh = (
            frame.group_by((pl.col("x_s") // self.width_s).alias("bucket"))
            .agg(
                *[pl.col(name).min().alias("min " + name) for name in names],
                *[pl.col(name).max().alias("max " + name) for name in names],
                *[_state(name).max().alias("any " + name) for name in states],
            )
            .sort("bucket")
        )
        if self._table is not None:
            fresh = _joined(pl.concat([self._table, fresh], how="diagonal"), 1)
        while fresh.height > self.limit:
            self.width_s *= 2
            fresh = _joined(fresh, 2)
        self._table = fresh

    def _with_x(self, frame):
        if not self.is_uptime:
            return frame.with_columns(pl.col("at_s").alias("x_s"))
        xs = []
        for part in frame.partition_by("boot", maintain_order=True):
            boot = part["boot"][0]
            if boot != self._boot:
                self._boot = boot
                self._base_s = self._high_s
            x_s = part["uptime_ms"] // 1000 + self._base_s
            self._high_s = max(self._high_s, x_s.max() or 0)
            xs.append(part.with_columns(x_s.alias("x_s")))
        return pl.concat(xs)

    def series(self):
        """Return (bucket starts in seconds, {column: list}); no buckets give empty lists."""
        if self._table is None:
            return [], {}
        starts = (self._table["bucket"] * self.width_s).to_list()
        columns = {
            name: self._table[name].to_list() for name in self._table.columns if name != "bucket"
        }
        return starts, columns


def _joined(table, by):
    return (
        table.group_by(pl.col("bucket") // by)
        .agg(
            pl.col("^min .*$").min(),
            pl.col("^max .*$").max(),
            pl.col("^any .*$").max(),
        )
        .sort("bucket")
    )


def _state(name):
    if name == "protection":
        return pl.col(name).str.contains("[1-9a-f]")
    if name == "alarms":
        return pl.col(name).fill_null("").str.len_bytes() > 0
    return ~pl.col(name) if name in _INVERTED else pl.col(name)
