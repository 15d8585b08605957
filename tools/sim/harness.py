"""A balance harness on its dividers in front of a simulated ADC, as built and as wired wrong.

Taps count from 1 in the order of the dividers; tap 0 is battery negative, where the board's
ground should be. What stands here is the truth that the firmware does not see: real resistors,
leads and the chip's own errors.
"""

from tools.sim.adc import CALIBRATED_AT_C, AdcChip
from tools.sim.lcg import Dice

# All pins at one voltage, 1.63 V at 3.3 V a cell: (top, bottom) in ohm.
EQUAL_PINS = ((103000, 100000), (306000, 100000), (508000, 100000), (711000, 100000))


class SimHarness:
    """Dividers with real parts between true taps and the pins of one chip.

    tap_uv: callable that gives the true voltage of tap k against battery negative, such as
    SimBattery.tap_uv. tolerance_ppm and tc_ppm (per K) bound each resistor's own deviation.
    """

    def __init__(
        self,
        tap_uv,
        dividers=EQUAL_PINS,
        seed=1,
        tolerance_ppm=1000,
        tc_ppm=25,
        chip=None,
    ):
        self.tap_uv = tap_uv
        self.count = len(dividers)
        self.chip = chip or AdcChip(seed)
        # Through the battery's terminals, charging positive; moves a ground that is shared.
        self.current_ma = 0
        dice = Dice(seed + 0x20000)
        # Of each divider: top, bottom, their deviations in ppm and in ppm per K.
        self._parts = []
        for top_ohm, bottom_ohm in dividers:
            deviations = [dice.span(tolerance_ppm), dice.span(tolerance_ppm)]
            drifts = [dice.span(tc_ppm * 100) / 100, dice.span(tc_ppm * 100) / 100]
            self._parts.append((top_ohm, bottom_ohm, deviations, drifts))
        self.mend()

    # --- faults ---------------------------------------------------------------------------------

    def mend(self):
        """Take every fault out again."""
        self._wires = list(range(self.count + 1))
        self._open = {}
        self._drifts_ppm = [0] * (self.count + 1)
        self._lead_mohm = self._supply_ma = self._shared_mohm = 0

    def swap(self, a, b):
        """Let the leads of taps a and b change places at the dividers."""
        self._check(a)
        self._check(b)
        wires = self._wires
        wires[a], wires[b] = wires[b], wires[a]

    def open_tap(self, k, share_pct=None):
        """Break the lead to tap k.

        share_pct None: between harness and divider, so that the bottom leg pulls the pin to
        ground. A number: at the cell, and what else hangs on the lead (the BMS) holds it at this
        share of the way between the neighbours.
        """
        self._check(k)
        if share_pct is not None and k == self.count:
            raise ValueError("the last tap has no neighbour above")
        self._open[k] = share_pct

    def ground(self, lead_mohm, supply_ma=0, shared_mohm=0):
        """Put resistance between battery negative and the board's ground.

        lead_mohm carries the board's own supply_ma, shared_mohm the battery's whole current.
        """
        self._lead_mohm, self._supply_ma, self._shared_mohm = lead_mohm, supply_ma, shared_mohm

    def drift(self, k, ppm):
        """Let divider k give a pin voltage that is off by this much."""
        self._check(k)
        self._drifts_ppm[k] = ppm

    def _check(self, k):
        if not 1 <= k <= self.count:
            raise ValueError("tap %s of %d" % (k, self.count))

    # --- what the board sees --------------------------------------------------------------------

    def ground_uv(self):
        """Return how far the board's ground lies above battery negative."""
        # A discharging current comes back to battery negative, so the far end is the higher one.
        return self._lead_mohm * self._supply_ma - self._shared_mohm * self.current_ma

    def lead_uv(self, k):
        """Return the voltage on the lead that divider k hangs on, None if it hangs on nothing."""
        wire = self._wires[k]
        if wire not in self._open:
            return self.tap_uv(wire)
        share_pct = self._open[wire]
        if share_pct is None:
            return None
        below_uv, above_uv = self.tap_uv(wire - 1), self.tap_uv(wire + 1)
        return below_uv + (above_uv - below_uv) * share_pct // 100

    def resistors_ohm(self, k, temp_c=CALIBRATED_AT_C):
        """Return what top and bottom of divider k really have."""
        top_ohm, bottom_ohm, deviations, drifts = self._parts[k - 1]
        warm_k = temp_c - CALIBRATED_AT_C
        top = top_ohm * (1 + (deviations[0] + drifts[0] * warm_k) / 1000000)
        bottom = bottom_ohm * (1 + (deviations[1] + drifts[1] * warm_k) / 1000000)
        return top, bottom

    def pin_uv(self, k, temp_c=CALIBRATED_AT_C):
        """Return the true voltage at the pin of tap k against the board's ground."""
        top, bottom = self.resistors_ohm(k, temp_c)
        leak_na = self.chip.leak_na(k - 1, temp_c)
        lead_uv = self.lead_uv(k)
        if lead_uv is None:
            return int(leak_na * bottom / 1000)
        ratio = bottom / (top + bottom)
        pin_uv = (lead_uv - self.ground_uv()) * ratio * (1 + self._drifts_ppm[k] / 1000000)
        return int(pin_uv + leak_na * top * ratio / 1000)

    def read_uv(self, k, temp_c=CALIBRATED_AT_C, at_ms=0):
        """Return one reading of tap k's pin as the chip gives it."""
        return self.chip.read_uv(self.pin_uv(k, temp_c), k - 1, temp_c, at_ms)
