"""The clock of `make run`: setting the time of day moves nothing else."""

from host_tests.fakes.clock import HostClock


def test_time_when_set_then_uptime_and_ticks_go_on():
    for speed in (1, 100):
        clock = HostClock(speed)
        before_ms = clock.ticks_ms()
        for unix_s in (1795361400, 1715947200, 1900000000):
            clock.set_unix_s(unix_s)
            assert unix_s <= clock.unix_s() <= unix_s + 200
        assert clock.uptime_s10() < 2000
        assert 0 <= clock.ticks_diff(clock.ticks_ms(), before_ms) < 200000
