"""The last raw frames of all batteries in fixed memory; record/capture.py makes a text of them."""

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
        """Yield one battery's frames as the lines of a CAPTURE file, oldest first."""
        # Asked for rarely, so its room is entered only then.
        from baybridge.record.capture import FrameReader

        return FrameReader(self, battery, ticks_diff, self.oldest()).lines()

    def oldest(self) -> int:
        """Return the number of the oldest entry that is still held."""
        return max(self.count - self._slots, 0)

    def taken_ms(self, n: int) -> int:
        """Return the tick of entry n."""
        return self._taken_ms[n % self._slots]

    def kind(self, n: int, battery: int):
        """Return ">" for a request of a battery, "<" for its frame, None for another's entry."""
        who = self._who[n % self._slots]
        if who & ~_REQUEST != battery:
            return None
        return ">" if who & _REQUEST else "<"

    def payload(self, n: int) -> bytes:
        """Return the bytes of entry n."""
        at = n % self._slots
        if self._who[at] & _REQUEST:
            return self._requests[self._length[at]]
        base = at * _FRAME_BYTES
        return bytes(self._bytes[base : base + min(self._length[at], _FRAME_BYTES)])
