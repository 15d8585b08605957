"""Where each alarm's limit comes from: the owner, else the battery itself, else practice.

The battery's own settings frames are believed only as a whole and only while they agree
(settings.py). Practice is that of prismatic LiFePO4 cells of this size, of which Lishen's
specification LP54173207-202Ah of 2020-03-09 is the nearest to these batteries: 3.65 V, 2.5 V,
0 to 60 C charging, up to 60 C discharging; docs/alarms.md has the rest.
"""

from array import array
from micropython import const

from baybridge.battery.sample import BALANCE, CELL_LIMITS
from baybridge.battery.settings import contradiction

# The keys of the configuration's section "alarms", in the order of the limits. Up to SOC_LOW
# these are also the numbers of the checks they belong to (alarms.CODES).
KEYS = const(
    "cell_ov_mv cell_uv_mv battery_ov_per_cell_mv battery_uv_per_cell_mv"
    " charge_cold_c charge_hot_c discharge_cold_c discharge_hot_c soc_low_pct"
    " spread_rest_mv spread_load_mv spread_full_mv"
)
LIMITS = const(12)
BATTERY_OV = const(2)
BATTERY_UV = const(3)
SPREAD_REST = const(9)
SOURCES = ("default", "battery", "config")
_DEFAULT = const(0)
_BATTERY = const(1)
_CONFIG = const(2)

# For each: by default, where in Sample.settings (-1: nowhere), and within what a battery's own
# is believed: another model's frame may mean something else.
_WIDTH = const(4)
_LIMITS = const(
    (
        3650, 0, 3300, 3800,
        2500, 2, 2000, 3200,
        3650, 4, 3300, 3800,
        2500, 10, 2000, 3200,
        0, 8, -30, 20,
        55, 6, 30, 80,
        -20, 14, -40, 10,
        60, 12, 30, 90,
        20, -1, 0, 0,
        60, -1, 0, 0,
        200, -1, 0, 0,
        300, -1, 0, 0,
    )
)  # fmt: skip


class AlarmLimits:
    """The limits in force for one battery, each with its source; config is the owner's."""

    def __init__(self, config: dict):
        self.values = array("h", [0] * LIMITS)
        self.sources = bytearray(LIMITS)
        # Why the battery's own are not believed, as a sentence; None if they are or never came.
        self.withheld = None
        self._config = config
        # What was learned from: the number of cells, and when the last of the frames came, or -1
        # unless all came.
        self._series = -1
        self._taken_s10 = -1

    def forget(self):
        """Have everything learned anew: the owner's limits have changed."""
        self._series = -1

    # Hot path: no allocation unless there is something to learn; host_tests/battery checks it.
    def learn(self, sample) -> bool:
        """Look whether the battery said something new of its limits; true if it did."""
        series = sample.series
        taken_s10 = self._latest_s10(sample.taken_s10)
        if series == self._series and taken_s10 == self._taken_s10:
            return False
        self._series = series
        self._taken_s10 = taken_s10
        self.withheld = None if taken_s10 < 0 else contradiction(sample)
        is_believed = taken_s10 >= 0 and self.withheld is None
        keys = KEYS.split()
        for i in range(LIMITS):
            value = self._config.get(keys[i])
            source = _CONFIG
            if value is None:
                value, source = self._of_battery(i, sample) if is_believed else (None, 0)
            if value is None:
                value, source = _LIMITS[i * _WIDTH], _DEFAULT
            self.values[i] = value
            self.sources[i] = source
        return True

    def _latest_s10(self, taken_s10):
        latest_s10 = -1
        for group in range(CELL_LIMITS, BALANCE + 1):
            if taken_s10[group] < 0:
                return -1
            latest_s10 = max(latest_s10, taken_s10[group])
        return latest_s10

    def _of_battery(self, i, sample):
        at = _LIMITS[i * _WIDTH + 1]
        if at < 0:
            return None, 0
        value = sample.settings[at]
        if i in (BATTERY_OV, BATTERY_UV):
            value //= sample.series
        if _LIMITS[i * _WIDTH + 2] <= value <= _LIMITS[i * _WIDTH + 3]:
            return value, _BATTERY
        return None, 0
