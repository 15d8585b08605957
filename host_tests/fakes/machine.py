"""The ESP32's `machine` as far as our ports use it, for both interpreters.

Only names the ESP32 has, with its argument names, so that a call it would refuse fails here.
A test's levers are in host_tests/fakes/hardware.py. The card behaves like
ports/esp32/machine_sdcard.c of MicroPython 1.25 (platform.md 4): initialised at the first
access, lost for good to its object once pulled, dangerous after deinit.
"""

from host_tests.fakes.hardware import BLOCK, BOARD, SLOT

PWRON_RESET = 1
HARD_RESET = 2
WDT_RESET = 3
DEEPSLEEP_RESET = 4
SOFT_RESET = 5

_ESP_ERR_INVALID_STATE = 0x103
_EXISTING_PINS = (0, 1, 2, 3, 4, 5) + tuple(range(12, 28)) + tuple(range(32, 40))
_INPUT_ONLY = (34, 35, 36, 37, 38, 39)
_ADC1_PINS = (32, 33, 34, 35, 36, 37, 38, 39)
_ADC2_PINS = (0, 2, 4, 12, 13, 14, 15, 25, 26, 27)
_EPERM = 1
_ESP_ERR_TIMEOUT = 0x107


class _Reset(SystemExit):
    """reset() does not return on the board; here it ends the test unless it is expected."""


class Pin:
    """A GPIO of the classic ESP32."""

    IN = 1
    OUT = 3
    PULL_DOWN = 1
    PULL_UP = 2

    def __init__(self, id, mode=-1, pull=-1, *, value=None):
        if id not in _EXISTING_PINS:
            raise ValueError("invalid pin")
        self._id = id
        self._is_up = pull == self.PULL_UP
        self.init(mode, pull, value=value)

    def init(self, mode=-1, pull=-1, *, value=None):
        if mode == self.OUT and self._id in _INPUT_ONLY:
            raise ValueError("pin can only be input")
        if value is not None:
            self.value(value)

    def value(self, *x):
        if not x:
            return BOARD.pins.get(self._id, 1 if self._is_up else 0)
        BOARD.pins[self._id] = 1 if x[0] else 0
        return None

    def on(self):
        self.value(1)

    def off(self):
        self.value(0)


class ADC:
    """An analog input as ports/esp32/machine_adc.c has it (platform.md 1.3).

    Stricter than that in one thing: the attenuation has to be named, because its default has
    changed between versions.
    """

    ATTN_0DB = 0
    ATTN_2_5DB = 1
    ATTN_6DB = 2
    ATTN_11DB = 3

    def __init__(self, id, *, atten=None):
        if not isinstance(id, Pin):
            raise ValueError("expecting a pin")
        if id._id not in _ADC1_PINS + _ADC2_PINS:
            raise ValueError("invalid pin")
        if atten not in (0, 1, 2, 3):
            raise ValueError("invalid atten")
        self._pin = id._id
        BOARD.adc_attens[self._pin] = atten
        BOARD.adc_is_open = True

    def read_uv(self):
        if not BOARD.adc_is_open:
            raise OSError(_EPERM)
        if self._pin in _ADC2_PINS:
            raise OSError(_ESP_ERR_TIMEOUT)  # Wi-Fi has that unit, and we never are without
        return BOARD.adc(self._pin) // 1000 * 1000

    def deinit(self):
        BOARD.adc_is_open = False  # of the unit, whichever channel it was asked of


class WDT:
    """The task watchdog; constructing it again changes the time-out (platform.md 6.1)."""

    def __init__(self, *, id=0, timeout=5000):
        if id != 0 or timeout <= 0:
            raise ValueError
        BOARD.wdt_timeout_ms = max(timeout, 1000)
        self.feed()
        BOARD.wdt_feeds = 0

    def feed(self):
        BOARD.wdt_feeds += 1
        if BOARD.clock is not None:
            BOARD.wdt_fed_ms = BOARD.clock.ticks_ms()


class RTC:
    """The calendar, and 2048 bytes that survive everything but power-up."""

    def memory(self, *data):
        if not data:
            return BOARD.rtc_memory
        if len(data[0]) > 2048:
            raise ValueError("buffer too long")
        BOARD.rtc_memory = bytes(data[0])
        return None

    def datetime(self, *datetimetuple):
        if not datetimetuple:
            return BOARD.datetime
        if len(datetimetuple[0]) != 8:
            raise ValueError
        BOARD.datetime = tuple(datetimetuple[0])
        return None


class SDCard:
    """The card in SLOT as a block device."""

    def __init__(
        self,
        slot=1,
        width=1,
        *,
        cd=None,
        wp=None,
        sck=None,
        cmd=None,
        data=None,
        miso=None,
        mosi=None,
        cs=None,
        freq=20000000,
    ):
        if not 0 <= slot <= 3:
            raise ValueError("slot number must be between 0 and 3 inclusive")
        for pin in (sck, mosi, cs):
            if pin is not None and (pin not in _EXISTING_PINS or pin in _INPUT_ONLY):
                raise ValueError("invalid pin")
        if slot in SLOT.hosts:
            raise OSError(_ESP_ERR_INVALID_STATE)
        SLOT.hosts.add(slot)
        self._slot = slot
        self._has_host = True
        self._insertion = 0  # of the card this object was initialised for; 0: not yet

    def _is_ready(self):
        if not self._has_host:
            SLOT.used_after_deinit += 1
            return False
        if self._insertion:
            return self._insertion == SLOT.insertions and SLOT.image is not None
        return self._ensure_init()

    def _ensure_init(self):
        if self._insertion:
            return True  # no look at the card: the mark is enough
        if SLOT.image is None or not self._has_host:
            return False
        self._insertion = SLOT.insertions
        return True

    def info(self):
        if not self._ensure_init():
            raise OSError(0x107)
        return (len(SLOT.image), BLOCK)

    def readblocks(self, block_num, buf):
        if not self._is_ready():
            return False
        SLOT.blocks_read += len(buf) // BLOCK
        SLOT.image.read(block_num * BLOCK, buf)
        return True

    def writeblocks(self, block_num, buf):
        if not self._is_ready():
            return False
        n = len(buf) // BLOCK
        if SLOT.writes_left is not None:
            if SLOT.writes_left < n:
                return False
            SLOT.writes_left -= n
        SLOT.blocks_written += n
        SLOT.image.write(block_num * BLOCK, buf)
        return True

    def ioctl(self, cmd, arg):
        if cmd == 1:
            return 0 if self._ensure_init() else -1
        if cmd == 2:
            self._insertion = 0
            return 0
        if cmd == 3:
            return 0
        if cmd in (4, 5):
            if not self._ensure_init() or SLOT.image is None:
                return -1
            return len(SLOT.image) // BLOCK if cmd == 4 else BLOCK
        return -1

    def deinit(self):
        if self._has_host:
            self._has_host = False
            SLOT.hosts.discard(self._slot)


def reset():
    BOARD.resets += 1
    raise _Reset


def deepsleep(time_ms=0):
    """Ends in a start; the memory of the RTC stays, the watchdog does not run meanwhile."""
    BOARD.slept_ms = time_ms
    BOARD.reset_cause = DEEPSLEEP_RESET
    raise _Reset


def reset_cause():
    return BOARD.reset_cause


def unique_id():
    return b"\x24\x0a\xc4\x00\x00\x01"


def freq(*hz):
    if not hz:
        return BOARD.freq_hz
    if hz[0] not in (20000000, 40000000, 80000000, 160000000, 240000000):
        raise ValueError("frequency must be 20MHz, 40MHz, 80Mhz, 160MHz or 240MHz")
    BOARD.freq_hz = hz[0]
    return None
