"""The evidence of one battery's radio link: what was tried, what came, what was refused."""

from array import array
from micropython import const

CONNECTED = const(0)
CONNECTING = const(1)
ABSENT = const(2)
RELEASED = const(3)
FAILED = const(4)
STATES = ("connected", "connecting", "absent", "released", "failed")

# Quality is told of so many polls.
_WINDOW = const(100)


class Link:
    """Counts what happens on a link; reasons names the ways a frame can be refused."""

    def __init__(self, reasons: tuple):
        self.state = CONNECTING
        self.address = None
        self.address_type = None
        self.peer_name = None
        self.rssi_dbm = None
        self.polls = 0
        self.failed_polls = 0
        self.disconnects = 0
        self.last_error = None
        self.reasons = reasons
        self.rejected = array("I", [0] * len(reasons))
        self._window = bytearray(_WINDOW)
        self._at = 0

    # Hot path: no allocation; host_tests/upy checks it.
    def count_poll(self, is_good: bool):
        """Note how one poll ended."""
        self.polls += 1
        if not is_good:
            self.failed_polls += 1
        self._window[self._at] = is_good
        self._at = (self._at + 1) % _WINDOW

    def reject(self, reason: int):
        """Count a frame refused for reasons[reason]."""
        self.rejected[reason] += 1

    @property
    def rejected_frames(self) -> int:
        """All refused frames."""
        return sum(self.rejected)

    @property
    def quality_pct(self):
        """Good polls of the last 100 in percent, or None before the first."""
        window = min(self.polls, _WINDOW)
        return sum(self._window) * 100 // window if window else None
