"""Does what the taps show too much or too little grow with the battery's current?

A ground lead that carries the battery's current, or a joint in it, moves all taps alike and in
step with the current. Looked at are the steps from one steady current to the next: a fault that
came at one moment is in one step, what grows with current is in all of them.
"""

from array import array
from micropython import const

# A current is steady within this, and comparisons at it make a level.
_STEADY_A = const(5)
_LEVEL = const(2)
_MOST_OF_LEVEL = const(16)
# From one level to the next, to tell anything.
_STEP_A = const(10)
# Steps that are looked at, and how many have to agree; one of them has to be so large.
_STEPS = const(4)
_ENOUGH = const(3)
_LARGE_A = const(20)
# A step agrees with the line within 6 mV and a quarter of itself. Quarters of a millivolt.
_APART_Q = const(24)
# What the largest step has to move the taps by, to trip and to stay: 16 and 10 mV. An ADC whose
# gain is off by 5 % would make 3 mV of cells that sag by 60.
_TRIP_Q = const(64)
_STAY_Q = const(40)
# Beyond +-1 V it is no lead's drop, and products could grow too large.
_MOST_Q = const(4000)


class Growth:
    """A straight line through the errors of first and last tap over the current.

    mv_at_100a is not 0 while one is found. Positive: with 100 A of charging current the taps show
    so much too much, of discharging current too little.
    """

    def __init__(self):
        self.mv_at_100a = 0
        self._slope = 0  # sixteenths of a quarter of a mV per A
        # Sums of the level that is being seen, and means of the one before; both begin with how
        # many comparisons they are of.
        self._level = array("i", [0] * 4)
        self._before = array("i", [0] * 4)
        # The last steps: amperes, and by how much first and last tap moved.
        self._steps_a = array("i", [0] * _STEPS)
        self._first_q = array("i", [0] * _STEPS)
        self._last_q = array("i", [0] * _STEPS)
        self._count = 0

    def forget(self):
        """Begin anew."""
        self.mv_at_100a = self._slope = self._count = 0
        self._level[0] = self._before[0] = 0

    # Hot path: no allocation; host_tests/upy checks it.
    def feed(self, current_a: int, first_q: int, last_q: int) -> bool:
        """Take in the errors of first and last tap at a current; return True on a change."""
        level = self._level
        is_new = False
        count = level[0]
        if count and abs(current_a * count - level[1]) > _STEADY_A * count:
            is_new = self._end_level()
            level[0] = level[1] = level[2] = level[3] = count = 0
        if count < _MOST_OF_LEVEL:
            level[0] = count + 1
            level[1] += current_a
            level[2] += max(min(first_q, _MOST_Q), -_MOST_Q)
            level[3] += max(min(last_q, _MOST_Q), -_MOST_Q)
        return is_new and self._judge()

    def part_q(self, current_a64: int) -> int:
        """Return what of an error the line explains at a current in 64ths of an ampere."""
        return self._slope * current_a64 >> 10

    def _end_level(self):
        """Make a step of the level that ended; return True if it is one."""
        level, before = self._level, self._before
        count = level[0]
        if count < _LEVEL:
            return False
        for j in range(1, 4):
            level[j] //= count
        is_step = before[0] and abs(level[1] - before[1]) >= _STEP_A
        if is_step:
            at = self._count % _STEPS
            self._count += 1
            self._steps_a[at] = level[1] - before[1]
            self._first_q[at] = level[2] - before[2]
            self._last_q[at] = level[3] - before[3]
        for j in range(4):
            before[j] = level[j]
        return is_step

    def _judge(self):
        steps = min(self._count, _STEPS)
        if steps < _ENOUGH:
            return False
        largest_a = square = with_first = with_last = 0
        for j in range(steps):
            step_a = self._steps_a[j]
            largest_a = max(largest_a, abs(step_a))
            square += step_a * step_a
            with_first += step_a * self._first_q[j]
            with_last += step_a * self._last_q[j]
        if largest_a < _LARGE_A:
            return False
        first = with_first * 4 // (square >> 2)
        last = with_last * 4 // (square >> 2)
        for j in range(steps):
            part_q = first * self._steps_a[j] >> 4
            if abs(self._first_q[j] - part_q) > _APART_Q + (abs(part_q) >> 2):
                return False  # it says neither that there is such a line nor that there is none
        moved_q = abs(first) * largest_a >> 4
        # What moves one tap alone is that tap's own lead, and no shared one.
        is_alike = abs(first) <= abs(last) * 2 and abs(last) <= abs(first) * 2
        if (last < 0) != (first < 0):
            is_alike = False
        is_found = self.mv_at_100a != 0
        is_seen = moved_q >= _STAY_Q if is_found else is_alike and moved_q >= _TRIP_Q
        if is_seen:
            # The first tap's, because it has the least noise.
            self._slope = first
        elif is_found and steps == _STEPS:
            self._slope = 0
        if is_seen == is_found or (is_found and self._slope):
            return False
        self.mv_at_100a = first * 100 // 64 if is_seen else 0
        return True
