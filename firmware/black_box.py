"""What survives a reset in the RTC's memory: how often the board crashed, and the last record.

boot.py asks decide() at every start, main.py reads the answer, and the application gets the box
through the board's port. The memory is lost with the power (platform.md 6.3), so whoever switches
the board off and on starts it afresh. It is checked as a whole: damaged is empty.

This port shows a panic like a reset we asked for, and a brown-out like power-on (platform.md 6.2):
a reset that nobody announced here, and that was not power-on, is a crash.
"""

import binascii
import machine
import sys
import time
from micropython import const

# Crashes in a row, without ten good minutes between them, before safe mode.
MAX_CRASHES = const(3)

# magic, CRC-32 of the rest (4), flags, crashes, reason, 0, record
_MAGIC = b"BB1"
_HEAD = const(9)
_IS_SAFE = const(1)
_IS_PLANNED = const(2)
_IS_CRASH = const(4)
_HAS_RECORD = const(8)
_MAX_REASON = const(200)
_MAX_RECORD = const(1500)
# The button of the usual boards. It chooses the ROM's loader when it is held during the reset
# itself, so it is asked for shortly after.
_BUTTON = const(0)
_BUTTON_C3 = const(9)
_BUTTON_LOOKS = const(300)
_BUTTON_LOW = const(5)
_LOOK_S = 0.01


class BlackBox:
    """The memory as it is now; every change is stored at once, and nothing here ever raises."""

    def __init__(self):
        self._flags = 0
        # Whether the memory held anything that is ours.
        self._is_known = False
        self.crashes = 0
        # Why the board was started again, if somebody decided so; of the start before this one.
        self.reason = ""
        # What a crash left, until main.py has it in a file; or what hangs just now.
        self.record = ""
        # For main.py only, and not stored: what the application adds to a record.
        self.notes = ""
        try:
            self._load(machine.RTC().memory())
        except Exception as exc:
            print("black box:", exc)

    @property
    def is_safe(self):
        """Tell whether this start is one in safe mode."""
        return bool(self._flags & _IS_SAFE)

    @property
    def is_crash(self):
        """Tell whether the start before this one ended in a crash."""
        return bool(self._flags & _IS_CRASH)

    def _load(self, raw):
        if len(raw) < _HEAD or bytes(raw[:3]) != _MAGIC:
            return
        body = bytes(raw[7:])
        if int.from_bytes(bytes(raw[3:7]), "big") != binascii.crc32(body):
            return
        reason, _, record = body[2:].partition(b"\0")
        self.reason, self.record = reason.decode(), record.decode()
        self._flags, self.crashes = body[0], body[1]
        self._is_known = True

    def _store(self):
        try:
            body = bytes((self._flags, self.crashes)) + _cut(self.reason, _MAX_REASON)
            body += b"\0" + _cut(self.record, _MAX_RECORD)
            crc = binascii.crc32(body)
            machine.RTC().memory(_MAGIC + crc.to_bytes(4, "big") + body)
        except Exception as exc:
            print("black box:", exc)

    def begin(self, cause, is_pressed):
        """Count the start this is; is_pressed() looks at the button."""
        was_safe = self.is_safe
        is_planned = bool(self._flags & _IS_PLANNED)
        is_crash = cause in (machine.HARD_RESET, machine.WDT_RESET)
        # The first start of all, or one after damage, follows nothing.
        is_crash = is_crash and self._is_known and not is_planned
        has_record = self._flags & _HAS_RECORD
        if not has_record and not is_crash:
            self.record = ""  # what hung came to an end in another way
        if not is_planned:
            self.reason = ""
        if was_safe:
            # Nobody comes to a boat in winter: after safe mode the application has its chance,
            # whatever the button says and however safe mode ended.
            self.crashes = 0
        elif is_crash:
            self.crashes = min(self.crashes + 1, 255)
        is_safe = not was_safe and self.crashes >= MAX_CRASHES
        # Nobody presses it when the board wakes, or starts again of its own will.
        is_own_will = is_planned and cause != machine.PWRON_RESET
        if not (was_safe or is_safe or is_own_will or cause == machine.DEEPSLEEP_RESET):
            is_safe = is_pressed()
        self._flags = has_record | (_IS_SAFE if is_safe else 0) | (_IS_CRASH if is_crash else 0)
        self._store()

    def plan_reset(self, reason):
        """Note that somebody decides to start the board again, and why."""
        self._flags |= _IS_PLANNED
        self.reason = reason
        self._store()

    def note_crash(self, record):
        """Keep a record of the crash that is going to end in a reset."""
        self._flags = self._flags & ~_IS_PLANNED | _HAS_RECORD
        self.record = record
        self._store()

    def note_hang(self, text):
        """Keep what hangs, for the case that the watchdog ends it; None when it goes on."""
        if not self._flags & _HAS_RECORD:
            self.record = text or ""
            self._store()

    def forget_record(self):
        """Forget the record: it is in a file."""
        self._flags &= ~_HAS_RECORD
        self.record = ""
        self._store()

    def clear_crashes(self):
        """Forget the crashes: the board has been well for long enough."""
        if self.crashes:
            self.crashes = 0
            self._store()


def _cut(text, limit):
    raw = text.replace("\0", "").encode()[:limit]
    while True:
        try:
            raw.decode()
            return raw
        except UnicodeError:
            raw = raw[:-1]  # part of a character


def decide():
    """Count this start and decide between the application and safe mode; boot.py's last act."""
    BlackBox().begin(machine.reset_cause(), _is_pressed)


def _is_pressed():
    chip = getattr(sys.implementation, "_machine", "").lower().replace("-", "")
    number = _BUTTON_C3 if "esp32c3" in chip else _BUTTON
    try:
        pin = machine.Pin(number, machine.Pin.IN, machine.Pin.PULL_UP)
        low = 0
        for _ in range(_BUTTON_LOOKS):
            low = 0 if pin.value() else low + 1
            if low == _BUTTON_LOW:
                return True
            time.sleep(_LOOK_S)
    except (OSError, ValueError) as exc:
        print("button:", exc)
    return False
