"""Supervision: failures are mended, hangs are cancelled, and the watchdog is told the truth."""

import asyncio

from baybridge.tasks.supervise import Supervisor
from host_tests.fakes.clock import FakeClock
from host_tests.fakes.job import stop
from host_tests.fakes.watchdog import FakeWatchdog


class Rig:
    def __init__(self):
        self.clock = FakeClock()
        self.watchdog = FakeWatchdog(60000, self.clock)
        self.supervisor = Supervisor(self.clock, self.watchdog)
        self.starts = 0
        self.is_over = False

    def run(self, seconds):
        async def main():
            task = asyncio.create_task(self.supervisor.run())
            await self.clock.sleep_ms(seconds * 1000)
            feeds = self.watchdog.feeds
            self.is_over = True
            await stop(task)
            return feeds

        return self.clock.run(main())

    async def works(self, job):
        self.starts += 1
        while True:
            job.beat()
            await self.clock.sleep_ms(1000)

    async def fails(self, job):
        self.starts += 1
        await self.clock.sleep_ms(100)
        raise ValueError("no such cell")

    async def hangs(self, job):
        self.starts += 1
        while True:
            await self.clock.sleep_ms(1000)

    async def ignores_cancellation(self, job):
        self.starts += 1
        while not self.is_over:
            try:
                await self.clock.sleep_ms(1000)
            except asyncio.CancelledError:
                pass


def test_the_watchdog_is_fed_every_second_while_all_is_well():
    rig = Rig()
    rig.supervisor.add("well", rig.works, 10)
    assert 98 <= rig.run(100) <= 101
    assert rig.watchdog.longest_gap_s10 <= 11
    assert rig.starts == 1
    assert rig.supervisor.is_well()


def test_a_failing_task_is_restarted_with_longer_and_longer_rests():
    rig = Rig()
    job = rig.supervisor.add("bad", rig.fails, 10)
    assert rig.run(100) >= 98, "a back-off of ours must not starve the watchdog"
    assert 5 <= rig.starts <= 9, rig.starts
    assert job.restarts == rig.starts - 1 or job.restarts == rig.starts
    assert job.last_error == "ValueError: no such cell"


def test_a_task_that_returns_is_restarted_too():
    async def returns(job):
        pass

    rig = Rig()
    job = rig.supervisor.add("short", returns, 10)
    rig.run(30)
    assert job.restarts >= 2
    assert job.last_error == "it returned"


def test_a_hanging_task_is_cancelled_and_restarted_and_others_run_on():
    rig = Rig()
    well = rig.supervisor.add("well", rig.works, 10)
    job = rig.supervisor.add("hangs", rig.hangs, 10)
    assert rig.run(60) >= 55
    assert job.restarts >= 3
    assert job.last_error == "no progress for 10 s"
    assert well.restarts == 0


def test_a_task_that_ignores_its_cancellation_starves_the_watchdog():
    rig = Rig()
    job = rig.supervisor.add("stuck", rig.ignores_cancellation, 10)
    fed = rig.run(120)
    assert 18 <= fed <= 23, fed
    assert not rig.supervisor.is_well()
    assert job.restarts == 0


def test_rests_start_short_again_after_ten_good_minutes():
    rig = Rig()

    async def lives_long(job):
        rig.starts += 1
        for _ in range(700):
            job.beat()
            await rig.clock.sleep_ms(1000)
        raise ValueError("at last")

    job = rig.supervisor.add("long", lives_long, 10)
    rig.run(4 * 702 + 2)
    assert job.restarts >= 3 and rig.starts == job.restarts + 1


def test_a_starved_watchdog_is_told_with_the_ages_and_that_it_is_fed_again():
    rig = Rig()
    told = []
    rig.supervisor.on_starving = told.append
    rig.supervisor.add("well", rig.works, 10)

    async def late(job):
        rig.starts += 1
        try:
            await rig.clock.sleep_ms(1000000)
        except asyncio.CancelledError:
            await rig.clock.sleep_ms(25000)

    rig.supervisor.add("late", late, 10)
    rig.run(45)
    assert told == ["the watchdog starved: well 1/10 s, late 21/10 s", None]
