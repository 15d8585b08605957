"""What a look at harness and BMS side by side can find, and how serious each of it is.

A finding has a code, never a sentence: record/harness_json.py says it in words.
"""

from micropython import const

VERDICT_UNKNOWN = const(0)
VERDICT_OK = const(1)
VERDICT_LOOK = const(2)
VERDICT_STOP = const(3)
STATES = ("unknown", "ok", "look", "stop")

# Indexes into CODES.
TAPS_SWAPPED = const(0)
TAP_MISPLACED = const(1)
LEADS_SHIFTED = const(2)
TAP_OPEN = const(3)
TAP_SATURATED = const(4)
HARNESS_ABSENT = const(5)
LEAD_OPEN = const(6)
BMS_SENSE_OPEN = const(7)
BMS_CELL = const(8)
GROUND_CURRENT = const(9)
GROUND_OFFSET = const(10)
DIVIDER_DRIFT = const(11)
ALL_OFF = const(12)
CELLS_DIFFER = const(13)

CODES = (
    "taps_swapped",
    "tap_misplaced",
    "leads_shifted",
    "tap_open",
    "tap_saturated",
    "harness_absent",
    "lead_open",
    "bms_sense_open",
    "bms_cell",
    "ground_current",
    "ground_offset",
    "divider_drift",
    "all_off",
    "cells_differ",
)

# A cell may be outside of what the BMS believes, or leads are exchanged: not under load. All
# else is a matter of the harness, and can wait until somebody looks.
_STOPS = (TAPS_SWAPPED, TAP_MISPLACED, LEADS_SHIFTED, LEAD_OPEN, BMS_SENSE_OPEN, BMS_CELL)


class Finding:
    """One thing that is wrong. tap, cell and other count from 1, None where there is none.

    other is the second tap of a pair, or how many places leads are shifted; value_mv is how much
    something is off, for ground_current at 100 A; None where the size says nothing.
    """

    def __init__(self, kind: int, tap, cell, other, value_mv):
        self.kind = kind
        self.tap = tap
        self.cell = cell
        self.other = other
        self.value_mv = value_mv

    @property
    def code(self) -> str:
        """Name of the finding, as it is published."""
        return CODES[self.kind]

    @property
    def severity(self) -> int:
        """VERDICT_STOP or VERDICT_LOOK."""
        return VERDICT_STOP if self.kind in _STOPS else VERDICT_LOOK
