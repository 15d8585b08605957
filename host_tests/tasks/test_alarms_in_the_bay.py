"""The whole firmware with a battery that freezes while it is charged, and one card for its log."""

import asyncio
import json

# First, though it comes last in the alphabet: imported through `tools` it would nest too deep
# for MicroPython's stack.
import host_tests.fakes.world  # noqa: F401, I001
from host_tests.fakes.clock import FakeClock
from host_tests.fakes.hardware import SLOT
from host_tests.fakes.job import stop
from host_tests.fakes.world import World
from host_tests.web.loopback import free_port, get
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
        self.port = free_port()
        self.app = self.world.start(CONFIG % (self.port, alarms))
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
                await stop(task)
                # The next bay's is another card, mounted at the same place.
                self.app.card.unmount()
                SLOT.reset()

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


def test_limits_when_asked_for_then_the_owner_s_the_battery_s_and_the_defaults():
    async def play(bay):
        await bay.clock.sleep_ms(20000)
        line, headers, body = await get(bay.port, "/api/v1/batteries/house1/limits")
        assert (line, headers["content-type"]) == ("HTTP/1.1 200 OK", "application/json")
        limits = json.loads(body)["limits"]
        assert limits["cell_ov_mv"] == {"value": 3500, "source": "config"}
        assert limits["battery_uv_per_cell_mv"] == {"value": 2500, "source": "battery"}
        assert limits["discharge_hot_c"] == {"value": 75, "source": "battery"}
        assert limits["spread_load_mv"] == {"value": 200, "source": "default"}
        line, _, body = await get(bay.port, "/api/v1/batteries/house2/limits")
        assert line == "HTTP/1.1 404 Not Found"
        assert "Known: house1." in json.loads(body)["detail"]

    Bay('"cell_ov_mv":3500').run(play)


def test_card_when_it_is_pulled_then_the_bridge_itself_has_an_alarm():
    async def play(bay):
        card = bay.app.card
        hand = card if hasattr(card, "pull") else SLOT
        await bay.clock.sleep_ms(20000)
        assert json.loads(bay.app.bridge.batteries_text())["bridge"]["alarms"] == []
        image = hand.pull()
        # Found out when something is written: a FET that opens sees to that.
        bay.freeze()
        await bay.clock.sleep_ms(60000)
        answer = json.loads(bay.app.bridge.batteries_text())
        [alarm] = answer["bridge"]["alarms"]
        assert (alarm["code"], alarm["severity"]) == ("card_missing", "alarm")
        assert alarm["message"].startswith("The log is not being written: ")
        if hand is card:
            card.insert()
        else:
            SLOT.insert(image)
        await bay.clock.sleep_ms(400000)
        assert json.loads(bay.app.bridge.batteries_text())["bridge"]["alarms"] == []

    Bay().run(play)
