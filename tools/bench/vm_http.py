"""Serves the firmware and, beside it, the like of it by microdot alone: KIND PORT PORT.

That is constant bytes for the batteries, and a static file for the page. Both in one process and
one event loop, so whatever the polling and the simulated battery cost, they cost both. Prints
"ready" and serves until it is ended.
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
# Built before; the world puts it onto the bridge's flash, too.
_PAGE = "build/www/index.html.gz"


class Visitor:
    """A request for the page, as much of it as matters."""

    path = "/"
    headers = {"Accept-Encoding": "gzip"}


def alike(fields):
    """Return fields with what every answer of the firmware has."""
    fields = fields.copy()
    fields["Connection"] = "close"
    fields["X-Content-Type-Options"] = "nosniff"
    fields["Referrer-Policy"] = "no-referrer"
    fields["X-Frame-Options"] = "DENY"
    fields["Cross-Origin-Resource-Policy"] = "same-origin"
    return fields


async def serve(port, stock_port):
    from microdot import Microdot, Response

    from baybridge.web import page
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

    # Content-Length is microdot's own.
    fields = alike({"Content-Type": "application/json", "Cache-Control": "no-store"})
    page_fields = alike(page.answer(world.files, Visitor()).headers)

    @stock.get("/api/v1/batteries")
    async def batteries(request):
        return Response(body, 200, fields.copy())

    @stock.get("/")
    async def file(request):
        return Response(open(_PAGE, "rb"), 200, page_fields.copy())

    print("ready")
    await stock.start_server("127.0.0.1", stock_port)
    await running


def main():
    use_code(sys.argv[1])
    stand_for_board_modules(with_fakes=True)
    import_all(firmware_modules())
    asyncio.run(serve(int(sys.argv[2]), int(sys.argv[3])))


main()
