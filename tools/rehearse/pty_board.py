"""A board on a pseudo-terminal: raw_repl.py under MicroPython, switched on, reset and cut off.

The real mpremote talks to `device`. A reset is a new process on the same flash, because that is
what a reset leaves: the flash, and the RTC's memory unless the power was off.
"""

import contextlib
import os
import pty
import select
import signal
import subprocess
import threading
import tty
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = "tools/rehearse/raw_repl.py"
FLASH_BYTES = 2 * 1024 * 1024
# raw_repl.HARD_RESET, SOFT_RESET and the one after it, which stays at the raw prompt.
_RESETS = {77: ("hard", "friendly"), 78: ("soft", "friendly"), 79: ("soft", "raw")}
_CTRL_C = b"\x03"
_READY = b"\0"
_LIMIT_S = 20
_HEAP = "4M"


def make_flash(path, size=FLASH_BYTES):
    """Make a blank flash."""
    Path(path).write_bytes(b"\xff" * size)


class PtyBoard:
    """The board; use it in a with statement, which switches it on and off."""

    def __init__(self, micropython, flash, **settings):
        self.flash = Path(flash)
        self.settings = {"root": str(ROOT), **settings}
        self._micropython = micropython
        self._process = None
        self._is_on = False
        self._is_ready = False
        # Everything it said, for whoever wants to know why.
        self.said = bytearray()
        self.resets = []

    def __enter__(self):
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        # Kept open here, or the terminal would be gone between two visitors.
        self.device = os.ttyname(self._slave)
        self._memory.unlink(missing_ok=True)
        self._is_on = True
        self._start("power", "friendly")
        self._relay = threading.Thread(target=self._run, daemon=True)
        self._relay.start()
        return self

    def __exit__(self, *exc):
        self.cut_power()
        os.close(self._master)
        os.close(self._slave)

    @property
    def _memory(self):
        return Path(f"{self.flash}.rtc")

    def _start(self, cause, mode):
        self._is_ready = False
        words = [f"{key}={value}" for key, value in self.settings.items()]
        command = [self._micropython, "-X", f"heapsize={_HEAP}", SCRIPT, str(self.flash)]
        path = f"{ROOT}/host_tests/fakes:{ROOT}:.frozen"
        self._process = subprocess.Popen(
            [*command, cause, mode, *words],
            cwd=ROOT,
            env={**os.environ, "MICROPYPATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
        )

    def cut_power(self):
        """Take the power away, in the middle of whatever it does."""
        self._is_on = False
        self._process.kill()
        self._process.wait(_LIMIT_S)
        self._relay.join(_LIMIT_S)
        self._process.stdin.close()
        self._process.stdout.close()

    def _run(self):
        while self._is_on:
            out = self._process.stdout
            # What is said to it while it starts waits in the terminal.
            heard = [self._master, out] if self._is_ready else [out]
            ready, _, _ = select.select(heard, [], [], 0.2)
            if out in ready:
                raw = out.read(4096)
                if raw:
                    if not self._is_ready:
                        self._is_ready = True
                        raw = raw.removeprefix(_READY)
                    self.said += raw
                    os.write(self._master, raw)
                else:
                    self._restart()
                    continue
            if self._master in ready:
                self._hear(os.read(self._master, 4096))

    def _restart(self):
        status = self._process.wait(_LIMIT_S)
        if not self._is_on:
            return
        if status not in _RESETS:
            # Its last words are in `said`; nothing answers any more.
            self._is_on = False
            return
        cause, mode = _RESETS[status]
        self.resets.append(cause)
        self._process.stdin.close()
        self._process.stdout.close()
        self._start(cause, mode)

    def _hear(self, raw):
        # On a board Ctrl-C interrupts whatever runs, and everything else waits to be read.
        for piece in raw.split(_CTRL_C)[:-1]:
            self._tell(piece)
            self._process.send_signal(signal.SIGINT)
        self._tell(raw.rsplit(_CTRL_C, 1)[-1])

    def _tell(self, raw):
        # It may be starting again just now; what was said to it is lost, as on a board.
        with contextlib.suppress(BrokenPipeError):
            if raw:
                self._process.stdin.write(raw)
