"""What bursts over taps ask of the heap, and how long a piece of one takes; ends with JSON.

The sampler runs in place, as on the board, in real asyncio on a clock that leaps over waiting, on
the real port over a pin that answers at once. Six taps: as many as an ESP32 has good pins for.
"""

import asyncio
import gc
import json
import time

from tools.bench.vm_common import LeapClock, stand_for_board_modules, use_code, used

use_code("rom")
stand_for_board_modules(with_fakes=True)

from baybridge.battery.taps import Harness  # noqa: E402
from baybridge.ports.adc import Adc  # noqa: E402
from baybridge.tasks.sample_taps import TapSampler  # noqa: E402
from baybridge.tasks.supervise import Job  # noqa: E402
from host_tests.fakes.hardware import BOARD  # noqa: E402
from tools.sim.harness import EQUAL_PINS  # noqa: E402

_PINS = (32, 33, 34, 35, 36, 39)
_BURSTS = 20
_PERIOD_MS = 5000
_PIECES = ("reading", "ranking", "weighing", "finishing")
# What a pin reads in turn: noise, and each fifth reading far too low.
_READINGS_UV = (1626000, 1631000, 1622000, 1627000, 1100000, 1628000, 1619000, 1634000, 1625000)


class Pins:
    """Answers like the chip; allocates nothing."""

    def __init__(self):
        self.at = 0

    def read_uv(self, pin):
        self.at = (self.at + 1) % 9
        return _READINGS_UV[self.at]


class TimedSampler(TapSampler):
    """Notes how long each piece of a round of bursts took, each the shortest of all rounds.

    The pieces are the same in every round, and this computer now and then takes a slice of time
    for another program, which is none of the sampler's.
    """

    def __init__(self, *args):
        super().__init__(*args)
        self.shortest_us = {}
        self._at = 0

    def step(self):
        harness = self._harnesses[self._index]
        kind = 3
        if self._round < 64:
            kind = 0
        elif self._tap <= harness.count:
            kind = 2 if self._is_ranked else 1
        begun_us = time.ticks_us()
        wait_ms = super().step()
        us = time.ticks_diff(time.ticks_us(), begun_us)
        piece = (kind, self._at)
        self.shortest_us[piece] = min(us, self.shortest_us.get(piece, us))
        is_last = kind == 3 and harness is self._harnesses[-1]
        self._at = 0 if is_last else self._at + 1
        return wait_ms

    def longest_us(self, kind):
        return max([us for piece, us in self.shortest_us.items() if piece[0] == kind])


def _tap_of(top_ohm, bottom_ohm):
    return {
        "top_ohm": top_ohm,
        "bottom_ohm": bottom_ohm,
        "gain_ppm": 1000000,
        "offset_uv": 0,
        "calibrated_against": None,
        "calibrated_time": None,
    }


async def measure(make_sampler):
    """Let bursts pass; return the sampler, how many there were, and the bytes they took."""
    clock = LeapClock()
    BOARD.reset()
    BOARD.adc = Pins().read_uv
    taps = [_tap_of(*divider) for divider in EQUAL_PINS]
    harnesses = [Harness(taps, 200), Harness(taps[:2], 200)]
    sampler = make_sampler(harnesses, Adc(_PINS), clock)
    job = Job("taps", sampler.run, 60, clock)
    task = asyncio.create_task(sampler.run(job))
    # Past the first burst, in which things are made that stay.
    await clock.sleep_ms(_PERIOD_MS - 500)
    before = harnesses[1].revision
    used()
    gc.disable()
    bytes_before = gc.mem_alloc()
    await clock.sleep_ms(_BURSTS * _PERIOD_MS)
    bytes_after = gc.mem_alloc()
    gc.enable()
    task.cancel()
    # A burst is one battery's.
    return sampler, 2 * (harnesses[1].revision - before), bytes_after - bytes_before


def main():
    _, bursts, size = asyncio.run(measure(TapSampler))
    timed, _, _ = asyncio.run(measure(TimedSampler))
    result = {"bursts": bursts, "bytes": size}
    for i in range(4):
        result[_PIECES[i]] = timed.longest_us(i)
    print(json.dumps(result))


main()
