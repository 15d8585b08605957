"""The history in RAM: literal values, gaps, the ring's end, its size and its silence."""

import gc
from array import array

from baybridge.battery import sample as groups
from baybridge.battery.battery import Battery
from baybridge.record.history import (
    ALL,
    CURRENT,
    HIGHEST,
    LOWEST,
    LOWEST_CELL,
    MEAN,
    SOC,
    TEMPERATURE,
    VOLTAGE,
    History,
    Track,
    pack,
)
from host_tests.upy.heap import IS_MICROPYTHON, allocates


def known_battery(stale_s10=200):
    battery = Battery("house1", "House 1", stale_s10, ("bad_checksum",))
    sample = battery.sample
    sample.battery_mv = 13120
    sample.current_ma = -48215
    sample.soc_pct = 54
    sample.nominal_mv = 12800
    sample.temp_count = 2
    sample.temps_c[0] = -7
    sample.temps_c[1] = -4
    for i in range(4):
        sample.cells_mv[i] = (3269, 3270, 3263, 3264)[i]
    stamp(battery, 0)
    return battery


def stamp(battery, now_s10):
    for group in (groups.STATUS, groups.SENSORS, groups.PACK, groups.CELLS):
        battery.sample.stamp(group, now_s10)


def row_of(track, row, number, k=1):
    return [track.value(q, row, number, k) for q in ALL]


def packed(**given):
    return array("i", [given.get("q%d" % q, -1) for q in ALL])


def series(track, q, row, first, count, k=1):
    return [track.value(q, row, first + i * k, k) for i in range(count)]


def test_feed_when_all_is_known_then_each_quantity_in_its_unit():
    history = History(known_battery(), 1)
    history.feed(0)
    # mV, 10 mA, percent, mV, mV, degrees: -5.5 becomes -5.
    assert row_of(history.fine, MEAN, 0) == [13120, -4821, 54, 3263, 3270, -5]
    for row in (MEAN, LOWEST, HIGHEST):
        assert row_of(history.coarse, row, 0) == [13120, -4821, 54, 3263, 3270, -5]


def test_feed_when_something_is_not_known_then_only_that_is_missing():
    history = History(known_battery(), 1)
    sample = history._battery.sample
    sample.soc_pct = 255
    sample.temps_c[0] = -100
    sample.forget(groups.CELLS)
    history.feed(0)
    assert row_of(history.fine, MEAN, 0) == [13120, -4821, None, None, None, -4]
    sample.temps_c[1] = 127
    history.feed(200)
    assert row_of(history.fine, MEAN, 1) == [13120, -4821, None, None, None, None]


def test_feed_when_one_block_of_cells_is_old_then_neither_cell_is_known():
    battery = known_battery()
    battery.sample.nominal_mv = 25600
    history = History(battery, 1)
    history.feed(0)
    assert row_of(history.fine, MEAN, 0)[3:5] == [None, None]
    for i in range(4, 8):
        battery.sample.cells_mv[i] = 3300 + i
    battery.sample.stamp(groups.CELLS + 1, 0)
    history.feed(200)
    assert row_of(history.fine, MEAN, 1)[3:5] == [3263, 3307]


def test_feed_when_the_battery_is_stale_then_a_gap():
    battery = known_battery()
    history = History(battery, 1)
    for second in range(0, 100):
        history.feed(second * 10)
    stamp(battery, 1000)
    history.feed(1000)
    # Known for 20 s after its reading, that is to second 20 itself.
    assert series(history.fine, VOLTAGE, MEAN, 0, 6) == [13120, 13120, None, None, None, 13120]
    assert series(history.coarse, VOLTAGE, MEAN, 0, 2) == [13120, None]


def test_value_when_extreme_then_exact_or_unknown():
    for q, value, packs in (
        (VOLTAGE, 0, 0),
        (VOLTAGE, 65534, 65534),
        (VOLTAGE, 65535, -1),
        (CURRENT, 0, 32767),
        (CURRENT, -32767, 0),
        (CURRENT, -32768, -1),
        (CURRENT, 32767, 65534),
        (CURRENT, 32768, -1),
        (SOC, 0, 0),
        (SOC, 100, 100),
        (SOC, 255, -1),
        (LOWEST_CELL, 0, 0),
        (TEMPERATURE, -100, 0),
        (TEMPERATURE, 154, 254),
        (TEMPERATURE, 155, -1),
        (TEMPERATURE, None, -1),
    ):
        assert pack(q, value) == packs, (q, value)


def test_mean_when_seconds_differ_then_the_nearest_and_both_extremes():
    track = Track(10, 6, 3)
    for second, mv in ((0, 13000), (1, 13001), (2, 12990), (9, 13100)):
        track.feed(packed(q0=mv), second)
    # 13022.75
    assert [track.value(VOLTAGE, row, 0, 1) for row in (MEAN, LOWEST, HIGHEST)] == [
        13023,
        12990,
        13100,
    ]


def test_ring_when_it_is_full_then_the_oldest_goes_and_older_is_unknown():
    track = Track(10, 6, 1)
    for number in range(9):
        track.feed(packed(q2=number), number * 10)
    assert series(track, SOC, MEAN, 0, 10) == [None, None, None, 3, 4, 5, 6, 7, 8, None]


def test_ring_when_nothing_came_for_a_while_then_nothing_old_shines_through():
    for gap in (1, 2, 5, 6, 7, 600):
        track = Track(10, 6, 3)
        for number in range(6):
            track.feed(packed(q2=number), number * 10)
        track.feed(packed(q2=77), (5 + gap) * 10)
        got = series(track, SOC, HIGHEST, gap, 6)
        want = [n if n < 6 else None for n in range(gap, gap + 5)] + [77]
        assert got == want, gap


def test_steps_when_taken_together_then_mean_and_extremes_of_the_known():
    track = Track(10, 6, 3)
    for number, soc in ((0, 50), (1, 60), (3, 20), (5, 80)):
        track.feed(packed(q2=soc), number * 10)
    assert series(track, SOC, MEAN, 0, 2, 3) == [55, 50]
    assert series(track, SOC, LOWEST, 0, 2, 3) == [50, 20]
    assert series(track, SOC, HIGHEST, 0, 2, 3) == [60, 80]
    assert series(track, SOC, MEAN, 2, 1, 1) == [None]


def test_second_when_it_goes_back_then_left_out():
    track = Track(10, 6, 1)
    track.feed(packed(q2=50), 30)
    track.feed(packed(q2=90), 29)
    assert series(track, SOC, MEAN, 2, 2) == [None, 50]


def test_pieces_when_fine_then_means_only_and_when_coarse_then_extremes_too():
    history = History(known_battery(), 1)
    history.feed(0)
    text = "".join(history.fine.pieces(ALL, 0, 2, 1))
    assert text == (
        '"voltage_v":[13.12,null],"current_a":[-48.21,null],"soc_pct":[54,null],'
        '"lowest_cell_v":[3.263,null],"highest_cell_v":[3.27,null],"temperature_c":[-5,null]'
    )
    text = "".join(history.coarse.pieces((VOLTAGE, CURRENT), 0, 1, 1))
    assert text == (
        '"voltage_v":[13.12],"voltage_min_v":[13.12],"voltage_max_v":[13.12],'
        '"current_a":[-48.21],"current_min_a":[-48.21],"current_max_a":[-48.21]'
    )
    text = "".join(history.fine.pieces((VOLTAGE,), 0, 1, 2))
    assert text == '"voltage_v":[13.12],"voltage_min_v":[13.12],"voltage_max_v":[13.12]'


def test_pieces_when_many_then_none_is_long():
    history = History(known_battery(), 1)
    for second in range(3600):
        stamp(history._battery, second * 10)
        history.feed(second * 10)
    pieces = list(history.fine.pieces(ALL, 0, 180, 1))
    assert max([len(piece) for piece in pieces]) < 300
    assert "".join(pieces).count("13.12") == 180


def test_feed_then_no_allocation():
    battery = known_battery()
    for count in (1, 4):
        history = History(battery, count)
        history.feed(0)
        assert not allocates(history.feed, 10)  # the same step
        stamp(battery, 99990)
        assert not allocates(history.feed, 100000)  # a new one after a gap longer than the rings


def taken_by(count, kept):
    """Return the bytes of as many histories; they stay in kept, so that no old one goes."""
    batteries = [known_battery() for _ in range(count)]
    kept.append(batteries)
    gc.collect()
    before = gc.mem_alloc()
    kept.append([History(battery, count) for battery in batteries])
    gc.collect()
    return gc.mem_alloc() - before


def test_memory_when_one_to_four_batteries_then_below_12_kb_in_all():
    if not IS_MICROPYTHON:
        return  # CPython cannot tell
    kept = []
    taken = [taken_by(count, kept) for count in (1, 2, 3, 4)]
    print("bytes for 1, 2, 3, 4 batteries:", taken)
    assert taken[0] > 5000 and max(taken) <= 12288, taken
