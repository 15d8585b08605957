"""The last raw frames of all batteries in fixed memory, and as the text of a CAPTURE file.

An owner sends this file in when the bridge does not understand their battery, and it replays
as that battery (`make run CAPTURE=file`).
"""

from array import array
from micropython import const

_FRAME_BYTES = const(20)
# Who: the battery's index in the low bits; a request is kept by its number, a frame by itself.
_REQUEST = const(0x80)


class FrameLog:
    """A ring of requests and notifications with the time of each."""

    def __init__(self, requests: tuple, slots: int):
        self._requests = requests
        self._slots = slots
        self._who = bytearray(slots)
        self._length = bytearray(slots)
        self._taken_ms = array("i", [0] * slots)
        self._bytes = bytearray(slots * _FRAME_BYTES)
        self._next = 0
        self.count = 0

    # Hot path: no allocation; host_tests/upy checks it.
    def note_request(self, battery: int, request: int, now_ms: int):
        """Note that request number `request` went to a battery; now_ms is a tick."""
        at = self._advance(_REQUEST | battery, now_ms)
        self._length[at] = request

    # Hot path: no allocation.
    def note_frame(self, battery: int, frame: bytes, n: int, now_ms: int):
        """Note a notification of n bytes as it came, sound or not."""
        at = self._advance(battery, now_ms)
        self._length[at] = n
        n = min(n, _FRAME_BYTES)
        into = self._bytes
        base = at * _FRAME_BYTES
        i = 0
        while i < n:
            into[base + i] = frame[i]
            i += 1

    def _advance(self, who, now_ms):
        at = self._next
        self._who[at] = who
        self._taken_ms[at] = now_ms
        self._next = (at + 1) % self._slots
        self.count += 1
        return at

    def lines(self, battery: int, ticks_diff):
        """Yield one battery's frames as the lines of a CAPTURE file, oldest first.

        What was written while we were read out is left out: a line is whole or not there. A
        capture begins with a request, so replies to one that has left the ring are skipped.
        """
        first = max(self.count - self._slots, 0)
        last_ms = None
        for n in range(first, self.count):
            if n < self.count - self._slots:
                continue
            at = n % self._slots
            if self._who[at] & ~_REQUEST != battery:
                continue
            taken_ms = self._taken_ms[at]
            if self._who[at] & _REQUEST:
                yield "> %s\n" % _hex(self._requests[self._length[at]])
            elif last_ms is None:
                continue
            else:
                base = at * _FRAME_BYTES
                n_bytes = min(self._length[at], _FRAME_BYTES)
                frame = _hex(self._bytes[base : base + n_bytes])
                yield "<+%d %s\n" % (max(ticks_diff(taken_ms, last_ms), 0), frame)
            last_ms = taken_ms


def _hex(payload):
    return "".join(["%02x" % b for b in payload])
