"""Ages, series and cells of a sample."""

from baybridge.battery import sample as groups
from baybridge.battery.sample import Sample


def test_a_group_that_never_came_is_not_fresh_and_has_no_age():
    sample = Sample()
    assert sample.age_s10(groups.STATUS, 1000) is None
    assert not sample.is_fresh(groups.STATUS, 1000, 1 << 29)


def test_a_group_is_fresh_up_to_its_limit_and_not_beyond():
    sample = Sample()
    sample.stamp(groups.STATUS, 100)
    assert sample.is_fresh(groups.STATUS, 300, 200)
    assert not sample.is_fresh(groups.STATUS, 301, 200)
    assert sample.age_s10(groups.STATUS, 301) == 201


def test_a_group_stays_stale_after_a_year():
    sample = Sample()
    sample.stamp(groups.STATUS, 0)
    assert not sample.is_fresh(groups.STATUS, 365 * 864000, 200)


def test_series_comes_from_the_nominal_voltage_once_it_was_said():
    sample = Sample()
    sample.nominal_mv = 12800
    assert sample.series == 0
    sample.stamp(groups.PACK, 0)
    series = []
    for nominal_mv in (12800, 25600, 51200, 12000, 0, 3200 * 33):
        sample.nominal_mv = nominal_mv
        series.append(sample.series)
    assert series == [4, 8, 16, 0, 0, 0]
