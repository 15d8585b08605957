"""The board itself: why it started, how much memory is left, how to start it again."""

import gc
import machine
import sys
from micropython import const

# No region of the chip's own memory is so large, nor is a heap without PSRAM.
_PSRAM_BYTES = const(1 << 20)
# So much is handed out between two collections (platform.md 3). One takes 2 ms without PSRAM.
_COLLECT_BYTES = const(20480)


def chip_of(machine):
    """Return which ESP32 a text like "Generic ESP32S3 module with ESP32S3" is about."""
    for chip in ("esp32s3", "esp32c3"):
        if chip in machine.lower().replace("-", ""):
            return chip
    return "esp32"


def short_id_of(address):
    """Return the end of a chip's address as text."""
    return "%02x%02x" % tuple(address[-2:])


def own_heap_of(heaps):
    """Return (free, largest block, least ever free) of ESP-IDF's heaps in the chip itself.

    heaps are rows of total, free, largest block and least; PSRAM, which neither radio nor card
    can use, would hide that the rest runs out.
    """
    own = [heap for heap in heaps if heap[0] < _PSRAM_BYTES]
    return sum([heap[1] for heap in own]), max([heap[2] for heap in own]), sum([h[3] for h in own])


def threshold_of(heap_bytes):
    """Return what gc.threshold() is to be for a heap of this size, growth included."""
    # With PSRAM there is room, and a collection takes a tenth of a second (micropython#8428).
    return _COLLECT_BYTES if heap_bytes < _PSRAM_BYTES else -1


class Board:
    """The ESP32 this runs on; box is black_box.BlackBox, which keeps a reason over a reset."""

    def __init__(self, box=None):
        self.machine = sys.implementation._machine
        self.chip = chip_of(self.machine)
        self.micropython = ".".join([str(n) for n in sys.implementation.version[:3]])
        # The end of its address, which tells it from its neighbour.
        self.short_id = short_id_of(machine.unique_id())
        self.reset_cause = self._reset_cause()
        # Why somebody decided to start the board again, if that is why we started.
        self.reset_reason = (box.reason or None) if box else None
        self._box = box

    def _reset_cause(self):
        cause = machine.reset_cause()
        # A brown-out shows as power-on and a panic as a hard reset on this port
        # (platform.md 6.2).
        if cause == machine.PWRON_RESET:
            return "power_on"
        if cause == machine.HARD_RESET:
            return "hard"
        if cause == machine.WDT_RESET:
            return "watchdog"
        if cause == machine.DEEPSLEEP_RESET:
            return "deep_sleep"
        if cause == machine.SOFT_RESET:
            return "soft"
        return "unknown"

    def heap_used(self):
        """Return bytes of heap in use, garbage included."""
        return gc.mem_alloc()

    def heap_free(self):
        """Return bytes the heap could still hand out; on the ESP32 also what it may grow by."""
        return gc.mem_free()

    def own_heap(self):
        """Return bytes of ESP-IDF's heap: (free, largest block, least ever free), or None.

        That is what the radios and sockets live on, and what our heap grows into (platform.md 3).
        """
        try:
            import esp32

            return own_heap_of(esp32.idf_heap_info(esp32.HEAP_DATA))
        except (ImportError, ValueError):
            return None

    def collect(self):
        """Collect garbage now."""
        gc.collect()

    def collect_early(self):
        """Collect from now on before the heap is full, where it is small.

        A full heap grows where garbage lies between what is alive, and what it takes then the
        radios lack (micropython#14421).
        """
        gc.collect()
        gc.threshold(threshold_of(gc.mem_alloc() + gc.mem_free()))

    def reset(self, reason):
        """Start the board again; reason is shown after the start."""
        # A panic looks like a reset of ours on this port, so ours has to be announced.
        if self._box:
            self._box.plan_reset(reason)
        machine.reset()

    def sleep(self, seconds, reason):
        """Sleep deeply, which ends in a start like any other; reset_cause then says deep_sleep."""
        if self._box:
            self._box.plan_reset(reason)
        machine.deepsleep(seconds * 1000)
