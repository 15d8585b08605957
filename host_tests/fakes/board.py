"""The computer as a board: the methods of baybridge.ports.board.Board for both interpreters."""

import gc
import sys


class HostBoard:
    """No reset causes and, under CPython, no heap to speak of."""

    def __init__(self):
        version = [str(n) for n in sys.implementation.version[:3]]
        self.machine = "this computer"
        self.chip = "esp32"
        self.micropython = sys.implementation.name + " " + ".".join(version)
        self.short_id = "0001"
        self.reset_cause = "power_on"
        self.reset_reason = None
        self.resets = []
        self.is_collecting_early = False
        # (seconds, reason) of each sleep.
        self.sleeps = []

    def heap_used(self):
        return gc.mem_alloc() if hasattr(gc, "mem_alloc") else None

    def heap_free(self):
        return gc.mem_free() if hasattr(gc, "mem_free") else None

    def own_heap(self):
        return None

    def collect(self):
        gc.collect()

    def collect_early(self):
        self.is_collecting_early = True

    def reset(self, reason):
        self.resets.append(reason)

    def sleep(self, seconds, reason):
        self.sleeps.append((seconds, reason))
