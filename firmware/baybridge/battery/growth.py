"""Does what the taps show too much or too little grow with the battery's current?

A ground lead that carries the battery's current, or a joint in it, moves all taps alike and in
step with the current. Followed in exponential moments of the last comparisons, so that a load
seen minutes ago still tells.
"""

from micropython import const

# Comparisons that count: 64, as a shift.
_MEMORY = const(6)
# The currents seen have to be 15 A (1-sigma) apart: squared, times 64.
_SPREAD = const(14400)
# How far the first tap moves from one sigma below to one above, in quarters of a mV, to trip and
# to stay: 16 mV and 10 mV, of which an ADC whose gain is off by 5 % would make 3 as cells sag.
_TRIP_Q = const(64)
_STAY_Q = const(40)
_TRIP_RUN = const(6)
_RELEASE_RUN = const(24)
# Errors beyond +-2 V are none of a lead's drop, and their products could grow too large.
_MOST_Q = const(8000)


class Growth:
    """A straight line through errors over current; mv_at_100a is not 0 while one is found.

    Positive: at 100 A of charging current the taps show so much too much, of discharging too
    little.
    """

    def __init__(self):
        self.mv_at_100a = 0
        self._slope = 0  # sixteenths of a quarter of a mV per A
        self._run = 0
        self._has_begun = False
        self._mean_a = self._mean_first = self._mean_last = 0
        self._spread = self._with_first = self._with_last = 0

    # Hot path: no allocation; host_tests/upy checks it.
    def feed(self, current_a: int, first_q: int, last_q: int) -> bool:
        """Take in the errors of first and last tap at a current; return True on a change."""
        first_q = max(min(first_q, _MOST_Q), -_MOST_Q)
        last_q = max(min(last_q, _MOST_Q), -_MOST_Q)
        if not self._has_begun:
            self._has_begun = True
            self._mean_a = current_a << _MEMORY
            self._mean_first = first_q << _MEMORY
            self._mean_last = last_q << _MEMORY
            return False
        off_a = current_a - (self._mean_a >> _MEMORY)
        first = first_q - (self._mean_first >> _MEMORY)
        last = last_q - (self._mean_last >> _MEMORY)
        self._mean_a += off_a
        self._mean_first += first
        self._mean_last += last
        self._spread += off_a * off_a - (self._spread >> _MEMORY)
        self._with_first += off_a * first - (self._with_first >> _MEMORY)
        self._with_last += off_a * last - (self._with_last >> _MEMORY)
        # What was found stays found until other currents show it is gone.
        return self._spread >= _SPREAD and self._judge()

    def part_q(self, current_a64: int) -> int:
        """Return what of an error the line explains at a current in 64ths of an ampere."""
        return self._slope * current_a64 >> 10 if self.mv_at_100a else 0

    def _judge(self):
        unit = self._spread >> 4
        first = self._with_first // unit
        last = self._with_last // unit
        moved_q = abs(first) * 2 * _root(self._spread >> _MEMORY) >> 4
        # What moves one tap alone is that tap's own lead, and no shared one.
        is_alike = abs(first) <= abs(last) * 2 and abs(last) <= abs(first) * 2
        if (last < 0) != (first < 0):
            is_alike = False
        is_seen = is_alike and moved_q >= (_STAY_Q if self.mv_at_100a else _TRIP_Q)
        is_found = self.mv_at_100a != 0
        self._run = self._run + 1 if is_seen != is_found else 0
        if is_found and is_seen:
            # The first tap has the least noise.
            self._slope = first
            return False
        if self._run < (_RELEASE_RUN if is_found else _TRIP_RUN):
            return False
        self._run = 0
        self._slope = 0 if is_found else first
        self.mv_at_100a = 0 if is_found else (first * 100 // 64 or 1)
        return True


def _root(square):
    # Whole square root by halving; of currents up to some hundred A.
    low, high = 0, 1024
    while high - low > 1:
        middle = (low + high) // 2
        if middle * middle > square:
            high = middle
        else:
            low = middle
    return low
