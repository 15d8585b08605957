"""Runs the benchmarks: `python -m tools.bench [GROUP ...]`, all groups without one.

A figure that misses its limit is a result, not an error: the exit status is 1 only if a group
itself broke, 2 for a group that does not exist.
"""

import importlib
import importlib.util
import sys
from pathlib import Path

from tools.bench import report

OUTPUT = Path(__file__).resolve().parents[2] / "build" / "bench.json"


def run_group(names, figures):
    """Return the figures of a group, one for each name; each is printed as it comes."""
    done = []
    for figure in report.guarded(names, figures):
        done.append(figure)
        for line in figure.lines():
            print(line, flush=True)
    return done


def main(args):
    unknown = [name for name in args if name not in report.GROUPS]
    if unknown:
        print(f"no group {unknown[0]}; there are: {' '.join(report.GROUPS)}", file=sys.stderr)
        return 2
    status = 0
    for group in args or report.GROUPS:
        if importlib.util.find_spec(f"tools.bench.{group}") is None:
            print(f"{group}: nothing is measured yet")
            continue
        module = importlib.import_module(f"tools.bench.{group}")
        figures = run_group([row[0] for row in report.GROUPS[group]], module.figures)
        # After each group: an interrupted run keeps what it has.
        report.store(OUTPUT, figures)
        if any(figure.is_broken for figure in figures):
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
