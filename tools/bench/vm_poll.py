"""What one poll cycle asks of the heap, no collection running: KIND PORT.

The radio here answers within the call, from tuples made beforehand, and the clock leaps; both
allocate nothing, so all that is counted is the firmware's: the poller and the radio port, and
what the supervisor and the server's reaper do in the 2 s of a cycle. No log, no client.
"""

import asyncio
import bluetooth
import gc
import json
import sys

from tools.bench.vm_common import (
    LeapClock,
    firmware_modules,
    import_all,
    stand_for_board_modules,
    use_code,
    used,
)
from tools.sim.battery import SimBattery

_FOLDER = "build/bench/poll"
# As many as bring each rarer request its share: every 4th and every 10th cycle has one.
_CYCLES = 100
_CYCLE_MS = 2000
_CONNECT, _SERVICE_RESULT, _SERVICE_DONE = 7, 9, 10
_CHARACTERISTIC_RESULT, _CHARACTERISTIC_DONE = 11, 12
_DESCRIPTOR_RESULT, _DESCRIPTOR_DONE, _WRITE_DONE, _NOTIFY = 13, 14, 17, 18


class Radio:
    """A BLE whose battery has its answers ready."""

    def __init__(self, battery):
        uuid = bluetooth.UUID
        self.address = bytes([int(byte, 16) for byte in battery.address.split(":")])
        self.handler = None
        self.requests = 0
        self.services = ((0, 11, 16, uuid(0xFFE0)),)
        self.characteristics = ((0, 13, 13, 4, uuid(0xFFE2)), (0, 16, 15, 16, uuid(0xFFE1)))
        self.descriptors = ((0, 16, uuid(0x2902)),)
        self.done = (0, 0)
        self.written = (0, 16, 0)
        self.replies = []
        for request in range(5):
            frames = battery._frames(0xC0 + request)
            self.replies.append(tuple([(0, 15, frame) for frame in frames]))

    def active(self, on=None):
        return True

    def config(self, *args, **kwargs):
        pass

    def irq(self, handler):
        self.handler = handler

    def gap_scan(self, *args):
        pass

    def gap_connect(self, addr_type, *args):
        if addr_type is not None:
            self.handler(_CONNECT, (0, 0, self.address))

    def gattc_discover_services(self, handle, uuid=None):
        self._tell(_SERVICE_RESULT, self.services, _SERVICE_DONE)

    def gattc_discover_characteristics(self, handle, first, last, uuid=None):
        self._tell(_CHARACTERISTIC_RESULT, self.characteristics, _CHARACTERISTIC_DONE)

    def gattc_discover_descriptors(self, handle, first, last):
        self._tell(_DESCRIPTOR_RESULT, self.descriptors, _DESCRIPTOR_DONE)

    def _tell(self, event, results, done_event):
        for result in results:
            self.handler(event, result)
        self.handler(done_event, self.done)

    def gattc_write(self, handle, value_handle, payload, mode=0):
        if mode:
            self.handler(_WRITE_DONE, self.written)
            return
        self.requests += 1
        for args in self.replies[payload[1] - 0xC0]:
            self.handler(_NOTIFY, args)


async def measure(port):
    from baybridge.ports import ble
    from host_tests.fakes.world import World, make_folders

    clock = LeapClock()
    make_folders(_FOLDER)
    world = World(clock, _FOLDER)
    battery = SimBattery()
    radio = Radio(battery)
    # The port asks its module for the radio; only the radio is another one here.
    ble.bluetooth = RadioModule(radio)
    config = {
        "batteries": [{"id": "house1", "name": "House 1", "address": battery.address}],
        "http": {"port": port},
        "log": {"enabled": False},
        "end": 1,
    }
    app = world.start(json.dumps(config))
    running = asyncio.create_task(app.run())
    # Past the first cycles, which read what is read once.
    await clock.sleep_ms(60000)
    polls = app.batteries[0].link.polls
    requests = radio.requests
    used()
    gc.disable()
    before = gc.mem_alloc()
    await clock.sleep_ms(_CYCLES * _CYCLE_MS)
    after = gc.mem_alloc()
    gc.enable()
    running.cancel()
    return {
        "bytes": after - before,
        "polls": app.batteries[0].link.polls - polls,
        "failed_polls": app.batteries[0].link.failed_polls,
        "requests": radio.requests - requests,
    }


class RadioModule:
    """The module `bluetooth` with one radio in it."""

    UUID = bluetooth.UUID

    def __init__(self, radio):
        self._radio = radio

    def BLE(self):
        return self._radio


def main():
    use_code(sys.argv[1])
    stand_for_board_modules(with_fakes=True)
    import_all(firmware_modules())
    print(json.dumps(asyncio.run(measure(int(sys.argv[2])))))


main()
