"""The whole firmware on a nearly empty battery: woken, it reads, logs and sleeps again."""

import asyncio
import json

from host_tests.fakes.clock import FakeClock
from host_tests.fakes.job import stop
from host_tests.fakes.world import World
from tools.sim.battery import SimBattery
from tools.sim.load import Steps

_FOLDER = "build/test/sleep"


def nap(seconds, soc_pct, current_ma, power):
    """Let a bridge that has just woken run for so long; return its board and its first log."""
    clock = FakeClock()
    world = World(clock, _FOLDER)
    battery = SimBattery(load=Steps([(3600, current_ma)]), soc_pct=soc_pct)
    world.add(battery)
    world.board.reset_cause = "deep_sleep"
    config = {
        "batteries": [{"id": "house1", "address": battery.address}],
        "power": power,
        "end": 1,
    }
    app = world.start(json.dumps(config))

    async def test():
        task = asyncio.create_task(app.run())
        await clock.sleep_ms(seconds * 1000)
        await stop(task)

    clock.run(test())
    return world.board, app.logs[0]


def test_low_battery_then_it_is_read_and_logged_before_the_board_sleeps():
    board, log = nap(45, 12, -500, {"sleep_below_soc_pct": 20, "wake_min": 30})
    assert board.sleeps == [(1800, "asleep for 30 min: the battery is low")]
    assert log.flushed >= 1


def test_low_battery_and_no_limit_then_awake():
    assert nap(45, 12, -500, {})[0].sleeps == []


def test_low_battery_that_is_charged_then_awake():
    assert nap(45, 12, 5000, {"sleep_below_soc_pct": 20})[0].sleeps == []
