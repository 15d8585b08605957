"""When a burst of the harness and an answer of the BMS may be compared.

Only if the BMS answered right after the burst, the current was the same in its last answer before
it, and it is not balancing: its bleed current flows through the sense leads and shifts the cell
and its neighbours (15-20 mV in bms-15s80-sc issue 4).
"""

from micropython import const

from baybridge.battery import sample as groups

# What look() returns: nothing to say, compare now, or why this burst cannot be compared.
NOTHING = const(0)
COMPARE = const(1)
NO_BURST = const(2)
NO_CELLS = const(3)
UNSTEADY = const(4)
BALANCING = const(5)

# The BMS's cells have to follow a burst within this; with polls every 2 s they do.
_CLOSE_S10 = const(30)
# The current before a burst may have been read by this much earlier than the one after it.
_APART_S10 = const(150)
# How far apart both currents may be: at 0.6 mohm a cell 2 A are about 1 mV. Of a large one a 32nd
# besides, because it is never quite still.
_STEADY_MA = const(2000)
_STEADY_SHIFT = const(5)


class Pairing:
    """Waits for the BMS's first answer after each burst."""

    def __init__(self, battery):
        self._battery = battery
        # When the burst ended that waits for an answer; -1 if none does.
        self._burst_s10 = -1
        # The BMS's last answer before it.
        self._current_ma = 0
        self._current_s10 = -1

    def begin(self, burst_s10: int):
        """Wait for the answer that belongs to a burst."""
        self._burst_s10 = burst_s10

    def stop(self):
        """Wait no more."""
        self._burst_s10 = -1

    # Hot path: no allocation; host_tests/upy checks it.
    def look(self, now_s10: int) -> int:
        """Return COMPARE once for a burst that may be compared now; otherwise see above."""
        sample = self._battery.sample
        burst_s10 = self._burst_s10
        status_s10 = sample.taken_s10[groups.STATUS]
        if burst_s10 < 0 or status_s10 <= burst_s10:
            self._note()
        if burst_s10 < 0:
            return NOTHING
        if not self._has_answered(sample):
            if now_s10 - burst_s10 <= _CLOSE_S10:
                return NOTHING
            self._burst_s10 = -1
            return NO_CELLS
        self._burst_s10 = -1
        before_ma = self._current_ma
        before_s10 = self._current_s10
        self._note()
        if status_s10 - burst_s10 > _CLOSE_S10 or before_s10 < 0:
            return NO_CELLS
        steady_ma = _STEADY_MA + (abs(sample.current_ma) >> _STEADY_SHIFT)
        if status_s10 - before_s10 > _APART_S10 or abs(sample.current_ma - before_ma) > steady_ma:
            return UNSTEADY
        return BALANCING if sample.balancer else COMPARE

    def _note(self):
        sample = self._battery.sample
        self._current_ma = sample.current_ma
        self._current_s10 = sample.taken_s10[groups.STATUS]

    def _has_answered(self, sample):
        # With all its cells, and their current with them.
        burst_s10 = self._burst_s10
        series = sample.series
        if series < self._battery.harness.count or sample.taken_s10[groups.STATUS] <= burst_s10:
            return False
        for block in range((series + 3) // 4):
            if sample.taken_s10[groups.CELLS + block] < burst_s10:
                return False
        return True
