"""Which single fault explains how the taps differ from what the BMS's cells add up to.

The error of tap k is e_k = tap k - (cell 1 + ... + cell k of the BMS). A divider that is off
moves its own e_k alone; a cell the BMS misreads, n, moves every e_k from n up by the same; the
ground lead moves all of them, like cell 1; an ADC that is off in proportion moves e_k by k times
as much. What is left of a sound, calibrated harness is of two kinds: one error per cell common to
all taps (gain and offset of the ADC with temperature, several mV), and one of each tap's own that
grows with the tap (parts, leakage, noise). So with u_k = e_k / k both have one size, and the
fault is found by least squares of u less its mean. Of calibrated boards a tap's own error in u is
1 mV (1-sigma; 3 mV with 1 % parts at 100 ppm/K, platform.md 1.7), the common one 7 mV and 32 mV at
most in 900 simulated lives (tools/rehearse/wiring.py).
"""

import math
from array import array
from micropython import const

# What classify() returns: a kind times KIND plus the tap or the cell from which it begins.
KIND = const(32)
NONE = const(0)
ONE_TAP = const(32)
STEP = const(64)
PROPORTIONAL = const(96)
UNCLEAR = const(128)

# Units are quarters of a millivolt: an error averaged over bursts is better than 1 mV.
# In u, from which on a difference is more than any sound board has, and what may be left
# unexplained. Not calibrated, parts of 1 % alone make up to 58 mV in u.
_TRIP_Q = const(48)
_TRIP_UNCALIBRATED_Q = const(1000)
_LEFT_Q = const(40)
_LEFT_UNCALIBRATED_Q = const(280)
# Below this no difference at a tap is worth a word, however precise the first one is.
_LEAST_Q = const(120)
_LEAST_UNCALIBRATED_Q = const(2400)
# The common error of each cell: 60 mV, and 350 mV for a chip without factory calibration (9 %).
_ALL_Q = const(240)
_ALL_UNCALIBRATED_Q = const(1400)
# u is scaled down until it is below this, so that no product leaves the small ints.
_TOP_Q = const(2000)


class Pattern:
    """Explains error vectors of up to 16 taps; amplitude_mv is that of the last explanation."""

    def __init__(self, count: int):
        self.count = count
        self.amplitude_mv = 0
        self._u = array("i", [0] * count)
        # Of the last errors, in quarters of a millivolt as far as they were scaled down.
        self._energy = self._length = self._amplitude = self._mean = 0
        # Of a step from k up, without its mean: 1024 over its length. Of one tap the same.
        self._lengths = array("i", [1024] * count)
        linear = square = 0.0
        for k in range(count, 0, -1):
            linear += 1 / k
            square += 1 / (k * k)
            if count > 1:
                length = math.sqrt(square - linear * linear / count)
                self._lengths[k - 1] = int(1024 / length + 0.5)
        self._tap_length = int(1024 * math.sqrt(count / max(count - 1, 1)) + 0.5)

    # Hot path: no allocation; host_tests/upy checks it.
    def classify(self, errors_q: array, is_calibrated: bool, is_known: bool) -> int:
        """Return what explains the errors (in quarters of a mV), as kind and place in one.

        is_known: a fault stands already, so it takes less to go on seeing it.
        """
        trip_q = _TRIP_Q if is_calibrated else _TRIP_UNCALIBRATED_Q
        left_q = _LEFT_Q if is_calibrated else _LEFT_UNCALIBRATED_Q
        least_q = _LEAST_Q if is_calibrated else _LEAST_UNCALIBRATED_Q
        all_q = _ALL_Q if is_calibrated else _ALL_UNCALIBRATED_Q
        if is_known:
            trip_q = trip_q * 2 // 3
            least_q = least_q * 2 // 3
            all_q = all_q * 2 // 3
            left_q = left_q * 3 // 2
        shift = self._scale(errors_q)
        found = self._best()
        length_q = abs(self._length) << shift
        amplitude_q = self._amplitude << shift
        # A gain that is off shows the cells' own differences too.
        if length_q < max(trip_q, abs(self._mean) << shift >> 3):
            found = PROPORTIONAL
            amplitude_q = self._mean << shift
            least_q = all_q
        if abs(amplitude_q) < least_q:
            self.amplitude_mv = 0
            return NONE
        self.amplitude_mv = (amplitude_q + 2) // 4
        if found == PROPORTIONAL:
            return found
        # Large faults have large errors of their own: the gain of a divider, a sagging cell.
        left_q = max(left_q, length_q // 5) >> shift
        if self._energy - self._length * self._length > left_q * left_q:
            return UNCLEAR
        # Of two taps, one fault is as good as another.
        if self.count < 3:
            return UNCLEAR
        return found

    def _scale(self, errors_q):
        u = self._u
        top = 0
        for i in range(self.count):
            u[i] = errors_q[i] // (i + 1)
            top = max(top, abs(u[i]))
        shift = 0
        while top >> shift > _TOP_Q:
            shift += 1
        for i in range(self.count):
            u[i] >>= shift
        return shift

    def _best(self):
        # Least squares of one signature, all without their means. energy is how much there is,
        # length how much of it the signature explains, amplitude how much of the signature e has.
        u = self._u
        total = 0
        for i in range(self.count):
            total += u[i]
        self._mean = mean = total // self.count
        if self.count == 1:
            mean = 0
        self._energy = self._length = self._amplitude = 0
        found = NONE
        tail = 0
        for k in range(self.count, 0, -1):
            own = u[k - 1] - mean
            self._energy += own * own
            # Tap k alone.
            length = own * self._tap_length >> 10
            if abs(length) > abs(self._length):
                self._length = length
                self._amplitude = (length * self._tap_length >> 10) * k
                found = ONE_TAP + k
            # All taps from k up; from the last one it is the same.
            tail += own * 64 // k
            length = (tail >> 6) * self._lengths[k - 1] >> 10
            if k < self.count and abs(length) > abs(self._length):
                self._length = length
                self._amplitude = length * self._lengths[k - 1] >> 10
                found = STEP + k
        return found
