"""The tables of a design as text, and its part of config.json."""

import json

from tools.divider import design
from tools.divider.parts import show_ohm


def taps_json(plan) -> str:
    """Return the "taps" of a battery in config.json, not calibrated yet."""
    lines = []
    for tap in plan.taps:
        values = {"pin": tap.pin, "top_ohm": tap.top_ohm, "bottom_ohm": tap.low_ohm}
        lines.append("  " + json.dumps({**values, "gain": 1.0, "offset_mv": 0.0}))
    return '"taps": [\n' + ",\n".join(lines) + "\n]"


def tables(plan, chip, capacity_ah) -> list:
    """Return the lines of the report."""
    per_cent = f"{plan.tolerance * 100:g} %"
    kelvin = f"{plan.kelvin_share * 1e6:g} ppm/K"
    lines = [
        f"{chip.name}, {len(plan.taps)} taps, {per_cent}, {kelvin}, {plan.farad * 1e9:g} nF",
        "",
        *_taps(plan),
        "",
        *_cells(plan),
        "",
        *_drain(plan, capacity_ah),
    ]
    return lines


def _taps(plan):
    rows = [["tap", "pin", "top leg", "low leg", "ratio"]]
    rows[0] += [f"{mv / 1000:g} V" for mv in design.CELL_MV] + ["source", "RC", "drains"]
    for tap in plan.taps:
        row = [str(tap.k), str(tap.pin), show_ohm(tap.top_ohm), show_ohm(tap.low_ohm)]
        row.append(f"{tap.ratio:.3f}")
        row += [f"{tap.pin_mv(mv) / 1000:.3f} V" for mv in design.CELL_MV]
        row.append(f"{tap.thevenin_ohm / 1000:.1f} kΩ")
        row.append(f"{tap.thevenin_ohm * plan.farad * 1000:.1f} ms")
        rows.append([*row, f"{tap.current_ua():.1f} µA"])
    return ["At the pin, by the voltage of a cell:", *_aligned(rows)]


def _cells(plan):
    rows = [["cell", "resistors, worst", "all, 95 %", "resistors, worst", "all, 95 %"]]
    for tap in plan.taps:
        values = (
            plan.parts_error_mv(tap.k),
            plan.error_p95_mv(tap.k),
            plan.drift_error_mv(tap.k),
            plan.error_p95_mv(tap.k, is_calibrated=True),
        )
        rows.append([str(tap.k), *[f"±{value:.1f} mV" for value in values]])
    return [
        "Error of a cell at 3.3 V, first as built, then after a calibration with a multimeter at",
        f"two voltages, up to {plan.swing_k:g} K away from its temperature:",
        *_aligned(rows),
        "Worst: every resistor at the end of its tolerance, or drift, all to the bad. All, 95 %:",
        "with the ADC, of 100 boards 95; it rests on assumptions about the chip, not on a",
        "measurement.",
    ]


def _drain(plan, capacity_ah):
    rows = [["cell", "drain", "a month"]]
    for tap in plan.taps:
        ua, mah = plan.cell_ua(tap.k), plan.cell_mah_per_month(tap.k)
        rows.append([str(tap.k), f"{ua:.1f} µA", f"{mah:.1f} mAh"])
    month_mah = plan.imbalance_mah_per_month()
    year_mah = 12 * month_mah
    last = len(plan.taps)
    return [
        "What the dividers drain at 3.3 V a cell:",
        *_aligned(rows),
        f"Cell 1 loses more than cell {last}: {month_mah:.1f} mAh a month, {year_mah:.0f} mAh a "
        f"year, {year_mah / capacity_ah / 10:.2g} % of {capacity_ah:g} Ah.",
    ]


def _aligned(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]
