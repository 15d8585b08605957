"""Numbers that look random and are the same on every interpreter.

CPython's and MicroPython's `random` disagree for one seed. The products of below() stay below
2**30, so a 32-bit MicroPython allocates nothing for them.
"""

_MASK = 0x7FFFF  # 19 bits: times 1101 still a small int


class LCG:
    """A linear congruential generator of full period 524,288."""

    def __init__(self, seed=1):
        self._state = seed & _MASK
        self.below(1)
        self.below(1)

    def below(self, n):
        """Return a number from 0 to n - 1; n up to 2000."""
        # The high bits: the low ones of such a generator repeat after a few draws.
        self._state = (self._state * 1101 + 12345) & _MASK
        return (self._state >> 4) * n >> 15


class Dice:
    """Two generators added up: a period of 1.6e10, for what draws more often than LCG can.

    Neighbouring seeds have nothing to do with each other.
    """

    def __init__(self, seed=1):
        first = scatter(1, seed, 2000)
        self._x = (first * 262 + seed) & _MASK
        self._y = 1 + (scatter(2, seed, 2000) * 15 + seed) % 30268
        self.below(1)

    def below(self, n):
        """Return a number from 0 to n - 1; n up to 32768."""
        self._x = x = (self._x * 1101 + 12345) & _MASK
        self._y = y = self._y * 171 % 30269
        return ((x >> 4) + y & 0x7FFF) * n >> 15

    def span(self, limit):
        """Return a whole number from -limit to limit, all as likely; limit up to 16383."""
        return self.below(2 * limit + 1) - limit

    def normal(self, sigma):
        """Return a whole number with this standard deviation, by a sum of uniform ones."""
        total = 0
        for _ in range(12):
            total += self.below(32768)
        # 12 * 32767 / 2 is the mean, and 32768 the deviation of such a sum.
        return (total - 196602) * sigma // 32768


def scatter(seed, slot, n):
    """Return a number from 0 to n - 1 (n up to 2000) that belongs to a slot of time.

    The same slot gives the same number whatever was asked before, so a load can be evaluated at
    any time without having lived through the time between.
    """
    mixed = (slot ^ seed * 7919) & _MASK
    for _ in range(3):
        mixed = ((mixed ^ mixed >> 7) * 1101 + 12345) & _MASK
    return (mixed >> 4) * n >> 15
