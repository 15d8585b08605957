"""A limit's life: trip after a delay and so many readings, release behind a hysteresis.

Integers of any unit. Many limits in a few arrays, because an object for each costs the board
seven times as much. What a limit stands for is alarms.py's business.
"""

from array import array
from micropython import const

# A trip no value reaches, in either direction: a limit that is not used.
NEVER = const(0x1FFFFFFF)


class Limits:
    """A row of limits, all released at first and out of use until set().

    A limit is one on the high side if its trip is above its release. readings in a row have to
    be past the trip, the last of them delay_s10 after the first; as many in a row have to be
    back at the release before it lets go. One reading that says otherwise begins anew.
    """

    def __init__(self, count: int):
        self.trips = array("i", [NEVER] * count)
        self.releases = array("i", [0] * count)
        self.delays_s10 = array("H", [0] * count)
        self.readings = bytearray(count)
        self.tripped = bytearray(count)
        # Readings in a row that speak against the present state, and when the first came.
        self._against = bytearray(count)
        self._since_s10 = array("i", [0] * count)

    def set(self, i: int, trip: int, release: int, delay_s10: int, readings: int):
        """Put limit i in force; one that has tripped stays so until its new release."""
        if trip != self.trips[i] or release != self.releases[i]:
            self._against[i] = 0
        self.trips[i] = trip
        self.releases[i] = release
        self.delays_s10[i] = delay_s10
        self.readings[i] = readings

    # Hot path: no allocation; host_tests/battery checks it.
    def update(self, i: int, value: int, now_s10: int):
        """Take a new reading for limit i."""
        trip = self.trips[i]
        release = self.releases[i]
        tripped = self.tripped[i]
        if trip > release:
            is_against = value <= release if tripped else value >= trip
        else:
            is_against = value >= release if tripped else value <= trip
        if not is_against:
            self._against[i] = 0
            return
        if not self._against[i]:
            self._since_s10[i] = now_s10
        if self._against[i] < self.readings[i]:
            self._against[i] += 1
        if self._against[i] < self.readings[i]:
            return
        if tripped or now_s10 - self._since_s10[i] >= self.delays_s10[i]:
            self.tripped[i] = not tripped
            self._against[i] = 0

    # Hot path: no allocation; host_tests/battery checks it.
    def clear(self, i: int):
        """Let go of limit i at once: there is nothing to judge any more."""
        self.tripped[i] = 0
        self._against[i] = 0
