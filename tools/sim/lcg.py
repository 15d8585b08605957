"""Numbers that look random and are the same on every interpreter.

CPython's and MicroPython's `random` disagree for one seed. The products here stay below 2**30, so
a 32-bit MicroPython allocates nothing for them.
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


def scatter(seed, slot, n):
    """Return a number from 0 to n - 1 (n up to 2000) that belongs to a slot of time.

    The same slot gives the same number whatever was asked before, so a load can be evaluated at
    any time without having lived through the time between.
    """
    mixed = (slot ^ seed * 7919) & _MASK
    for _ in range(3):
        mixed = ((mixed ^ mixed >> 7) * 1101 + 12345) & _MASK
    return (mixed >> 4) * n >> 15
