"""The real firmware with a simulated battery and four taps on simulated dividers and ADC.

Started as a process by test_calibrate.py: port, folder. It prints what an ideal multimeter reads
at the taps. Its time runs 30 times as fast, so that bursts come six times a second.
"""

import asyncio
import sys

from host_tests.fakes.clock import HostClock
from host_tests.fakes.world import World
from tools.sim.battery import SimBattery
from tools.sim.harness import SimHarness

SPEED = 30
PINS = (32, 33, 34, 35)
DIVIDERS = ((103000, 100000), (309000, 100000), (511000, 100000), (715000, 100000))
CONFIG = """{"batteries": [
  {"id": "bare", "address": "02:12:34:00:20:99"},
  {"id": "house1", "address": "%s", "taps": [%s]}],
 "http": {"port": %d, "token": "change-it"}, "log": {"enabled": false}, "end": 1}"""


def config_text(battery, port):
    taps = []
    for i in range(4):
        taps.append('{"pin": %d, "top_ohm": %d, "bottom_ohm": %d}' % (PINS[i], *DIVIDERS[i]))
    return CONFIG % (battery.address, ", ".join(taps), port)


def main(port, folder):
    clock = HostClock(SPEED)
    battery = SimBattery(noise=False)
    harness = SimHarness(battery.tap_uv, DIVIDERS, seed=7)
    world = World(clock, folder)
    world.add(battery)
    world.wire(harness, PINS)
    app = world.start(config_text(battery, port))
    assert app.problems == [], app.problems
    print("meter", *[round(battery.tap_uv(k) / 1e6, 3) for k in (1, 2, 3, 4)], flush=True)
    asyncio.run(app.run())


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
