"""Logs onto the card in a file until tools/rehearse/kill9.py kills it: IMAGE BOOT UNIX_S.

First it says what is on the card, "has BOOT RECORDS" for each start; then "started"; then
"flushed RECORDS" whenever that has grown. Without UNIX_S it ends after the first. MicroPython.
"""

import sys
import time

# First, though unused: imported through the rehearsal it would nest too deep for the stack.
import host_tests.fakes.world  # noqa: F401
from baybridge.tasks.write_log import LogWriter
from host_tests.fakes.hardware import BLOCK, SLOT, FileImage
from tools.rehearse.logged_battery import is_true
from tools.rehearse.power_cut import Bridge, read_card

# Every so many-th start knows the time only later.
_UNKNOWN_EVERY = 3
_UNKNOWN_S = 40
_FOREVER_S = 100000000
# What a card takes for a block, about; a kill then falls between two blocks as often as not.
_BLOCK_US = 1000


class SlowImage(FileImage):
    """A card that takes its time for each block and tells before it what was flushed."""

    def __init__(self, path):
        super().__init__(path)
        self.writer = None
        self._told = 0

    def write(self, at, buf):
        for done in range(0, len(buf), BLOCK):
            self.tell()
            time.sleep_us(_BLOCK_US)
            super().write(at + done, buf[done : done + BLOCK])

    def tell(self):
        if self.writer is not None and self.writer.flushed > self._told:
            self._told = self.writer.flushed
            print("flushed %d" % self._told)


def say_what_is_there():
    """Print of each start how many of its records are there without a gap, and true."""
    found = read_card()
    for boot in sorted(found):
        seq = 0
        while seq in found[boot] and is_true(found[boot][seq]):
            seq += 1
        print("has %d %d" % (boot, seq))


def main(path, boot, unix_s=None, make_writer=LogWriter):
    image = SlowImage(path)
    SLOT.insert(image)
    if int(boot) == 1:
        SLOT.format()
    say_what_is_there()
    if unix_s is None:
        return
    bridge = Bridge(int(boot), int(unix_s), make_writer)
    image.writer = bridge.writer
    print("started")
    bridge.run(_FOREVER_S, 0 if int(boot) % _UNKNOWN_EVERY else _UNKNOWN_S)


if __name__ == "__main__":
    main(*sys.argv[1:])
