"""The SD card: mounted on demand, given up after an error, tried again with new objects.

It formats only where the owner said so. Every error ends as a sentence in last_error and, unless
the card can still be read, as is_mounted = False. Writers ask ready(), which tries again with new
objects (platform.md 4.4 says why), each time after twice as long until something was written.
"""

import gc
import machine
import os
from micropython import const

_DEINIT = const(2)  # block device operation: forget that the card was initialised

# errno -> what to do. The high ones are ESP-IDF codes that machine.SDCard passes up.
_SENTENCES = (
    (2, "a folder on the card is missing: the card was changed or emptied"),
    (5, "the card does not answer: push it in, check its wires and supply"),
    (16, "there is no card, or it does not start: push it in, check its wires and supply"),
    (19, "the card has no FAT file system: format it as FAT32 (cards of 64 GB are not)"),
    (22, "the card's file system is damaged: check it on a computer"),
    (28, "the card is full, or fuller than log.min_free_mb allows"),
    (30, "the card is write-protected"),
    (257, "there is no memory for the card's driver"),
    (259, "the card's SPI bus is in use"),
    (263, "the card does not answer in time: push it in, check its wires"),
    (264, "the card answers wrongly: shorten its wires or lower card.freq_hz"),
    (265, "the card's answers arrive damaged: shorten its wires or lower card.freq_hz"),
)
# Full or write-protected: what is on it can still be read.
_STAYS = const((28, 30))
_NO_FILE_SYSTEM = const(19)
# Until the next attempt, after the first failure and at the most: each one may take a second, in
# which nothing else runs, and a card that is back should be found before the log's RAM is full.
_FIRST_REST_S10 = const(50)
_MAX_REST_S10 = const(3000)


class Card:
    """The card of one configuration's "card" section, at one path.

    Whoever opens a file on it closes it before the next await: a file that is still open when
    the card is mounted anew would go through memory that is freed by then.
    """

    def __init__(self, config_card, path="/sd"):
        self.path = path
        # False from the first error on until mount() succeeds; writers look before they open.
        self.is_mounted = False
        # A sentence about the latest error; None once a mount or, set by the writer, a write
        # succeeded.
        self.last_error = None
        # Successful mounts: what was known about files is void when it has grown.
        self.mounts = 0
        # Failures since the last time something was written, and when the next attempt is due;
        # None: so long after the next question.
        self._failures = 0
        self._due_s10 = None
        self._config = config_card
        # Kept after unmount() until the next mount(), see _discard().
        self._sd = None
        self._fat = None

    def mount(self):
        """Mount the card if it is not; return whether it is now."""
        if self.is_mounted:
            return True
        # Not at the top: CPython has no vfs, and its tests compare this class with DirCard.
        import vfs

        card = self._config
        try:
            self._discard()
            # All four pins: the documentation and the source disagree about the defaults.
            self._sd = machine.SDCard(
                slot=card["slot"],
                sck=card["sck"],
                miso=card["miso"],
                mosi=card["mosi"],
                cs=card["cs"],
                freq=card["freq_hz"],
            )
            # VfsFat by name, because mounting the bare device would try LittleFS as well, and a
            # card without a file system must end as an error, not as a guess.
            self._fat = vfs.VfsFat(self._sd)
            try:
                vfs.mount(self._fat, self.path)
            except OSError as exc:
                if exc.errno != _NO_FILE_SYSTEM or card["format"] != "if_unreadable":
                    raise
                vfs.VfsFat.mkfs(self._sd)
                # Anew, because the first one remembers that there was none.
                self._fat = vfs.VfsFat(self._sd)
                vfs.mount(self._fat, self.path)
        # ValueError: pins this chip does not have.
        except (OSError, ValueError) as exc:
            self.fail(exc)
            return False
        self.is_mounted = True
        self.mounts += 1
        self.last_error = None
        return True

    def wait_s10(self, now_s10):
        """Return tenths of a second until ready() has a point, 0 when it has."""
        if not self._failures:
            return 0
        if self._due_s10 is None:
            rest_s10 = _FIRST_REST_S10 << min(self._failures - 1, 8)
            self._due_s10 = now_s10 + min(rest_s10, _MAX_REST_S10)
        return max(self._due_s10 - now_s10, 0)

    def ready(self, now_s10):
        """Return whether the card can be written to; mount it for that when it is time to try."""
        if self.wait_s10(now_s10):
            return False
        if self.mount():
            return True
        self.wait_s10(now_s10)  # counts from now
        return False

    def wrote(self):
        """Note that something has arrived on the card: whatever was wrong is over."""
        self.last_error = None
        self._failures = 0
        self._due_s10 = None

    def fail(self, exc):
        """Note why an operation on the card failed; give the card up unless it still answers."""
        self.last_error = _sentence(exc)
        self._failures += 1
        self._due_s10 = None
        if not (isinstance(exc, OSError) and exc.errno in _STAYS):
            self.unmount()

    def unmount(self):
        """Give the card up until mount()."""
        if not self.is_mounted:
            return
        import vfs

        self.is_mounted = False
        try:
            vfs.umount(self.path)
        except OSError:
            pass

    # A file whose close failed stays open inside FatFs, and its finaliser closes it once more,
    # through objects nothing else refers to: it holds no reference of its own. So (1) they are
    # kept until no caller can hold such a file, (2) the finalisers run while they are whole, and
    # only then (3) they go. The device must be a new one: after a pulled card it keeps its mark
    # "initialised" and fails for ever, and after deinit its host is freed (machine_sdcard.c).
    # Seen on the unix port 1.25: let go at once, the interpreter crashes at the next collection.
    def _discard(self):
        if self._sd is None:
            return
        gc.collect()
        sd = self._sd
        self._fat = None
        self._sd = None
        sd.ioctl(_DEINIT, 0)
        sd.deinit()

    def names(self, folder):
        """Yield the names in a folder, one at a time: a year of files does not fit the heap."""
        for entry in os.ilistdir(folder):
            yield entry[0]

    def free_bytes(self):
        """Return the free space, or None while it is not known.

        The first call may read the card's whole FAT, some seconds for 32 GB: never from a page.
        """
        if not self.is_mounted:
            return None
        try:
            stat = os.statvfs(self.path)
        except OSError as exc:
            self.fail(exc)
            return None
        return stat[0] * stat[3]


def _sentence(exc):
    code = exc.errno if isinstance(exc, OSError) else None
    if code is not None:
        # ESP-IDF codes arrive with either sign, depending on where they were raised.
        code = abs(code)
    for known, sentence in _SENTENCES:
        if code == known:
            return sentence
    return "the card failed: %r" % (exc,)
