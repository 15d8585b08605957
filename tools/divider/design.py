"""A harness of dividers: what the pins see, what it can tell of a cell, what it drains.

Tap k is the node above cell k, against B-. Its divider has a top leg to the tap, a low leg to B-
and the pin between them; its ratio is (top + low) / low. The voltage of cell k is tap k less
tap k-1, so it has the errors of two dividers, each of them growing with the whole voltage below.

All of it is calculated; nothing here was measured on a board.
"""

import math

from tools.divider import parts

# A cell's voltage, in mV: full discharge, the long flat middle, end of charge, and a charger out
# of control, up to which a pin has to be able to read.
EMPTY_MV, MIDDLE_MV, FULL_MV, MOST_MV = 2500, 3300, 3650, 3800
CELL_MV = (EMPTY_MV, MIDDLE_MV, FULL_MV, MOST_MV)
HOURS_PER_MONTH = 730.5
# The converter's errors, one standard deviation each. Assumed, not measured: gain as left by the
# fuses of the chip (quantised to 0.32 %, and 0.3 % more), offset and curvature at the pin, what
# gain and offset move by afterwards, noise of one reading of 64, leakage of a pin. They are the
# assumptions of the platform notes' error budget (1.7), whose simulated figures come out.
_GAIN = math.hypot(0.0032 / math.sqrt(3), 0.003)
_OFFSET_MV = 6.0
_CURVE_MV = 4.0
_OWN_CURVE_MV = 1.0
# What two points leave of the curvature, and temperature changes of the leakage.
_CURVE_LEFT_MV = 1.45
_LEAK_LEFT = 0.5
# Pins this far apart no longer share the converter's curvature.
_CURVE_SPAN_MV = 150.0
_GAIN_DRIFT = 0.002
_OFFSET_DRIFT_MV = 1.5
_NOISE_MV = 5.0 / math.sqrt(64)
_LEAK_NA = 20 / math.sqrt(3)
# The multimeter of a calibration: 0.03 % and 0.5 mV.
_METER_SHARE = 0.0003
_METER_MV = 0.5
_P95 = 1.96  # standard deviations that hold 95 % of a normal spread


class Tap:
    """One divider; k counts from 1, the lowest cell."""

    def __init__(self, k: int, pin, top_ohm: int, low_ohm: int):
        self.k = k
        self.pin = pin
        self.top_ohm = top_ohm
        self.low_ohm = low_ohm

    @property
    def ratio(self):
        return (self.top_ohm + self.low_ohm) / self.low_ohm

    @property
    def thevenin_ohm(self):
        return self.top_ohm * self.low_ohm / (self.top_ohm + self.low_ohm)

    def pin_mv(self, cell_mv):
        return self.k * cell_mv / self.ratio

    def current_ua(self, cell_mv=MIDDLE_MV):
        return self.k * cell_mv * 1000 / (self.top_ohm + self.low_ohm)

    def unpowered_ua(self):
        """Return the most that can flow into the pin of a chip without supply."""
        return self.k * MOST_MV * 1000 / self.top_ohm

    def worst_pin_mv(self, tolerance):
        """Return the most the pin can see with parts at the ends of their tolerance."""
        top, low = self.top_ohm * (1 - tolerance), self.low_ohm * (1 + tolerance)
        return self.k * MOST_MV * low / (top + low)


class Design:
    """Taps of one battery, with the parts they are made of; shares, not per cent."""

    def __init__(self, taps, tolerance=0.001, kelvin_share=25e-6, swing_k=20, farad=100e-9):
        self.taps = taps
        self.tolerance = tolerance
        self.kelvin_share = kelvin_share
        self.swing_k = swing_k
        self.farad = farad

    # --- error of a cell ------------------------------------------------------------------------

    def parts_error_mv(self, k, cell_mv=MIDDLE_MV):
        """Return the worst error of cell k from the resistors alone, before any calibration."""
        return self._worst_mv(k, cell_mv, self.tolerance)

    def drift_error_mv(self, k, cell_mv=MIDDLE_MV):
        """Return the worst error of cell k from the resistors after a calibration.

        The tolerance is calibrated away; what temperature does to the resistors is not.
        """
        return self._worst_mv(k, cell_mv, self.kelvin_share * self.swing_k)

    def _worst_mv(self, k, cell_mv, share):
        """Return the error when both legs of both dividers are off by a share, all to the bad."""
        taps = self.taps[max(k - 2, 0) : k]
        # Either the tap above reads high and the one below low, or the other way round.
        high = low = 0.0
        for tap in reversed(taps):
            volts_mv = tap.k * cell_mv
            up = volts_mv * (tap.ratio / _true_ratio(tap, -share) - 1)
            down = volts_mv * (1 - tap.ratio / _true_ratio(tap, share))
            high, low = (high + up, low + down) if tap.k == k else (high + down, low + up)
        return max(high, low)

    def error_p95_mv(self, k, cell_mv=MIDDLE_MV, is_calibrated=False):
        """Return what 95 of 100 boards keep below: resistors, converter and calibration."""
        pair = [(1, self.taps[k - 1])]
        if k > 1:
            pair.append((-1, self.taps[k - 2]))
        # What all pins share adds up with its sign, what each has of its own does not.
        ratio = sum(sign * tap.ratio for sign, tap in pair)
        if is_calibrated:
            gain, offset_mv = _GAIN_DRIFT, _OFFSET_DRIFT_MV
            curve_mv, share = _CURVE_LEFT_MV, self.kelvin_share * self.swing_k
        else:
            gain = math.hypot(_GAIN, _GAIN_DRIFT)
            offset_mv = math.hypot(_OFFSET_MV, _OFFSET_DRIFT_MV)
            curve_mv, share = _CURVE_MV, self.tolerance
        variance = (gain * cell_mv) ** 2 + (offset_mv * ratio) ** 2
        variance += curve_mv**2 * _shared_curve(pair, cell_mv)
        for _, tap in pair:
            volts_mv = tap.k * cell_mv
            leak_mv = _LEAK_NA * 1e-6 * tap.thevenin_ohm * tap.ratio
            variance += 2 * (share / math.sqrt(3) * volts_mv * (1 - 1 / tap.ratio)) ** 2
            variance += (_NOISE_MV * tap.ratio) ** 2
            if is_calibrated:
                variance += (_LEAK_LEFT * leak_mv) ** 2
                variance += (_METER_SHARE / math.sqrt(3) * volts_mv) ** 2 + _METER_MV**2
            else:
                variance += leak_mv**2 + (_OWN_CURVE_MV * tap.ratio) ** 2
        return _P95 * math.sqrt(variance)

    # --- what it drains -------------------------------------------------------------------------

    def cell_ua(self, k):
        """Return what cell k carries: the currents of its own tap and of all above."""
        return sum(tap.current_ua() for tap in self.taps[k - 1 :])

    def cell_mah_per_month(self, k):
        return self.cell_ua(k) * HOURS_PER_MONTH / 1000

    def imbalance_mah_per_month(self):
        """Return what the lowest cell loses more than the highest."""
        return self.cell_mah_per_month(1) - self.cell_mah_per_month(len(self.taps))


def _true_ratio(tap, share):
    """Return the ratio with the top leg larger and the low leg smaller by a share."""
    return 1 + (tap.ratio - 1) * (1 + share) / (1 - share)


def _shared_curve(pair, cell_mv):
    """Return how the converter's curvature comes through in a cell; 0: not at all."""
    total = 0.0
    for sign_a, a in pair:
        for sign_b, b in pair:
            apart = (a.pin_mv(cell_mv) - b.pin_mv(cell_mv)) / _CURVE_SPAN_MV
            total += sign_a * sign_b * a.ratio * b.ratio * math.exp(-apart * apart / 2)
    return total


# --- choosing the top leg -----------------------------------------------------------------------


def nearest_top_ohm(k, low_ohm, aim_mv, series):
    """Return the top leg that brings tap k's pin nearest to aim_mv with a full battery."""
    return min(
        parts.values_ohm(series),
        key=lambda top: abs(Tap(k, None, top, low_ohm).pin_mv(FULL_MV) - aim_mv),
    )


def least_top_ohm(k, low_ohm, high_mv, tolerance, series):
    """Return the smallest top leg that keeps the pin within high_mv; None if there is none."""
    for top in parts.values_ohm(series):
        if Tap(k, None, top, low_ohm).worst_pin_mv(tolerance) <= high_mv:
            return top
    return None


def greatest_top_ohm(k, low_ohm, low_mv, series):
    """Return the largest top leg with which an empty battery is still read; None if none."""
    for top in reversed(parts.values_ohm(series)):
        if Tap(k, None, top, low_ohm).pin_mv(EMPTY_MV) >= low_mv:
            return top
    return None
