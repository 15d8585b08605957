"""Starts the program, also where nothing has put the firmware on Python's path."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def start():
    # At the end: the stand-ins for the board's modules must not hide anything of the host's.
    for folder in ("firmware", "host_tests/fakes"):
        if str(ROOT / folder) not in sys.path:
            sys.path.append(str(ROOT / folder))
    from tools.logview import cli

    return cli.main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(start())
