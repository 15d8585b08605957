"""Answers every name with the access point's address, so that a phone finds the page by itself.

A phone that joins a network asks for a name of its maker's and looks what is there; the page
takes it from there (web/captive.py). Facts: RFC 1035, 4.1. Nothing here waits: poll() takes what
has come. Only names of IPv4 are answered; for anything else there is an empty answer, because
"no such name" would be believed of the IPv4 address, too.
"""

import errno
import socket
from micropython import const

# Of one packet without EDNS, RFC 1035, 2.3.4; of one name.
_MAX_PACKET = const(512)
_MAX_NAME = const(255)
_HEADER = const(12)
# Packets taken in one poll(); what the stack does not hold until the next one is asked again.
_BATCH = const(8)
_A = const(1)
_ANY = const(255)
_IN = const(1)
# A phone that joins another network afterwards must not remember us for long.
_TTL_S = const(10)


def reply_to(packet, address):
    """Return the answer to a packet, or None if it is no question; address is four bytes."""
    # QR and opcode 0: a standard query. One question; what follows it is not looked at.
    if len(packet) < _HEADER or packet[2] & 0xF8 or packet[4] or packet[5] != 1:
        return None
    end = _name_end(packet)
    if end is None or end + 4 > len(packet):
        return None
    kind = packet[end] << 8 | packet[end + 1]
    family = packet[end + 2] << 8 | packet[end + 3]
    is_known = kind in (_A, _ANY) and family == _IN
    # Same number; an answer, authoritative, recursion as wanted and had, no error.
    head = bytes((packet[0], packet[1], 0x84 | packet[2] & 1, 0x80, 0, 1, 0, int(is_known)))
    reply = head + b"\x00\x00\x00\x00" + packet[_HEADER : end + 4]
    if is_known:
        # The name is the one at offset 12; type A, class IN, seconds to live, four bytes.
        reply += b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00" + bytes((_TTL_S, 0, 4)) + address
    return reply


def _name_end(packet):
    # Where the name that begins behind the header ends; None if it is broken.
    at = _HEADER
    while at < len(packet):
        n = packet[at]
        if n == 0:
            return at + 1
        # Longer than 63 would be a pointer, which has nothing to point at in a first name.
        if n > 63:
            return None
        at += n + 1
        if at - _HEADER >= _MAX_NAME:
            return None
    return None


class NameServer:
    """Serves on one address from start() to stop()."""

    def __init__(self, port=53):
        self.answered = 0
        self.ignored = 0  # packets that are no question
        self.last_error = None
        self._port = port
        self._socket = None
        self._address = b""

    def start(self, address):
        """Listen on this address, in digits, and answer with it; return whether it does."""
        self.stop()
        try:
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._socket.bind(socket.getaddrinfo(address, self._port)[0][-1])
            self._socket.setblocking(False)
        except OSError as exc:
            self.stop()
            self.last_error = "the name server does not start: %r" % exc
            return False
        self._address = bytes([int(part) for part in address.split(".")])
        return True

    def stop(self):
        """Stop listening."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def poll(self):
        """Answer what has come."""
        if self._socket is None:
            return
        for _ in range(_BATCH):
            try:
                packet, sender = self._socket.recvfrom(_MAX_PACKET)
            except OSError as exc:
                if exc.errno != errno.EAGAIN:
                    self.last_error = "the name server cannot listen: %r" % exc
                return
            reply = reply_to(packet, self._address)
            if reply is None:
                self.ignored += 1
                continue
            try:
                self._socket.sendto(reply, sender)
                self.answered += 1
            except OSError as exc:
                self.last_error = "the name server cannot answer: %r" % exc
