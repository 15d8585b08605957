"""Each wiring fault a thousand times, and a thousand days with none: what the crosscheck says.

How a fault is put in, and from which size on, stands in tools/rehearse/wiring.py; how a sound
board's day goes in sound_days.py. The same boards whenever it is run, whatever the processes.
"""

import multiprocessing
from collections import Counter

from tools.bench.report import Figure
from tools.rehearse import sound_days, wiring

_TRIES = 1000
_PARTS = 2
_BOARDS = 50
_DAYS = 1000
_FIRST_SOUND = 100000
# Rare names of one fault, for a table that can be read.
_MOST_NAMES = 4


def figures(tries=_TRIES, days=_DAYS, processes=None):
    """Yield both figures."""
    with multiprocessing.Pool(processes) as pool:
        yield _found(pool, tries)
        yield _false(pool, days)


def _play(task):
    at, part, tries, count = task
    # Boards of its own for every task, so that no two faults meet the same ones.
    first = 1 + (at * _PARTS + part) * _BOARDS
    boards = [wiring.Board(seed) for seed in range(first, first + count)]
    return at, wiring.play(wiring.FAULTS[at][0], tries, part, boards)


def _found(pool, tries):
    count = min(_BOARDS, tries)
    tasks = [
        (at, part, tries // _PARTS, count)
        for at in range(len(wiring.FAULTS))
        for part in range(_PARTS)
    ]
    outcomes = [[] for _ in wiring.FAULTS]
    for at, found in pool.imap_unordered(_play, tasks):
        outcomes[at] += found
    right = sum(one.is_right for found in outcomes for one in found)
    total = sum(len(found) for found in outcomes)
    worst = min(sum(one.is_right for one in found) / len(found) for found in outcomes)
    lines = [
        f"{right} of {total} found, by its name and alone; of the worst kind {worst:.1%}. Boards"
        " of 0.1 % parts, calibrated",
        "at two points, within 20 K of that; cells of 2.9 to 3.6 V up to 40 mV apart, in each"
        " fifth battery one",
        "up to 150 mV more; 150 A of load to 60 A of charge, changing, a third of the time none;"
        " half of the faults",
        "come to a board that had been sound. What was put in: how often found, after how many"
        " bursts of 5 s in",
        "the median (and at most), how often something else was said first; and what the end was"
        " otherwise:",
    ]
    for row, found in zip(wiring.FAULTS, outcomes, strict=True):
        lines += _row(row, found)
    return Figure("wiring_found_ratio", right / total, lines)


def _row(row, found):
    """Return the lines of one kind of fault: a row of the confusion matrix."""
    name, _, about = row
    right = [one for one in found if one.is_right]
    bursts = sorted(one.bursts for one in right) or [0]
    detours = sum(one.was_wrong for one in right)
    line = f"{name:15} {len(right):5} {bursts[len(bursts) // 2]:4} ({bursts[-1]}) {detours:4}"
    others = Counter(one.found for one in found if not one.is_right)
    for other, times in others.most_common(_MOST_NAMES):
        line += f"; {times} {other}"
    return [line, f"{'':15}   {about}"]


def _false(pool, days):
    tasks = [(_FIRST_SOUND + n, 1) for n in range(days)]
    lived = [day for part in pool.imap_unordered(sound_days.play, tasks) for day in part]
    false = Counter(code for found, _ in lived for code in found)
    ok = sum(share for _, share in lived) / len(lived)
    lines = [
        f"{len(lived)} days of as many boards, {ok:.2%} of the time with the verdict ok; a burst"
        " each 10 s, 8,640 a day.",
        "Chip, dividers and their drift with a day's temperature computed each minute and at each"
        " step of the load;",
        "the noise of a burst is that of one of the board's own whole bursts. BMS off by 3 mV a"
        " cell and +-1 mV restless.",
        f"95 % sure: less than {_upper(sum(false.values())) / len(lived):.4f} a day",
    ]
    lines += [f"false: {times} {code}" for code, times in false.most_common()]
    return Figure("wiring_false_per_day", sum(false.values()) / len(lived), lines)


def _upper(count):
    """Return the mean of which so few would come with 5 % chance (Poisson): 3.0 of none."""
    return (3.0, 4.75, 6.3, 7.76)[count] if count < 4 else count + 2 * count**0.5 + 1
