"""The line through errors over current: found by its steps, and only by those that agree."""

from baybridge.battery.growth import Growth
from host_tests.upy.heap import allocates


def levels(growth, *pairs):
    """Feed levels of (A, mV of both taps), four comparisons each; return the mV at 100 A."""
    for current_a, mv in pairs:
        for _ in range(4):
            growth.feed(current_a, mv * 4, mv * 4)
    # A level ends with the next one's beginning.
    growth.feed(1000, 0, 0)
    return growth.mv_at_100a


def test_three_steps_on_one_line_then_it_is_found():
    assert levels(Growth(), (0, 0), (-60, -30), (0, 0)) == 0
    assert levels(Growth(), (0, 0), (-60, -30), (0, 0), (-40, -20)) == 50


def test_a_fault_that_came_with_one_step_then_no_line():
    pairs = ((0, 0), (-60, -100), (0, -100), (-40, -100), (20, -100), (-60, -100), (0, -100))
    assert levels(Growth(), *pairs) == 0


def test_a_fault_that_came_with_one_step_beside_a_line_then_the_line_once_it_is_past():
    growth = Growth()
    assert levels(growth, (0, 0), (-60, -130), (0, -100), (-40, -120), (20, -90)) == 0
    growth = Growth()
    pairs = ((0, 0), (-60, -130), (0, -100), (-40, -120), (20, -90), (-50, -125), (0, -100))
    assert levels(growth, *pairs) == 50


def test_the_other_way_round_then_negative():
    assert levels(Growth(), (0, 0), (-60, 30), (0, 0), (-40, 20)) == -50


def test_steps_too_small_in_current_or_voltage_then_no_line():
    assert levels(Growth(), (0, 0), (-9, -30), (0, 0), (-9, -30), (0, 0)) == 0
    assert levels(Growth(), (0, 0), (-19, -40), (0, 0), (-19, -40), (0, 0)) == 0
    assert levels(Growth(), (0, 0), (-60, -15), (0, 0), (-60, -15), (0, 0)) == 0


def test_one_tap_alone_then_no_line():
    growth = Growth()
    for current_a in (0, -60, 0, -40, 10, -60, 0):
        for _ in range(4):
            growth.feed(current_a, current_a * 2, 0)
    assert growth.mv_at_100a == 0


def test_a_current_that_creeps_then_no_level_and_no_line():
    growth = Growth()
    for current_a in range(0, -120, -6):
        assert not growth.feed(current_a, current_a * 2, current_a * 2)
    assert growth.mv_at_100a == 0


def test_found_then_it_stays_until_four_steps_show_none():
    growth = Growth()
    assert levels(growth, (0, 0), (-60, -30), (0, 0), (-40, -20)) == 50
    for n in range(8):
        for _ in range(4):
            growth.feed(-60 * (n & 1), 0, 0)
        # The last of the old line's steps ends with the fourth new one.
        if n < 4:
            assert growth.mv_at_100a == 50
    assert growth.mv_at_100a == 0
    assert growth.part_q(-60 * 64) == 0


def test_part_is_what_the_line_explains_at_a_current():
    growth = Growth()
    levels(growth, (0, 0), (-60, -30), (0, 0), (-40, -20))
    assert growth.part_q(-60 * 64) == -120
    assert growth.part_q(0) == 0
    growth.forget()
    assert (growth.mv_at_100a, growth.part_q(-60 * 64)) == (0, 0)


def test_feed_then_no_allocation_even_of_absurd_values():
    growth = Growth()
    for current_a in (0, -400, 400, -400, 400):
        for _ in range(20):
            assert not allocates(growth.feed, current_a, 60000, -60000)


def test_limits_are_where_they_are_said_to_be():
    # A step of 10 A, one of them of 20 A; 16 mV to trip; 6 mV and a quarter off the line.
    assert levels(Growth(), (0, 0), (-20, -20), (-10, -10), (0, 0)) == 100
    assert levels(Growth(), (0, 0), (-20, -20), (-11, -11), (-2, -2)) == 0
    assert levels(Growth(), (0, 0), (-60, -17), (0, 0), (-60, -17)) > 0
    assert levels(Growth(), (0, 0), (-100, -100), (0, 0), (-20, -30)) == 100
    assert levels(Growth(), (0, 0), (-100, -100), (0, 0), (-20, -33)) == 0


def test_a_level_is_of_two_comparisons_within_5_amperes_and_of_sixteen_at_most():
    growth = Growth()
    for current_a in (0, 0, -60, -60, 0, 0, -60, -60, 0, 0):
        growth.feed(current_a, current_a * 2, current_a * 2)
    assert growth.mv_at_100a == 50
    growth = Growth()
    for current_a in (0, -60, 0, -60, 0, -60, 0, -60, 0, -60):
        growth.feed(current_a, current_a * 2, current_a * 2)
    assert growth.mv_at_100a == 0
    # 5 A apart is one level, 6 A are two, and then each has but one comparison.
    for apart_a, mv_at_100a in ((5, 50), (6, 0)):
        growth = Growth()
        for level_a in (0, -60, 0, -60, 0):
            for current_a in (level_a, level_a - apart_a):
                growth.feed(current_a, current_a * 2, current_a * 2)
        assert growth.mv_at_100a == mv_at_100a, apart_a
    # What comes after the sixteenth does not move the level.
    growth = Growth()
    for n in range(40):
        growth.feed(0, 0 if n < 16 else 4000, 0 if n < 16 else 4000)
    for current_a in (-60, 0, -60):
        levels_mv = current_a // 2
        for _ in range(4):
            growth.feed(current_a, levels_mv * 4, levels_mv * 4)
    growth.feed(100, 0, 0)
    assert growth.mv_at_100a == 50


def test_found_then_10_mv_are_enough_to_stay():
    for mv, stays in ((12, True), (8, False)):
        growth = Growth()
        levels(growth, (0, 0), (-60, -30), (0, 0), (-60, -30))
        for n in range(12):
            for _ in range(4):
                growth.feed(-60 * (n & 1), -4 * mv * (n & 1), -4 * mv * (n & 1))
        assert (growth.mv_at_100a != 0) == stays, mv


def test_taps_move_alike_within_a_factor_of_two():
    for last, found in ((9, True), (28, True), (35, False), (6, False), (-14, False)):
        growth = Growth()
        for current_a in (0, -60, 0, -60, 0):
            for _ in range(4):
                growth.feed(current_a, current_a * 2, current_a * last // 7)
        assert (growth.mv_at_100a != 0) == found, last
    # The same with the first tap going the other way.
    for last, found in ((-9, True), (9, False)):
        growth = Growth()
        for current_a in (0, -60, 0, -60, 0):
            for _ in range(4):
                growth.feed(current_a, -current_a * 2, current_a * last // 7)
        assert (growth.mv_at_100a != 0) == found, last
