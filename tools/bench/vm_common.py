"""What the benchmarks on MicroPython share: where code is loaded from, and time that leaps."""

import asyncio.core as core
import gc
import sys
import time

_ROM = "/rom"
_CODE = "build/bench/code"
_IMAGE = "build/bench/code.romfs"
_READ_WRITE = 3  # PROT_READ | PROT_WRITE
_PRIVATE_ANONYMOUS = 0x22
# In the ESP32's own image and not in this MicroPython.
_BOARD_ONLY = ("bluetooth", "esp", "esp32", "machine", "network", "ntptime")
_rom = [0, 0]  # where the image lies and how long it is


def use_code(kind):
    """Let imports find the compiled firmware: "ram", "rom" to run it in place, or "frozen"."""
    if kind == "frozen":
        return
    if kind == "rom":
        _mount_rom()
    sys.path.insert(0, _ROM if kind == "rom" else _CODE)


def anonymous_memory(size):
    """Return zeroed memory outside the heap; neither its use nor its collections see it."""
    import uctypes

    import ffi

    mmap = ffi.open("libc.so.6").func("P", "mmap", "PLiiil")
    return uctypes.bytearray_at(mmap(0, size, _READ_WRITE, _PRIVATE_ANONYMOUS, -1, 0), size)


def _mount_rom():
    import os
    import uctypes
    import vfs

    size = os.stat(_IMAGE)[6]
    # Outside the heap: like flash.
    memory = anonymous_memory(size)
    with open(_IMAGE, "rb") as file:
        file.readinto(memory)
    vfs.mount(vfs.VfsRom(memory), _ROM)
    _rom[:] = uctypes.addressof(memory), size


def is_in_rom(constant):
    """Tell whether the bytes of a constant lie in the ROM image."""
    import uctypes

    return 0 <= uctypes.addressof(constant) - _rom[0] < _rom[1]


class _Nothing:
    """Stands for a module only the board has: importing it costs our heap nothing there."""


def stand_for_board_modules(with_fakes):
    """Let modules of the board be imported: as host_tests/fakes has them, or empty."""
    for name in _BOARD_ONLY:
        try:
            if with_fakes:
                __import__(name)
                continue
        except ImportError:
            pass
        sys.modules[name] = _Nothing()


def firmware_modules():
    """Return the modules main.py loads for a bridge without taps, LED or sleep.

    Everything else is loaded when somebody asks for it, and then stays.
    """
    ports = "radios ble board card clock files ntp probe watchdog wifi"
    names = ["black_box", "baybridge.app_start"]
    names += ["baybridge.ports." + name for name in ports.split()]
    return names + ["baybridge.app", "baybridge.app_ports", "baybridge.tasks.confirm_start"]


def import_all(names):
    """Import asyncio with the parts it loads when they are first named, and then these."""
    import asyncio

    for part in ("Event", "Lock", "gather", "open_connection", "start_server"):
        getattr(asyncio, part)
    for name in names:
        __import__(name)


def used():
    """Return the bytes of the heap that are alive."""
    gc.collect()
    gc.collect()  # what had a finaliser, or kept such a thing, goes in the second round
    return gc.mem_alloc()


class _LeapQueue(core.IOQueue):
    """Asks the sockets, and instead of waiting for them puts the clock forward."""

    def __init__(self, clock):
        super().__init__()
        self._clock = clock

    def wait_io_event(self, dt):
        # Loopback delivers within the call that sends, so what does not come now never will.
        super().wait_io_event(0)
        if dt > 0:
            task = core._task_queue.peek()
            if task is not None:
                ahead_ms = time.ticks_diff(task.ph_key, self._clock.ticks_ms())
                self._clock.skipped_ms += max(ahead_ms, 0)


class LeapClock:
    """A clock with the methods of baybridge.ports.clock.Clock that leaps over all waiting.

    Unlike host_tests/fakes/clock.FakeClock it allocates nothing when somebody sleeps, as the
    board's does not: asyncio itself is given this time. Make it inside the running loop.
    """

    def __init__(self):
        self.skipped_ms = 0
        self._last_ms = self.ticks_ms()
        self._rest_ms = 0
        self._up_s10 = 0
        self._unix_s = None  # stands still: records get their day, nothing else is measured
        self.sleep_ms = core.sleep_ms
        core.ticks = self.ticks_ms
        core._io_queue = _LeapQueue(self)

    def ticks_ms(self):
        return time.ticks_add(time.ticks_ms(), self.skipped_ms)

    def ticks_diff(self, a, b):
        return time.ticks_diff(a, b)

    def uptime_s10(self):
        now_ms = self.ticks_ms()
        self._rest_ms += time.ticks_diff(now_ms, self._last_ms)
        self._last_ms = now_ms
        self._up_s10 += self._rest_ms // 100
        self._rest_ms %= 100
        return self._up_s10

    def unix_s(self):
        return self._unix_s

    def set_unix_s(self, unix_s):
        self._unix_s = unix_s
