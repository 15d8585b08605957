"""The slow comparison of the taps with the sums of the BMS's cells, while the battery rests.

Least squares over many bursts: of each tap its gain, and its offset too where the battery's
voltage has moved far enough for one to show. Sums are kept against the first burst, as whole
microvolts; they are forgotten slowly, so that a converter that drifts is followed.
"""

from micropython import const

from baybridge.battery.sample import PACK
from baybridge.battery.taps import TAP_OK

# Five minutes of bursts every 5 s; the noise of their mean is an eighth of one's.
BURSTS_NEEDED = const(60)
# An hour of them; then the older half counts half.
_MOST_BURSTS = const(720)
_REST_MA = const(500)
_STEADY_MA = const(200)
# After a load the cells' own relaxation goes on, but taps and BMS see the same of it.
_REST_S10 = const(600)
# An offset is believed if the voltage moved by a twentieth and it is sure by three sigma.
_SPAN_PART = const(20)
_SURE_SQUARED = const(9)
# Indexes into the sums of a tap, x being its raw voltage and y the BMS's, both less the first.
_X = const(0)
_Y = const(1)
_XX = const(2)
_XY = const(3)
_YY = const(4)
_LOW = const(5)
_HIGH = const(6)


class Fit:
    """The comparison of one battery; feed() has to be called after every burst."""

    def __init__(self, battery, taps: list):
        # Bursts that count, and what the next one waits for, in words, or None.
        self.count = 0
        self.waiting = "the first burst"
        self._battery = battery
        self._taps = taps
        self._raws_uv = []
        self._references_uv = []
        self._sums = []
        self._since_s10 = None
        self._current_ma = 0

    def feed(self, now_s10: int):
        """Take the last burst into the sums, if the battery is at rest."""
        self.waiting = self._hindrance(now_s10)
        if self.waiting is not None:
            self._since_s10 = None
            return
        current_ma = self._battery.sample.current_ma
        if self._since_s10 is None or abs(current_ma - self._current_ma) > _STEADY_MA:
            self._since_s10 = now_s10
            self._current_ma = current_ma
        if now_s10 - self._since_s10 < _REST_S10:
            self.waiting = "a minute without a change of current"
            return
        self._add(now_s10)

    def _hindrance(self, now_s10):
        battery = self._battery
        harness = battery.harness
        for i in range(harness.count):
            if harness.states[i] != TAP_OK:
                return "tap %d to be read" % (i + 1)
        if not battery.is_alive(now_s10):
            return "the BMS to answer"
        sample = battery.sample
        if abs(sample.current_ma) > _REST_MA:
            return "a current below 0.5 A"
        if battery.known(PACK, sample.balancer, now_s10) != 0:
            return "the end of balancing"
        if sample.series < harness.count:
            return "as many cells as there are taps; the BMS has %d" % sample.series
        for i in range(harness.count):
            if not battery.cell_mv(i, now_s10):
                return "cell %d from the BMS" % (i + 1)
        return None

    def _add(self, now_s10):
        battery = self._battery
        pins_uv = battery.harness.pins_uv
        is_first = not self._sums
        if self.count == _MOST_BURSTS:
            self.count //= 2
            for sums in self._sums:
                for j in range(_LOW):
                    sums[j] //= 2
        reference_uv = 0
        for i in range(len(self._taps)):
            tap = self._taps[i]
            raw_uv = pins_uv[i] * (tap["top_ohm"] + tap["bottom_ohm"]) // tap["bottom_ohm"]
            reference_uv += battery.cell_mv(i, now_s10) * 1000
            if is_first:
                self._raws_uv.append(raw_uv)
                self._references_uv.append(reference_uv)
                self._sums.append([0] * 7)
            x = raw_uv - self._raws_uv[i]
            y = reference_uv - self._references_uv[i]
            sums = self._sums[i]
            sums[_X] += x
            sums[_Y] += y
            sums[_XX] += x * x
            sums[_XY] += x * y
            sums[_YY] += y * y
            sums[_LOW] = min(sums[_LOW], x)
            sums[_HIGH] = max(sums[_HIGH], x)
        self.count += 1

    def mean_raw_uv(self, i: int) -> int:
        """Return the mean of a tap's raw voltage, from 0; there has to be a burst."""
        return self._raws_uv[i] + self._sums[i][_X] // self.count

    def mean_reference_uv(self, i: int) -> int:
        """Return the mean of the BMS's cells up to a tap."""
        return self._references_uv[i] + self._sums[i][_Y] // self.count

    def solve(self, i: int):
        """Return (gain_ppm, offset_uv, residual_uv, points) of a tap, from 0.

        points is 2 where the offset is known too. The residual is the root of the mean square.
        """
        n = self.count
        sums = self._sums[i]
        u, r = self._raws_uv[i], self._references_uv[i]
        # A line through zero: sums of the voltages themselves.
        uu = n * u * u + 2 * u * sums[_X] + sums[_XX]
        ur = n * u * r + u * sums[_Y] + r * sums[_X] + sums[_XY]
        rr = n * r * r + 2 * r * sums[_Y] + sums[_YY]
        one_squares = (rr * uu - ur * ur) // uu
        gain_ppm = (ur * 1000000 + uu // 2) // uu
        # A line anywhere: sums around the means, n times too large.
        xx = n * sums[_XX] - sums[_X] * sums[_X]
        xy = n * sums[_XY] - sums[_X] * sums[_Y]
        yy = n * sums[_YY] - sums[_Y] * sums[_Y]
        span_uv = sums[_HIGH] - sums[_LOW]
        if n > 2 and xx > 0 and span_uv * _SPAN_PART > u:
            two_squares = (yy * xx - xy * xy) // (xx * n)
            gained = one_squares - two_squares
            if gained * (n - 2) > _SURE_SQUARED * two_squares:
                gain_ppm = (xy * 1000000 + xx // 2) // xx
                scaled = self.mean_raw_uv(i) * gain_ppm // 1000000
                offset_uv = self.mean_reference_uv(i) - scaled
                return gain_ppm, offset_uv, _root(two_squares // n), 2
        return gain_ppm, 0, _root(one_squares // n), 1


def _root(square):
    """Return the whole root of a square, 0 of what is below; a single float would be too short."""
    if square <= 0:
        return 0
    root = square
    better = (root + 1) // 2
    while better < root:
        root = better
        better = (root + square // root) // 2
    return root
