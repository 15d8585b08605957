"""The balance harness as a second opinion on the BMS: does each of its cells hold?

A burst of the harness and the BMS's cells are compared only when the BMS answered right after it,
the current was the same before and after, and the BMS is not balancing. What disagrees is
averaged over bursts and explained by one fault (battery/pattern, battery/growth); what a pin's
state or volts of error tell needs no average (battery/leads). A finding stands after several
looks that agree and goes after more of them that do not, so nothing flickers.

It says nothing of torque, insulation or fuses, and "ok" only that nothing was found.
"""

from array import array
from micropython import const

from baybridge.battery import finding as kinds
from baybridge.battery import pattern
from baybridge.battery.finding import VERDICT_LOOK, VERDICT_OK, VERDICT_UNKNOWN, Finding
from baybridge.battery.growth import Growth
from baybridge.battery.leads import Leads
from baybridge.battery.pairing import COMPARE, NO_BURST, NOTHING, Pairing
from baybridge.battery.pattern import KIND, Pattern
from baybridge.battery.taps import TAP_OK

# What was compared is kept this long without a further comparison: balancing, a restless load.
_KEEP_S10 = const(3000)

# Comparisons for a verdict; those in a row that trip and that release what averages show.
_ENOUGH = const(6)
_TRIP_RUN = const(6)
_RELEASE_RUN = const(24)
# A comparison weighs an eighth against those before it. One that is far off is left out, unless
# the next two are as well.
_MEMORY = const(8)
_JUMP_64 = const(19200)  # 300 mV
_JUMPS = const(3)

# From here on the BMS's own voltage can tell who is wrong: it is off from its cells' sum by up to
# 0.4 % (+112 mV of 27442 in one capture, +10 of 52780 in the other; protocol.md 3.2).
_JUDGED_MV = const(130)
# At more current than this it may include a drop in shunt and MOSFETs.
_CALM_MA = const(10000)
# A cell that can be believed at all.
_CELL_LOW_MV = const(1800)
_CELL_HIGH_MV = const(4200)
# What an open sense wire of the BMS shows at least, and by how much the taps must be the evener.
_SENSE_MV = const(250)
_SENSE_EVEN_MV = const(200)


class Crosscheck:
    """Compares a battery's harness with its BMS; look() once a second, then state and findings.

    reason says why state is VERDICT_UNKNOWN: one of battery/pairing, where COMPARE stands for
    "not enough comparisons yet".
    """

    def __init__(self, battery):
        self._battery = battery
        self._harness = harness = battery.harness
        self.count = count = harness.count
        self.state = VERDICT_UNKNOWN
        self.reason = NO_BURST
        self.findings = []
        self._pairing = Pairing(battery)
        self._leads = Leads(harness)
        self._pattern = Pattern(count)
        self._growth = Growth()
        none = [0] * count
        # Of each tap, averaged: tap less the BMS's cells below it, in 64ths of a mV; of how many
        # comparisons, up to _MEMORY. jumps: how many in a row were left out as too far off.
        self._averages = array("i", none)
        self._counts = bytearray(count)
        self._jumps = 0
        self._errors_q = array("i", none)
        self._current_a64 = 0
        # The BMS's cells less its own voltage, in 16ths of a mV, of so many comparisons.
        self._gap = self._gaps = 0
        # What the averages show: kind and place as in battery/pattern, and how large.
        self._seen = self._run = 0
        self._standing = self._standing_mv = 0
        self._has_changed = False
        # When taps and BMS were last compared, and when that gave averages; -1 never.
        self._compared_s10 = self._averaged_s10 = -1
        self._revision = harness.revision
        self._taken_s10 = harness.taken_s10
        self._coefficients = self._sum_coefficients()

    def difference_mv(self, n: int, now_s10: int):
        """Return cell n (from 1) by the taps less by the BMS, averaged; None if not known."""
        if self._averaged_s10 < 0 or now_s10 > self.fresh_until_s10:
            return None
        below = 0
        if n > 1:
            if not self._is_averaged(n - 2):
                return None
            below = self._averages[n - 2]
        if not self._is_averaged(n - 1):
            return None
        return (self._averages[n - 1] - below + 32) // 64

    @property
    def fresh_until_s10(self) -> int:
        """Until when differences are known, if no other comparison comes."""
        return self._averaged_s10 + self._harness.stale_s10

    def _is_averaged(self, i):
        return self._counts[i] and self._harness.states[i] == TAP_OK

    # Hot path: no allocation while nothing changes; host_tests/upy checks it.
    def look(self, now_s10: int):
        """Take in a new burst, or the BMS's answer after it, and pass judgement."""
        harness = self._harness
        if not harness.is_fresh(now_s10):
            if self.reason != NO_BURST:
                self._leads.forget()
                self._forget()
                self.reason = NO_BURST
        elif harness.revision != self._revision:
            self._take_burst()
        met = self._pairing.look(now_s10)
        if met == COMPARE:
            self._compare(now_s10)
            self._battery.touch()
        if met != NOTHING:
            self.reason = met
        if self._compared_s10 >= 0 and now_s10 - self._compared_s10 > _KEEP_S10:
            self._leads.forget_order()
            self._forget()
        self._judge(now_s10)

    def _forget(self):
        for i in range(self.count):
            self._counts[i] = 0
        self._jumps = 0
        self._growth.forget()
        self._gap = self._gaps = 0
        self._seen = self._run = 0
        self._standing = self._standing_mv = 0
        self._compared_s10 = self._averaged_s10 = -1
        self._pairing.stop()
        self._has_changed = True

    # --- when to compare --------------------------------------------------------------------

    def _take_burst(self):
        harness = self._harness
        self._revision = harness.revision
        coefficients = self._sum_coefficients()
        if coefficients != self._coefficients:
            # Calibrated anew: what was averaged before says nothing of the harness as it is now.
            self._coefficients = coefficients
            self._forget()
        if harness.taken_s10 != self._taken_s10:
            self._taken_s10 = harness.taken_s10
            self._pairing.begin(harness.taken_s10)
            if self.reason == NO_BURST:
                self.reason = COMPARE
            self._leads.look_at_pins()
        self._battery.touch()

    def _sum_coefficients(self):
        harness = self._harness
        total = 1 if harness.is_calibrated else 0
        for i in range(self.count):
            total += harness.factors_ppm[i] + harness.offsets_uv[i]
        return total

    # --- a comparison -------------------------------------------------------------------------

    def _compare(self, now_s10):
        sample = self._battery.sample
        states = self._harness.states
        leads = self._leads
        self._compared_s10 = now_s10
        sum_mv = 0
        for i in range(self.count):
            sum_mv += sample.cells_mv[i]
            leads.sums_mv[i] = sum_mv
        leads.look_for_torn(sample)
        is_whole = not leads.look_at_order()
        for i in range(self.count):
            if states[i] != TAP_OK or leads.is_stray(i + 1):
                is_whole = False
        if is_whole and self._has_jumped():
            return
        for i in range(self.count):
            if states[i] == TAP_OK and not leads.is_stray(i + 1):
                self._average(i)
        # As old as what was compared.
        self._averaged_s10 = self._taken_s10
        if not leads.are_sound:
            # With a tap missing one fault looks like another: no more of that until it is back.
            for i in range(self.count):
                if states[i] != TAP_OK or leads.is_stray(i + 1):
                    self._counts[i] = 0
            self._stand(0, 0)
            return
        if not is_whole:
            return
        current_a = (sample.current_ma + 500) // 1000
        fewest = self._fewest
        weight = max(fewest, 1)
        self._current_a64 += (current_a * 64 - self._current_a64) // weight
        last = self.count - 1
        if self._growth.feed(current_a, self._error_q(0), self._error_q(last)):
            # What stands may have been part of it, or it of that.
            self._seen = self._run = 0
            self._stand(0, 0)
            self._has_changed = True
        self._weigh_sum(sample)
        if fewest >= _ENOUGH:
            self._explain(sample)

    @property
    def _fewest(self):
        fewest = _MEMORY
        for i in range(self.count):
            fewest = min(fewest, self._counts[i])
        return fewest

    def _error_64(self, i):
        # 64ths of a millivolt; a tap's microvolts times 64 would leave the small ints.
        return self._harness.taps_uv[i] * 8 // 125 - self._leads.sums_mv[i] * 64

    def _error_q(self, i):
        return self._error_64(i) >> 4

    def _has_jumped(self):
        """Tell whether this comparison is to be left out, as too far from those before."""
        is_far = False
        for i in range(self.count):
            if self._counts[i] and abs(self._error_64(i) - self._averages[i]) > _JUMP_64:
                is_far = True
        self._jumps = self._jumps + 1 if is_far else 0
        if self._jumps == _JUMPS:
            # It has become another: begin with this one, with all taps at the same time.
            self._jumps = 0
            for i in range(self.count):
                self._counts[i] = 0
        return self._jumps > 0

    def _average(self, i):
        if not self._counts[i]:
            self._averages[i] = 0
        count = min(self._counts[i] + 1, _MEMORY)
        self._counts[i] = count
        self._averages[i] += (self._error_64(i) - self._averages[i]) // count

    def _weigh_sum(self, sample):
        if abs(sample.current_ma) > _CALM_MA:
            return
        gap_mv = -sample.battery_mv
        for i in range(sample.series):
            gap_mv += sample.cells_mv[i]
        self._gaps = min(self._gaps + 1, _MEMORY)
        self._gap += (gap_mv * 16 - self._gap) // self._gaps

    # --- what the averages show ---------------------------------------------------------------

    def _explain(self, sample):
        # What grows with current is known; the rest is what the taps show at none.
        moved_q = self._growth.part_q(self._current_a64)
        for i in range(self.count):
            self._errors_q[i] = (self._averages[i] >> 4) - moved_q
        found = self._pattern.classify(
            self._errors_q, self._harness.is_calibrated, self._standing != 0
        )
        amplitude_mv = self._pattern.amplitude_mv
        seen = self._name(found, amplitude_mv, sample) if found else 0
        self._run = self._run + 1 if seen == self._seen else 1
        self._seen = seen
        if seen == self._standing or self._run >= (_TRIP_RUN if seen else _RELEASE_RUN):
            self._stand(seen, amplitude_mv)

    def _stand(self, standing, amplitude_mv):
        # A size that was said stands, too, until it is clearly another.
        off_mv = abs(amplitude_mv - self._standing_mv)
        if standing != self._standing or off_mv > 10 + (abs(self._standing_mv) >> 3):
            self._standing = standing
            self._standing_mv = amplitude_mv
            self._has_changed = True

    def _name(self, found, amplitude_mv, sample):
        """Return kind and place of the finding that a pattern stands for."""
        at = found % KIND
        shape = found - at
        if shape == pattern.PROPORTIONAL:
            return kinds.ALL_OFF * KIND
        if shape == pattern.UNCLEAR:
            return kinds.CELLS_DIFFER * KIND
        if shape == pattern.STEP:
            # What moves all taps may be the ground lead as well as cell 1.
            if at > 1 or self._is_bms_wrong(at, amplitude_mv, sample):
                return kinds.BMS_CELL * KIND + at
            return kinds.GROUND_OFFSET * KIND + at
        if at == self.count:
            # Nothing above the last tap tells it from the last cell.
            if self._is_bms_wrong(at, amplitude_mv, sample):
                return kinds.BMS_CELL * KIND + at
        elif self._is_sense_open(at, amplitude_mv, sample):
            return kinds.BMS_SENSE_OPEN * KIND + at
        return kinds.DIVIDER_DRIFT * KIND + at

    def _is_bms_wrong(self, n, amplitude_mv, sample):
        """Tell whether it is the BMS that is wrong about cell n, by its own voltage."""
        if abs(amplitude_mv) < _JUDGED_MV:
            return False
        if not _CELL_LOW_MV <= sample.cells_mv[n - 1] <= _CELL_HIGH_MV:
            return _CELL_LOW_MV <= self._leads.cell_mv(n) <= _CELL_HIGH_MV
        # A cell read too low leaves the sum too small, and the taps above too high against it.
        missing_mv = -self._gap // 16 if self._gaps > 2 else 0
        return missing_mv * 2 > amplitude_mv if amplitude_mv > 0 else missing_mv * 2 < amplitude_mv

    def _is_sense_open(self, k, amplitude_mv, sample):
        """Tell whether it is the BMS's wire at tap k: its two cells are the less even ones."""
        if abs(amplitude_mv) < _SENSE_MV:
            return False
        bms_mv = abs(sample.cells_mv[k - 1] - sample.cells_mv[k])
        taps_mv = abs(self._leads.cell_mv(k) - self._leads.cell_mv(k + 1))
        return bms_mv > taps_mv + _SENSE_EVEN_MV

    # --- the verdict --------------------------------------------------------------------------

    def _judge(self, now_s10):
        if self._has_changed or self._leads.has_changed:
            self._has_changed = self._leads.has_changed = False
            self.findings = self._found()
            self._battery.touch()
        state = VERDICT_UNKNOWN
        for one in self.findings:
            state = max(state, one.severity)
        if state < VERDICT_LOOK and self._fewest >= _ENOUGH and self._battery.is_alive(now_s10):
            state = VERDICT_OK
        if state != self.state:
            self.state = state
            self._battery.touch()

    def _found(self):
        found = self._leads.findings()
        if self._growth.mv_at_100a:
            found.append(Finding(kinds.GROUND_CURRENT, None, 1, None, self._growth.mv_at_100a))
        if self._standing:
            found.append(self._standing_finding())
        return found

    def _standing_finding(self):
        kind, at = divmod(self._standing, KIND)
        value_mv = self._standing_mv
        if kind == kinds.BMS_SENSE_OPEN:
            return Finding(kind, at, None, None, value_mv)
        if kind == kinds.DIVIDER_DRIFT:
            # Of the last one its cell is a suspect too.
            return Finding(kind, at, at if at == self.count else None, None, value_mv)
        if kind in (kinds.BMS_CELL, kinds.GROUND_OFFSET):
            return Finding(kind, None, at, None, value_mv)
        if kind == kinds.CELLS_DIFFER:
            return Finding(kind, None, self._worst_cell(), None, None)
        return Finding(kind, None, None, None, value_mv)

    def _worst_cell(self):
        worst = 1
        most = 0
        below = 0
        for i in range(self.count):
            off = abs(self._averages[i] - below)
            if off > most:
                worst, most = i + 1, off
            below = self._averages[i]
        return worst
