"""Notifications on their way from the radio's task, which puts, to ours, which takes.

One putter and one taker, each with an index of its own, so no lock is needed. What does not fit
is lost and counted; a frame is never overwritten.
"""

from micropython import const

_FRAME_BYTES = const(20)
_SLOTS = const(16)  # two whole replies of a 16-cell battery


class FrameRing:
    """A fixed number of slots of one frame each."""

    def __init__(self):
        self._bytes = bytearray(_SLOTS * _FRAME_BYTES)
        self._lengths = bytearray(_SLOTS)
        self._put_at = 0
        self._take_at = 0
        self.overruns = 0

    # Hot path: no allocation; host_tests/upy checks it.
    def put(self, payload):
        """Copy a notification in; a longer one keeps its length, so that it is refused later."""
        following = (self._put_at + 1) % _SLOTS
        if following == self._take_at:
            self.overruns += 1
            return
        into = self._bytes
        base = self._put_at * _FRAME_BYTES
        i = 0
        for b in payload:
            if i < _FRAME_BYTES:
                into[base + i] = b
            i += 1
        self._lengths[self._put_at] = min(i, 255)
        self._put_at = following

    # Hot path: no allocation.
    def take(self, into) -> int:
        """Copy the oldest notification out and return its length, or -1 if there is none."""
        if self._take_at == self._put_at:
            return -1
        held = self._bytes
        base = self._take_at * _FRAME_BYTES
        i = 0
        while i < _FRAME_BYTES:
            into[i] = held[base + i]
            i += 1
        n = self._lengths[self._take_at]
        self._take_at = (self._take_at + 1) % _SLOTS
        return n

    def clear(self):
        """Forget what was put."""
        self._take_at = self._put_at
