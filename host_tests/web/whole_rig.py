"""The whole firmware in virtual time with one battery and a network, asked over a real socket."""

import asyncio

import host_tests.fakes.world
from host_tests.fakes.clock import FakeClock
from host_tests.fakes.hardware import SLOT
from host_tests.fakes.job import stop
from host_tests.web.loopback import free_port
from tools.sim.battery import SimBattery

TOKEN = "Aenderung-7f3c9a1e"
READ_TOKEN = "Lesen-52d0be84"
WIFI_PASSWORD = "secret word"  # what the fake router wants
CONFIG = (
    '{"batteries":[{"id":"house1","name":"House 1","address":"02:12:34:00:20:61"}],'
    '"http":{"port":%d,"token":"%s"%s},"wifi":{"ssid":"boat","password":"%s"},"end":1}'
)


class Whole:
    """One bridge; folder is of this test alone."""

    def __init__(self, folder, is_read_open=True):
        self.clock = FakeClock(unix_s=1795361400)
        self.world = host_tests.fakes.world.World(self.clock, folder)
        self.world.add(SimBattery())
        self.port = free_port()
        read_token = "" if is_read_open else ',"read_token":"%s"' % READ_TOKEN
        self.app = self.world.start(CONFIG % (self.port, TOKEN, read_token, WIFI_PASSWORD))
        assert self.app.problems == []

    def run(self, play):
        """Run play(self) after a minute."""

        async def main():
            running = asyncio.create_task(self.app.run())
            try:
                await self.clock.sleep_ms(60000)
                await play(self)
                for job in self.app.supervisor.jobs:
                    assert job.restarts == 0, (job.name, job.last_error)
            finally:
                await stop(running)
                # The next bridge's is another card, mounted at the same place.
                self.app.card.unmount()
                SLOT.reset()

        self.clock.run(main())
