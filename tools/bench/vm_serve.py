"""Serves the firmware in real time, one battery polled twice a second: KIND PORT TOKEN.

Prints "ready" when it polls and has a card, and serves until it is ended.
"""

import asyncio
import json
import os
import sys

from host_tests.fakes.clock import HostClock
from tools.bench.vm_common import (
    firmware_modules,
    import_all,
    stand_for_board_modules,
    use_code,
)
from tools.sim.battery import SimBattery
from tools.sim.load import Boat

_FOLDER = "build/bench/serve"


async def serve(port, token):
    from host_tests.fakes.world import World, make_folders

    clock = HostClock(1)
    make_folders(_FOLDER)
    world = World(clock, _FOLDER)
    world.air.note_write = lambda *args: None
    battery = SimBattery(load=Boat())
    world.add(battery)
    config = {
        "batteries": [
            {"id": "house1", "name": "House 1", "address": battery.address, "poll_s": 0.5}
        ],
        "http": {"port": port, "token": token},
        "end": 1,
    }
    app = world.start(json.dumps(config))
    running = asyncio.create_task(app.run())
    while app.batteries[0].link.polls < 2 or not app.card.is_mounted:
        await clock.sleep_ms(50)
    print("ready")
    await running


def main():
    use_code(sys.argv[1])
    stand_for_board_modules(with_fakes=True)
    import_all(firmware_modules())
    try:
        os.remove(_FOLDER + "/card/card.img")
    except OSError:
        pass
    asyncio.run(serve(int(sys.argv[2]), sys.argv[3]))


main()
