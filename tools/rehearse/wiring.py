"""Boards wired wrong on purpose: is each fault found, and named right?

The whole way is the real one: true cells, dividers of real parts, the ADC chip with its errors,
noise and Wi-Fi's spikes, the firmware's bursts, its calibration at two points with a multimeter,
its crosscheck. Only what the BMS says is written into the sample instead of sent as frames.
"""

import random

from baybridge.battery import sample as groups
from baybridge.battery.crosscheck import Crosscheck
from baybridge.battery.finding import VERDICT_OK
from tools.rehearse import boards

TAPS = 4
# A fault is there from the start, as after rewiring, or comes after so many bursts.
_HEALTHY_BURSTS = 14
# How long it may take, and how long the right name has to stand alone then.
_MOST_BURSTS = 120
_STANDS_BURSTS = 8


class Board(boards.Board):
    """A calibrated board of 0.1 % parts; each draw_battery() puts it on another battery."""

    def __init__(self, seed):
        super().__init__(seed, packets_per_s=(0, 1, 3, 10)[seed % 4])
        self.set_level(*boards.EMPTY_UV)
        one_point = self.measure_point(1)
        self.set_level(*boards.FULL_UV)
        try:
            self.use(self.measure_point(2))
        except ValueError:
            # Refused: what the owner has then is the one point.
            self.use(one_point)
        # What it is wired to; and all that is random about a battery and its fault.
        self.random = random.Random(seed)
        self.ground_tap = 0
        self.sim.tap_uv = self._wire_uv

    def _wire_uv(self, k):
        return self.taps_uv[k] - self.taps_uv[self.ground_tap]

    def draw_battery(self, seed):
        """Take another battery, sound and soundly wired, in another weather."""
        self.random = draw = random.Random(seed)
        self.sim.mend()
        self.ground_tap = 0
        self.temp_c = boards.CALIBRATED_AT_C + draw.uniform(-boards.WITHIN_K, boards.WITHIN_K)
        # Cells of one battery: within 40 mV, and in every fifth one that has strayed.
        level_uv = draw.uniform(2.9e6, 3.6e6)
        self._rest_uv = [level_uv + draw.uniform(-40e3, 40e3) for _ in range(TAPS)]
        if draw.random() < 0.2:
            self._rest_uv[draw.randrange(TAPS)] += draw.uniform(-150e3, 150e3)
        self._cells_mohm = [draw.uniform(0.3, 0.7) for _ in range(TAPS)]
        # The BMS: its cells, and its own voltage, which was off by 0.41 % in one capture.
        self._bms_mv = [draw.uniform(-3, 3) for _ in range(TAPS)]
        self._stack_gain = 1 + draw.uniform(-0.0041, 0.0041)
        # What the BMS misreads, and which lead is off at its cell: (tap, share in % between).
        self.misread = self.torn = None
        self._current_ma = 0
        self._holds = 0
        self.battery.crosscheck = self.crosscheck = Crosscheck(self.battery)

    def draw_current(self):
        """Let the load change now and then."""
        draw = self.random
        if self._holds == 0:
            # For 20 s to a minute; a third of the time there is none.
            self._holds = draw.randint(4, 12)
            is_idle = draw.random() < 1 / 3
            self._current_ma = 0 if is_idle else int(draw.uniform(-150000, 60000))
        self._holds -= 1

    def load_cells(self):
        """Give the cells the voltages they have at this current."""
        self.sim.current_ma = self._current_ma
        self.set_cells(
            [
                int(rest_uv + self._current_ma * mohm)
                for rest_uv, mohm in zip(self._rest_uv, self._cells_mohm, strict=True)
            ]
        )

    def live(self):
        """Live through the 5 s from one burst to the next."""
        self.draw_current()
        self.load_cells()
        self.burst()

    def _bms_answers(self):
        if self.battery.crosscheck is None:  # while it is calibrated
            super()._bms_answers()
            return
        draw = self.random
        sample = self.battery.sample
        cells_mv = []
        below_uv = 0
        for k in range(1, TAPS + 1):
            tap_uv = self.taps_uv[k]
            if self.torn and self.torn[0] == k:
                # A lead that is off at the cell is the BMS's, too.
                low_uv, high_uv = self.taps_uv[k - 1], self.taps_uv[k + 1]
                tap_uv = low_uv + (high_uv - low_uv) * self.torn[1] // 100
            mv = (tap_uv - below_uv) / 1000 + self._bms_mv[k - 1] + draw.uniform(-1, 1)
            cells_mv.append(round(mv))
            below_uv = tap_uv
        if self.misread:
            self.misread(cells_mv)
        for i in range(TAPS):
            sample.cells_mv[i] = max(cells_mv[i], 0)
        sample.battery_mv = int(self.taps_uv[TAPS] * self._stack_gain / 1000)
        ripple_ma = draw.randint(-300, 300) if self._current_ma else 0
        sample.current_ma = self._current_ma + ripple_ma
        for group in (groups.STATUS, groups.PACK, groups.CELLS):
            sample.stamp(group, self.now_s10)


# --- the faults --------------------------------------------------------------------------------
# Each draws a place and a size, and returns what puts it in and what has to be found: code, tap,
# cell, other. About each: from which size on it is meant to be named.


def _swapped(board, draw):
    a, b = sorted(draw.sample(range(1, TAPS + 1), 2))
    return lambda: board.sim.swap(a, b), ("taps_swapped", a, None, b)


def _shifted(board, draw):
    m = draw.randint(1, TAPS - 2)

    def inject():
        board.ground_tap = m

    return inject, ("leads_shifted", None, None, m)


def _open(board, draw):
    k = draw.randint(1, TAPS)
    return lambda: board.sim.open_tap(k), ("tap_open", k, None, None)


def _absent(board, draw):
    def inject():
        for k in range(1, TAPS + 1):
            board.sim.open_tap(k)

    return inject, ("harness_absent", None, None, None)


def _saturated(board, draw):
    k = draw.randint(1, TAPS)
    ppm = draw.randint(900000, 1020000)
    return lambda: board.sim.drift(k, ppm), ("tap_saturated", k, None, None)


def _torn(board, draw):
    k = draw.randint(1, TAPS - 1)
    share_pct = draw.choice((draw.randint(15, 38), draw.randint(62, 85)))

    def inject():
        board.torn = k, share_pct
        board.sim.open_tap(k, share_pct)

    return inject, ("lead_open", k, None, None)


def _sense(board, draw):
    k = draw.randint(1, TAPS - 1)
    off_mv = draw.choice((-1, 1)) * draw.randint(300, 1500)

    def misread(cells_mv):
        cells_mv[k - 1] += off_mv
        cells_mv[k] -= off_mv

    return _misreading(board, misread), ("bms_sense_open", k, None, None)


def _cell(board, draw):
    n = draw.randint(1, TAPS)
    # Of the first and the last cell only the BMS's own voltage can tell, which is less exact.
    least_mv = 200 if n in (1, TAPS) else 80
    off_mv = draw.choice((-1, 1)) * draw.randint(least_mv, 1000)
    is_dead = draw.random() < 0.1

    def misread(cells_mv):
        cells_mv[n - 1] = 0 if is_dead else cells_mv[n - 1] + off_mv

    return _misreading(board, misread), ("bms_cell", None, n, None)


def _misreading(board, misread):
    def inject():
        board.misread = misread

    return inject


def _shared_ground(board, draw):
    # 50 mV and more over the currents that come, 60 A apart and more.
    mohm = draw.uniform(1, 3)
    return lambda: board.sim.ground(0, 0, mohm), ("ground_current", None, 1, None)


def _supply_ground(board, draw):
    mohm = draw.randint(400, 1500)
    return lambda: board.sim.ground(mohm, 200), ("ground_offset", None, 1, None)


def _drift(board, draw):
    k = draw.randint(1, TAPS)
    # 35 mV times the tap, which are 1.1 %, to 3 %.
    ppm = draw.choice((-1, 1)) * draw.randint(12500, 30000)
    cell = k if k == TAPS else None
    return lambda: board.sim.drift(k, ppm), ("divider_drift", k, cell, None)


def _all_off(board, draw):
    ppm = draw.choice((-1, 1)) * draw.randint(37000, 80000)

    def inject():
        for k in range(1, TAPS + 1):
            board.sim.drift(k, ppm)

    return inject, ("all_off", None, None, None)


FAULTS = (
    ("taps_swapped", _swapped, "any two of the four leads exchanged"),
    ("leads_shifted", _shifted, "the board's ground at tap 1 or 2 instead of B-"),
    ("tap_open", _open, "a lead broken between harness and divider"),
    ("harness_absent", _absent, "no lead connected"),
    ("tap_saturated", _saturated, "a bottom leg open: the pin at twice its voltage"),
    (
        "lead_open",
        _torn,
        "a lead off at the cell, BMS and board on it, 12 to 35 % from the middle",
    ),
    ("bms_sense_open", _sense, "the BMS's own lead: two cells off by 0.3 to 1.5 V"),
    ("bms_cell", _cell, "a cell misread by 80 mV to 1 V (first and last: 200 mV), or as 0"),
    ("ground_current", _shared_ground, "1 to 3 mohm in the ground lead, battery current through"),
    ("ground_offset", _supply_ground, "80 to 300 mV in the ground lead from the board's 0.2 A"),
    ("divider_drift", _drift, "one divider off by 1.25 to 3 % (41 to 99 mV times the tap)"),
    ("all_off", _all_off, "all dividers, or the ADC, off by 3.7 to 8 % (122 to 264 mV a cell)"),
)


class Outcome:
    """What came of one injected fault. found is what was named at the end, "" for nothing."""

    def __init__(self, found, is_right, bursts, was_wrong):
        self.found = found
        self.is_right = is_right
        self.bursts = bursts
        # Whether something else was named on the way.
        self.was_wrong = was_wrong


def inject(board, draw_fault):
    """Put a fault into a board and watch until it is named, or for ten minutes."""
    inject_now, expected = draw_fault(board, board.random)
    if board.random.random() < 0.5:
        for _ in range(_HEALTHY_BURSTS):
            board.live()
        if board.crosscheck.findings:
            return Outcome("false: " + named(board), False, 0, True)
    inject_now()
    stands = 0
    first = 0
    was_wrong = False
    for n in range(1, _MOST_BURSTS + 1):
        board.live()
        found = board.crosscheck.findings
        is_right = len(found) == 1 and facts(found[0]) == expected
        stands = stands + 1 if is_right else 0
        if is_right and not first:
            first = n
        if found and not is_right:
            was_wrong = True
        if stands == _STANDS_BURSTS:
            return Outcome(expected[0], True, first, was_wrong)
    return Outcome(named(board), False, n, was_wrong)


def facts(finding):
    """Return what of a finding has to be right."""
    return finding.code, finding.tap, finding.cell, finding.other


def named(board):
    """Return the findings of a board in a word each."""
    words = [
        "+".join(str(fact) for fact in facts(one) if fact is not None)
        for one in board.crosscheck.findings
    ]
    return " ".join(words) or ("ok" if board.crosscheck.state == VERDICT_OK else "unknown")


def play(name, tries, seed, some_boards):
    """Return the outcomes of a fault on boards taken in turn."""
    draw = {row[0]: row[1] for row in FAULTS}[name]
    outcomes = []
    for i in range(tries):
        board = some_boards[i % len(some_boards)]
        board.draw_battery("%s %d %d" % (name, seed, i))
        outcomes.append(inject(board, draw))
    return outcomes
