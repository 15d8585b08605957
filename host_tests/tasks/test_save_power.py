"""When the bridge goes to sleep, second by second of virtual time."""

import asyncio

from baybridge.battery import sample as groups
from baybridge.battery.battery import Battery
from baybridge.protocol import abc
from baybridge.tasks.save_power import PowerSaver
from host_tests.fakes.clock import FakeClock
from host_tests.fakes.job import FakeJob, stop

POWER = {"sleep_below_soc_pct": 20, "sleep_below_cell_mv": None, "wake_min": 15}


class Rig:
    """A saver over one low battery that is read every second while it is heard."""

    def __init__(self, is_wake=True, soc_pct=10, current_ma=-500):
        self.clock = FakeClock()
        self.battery = Battery("house1", "House 1", 200, abc.REASONS)
        self.battery.sample.soc_pct = soc_pct
        self.battery.sample.current_ma = current_ma
        self.is_heard = True
        self.served = 0
        self.is_client_there = False
        self.is_trial = False
        self.sleeps = []
        self.saver = PowerSaver(
            POWER,
            [self.battery],
            self.clock,
            is_wake,
            lambda: self.served,
            lambda: self.is_client_there,
            lambda: self.is_trial,
            self._sleep,
        )

    def _sleep(self, seconds, reason):
        self.sleeps.append((self.clock.uptime_s10() // 10, seconds, reason))

    async def pass_s(self, seconds):
        for _ in range(seconds):
            if self.is_heard:
                self.battery.sample.stamp(groups.STATUS, self.clock.uptime_s10())
            await self.clock.sleep_ms(1000)

    def run(self, test):
        async def all_of_it():
            task = asyncio.create_task(self.saver.run(FakeJob()))
            await test(self)
            await stop(task)

        self.clock.run(all_of_it())


def slept_at(seconds, **about):
    """Return when it went to sleep within so many seconds, None if it did not."""
    rig = Rig(**about)

    async def test(rig):
        await rig.pass_s(seconds)

    rig.run(test)
    return rig.sleeps[0][0] if rig.sleeps else None


def test_woken_and_still_low_then_asleep_again_after_half_a_minute():
    rig = Rig()

    async def test(rig):
        await rig.pass_s(40)

    rig.run(test)
    assert len(rig.sleeps) == 1
    second, seconds, reason = rig.sleeps[0]
    assert 30 <= second <= 31
    assert seconds == 900
    assert reason == "asleep for 15 min: the battery is low"


def test_started_by_hand_then_awake_for_ten_minutes():
    assert slept_at(595, is_wake=False) is None
    assert 600 <= slept_at(610, is_wake=False) <= 602


def test_enough_charge_then_never_asleep():
    assert slept_at(3600, soc_pct=21) is None


def test_charging_then_never_asleep():
    assert slept_at(3600, current_ma=5000) is None


def test_somebody_asks_then_awake_until_two_minutes_after():
    async def test(rig):
        await rig.pass_s(20)
        rig.served += 1
        await rig.pass_s(115)
        assert rig.sleeps == []
        assert rig.saver.reason == "somebody asked less than two minutes ago"
        await rig.pass_s(10)
        assert len(rig.sleeps) == 1

    Rig().run(test)


def test_somebody_stays_connected_then_awake():
    async def test(rig):
        rig.is_client_there = True
        await rig.pass_s(3600)
        assert rig.sleeps == []

    Rig().run(test)


def test_version_on_trial_then_awake_until_it_is_confirmed():
    async def test(rig):
        rig.is_trial = True
        await rig.pass_s(900)
        assert rig.sleeps == [] and rig.saver.reason == "its version is on trial"
        rig.is_trial = False
        await rig.pass_s(3)
        assert len(rig.sleeps) == 1

    Rig().run(test)


def test_woken_and_no_battery_heard_then_asleep_again_after_a_search():
    async def test(rig):
        rig.is_heard = False
        await rig.pass_s(85)
        assert rig.sleeps == [] and rig.saver.reason == "no battery is heard"
        await rig.pass_s(10)
        assert len(rig.sleeps) == 1

    Rig().run(test)


def test_started_by_hand_and_no_battery_heard_then_awake():
    async def test(rig):
        rig.is_heard = False
        await rig.pass_s(3600)
        assert rig.sleeps == []

    Rig(is_wake=False).run(test)
