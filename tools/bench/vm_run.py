"""What the running firmware adds to the heap: KIND, after 10 and 20 minutes of polling.

One 12 V battery every 2 s, one HTTP client a second, a card in the slot. Everything that only
stands in for the world is imported and built before the first measurement.
"""

import asyncio
import bluetooth
import json
import os
import sys

from host_tests.fakes.air import Air  # noqa: F401
from host_tests.fakes.board import HostBoard  # noqa: F401
from host_tests.fakes.watchdog import FakeWatchdog  # noqa: F401
from tools.bench.vm_common import (
    LeapClock,
    firmware_modules,
    import_all,
    stand_for_board_modules,
    use_code,
    used,
)
from tools.sim.battery import SimBattery
from tools.sim.load import Boat

_FOLDER = "build/bench/run"
_HEAD = "%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
_REQUEST = (_HEAD % "GET /api/v1/batteries" + "\r\n").encode()
_BODY = (
    "Authorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
)
# Every other route, for what their code takes that is loaded when it is asked for first.
_OTHERS = (
    ("GET /", ""),
    ("GET /api/v1/batteries/house1", ""),
    ("GET /api/v1/frames", ""),
    ("GET /api/v1/diagnostics", ""),
    ("GET /api/v1/discovery", ""),
    ("GET /api/v1/batteries/house1/history?minutes=60&points=60", ""),
    ("GET /api/v1/batteries/house1/limits", ""),
    ("GET /api/v1/batteries/house1/calibration", ""),
    ("GET /api/v1/config", ""),
    ("GET /api/v1/logs", ""),
    ("GET /api/v1/wifi", ""),
    ("GET /metrics", ""),
    ("GET /healthz", ""),
    ("GET /nothing", ""),
    ("POST /api/v1/batteries/house1/fast", '{"minutes":1}'),
    ("POST /api/v1/batteries/house1/release", '{"minutes":1}'),
    ("POST /api/v1/time", '{"time":"2026-11-22T15:30:00Z"}'),
    ("POST /api/v1/frames", '{"minutes":1}'),
)
_TURN_MS = 200
_TURNS = 10  # of one poll cycle, 2 s
_CYCLES = 30


class Client:
    """Asks once a second; keeps nothing."""

    def __init__(self, clock, port):
        self.clock = clock
        self.port = port
        self.answers = 0
        self.failures = 0
        self.buf = bytearray(512)

    async def run(self):
        while True:
            await self.clock.sleep_ms(1000)
            try:
                if await self.ask(_REQUEST) > 500:
                    self.answers += 1
                else:
                    self.failures += 1
            except OSError:
                self.failures += 1

    async def ask(self, request):
        """Return the length of an answer, 0 if it is none of a success."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(request)
        await writer.drain()
        n = 0
        is_good = False
        while True:
            piece = await reader.read(512)
            if not piece:
                break
            if n == 0:
                is_good = piece.startswith(b"HTTP/1.1 200 ")
            n += len(piece)
        writer.close()
        await writer.wait_closed()
        return n if is_good else 0

    async def ask_all(self, token):
        """Ask every other route once; return those that did not succeed."""
        refused = []
        for what, body in _OTHERS:
            head = _HEAD % what
            if body:
                head += _BODY % (token, len(body), body)
            if not await self.ask(head.encode() + (b"" if body else b"\r\n")):
                refused.append(what)
        return refused


def forget(*args):
    """Take the place of the air's diary, which would grow."""


def warm(battery, radio):
    """Let the stand-ins make what they make once."""
    for seconds in range(0, 120, 2):
        for command in range(5):
            battery.reply(b"\xee" + bytes((0xC0 + command, 0, 0, 0, 0)), seconds * 1000)
    radio.irq(forget)
    radio.fire(0, b"")
    radio.irq(None)


async def rest_bytes(clock):
    """Return the most that is alive between polls, over the cycles of a minute.

    Of each cycle the smallest value: the others catch stand-ins in the middle of something.
    """
    most = 0
    for _ in range(_CYCLES):
        least = 1 << 29
        for _ in range(_TURNS):
            await clock.sleep_ms(_TURN_MS)
            least = min(least, used())
        most = max(most, least)
    return most


async def measure(port):
    from host_tests.fakes.world import World, make_folders

    clock = LeapClock()
    make_folders(_FOLDER)
    world = World(clock, _FOLDER)
    world.air.note_write = forget
    battery = SimBattery(load=Boat())
    world.add(battery)
    warm(battery, bluetooth.BLE())
    client = Client(clock, port)
    await clock.sleep_ms(10)
    before = used()
    app = world.start(config_text(battery, port))
    built = used()
    running = asyncio.create_task(app.run())
    await clock.sleep_ms(30000)
    polling = used()
    asking = asyncio.create_task(client.run())
    await clock.sleep_ms(600000 - 30000 - 60000)
    at_10_min = await rest_bytes(clock)
    await clock.sleep_ms(540000)
    at_20_min = await rest_bytes(clock)
    refused = await client.ask_all(app.bridge.token)
    # Until the release, the fast mode and the recording are over.
    await clock.sleep_ms(180000)
    asked = await rest_bytes(clock)
    link = app.batteries[0].link
    result = {
        "built": built - before,
        "polling": polling - before,
        "bytes": at_10_min - before,
        "drift_bytes": at_20_min - at_10_min,
        "asked_bytes": asked - at_20_min,
        "refused": refused,
        "polls": link.polls,
        "failed_polls": link.failed_polls,
        "answers": client.answers,
        "failures": client.failures,
        "problems": app.problems,
        "file": getattr(sys.modules["baybridge.app"], "__file__", "frozen"),
    }
    asking.cancel()
    running.cancel()
    return result


def config_text(battery, port):
    return json.dumps(
        {
            "batteries": [{"id": "house1", "name": "House 1", "address": battery.address}],
            "http": {"port": port},
            "end": 1,
        }
    )


def remove(path):
    try:
        os.remove(path)
    except OSError:
        pass


def main():
    kind = sys.argv[1]
    port = int(sys.argv[2])
    use_code(kind)
    stand_for_board_modules(with_fakes=True)
    # All of the firmware before the first measurement; its cost is vm_import.py's affair.
    import_all(firmware_modules())
    for name in ("flash/config.json", "flash/boots.txt", "card/card.img"):
        remove("%s/%s" % (_FOLDER, name))
    print(json.dumps(asyncio.run(measure(port))))


main()
