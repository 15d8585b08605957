"""A MicroPython board to mpremote, played by the unix port: IMAGE CAUSE MODE [KEY=VALUE ...].

What the unix port lacks of a board: a prompt with Ctrl-A, -B, -C, -D and raw paste
(shared/runtime/pyexec.c), boot.py and main.py, and a flash with nothing else in sight. The flash
is the file IMAGE with LittleFS on it, mounted as "/"; the fakes and nothing of the firmware can
be imported beside it. tools/rehearse/pty_board.py starts this anew after each reset: CAUSE is the
reset's, MODE "raw" or "friendly". Settings: machine=, version=, mpy=, psram=, journal=, root=.
"""

import asyncio
import builtins
import gc
import io
import micropython
import os
import struct
import sys
import time
import vfs

BLOCK_BYTES = 4096
SOFT_RESET = 78
HARD_RESET = 77
# Said when the chip itself would be up: from here on a Ctrl-C interrupts Python.
READY = b"\0"
_BANNER = b"raw REPL; CTRL-B to exit\r\n"
_WINDOW = 512
_CAUSES = {"power": 1, "hard": 2, "watchdog": 3, "soft": 5}


class Flash:
    """The flash in a file; what is written goes into a journal too, if there is one."""

    def __init__(self, path, journal=None):
        self._file = open(path, "r+b")  # noqa: SIM115 - for as long as there is power
        self._size = self._file.seek(0, 2)
        self._journal = open(journal, "ab") if journal else None  # noqa: SIM115

    def readblocks(self, n, buf, at=0):
        self._file.seek(n * BLOCK_BYTES + at)
        self._file.readinto(buf)

    def writeblocks(self, n, buf, at=0):
        place = n * BLOCK_BYTES + at
        self._file.seek(place)
        self._file.write(buf)
        self._file.flush()
        if self._journal:
            self._journal.write(struct.pack("<II", place, len(buf)))
            self._journal.write(buf)
            self._journal.flush()

    def ioctl(self, op, arg):
        if op == 4:
            return self._size // BLOCK_BYTES
        if op == 5:
            return BLOCK_BYTES
        if op == 6:
            # An erased block is all ones, as a flash leaves it.
            self.writeblocks(arg, b"\xff" * BLOCK_BYTES)
        return 0


class Implementation:
    """sys.implementation of the board this stands for."""

    def __init__(self, settings):
        self.name = "micropython"
        numbers = settings.get("version", "1.28.0").split(".")
        self.version = tuple([int(n) for n in numbers[:3]]) + ("",)
        self._machine = settings.get("machine", "Generic ESP32S3 module with ESP32S3")
        self._mpy = int(settings.get("mpy", sys.implementation._mpy & 0xFF))
        self._build = "ESP32_GENERIC_S3"


class Instead:
    """A module of this MicroPython with some names as the board has them."""

    def __init__(self, module, **names):
        self._module = module
        for name in names:
            setattr(self, name, names[name])

    def __getattr__(self, name):
        return getattr(self._module, name)


class Esp32:
    """As much of the module esp32 as a deployment asks."""

    HEAP_DATA = 4

    def __init__(self, has_psram):
        self._has_psram = has_psram

    def idf_heap_info(self, capabilities):
        # Figures of MicroPython's issues #7214 and #12075.
        own = [(7288, 176, 0, 176), (94064, 5684, 4096, 5664), (113840, 112216, 65536, 112216)]
        return own + [(8388608, 6338304, 6291456, 6338304)] if self._has_psram else own


def mount(path, journal, root):
    """Make the flash the only thing that is seen, but for the fakes."""
    flash = Flash(path, journal)
    try:
        fs = vfs.VfsLfs2(flash)
    except OSError:
        # A blank board formats its flash at the first start (_boot.py, inisetup.py).
        vfs.VfsLfs2.mkfs(flash)
        fs = vfs.VfsLfs2(flash)
    vfs.umount("/")
    vfs.mount(fs, "/")
    vfs.mount(vfs.VfsPosix("/"), "/host")
    os.chdir("/")
    host = "/host" + root
    sys.path[:] = ["", ".frozen", host + "/host_tests/fakes", host]
    return fs


def pretend(settings):
    """Have every import find the board's modules where this MicroPython has others."""
    # It looks for its own parts relative to who imports it, which is not to be had below.
    for part in ("Event", "Lock", "gather", "open_connection", "start_server"):
        getattr(asyncio, part)
    board = {
        "sys": Instead(sys, implementation=Implementation(settings)),
        "micropython": Instead(micropython, alloc_emergency_exception_buf=int),
        # What boot.py and main.py wait for, somebody at the button or a cable, does not come here.
        "time": Instead(time, sleep=lambda seconds: time.sleep(seconds / 100)),
        "esp32": Esp32(settings.get("psram", "1") == "1"),
    }
    real_import = builtins.__import__

    def board_import(name, *args):
        return board[name] if name in board else real_import(name, *args)

    builtins.__import__ = board_import


def surround():
    """Put the board into a bay: an air without batteries, and a router."""
    from host_tests.fakes.air import Air
    from host_tests.fakes.clock import HostClock
    from host_tests.fakes.router import ROUTER

    clock = HostClock(1)
    Air(clock).install()
    ROUTER.reset(clock)


class Power(Exception):
    """The board starts again; args[0] is the status this process ends with."""


class Prompt:
    """The prompt on stdin and stdout."""

    def __init__(self):
        self._in = sys.stdin.buffer
        self._out = sys.stdout.buffer
        self.names = {"__name__": "__main__"}

    def write(self, raw):
        self._out.write(raw)
        self._out.flush()

    def byte(self):
        while True:
            try:
                raw = self._in.read(1)
            except KeyboardInterrupt:
                return 3
            if raw:
                return raw[0]
            raise Power(0)  # the cable's other end is gone for good

    def friendly(self):
        """Answer as the prompt for people does; returns when the raw one is asked for."""
        self.write(b"\r\n>>> ")
        while True:
            byte = self.byte()
            if byte == 1:
                return
            if byte == 4:
                self.soft_reset("friendly")
            if byte in (2, 3, 13):
                self.write(b"\r\n>>> ")

    def raw(self):
        """Answer as the prompt for programs does; returns when the other one is asked for."""
        self.write(_BANNER)
        while True:
            self.write(b">")
            code = bytearray()
            answer = b"OK"
            while True:
                byte = self.byte()
                if byte == 1:
                    code = bytearray()
                    self.write(_BANNER + b">")
                elif byte == 2:
                    self.write(b"\r\n")
                    return
                elif byte == 3:
                    code = bytearray()
                elif byte == 4:
                    break
                elif byte == 5:
                    if self.byte() == 0x41 and self.byte() == 1:
                        code = self.pasted()
                        answer = b""
                        break
                else:
                    code.append(byte)
            if code is None:
                continue
            if not code:
                self.write(b"\r\n")
                self.soft_reset("raw")
            self.write(answer)
            self.execute(code)

    def pasted(self):
        """Take what is pasted in windows; None when it was given up."""
        self.write(b"R\x01" + struct.pack("<H", _WINDOW) + b"\x01")
        code = bytearray()
        left = _WINDOW
        while True:
            byte = self.byte()
            if byte == 3:
                self.write(b"\x04")
                return None
            if byte == 4:
                self.write(b"\x04")
                return code
            code.append(byte)
            left -= 1
            if not left:
                left = _WINDOW
                self.write(b"\x01")

    def execute(self, code):
        failed = b""
        try:
            exec(compile(bytes(code).decode(), "<stdin>", "exec"), self.names)
        except SystemExit:
            raise Power(HARD_RESET)
        except BaseException as exc:
            text = io.StringIO()
            sys.print_exception(exc, text)
            failed = text.getvalue().encode()
        self.write(b"\x04" + failed + b"\x04")

    def soft_reset(self, mode):
        # What was open is closed by its finaliser, with as much in it as had arrived.
        self.names.clear()
        sys.modules.clear()
        gc.collect()
        self.write(b"MPY: soft reboot\r\n")
        raise Power(SOFT_RESET + (1 if mode == "raw" else 0))


def run_file(name, prompt):
    """Run boot.py or main.py as the board does."""
    try:
        with open(name) as file:
            code = file.read()
    except OSError:
        return True
    try:
        exec(compile(code, name, "exec"), prompt.names)
    except SystemExit:
        raise Power(HARD_RESET)
    except BaseException as exc:
        sys.print_exception(exc)
        return False
    return True


def read_memory(path):
    """Return what the RTC's memory held at the last reset."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def main(image, cause, mode, *words):
    settings = {}
    for word in words:
        key, _, value = word.partition("=")
        settings[key] = value
    memory = read_memory(image + ".rtc")
    kept = open(image + ".rtc", "wb")  # noqa: SIM115 - no path leads there below
    pretend(settings)
    prompt = Prompt()
    fs = mount(image, settings.get("journal"), settings["root"])
    # Only now: where it was found before cannot be found again.
    from host_tests.fakes.hardware import BOARD as board

    board.reset_cause = _CAUSES[cause]
    board.rtc_memory = memory
    board.pins[0] = 1  # nobody presses the button
    board.pins[9] = 1
    surround()
    status = 0
    try:
        try:
            prompt.write(READY)
            if run_file("boot.py", prompt) and mode == "friendly":
                run_file("main.py", prompt)
        except KeyboardInterrupt:
            pass  # between two files
        while True:
            try:
                if mode == "raw":
                    prompt.raw()
                else:
                    prompt.friendly()
                mode = "friendly" if mode == "raw" else "raw"
            except KeyboardInterrupt:
                pass  # there is nothing to interrupt
    except Power as exc:
        status = exc.args[0]
    kept.write(board.rtc_memory)
    kept.close()
    del fs
    sys.exit(status)


main(*sys.argv[1:])
