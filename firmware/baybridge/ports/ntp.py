"""The time of day from the network, through MicroPython's own `ntptime`.

ntptime waits: for the name up to the stack's own time-out, which is many seconds without a name
server, then up to one second for the answer; the whole board stands still meanwhile. So the name
server is asked first with a question of our own that does not wait, and read() is called only
when that was answered (platform.md 5.11). Whether the answer can be true is for tasks/keep_time.
"""

import ntptime
import socket
import struct
import time

# Unix seconds of the port's own epoch: 2000-01-01 on the ESP32 today, 1970 on some builds.
_EPOCH_S = 946684800 if time.gmtime(0)[0] == 2000 else 0
_ID = 0x4242


class Ntp:
    """Asks an NTP server; nothing but read() waits."""

    def __init__(self, host="pool.ntp.org", dns_port=53):
        self.last_error = None
        self._host = host
        self._dns_port = dns_port
        self._socket = None

    def begin(self, dns):
        """Ask the name server at this address, in digits, for the NTP server's name."""
        self.end()
        # RFC 1035: recursion wanted, one question, type A, class IN.
        question = struct.pack("!6H", _ID, 0x0100, 1, 0, 0, 0)
        for label in self._host.split("."):
            question += bytes((len(label),)) + label.encode()
        question += b"\x00\x00\x01\x00\x01"
        try:
            place = socket.getaddrinfo(dns, self._dns_port)[0][-1]
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._socket.setblocking(False)
            self._socket.sendto(question, place)
        except OSError as exc:
            self.end()
            self.last_error = "the name server cannot be asked: %r" % exc
            return False
        return True

    def is_resolved(self):
        """Tell whether the name server has answered begin() with an address."""
        if self._socket is None:
            return False
        try:
            reply = self._socket.recv(512)
        except OSError:
            return False  # nothing yet
        if len(reply) < 12:
            return False
        id, flags, _, answers = struct.unpack("!4H", reply[:8])
        # An answer (bit 15) without an error code (bits 3 to 0).
        return id == _ID and flags & 0x800F == 0x8000 and answers > 0

    def end(self):
        """Forget the question."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def read(self):
        """Return Unix seconds as the server says, or None; waits for up to a second."""
        ntptime.host = self._host
        try:
            unix_s = ntptime.time() + _EPOCH_S
        # OverflowError: micropython#7137. IndexError: no address. ValueError: a short answer.
        except (OSError, OverflowError, IndexError, ValueError) as exc:
            self.last_error = "%s did not tell the time: %r" % (self._host, exc)
            return None
        self.last_error = None
        return unix_s
