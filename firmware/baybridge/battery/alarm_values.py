"""The values alarms are about, as they stand at a moment: found here, judged in alarms.py.

A check is a number; its value is UNKNOWN while what it needs is stale or never came.
"""

from array import array
from micropython import const

from baybridge.battery import sample as groups
from baybridge.battery.alarm_limits import BATTERY_OV, BATTERY_UV

# The checks, by number; alarms.CODES are their names.
CELL_OV = const(0)
CELL_UV = const(1)
CHARGE_COLD = const(4)
CHARGE_HOT = const(5)
DISCHARGE_COLD = const(6)
DISCHARGE_HOT = const(7)
SOC_LOW = const(8)
SPREAD = const(9)
CHG_FET_OFF = const(10)
DIS_FET_OFF = const(11)
BMS_PROTECTION = const(12)
STALE = const(13)
CHECKS = const(14)
# A value there is none of.
UNKNOWN = const(-0x20000000)

# Less is the error of the current sensor, not charging (bank.py).
_CHARGING_MA = const(500)
_FULL_PCT = const(99)

# A cell this high is nearly full; the BMS balances from here on (protocol.md, FA).
FULL_CELL_MV = const(3400)

# What is stale, in places.
STALE_STATUS = const(0)
STALE_CELLS = const(1)
STALE_SENSORS = const(2)
STALE_PROTECTION = const(3)
NEVER_HEARD = const(4)
# So long a battery may take to be heard first.
_PATIENCE_S10 = const(3000)


class Values:
    """The values of one battery; array values by check, and places.

    A place is the number of the cell or sensor a value is of, for STALE what is stale.
    """

    def __init__(self, battery):
        self.values = array("i", [UNKNOWN] * CHECKS)
        self.places = bytearray(CHECKS)
        # Set by who judges: since when it does, and until when silence was wanted.
        self.start_s10 = 0
        self.excused_s10 = 0
        self._battery = battery

    # Hot path: no allocation; host_tests/battery checks it.
    def refresh(self, now_s10: int):
        """Find every check's value of this moment; judges nothing."""
        battery = self._battery
        sample = battery.sample
        values = self.values
        for check in range(CHECKS):
            values[check] = UNKNOWN
        self._measure_silence(now_s10)
        if not battery.is_alive(now_s10):
            return
        self._measure_cells(now_s10)
        if sample.series:
            values[BATTERY_OV] = values[BATTERY_UV] = sample.battery_mv
        if sample.soc_pct <= 100:
            values[SOC_LOW] = sample.soc_pct
        if battery.is_fresh(groups.SENSORS, now_s10):
            self._measure_temps(now_s10)
            values[DIS_FET_OFF] = 0 if sample.dis_fet else 1
            # Full and closed to more is as it should be.
            is_full = _FULL_PCT <= sample.soc_pct <= 100
            is_full = is_full or values[CELL_OV] >= FULL_CELL_MV
            values[CHG_FET_OFF] = 0 if sample.chg_fet or is_full else 1
        if battery.is_fresh(groups.PROTECTION, now_s10):
            values[BMS_PROTECTION] = 0
            for b in sample.protection:
                if b:
                    values[BMS_PROTECTION] = 1

    def _measure_cells(self, now_s10):
        battery = self._battery
        cells_mv = battery.sample.cells_mv
        series = battery.sample.series
        high = low = -1
        known = 0
        for block in range((series + 3) // 4):
            if battery.is_fresh(groups.CELLS + block, now_s10):
                for i in range(4 * block, min(4 * block + 4, series)):
                    known += 1
                    if high < 0 or cells_mv[i] > cells_mv[high]:
                        high = i
                    if low < 0 or cells_mv[i] < cells_mv[low]:
                        low = i
        if not known:
            return
        self.values[CELL_OV] = cells_mv[high]
        self.values[CELL_UV] = cells_mv[low]
        self.places[CELL_OV] = high + 1
        self.places[CELL_UV] = low + 1
        if known == series:
            self.values[SPREAD] = cells_mv[high] - cells_mv[low]

    def _measure_temps(self, now_s10):
        sample = self._battery.sample
        is_charging = sample.current_ma > _CHARGING_MA
        cold = CHARGE_COLD if is_charging else DISCHARGE_COLD
        hot = CHARGE_HOT if is_charging else DISCHARGE_HOT
        values = self.values
        for i in range(sample.temp_count):
            temp_c = self._battery.temp_c(i, now_s10)
            if temp_c is not None:
                if values[cold] == UNKNOWN or temp_c < values[cold]:
                    values[cold] = temp_c
                    self.places[cold] = i + 1
                if values[hot] == UNKNOWN or temp_c > values[hot]:
                    values[hot] = temp_c
                    self.places[hot] = i + 1

    def _measure_silence(self, now_s10):
        # For how long the first of these has been silent; what never came may not exist, since
        # not every battery sends F9.
        sample = self._battery.sample
        self.values[STALE] = 0
        if sample.taken_s10[groups.STATUS] < 0:
            age_s10 = now_s10 - max(self.start_s10, self.excused_s10)
            if age_s10 > _PATIENCE_S10:
                self.values[STALE] = age_s10
                self.places[STALE] = NEVER_HEARD
            return
        if self._is_silent(groups.STATUS, STALE_STATUS, now_s10):
            return
        for block in range((sample.series + 3) // 4):
            if self._is_silent(groups.CELLS + block, STALE_CELLS, now_s10):
                return
        if not self._is_silent(groups.SENSORS, STALE_SENSORS, now_s10):
            self._is_silent(groups.PROTECTION, STALE_PROTECTION, now_s10)

    def _is_silent(self, group, place, now_s10):
        taken_s10 = self._battery.sample.taken_s10[group]
        if taken_s10 < 0 or self._battery.is_fresh(group, now_s10):
            return False
        self.values[STALE] = now_s10 - max(taken_s10, self.excused_s10)
        self.places[STALE] = place
        return True
