"""Every fault at every step of a link on MicroPython: FOLDER PORT; ends with JSON."""

import json
import sys

from tools.bench.vm_common import use_code

use_code("ram")


def main(folder, port):
    # First: imported through the rehearsal it would nest too deep for MicroPython's stack.
    import host_tests.fakes.world  # noqa: F401
    from host_tests.fakes.clock import FakeClock
    from tools.rehearse import steps

    print(json.dumps(steps.play_all(FakeClock, folder, int(port))))


main(*sys.argv[1:])
