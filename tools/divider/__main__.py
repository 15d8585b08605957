"""`make divider`: computes and judges the dividers of a balance harness, for any choice of parts.

Exit status 0: usable; 1: refused, and why is on standard error; 2: not understood.
"""

import argparse
import sys

from tools.divider import design, parts, report, verdict
from tools.divider.chips import CHIPS


def main(args=None) -> int:
    """Run the program; return its exit status."""
    parser = _parser()
    options = parser.parse_args(args)
    chip = CHIPS[options.chip]
    pins = options.pins or [*chip.pins, *chip.second_pins][: options.cells]
    if len(pins) < options.cells:
        return _refuse(
            [
                f"{options.cells} cells need {options.cells} pins of ADC1, and the {chip.name} "
                f"has {len(pins)} that a tap may be on; {_larger(options.cells)}"
            ]
        )
    tops = options.top or [
        design.nearest_top_ohm(k, options.low, options.aim * 1000, options.parts)
        for k in range(1, options.cells + 1)
    ]
    for name, given in (("--pins", pins), ("--top", tops)):
        if len(given) != options.cells:
            parser.error(f"{name}: {len(given)} given for {options.cells} cells")
    taps = [design.Tap(i + 1, pins[i], tops[i], options.low) for i in range(options.cells)]
    plan = design.Design(
        taps, options.tolerance / 100, options.ppm / 1e6, options.swing, options.capacitor
    )
    refused = verdict.refusals(plan, chip, options.parts)
    if options.json:
        if not refused:
            print(report.taps_json(plan))
        return _refuse(refused)
    print("\n".join(report.tables(plan, chip, options.capacity)))
    notes = [] if refused else verdict.notes(plan, chip, options.parts)
    if notes:
        print("\nTo know:")
    for note in notes:
        print(f"- {note}.")
    if not refused:
        print("\nFor config.json, in this battery's object:\n" + report.taps_json(plan))
    return _refuse(refused)


def _refuse(sentences):
    for sentence in sentences:
        print(f"refused: {sentence}", file=sys.stderr)
    return 1 if sentences else 0


def _larger(cells):
    fit = [chip.name for chip in CHIPS.values() if len(chip.pins) >= cells]
    return (
        f"take an {' or '.join(fit)}"
        if fit
        else "no chip has so many, so such a battery has no harness here"
    )


def _of(parse):
    """Make an argument's type of a function that raises ValueError with a sentence."""

    def parsed(text):
        try:
            return parse(text)
        except ValueError as exc:
            raise argparse.ArgumentTypeError(str(exc)) from None

    return parsed


def _within(low, high, convert):
    def parse(text):
        try:
            value = convert(text)
        except ValueError:
            raise ValueError(f"{text!r} is not a number") from None
        if not low <= value <= high:
            raise ValueError(f"{text} is not between {low:g} and {high:g}")
        return value

    return _of(parse)


_cells = _within(1, 16, int)


def _ohm_up_to(high, shown):
    def parse(text):
        ohm = parts.parse_ohm(text)
        if not 1000 <= ohm <= high:
            raise ValueError(f"{text} is not between 1k and {shown}")
        return ohm

    return _of(parse)


# As config.json takes them.
_low_ohm = _ohm_up_to(1000000, "1M")
_top_ohm = _ohm_up_to(10000000, "10M")


_farad = _of(parts.parse_farad)


@_of
def _ohms(text):
    return [_top_ohm(part) for part in text.split(",")]


@_of
def _pins(text):
    if not all(part.strip().isdecimal() for part in text.split(",")):
        raise ValueError(f"{text!r} is no list of pins like 32,33,34,35")
    return [int(part) for part in text.split(",")]


def _parser():
    parser = argparse.ArgumentParser(
        prog="divider",
        description="Computes the voltage dividers of a balance harness: what the pins see, what "
        "error a cell has, what they drain. Without options: 4 cells, ESP32, 0.1 %% of E96.",
    )
    add = parser.add_argument
    add("--cells", type=_cells, default=4, metavar="N", help="cells in series (default 4)")
    add("--chip", choices=sorted(CHIPS), default="esp32", help="default esp32")
    add(
        "--low", type=_low_ohm, default=100000, metavar="OHM", help="low leg of all (default 100k)"
    )
    add(
        "--top", type=_ohms, metavar="OHM,…", help="top legs, lowest tap first (default: computed)"
    )
    add("--parts", choices=parts.SERIES, default="E96", help="what can be bought (default E96)")
    add(
        "--aim",
        type=_within(0.1, 3.6, float),
        default=1.8,
        metavar="V",
        help="at every pin with 3.65 V a cell, for computed top legs (default 1.8)",
    )
    add(
        "--tolerance",
        type=_within(0, 20, float),
        default=0.1,
        metavar="%",
        help="of a resistor (default 0.1)",
    )
    add(
        "--ppm",
        type=_within(0, 1000, float),
        default=25,
        metavar="PPM",
        help="per kelvin (default 25)",
    )
    add(
        "--swing",
        type=_within(0, 100, float),
        default=20,
        metavar="K",
        help="how far from the temperature of the calibration (default 20)",
    )
    add("--capacitor", type=_farad, default=100e-9, metavar="F", help="at the pin (default 100n)")
    add("--pins", type=_pins, metavar="N,…", help="GPIO numbers, lowest tap first")
    add(
        "--capacity",
        type=_within(1, 10000, float),
        default=100,
        metavar="AH",
        help="battery (default 100)",
    )
    add("--json", action="store_true", help='print only the "taps" for config.json')
    return parser


if __name__ == "__main__":
    sys.exit(main())
