"""When a start was a good one: ten minutes for crashes, work done or an hour for a version."""

import asyncio

from baybridge.tasks.confirm_start import StartConfirmer
from host_tests.fakes.clock import FakeClock
from host_tests.fakes.job import FakeJob, stop


class Rig:
    def __init__(self):
        self.clock = FakeClock()
        self.is_well = True
        self.proof = True
        self.is_full = False
        # When each was called, in seconds.
        self.cleared = []
        self.confirmed = []
        self.confirmer = StartConfirmer(
            self.clock, lambda: self.is_well, lambda: self.proof, self.clear, self.confirm
        )

    def now_s(self):
        return self.clock.uptime_s10() // 10

    def clear(self):
        self.cleared.append(self.now_s())

    def confirm(self):
        if self.is_full:
            raise OSError(28)
        self.confirmed.append(self.now_s())

    def run(self, *steps):
        """Run it; steps are (seconds to wait, what to do then or None)."""
        job = FakeJob(self.clock)

        async def main():
            task = asyncio.create_task(self.confirmer.run(job))
            for wait_s, act in steps:
                await self.clock.sleep_ms(wait_s * 1000)
                if act is not None:
                    act()
            await stop(task)

        self.clock.run(main())
        return job

    def set(self, **values):
        def act():
            for name in values:
                setattr(self, name, values[name])

        return act


def test_start_when_well_for_ten_minutes_then_cleared_and_confirmed_once():
    rig = Rig()
    rig.run((599, None))
    assert (rig.cleared, rig.confirmed) == ([], [])
    rig = Rig()
    rig.run((20000, None))
    assert (rig.cleared, rig.confirmed) == ([600], [600])


def test_start_when_a_task_hung_meanwhile_then_ten_minutes_from_then_on():
    rig = Rig()
    rig.run((300, rig.set(is_well=False)), (45, rig.set(is_well=True)), (2000, None))
    assert rig.cleared == [940]


def test_start_when_never_well_then_nothing():
    rig = Rig()
    rig.is_well = False
    rig.run((100000, None))
    assert (rig.cleared, rig.confirmed) == ([], [])


def test_version_when_it_did_no_work_yet_then_confirmed_with_the_first_or_after_an_hour():
    rig = Rig()
    rig.proof = False
    rig.run((1234, rig.set(proof=True)), (3000, None))
    assert (rig.cleared, rig.confirmed) == ([600], [1240])
    rig = Rig()
    rig.proof = False
    rig.run((5000, None))
    assert (rig.cleared, rig.confirmed) == ([600], [3600])


def test_version_when_the_flash_does_not_take_it_then_again_until_it_does():
    rig = Rig()
    rig.is_full = True
    rig.run((655, rig.set(is_full=False)), (1000, None))
    assert (rig.cleared, rig.confirmed) == ([600], [660])
    assert rig.confirmer.last_error.startswith("the version cannot be confirmed: ")


def test_job_when_all_is_done_then_it_goes_on_showing_progress():
    rig = Rig()
    job = rig.run((7200, None))
    assert job.longest_s10 <= 101
