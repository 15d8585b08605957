"""Calibrates the taps of a battery from a terminal: asks for what the multimeter reads.

0: done. 1: refused, or not kept. 2: no answer, or the command was not understood.
"""

import argparse
import os
import sys

from tools.calibrate import dialogue
from tools.calibrate.client import Client, Refused, Unreachable


def main(args):
    """Run; return the exit status."""
    options = _parser().parse_args(args)
    token = options.token or os.environ.get("BAYBRIDGE_TOKEN")
    try:
        client = Client(options.url, token)
        battery = dialogue.choose(client, options.battery)
        if options.show:
            return dialogue.show(client, battery)
        if not token:
            # Before anybody has measured in vain.
            raise Refused(
                "A token is needed, in --token or BAYBRIDGE_TOKEN; the bridge keeps its own in "
                "token.txt, or it is http.token of its configuration."
            )
        if options.undo:
            return dialogue.undo(client, battery, options.yes)
        if options.bms:
            return dialogue.against_bms(client, battery, options.yes)
        return dialogue.against_meter(client, battery, 2 if options.second else 1, options.yes)
    except Refused as exc:
        print(f"calibrate: {exc}", file=sys.stderr)
        return 1
    except Unreachable as exc:
        print(f"calibrate: {exc}", file=sys.stderr)
        return 2
    except (KeyboardInterrupt, EOFError):
        print("\ncalibrate: stopped; nothing was changed", file=sys.stderr)
        return 1


def _parser():
    parser = argparse.ArgumentParser(
        prog="calibrate", description="Calibrates the taps of a battery's balance harness."
    )
    parser.add_argument("url", help="the bridge, like http://bay or localhost:8080")
    parser.add_argument("battery", nargs="?", help="its id; not needed if only one is wired")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--second", action="store_true", help="readings that are the second point")
    what.add_argument("--bms", action="store_true", help="against the BMS's own cells at rest")
    what.add_argument("--undo", action="store_true", help="go back to the calibration before")
    what.add_argument("--show", action="store_true", help="only show how the taps are calibrated")
    parser.add_argument("--token", help="the token for changes; else BAYBRIDGE_TOKEN")
    parser.add_argument("--yes", action="store_true", help="keep the result without asking")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
