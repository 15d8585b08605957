"""The prompt of a board, reached through mpremote: scripts run there, files go there.

mpremote's own transport, as a library: one connection for all, which matters because opening the
port resets many boards. Whatever it fails with leaves here as a sentence.
"""

import base64
import contextlib
import errno
import io
import json
import os
import stat
import time
from pathlib import Path

from tools.deploy.errors import DeployError

_SCRIPT = Path(__file__).resolve().parent / "on_board.py"
# Bytes of a file in one command: the board needs some four times that to take it in.
PIECE = 1536
_SLOW_S = 60
_GOODBYE_S = 0.3
_NOT_A_BOARD = (
    "%s does not answer as MicroPython does. Is it the board's port, and is MicroPython on the "
    "board (`make flash`)? A bridge that sleeps to save power answers after its reset button "
    "was pressed. [%s]"
)


def ports():
    """Return [(port, what it is)] of what a board may be on."""
    from serial.tools import list_ports

    # Ports of the computer's own mainboard have no USB identity, and no board on them.
    return [(port.device, port.description) for port in list_ports.comports() if port.vid]


def check_device(device, command="deploy", ports=ports):
    """Raise DeployError with a sentence if nothing can be reached through this device."""
    if not device:
        found = ports()
        lines = [f"  make {command} DEVICE={port}    {what}" for port, what in found]
        if lines:
            raise DeployError("DEVICE says where the board is. There is:\n" + "\n".join(lines))
        raise DeployError(
            f"DEVICE says where the board is, like make {command} DEVICE=/dev/ttyUSB0. No board "
            "is to be seen: is the cable one for data, not for charging only?"
        )
    # COM3, socket://, rfc2217://: pyserial's affair.
    if not device.startswith("/"):
        return
    try:
        mode = os.stat(device).st_mode
    except OSError as exc:
        if exc.errno not in (errno.ENOENT, errno.ENOTDIR):
            raise DeployError(f"{device} cannot be looked at: {exc.strerror}.") from exc
        there = ", ".join(port for port, _ in ports()) or "no board at all"
        raise DeployError(
            f"There is no {device}. On this computer there is {there}. A board that is plugged in "
            "and not listed has a cable without data lines, or a chip without a driver here."
        ) from exc
    if not stat.S_ISCHR(mode):
        raise DeployError(f"{device} is no serial port.")
    if not os.access(device, os.R_OK | os.W_OK):
        raise DeployError(
            f"You may not use {device}. On Debian and Ubuntu: sudo usermod -aG dialout $USER, "
            "then log in anew."
        )


class Link:
    """A board at its prompt, nothing of ours running there."""

    def __init__(self, device, patience_s=10):
        from mpremote.transport import TransportError
        from mpremote.transport_serial import SerialTransport

        self.device = device
        self._error = TransportError
        try:
            self.transport = SerialTransport(device, timeout=_SLOW_S)
        except (TransportError, OSError, ValueError) as exc:
            raise DeployError(
                f"{device} cannot be opened: it is no serial port, or another program has it, "
                f"like a console that is still open. [{exc}]"
            ) from exc
        try:
            self._enter(patience_s)
        except BaseException:
            self.close()
            raise

    def _enter(self, patience_s):
        said = io.StringIO()
        try:
            # It prints what came instead of a prompt.
            with contextlib.redirect_stdout(said):
                # With a soft reset: what ran holds most of the memory.
                self.transport.enter_raw_repl(soft_reset=True, timeout_overall=patience_s)
        except (self._error, OSError) as exc:
            came = said.getvalue().strip()[-200:] or "silence"
            raise DeployError(_NOT_A_BOARD % (self.device, f"{exc}: {came}")) from exc
        self.run(_SCRIPT.read_text())
        # Before anything else: boot.py has just given everybody a minute.
        self.call("keep_awake")

    def run(self, script):
        """Run a script on the board; return what it printed."""
        try:
            said, failed = self.transport.exec_raw(script, timeout=_SLOW_S)
        except (self._error, OSError) as exc:
            raise DeployError(f"{self.device} went silent: {exc}. Nothing is lost; deploy again.")
        if failed:
            raise DeployError(
                f"the board could not do it: {failed.decode(errors='replace').strip()}"
            )
        return said.decode(errors="replace")

    def call(self, name, *args):
        """Call a function of on_board.py; return the objects it printed, one a line."""
        # repr() of what is sent is Python on both sides: texts, numbers, lists of them.
        said = self.run(f"{name}({', '.join(map(repr, args))})")
        return [json.loads(line) for line in said.splitlines() if line.strip()]

    def put(self, raw, path, name=None):
        """Write a file; with a name, under another one first and then renamed."""
        self.call("begin", path)
        for at in range(0, len(raw), PIECE):
            text = base64.b64encode(raw[at : at + PIECE]).decode()
            self.run(f"write('{text}')")
        self.call("done", path, *([name] if name else []))

    def reset(self, reason):
        """Start the board again; the prompt is gone then."""
        self.call("plan_reset", reason)
        try:
            self.transport.exec_raw_no_follow("reset()")
        except (self._error, OSError) as exc:
            raise DeployError(f"{self.device} was lost at the reset: {exc}") from exc
        # The board waits a moment itself (on_board.reset); nobody hangs up before.
        time.sleep(_GOODBYE_S)

    def lines(self, wait_s):
        """Yield what the console says, line by line; None about every second without any."""
        from tools.deploy.console import Console

        yield from Console(self.device, self.transport.serial).lines(wait_s)

    def close(self):
        """Leave the board as it is."""
        # A board that was unplugged has nothing left to be closed.
        with contextlib.suppress(OSError):
            self.transport.close()
