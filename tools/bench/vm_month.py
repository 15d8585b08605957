"""A month of the whole firmware on MicroPython: FOLDER PORT DAYS POLL_S SEED; ends with JSON."""

import json
import sys
import time

from tools.bench.vm_common import use_code

use_code("rom")


def main(folder, port, days, poll_s, seed):
    # First: imported through the rehearsal it would nest too deep for MicroPython's stack.
    import host_tests.fakes.world  # noqa: F401
    from tools.rehearse.month import Month
    from tools.rehearse.quick_clock import QuickClock

    begun_s = time.time()
    month = Month(QuickClock(), folder, int(port), int(days), int(poll_s), int(seed))
    result = month.play()
    result["real_s"] = time.time() - begun_s
    print(json.dumps(result))


main(*sys.argv[1:])
