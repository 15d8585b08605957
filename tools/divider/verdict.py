"""What is wrong with a harness of dividers: what makes it unusable, and what should be known."""

from tools.divider import design
from tools.divider.chips import LOW_MV
from tools.divider.parts import show_ohm

# More than this through the diode of a pin whose chip is off, and it may feed the chip.
_UNPOWERED_UA = 130
_THEVENIN_OHM = 100000
_APART_MV = 100
_CAPACITOR_FARAD = 47e-9
# A burst of readings takes 0.64 s; slower dividers show yesterday's voltage.
_SLOW_S = 0.1
# A month's imbalance that takes a BMS more than an afternoon to balance away, at 30 mA.
_IMBALANCE_MAH = 150


def refusals(plan, chip, series) -> list:
    """Return a sentence for each thing that makes the design unusable."""
    found = []
    used = {}
    for tap in plan.taps:
        why = chip.why_not(tap.pin)
        if why is None and tap.pin in used:
            why = f"GPIO {tap.pin} is taken by tap {used[tap.pin]}"
        if why:
            free = [str(pin) for pin in chip.pins if pin not in [t.pin for t in plan.taps]]
            instead = f"free: {', '.join(free)}" if free else "no good pin is free"
            found.append(f"tap {tap.k}: {why}; {instead}")
        used.setdefault(tap.pin, tap.k)
        found += _out_of_range(tap, plan.tolerance, chip, series)
    return found


def _out_of_range(tap, tolerance, chip, series):
    legs = f"tap {tap.k}: {show_ohm(tap.top_ohm)} over {show_ohm(tap.low_ohm)}"
    most_mv = tap.worst_pin_mv(tolerance)
    if most_mv > chip.high_mv:
        least = design.least_top_ohm(tap.k, tap.low_ohm, chip.high_mv, tolerance, series)
        yield (
            f"{legs} puts up to {most_mv / 1000:.3f} V on the pin at 3.8 V a cell, and the "
            f"{chip.name} reads up to {chip.high_mv / 1000:.2f} V; "
            f"{_instead('least', least, series)}"
        )
    least_mv = tap.pin_mv(design.EMPTY_MV)
    if least_mv < LOW_MV:
        most = design.greatest_top_ohm(tap.k, tap.low_ohm, LOW_MV, series)
        yield (
            f"{legs} leaves the pin {least_mv / 1000:.3f} V at 2.5 V a cell, and below "
            f"{LOW_MV / 1000:.2f} V the {chip.name} measures little or nothing; "
            f"{_instead('greatest', most, series)}"
        )


def _instead(which, top_ohm, series):
    if top_ohm is None:
        return f"no top leg of {series} works with this low leg"
    return f"the {which} top leg of {series} that works is {show_ohm(top_ohm)}"


def notes(plan, chip, series) -> list:
    """Return a sentence for each thing that works and still should be known."""
    found = []
    bent = [tap for tap in plan.taps if _is_bent(tap, plan.tolerance, chip)]
    for tap in bent:
        least = design.least_top_ohm(tap.k, tap.low_ohm, chip.straight_mv, plan.tolerance, series)
        found.append(
            f"tap {tap.k}: {tap.worst_pin_mv(plan.tolerance) / 1000:.3f} V at 3.8 V a cell; above "
            f"{chip.straight_mv / 1000:.1f} V the {chip.name}'s converter is no longer straight. "
            f"A top leg from {show_ohm(least)} up keeps below that"
        )
    _note(
        found,
        [tap for tap in plan.taps if tap.pin in chip.second_pins],
        f"a noisier pin than {', '.join(str(pin) for pin in chip.pins)}",
    )
    _note(
        found,
        [tap for tap in plan.taps if tap.unpowered_ua() > _UNPOWERED_UA],
        f"more than {_UNPOWERED_UA} µA can flow into the pin while the board has no supply; "
        "larger legs stop that",
    )
    _note(
        found,
        [tap for tap in plan.taps if tap.thevenin_ohm > _THEVENIN_OHM],
        "more than 100 kΩ of source resistance: the pin's leakage shows, and it changes with "
        "temperature",
    )
    _note(
        found,
        [tap for tap in plan.taps if tap.thevenin_ohm * plan.farad > _SLOW_S],
        f"a time constant above {_SLOW_S:g} s: readings lag behind the battery",
    )
    pins_mv = [tap.pin_mv(design.MIDDLE_MV) for tap in plan.taps]
    apart_mv = max(pins_mv) - min(pins_mv)
    if apart_mv > _APART_MV:
        found.append(
            f"the pins sit {apart_mv:.0f} mV apart, so that the converter's errors do not cancel "
            "in a cell; give each tap its own ratio"
        )
    if plan.farad < _CAPACITOR_FARAD:
        found.append("less than 47 nF at the pin: readings scatter more; 100 nF is usual")
    imbalance_mah = plan.imbalance_mah_per_month()
    if imbalance_mah > _IMBALANCE_MAH:
        found.append(
            f"cell 1 loses {imbalance_mah:.0f} mAh a month more than cell {len(plan.taps)}, "
            f"{imbalance_mah / 30:.0f} h of balancing at 30 mA; larger legs drain less"
        )
    return found


def _is_bent(tap, tolerance, chip):
    return chip.straight_mv and tap.worst_pin_mv(tolerance) > chip.straight_mv


def _note(found, taps, what):
    if taps:
        names = ", ".join(str(tap.k) for tap in taps)
        found.append(f"{'tap' if len(taps) == 1 else 'taps'} {names}: {what}")
