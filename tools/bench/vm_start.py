"""Starts the bridge as the board does, by main.py, and serves until it is ended: KIND ROOT.

KIND is "slot" for a version in a folder of the flash ROOT, "rom" for one in the image. The
hardware is the fakes'; the ports, the clock and the sockets are real.
"""

import sys

from host_tests.fakes.air import Air
from host_tests.fakes.clock import HostClock
from tools.bench.vm_common import stand_for_board_modules, use_code


def main(kind, root):
    """Run main.py's start on the flash at root."""
    stand_for_board_modules(with_fakes=True)
    if kind == "rom":
        use_code(kind)
    Air(HostClock(1)).install()
    # What lies beside the versions.
    sys.path.append(root)
    import main as board_main

    board_main.start(root)


main(*sys.argv[1:])
