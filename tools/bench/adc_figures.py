"""What reading the taps costs: heap, and how long nobody else has a turn.

Both on the 32-bit MicroPython of this computer. For the board the time is estimated, and said
beside the figure: no board was measured.
"""

from tools.bench import vm
from tools.bench.report import Figure

_PIECES = {
    "reading": "a round over four taps",
    "ranking": "ranking a tap's 128 readings",
    "weighing": "weighing them",
    "finishing": "showing the burst",
}
# Taken for an ESP32 at 160 MHz, on the high side: a reading with its driver, a turn of a loop
# with ten bytecodes of 3 us, and a comparison of the sort, which is C.
_READING_US = 100
_TURN_US = 30
_COMPARISON_US = 0.6
_READINGS = 128
# The most that MicroPython's quicksort made of 128 readings in 2,000 bursts with noise and spikes,
# counted; of readings that rise steadily 8,128, were they not ranked in another order.
_COMPARISONS = 1350
_ROUND_READINGS = 8


def figures():
    vm.build_code()
    result = vm.run("vm_taps.py")
    heap = [f"of {result['bursts']} bursts with all that goes on around them, nothing collected"]
    yield Figure("adc_heap_per_burst_bytes", result["bytes"] / result["bursts"], heap)
    details = [
        "on this computer, each piece the shortest of its repetitions; no board was measured"
    ]
    board = board_ms()
    for piece, words in _PIECES.items():
        line = f"{words}: {result[piece] / 1000:.3f} ms here"
        if piece in board:
            line += f", about {board[piece]:.1f} ms on an ESP32"
        details.append(line)
    details.append(f"the ESP32's: {_READING_US} us a reading, {_TURN_US} us a turn of a loop")
    yield Figure("adc_longest_block_ms", max(result[piece] for piece in _PIECES) / 1000, details)


def board_ms():
    """Return what the pieces take on an ESP32 by count, in ms."""
    return {
        "reading": _ROUND_READINGS * (_READING_US + 2 * _TURN_US) / 1000,
        "ranking": (_READINGS * _TURN_US + _COMPARISONS * _COMPARISON_US) / 1000,
        # Each reading is either left out or added up, so it has one turn.
        "weighing": _READINGS * _TURN_US / 1000,
    }
