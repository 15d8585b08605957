"""Gross faults of the harness's leads: off, on another tap's place, broken at the cell.

They show in the pins' states or as an error of volts, so they need neither a calibration nor an
average; they need to be seen more than once.
"""

from array import array
from micropython import const

from baybridge.battery import finding as kinds
from baybridge.battery.finding import Finding
from baybridge.battery.taps import TAP_OK, TAP_SATURATED, TAP_UNREAD

# Each sighting counts 3, each look without it takes 1 away: a loose contact that comes and goes
# is found too. A fault stands from the third sighting until nothing is left of them.
_SIGHTING = const(3)
_STANDS_AT = const(9)
# A saturated tap is often a swapped one, which the comparison tells a little later.
_SATURATED_AT = const(18)
_MOST = const(30)

# A tap further off than this hangs on another lead; within the second of another tap's voltage,
# on that one. No board that reads at all is off by so much.
_OTHER_LEAD_MV = const(1500)
_THAT_LEAD_MV = const(1000)
# A cell as the taps must show it for their order to be believed.
_CELL_LOW_MV = const(2100)
_CELL_HIGH_MV = const(4200)

# A lead that is off at the cell: BMS and harness see one cell too high and its neighbour too low,
# by so much apart, with a mean like the others' (4.87 V and 2.57 V in TeslaBMSV2 issue 10).
_TORN_MV = const(800)
_TORN_TAPS_MV = const(600)
_TORN_MEAN_MV = const(200)


class Leads:
    """What stands against each lead. sums_mv are the BMS's cells added up from the first."""

    def __init__(self, harness):
        self._harness = harness
        self.count = count = harness.count
        self.sums_mv = array("i", [0] * count)
        self.has_changed = False
        # Sightings of a bad pin, and the state that stands; of a stray lead, and its tap.
        self._pins = bytearray(count)
        self._states = bytearray(count)
        self._strays = bytearray(count)
        self._seen = bytearray(count)
        self._leads = bytearray(count)
        # Sightings of a lead that is off at the cell, its tap, and that which stands.
        self._torn = self._torn_at = self._torn_stands = 0

    @property
    def are_sound(self) -> bool:
        """Tell whether nothing stands against any lead, and none was just seen torn."""
        if self._torn:
            return False
        for i in range(self.count):
            if self._states[i] or self._leads[i]:
                return False
        return True

    def forget(self):
        """Begin anew, as after the board was not read for a while."""
        for i in range(self.count):
            self._pins[i] = self._states[i] = 0
        self.forget_order()

    def forget_order(self):
        """Begin anew with what only a comparison can tell."""
        for i in range(self.count):
            self._strays[i] = self._seen[i] = self._leads[i] = 0
        self._torn = self._torn_stands = 0
        self.has_changed = True

    # Hot path: no allocation; host_tests/upy checks it.
    def look_at_pins(self):
        """Take in the taps' states of a new burst."""
        states = self._harness.states
        for i in range(self.count):
            state = states[i]
            if state == TAP_UNREAD:
                continue
            self._pins[i] = _counted(self._pins[i], state != TAP_OK)
            stands = self._states[i]
            if state != TAP_OK and self._pins[i] >= (
                _SATURATED_AT if state == TAP_SATURATED else _STANDS_AT
            ):
                stands = state
            elif not self._pins[i]:
                stands = TAP_OK
            if stands != self._states[i]:
                self._states[i] = stands
                self.has_changed = True

    def look_at_order(self) -> bool:
        """Compare every tap with sums_mv; return True while any hangs, or seems to, elsewhere."""
        states = self._harness.states
        # Against sums with a dead cell in them all taps above seem to be one place off; but then
        # the taps themselves are in order.
        is_ordered = self._is_ordered()
        is_any = False
        for i in range(self.count):
            lead = 0
            if not is_ordered and states[i] == TAP_OK:
                lead = self._lead_of(i)
            if lead and lead != self._seen[i]:
                self._seen[i] = lead
                self._strays[i] = 0
            # Beyond its range a tap tells nothing either way.
            if lead or states[i] == TAP_OK:
                self._strays[i] = _counted(self._strays[i], lead)
            stands = self._leads[i]
            if self._strays[i] >= _STANDS_AT:
                stands = self._seen[i]
            elif not self._strays[i]:
                stands = 0
            if stands != self._leads[i]:
                self._leads[i] = stands
                self.has_changed = True
            if lead or stands:
                is_any = True
        return is_any

    def look_for_torn(self, sample):
        """Look for a lead that is off at the cell, where BMS and harness hang on it."""
        at = self._torn_now(sample)
        if at and at != self._torn_at:
            self._torn_at = at
            self._torn = 0
        self._torn = _counted(self._torn, at)
        stands = self._torn_stands
        if self._torn >= _STANDS_AT:
            stands = self._torn_at
        elif not self._torn:
            stands = 0
        if stands != self._torn_stands:
            self._torn_stands = stands
            self.has_changed = True

    def is_stray(self, k: int) -> bool:
        """Tell whether tap k read another tap's voltage when it was last looked at."""
        return self._strays[k - 1] > 0

    def cell_mv(self, n: int) -> int:
        """Return cell n as the taps show it, whether or not that makes sense."""
        taps_uv = self._harness.taps_uv
        return (taps_uv[n - 1] - (taps_uv[n - 2] if n > 1 else 0)) // 1000

    def _torn_now(self, sample):
        # The taps see the same, as far as their range goes.
        cells_mv = sample.cells_mv
        series = sample.series
        total_mv = 0
        for i in range(series):
            total_mv += cells_mv[i]
        for k in range(1, self.count if series > 2 else 0):
            pair_mv = cells_mv[k - 1] + cells_mv[k]
            if abs(cells_mv[k - 1] - cells_mv[k]) < _TORN_MV:
                continue
            if abs(pair_mv // 2 - (total_mv - pair_mv) // (series - 2)) > _TORN_MEAN_MV:
                continue
            if abs(self.cell_mv(k) - self.cell_mv(k + 1)) >= _TORN_TAPS_MV:
                return k
        return 0

    def _is_ordered(self):
        states = self._harness.states
        taps_uv = self._harness.taps_uv
        below_mv = 0
        below = 0
        for i in range(self.count):
            if states[i] != TAP_OK:
                continue
            tap_mv = taps_uv[i] // 1000
            cell_mv = (tap_mv - below_mv) // (i + 1 - below)
            if not _CELL_LOW_MV <= cell_mv <= _CELL_HIGH_MV:
                return False
            below_mv = tap_mv
            below = i + 1
        return True

    def _lead_of(self, i):
        tap_mv = self._harness.taps_uv[i] // 1000
        if abs(tap_mv - self.sums_mv[i]) < _OTHER_LEAD_MV:
            return 0
        for j in range(self.count):
            if abs(tap_mv - self.sums_mv[j]) < _THAT_LEAD_MV:
                return j + 1
        return 0

    # --- in words -------------------------------------------------------------------------------

    def findings(self) -> list:
        """Return what stands, as findings."""
        found = []
        count = self.count
        floor = [k for k in range(1, count + 1) if self._states[k - 1] > TAP_SATURATED]
        if len(floor) == count:
            return [Finding(kinds.HARNESS_ABSENT, None, None, None, None)]
        shift = self._shift(floor)
        if shift:
            return [Finding(kinds.LEADS_SHIFTED, None, None, shift, None)]
        swapped = []
        for k in range(count, 0, -1):
            lead = self._leads[k - 1]
            if not lead or k in swapped:
                continue
            # A divider on a tap far above its own is beyond its range and cannot say more.
            is_mutual = self._leads[lead - 1] == k
            if is_mutual or (lead < k and self._harness.states[lead - 1] == TAP_SATURATED):
                swapped.append(lead)
                found.append(Finding(kinds.TAPS_SWAPPED, lead, None, k, None))
            else:
                found.append(Finding(kinds.TAP_MISPLACED, k, None, lead, None))
        if self._torn_stands:
            found.append(Finding(kinds.LEAD_OPEN, self._torn_stands, None, None, None))
        for k in range(1, count + 1):
            if k == self._torn_stands:
                continue
            if k in floor:
                found.append(Finding(kinds.TAP_OPEN, k, None, None, None))
            elif self._states[k - 1] == TAP_SATURATED and k not in swapped:
                found.append(Finding(kinds.TAP_SATURATED, k, None, None, None))
        return found

    def _shift(self, floor):
        # Every tap that reads at all reads the one as many places below it; those are at ground.
        shift = len(floor)
        if not shift or floor[-1] != shift:
            return 0
        for k in range(shift + 1, self.count + 1):
            if self._leads[k - 1] != k - shift:
                return 0
        return shift


def _counted(sightings, is_seen):
    if is_seen:
        return min(sightings + _SIGHTING, _MOST)
    return sightings - 1 if sightings else 0
