"""Whether the BMS's fifth figure is the full or the remaining charge (protocol.md 3.1).

Sources disagree, and no capture at a low SoC is public, so each battery is asked: below 90 %
the two part. The verdict is kept for as long as the firmware runs; it is never guessed.
"""

from micropython import const

UNDECIDED = const(0)
FULL = const(1)
REMAINING = const(2)
NAMES = ("undecided", "full", "remaining")

# Above this SoC full and remaining are too close to tell apart.
_MAX_SOC_PCT = const(90)
# How far the ratio to the rating may stand from the SoC and still be said to follow it.
_MARGIN_PCT = const(8)
# Readings in a row that have to agree: one frame is no evidence.
_VOTES = const(3)
# A worn battery's full charge may meet its SoC by chance; one that has moved with it this far
# did not.
_MOVED_PCT = const(5)


class ChargeField:
    """Decides what F0[11..13] of one battery means."""

    def __init__(self):
        self.meaning = UNDECIDED
        self._full_votes = 0
        self._first_soc_pct = -1

    def update(self, field_mah: int, rated_mah: int, soc_pct: int):
        """Take one reading's F0 into account."""
        if rated_mah <= 0 or not 0 < soc_pct <= _MAX_SOC_PCT:
            return
        # In hundredths of the rating; 206 Ah times 100 is well inside a small int.
        apart = field_mah * 100 - rated_mah * soc_pct
        margin = rated_mah * _MARGIN_PCT
        if apart > margin:
            self._first_soc_pct = -1
            self._full_votes += 1
            if self._full_votes >= _VOTES:
                self.meaning = FULL
            return
        self._full_votes = 0
        if apart < -margin:
            self._first_soc_pct = -1
            return
        if self._first_soc_pct < 0:
            self._first_soc_pct = soc_pct
        if abs(soc_pct - self._first_soc_pct) >= _MOVED_PCT:
            self.meaning = REMAINING

    def full_mah(self, field_mah: int):
        """Return the full charge, or None while it is not known."""
        return field_mah if self.meaning == FULL else None

    def remaining_mah(self, field_mah: int, soc_pct: int) -> int:
        """Return the remaining charge: the field where it is that, else the SoC's share of it."""
        if self.meaning == REMAINING:
            return field_mah
        return field_mah * soc_pct // 100
