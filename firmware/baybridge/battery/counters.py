"""Charge and energy in and out of one battery: exact integers, kept apart by the current's sign.

Each reading counts for half the time to its neighbour on either side, the trapezoid rule. The
last value alone would run behind every ramp, and the two agree for a load that switches; by
halves, a change from charging to discharging adds to both sides instead of cancelling. What
happened in a gap nobody knows, so it is not integrated over but counted.
"""

from micropython import const

# A total counts half seconds' worth, because a reading counts for half an interval: an ampere
# held for one interval of a second is two readings of one half-second's worth each.
_HALVES_PER_HOUR = const(7200)
_DIGITS = const(1000)
# Totals in state(), and the numbers each has there.
_TOTALS = const(4)
_PLACES = const(5)
_STATE = const(22)


class Total:
    """Something an hour (Ah, Wh) that only grows, in places of 1000 so that none is ever large.

    hours is the total; below it stand half seconds of the unit, then their thousandths,
    millionths and billionths. No place leaves the small ints before 10^9 Ah or Wh.
    """

    def __init__(self):
        self.hours = 0
        self.halves = 0
        self.milli = 0
        self.micro = 0
        self.nano = 0

    # Hot path: no allocation; host_tests/upy checks it. Small ints throughout up to 1000 A or
    # 1 MW and 1000 s.
    def add(self, units: int, milli: int, micro: int, elapsed_s: int, elapsed_ms: int):
        """Add half of units + milli/1000 + micro/10^6 held for elapsed_s and elapsed_ms."""
        nano = self.nano + micro * elapsed_ms
        micro = self.micro + micro * elapsed_s + milli * elapsed_ms + nano // _DIGITS
        milli = self.milli + milli * elapsed_s + units * elapsed_ms + micro // _DIGITS
        halves = self.halves + units * elapsed_s + milli // _DIGITS
        self.nano = nano % _DIGITS
        self.micro = micro % _DIGITS
        self.milli = milli % _DIGITS
        self.halves = halves % _HALVES_PER_HOUR
        self.hours += halves // _HALVES_PER_HOUR

    @property
    def thousandths(self) -> int:
        """The total in mAh or mWh, rounded down."""
        return self.hours * 1000 + (self.halves * 1000 + self.milli) // _HALVES_PER_HOUR

    def state(self) -> tuple:
        """Return the places, highest first."""
        return self.hours, self.halves, self.milli, self.micro, self.nano

    def restore(self, state):
        """Take the places of an earlier state()."""
        self.hours, self.halves, self.milli, self.micro, self.nano = state


class Counters:
    """The totals of one battery; they never go stale and never go down.

    gaps counts intervals that were not integrated over, gap_s their length in whole seconds. An
    interval of unknown length, like the one before the first reading after a start, adds
    nothing to gap_s.
    """

    def __init__(self, max_gap_ms: int):
        self.charge_in = Total()
        self.charge_out = Total()
        self.energy_in = Total()
        self.energy_out = Total()
        self.gaps = 0
        self.gap_s = 0
        # An interval longer than this is not integrated over.
        self.max_gap_ms = max_gap_ms
        self._last_ma = 0
        self._last_mv = 0

    # Hot path: no allocation; host_tests/upy checks it.
    def update(self, current_ma: int, battery_mv: int, elapsed_ms):
        """Take a reading, elapsed_ms after the one before; None when nobody knows how long."""
        if elapsed_ms is None or elapsed_ms <= 0:
            self.gaps += 1
        elif elapsed_ms > self.max_gap_ms:
            self.gaps += 1
            self.gap_s += elapsed_ms // 1000
        else:
            elapsed_s = elapsed_ms // 1000
            elapsed_ms %= 1000
            self._add(self._last_ma, self._last_mv, elapsed_s, elapsed_ms)
            self._add(current_ma, battery_mv, elapsed_s, elapsed_ms)
        self._last_ma = current_ma
        self._last_mv = battery_mv

    def _add(self, current_ma, battery_mv, elapsed_s, elapsed_ms):
        if current_ma > 0:
            charge = self.charge_in
            energy = self.energy_in
        else:
            charge = self.charge_out
            energy = self.energy_out
            current_ma = -current_ma
        whole_a = current_ma // 1000
        rest_ma = current_ma % 1000
        charge.add(whole_a, rest_ma, 0, elapsed_s, elapsed_ms)
        # mV times mA does not fit a small int: the amperes give mW, the rest of them uW.
        rest_uw = battery_mv * rest_ma
        power_mw = battery_mv * whole_a + rest_uw // 1000
        energy.add(power_mw // 1000, power_mw % 1000, rest_uw % 1000, elapsed_s, elapsed_ms)

    def state(self) -> tuple:
        """Return all there is to keep: small whole numbers, none of them negative."""
        return (
            self.charge_in.state()
            + self.charge_out.state()
            + self.energy_in.state()
            + self.energy_out.state()
            + (self.gaps, self.gap_s)
        )

    def restore(self, state):
        """Go on from an earlier state(); ValueError, and nothing changed, if it is none.

        The reading before it is not known any more: the next one begins after a gap.
        """
        if len(state) != _STATE:
            raise ValueError("not as many numbers as counters have")
        for i in range(_STATE):
            # Neither True nor 1.0 is a count, though both equal one.
            if type(state[i]) is not int or state[i] < 0:
                raise ValueError("a counter that is not a whole number")
            place = i % _PLACES
            limit = _HALVES_PER_HOUR if place == 1 else _DIGITS
            if i < _TOTALS * _PLACES and place and state[i] >= limit:
                raise ValueError("a remainder larger than its whole")
        self.charge_in.restore(state[0:5])
        self.charge_out.restore(state[5:10])
        self.energy_in.restore(state[10:15])
        self.energy_out.restore(state[15:20])
        self.gaps = state[20]
        self.gap_s = state[21]
