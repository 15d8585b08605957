"""What stands behind host_tests/fakes/machine.py and has no name there: the hands of a test.

A test puts a card in, pulls it, counts its blocks, lets its writes fail, or looks whether the
watchdog was fed. Firmware never imports this.
"""

BLOCK = 512


class FileImage:
    """The blocks of a card in a file, so that it survives the process."""

    def __init__(self, path):
        self._file = open(path, "r+b")  # noqa: SIM115 - kept open like a card stays in its slot
        self._size = self._file.seek(0, 2)

    def __len__(self):
        return self._size

    def read(self, at, buf):
        self._file.seek(at)
        self._file.readinto(buf)

    def write(self, at, buf):
        self._file.seek(at)
        self._file.write(buf)
        self._file.flush()


class MemoryImage:
    """The blocks of a card in memory."""

    def __init__(self, blocks):
        self.raw = bytearray(blocks * BLOCK)

    def __len__(self):
        return len(self.raw)

    def read(self, at, buf):
        buf[:] = memoryview(self.raw)[at : at + len(buf)]

    def write(self, at, buf):
        self.raw[at : at + len(buf)] = buf


class CardSlot:
    """The slot of the SD card and whatever is in it."""

    def __init__(self):
        self.reset()

    def reset(self):
        """Empty the slot and forget the counts."""
        self.image = None
        # Grows with every insertion; a device initialised for an earlier one fails for good.
        self.insertions = 0
        self.blocks_read = 0
        self.blocks_written = 0
        # Blocks that may still be written before every write fails; None: no end.
        self.writes_left = None
        # SPI slots whose host a SDCard object holds.
        self.hosts = set()
        # Accesses that on the board would go through a freed host.
        self.used_after_deinit = 0

    def insert(self, image):
        self.image = image
        self.insertions += 1
        self.writes_left = None

    def pull(self):
        """Take the card out and return it."""
        image, self.image = self.image, None
        return image

    def format(self):
        """Make a FAT file system on the card (MicroPython only)."""
        import vfs
        from machine import SDCard

        device = SDCard(slot=2, sck=18, miso=19, mosi=23, cs=5)
        vfs.VfsFat.mkfs(device)
        device.deinit()
        self.blocks_read = 0
        self.blocks_written = 0


def grounded(pin):
    """Return what read_uv() of a pin on ground says at 11 dB."""
    return 142000


class BoardState:
    """The rest of the chip."""

    def __init__(self):
        self.reset()

    def reset(self):
        self.reset_cause = 1  # PWRON_RESET
        self.resets = 0
        # How long the last deepsleep() was to last.
        self.slept_ms = None
        self.freq_hz = 160000000
        self.rtc_memory = b""
        self.datetime = (2000, 1, 1, 5, 0, 0, 0, 0)
        self.pins = {}
        # What read_uv() of a pin says; replace it by another callable, which may raise OSError.
        self.adc = grounded
        # Of the pins that were opened, and whether the unit is in use.
        self.adc_attens = {}
        self.adc_is_open = False
        # The clock that counts the watchdog's time-out; without one it never expires.
        self.clock = None
        self.wdt_timeout_ms = None
        self.wdt_fed_ms = 0
        self.wdt_feeds = 0

    def is_wdt_expired(self):
        """Tell whether the watchdog would have reset the board by now."""
        if self.wdt_timeout_ms is None or self.clock is None:
            return False
        age_ms = self.clock.ticks_diff(self.clock.ticks_ms(), self.wdt_fed_ms)
        return age_ms > self.wdt_timeout_ms


SLOT = CardSlot()
BOARD = BoardState()
