"""Wi-Fi as a whole on the real ports, the strict driver and virtual time."""

import asyncio

from baybridge.ports.access_point import AccessPoint
from baybridge.ports.wifi import Wifi
from baybridge.tasks.keep_wifi import WifiKeeper
from baybridge.tasks.network import Network
from host_tests.fakes.clock import FakeClock
from host_tests.fakes.job import FakeJob, stop
from host_tests.fakes.name_server import FakeNameServer
from host_tests.fakes.probe import FakeProbe
from host_tests.fakes.router import ROUTER

PASSWORD = "k3yk3yk3yk3y"


class Bench:
    """Wi-Fi as a whole, without the rest of the firmware."""

    def __init__(self, ssid="boat", password="secret word"):
        self.clock = FakeClock()
        ROUTER.reset(self.clock)
        wifi = self.make_wifi(ssid, password)
        self.keeper = WifiKeeper(wifi, FakeProbe(), self.clock, lambda: 0)
        self.names = FakeNameServer()
        self.settings = {"ssid": ssid, "password": password}
        # What was stored, what the stored configuration lacks, what the flash raises.
        self.stored = []
        self.lost = []
        self.failure = None
        self.jobs = []
        self.network = Network(
            self.keeper,
            self.settings,
            self.make_wifi,
            lambda: (AccessPoint("baybridge-0001", PASSWORD), self.names),
            lambda name, run, limit_s: self.jobs.append((name, run, limit_s)),
            self.store,
            self.clock,
        )

    def make_wifi(self, ssid, password):
        return Wifi("baybridge", ssid, password)

    def store(self, change):
        if self.lost or change is None:
            return self.lost
        if self.failure:
            raise self.failure
        config = {"wifi": {}}
        change(config)
        self.stored.append(config["wifi"])
        return []

    def run(self, *steps):
        """Run through steps: seconds to wait, a state to wait for, or what to call.

        All tasks outlive them. A second run is one after the tasks were started again.
        """

        async def main():
            job = FakeJob(self.clock)
            tasks = [asyncio.create_task(self.keeper.run(job))]
            job.beat()
            job.longest_s10 = 0
            for step in steps:
                if not isinstance(step, (int, str)):
                    step()
                    continue
                for _ in range(400 if isinstance(step, str) else step):
                    if self.keeper.state == step:
                        break
                    for name, run, _ in self.jobs[len(tasks) - 1 :]:
                        assert name == "access"
                        tasks.append(asyncio.create_task(run(FakeJob(self.clock))))
                    await self.clock.sleep_ms(1000)
            for task in tasks:
                assert not task.done()
                await stop(task)
            assert job.longest_s10 <= 60

        self.network.start()
        self.clock.run(main())
        return self.keeper
