"""What a battery did lately, in memory of a fixed size: the last hour fine, the last day coarse.

Pure. Fed once a second with what is known then; steps are counted in seconds of uptime, so a
clock that is set moves nothing. A fine step keeps the mean of its seconds, a coarse one their
lowest and highest value too. A step of which nothing is known says so; it is never filled in.

Each quantity is an array of small unsigned integers: its unit's smallest useful part, moved by an
offset where it can be negative, with all bits set for "not known". All batteries together stay
below 12 KB, so the steps get longer with their number (PLAN).
"""

from array import array
from micropython import const

from baybridge.record.json_text import fixed

# Seconds of a fine and of a coarse step, by the number of batteries, 1 to 4.
PLAN = const(((20, 600), (30, 720), (30, 1440), (30, 2700)))
FINE_SPAN_S = const(3600)
COARSE_SPAN_S = const(86400)

# Quantities: the name before and after "_min", decimals, offset, what stands for "not known".
# Current in hundredths of an ampere reaches 327 A, more than any of these batteries may give.
VOLTAGE = const(0)
CURRENT = const(1)
SOC = const(2)
LOWEST_CELL = const(3)
HIGHEST_CELL = const(4)
TEMPERATURE = const(5)
_NAMES = const(("voltage", "current", "soc", "lowest_cell", "highest_cell", "temperature"))
_UNITS = const(("v", "a", "pct", "v", "v", "c"))
_DECIMALS = const((3, 2, 0, 3, 3, 0))
_OFFSETS = const((0, 32767, 0, 0, 0, 100))
_NOTHING = const((65535, 65535, 255, 65535, 65535, 255))
ALL = const((0, 1, 2, 3, 4, 5))

# Rows of a track.
MEAN = const(0)
LOWEST = const(1)
HIGHEST = const(2)

_UNKNOWN = const(-1)
# Values joined to one piece of text.
_PIECE = const(32)


class Track:
    """So many of the latest steps of some quantities, with one row or three; fixed memory.

    Its arrays hold the step that is still being filled, too.
    """

    def __init__(self, step_s: int, n: int, rows: int, quantities=ALL):
        self.step_s = step_s
        self.n = n
        self.rows = rows
        self.quantities = quantities
        # The latest step anything was told of.
        self.number = _UNKNOWN
        self._arrays = []
        for q in ALL:
            size = n * rows * size_bytes(q) if q in quantities else 0
            self._arrays.append(array("B" if size_bytes(q) == 1 else "H", b"\xff" * size))
        self._sums = [0] * len(ALL)
        self._counts = [0] * len(ALL)

    # Hot path: no allocation; host_tests/upy checks it. The sums stay small ints for two hours
    # of seconds, longer than any step of PLAN.
    def feed(self, values, second: int, weight: int = 1):
        """Take what was known in a second, as pack() gives it, negative where nothing was.

        Seconds never go back; one of a step before the latest is left out. weight is the number
        of seconds the values stand for in the mean.
        """
        number = second // self.step_s
        if number != self.number:
            if number < self.number:
                return
            self._begin(number)
        at = number % self.n
        n = self.n
        for q in self.quantities:
            value = values[q]
            if value < 0:
                continue
            column = self._arrays[q]
            is_first = self._counts[q] == 0
            self._counts[q] += weight
            self._sums[q] += value * weight
            count = self._counts[q]
            column[at] = (2 * self._sums[q] + count) // (2 * count)
            if self.rows > 1:
                if is_first or value < column[at + n]:
                    column[at + n] = value
                if is_first or value > column[at + 2 * n]:
                    column[at + 2 * n] = value

    def _begin(self, number):
        # What stood in the places of the new steps is a whole ring old.
        gap = min(number - self.number, self.n)
        for q in self.quantities:
            column = self._arrays[q]
            nothing = _NOTHING[q]
            for k in range(gap):
                at = (number - k) % self.n
                for row in range(self.rows):
                    column[at + row * self.n] = nothing
            self._sums[q] = 0
            self._counts[q] = 0
        self.number = number

    def value(self, q: int, row: int, number: int, k: int):
        """Return a row's value over k steps from a number on, as an integer; None if unknown."""
        column = self._arrays[q]
        nothing = _NOTHING[q]
        base = row * self.n if self.rows > 1 else 0
        count = total = 0
        best = None
        for step in range(max(number, self.number - self.n + 1), min(number + k, self.number + 1)):
            one = column[base + step % self.n] if step >= 0 else nothing
            if one == nothing:
                continue
            count += 1
            total += one
            if best is None or (one < best if row == LOWEST else one > best):
                best = one
        if not count:
            return None
        mean = (2 * total + count) // (2 * count)
        return (mean if row == MEAN else best) - _OFFSETS[q]

    def pieces(self, quantities, first: int, count: int, k: int):
        """Yield `"name":[…]` members of quantities: count values of k steps each from first on.

        With more than one step, or where a step has three rows, also their lowest and highest.
        """
        for q in quantities:
            for row in (MEAN, LOWEST, HIGHEST):
                if row and self.rows == 1 and k == 1:
                    break
                start = '%s"%s":[' % ("," if q or row else "", series_name(q, row))
                texts = []
                for i in range(count):
                    texts.append(fixed(self.value(q, row, first + i * k, k), _DECIMALS[q]))
                    if len(texts) == _PIECE or i == count - 1:
                        yield start + ",".join(texts)
                        start = ","
                        texts = []
                yield "]" if count else start + "]"


class History:
    """The fine and the coarse track of one battery, of so many that share the memory."""

    def __init__(self, battery, batteries: int):
        fine_s, coarse_s = PLAN[batteries - 1]
        self.fine = Track(fine_s, FINE_SPAN_S // fine_s, 1)
        self.coarse = Track(coarse_s, COARSE_SPAN_S // coarse_s, 3)
        self._battery = battery
        self._values = array("i", [_UNKNOWN] * len(ALL))

    # Hot path: no allocation; host_tests/upy checks it.
    def feed(self, now_s10: int):
        """Take what is known of the battery now; once a second."""
        battery = self._battery
        if not battery.is_alive(now_s10):
            return
        sample = battery.sample
        values = self._values
        values[0] = pack(VOLTAGE, sample.battery_mv)
        values[1] = pack(CURRENT, _hundredths(sample.current_ma))
        values[2] = pack(SOC, battery.soc_pct(now_s10))
        self._feed_cells(now_s10)
        values[5] = pack(TEMPERATURE, self._temp_c(now_s10))
        self.fine.feed(values, now_s10 // 10)
        self.coarse.feed(values, now_s10 // 10)

    def _feed_cells(self, now_s10):
        # Of some cells only, the lowest could be one of the others.
        lowest = highest = None
        for i in range(self._battery.sample.series):
            mv = self._battery.cell_mv(i, now_s10)
            if mv is None:
                lowest = highest = None
                break
            if lowest is None or mv < lowest:
                lowest = mv
            if highest is None or mv > highest:
                highest = mv
        self._values[3] = pack(LOWEST_CELL, lowest)
        self._values[4] = pack(HIGHEST_CELL, highest)

    def _temp_c(self, now_s10):
        count = total = 0
        for i in range(self._battery.sample.temp_count):
            temp_c = self._battery.temp_c(i, now_s10)
            if temp_c is not None:
                count += 1
                total += temp_c
        return (2 * total + count) // (2 * count) if count else None


def pack(q: int, value) -> int:
    """Return a value as its array holds it; -1 for None and for what does not fit."""
    if value is None:
        return _UNKNOWN
    value += _OFFSETS[q]
    return value if 0 <= value < _NOTHING[q] else _UNKNOWN


def series_name(q: int, row: int) -> str:
    """Return the name of a series, like voltage_v or voltage_min_v."""
    return _NAMES[q] + ("_", "_min_", "_max_")[row] + _UNITS[q]


def size_bytes(q: int) -> int:
    """Return the bytes one value of a quantity takes."""
    return 1 if _NOTHING[q] == 255 else 2


def _hundredths(ma):
    return (ma + 5) // 10
