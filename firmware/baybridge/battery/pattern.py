"""Which single fault explains how the taps differ from what the BMS's cells add up to.

The error of tap k is e_k = tap k - (cell 1 + ... + cell k of the BMS). A divider that is off
moves its own e_k alone; a cell the BMS misreads, n, moves every e_k from n up by the same; the
ground lead moves all of them, like cell 1; an ADC that is off in proportion moves e_k by k times
as much. What is left of a sound, calibrated harness is of two kinds: one error per cell common to
all taps (gain and offset of the ADC with temperature, several mV), and one of each tap's own that
grows with the tap (parts, leakage, noise). So with u_k = e_k / k both have one size, and the
fault is found by least squares with the common part expected to be there.
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

# Of boards calibrated at two points: a tap's own error in u is 1 to 2.5 mV (1-sigma; the latter
# with 1 % parts at 100 ppm/K), the common one 8 mV (platform.md 1.7; tools/rehearse/wiring.py).
# Their squares, and so the share of the mean that is taken for common, in 1/1024.
_OWN_MV2 = const(6)
_COMMON_MV2 = const(64)

# Units are quarters of a millivolt: e averaged over bursts is better than 1 mV.
# In u, from which a difference is more than any sound board has, and what may be left
# unexplained. Not calibrated, parts of 1 % alone make up to 58 mV in u.
_TRIP_Q = const(48)
_TRIP_UNCALIBRATED_Q = const(1000)
_LEFT_Q = const(32)
_LEFT_UNCALIBRATED_Q = const(280)
# Below this no difference at a tap is worth a word, whatever the first cell's precision.
_LEAST_Q = const(120)
_LEAST_UNCALIBRATED_Q = const(2400)
# u is scaled down until it is below this, so that no product leaves the small ints.
_TOP_Q = const(2000)


class Pattern:
    """Explains error vectors of up to 16 taps; amplitude_mv is that of the last explanation."""

    def __init__(self, count: int):
        self.count = count
        self.amplitude_mv = 0
        self._u = array("i", [0] * count)
        self._beta = beta = _COMMON_MV2 * 1024 // (_OWN_MV2 + count * _COMMON_MV2)
        share = beta / 1024
        # Of a step from n: 1024 times the sum of 1 / k, and 1024 over the signature's length.
        self._sums = array("i", [0] * count)
        self._lengths = array("i", [0] * count)
        linear = square = 0.0
        for k in range(count, 0, -1):
            linear += 1 / k
            square += 1 / (k * k)
            self._sums[k - 1] = int(linear * 1024 + 0.5)
            length = math.sqrt(square - share * linear * linear)
            self._lengths[k - 1] = int(1024 / length + 0.5)
        self._tap_length = int(1024 / math.sqrt(1 - share) + 0.5)
        self._all_length = int(1024 / math.sqrt(count * (1 - count * share)) + 0.5)

    # Hot path: no allocation; host_tests/upy checks it.
    def classify(self, errors_q: array, is_calibrated: bool, is_known: bool) -> int:
        """Return what explains the errors (in quarters of a mV), as kind and place in one.

        is_known: a fault stands already, so it takes less to go on seeing it.
        """
        trip_q = _TRIP_Q if is_calibrated else _TRIP_UNCALIBRATED_Q
        left_q = _LEFT_Q if is_calibrated else _LEFT_UNCALIBRATED_Q
        least_q = _LEAST_Q if is_calibrated else _LEAST_UNCALIBRATED_Q
        if is_known:
            trip_q = trip_q * 2 // 3
            least_q = least_q * 2 // 3
            left_q = left_q * 3 // 2
        shift = self._scale(errors_q)
        found = self._best(shift)
        length_q = abs(self._length) << shift
        amplitude_q = abs(self._amplitude) << shift
        if length_q < trip_q or amplitude_q < least_q:
            # A large common part alone is not long in this measure; what several faults leave is.
            self.amplitude_mv = 0
            return NONE
        sign = 1 if self._amplitude > 0 else -1
        self.amplitude_mv = sign * ((amplitude_q + 2) // 4)
        # Large faults have large errors of their own: the gain of a divider, a sagging cell.
        left_q = max(left_q, length_q // 5) >> shift
        if self._energy - self._length * self._length > left_q * left_q:
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

    def _best(self, shift):
        # Least squares of one signature beside the common part. length is how much of u it
        # explains, energy how much there is; amplitude is what e has of it.
        u = self._u
        total = 0
        square = 0
        for i in range(self.count):
            total += u[i]
            square += u[i] * u[i]
        common = total * self._beta >> 10
        self._energy = square - common * total
        # 1. All taps in proportion.
        rest = total - self.count * common
        self._length = rest * self._all_length >> 10
        self._amplitude = self._length * self._all_length >> 10
        found = PROPORTIONAL
        tail = 0
        for k in range(self.count, 0, -1):
            # 2. Tap k alone.
            length = (u[k - 1] - common) * self._tap_length >> 10
            if abs(length) > abs(self._length):
                self._length = length
                self._amplitude = (length * self._tap_length >> 10) * k
                found = ONE_TAP + k
            # 3. All taps from k up; of the last one it is the same as 2.
            tail += u[k - 1] * 64 // k
            step = (tail >> 6) - (common * self._sums[k - 1] >> 10)
            length = step * self._lengths[k - 1] >> 10
            if k < self.count and abs(length) > abs(self._length):
                self._length = length
                self._amplitude = length * self._lengths[k - 1] >> 10
                found = STEP + k
        return found
