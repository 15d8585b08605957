"""`convert`: the log as Parquet or as InfluxDB line protocol, one file for all batteries.

Frame by frame; the file gets its name when it is complete. A column has one type in every file,
whichever values happen to be in it.
"""

import os
import sys
from pathlib import Path

import polars as pl

from tools.logview import frames
from tools.logview.lines import Unreadable, reason
from tools.logview.progress import Progress
from tools.logview.wording import counted

MEASUREMENT = "baybridge"
# What a line protocol field cannot be without: an integer is marked, so that a database never
# sees the same field as two types.
_ESCAPED_IN_TAGS = {"\\": "\\\\", ",": "\\,", " ": "\\ ", "=": "\\=", "\n": "\\n"}


def run(batteries, form, out, write, since_s=None, until_s=None, name=None):
    """Convert; name is used in place of every battery's. Return the tally."""
    tally = frames.Tally()
    to_stdout = str(out) == "-" and form == "influx"
    path = Path(out)
    if not to_stdout and path.exists():
        raise Unreadable(f"{path}: exists already; remove it or choose another name")
    fresh = Path(f"{path}.new")
    with Progress(sum(battery.size for battery in batteries), "converting") as progress:
        whole = _batteries(batteries, tally, progress, since_s, until_s, name)
        try:
            if to_stdout:
                for text in influx(whole):
                    sys.stdout.write(text)
                return tally
            if form == "influx":
                with open(fresh, "w", encoding="utf-8", newline="\n") as file:
                    for text in influx(whole):
                        file.write(text)
            else:
                parquet(whole, schema_of(batteries), fresh)
            os.replace(fresh, path)
        except BrokenPipeError:
            raise
        except OSError as exc:
            raise Unreadable(f"{path}: {reason(exc)}")
        finally:
            if not to_stdout:
                fresh.unlink(missing_ok=True)
    write(f"{counted(tally.records, 'record')} into {path}")
    for line in tally.lines():
        write(f"  note: {line}")
    if tally.unplaced and form == "influx":
        write("  note: line protocol needs a time, so those are not in it")
    return tally


def _batteries(batteries, tally, progress, since_s, until_s, name):
    for battery in batteries:
        for frame in frames.frames(battery, tally, progress, since_s, until_s):
            yield name or battery.name, frame


def schema_of(batteries):
    """Return the columns of a Parquet file with all of these batteries, and their types."""
    names = []
    for battery in batteries:
        names += [name for name in frames.columns_of(battery) if name not in names]
    schema = {"battery": pl.String, "time": pl.Datetime("ms", "UTC")}
    schema.update((name, frames.type_of(name)) for name in names)
    return schema


def parquet(whole, schema, path):
    """Write (battery, frame) pairs as one Parquet file, a row group for each frame."""

    def source(with_columns, predicate, n_rows, batch_size):
        for battery, frame in whole:
            frame = frame.with_columns(
                pl.lit(battery).alias("battery"),
                (pl.col("at_s") * 1000).cast(pl.Datetime("ms", "UTC")).alias("time"),
            )
            missing = [pl.lit(None, schema[n]).alias(n) for n in schema if n not in frame.columns]
            yield frame.with_columns(missing).select(list(schema))

    lazy = pl.io.plugins.register_io_source(source, schema=schema)
    lazy.sink_parquet(path, compression="zstd", row_group_size=1 << 18)


def influx(whole):
    """Yield pieces of line protocol for (battery, frame) pairs; records without a time are not in.

    Two records of the same second would overwrite each other in the database: a later one gets
    the milliseconds by which its uptime is later.
    """
    last = None
    for battery, frame in whole:
        frame = frame.filter(pl.col("at_s").is_not_null())
        if not frame.height:
            continue
        second = ["boot", "at_s"]
        frame = frame.with_columns(pl.col("uptime_ms").min().over(second).alias("from_ms"))
        if last and last[0] == battery:
            # The block before may have ended within the same second.
            is_same = (pl.col("boot") == last[1]) & (pl.col("at_s") == last[2])
            frame = frame.with_columns(
                pl.when(is_same).then(last[3]).otherwise("from_ms").alias("from_ms")
            )
        row = frame.row(-1, named=True)
        last = (battery, row["boot"], row["at_s"], row["from_ms"])
        yield "\n".join(_lines(battery, frame)) + "\n"


def _lines(battery, frame):
    skipped = ("at_s", "boot", "from_ms")
    fields = [_field(name, kind) for name, kind in frame.schema.items() if name not in skipped]
    later_ms = (pl.col("uptime_ms") - pl.col("from_ms")).clip(0, 999)
    stamp = (pl.col("at_s") * 1000 + later_ms) * 1_000_000
    head = f"{MEASUREMENT},battery={tag(battery)},boot="
    return frame.select(
        pl.concat_str(
            pl.lit(head),
            pl.col("boot").cast(pl.String),
            pl.lit(" "),
            pl.concat_str(fields, separator=",", ignore_nulls=True),
            pl.lit(" "),
            stamp.cast(pl.String),
        )
    ).to_series()


def _field(name, kind):
    value = pl.col(name)
    key = pl.lit(tag(name) + "=")
    if kind == pl.Int64:
        return pl.concat_str(key, value.cast(pl.String), pl.lit("i"))
    if kind == pl.Boolean:
        return pl.concat_str(key, value.cast(pl.String))
    if kind == pl.Float64:
        return pl.concat_str(key, value.cast(pl.String))
    text = value.str.replace_all("\\", "\\\\", literal=True).str.replace_all(
        '"', '\\"', literal=True
    )
    return pl.concat_str(key, pl.lit('"'), text, pl.lit('"'))


def tag(text):
    """Return a tag's value (or a key) with what line protocol gives a meaning escaped."""
    return "".join(_ESCAPED_IN_TAGS.get(c, c) for c in text)
