"""The real firmware with a simulated battery and four taps on simulated dividers and ADC.

Started as a process by test_calibrate.py: port, folder. It prints what an ideal multimeter reads
at the taps. Its time runs 30 times as fast, so that bursts come six times a second.
"""

import asyncio
import sys

from host_tests.fakes.clock import HostClock
from host_tests.fakes.hardware import BOARD
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


def wire(app):
    """Attach the harness as the firmware does, where it does not yet do it by itself."""
    from baybridge.battery.taps import Harness
    from baybridge.ports.adc import Adc
    from baybridge.tasks.sample_taps import TapSampler

    taps = app.config["batteries"][1]["taps"]
    harness = Harness(taps, 200)
    app.batteries[1].harness = harness
    sampler = TapSampler([harness], Adc([tap["pin"] for tap in taps]), app.ports.clock)
    app.supervisor.add("taps", sampler.run, 30)


def main(port, folder):
    clock = HostClock(SPEED)
    battery = SimBattery(noise=False)
    harness = SimHarness(battery.tap_uv, DIVIDERS, seed=7)
    BOARD.adc = lambda pin: harness.read_uv(PINS.index(pin) + 1, 25, clock.ticks_ms())
    world = World(clock, folder)
    world.add(battery)
    app = world.start(config_text(battery, port))
    assert app.problems == [], app.problems
    if app.batteries[1].harness is None:
        wire(app)
    print("meter", *[round(battery.tap_uv(k) / 1e6, 3) for k in (1, 2, 3, 4)], flush=True)
    asyncio.run(app.run())


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
