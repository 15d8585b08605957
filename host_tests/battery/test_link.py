"""The evidence of a link."""

from baybridge.battery.link import Link
from host_tests.upy.heap import allocates


def test_quality_is_unknown_before_the_first_poll():
    assert Link(("bad_crc",)).quality_pct is None


def test_quality_counts_the_last_hundred_polls_only():
    link = Link(("bad_crc",))
    for _ in range(10):
        link.count_poll(False)
    for _ in range(90):
        link.count_poll(True)
    assert link.quality_pct == 90
    for _ in range(5):
        link.count_poll(True)
    assert link.quality_pct == 95
    assert (link.polls, link.failed_polls) == (105, 10)


def test_quality_of_a_young_link_is_of_the_polls_there_were():
    link = Link(("bad_crc",))
    link.count_poll(True)
    link.count_poll(True)
    link.count_poll(False)
    assert link.quality_pct == 66


def test_rejected_frames_are_counted_by_reason_and_in_all():
    link = Link(("bad_length", "bad_crc"))
    link.reject(1)
    link.reject(1)
    link.reject(0)
    assert list(link.rejected) == [1, 2]
    assert link.rejected_frames == 3


def test_count_poll_allocates_nothing():
    assert not allocates(Link(("bad_crc",)).count_poll, True)
