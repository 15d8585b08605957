"""The whole firmware with a battery that freezes while it is charged, and one card for its log."""

import asyncio
import json

# First, though it comes last in the alphabet: imported through `tools` it would nest too deep
# for MicroPython's stack.
import host_tests.fakes.world  # noqa: F401, I001
from host_tests.fakes.clock import FakeClock
from host_tests.fakes.world import World
from host_tests.web.loopback import free_port
from tools.sim.battery import SimBattery
from tools.sim.load import Steps

# Nothing is flushed in time but what is flushed for a reason.
CONFIG = (
    '{"batteries":[{"id":"house1","name":"House 1","address":"02:12:34:00:20:61"}],'
    '"http":{"port":%d},"log":{"record_s":60,"flush_s":3600,"fast_s":0},'
    '"alarms":{%s},"end":1}'
)
FOLDER = "build/rehearse/alarms"


class Bay:
    """One bridge, one battery that is being charged with 20 A."""

    def __init__(self, alarms=""):
        self.clock = FakeClock()
        self.world = World(self.clock, FOLDER)
        self.battery = SimBattery(load=Steps([(100000, 20000)]))
        self.peripheral = self.world.add(self.battery)
        self.app = self.world.start(CONFIG % (free_port(), alarms))
        assert self.app.problems == []
        # What began or ended: the second, the codes that stand then, records on the card.
        self.changes = []
        self.app.judge.on_alarm.append(self._note)

    def _note(self, battery):
        codes = battery.alarms.active_codes_text()
        self.changes.append((self.clock.uptime_s10() // 10, codes, self.app.logs[0].flushed))

    def freeze(self):
        self.battery.ambient_c = -7
        for cell in self.battery.cells:
            cell.temp_c = -7.0

    def shown(self):
        return json.loads(self.app.bridge.battery_text("house1"))["alarms"]

    def run(self, play):
        async def main():
            task = asyncio.create_task(self.app.run())
            try:
                await play(self)
            finally:
                task.cancel()
                try:
                    await task
                except asyncio.CancelledError:
                    pass

        self.clock.run(main())


def test_battery_that_freezes_while_charging_then_alarms_and_the_log_is_written_at_once():
    async def play(bay):
        log = bay.app.logs[0]
        await bay.clock.sleep_ms(100000)
        assert bay.changes == [] and bay.shown() == []
        assert log.waiting > 0
        bay.freeze()
        begun_s = 100
        seen = ""
        for _ in range(60):
            before = log.flushed
            n = len(bay.changes)
            await bay.clock.sleep_ms(1000)
            if len(bay.changes) > n:
                seen = bay.changes[-1][1]
                await bay.clock.sleep_ms(2000)
                assert log.waiting == 0 and log.flushed > before, seen
        assert seen == "chg_fet_off bms_protection"
        assert bay.changes[0][1] == "bms_protection"
        # Asked for once a charge FET is seen off (every fourth cycle of 2 s), then three times.
        assert bay.changes[0][0] - begun_s <= 20
        assert bay.changes[-1][0] - begun_s <= 40
        alarms = bay.shown()
        assert [one["severity"] for one in alarms] == ["warning", "alarm"]
        assert "probably because of the cold: -7 °C at sensor 1" in alarms[0]["message"]
        assert "Its heater is on" in alarms[0]["message"]
        assert "protection, 0000000100000000000000000000000000;" in alarms[1]["message"]

    Bay().run(play)


def test_battery_that_goes_away_then_stale_and_back_again():
    async def play(bay):
        await bay.clock.sleep_ms(60000)
        bay.peripheral.in_range = False
        await bay.clock.sleep_ms(40000)
        [alarm] = bay.shown()
        assert (alarm["code"], alarm["severity"], alarm["limit"]) == ("stale", "warning", 20.0)
        bay.peripheral.in_range = True
        await bay.clock.sleep_ms(90000)
        assert bay.shown() == []
        assert [change[1] for change in bay.changes] == ["stale", ""]

    Bay().run(play)
