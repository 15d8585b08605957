"""The commands and their options; errors as sentences, exit statuses that a script can use.

0: done, and nothing was found. 1: done, and something was found (`check`), left out or in
conflict (`merge`). 2: the input cannot be used, or the command was not understood.
"""

import argparse
import os
import sys

from baybridge.record import calendar
from tools.logview.lines import Unreadable

_PATHS = "log files, folders of a battery, or a whole card"


def main(args):
    """Run one command; return the exit status."""
    options = _parser().parse_args(args)
    try:
        return options.run(options)
    except Unreadable as exc:
        print(f"logview: {exc}", file=sys.stderr)
    except ModuleNotFoundError as exc:
        if exc.name not in ("polars", "PIL"):
            raise
        print(
            "logview: polars and Pillow are missing; `make logview` fetches them", file=sys.stderr
        )
    except BrokenPipeError:
        # The reader (head, less) had enough; the interpreter's own flush would complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("logview: stopped", file=sys.stderr)
        return 130
    return 2


def _parser():
    parser = argparse.ArgumentParser(
        prog="logview", description="Reads the logs that the bridge writes to its card."
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    command = commands.add_parser("check", help="find every bad line and every missing record")
    command.add_argument("paths", nargs="+", metavar="PATH", help=_PATHS)
    command.set_defaults(run=_check)

    command = commands.add_parser("summary", help="a battery's log in numbers")
    command.add_argument("--each-file", action="store_true", help="file by file")
    command.add_argument(
        "--max-step",
        type=float,
        metavar="S",
        help="records further apart are not integrated over (default 900 s, "
        "or three times the schedule in the file)",
    )
    _add_span(command)
    command.set_defaults(run=_summary)

    command = commands.add_parser("plot", help="an HTML page and a PNG of each battery")
    command.add_argument(
        "--out", default="logview", metavar="PREFIX", help="makes PREFIX-<battery>.html and .png"
    )
    command.add_argument(
        "--points", type=_points, default=2000, metavar="N", help="at most so many (default 2000)"
    )
    _add_span(command)
    command.set_defaults(run=_plot)

    command = commands.add_parser("convert", help="Parquet, or InfluxDB line protocol")
    command.add_argument("--to", required=True, choices=("parquet", "influx"), dest="form")
    command.add_argument("--battery", metavar="NAME", help="write this name for every battery")
    _add_span(command)
    command.add_argument("out", metavar="OUT", help="the new file; - for standard output (influx)")
    command.set_defaults(run=_convert)

    command = commands.add_parser("merge", help="several cards or copies into one folder")
    command.add_argument("paths", nargs="+", metavar="CARD", help=_PATHS)
    command.add_argument("out", metavar="OUT", help="a new or an empty folder")
    command.set_defaults(run=_merge)
    return parser


def _add_span(command):
    command.add_argument("paths", nargs="+", metavar="PATH", help=_PATHS)
    for option, what in (("--from", "the first"), ("--until", "the end; not in it")):
        command.add_argument(
            option,
            type=_time,
            metavar="TIME",
            dest="since_s" if option == "--from" else "until_s",
            help=f"{what}: 2026-08-06, or 2026-08-06T07:00:00Z",
        )


def _time(text):
    unix_s = calendar.unix_s(text if len(text) > 10 else text + "T00:00:00Z")
    if unix_s is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no time like 2026-08-06T07:00:00Z")
    return unix_s


def _points(text):
    if not text.isdecimal() or not 10 <= int(text) <= 100_000:
        raise argparse.ArgumentTypeError("10 to 100000")
    return int(text)


# The commands' modules are imported when they are needed: polars takes a moment, and `check`
# and `merge` do without it.


def _check(options):
    from tools.logview import check

    return 1 if check.run(options.paths, print).findings else 0


def _summary(options):
    from tools.logview import source, summary

    batteries = source.find(options.paths)
    if options.each_file:
        batteries = [part for battery in batteries for part in battery.each_file()]
    summary.run(batteries, print, options.max_step, options.since_s, options.until_s)
    return 0


def _plot(options):
    from tools.logview import plot, source

    batteries = source.find(options.paths)
    made = plot.run(
        batteries, options.out, print, options.since_s, options.until_s, options.points
    )
    return 0 if made else 2


def _convert(options):
    from tools.logview import convert, source

    def tell(text):
        # Standard output may be the result.
        print(text, file=sys.stderr if options.out == "-" else sys.stdout)

    batteries = source.find(options.paths)
    convert.run(
        batteries,
        options.form,
        options.out,
        tell,
        options.since_s,
        options.until_s,
        options.battery,
    )
    return 0


def _merge(options):
    from tools.logview import merge

    merged = merge.run(options.paths, options.out, print)
    return 1 if any(m.conflicts or m.bad for m in merged.values()) else 0
