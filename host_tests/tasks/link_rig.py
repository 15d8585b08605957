"""One battery, its poller and holder, and a radio between them, for the tests of this folder."""

import asyncio

from baybridge.battery import sample as groups
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

REQUESTS = (
    b"\xee\xc0\x00\x00\x00\x41",
    b"\xee\xc1\x00\x00\x00\xce",
    b"\xee\xc2\x00\x00\x00\x46",
    b"\xee\xc3\x00\x00\x00\xc9",
    b"\xee\xc4\x00\x00\x00\x4f",
)
C1, C2, C4 = REQUESTS[1], REQUESTS[2], REQUESTS[4]


class Rig:
    """One battery, one poller, a radio between them."""

    def __init__(self, scripted=None, by_name=False, gatt=None):
        self.clock = FakeClock()
        self.air = Air(self.clock)
        self.air.install()
        self.scripted = scripted or ScriptedBattery()
        self.peripheral = Peripheral(self.scripted, *((gatt,) if gatt else ()))
        self.air.add(self.peripheral)
        self.central = Central(self.clock, Adverts((b"SOK-",)), 0xFFE0, 0xFFE1, 0xFFE2)
        self.central.start()
        self.link = self.central.link(abc.requests(), FrameRing())
        self.battery = Battery("house1", "House 1", 200, abc.REASONS)
        self.frames = FrameLog(abc.requests(), 50)
        place = None if by_name else (0, parse_address(self.scripted.address))
        poller = Poller(self.battery, 0, self.link, self.central, self.clock, self.frames)
        self.resets = []
        self.ladder = Ladder(self.central, self.clock, self.resets.append)
        self.holder = Holder(
            self.battery,
            poller,
            self.link,
            self.central,
            Turns(1, self.clock),
            Listener(self.central, self.clock),
            self.ladder,
            self.clock,
            2000,
            place,
            "SOK-",
        )

    def run(self, test, start=True):
        """Run a test coroutine beside the poller; check what must hold after every test."""

        async def main():
            task = asyncio.create_task(self.holder.run(FakeJob())) if start else None
            try:
                await test(self)
            finally:
                if task is not None:
                    await stop(task)
            await self.clock.sleep_ms(3000)
            assert self.air.connections == [], "a slot leaked"

        self.clock.run(main())
        for is_cccd, data in self.air.written:
            assert is_cccd or data in REQUESTS, data
        assert self.air.irq_exceptions == []
        assert self.central.irq_errors == 0

    def is_fresh(self, group=groups.STATUS):
        return self.battery.is_fresh(group, self.clock.uptime_s10())
