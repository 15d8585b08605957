"""How often a battery is recorded: more while its values move, less while they rest.

Pure; integers. A step is a reading that stands apart from the last record by what a load makes
and noise does not; from then on every reading is worth a record until half a minute after the
last step. After five minutes without even half a step the battery is at rest.
"""

from micropython import const

_STEP_MA = const(1000)
_STEP_SHARE = const(16)  # of a big current: a charger's ripple is no load
_STEP_MV_SHARE = const(128)  # 100 mV of a 12 V battery
_FAST_S10 = const(300)
_CALM_S10 = const(3000)


class Pace:
    """The schedule of one battery; fast_s 0 and rest_s 0 leave its part out."""

    def __init__(self, record_s: int, fast_s: int, rest_s: int):
        self._record_s10 = record_s * 10
        self._fast_s10 = min(fast_s, record_s) * 10
        self._rest_s10 = max(rest_s, record_s) * 10
        # Values of the last record, and those the calm is measured against.
        self._current_ma = 0
        self._battery_mv = 0
        self._calm_ma = 0
        self._calm_mv = 0
        self._calm_from_s10 = 0
        self._fast_until_s10 = 0
        self._has_record = False

    # Hot path: no allocation; host_tests/record checks it.
    def is_step(self, now_s10: int, current_ma: int, battery_mv: int) -> bool:
        """Take a reading; tell whether it is a step away from the last record."""
        half_ma = max(_STEP_MA, abs(self._calm_ma) // _STEP_SHARE) // 2
        half_mv = self._calm_mv // _STEP_MV_SHARE // 2
        if abs(current_ma - self._calm_ma) >= half_ma or abs(battery_mv - self._calm_mv) > half_mv:
            self._calm_ma = current_ma
            self._calm_mv = battery_mv
            self._calm_from_s10 = now_s10
        if not self._fast_s10 or not self._has_record:
            return False
        step_ma = max(_STEP_MA, abs(self._current_ma) // _STEP_SHARE)
        if (
            abs(current_ma - self._current_ma) < step_ma
            and abs(battery_mv - self._battery_mv) < self._battery_mv // _STEP_MV_SHARE
        ):
            return False
        self._fast_until_s10 = now_s10 + _FAST_S10
        return True

    def note_record(self, current_ma: int, battery_mv: int):
        """Note the values of a record that was made."""
        self._current_ma = current_ma
        self._battery_mv = battery_mv
        self._has_record = True

    def is_fast(self, now_s10: int) -> bool:
        """Tell whether each reading is worth a record."""
        return now_s10 < self._fast_until_s10

    def period_s10(self, now_s10: int) -> int:
        """Return how far apart records are now, in tenths of a second."""
        if self.is_fast(now_s10):
            return self._fast_s10
        is_calm = now_s10 - self._calm_from_s10 >= _CALM_S10
        return self._rest_s10 if is_calm else self._record_s10
