"""The last known values of one battery: integers, each group of them with its own age.

A group is what one frame carries, so its values belong together. Nothing here expires by
itself: who shows a value asks is_fresh() first, and a group that never came is not fresh.
"""

from array import array
from micropython import const

# Groups, as indexes into taken_s10 and as bits of a mask; CELLS + k is the k-th block of four.
STATUS = const(0)
SENSORS = const(1)
PACK = const(2)
PROTECTION = const(3)
NAME = const(4)
CELL_LIMITS = const(5)
CHARGE_LIMITS = const(6)
DISCHARGE_LIMITS = const(7)
LEVELS = const(8)
BALANCE = const(9)
CELLS = const(10)
GROUPS = const(18)

# LiFePO4 cells are nominally 3.2 V, and the BMS's nominal voltage is the count times that
# (protocol.md 3.2).
_CELL_NOMINAL_MV = const(3200)
_NEVER = const(-1)


class Sample:
    """Everything one battery's BMS said last; ages in tenths of a second of uptime."""

    def __init__(self):
        self.taken_s10 = array("i", [_NEVER] * GROUPS)
        # STATUS. current_ma is positive when charging. field11_mah is full or remaining
        # charge: battery/charge.py finds out which.
        self.battery_mv = 0
        self.current_ma = 0
        self.rated_mah = 0
        self.field11_mah = 0
        self.cycles = 0
        self.soc_pct = 0
        # SENSORS
        self.chg_fet = False
        self.dis_fet = False
        self.temp_count = 0
        self.temps_c = array("h", [0] * 4)
        self.f2_13 = 0
        # PACK
        self.year = 0
        self.month = 0
        self.day = 0
        self.nominal_mv = 0
        self.heater = False
        self.f3_9 = 0
        self.balancer = 0
        # CELLS + k
        self.cells_mv = array("H", [0] * 32)
        # PROTECTION and NAME: payloads as they came.
        self.protection = bytearray(17)
        self.model = bytearray(17)
        # CELL_LIMITS..BALANCE; the indexes are battery/settings.FIELDS.
        self.settings = array("i", [0] * 25)

    # Hot path: no allocation; host_tests/upy checks it.
    def stamp(self, group: int, now_s10: int):
        """Note that a group was taken now."""
        self.taken_s10[group] = now_s10

    def age_s10(self, group: int, now_s10: int):
        """Return the age of a group in tenths of a second, or None if it never came."""
        taken_s10 = self.taken_s10[group]
        return None if taken_s10 < 0 else now_s10 - taken_s10

    def is_fresh(self, group: int, now_s10: int, stale_s10: int) -> bool:
        """Tell whether a group came and is not older than stale_s10."""
        taken_s10 = self.taken_s10[group]
        return taken_s10 >= 0 and now_s10 - taken_s10 <= stale_s10

    def forget(self, group: int):
        """Make a group unknown again."""
        self.taken_s10[group] = _NEVER

    @property
    def series(self) -> int:
        """Number of cells in series, or 0 while the BMS has not said its nominal voltage."""
        if self.taken_s10[PACK] < 0 or self.nominal_mv % _CELL_NOMINAL_MV:
            return 0
        series = self.nominal_mv // _CELL_NOMINAL_MV
        return series if series <= len(self.cells_mv) else 0
