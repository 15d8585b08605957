"""Decodes the same poll cycles with Bay Bridge, sok-ble and aiobmsble, taking turns.

Run by the Python of .tools/bench-venv, which has the other two. A cycle is what a 12 V battery
answers to C1, C2 and C4: six notifications of 20 bytes. The cycles differ as a battery's do
from one poll to the next, so none can be answered from memory. Prints JSON.
"""

import json
import statistics
import struct
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "firmware"), str(ROOT / "host_tests" / "fakes"), str(ROOT)]

from aiobmsble.bms.abc_bms import BMS  # noqa: E402
from bleak.backends.device import BLEDevice  # noqa: E402
from sok_ble.sok_parser import SokParser  # noqa: E402

from baybridge.battery.sample import Sample  # noqa: E402
from baybridge.protocol import abc  # noqa: E402
from host_tests.data import frames as data  # noqa: E402
from tools.sim.battery import SimBattery  # noqa: E402
from tools.sim.load import Boat  # noqa: E402

_CYCLES = 200
_ROUNDS = 60
_COMMANDS = (0xC1, 0xC2, 0xC4)
_RECORDED = (data.S_F0, data.S_F2, data.S_F0, data.S_F3, data.S_F4, data.S_F9)
# What SokParser.parse_all asks for: the rest of a cycle it does not read.
_READ_BY_SOK_BLE = (0xF0, 0xF2, 0xF3, 0xF4)


def make_cycles():
    """Return cycles of six notifications each, 2 s apart."""
    battery = SimBattery(load=Boat())
    cycles = []
    for i in range(_CYCLES):
        notifications = []
        for command in _COMMANDS:
            request = abc.requests()[command - 0xC0]
            notifications += [bytearray(frame) for _, frame in battery.reply(request, i * 2000)]
        if [frame[1] for frame in notifications] != [0xF0, 0xF2, 0xF0, 0xF3, 0xF4, 0xF9]:
            raise RuntimeError("the simulated battery answers otherwise than expected")
        cycles.append(notifications)
    return cycles


class Ours:
    """Checks, decodes and stamps each notification."""

    def __init__(self):
        self.sample = Sample()

    def decode(self, notifications):
        sample = self.sample
        decode = abc.decode
        for frame in notifications:
            group = decode(frame, len(frame), sample)
            if group < 0:
                raise RuntimeError(abc.REASONS[-group - 1])
            sample.stamp(group, 0)
        return sample


class SokBLE:
    """sok-ble: its notification handler's and its device's share, then its parser."""

    def decode(self, notifications):
        responses = {}
        for frame in notifications:
            frame = bytes(frame)
            responses[struct.unpack_from(">H", frame)[0]] = frame
        return SokParser.parse_all(responses)


class Aiobmsble:
    """aiobmsble: its update, with the notifications handed over where it would wait for them."""

    def __init__(self):
        # As its own tests make one; nothing connects.
        device = BLEDevice("02:12:34:00:20:61", "SOK-AA20601", {"path": ""})
        self.bms = BMS(device)
        self.bms._await_msg = self.await_msg
        self.by_command = {}

    async def await_msg(self, request):
        for frame in self.by_command[request[1]]:
            self.bms._notification_handler(None, frame)

    def decode(self, notifications):
        self.by_command = {
            0xC1: notifications[:2],
            0xC2: notifications[2:5],
            0xC4: notifications[5:],
        }
        update = self.bms._async_update()
        try:
            update.send(None)
        except StopIteration as done:
            return done.value
        raise RuntimeError("aiobmsble waits for something")


def seconds(decode, cycles):
    start = time.perf_counter()
    for notifications in cycles:
        decode(notifications)
    return time.perf_counter() - start


def values_of_ours(sample):
    return {
        "voltage": sample.battery_mv / 1000,
        "current": sample.current_ma / 1000,
        "soc": sample.soc_pct,
        "cycles": sample.cycles,
        "rated_ah": sample.rated_mah / 1000,
        "cells": [mv / 1000 for mv in sample.cells_mv[: sample.series]],
        "temperatures": list(sample.temps_c[: sample.temp_count]),
    }


def values_of_sok_ble(parsed):
    return {
        "voltage": parsed["voltage"],
        "current": parsed["current"],
        "soc": parsed["soc"],
        "cycles": parsed["num_cycles"],
        "rated_ah": parsed["capacity"],
        "cells": parsed["cell_voltages"],
        "temperatures": [parsed["temperature"]],
    }


def values_of_aiobmsble(parsed):
    return {
        "voltage": parsed["voltage"],
        "current": parsed["current"],
        "soc": parsed["battery_level"],
        "cycles": parsed["cycles"],
        "rated_ah": parsed["design_capacity"],
        "cells": parsed["cell_voltages"],
        "temperatures": [sensor.value for sensor in parsed["temp_values"]],
    }


def main():
    ours, sok_ble, aiobmsble = Ours(), SokBLE(), Aiobmsble()
    recorded = [bytearray(frame) for frame in _RECORDED]
    cycles = make_cycles()
    fewer = [[f for f in cycle[1:] if f[1] in _READ_BY_SOK_BLE] for cycle in cycles]
    times = []
    for _ in range(_ROUNDS):
        times.append(
            (
                seconds(ours.decode, cycles),
                seconds(sok_ble.decode, cycles),
                seconds(aiobmsble.decode, cycles),
                seconds(ours.decode, fewer),
                seconds(sok_ble.decode, fewer),
            )
        )

    def us(i):
        # The best: on a busy machine it says most about the code. The ratios are of neighbours.
        return min(row[i] for row in times) * 1e6 / _CYCLES

    def ratio(theirs, mine):
        return statistics.median(row[theirs] / row[mine] for row in times)

    result = {
        "python": sys.version.split()[0],
        "vs_sok_ble": ratio(1, 0),
        "vs_aiobmsble": ratio(2, 0),
        "vs_sok_ble_fewer": ratio(4, 3),
        "us": [us(i) for i in range(5)],
        "values": [
            ["ours", values_of_ours(ours.decode(recorded))],
            ["sok-ble", values_of_sok_ble(sok_ble.decode(recorded))],
            ["aiobmsble", values_of_aiobmsble(aiobmsble.decode(recorded))],
        ],
    }
    print(json.dumps(result))


main()
