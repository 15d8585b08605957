"""The taps of a balance harness: from readings of their pins to voltages, or to why there is none.

A burst's readings of a pin become one value by a trimmed mean. While Wi-Fi sends, some of the
readings are far too low and none too high (platform.md 1.5): a plain mean follows them, and the
median and the midmean sink too, because what is left of the good readings lies above the middle
of all. So the width of the noise is read from the upper half, which no low spike reaches; what
lies further from the median than that width allows is left out, and the rest is averaged, which
also gives back what the converter's steps of 1 mV hide. It holds while less than half are spikes;
host_tests/battery/test_taps.py has the figures of all four.

Taps count from 1; tap 0 is battery negative. Cell n lies between tap n - 1 and tap n.
"""

from array import array
from micropython import const

TAP_OK = const(0)
TAP_UNREAD = const(1)
TAP_SATURATED = const(2)
TAP_BELOW_RANGE = const(3)
TAP_NOT_CONNECTED = const(4)
STATES = ("ok", "unread", "saturated", "below_range", "not_connected")

# Readings of one tap in a burst; a power of two, for the stride below.
MOST_READINGS = const(128)
_LAST = const(127)
# Readings are ranked in another order than they came in: sorting is slow on what is sorted.
_STRIDE = const(37)
# With fewer a quartile means nothing.
_FEWEST = const(8)
# Where 11 dB begins to be a measurement on the classic ESP32, and where it ends there and on the
# chips that reach further (platform.md 1.2).
_BOTTOM_MV = const(150)
_TOP_MV = const(2450)
_TOPS_MV = {"esp32c3": 2500, "esp32s3": 3100}
# A grounded pin reads as the calibration's constant: 142 mV at 11 dB where only Vref is known,
# near it where two points are (platform.md 1.4), and without any noise.
_FLOOR_MV = const(200)


def divider_ppm(top_ohm: int, bottom_ohm: int, gain_ppm: int) -> int:
    """Return what the voltage of a pin is multiplied with to be the tap's, in millionths."""
    return ((top_ohm + bottom_ohm) * gain_ppm + bottom_ohm // 2) // bottom_ohm


# Hot path: no allocation; host_tests/upy checks it.
def scale(pin_uv: int, factor_ppm: int) -> int:
    """Return pin_uv times factor_ppm / 1e6; for pins to 3.3 V and factors to 300e6."""
    # In pieces: the product of both is far beyond a small int.
    a_mv, a_uv = pin_uv // 1000, pin_uv % 1000
    f_k, f_1 = factor_ppm // 1000, factor_ppm % 1000
    return a_mv * f_k + (a_mv * f_1 + a_uv * f_k + a_uv * f_1 // 1000 + 500) // 1000


class Harness:
    """The taps of one battery; taps are their records in the configuration, lowest first.

    A burst is evaluated tap by tap and shown by finish() all at once, so that nobody ever sees
    one tap of this burst beside another of the last: that would be a wrong cell.
    """

    def __init__(self, taps: list, stale_s10: int, chip: str = "esp32"):
        self.count = len(taps)
        self.stale_s10 = stale_s10
        self._top_mv = _TOPS_MV.get(chip, _TOP_MV)
        none = [0] * self.count
        self.factors_ppm = array("i", none)
        self.offsets_uv = array("i", none)
        # Against what each tap was calibrated and when, as the configuration says it.
        self.against = list(none)
        self.times = list(none)
        for i in range(self.count):
            tap = taps[i]
            self.factors_ppm[i] = divider_ppm(tap["top_ohm"], tap["bottom_ohm"], tap["gain_ppm"])
            self.offsets_uv[i] = tap["offset_uv"]
            self.against[i] = tap["calibrated_against"]
            self.times[i] = tap["calibrated_time"]
        self._ratios_ppm = array(
            "i", [divider_ppm(tap["top_ohm"], tap["bottom_ohm"], 1000000) for tap in taps]
        )
        self.pins_uv = array("i", none)
        self.taps_uv = array("i", none)
        self.noise_uv = array("i", none)
        self.states = bytearray([TAP_UNREAD] * self.count)
        self.taken_s10 = -1
        self.revision = 0
        self._ranks = [0] * MOST_READINGS
        self._next_pins_uv = array("i", none)
        self._next_noise_uv = array("i", none)
        self._next_states = bytearray(self.states)

    # --- a burst ----------------------------------------------------------------------------

    # Hot path: no allocation; host_tests/upy checks it.
    def evaluate(self, k: int, readings: array, count: int):
        """Take the first count readings of tap k's pin, in mV; finish() shows what they say."""
        self.rank(readings, count)
        self.weigh(k, count)

    # The two halves of an evaluation, for who has to give way between them.

    def rank(self, readings: array, count: int):
        """Bring the first count readings in order; weigh() comes next."""
        ranks = self._ranks
        j = 0
        for i in range(MOST_READINGS):
            # Fillers are 0 and so end up below every reading.
            ranks[i] = readings[j] if j < count else 0
            j = (j + _STRIDE) & _LAST
        ranks.sort()

    def weigh(self, k: int, count: int):
        """Make voltage, noise and state of tap k of the readings that were ranked."""
        i = k - 1
        self._next_pins_uv[i] = 0
        self._next_noise_uv[i] = 0
        if count < _FEWEST:
            self._next_states[i] = TAP_UNREAD
            return
        ranks = self._ranks
        low = MOST_READINGS - count
        high = MOST_READINGS
        median_mv = ranks[low + count // 2]
        upper_mv = ranks[low + count * 7 // 8]
        if upper_mv > self._top_mv:
            # An eighth of the readings beyond the end is enough to make their mean too low.
            state = TAP_SATURATED
        elif median_mv < _FLOOR_MV and ranks[low + count // 8] == upper_mv:
            state = TAP_NOT_CONNECTED
        elif median_mv < _BOTTOM_MV:
            state = TAP_BELOW_RANGE
        else:
            state = TAP_OK
        self._next_states[i] = state
        # Of a normal distribution 7/8 lie below 1.15 sigma, so this keeps 3.4 to either side. Less
        # would cut into a sine's valleys, and a ripple would no longer average out. 2 mV more,
        # because a quiet input may have no width at all.
        cut_mv = 3 * (upper_mv - median_mv) + 2
        while ranks[low] < median_mv - cut_mv:
            low += 1
        while ranks[high - 1] > median_mv + cut_mv:
            high -= 1
        middle = (low + high) // 2
        below = above = 0
        for j in range(low, middle):
            below += ranks[j]
        for j in range(middle, high):
            above += ranks[j]
        kept = high - low
        self._next_pins_uv[i] = ((below + above) * 1000 + kept // 2) // kept
        # Sum of the distances from the median; of a normal distribution sigma is 1.253 of their
        # mean. Squares would leave the small ints, quartiles have only whole millivolts.
        apart = above - below - (ranks[middle] if kept & 1 else 0)
        self._next_noise_uv[i] = apart * 1253 // kept

    def finish(self, now_s10: int):
        """Show what was evaluated as the burst that ended now."""
        for i in range(self.count):
            self.states[i] = self._next_states[i]
            self.pins_uv[i] = self._next_pins_uv[i]
            self.noise_uv[i] = scale(self._next_noise_uv[i], self.factors_ppm[i])
            self._next_states[i] = TAP_UNREAD
            self._convert(i)
        self.taken_s10 = now_s10
        self.revision += 1

    def _convert(self, i):
        self.taps_uv[i] = scale(self.pins_uv[i], self.factors_ppm[i]) + self.offsets_uv[i]

    # --- what is known ----------------------------------------------------------------------

    def age_s10(self, now_s10: int):
        """Return the age of the last burst in tenths of a second, or None before the first."""
        return None if self.taken_s10 < 0 else now_s10 - self.taken_s10

    def is_fresh(self, now_s10: int) -> bool:
        """Tell whether there was a burst and it is not older than stale_s10."""
        return self.taken_s10 >= 0 and now_s10 - self.taken_s10 <= self.stale_s10

    def tap_mv(self, k: int, now_s10: int):
        """Return the voltage of tap k against tap 0, or None unless it is fresh and measured."""
        if k == 0:
            return 0
        if self.states[k - 1] != TAP_OK or not self.is_fresh(now_s10):
            return None
        return (self.taps_uv[k - 1] + 500) // 1000

    def cell_mv(self, n: int, now_s10: int):
        """Return cell n, from 1, or None unless both its taps are fresh and measured."""
        if self.tap_mv(n, now_s10) is None or self.tap_mv(n - 1, now_s10) is None:
            return None
        below_uv = self.taps_uv[n - 2] if n > 1 else 0
        return (self.taps_uv[n - 1] - below_uv + 500) // 1000

    def cells_mv(self, now_s10: int) -> list:
        """Return the cells between the taps, None for one that is not known."""
        return [self.cell_mv(n, now_s10) for n in range(1, self.count + 1)]

    # --- calibration ------------------------------------------------------------------------

    @property
    def is_calibrated(self) -> bool:
        """Tell whether every tap was calibrated."""
        return None not in self.against

    @property
    def is_independent(self) -> bool:
        """Tell whether no tap was calibrated against the BMS it is to be compared with."""
        return "bms" not in self.against

    def recalibrate(self, k: int, gain_ppm: int, offset_uv: int, against=None, time=None):
        """Put new coefficients of tap k in force, for what was measured last, too."""
        i = k - 1
        # The ratio is known in millionths here; what rounding loses is far below a microvolt.
        self.factors_ppm[i] = (self._ratios_ppm[i] * gain_ppm + 500000) // 1000000
        self.offsets_uv[i] = offset_uv
        self.against[i] = against
        self.times[i] = time
        self._convert(i)
        self.revision += 1
