"""Listens to a board's console without touching what runs: `make logs`, and after a deployment.

A board with USB of its own takes its port away while it starts; it is looked for until it is back.
"""

import contextlib
import datetime
import os
import time

_BAUD = 115200
_LOOK_S = 0.2


class Console:
    """The lines of a serial port."""

    def __init__(self, device, port=None):
        self._device = device
        # Open already, or opened when it is there.
        self._port = port
        self._rest = b""

    def lines(self, wait_s=None):
        """Yield each line as it comes, and None whenever there was none; ends after wait_s."""
        begun_s = time.monotonic()
        while wait_s is None or time.monotonic() - begun_s < wait_s:
            raw = self._read()
            if not raw:
                yield None
                continue
            *whole, self._rest = (self._rest + raw).split(b"\n")
            for line in whole:
                yield line.decode(errors="replace").rstrip("\r\x04\x00")

    def _read(self):
        import serial

        try:
            if self._port is None:
                self._port = open_quietly(self._device)
            self._port.timeout = _LOOK_S
            return self._port.read(1) + self._port.read(self._port.in_waiting)
        # TypeError: pyserial, when the port vanishes within a read.
        except (OSError, serial.SerialException, TypeError):
            self.close()
            time.sleep(_LOOK_S)
            return b""

    def close(self):
        if self._port is not None:
            with contextlib.suppress(OSError):
                self._port.close()
            self._port = None


def open_quietly(device):
    """Open a port so that the board on it goes on running."""
    import serial

    port = serial.serial_for_url(device, do_not_open=True, baudrate=_BAUD, timeout=_LOOK_S)
    # These two lines are wired to reset and BOOT on most boards, and both the same leave it alone.
    # Linux and macOS set both as they open the port: one taken back before the other resets the
    # board, and without DTR a chip with USB of its own takes nobody to be there. On Windows they
    # are set only here.
    port.dtr = port.rts = os.name != "nt"
    port.open()
    return port


def follow(device, out, folder, now=datetime.datetime.now):
    """Print the console's lines with the time, and keep them in a file below folder."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"console-{now():%Y%m%d-%H%M%S}.txt"
    console = Console(device, open_quietly(device))
    print(f"listening to {device}, also into {path}; Ctrl-C ends it", file=out, flush=True)
    try:
        with open(path, "w", encoding="utf-8") as kept:
            for line in console.lines():
                if line is not None:
                    stamped = f"{now():%H:%M:%S} {line}"
                    print(stamped, file=kept, flush=True)
                    print(stamped, file=out, flush=True)
    except KeyboardInterrupt:
        print(file=out)
    finally:
        console.close()
