"""The wiring faults and the sound days of the benchmark, in small; counts are printed (-s)."""

import pytest

from tools.bench import wiring_figures
from tools.rehearse import sound_days, wiring

_TRIES = 20
_BOARDS = 5


@pytest.mark.parametrize("name", [row[0] for row in wiring.FAULTS])
def test_fault_when_put_into_twenty_boards_then_found_and_named(name):
    boards = [wiring.Board(seed) for seed in range(1, _BOARDS + 1)]
    outcomes = wiring.play(name, _TRIES, 1, boards)
    right = [one for one in outcomes if one.is_right]
    print(
        f"{name}: {len(right)} of {len(outcomes)}, at most {max(o.bursts for o in right)} bursts"
    )
    assert [one.found for one in outcomes if not one.is_right] == []


def test_fault_when_nothing_is_put_in_then_that_is_no_success():
    boards = [wiring.Board(seed) for seed in range(1, 4)]

    def nothing(board, draw):
        return (lambda: None), ("tap_open", 2, None, None)

    outcomes = []
    for board in boards:
        board.draw_battery(1)
        outcomes.append(wiring.inject(board, nothing))
    assert [(one.is_right, one.found) for one in outcomes] == [(False, "ok")] * 3


def test_fault_when_another_place_is_expected_then_that_is_no_success():
    board = wiring.Board(1)
    board.draw_battery(1)

    def elsewhere(board, draw):
        return (lambda: board.sim.open_tap(3)), ("tap_open", 2, None, None)

    outcome = wiring.inject(board, elsewhere)
    assert (outcome.is_right, outcome.found) == (False, "tap_open+3")


def test_sound_boards_when_they_live_a_day_then_nothing_is_found():
    days = [day for seed in (1, 2, 3) for day in sound_days.play((seed, 1))]
    print(f"{len(days)} days: {[(sorted(found), f'{ok:.2%}') for found, ok in days]}")
    for found, ok in days:
        assert found == set()
        assert ok > 0.95


def test_sound_day_when_the_board_is_not_sound_then_that_is_found():
    board = sound_days.SoundBoard(1)
    board.harness.offsets_uv[1] += 120000
    found, ok = board.live_a_day(1)
    assert (found, ok < 0.01) == ({"divider_drift"}, True)


def test_figures_when_few_are_tried_then_they_hold_their_limits():
    found, false = wiring_figures.figures(tries=4, days=2, processes=1)
    assert (found.name, found.value, found.ok) == ("wiring_found_ratio", 1.0, True)
    assert (false.name, false.value, false.ok) == ("wiring_false_per_day", 0.0, True)
    assert (
        sum(line.startswith(tuple(row[0] for row in wiring.FAULTS)) for line in found.details)
        == 12
    )
