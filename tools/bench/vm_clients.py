"""The heap of the firmware while many clients are at it: KIND PORT; they are page_load.py's.

Prints "idle" when it has measured without clients and they may come, and so for each round; at
the end a JSON object. It runs in real time on a bridge with one battery and a file on its card.
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
    used,
)
from tools.sim.battery import SimBattery
from tools.sim.load import Boat

_FOLDER = "build/bench/clients"
_LOG = "2026-11-20.csv"
_LOG_BYTES = 4000000
_ROUNDS = 2
_SAMPLE_MS = 20
_REST_MS = 2500
# page_load.py's clients stay for 8 s; at both ends of it some come and go.
_ROUND_MS = 10000
_COMING_MS = 1000
_GOING_MS = 3000


class Watch:
    """The most that is alive: at each piece that is sent, and now and then."""

    def __init__(self):
        self.begin()

    def begin(self):
        self.most = 0
        self.least = 1 << 29
        self.puts = 0

    def look(self):
        bytes_now = used()
        self.most = max(self.most, bytes_now)
        self.least = min(self.least, bytes_now)

    def follow(self, connection_class):
        """Look at every put(), when all that goes into an answer is there."""
        put = connection_class.put

        def watched_put(c, piece):
            self.puts += 1
            self.look()
            put(c, piece)

        connection_class.put = watched_put


async def rest_bytes(clock):
    """Return what is alive with no clients: the least, for stand-ins may be at something."""
    least = 1 << 29
    for _ in range(_REST_MS // _SAMPLE_MS):
        await clock.sleep_ms(_SAMPLE_MS)
        least = min(least, used())
    return least


def write_log(card):
    """Put a file onto the card that takes a while to download."""
    folder = card.path + "/baybridge/house1"
    for path in (card.path + "/baybridge", folder):
        try:
            os.mkdir(path)
        except OSError:
            pass
    piece = b"2026-11-20T00:00:00Z,7,1,1000,13.194,8.738,54,3.298,0badcafe\r\n" * 64
    with open("%s/%s" % (folder, _LOG), "wb") as file:
        for _ in range(_LOG_BYTES // len(piece)):
            file.write(piece)


async def measure(port):
    from baybridge.web.connection import Connection
    from host_tests.fakes.world import World, make_folders

    clock = HostClock(1)
    make_folders(_FOLDER)
    world = World(clock, _FOLDER)
    world.air.note_write = lambda *args: None
    battery = SimBattery(load=Boat())
    world.add(battery)
    config = {
        "batteries": [
            {"id": "house1", "name": "House 1", "address": battery.address, "poll_s": 1}
        ],
        "http": {"port": port},
        "end": 1,
    }
    app = world.start(json.dumps(config))
    running = asyncio.create_task(app.run())
    while app.batteries[0].link.polls < 3 or not app.card.is_mounted:
        await clock.sleep_ms(50)
    write_log(app.card)
    watch = Watch()
    watch.follow(Connection)
    idle = await rest_bytes(clock)
    rounds = []
    for _ in range(_ROUNDS):
        print("idle")
        watch.begin()
        await clock.sleep_ms(_COMING_MS)
        watch.least = 1 << 29
        for _ in range((_ROUND_MS - _COMING_MS - _GOING_MS) // _SAMPLE_MS):
            await clock.sleep_ms(_SAMPLE_MS)
            watch.look()
        least = watch.least - idle
        await clock.sleep_ms(_GOING_MS)
        connections = app.guard.connections
        rounds.append(
            (watch.most - idle, await rest_bytes(clock) - idle, watch.puts, connections, least)
        )
    running.cancel()
    return {
        "rounds": rounds,
        "failures": app.guard.failures,
        "last_error": app.guard.last_error,
        "refused": app.guard.refused,
        "failed_polls": app.batteries[0].link.failed_polls,
    }


def remove(path):
    try:
        os.remove(path)
    except OSError:
        pass


def main():
    use_code(sys.argv[1])
    stand_for_board_modules(with_fakes=True)
    import_all(firmware_modules())
    remove(_FOLDER + "/card/card.img")
    print(json.dumps(asyncio.run(measure(int(sys.argv[2])))))


main()
