"""Boards as they are soldered, calibrated by an owner and read by the firmware, one after another.

Each board has its own parts, chip and multimeter. Every voltage goes the whole way: divider, chip,
readings in the order of a burst, the harness's statistic, and the coefficients that a calibration
of the firmware made. What is kept is the error of each cell against the truth, in uV.
"""

import multiprocessing

from baybridge.battery import sample as groups
from baybridge.battery.battery import Battery
from baybridge.battery.calibration import BURSTS, Calibration, NotNow
from baybridge.battery.calibration_fit import BURSTS_NEEDED
from baybridge.battery.crosscheck import Crosscheck
from baybridge.battery.taps import Harness
from baybridge.tasks.sample_taps import TapSampler
from tools.sim.adc import CALIBRATED_AT_C, AdcChip
from tools.sim.harness import EQUAL_PINS, SimHarness
from tools.sim.lcg import Dice

# Kinds of parts: tolerance in ppm and ppm per K.
PARTS = {"0.1 %": (1000, 25), "1 %": (10000, 100)}
# All taps on one ratio: what the equal pins are there to avoid.
SAME_RATIO = ((711000, 100000),) * 4
# Cells as they are measured, each on its own; at rest, a little apart.
CELLS_UV = (2900000, 3650000)
EMPTY_UV, FULL_UV, REST_UV = (2950000, 3100000), (3450000, 3550000), (3250000, 3340000)
_APART_UV = 10000
WITHIN_K = 20
PACKETS_PER_S = 2

_ANSWER_MS = 1000
# The multimeter: 0.03 % of its own and half a last digit.
_METER_PPM = 300
_METER_DIGIT_UV = 1000
# The BMS: each of its cells is off by up to this, rounded, and restless by one last digit.
BMS_CELL_UV = 2000
_STALE_S10 = 200
_REST_MS = 60000
_PATIENCE = 10
# Looks of the crosscheck that its averages and its rests are settled after.
LOOKS = 16
_PINS = (32, 33, 34, 35)


class _Time:
    """A clock that goes on when told so."""

    def __init__(self):
        self.at_ms = 0

    def ticks_ms(self):
        return self.at_ms

    def ticks_diff(self, a, b):
        return a - b

    def uptime_s10(self):
        return self.at_ms // 100


class Board:
    """One bridge at one battery of four cells."""

    def __init__(self, seed, parts="0.1 %", dividers=EQUAL_PINS, packets_per_s=PACKETS_PER_S):
        tolerance_ppm, tc_ppm = PARTS[parts]
        self.taps_uv = [0] * 5
        self.temp_c = CALIBRATED_AT_C
        self.clock = _Time()
        self.dice = Dice(seed + 0x40000)
        self.chip = AdcChip(seed, packets_per_s=packets_per_s)
        self.sim = SimHarness(
            self.taps_uv.__getitem__,
            dividers,
            seed=seed,
            tolerance_ppm=tolerance_ppm,
            tc_ppm=tc_ppm,
            chip=self.chip,
        )
        self._meter_ppm = self.dice.span(_METER_PPM)
        self._bms_uv = [self.dice.span(BMS_CELL_UV) for _ in range(4)]
        taps = [_record(pin, *divider) for pin, divider in zip(_PINS, dividers, strict=True)]
        self.battery = Battery("house1", "House 1", _STALE_S10, ())
        self.harness = self.battery.harness = Harness(taps, _STALE_S10)
        self._sampler = TapSampler([self.harness], self, self.clock)
        self.battery.sample.nominal_mv = 12800
        self.calibration = Calibration(self.battery, taps)
        self._plain = [dict(tap) for tap in taps]
        # Why a calibration was refused, though nothing is wrong with the board.
        self.refusal = None
        # Bursts that the fit had to wait for beyond those it asks for.
        self.waits = 0

    # --- the battery ----------------------------------------------------------------------------

    def draw_uv(self, low_uv, high_uv):
        """Return a voltage between both, all as likely."""
        return low_uv + self.dice.below(32768) * (high_uv - low_uv) // 32767

    def set_cells(self, cells_uv):
        for k in range(1, 5):
            self.taps_uv[k] = self.taps_uv[k - 1] + cells_uv[k - 1]

    def set_level(self, low_uv, high_uv):
        """Bring all cells near one voltage."""
        level_uv = self.draw_uv(low_uv, high_uv)
        self.set_cells([level_uv + self.draw_uv(-_APART_UV, _APART_UV) for _ in range(4)])

    def cell_uv(self, n):
        return self.taps_uv[n] - self.taps_uv[n - 1]

    # --- the bridge -----------------------------------------------------------------------------

    @property
    def now_s10(self):
        return self.clock.uptime_s10()

    def burst(self):
        """Let the firmware read all taps, let the BMS answer, wait for the next burst's time."""
        temp_c = self.temp_c
        # The battery and the temperature stand still meanwhile, so each pin does.
        pins_uv = [self.sim.pin_uv(k, temp_c) for k in (1, 2, 3, 4)]
        self._levels_uv = [self.chip.level_uv(pins_uv[i], i, temp_c) for i in range(4)]
        harness, sampler, clock = self.harness, self._sampler, self.clock
        revision = harness.revision
        while harness.revision == revision:
            wait_ms = sampler.step()
            # The last step waits for the next burst, and the BMS answers before that.
            clock.at_ms += min(wait_ms, _ANSWER_MS)
        crosscheck = self.battery.crosscheck
        if crosscheck is not None:
            crosscheck.look(harness.taken_s10)
        self._bms_answers()
        self.calibration.feed(self.now_s10)
        if crosscheck is not None:
            crosscheck.look(self.now_s10)
        clock.at_ms += max(wait_ms - _ANSWER_MS, 0)

    def read(self, i):
        """Return one reading of an input in mV, as baybridge.ports.adc.Adc does."""
        return self.chip.convert_uv(self._levels_uv[i], self.clock.at_ms) // 1000

    def _bms_answers(self):
        sample = self.battery.sample
        for i in range(4):
            cell_uv = self.cell_uv(i + 1) + self._bms_uv[i]
            sample.cells_mv[i] = (cell_uv + 500) // 1000 + self.dice.span(1)
        for group in (groups.STATUS, groups.PACK, groups.CELLS):
            sample.stamp(group, self.now_s10)

    def errors_uv(self):
        """Return what each cell of the last burst is off the truth."""
        errors_uv = []
        below_uv = 0
        for k in range(1, 5):
            off_uv = self.harness.taps_uv[k - 1] - self.taps_uv[k]
            errors_uv.append(off_uv - below_uv)
            below_uv = off_uv
        return errors_uv

    # --- the owner ------------------------------------------------------------------------------

    def meter_uv(self, k):
        """Return what the multimeter shows of tap k."""
        shown_uv = self.taps_uv[k] + self.taps_uv[k] * self._meter_ppm // 1000000
        return (shown_uv + _METER_DIGIT_UV // 2) // _METER_DIGIT_UV * _METER_DIGIT_UV

    def measure_point(self, point):
        """Return the records of a calibration with the multimeter, not in force yet."""
        for _ in range(BURSTS):
            self.burst()
        # A burst that spikes have spoiled begins the count anew: the owner is told to wait.
        while not self.calibration.is_settled:
            self.burst()
        meters_uv = [self.meter_uv(k) for k in (1, 2, 3, 4)]
        calibration = self.calibration
        return calibration.records(calibration.meter(meters_uv, point, self.now_s10), None)

    def use(self, records):
        """Put a calibration in force; it counts for the last burst too."""
        self.calibration.put_in_force(self._plain if records is None else records)


def _record(pin, top_ohm, bottom_ohm):
    return {
        "pin": pin,
        "top_ohm": top_ohm,
        "bottom_ohm": bottom_ohm,
        "gain_ppm": 1000000,
        "offset_uv": 0,
        "calibrated_time": None,
        "calibrated_against": None,
        "calibrated_divider": None,
        "previous_gain_ppm": None,
        "previous_offset_uv": None,
        "previous_time": None,
        "previous_against": None,
    }


# --- one board's life -------------------------------------------------------------------------


def calibrate(board):
    """Return {name: records} of what an owner may do, all at the temperature of the workshop.

    Who is refused two points stays with one.
    """
    ways = {"uncalibrated": None}
    board.set_level(*REST_UV)
    ways["one point"] = board.measure_point(1)
    board.set_level(*EMPTY_UV)
    board.measure_point(1)
    board.set_level(*FULL_UV)
    try:
        ways["two points"] = board.measure_point(2)
    except ValueError as exc:
        ways["two points"] = ways["one point"]
        board.refusal = str(exc)
    return ways


def play(task):
    """Return {what: the four cells' errors in uV} of one board; task is (seed, options)."""
    seed, options = task
    is_fitted = options.pop("is_fitted", False)
    board = Board(seed, **options)
    ways = calibrate(board)
    found = {}
    warm_k = board.dice.span(WITHIN_K * 10) / 10
    away_k = WITHIN_K if warm_k > 0 else -WITHIN_K
    for when, by_k in (("within", warm_k), ("away", away_k)):
        board.temp_c = CALIBRATED_AT_C + by_k
        board.set_cells([board.draw_uv(*CELLS_UV) for _ in range(4)])
        board.burst()
        for name, records in ways.items():
            board.use(records)
            found[name, when] = board.errors_uv()
    if is_fitted:
        board.temp_c = CALIBRATED_AT_C + warm_k
        fit(board, found)
    found["refusal", ""] = board.refusal
    found["waits", ""] = board.waits
    return found


def fit(board, found):
    """Let the taps follow the BMS at rest, and measure at another rest and anywhere."""
    # As after a restart of the bridge: nothing of the workshop is in the comparison.
    board.calibration = Calibration(board.battery, board.calibration.taps)
    board.set_level(*REST_UV)
    board.burst()
    board.clock.at_ms += _REST_MS
    for _ in range(BURSTS_NEEDED):
        board.burst()
    calibration = board.calibration
    proposal = None
    while proposal is None:
        try:
            proposal = calibration.bms(board.now_s10)
        except NotNow:
            # Spikes have spoiled a burst; it has to weigh less first.
            if calibration.fit.count > _PATIENCE * BURSTS_NEEDED:
                raise
            board.waits += 1
            board.burst()
    board.use(calibration.records(proposal, None))
    board.set_level(*REST_UV)
    found["fitted, averaged", "rest"] = _averaged_errors_uv(board)
    found["fitted", "rest"] = board.errors_uv()
    board.set_cells([board.draw_uv(*CELLS_UV) for _ in range(4)])
    board.burst()
    found["fitted", "anywhere"] = board.errors_uv()


def _averaged_errors_uv(board):
    """Return the errors of what the crosscheck says a cell is, by the BMS's and the difference."""
    board.battery.crosscheck = crosscheck = Crosscheck(board.battery)
    shown_mv = [0] * 4
    for _ in range(LOOKS):
        board.burst()
        for i in range(4):
            shown_mv[i] += board.battery.sample.cells_mv[i]
    errors_uv = []
    for n in range(1, 5):
        difference_mv = crosscheck.difference_mv(n, board.harness.taken_s10)
        bms_uv = shown_mv[n - 1] * 1000 // LOOKS
        errors_uv.append(difference_mv * 1000 + bms_uv - board.cell_uv(n))
    return errors_uv


def play_all(count, processes=None, first_seed=1, **options):
    """Return {what: list of the boards' errors} of count boards."""
    tasks = [(seed, dict(options)) for seed in range(first_seed, first_seed + count)]
    if processes == 1:
        results = [play(task) for task in tasks]
    else:
        with multiprocessing.Pool(processes) as pool:
            results = pool.map(play, tasks, chunksize=50)
    return {what: [result[what] for result in results] for what in results[0]}


# --- what came of it --------------------------------------------------------------------------


def p95_mv(values_uv):
    """Return what 95 % of the values do not exceed in size."""
    ordered = sorted(abs(value) for value in values_uv)
    return ordered[(len(ordered) * 95 + 99) // 100 - 1] / 1000


def cells_p95_mv(errors):
    return [p95_mv([error[i] for error in errors]) for i in range(4)]


def pack_p95_mv(errors):
    return p95_mv([sum(error) for error in errors])


def spread_p95_mv(errors):
    """Return the p95 of the spread that cells without any would show."""
    return p95_mv([max(error) - min(error) for error in errors])
