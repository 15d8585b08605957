"""python -m tools.hardware_report DEVICE [URL]: one file about a real board, to send in.

The bridge stops while it is asked, about a minute, and is started again afterwards. The status is
1 when nothing could be asked, with a sentence why.
"""

import datetime
import sys
from importlib import metadata
from pathlib import Path

from tools.deploy.errors import DeployError
from tools.deploy.link import Link, check_device
from tools.hardware_report.report import Report, ask_board, ask_bridge

BUILD = Path(__file__).resolve().parents[2] / "build"


def say(text):
    print(text, flush=True)


def make(device, url="", folder=BUILD, say=say):
    """Ask the board and write the file; return its path."""
    check_device(device, "hardware-report")
    now = datetime.datetime.now()
    report = Report(say)
    report.lines += [
        f"Bay Bridge hardware report, {now:%Y-%m-%d %H:%M}",
        f"mpremote {metadata.version('mpremote')}, Python {sys.version.split()[0]}",
        "No password, no token, no network's name and no whole address is in here.",
    ]
    ask_bridge(url, report)
    link = Link(device)
    try:
        ask_board(link, report)
        try:
            link.reset("a hardware report was made")
        except DeployError as exc:
            report.line("failed", f"the board was not started again: {exc}")
    finally:
        link.close()
        path = folder / f"hardware-report-{now:%Y%m%d-%H%M%S}.txt"
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(report.text())
    return path


def main(args):
    device, url = [*args, "", ""][:2]
    try:
        path = make(device, url)
    except DeployError as exc:
        print(f"hardware-report: {exc}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nhardware-report: interrupted; press the board's reset button", file=sys.stderr)
        return 130
    failed = sum(1 for line in path.read_text().splitlines() if line.startswith("failed"))
    say(f"{path}: {failed} of its lines say that something failed")
    say("docs/hardware-checklist.md says what each should be. Look through it, then send it in.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
