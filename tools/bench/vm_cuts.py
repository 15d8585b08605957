"""Every power cut of a day's log on MicroPython: SECONDS PART PARTS; ends with JSON.

PART of PARTS processes tries its share of the cuts; all of them record the same run first.
"""

import gc
import json
import sys
import time

from tools.bench.vm_common import use_code

use_code("rom")

# Also each cut within the restart, after every so many-th cut. A prime: every part has its share.
_AGAIN_EVERY = 53
# Early, so that what is kept of the run does not end up scattered over the heap.
_COLLECT_BYTES = 1 << 21


def main(seconds, part, parts):
    # First: imported through the rehearsal it would nest too deep for MicroPython's stack.
    import host_tests.fakes.world  # noqa: F401
    from tools.rehearse.power_cut import PowerCuts

    gc.threshold(_COLLECT_BYTES)
    begun_s = time.time()
    cuts = PowerCuts(seconds)
    blocks = len(cuts.run.writes)
    cuts.play(set(range(part, blocks + 1, parts)), _AGAIN_EVERY)
    result = {
        "blocks": blocks,
        "records": len(cuts.run.lines),
        "flushed": cuts.run.promised[-1],
        "files": len(cuts.contents),
        "tried": cuts.tried,
        "lost": cuts.lost,
        "faults": cuts.faults,
        "real_s": time.time() - begun_s,
    }
    print(json.dumps(result))


main(*[int(word) for word in sys.argv[1:]])
