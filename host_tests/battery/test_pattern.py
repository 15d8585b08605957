"""Which fault an error vector is: literal vectors in millivolts, one to sixteen taps."""

from array import array

from baybridge.battery.pattern import Pattern
from host_tests.upy.heap import allocates

ONE_TAP, STEP, PROPORTIONAL, UNCLEAR = 32, 64, 96, 128


def classify(errors_mv, is_calibrated=True, is_known=False):
    """Return what explains the errors, and its size."""
    pattern = Pattern(len(errors_mv))
    errors_q = array("i", [mv * 4 for mv in errors_mv])
    found = pattern.classify(errors_q, is_calibrated, is_known)
    return found, pattern.amplitude_mv


def about(expected, found):
    """Tell whether kind and place are these and the size within 5 mV or a tenth."""
    off_mv = abs(found[1] - expected[1])
    return found[0] == expected[0] and off_mv <= max(5, abs(expected[1]) // 10)


def test_nothing_when_errors_are_those_of_a_sound_board():
    assert classify([0, 0, 0, 0]) == (0, 0)
    assert classify([30, 60, 90, 120]) == (0, 0)
    assert classify([-25, -55, -70, -110]) == (0, 0)
    assert classify([8, -4, 10, -12]) == (0, 0)


def test_one_tap_when_only_it_is_off_also_beside_a_common_error():
    for k in (1, 2, 3, 4):
        for mv in (35 * k, -35 * k, 400, -400):
            for common_mv in (0, 20, -20):
                errors_mv = [common_mv * n for n in (1, 2, 3, 4)]
                errors_mv[k - 1] += mv
                found = classify(errors_mv)
                assert about((ONE_TAP + k, mv), found), (k, mv, common_mv, found)


def test_a_step_when_all_taps_from_one_up_are_off_alike():
    for n in (1, 2, 3):
        for mv in (80, -80, 500, -500, 3300):
            errors_mv = [mv if k >= n else 0 for k in (1, 2, 3, 4)]
            found = classify(errors_mv)
            assert about((STEP + n, mv), found), (n, mv, found)


def test_a_step_from_the_last_tap_is_that_tap():
    assert about((ONE_TAP + 4, 200), classify([0, 0, 0, 200]))


def test_proportional_when_every_cell_is_off_alike():
    assert classify([61, 122, 183, 244]) == (PROPORTIONAL, 61)
    assert classify([-200, -400, -600, -800]) == (PROPORTIONAL, -200)
    assert classify([59, 118, 177, 236]) == (0, 0)


def test_unclear_when_two_taps_are_off():
    assert classify([90, 0, -210, 0])[0] == UNCLEAR


def test_limits_when_a_fault_is_known_are_lower():
    assert classify([0, 27, 0, 0])[0] == 0
    assert classify([0, 27, 0, 0], True, True)[0] == ONE_TAP + 2
    assert classify([0, 18, 0, 0], True, True)[0] == 0
    assert classify([50, 100, 150, 200], True, True)[0] == PROPORTIONAL
    assert classify([39, 78, 117, 156], True, True)[0] == 0


def test_limits_when_not_calibrated_are_beyond_what_parts_make():
    assert classify([58, -132, 174, -232], False) == (0, 0)
    assert classify([0, 0, 400, 0], False) == (0, 0)
    assert about((ONE_TAP + 2, 800), classify([0, 800, 0, 0], False))
    assert classify([0, -3300, -3300, -3300], False)[0] == STEP + 2
    assert classify([300, 600, 900, 1200], False) == (0, 0)


def test_sixteen_taps_when_one_fault_then_it_is_found():
    for n in (1, 5, 10, 15):
        errors_mv = [1000 if k >= n else 0 for k in range(1, 17)]
        assert classify(errors_mv)[0] == STEP + n, n
        errors_mv = [0] * 16
        errors_mv[n - 1] = -1000
        assert classify(errors_mv)[0] == ONE_TAP + n, n


def test_one_or_two_taps_when_off_then_no_fault_is_preferred():
    assert classify([40])[0] == UNCLEAR
    assert classify([0, 100])[0] == UNCLEAR
    assert classify([5, 10])[0] == 0


def test_classify_then_no_allocation_even_of_absurd_values():
    pattern = Pattern(16)
    errors_q = array("i", [200000 if k & 1 else -200000 for k in range(16)])
    assert not allocates(pattern.classify, errors_q, True, False)


def test_limits_are_where_they_are_said_to_be():
    # A tap's own error in u, 12 mV; 30 mV at the tap; 60 mV and 350 mV in common; unexplained.
    assert classify([0, 0, 0, 54])[0] == 0
    assert classify([0, 0, 0, 56])[0] == ONE_TAP + 4
    assert classify([0, 29, 0, 0])[0] == 0
    assert classify([0, 32, 0, 0])[0] == ONE_TAP + 2
    assert classify([0, 0, 0, 1150], False)[0] == 0
    assert classify([0, 0, 0, 1160], False)[0] == ONE_TAP + 4
    assert classify([0, 598, 0, 0], False)[0] == 0
    assert classify([0, 602, 0, 0], False)[0] == ONE_TAP + 2
    assert classify([348, 696, 1044, 1392], False)[0] == 0
    assert classify([352, 704, 1056, 1408], False)[0] == PROPORTIONAL
    assert classify([0, 20, 0, 160])[0] == ONE_TAP + 4
    assert classify([0, 26, 0, 160])[0] == UNCLEAR
    assert classify([0, 150, 0, 1400], False)[0] == ONE_TAP + 4
    assert classify([0, 190, 0, 1400], False)[0] == UNCLEAR
    # A large fault may have a fifth of itself unexplained.
    assert classify([0, 57, 0, 800])[0] == ONE_TAP + 4
