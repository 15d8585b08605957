"""More batteries than links: everybody's turn comes, and nobody's values go stale."""

import asyncio

from baybridge.battery import link as states
from baybridge.battery.battery import Battery
from baybridge.ports.ble import Central
from baybridge.protocol import abc
from baybridge.protocol.advert import Adverts, parse_address
from baybridge.protocol.ring import FrameRing
from baybridge.record.frames import FrameLog
from baybridge.tasks.hold_link import Holder, Turns
from baybridge.tasks.listen import Listener
from baybridge.tasks.poll_bms import Poller
from baybridge.tasks.recover import Ladder
from host_tests.fakes.air import Air
from host_tests.fakes.clock import FakeClock
from host_tests.fakes.job import FakeJob, stop
from host_tests.fakes.peripheral import Peripheral
from host_tests.fakes.scripted import ScriptedBattery


class Rig:
    """Four batteries, so many links."""

    def __init__(self, links, count=4, by_name=False):
        self.clock = FakeClock()
        self.air = Air(self.clock)
        self.air.install()
        self.central = Central(self.clock, Adverts((b"SOK-",)), 0xFFE0, 0xFFE1, 0xFFE2)
        self.central.start()
        self.turns = Turns(links, self.clock)
        listener = Listener(self.central, self.clock)
        ladder = Ladder(self.central, self.clock, None)
        frames = FrameLog(abc.requests(), 50)
        self.peripherals = []
        self.batteries = []
        self.holders = []
        for i in range(count):
            scripted = ScriptedBattery(address="d6:6c:0a:62:9b:d%d" % i)
            self.peripherals.append(self.air.add(Peripheral(scripted)))
            battery = Battery("house%d" % i, "House", 200, abc.REASONS)
            self.batteries.append(battery)
            link = self.central.link(abc.requests(), FrameRing())
            poller = Poller(battery, i, link, self.central, self.clock, frames)
            self.holders.append(
                Holder(
                    battery,
                    poller,
                    link,
                    self.central,
                    self.turns,
                    listener,
                    ladder,
                    self.clock,
                    2000,
                    None if by_name else (0, parse_address(scripted.address)),
                    "SOK-",
                )
            )
            self.holders[i].is_taken = self.is_taken

    def is_taken(self, address):
        return any(holder.place and holder.place[1] == address for holder in self.holders)

    def run(self, test):
        async def main():
            tasks = [asyncio.create_task(holder.run(FakeJob())) for holder in self.holders]
            await test(self)
            for task in tasks:
                await stop(task)

        self.clock.run(main())

    def fresh(self):
        now_s10 = self.clock.uptime_s10()
        return [battery.is_alive(now_s10) for battery in self.batteries]


def test_four_batteries_on_four_links_are_all_held():
    async def test(rig):
        await rig.clock.sleep_ms(15000)
        assert rig.fresh() == [True] * 4
        assert len(rig.air.connections) == 4

    Rig(links=4).run(test)


def test_four_batteries_on_one_link_take_turns_and_all_stay_fresh():
    async def test(rig):
        await rig.clock.sleep_ms(30000)
        most = 0
        for _ in range(600):
            await rig.clock.sleep_ms(500)
            most = max(most, len(rig.air.connections))
            assert rig.fresh() == [True] * 4
        assert most == 1
        polls = [battery.link.polls for battery in rig.batteries]
        assert max(polls) - min(polls) <= 1, polls
        assert [battery.link.disconnects for battery in rig.batteries] == [0] * 4

    Rig(links=1).run(test)


def test_an_absent_battery_does_not_starve_the_others():
    async def test(rig):
        rig.peripherals[1].in_range = False
        await rig.clock.sleep_ms(120000)
        fresh = 0
        for _ in range(600):
            await rig.clock.sleep_ms(500)
            fresh += rig.fresh() == [True, False, True, True]
        assert rig.batteries[1].link.state == states.ABSENT
        assert fresh >= 540, fresh

    Rig(links=2).run(test)


def test_a_silent_battery_does_not_starve_the_others():
    async def test(rig):
        await rig.clock.sleep_ms(20000)
        rig.peripherals[2].battery.is_silent = True
        await rig.clock.sleep_ms(60000)
        fresh = 0
        for _ in range(600):
            await rig.clock.sleep_ms(500)
            now = rig.fresh()
            fresh += now[0] and now[1] and now[3]
        assert fresh >= 540, fresh

    Rig(links=2).run(test)


def test_batteries_known_by_the_same_name_find_one_each():
    async def test(rig):
        await rig.clock.sleep_ms(60000)
        assert rig.fresh() == [True] * 3
        addresses = [battery.link.address for battery in rig.batteries]
        assert sorted(addresses) == ["d6:6c:0a:62:9b:d%d" % i for i in range(3)]

    Rig(links=4, count=3, by_name=True).run(test)


def test_batteries_that_are_away_together_share_one_scan():
    async def test(rig):
        for peripheral in rig.peripherals:
            peripheral.in_range = False
        await rig.clock.sleep_ms(120000)
        scans = 0
        was_scanning = False
        for _ in range(6000):
            await rig.clock.sleep_ms(100)
            if rig.central.is_scanning and not was_scanning:
                scans += 1
            was_scanning = rig.central.is_scanning
        # In ten minutes each listens about 60 times.
        assert 30 <= scans <= 130, scans

    Rig(links=4).run(test)


def test_counters_run_on_while_links_take_turns():
    async def test(rig):
        await rig.clock.sleep_ms(3600 * 1000)
        for battery in rig.batteries:
            assert battery.counters.gaps <= 1, battery.counters.gaps

    Rig(links=1, count=3).run(test)
