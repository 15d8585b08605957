"""Serves the firmware's API and, beside it, constant bytes by microdot alone: KIND PORT PORT.

Both in one process and one event loop, so whatever the polling and the simulated battery cost,
they cost both. Prints "ready LENGTH" and serves until it is ended.
"""

import asyncio
import json
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

_FOLDER = "build/bench/http"


async def serve(port, stock_port):
    from microdot import Microdot, Response

    from host_tests.fakes.world import World, make_folders

    clock = HostClock(1)
    make_folders(_FOLDER)
    world = World(clock, _FOLDER)
    battery = SimBattery(load=Boat())
    world.add(battery)
    config = {
        "batteries": [{"id": "house1", "name": "House 1", "address": battery.address}],
        "http": {"port": port},
        "end": 1,
    }
    app = world.start(json.dumps(config))
    running = asyncio.create_task(app.run())
    while app.batteries[0].link.polls < 2:
        await clock.sleep_ms(50)
    body = bytes(len(app.bridge.batteries_text()))
    stock = Microdot()

    @stock.get("/api/v1/batteries")
    async def batteries(request):
        # As many headers as the firmware sends; Content-Length is microdot's own.
        headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
        headers["Connection"] = "close"
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "no-referrer"
        headers["X-Frame-Options"] = "DENY"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        return Response(body, 200, headers)

    print("ready", len(body))
    await stock.start_server("127.0.0.1", stock_port)
    await running


def main():
    use_code(sys.argv[1])
    stand_for_board_modules(with_fakes=True)
    import_all(firmware_modules())
    asyncio.run(serve(int(sys.argv[2]), int(sys.argv[3])))


main()
