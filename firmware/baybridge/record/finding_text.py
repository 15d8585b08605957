"""What the crosscheck found, in sentences that name the wire; loaded with the first finding.

A sentence says which lead or part it is, why that is so, and what to do; none says that anything
is safe or that a bolt is tight, because no voltage tells that.
"""

from baybridge.battery import finding as kinds

# By kind. {tap}, {cell}, {other} are numbers, {next} is tap + 1, {mv} is how much without its
# sign; of two sentences the first is for too much, the second for too little at the taps.
_SENTENCES = (
    "The leads of tap {tap} (top of cell {tap}) and tap {other} (top of cell {other}) are"
    " exchanged at the dividers. Put no load on the battery and swap them back: divider {tap} gets"
    " more voltage than its pin is made for.",
    "Divider {tap} measures tap {other} (top of cell {other}): its lead is on the wrong tap. Put"
    " no load on the battery before each lead is where it belongs.",
    "Every tap reads too little by what the lowest cells have, as if it were {other} lower: the"
    " board's ground is on tap {other} instead of B-, or all leads sit {other} too low. Disconnect"
    " the board and put them right.",
    "No voltage comes from tap {tap} (top of cell {tap}): its lead is off or broken on the way to"
    " divider {tap}, or its fuse has blown. The cells on either side of it cannot be compared.",
    "Tap {tap} has more voltage at its pin than the pin can measure: divider {tap}'s bottom"
    " resistor is off or wrong, or its lead is on a higher tap. Disconnect this lead first.",
    "No tap has a voltage: the harness's connector is off, or the lead from the board's ground to"
    " B- is.",
    "The lead of tap {tap} (top of cell {tap}) is off or loose at the cell: BMS and taps both read"
    " cells {tap} and {next} wrong in opposite directions, and only their sum right. The BMS does"
    " not see these cells: neither charge nor load the battery before this lead is mended.",
    (
        "The BMS reads cell {tap} {mv} mV too low and cell {next} as much too high; by the taps"
        " they are even, and the sum agrees. The BMS's own sense lead between them (tap {tap}) is"
        " off or loose: neither charge nor load the battery before it is mended.",
        "The BMS reads cell {tap} {mv} mV too high and cell {next} as much too low; by the taps"
        " they are even, and the sum agrees. The BMS's own sense lead between them (tap {tap}) is"
        " off or loose: neither charge nor load the battery before it is mended.",
    ),
    (
        "The BMS reads cell {cell} {mv} mV lower than the taps do; all other cells agree. Measure"
        " cell {cell} with a multimeter before the battery is loaded, and look at the BMS's leads"
        " to it: its limits act on what it reads.",
        "The BMS reads cell {cell} {mv} mV higher than the taps do; all other cells agree. Measure"
        " cell {cell} with a multimeter before the battery is loaded, and look at the BMS's leads"
        " to it: its limits act on what it reads.",
    ),
    (
        "The lead from the board's ground to B- carries the battery's current: by the taps cell 1"
        " is {mv} mV too low at 100 A of discharge, and it grows with the current. Take the ground"
        " from B- itself by a lead of its own, and look at the joint it hangs on now: one that"
        " drops voltage gets hot.",
        "The BMS's lead to B- carries the battery's current: the BMS reads cell 1 {mv} mV too low"
        " at 100 A of discharge, and it grows with the current. Look at the joint at B-: one that"
        " drops voltage gets hot.",
    ),
    (
        "Cell 1 is {mv} mV higher by the taps than by the BMS; all other cells agree. Either the"
        " BMS's lead to B- carries its own supply current, or the BMS reads cell 1 too low."
        " Measure cell 1 with a multimeter.",
        "Cell 1 is {mv} mV lower by the taps than by the BMS; all other cells agree. Either the"
        " lead from the board's ground to B- carries the board's own supply current (give the"
        " measurement a ground lead of its own), or the BMS reads cell 1 too high. Measure cell 1"
        " with a multimeter.",
    ),
    (
        "Tap {tap} alone reads {mv} mV too much, so that cell {tap} seems higher and cell {next}"
        " lower by that, and their sum is right: divider {tap} is off. Check its resistors and"
        " calibrate it.",
        "Tap {tap} alone reads {mv} mV too little, so that cell {tap} seems lower and cell {next}"
        " higher by that, and their sum is right: divider {tap} is off, or its lead has a bad"
        " contact. Check both and calibrate it.",
    ),
    (
        "All cells are {mv} mV higher by the taps than by the BMS, in proportion: the board's"
        " converter is off. Calibrate all taps.",
        "All cells are {mv} mV lower by the taps than by the BMS, in proportion: the board's"
        " converter is off. Calibrate all taps.",
    ),
    "Taps and BMS disagree in more than one place, most about cell {cell}, and no single fault"
    " explains it. Measure every tap against B- with a multimeter.",
)
# Of the last tap: nothing above it tells divider and cell apart.
_LAST_DIVIDER = (
    "Cell {cell} is {mv} mV higher by the taps than by the BMS; all others agree. Either divider"
    " {tap} is off, or the BMS reads cell {cell} too low. Measure tap {tap} with a multimeter.",
    "Cell {cell} is {mv} mV lower by the taps than by the BMS; all others agree. Either divider"
    " {tap} is off or its lead has a bad contact, or the BMS reads cell {cell} too high. Measure"
    " tap {tap} with a multimeter.",
)


def sentence(finding) -> str:
    """Return what was found as a sentence that a person understands."""
    words = _SENTENCES[finding.kind]
    if finding.kind == kinds.DIVIDER_DRIFT and finding.cell:
        words = _LAST_DIVIDER
    value_mv = finding.value_mv or 0
    if isinstance(words, tuple):
        words = words[0 if value_mv > 0 else 1]
    return words.format(
        tap=finding.tap,
        cell=finding.cell,
        other=finding.other,
        next=(finding.tap or 0) + 1,
        mv=abs(value_mv),
    )
