"""Runs the benchmarks: `python -m tools.bench [GROUP ...]`, all groups without one.

A figure that misses its limit is a result, not an error: the exit status is 1 only if a group
itself broke, 2 for a group that does not exist.
"""

import importlib
import importlib.util
import sys
import traceback
from pathlib import Path

from tools.bench import report

OUTPUT = Path(__file__).resolve().parents[2] / "build" / "bench.json"


def run_group(names, figures):
    """Return (figures, whether the group broke); each is printed as it comes.

    Names the group did not yield become figures without value.
    """
    done = []
    why = "the group did not yield it"
    is_broken = False
    try:
        for figure in figures():
            done.append(figure)
            _print(figure)
    except Exception as exc:
        traceback.print_exc()
        why = f"the benchmark broke: {exc!r}"
        is_broken = True
    missing = set(names) - {figure.name for figure in done}
    for figure in report.unmeasured([name for name in names if name in missing], why):
        is_broken = True
        done.append(figure)
        _print(figure)
    return done, is_broken


def _print(figure):
    for line in figure.lines():
        print(line, flush=True)


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
        figures, is_broken = run_group([row[0] for row in report.GROUPS[group]], module.figures)
        # After each group: an interrupted run keeps what it has.
        report.store(OUTPUT, figures)
        status = 1 if is_broken else status
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
