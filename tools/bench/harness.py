"""The harness's figures: how far its cells are off, what it finds, and what reading it costs.

The errors are counted over simulated boards (tools/rehearse/boards.py), each with its own parts,
chip, multimeter and temperature, and with all of the firmware between pin and cell.
"""

from array import array

from baybridge.battery.taps import MOST_READINGS
from tools.bench.report import Figure, guarded
from tools.rehearse import boards
from tools.sim.adc import AdcChip
from tools.sim.harness import EQUAL_PINS

_TAPS = tuple(f"tap_error_p95_mv_{n}" for n in (1, 2, 3, 4))
_SPREAD = "tap_false_spread_p95_mv"
_FITTED = "tap_error_fitted_p95_mv"
_WIRING = ("wiring_found_ratio", "wiring_false_per_day")
_ADC = ("adc_heap_per_burst_bytes", "adc_longest_block_ms")
_BOARDS = 10000
_SAME_RATIO_BOARDS = 2000
_WAYS = ("uncalibrated", "one point", "two points")
# The same by a formula with normal errors, 20 K away, equal cells (platform.md 1.7): cells 1 to 4,
# pack, false spread.
_FORMULA = {
    ("1 %", "uncalibrated"): (48, 93, 161, 234, 243, 340),
    ("0.1 %", "uncalibrated"): (40, 42, 47, 53, 160, 55),
    ("1 %", "one point"): (17, 24, 36, 50, 75, 70),
    ("1 %", "two points"): (17, 24, 36, 50, 73, 70),
    ("0.1 %", "two points"): (16, 17, 20, 24, 63, 28),
    ("one ratio, 0.1 %", "uncalibrated"): (120, 96, 98, 99, 159, 206),
    ("one ratio, 0.1 %", "two points"): (37, 38, 38, 39, 63, 75),
}
_BURSTS = 400


def figures():
    yield from guarded((*_TAPS, _SPREAD, _FITTED), tap_figures)
    yield from guarded(_WIRING, _wiring_figures)
    yield from guarded(_ADC, _adc_figures)


# Imported when their turn comes: one that cannot be costs its own figures only.
def _wiring_figures():
    from tools.bench import wiring_figures

    return wiring_figures.figures()


def _adc_figures():
    from tools.bench import adc_figures

    return adc_figures.figures()


# --- the errors -------------------------------------------------------------------------------


def tap_figures(count=_BOARDS, same_ratio_count=_SAME_RATIO_BOARDS, processes=None):
    """Yield the figures of so many boards with 0.1 % parts; the others are told beside them."""
    errors = {
        "0.1 %": boards.play_all(count, processes, is_fitted=True),
        "1 %": boards.play_all(count, processes, parts="1 %"),
        "one ratio, 0.1 %": boards.play_all(
            same_ratio_count, processes, dividers=boards.SAME_RATIO
        ),
    }
    best = errors["0.1 %"]["two points", "within"]
    details = [*_conditions(count), *_table(errors), *_refusals(errors), *statistic_lines()]
    for name, value in zip(_TAPS, boards.cells_p95_mv(best), strict=True):
        yield Figure(name, value, details)
        details = ()
    yield Figure(_SPREAD, boards.spread_p95_mv(best), _away(errors["0.1 %"]))
    fitted = errors["0.1 %"]
    averaged = boards.cells_p95_mv(fitted["fitted, averaged", "rest"])
    yield Figure(_FITTED, max(averaged), _fitted_lines(fitted, averaged))


def _conditions(count):
    return (
        f"two points, 0.1 %, equal pins; {count} boards, one burst each, cells each on its own "
        "from 2.9 to 3.65 V,",
        f"temperature within {boards.WITHIN_K} K of the calibration's; Wi-Fi sends "
        f"{boards.PACKETS_PER_S} packets a second",
    )


def _table(errors):
    yield "95 % error in mV of cells 1 to 4, the battery, and the spread of cells without any:"
    for parts, found in errors.items():
        for way in _WAYS:
            for when, words in (("within", "within 20 K"), ("away", "20 K away")):
                row = _row(found[way, when])
                yield f"  {parts}, {way}, {words}: {_numbers(row)}"
            formula = _FORMULA.get((parts, way))
            if formula:
                yield f"  {' ' * len(parts)}  by the formula, 20 K away: {_numbers(formula)}"
    yield "  The formula's cells are equal and its INL does not depend on the voltage. Here they"
    yield "  differ, so pins do, which the spread shows; and two points take part of the INL away,"
    yield "  most of it where each tap is at its own voltage (one ratio)."


def _row(found):
    cells = boards.cells_p95_mv(found)
    return (*cells, boards.pack_p95_mv(found), boards.spread_p95_mv(found))


def _numbers(row):
    return " ".join(f"{value:.0f}" for value in row)


def _refusals(errors):
    for parts, found in errors.items():
        refusals = [sentence for sentence in found["refusal", ""] if sentence]
        if refusals:
            yield (
                f"{parts}: {len(refusals)} of {len(found['refusal', ''])} healthy boards were "
                f"refused their two points and stayed with one, such as: {refusals[0]}"
            )


def _away(found):
    row = _row(found["two points", "away"])
    return (f"with every board the whole {boards.WITHIN_K} K away: {row[-1]:.1f} mV",)


def _fitted_lines(found, averaged):
    single = boards.cells_p95_mv(found["fitted", "rest"])
    anywhere = boards.cells_p95_mv(found["fitted", "anywhere"])
    return (
        f"the worst of the four cells ({_tenths(averaged)}), at another rest and the fit's "
        "temperature,",
        f"by what the crosscheck shows after {boards.LOOKS} bursts, of which each weighs an "
        "eighth against those before;",
        f"a single burst alone has {_tenths(single)}: its noise times the divider's ratio;",
        f"{sum(1 for waits in found['waits', ''] if waits)} boards had to wait for more than the "
        "60 bursts the fit asks for, because spikes spoiled one;",
        f"a single burst away from rest, 2.9 to 3.65 V: {_tenths(anywhere)}",
        f"each cell of the BMS is taken to be off by up to {boards.BMS_CELL_UV / 1000:.0f} mV "
        "for ever; fitted to it, the taps are no second opinion on it any more",
    )


def _tenths(row):
    return " ".join(f"{value:.1f}" for value in row)


# --- the statistic ----------------------------------------------------------------------------


def statistic_lines(bursts=_BURSTS):
    """Yield what spikes make of plain mean, median and the firmware's statistic."""
    yield "95 % error in mV at tap 4 of the statistic alone, plain mean / median / the firmware's:"
    for packets_per_s in (0, 1, 2, 4):
        share, errors = statistic_errors(packets_per_s, bursts)
        row = " / ".join(f"{value:.1f}" for value in errors)
        yield f"  {packets_per_s} packets a second, {share:.0%} of the readings too low: {row}"


def statistic_errors(packets_per_s, bursts=_BURSTS):
    """Return the share of disturbed readings, and the p95 at tap 4 of the three in mV."""
    # Against what the chip would read without noise: neither its errors nor the divider's count.
    pin_uv = 1630000
    harness = boards.Board(1).harness
    off_uv = ([], [], [])
    low = 0
    ratio = sum(EQUAL_PINS[3]) / EQUAL_PINS[3][1]
    for burst in range(bursts):
        chip = AdcChip(burst + 1, packets_per_s=packets_per_s)
        level_uv = chip.level_uv(pin_uv)
        readings = array("H", [_reading_mv(chip, pin_uv, i) for i in range(MOST_READINGS)])
        ordered = sorted(readings)
        middle = len(ordered) // 2
        low += sum(1 for reading in readings if reading * 1000 < level_uv - 20000)
        values_uv = (
            sum(readings) * 1000 / len(readings),
            (ordered[middle - 1] + ordered[middle]) * 500,
            _firmware_uv(harness, readings),
        )
        for found, value_uv in zip(off_uv, values_uv, strict=True):
            found.append((value_uv - level_uv) * ratio)
    return low / (bursts * MOST_READINGS), [boards.p95_mv(found) for found in off_uv]


def _reading_mv(chip, pin_uv, i):
    # Two readings in each round of 10 ms.
    return chip.read_uv(pin_uv, at_ms=i // 2 * 10) // 1000


def _firmware_uv(harness, readings):
    harness.evaluate(1, readings, len(readings))
    harness.finish(0)
    return harness.pins_uv[0]
