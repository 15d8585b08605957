"""One limit's life in literal numbers: trip, delay, readings, release."""

from baybridge.battery.limit import Limits
from host_tests.upy.heap import allocates


def states(limits, values, step_s10=10):
    """Return whether limit 1 has tripped after each value; None clears it."""
    out = []
    for i in range(len(values)):
        if values[i] is None:
            limits.clear(1)
        else:
            limits.update(1, values[i], 500 + i * step_s10)
        out.append(limits.tripped[1])
    return out


def limit(trip, release, delay_s10=0, readings=1):
    limits = Limits(3)
    limits.set(1, trip, release, delay_s10, readings)
    return limits


def test_over_then_it_holds_until_the_release_is_reached():
    values = (3600, 3650, 3660, 3500, 3401, 3400, 3649)
    assert states(limit(3650, 3400, 10, 2), values) == [0, 0, 1, 1, 1, 1, 1]
    values = (3600, 3650, 3660, 3500, 3401, 3400, 3400, 3649)
    assert states(limit(3650, 3400, 10, 2), values) == [0, 0, 1, 1, 1, 1, 0, 0]


def test_under_then_it_holds_until_the_release_is_reached():
    values = (2501, 2500, 2400, 2549, 2550, 2500)
    assert states(limit(2500, 2550), values) == [0, 1, 1, 1, 0, 1]


def test_below_zero_then_signs_are_right():
    assert states(limit(0, 2), (1, 0, -7, 1, 2)) == [0, 1, 1, 1, 0]
    assert states(limit(-20, -17), (-19, -20, -18, -17)) == [0, 1, 1, 0]


def test_two_wrong_readings_of_three_then_nothing():
    limits = limit(3650, 3600, 0, 3)
    assert states(limits, (3700, 3700, 3300, 3700, 3700, 3300)) == [0] * 6
    assert states(limits, (3700, 3700, 3700)) == [0, 0, 1]


def test_one_right_reading_of_three_then_it_stands():
    limits = limit(3650, 3600, 0, 3)
    values = (3700, 3700, 3700, 3500, 3500, 3640, 3500, 3500, 3500)
    assert states(limits, values) == [0, 0, 1, 1, 1, 1, 1, 1, 0]


def test_delay_when_readings_come_fast_then_time_decides():
    # The last of the readings 10 s after the first.
    assert states(limit(3650, 3600, 100, 3), [3700] * 12) == [0] * 10 + [1, 1]


def test_delay_when_readings_come_slowly_then_their_number_decides():
    assert states(limit(3650, 3600, 100, 3), [3700] * 4, 300) == [0, 0, 1, 1]


def test_delay_when_interrupted_then_it_begins_anew():
    values = [3700] * 9 + [3649] + [3700] * 11
    assert states(limit(3650, 3600, 100, 3), values) == [0] * 20 + [1]


def test_clear_then_it_lets_go_at_once_and_counts_anew():
    values = (3700, 3700, None, 3700, 3700, 3700, None, 3700)
    assert states(limit(3650, 3600, 0, 3), values) == [0, 0, 0, 0, 0, 1, 0, 0]


def test_unset_then_no_value_trips_it():
    assert states(Limits(3), (0x1FFFFFFE, -0x1FFFFFFF, 0) * 3) == [0] * 9


def test_neighbours_then_they_are_not_touched():
    limits = limit(3650, 3600)
    limits.set(0, 3650, 3600, 0, 1)
    limits.update(1, 3700, 0)
    assert bytes(limits.tripped) == b"\x00\x01\x00"


def test_new_limit_when_tripped_then_it_stands_until_the_new_release():
    limits = limit(3650, 3600)
    assert states(limits, (3655,)) == [1]
    limits.set(1, 3700, 3550, 0, 1)
    assert states(limits, (3600, 3551, 3550, 3690)) == [1, 1, 0, 0]


def test_same_limit_again_then_its_readings_still_count():
    limits = limit(3650, 3600, 0, 3)
    assert states(limits, (3700, 3700)) == [0, 0]
    limits.set(1, 3650, 3600, 0, 3)
    assert states(limits, (3700,)) == [1]
    assert states(limits, (3600, 3600)) == [1, 1]
    limits.set(1, 3650, 3590, 0, 3)
    assert states(limits, (3590, 3590, 3590)) == [1, 1, 0]


def test_update_then_no_allocation():
    limits = limit(3650, 3600, 20, 3)
    for value in (3700, 3300):
        for now_s10 in (1000, 2000, 3000, 4000):
            assert not allocates(limits.update, 1, value, now_s10)
    assert not allocates(limits.clear, 1)
