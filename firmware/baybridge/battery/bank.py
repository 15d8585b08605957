"""Several batteries in parallel: what they are together, and how far they are apart.

Sums are over the fresh ones, and say how many are missing. Times to empty and to full need all
of them: a missing battery goes on giving current and holding charge that nobody sees, and which
of the two weighs more cannot be told, so with one missing they are unknown.
"""

from array import array
from micropython import const

_BUCKETS = const(20)
_BUCKET_S10 = const(300)
# A mean of less than a minute is a reading with a long name.
_MIN_SECONDS = const(60)
# Below this a time is decided by the current sensors' zero, not by the load: 200 Ah would last
# 17 days.
_FLOOR_MA = const(500)


def current_ma(batteries, now_s10: int):
    """Return the current of all batteries, or None unless every one is fresh."""
    total_ma = 0
    for battery in batteries:
        if not battery.is_alive(now_s10):
            return None
        total_ma += battery.sample.current_ma
    return total_ma if batteries else None


class CurrentMean:
    """The mean current of the seconds that were told in the last ten minutes; fixed memory.

    A second nobody knew the current of is left out. The oldest half minute leaves as a whole,
    so the mean is of between 9.5 and 10 minutes once it is that old.
    """

    def __init__(self):
        self._sums_ma = array("i", [0] * _BUCKETS)
        self._counts = array("i", [0] * _BUCKETS)
        self._numbers = array("i", [-1] * _BUCKETS)
        self._second = -1

    # Hot path: no allocation; host_tests/upy checks it. Small ints up to 1.7 MA.
    def feed(self, current_ma: int, now_s10: int):
        """Take the current of a second; what else is told of the same second is left out."""
        second = now_s10 // 10
        if second == self._second:
            return
        self._second = second
        number = now_s10 // _BUCKET_S10
        at = number % _BUCKETS
        if self._numbers[at] != number:
            self._numbers[at] = number
            self._sums_ma[at] = 0
            self._counts[at] = 0
        self._sums_ma[at] += current_ma
        self._counts[at] += 1

    def mean_ma(self, now_s10: int):
        """Return the mean to the nearest mA, or None of less than a minute's seconds."""
        oldest = now_s10 // _BUCKET_S10 - _BUCKETS
        sum_ma = count = 0
        for at in range(_BUCKETS):
            if self._numbers[at] > oldest:
                sum_ma += self._sums_ma[at]
                count += self._counts[at]
        if count < _MIN_SECONDS:
            return None
        return (2 * sum_ma + count) // (2 * count)


class Bank:
    """The bank as of one moment; None for what cannot be known. mean is its CurrentMean.

    time_to_empty_s is until the BMSs' own charge figures reach 0 at the mean current, and only
    while that discharges; a battery's BMS may switch off sooner. time_to_full_s is the least it
    takes: chargers taper. Neither is more than the mean of the last ten minutes, held for ever.
    """

    def __init__(self, batteries, now_s10: int, mean=None):
        fresh = [battery for battery in batteries if battery.is_alive(now_s10)]
        self.count = len(batteries)
        self.missing = len(batteries) - len(fresh)
        self.current_ma = self.power_mw = self.remaining_mah = self.full_mah = None
        if fresh:
            self.power_mw = sum([battery.power_mw(now_s10) for battery in fresh])
        is_one = bool(fresh) and _is_one(fresh)
        if is_one:
            self.current_ma = sum([battery.sample.current_ma for battery in fresh])
            self.remaining_mah = _sum([battery.remaining_mah(now_s10) for battery in fresh])
            self.full_mah = _sum([battery.full_mah(now_s10) for battery in fresh])
        self.mean_current_ma = None
        if mean is not None and is_one and not self.missing:
            self.mean_current_ma = mean.mean_ma(now_s10)
        self.time_to_empty_s = self._time_to_empty_s()
        self.time_to_full_s = self._time_to_full_s()
        self.soc_spread_pct = _spread([battery.soc_pct(now_s10) for battery in fresh])
        self.voltage_spread_mv = _voltage_spread_mv(fresh)

    def _time_to_empty_s(self):
        mean_ma = self.mean_current_ma
        if mean_ma is None or mean_ma > -_FLOOR_MA or self.remaining_mah is None:
            return None
        return self.remaining_mah * 3600 // -mean_ma

    def _time_to_full_s(self):
        mean_ma = self.mean_current_ma
        if mean_ma is None or mean_ma < _FLOOR_MA:
            return None
        if self.remaining_mah is None or self.full_mah is None:
            return None
        return max(self.full_mah - self.remaining_mah, 0) * 3600 // mean_ma


def _is_one(batteries):
    # A 12 V and a 24 V battery are not in parallel: their amperes are not of one current.
    known = [battery.sample.series for battery in batteries if battery.sample.series]
    return not known or min(known) == max(known)


def _sum(values):
    # One that is not known, like that of an absurd SoC, makes the sum unknown, not smaller.
    return None if None in values else sum(values)


def _spread(values):
    return None if None in values or len(values) < 2 else max(values) - min(values)


def _voltage_spread_mv(batteries):
    # Only batteries of the same number of cells can be compared; of several such groups, the
    # one that is furthest apart. The readings are up to a poll apart, so under a load that
    # switches some of it is time, not voltage.
    widest_mv = None
    for one in batteries:
        for other in batteries:
            if one is not other and one.sample.series and one.sample.series == other.sample.series:
                apart_mv = one.sample.battery_mv - other.sample.battery_mv
                if widest_mv is None or apart_mv > widest_mv:
                    widest_mv = apart_mv
    return widest_mv
