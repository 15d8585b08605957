"""Updates that are cut off, on MicroPython; ends with JSON.

Arguments: OLD NEW KEY STEP EVERY POWER PART PARTS. OLD and NEW are archives, KEY the text of the
public key. The connection is cut at every STEP KB, with a whole update after every EVERY-th, the
power after every POWER-th write. PART of PARTS processes tries its share.
"""

import gc
import json
import sys
import time

from tools.bench.vm_common import use_code

use_code("rom")
# Beside main.py, and so not among the code of a version.
sys.path.append("firmware")

_COLLECT_BYTES = 1 << 20


def read(path):
    """Return a file's bytes."""
    with open(path, "rb") as file:
        return file.read()


def main(old, new, key, step, every, power_step, part, parts):
    """Play this part's share of the cuts."""
    # First: imported through the rehearsal it would nest too deep for MicroPython's stack.
    import host_tests.fakes.world  # noqa: F401
    from tools.rehearse.update_cuts import Rehearsal

    gc.threshold(_COLLECT_BYTES)
    begun_s = time.time()
    rehearsal = Rehearsal(read(old), read(new), read(key).decode())
    recorded = []

    async def play():
        await rehearsal.measure()
        await rehearsal.cuts(1024 * step * parts, 1024 * step * part, every)
        recorded.extend(await rehearsal.record())

    rehearsal.run(play())
    cuts = rehearsal.tried
    rehearsal.power_cuts(recorded[0], recorded[1], power_step, part, parts)
    result = {
        "cuts": cuts,
        "power_cuts": rehearsal.tried - cuts,
        "writes": rehearsal.writes,
        "first_new": rehearsal.first_new,
        "bricked": len(rehearsal.faults),
        "faults": rehearsal.faults[:20],
        "heap_bytes": rehearsal.heap_bytes,
        "bytes": len(rehearsal.new),
        "real_s": time.time() - begun_s,
    }
    print(json.dumps(result))


main(*sys.argv[1:4], *[int(word) for word in sys.argv[4:]])
