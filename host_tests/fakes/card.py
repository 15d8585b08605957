"""A folder in the place of the SD card: the methods of baybridge.ports.card.Card.

For CPython, which has no FAT file system, and for `make run SD=dir`. What a real card does under
FAT is tested with MicroPython's own VfsFat on host_tests/fakes/machine.py.
"""

import os
import sys

_OUT = ".out"
_STAYS = (28, 30)


class DirCard:
    """A card that is a folder; pull() and insert() move it away and back."""

    def __init__(self, path):
        self.path = path
        self.is_mounted = False
        self.last_error = None
        self.mounts = 0
        self._failures = 0
        self._due_s10 = None

    def mount(self):
        if self.is_mounted:
            return True
        try:
            os.stat(self.path)
        except OSError as exc:
            self.fail(exc)
            return False
        self.is_mounted = True
        self.mounts += 1
        self.last_error = None
        return True

    def wait_s10(self, now_s10):
        if not self._failures:
            return 0
        if self._due_s10 is None:
            self._due_s10 = now_s10 + min(50 << min(self._failures - 1, 8), 3000)
        return max(self._due_s10 - now_s10, 0)

    def ready(self, now_s10):
        if self.wait_s10(now_s10):
            return False
        if self.mount():
            return True
        self.wait_s10(now_s10)
        return False

    def wrote(self):
        self.last_error = None
        self._failures = 0
        self._due_s10 = None

    def names(self, folder):
        yield from os.listdir(folder)

    def fail(self, exc):
        self.last_error = "the card failed: %r" % (exc,)
        self._failures += 1
        self._due_s10 = None
        if exc.errno not in _STAYS:
            self.unmount()

    def unmount(self):
        self.is_mounted = False

    def free_bytes(self):
        if not self.is_mounted:
            return None
        stat = os.statvfs(self.path)
        return stat[0] * stat[3]

    # The hands of a test.

    def pull(self):
        os.rename(self.path, self.path + _OUT)

    def insert(self):
        os.rename(self.path + _OUT, self.path)


class _Hand:
    """pull() and insert() for the card in the slot of the simulated ESP32."""

    def __init__(self, slot):
        self._slot = slot
        self._image = None

    def pull(self):
        self._image = self._slot.pull()

    def insert(self):
        self._slot.insert(self._image)


def card_and_hand(blocks=4096):
    """Return an empty card, not mounted yet, and the hand that pulls and inserts it.

    Under MicroPython it is the firmware's own Card on real FAT, elsewhere a temporary folder.
    """
    if sys.implementation.name != "micropython":
        import tempfile

        card = DirCard(tempfile.mkdtemp(prefix="baybridge-"))
        return card, card
    import vfs

    from baybridge import config
    from baybridge.ports.card import Card
    from host_tests.fakes.hardware import SLOT, MemoryImage

    try:
        vfs.umount("/sd")  # an earlier test's
    except OSError:
        pass
    SLOT.reset()
    SLOT.insert(MemoryImage(blocks))
    SLOT.format()
    parsed, _ = config.check({})
    return Card(parsed["card"]), _Hand(SLOT)
