"""One ESP32's ADC1 at 11 dB behind the IDF's calibration, with the errors such a chip has.

Sizes come from Espressif's documentation and what users measured: the calibration's Vref steps
of 7 mV (+-0.32 %), its line of 142 mV + 0.806 mV per step, its table above raw 2880 (from
2.24 V with the lowest Vref to 2.67 V with the highest), Wi-Fi's readings that are far too low
for up to 180 ms (espressif/arduino-esp32 issue 1472). How the INL is shaped and how the errors
move with temperature nobody has published; what is assumed stands beside the constant.
"""

import math
from array import array

from tools.sim.lcg import Dice, scatter

CALIBRATED_AT_C = 25
_CHANNELS = 8

# Gain after calibration: the eFuse's Vref is rounded to 7 mV of about 1100, and the rest of it.
_VREF_STEP_PPM = 3200
_GAIN_SIGMA_PPM = 3000
_OFFSET_SIGMA_UV = 6000
# A drift is drawn for the 20 K between calibration and use and is taken as straight.
_DRIFT_SPAN_K = 20
_GAIN_DRIFT_SIGMA_PPM = 2000
_OFFSET_DRIFT_SIGMA_UV = 1500
# Assumed shape of the INL: bow, S and one more wave over the range, of equal size, so that
# neighbouring codes share it and codes far apart do not.
_INL_SIGMA_UV = 4000
_INL_RANGE_UV = 2450000
_INL_WAVES = 3
_INL_CHANNEL_SIGMA_UV = 1000
_LEAK_LIMIT_NA = 20
# Assumed: it changes by half of itself in 20 K, which stays below the 50 nA of the data sheet.
_LEAK_PCT10_PER_K = 25
NOISE_UV = 5000

# Raw 0 and everything below reads as the line's own 142 mV; a grounded pin too.
_FLOOR_UV = 142000
# Assumed bend above it: readings too low, nothing at 300 mV.
_LOW_END_UV = 300000
_LOW_BEND_UV = 25000
# With the lowest Vref of 1000 mV, and what the highest of 1200 mV adds.
_TOP_UV, _TOP_SPAN_UV = 2240000, 427000
_FULL_UV, _FULL_SPAN_UV = 3060000, 149000
_TOP_BEND_SIGMA_UV = 40000  # assumed, at the end of the range

_TABLE_SIZE = 2000
# Long enough for the longest trouble after a packet to end in the slot after its own.
_SLOT_MS = 200
_TROUBLE_MIN_MS, _TROUBLE_MAX_MS = 5, 180


def _normal_table():
    """Return the standard normal's quantiles in thousandths, each as likely as another."""
    # Abramowitz and Stegun, Handbook of Mathematical Functions, 26.2.23: right to 0.00045.
    half = []
    for i in range(_TABLE_SIZE // 2):
        t = math.sqrt(-2 * math.log((i + 0.5) / _TABLE_SIZE))
        above = 2.515517 + t * (0.802853 + t * 0.010328)
        below = 1 + t * (1.432788 + t * (0.189269 + t * 0.001308))
        half.append(int((t - above / below) * 1000 + 0.5))
    return array("h", half + [-value for value in half])


_tables = []


class AdcChip:
    """ADC1 of one board; the same seed is the same chip with the same noise.

    packets_per_s: how often Wi-Fi sends, 0 for a silent one; spike_mv: how much too low a reading
    may be after a packet; spike_pct: how many of the readings in that time are.
    """

    def __init__(self, seed=1, noise_uv=NOISE_UV, packets_per_s=0, spike_mv=800, spike_pct=50):
        if not _tables:
            _tables.append(_normal_table())
        self._table = _tables[0]
        self.noise_uv = noise_uv
        self.packets_per_s = packets_per_s
        self.spike_mv = spike_mv
        self.spike_pct = spike_pct
        self._seed = seed
        dice = Dice(seed)
        self._dice = dice
        self.gain_ppm = dice.span(_VREF_STEP_PPM) + dice.normal(_GAIN_SIGMA_PPM)
        self.offset_uv = dice.normal(_OFFSET_SIGMA_UV)
        self.gain_drift_ppm = dice.normal(_GAIN_DRIFT_SIGMA_PPM)
        self.offset_drift_uv = dice.normal(_OFFSET_DRIFT_SIGMA_UV)
        # A sine's mean square is half of its amplitude's.
        wave_sigma_uv = int(_INL_SIGMA_UV * math.sqrt(2 / _INL_WAVES))
        waves = []
        for n in range(1, _INL_WAVES + 1):
            turns = 2 * math.pi * n / _INL_RANGE_UV
            waves.append((dice.normal(wave_sigma_uv), turns, dice.below(32768) * math.pi / 16384))
        self._waves = waves
        self.inl_channels_uv = [dice.normal(_INL_CHANNEL_SIGMA_UV) for _ in range(_CHANNELS)]
        self._leaks_na10 = [dice.span(_LEAK_LIMIT_NA * 10) for _ in range(_CHANNELS)]
        vref = dice.below(1001)
        self.top_uv = _TOP_UV + _TOP_SPAN_UV // 1000 * vref
        self.full_uv = _FULL_UV + _FULL_SPAN_UV // 1000 * vref
        self._top_bend_uv = dice.normal(_TOP_BEND_SIGMA_UV)
        # What a pin's voltage becomes before the noise, of each channel's last question.
        self._asked = [None] * _CHANNELS
        self._levels_uv = [0] * _CHANNELS
        # The slot of time that was asked about last, and when in it Wi-Fi is in the way.
        self._slot_end_ms = 0
        self._is_troubled = False
        self._troubles = (0, 0, 0, 0)

    def leak_na(self, channel=0, temp_c=CALIBRATED_AT_C):
        """Return the current that flows out of a pin into its divider."""
        change = 1000 + _LEAK_PCT10_PER_K * (temp_c - CALIBRATED_AT_C)
        return self._leaks_na10[channel] * change / 10000

    def inl_uv(self, pin_uv, channel=0):
        """Return what the reading at this voltage is off the line through the range."""
        total_uv = self.inl_channels_uv[channel]
        for amplitude_uv, turns, phase in self._waves:
            total_uv += amplitude_uv * math.sin(pin_uv * turns + phase)
        return total_uv

    def level_uv(self, pin_uv, channel=0, temp_c=CALIBRATED_AT_C):
        """Return the mean a steady pin would read without noise, floor and end of the range."""
        warm = (temp_c - CALIBRATED_AT_C) / _DRIFT_SPAN_K
        level_uv = pin_uv + pin_uv * (self.gain_ppm + self.gain_drift_ppm * warm) / 1000000
        level_uv += self.offset_uv + self.offset_drift_uv * warm + self.inl_uv(pin_uv, channel)
        if pin_uv < _LOW_END_UV:
            short = (_LOW_END_UV - pin_uv) / (_LOW_END_UV - _FLOOR_UV)
            level_uv -= _LOW_BEND_UV * short * short
        elif pin_uv > self.top_uv:
            past = min((pin_uv - self.top_uv) / (self.full_uv - self.top_uv), 1)
            level_uv += self._top_bend_uv * past * past
        return int(level_uv)

    def read_uv(self, pin_uv, channel=0, temp_c=CALIBRATED_AT_C, at_ms=0):
        """Return one reading in whole millivolts, as machine.ADC.read_uv() gives it."""
        question = (pin_uv, temp_c)
        if self._asked[channel] != question:
            self._asked[channel] = question
            self._levels_uv[channel] = self.level_uv(pin_uv, channel, temp_c)
        return self.convert_uv(self._levels_uv[channel], at_ms)

    def convert_uv(self, level_uv, at_ms=0):
        """Return one reading at a level_uv(); quicker than read_uv() for a pin that is steady."""
        noise = self._table[self._dice.below(_TABLE_SIZE)]
        reading_uv = level_uv + noise * self.noise_uv // 1000
        if self.packets_per_s:
            if at_ms >= self._slot_end_ms or at_ms < self._slot_end_ms - _SLOT_MS:
                self._enter_slot(at_ms)
            if self._is_troubled:
                reading_uv -= self._spike_uv(at_ms)
        if reading_uv < _FLOOR_UV:
            return _FLOOR_UV
        if reading_uv > self.full_uv:
            reading_uv = self.full_uv
        return (reading_uv + 500) // 1000 * 1000

    def _enter_slot(self, at_ms):
        slot = at_ms // _SLOT_MS
        self._slot_end_ms = (slot + 1) * _SLOT_MS
        self._troubles = self._trouble_of(slot - 1) + self._trouble_of(slot)
        _, first_end_ms, second_ms, second_end_ms = self._troubles
        self._is_troubled = first_end_ms > slot * _SLOT_MS or second_end_ms > second_ms

    def _spike_uv(self, at_ms):
        first_ms, first_end_ms, second_ms, second_end_ms = self._troubles
        if not (first_ms <= at_ms < first_end_ms or second_ms <= at_ms < second_end_ms):
            return 0
        if self._dice.below(100) >= self.spike_pct:
            return 0
        return (1 + self._dice.below(self.spike_mv)) * 1000

    def _trouble_of(self, slot):
        """Return when the readings go wrong and when they are right again, in ms.

        It belongs to the slot of time alone, so that any time can be asked about.
        """
        seed = self._seed
        if scatter(seed, slot * 3, 1000) >= self.packets_per_s * _SLOT_MS:
            return 0, 0
        start_ms = slot * _SLOT_MS + scatter(seed, slot * 3 + 1, _SLOT_MS)
        length_ms = scatter(seed, slot * 3 + 2, _TROUBLE_MAX_MS - _TROUBLE_MIN_MS + 1)
        return start_ms, start_ms + _TROUBLE_MIN_MS + length_ms
