"""What the LED shows, millisecond by millisecond of virtual time."""

import asyncio
import json

from baybridge.battery import sample as groups
from baybridge.battery.alarms import Alarms
from baybridge.battery.battery import Battery
from baybridge.config import check
from baybridge.protocol import abc
from baybridge.tasks.show_led import LedShower
from host_tests.fakes.clock import FakeClock
from host_tests.fakes.hardware import BOARD
from host_tests.fakes.job import FakeJob, stop
from host_tests.fakes.world import World
from tools.sim.battery import SimBattery
from tools.sim.load import Steps


class Lamp:
    """Notes when it is switched on and off."""

    def __init__(self, clock):
        self._clock = clock
        self._start_ms = clock.ticks_ms()
        self.seen = []

    def show(self, is_on):
        now_ms = self._clock.ticks_diff(self._clock.ticks_ms(), self._start_ms)
        self.seen.append((now_ms, is_on))


class Rig:
    """A shower over one battery that is heard, or not."""

    def __init__(self, is_heard):
        self.clock = FakeClock()
        self.lamp = Lamp(self.clock)
        self.battery = Battery("house1", "House 1", 200, abc.REASONS)
        self.battery.alarms = Alarms(self.battery, check({})[0]["alarms"])
        if is_heard:
            self.battery.sample.stamp(groups.STATUS, self.clock.uptime_s10())
        self.is_access_on = False
        self.job = FakeJob(self.clock)
        self.shower = LedShower(self.lamp, [self.battery], lambda: self.is_access_on, self.clock)

    def run(self, ms):
        async def test():
            task = asyncio.create_task(self.shower.run(self.job))
            await self.clock.sleep_ms(ms)
            await stop(task)

        self.clock.run(test())
        return self.lamp.seen

    def set_level(self, level):
        self.battery.alarms.mask = 1
        self.battery.alarms.levels[0] = level


def test_battery_heard_then_a_short_flash_every_three_seconds():
    rig = Rig(True)
    assert rig.run(3050) == [(0, True), (100, False), (3000, True)]
    assert rig.job.beats == 2


def test_no_battery_heard_then_quick_flashes():
    seen = Rig(False).run(850)
    assert seen == [(0, True), (100, False), (400, True), (500, False), (800, True)]


def test_battery_that_falls_silent_then_quick_flashes_once_it_is_stale():
    rig = Rig(True)
    rig.run(30000)
    assert rig.lamp.seen[-1][0] - rig.lamp.seen[-2][0] in (100, 300)


def test_access_point_on_then_double_flashes_battery_or_not():
    for is_heard in (True, False):
        rig = Rig(is_heard)
        rig.is_access_on = True
        expected = [(0, True), (100, False), (300, True), (400, False), (2000, True)]
        assert rig.run(2050) == expected


def test_alarm_then_long_on_whatever_else_is():
    rig = Rig(False)
    rig.is_access_on = True
    rig.set_level(2)
    assert rig.run(3050) == [(0, True), (2700, False), (3000, True)]


def test_mere_warning_then_as_if_there_were_none():
    rig = Rig(True)
    rig.set_level(1)
    assert rig.run(2000) == [(0, True), (100, False)]


def start(led, chip="esp32"):
    clock = FakeClock()
    world = World(clock, "build/test/led")
    world.board.chip = chip
    battery = SimBattery(load=Steps([(3600, -500)]), soc_pct=70)
    world.add(battery)
    batteries = [{"id": "house1", "address": battery.address}]
    wifi = {"ssid": "boat", "password": "secret word"}
    return clock, world.start(
        json.dumps({"batteries": batteries, "wifi": wifi, "led": led, "end": 1})
    )


def test_whole_firmware_when_a_led_is_set_then_its_pin_blinks():
    BOARD.reset()
    clock, app = start({"pin": 2})
    changes = []

    async def test():
        task = asyncio.create_task(app.run())
        before = None
        for _ in range(6000):
            if BOARD.pins.get(2) != before:
                before = BOARD.pins.get(2)
                changes.append(before)
            await clock.sleep_ms(10)
        await stop(task)

    clock.run(test())
    # Quick until the battery is heard, then once in three seconds.
    assert 36 < len(changes) < 120


def test_whole_firmware_when_no_led_is_set_then_no_pin_is_touched():
    BOARD.reset()
    _, app = start({})
    assert 2 not in BOARD.pins
    assert "led" not in [job.name for job in app.supervisor.jobs]


def test_whole_firmware_when_the_board_lacks_the_pin_then_a_problem_says_so():
    BOARD.reset()
    # An S3's chip has it; this module does not bring it out.
    _, app = start({"pin": 45}, "esp32s3")
    assert app.problems == ["led.pin: this board has no GPIO 45; no LED is used"]

    assert check({"led": {"pin": 43}}, None, "esp32s3")[0]["led"]["pin"] is None
