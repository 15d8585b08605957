"""The bursts over the taps, in virtual time."""

import asyncio
import math

from baybridge.battery.taps import Harness
from baybridge.ports.adc import Adc
from baybridge.tasks.sample_taps import TapSampler
from host_tests.battery.test_taps import DIVIDERS, tap_of
from host_tests.fakes.clock import FakeClock
from host_tests.fakes.hardware import BOARD
from host_tests.fakes.job import FakeJob, stop
from host_tests.upy.heap import allocates


class Inputs:
    """An Adc that notes who was asked when; mv(i, at_ms) says what an input has."""

    def __init__(self, clock, mv):
        self.asked = []
        self.times_ms = []
        self._clock = clock
        self._mv = mv
        self._start_ms = clock.now_ms

    def read(self, i):
        at_ms = self._clock.now_ms - self._start_ms
        self.asked.append(i)
        self.times_ms.append(at_ms)
        return self._mv(i, at_ms)


def harnesses_of(*counts):
    return [Harness([tap_of(*one) for one in DIVIDERS[:count]], 200) for count in counts]


def sampled(harnesses, mv, ms, others=None):
    """Sample for ms with inputs that read mv(i, at_ms); return (inputs, job).

    others: a coroutine function of the clock that runs beside.
    """
    clock = FakeClock()
    inputs = Inputs(clock, mv)
    job = FakeJob(clock)

    async def main():
        tasks = [asyncio.create_task(TapSampler(harnesses, inputs, clock).run(job))]
        if others is not None:
            tasks.append(asyncio.create_task(others(clock)))
        await clock.sleep_ms(ms)
        for task in tasks:
            await stop(task)

    clock.run(main())
    return inputs, job


def steady(i, at_ms):
    return 1626


# --- order and time -----------------------------------------------------------------------------


def test_burst_when_four_taps_then_up_and_down_again():
    inputs, _ = sampled(harnesses_of(4), steady, 4000)
    assert inputs.asked == [0, 1, 2, 3, 3, 2, 1, 0] * 64


def test_burst_when_timed_then_64_rounds_in_660_ms():
    inputs, _ = sampled(harnesses_of(4), steady, 4000)
    rounds_ms = inputs.times_ms[::8]
    assert rounds_ms[:9] == [0, 10, 20, 30, 41, 51, 61, 72, 82]
    assert len(rounds_ms) == 64
    assert rounds_ms[63] == 649


def test_burst_when_it_ends_then_evaluated_after_660_ms():
    [harness] = harnesses_of(4)
    sampled([harness], steady, 655)
    assert harness.revision == 0
    sampled([harness], steady, 665)
    assert harness.revision == 1
    assert harness.taken_s10 == 6
    assert harness.cells_mv(6) == [3301, 3301, 3285, 3301]


def test_bursts_when_time_passes_then_one_every_five_seconds():
    [harness] = harnesses_of(4)
    inputs, job = sampled([harness], steady, 59000)
    assert harness.revision == 12
    assert inputs.times_ms[::512] == [5000 * n for n in range(12)]
    assert job.longest_s10 <= 50


def test_bursts_when_two_batteries_then_one_after_the_other():
    first, second = harnesses_of(4, 2)
    inputs, _ = sampled([first, second], lambda i, at_ms: 1600 + i, 4000)
    assert inputs.asked == [0, 1, 2, 3, 3, 2, 1, 0] * 64 + [4, 5, 5, 4] * 64
    assert inputs.times_ms[512] == 660
    assert list(first.pins_uv) == [1600000, 1601000, 1602000, 1603000]
    assert list(second.pins_uv) == [1604000, 1605000]
    assert (first.taken_s10, second.taken_s10) == (6, 13)


def test_burst_when_somebody_blocks_then_it_ends_in_time_all_the_same():
    # The card takes 200 ms away; the rounds that were due meanwhile come at once.
    async def block(clock):
        await clock.sleep_ms(100)
        clock.now_ms += 200

    [harness] = harnesses_of(4)
    inputs, _ = sampled([harness], steady, 665, block)
    assert len(inputs.asked) == 512
    assert harness.revision == 1
    assert inputs.times_ms[-1] == 649


def test_burst_when_cancelled_in_the_middle_then_the_next_begins_anew():
    [harness] = harnesses_of(4)
    clock = FakeClock()
    inputs = Inputs(clock, steady)
    sampler = TapSampler([harness], inputs, clock)

    async def main():
        for ms in (305, 1000):
            task = asyncio.create_task(sampler.run(FakeJob()))
            await clock.sleep_ms(ms)
            await stop(task)

    clock.run(main())
    assert harness.revision == 1
    assert len(inputs.asked) == 30 * 8 + 512
    assert inputs.asked[30 * 8 :] == [0, 1, 2, 3, 3, 2, 1, 0] * 64
    assert harness.taken_s10 == 9


# --- what it measures ---------------------------------------------------------------------------


def test_burst_when_readings_fail_then_the_rest_counts():
    [harness] = harnesses_of(2)

    def mv(i, at_ms):
        return -1 if i == 1 or at_ms % 50 < 20 else 1626

    sampled([harness], mv, 700)
    assert list(harness.states) == [0, 1]
    assert harness.cells_mv(7) == [3301, None]


def test_burst_when_a_burst_fails_after_a_good_one_then_the_tap_is_unread():
    [harness] = harnesses_of(1)
    sampled([harness], lambda i, at_ms: 1626 if at_ms < 5000 else -1, 5700)
    assert (harness.revision, list(harness.states)) == (2, [1])


def test_burst_when_the_load_drifts_then_it_moves_all_taps_alike():
    # 1 mV a reading at the pin: read only upwards, tap 4 would stand 3 mV above tap 1.
    [harness] = harnesses_of(4)
    count = [0]

    def mv(i, at_ms):
        count[0] += 1
        return 1500 + count[0] // 2

    sampled([harness], mv, 700)
    pins_uv = list(harness.pins_uv)
    assert max(pins_uv) - min(pins_uv) <= 200


class Ripple:
    """A pin on 1600 mV with a ripple; phase is a part of its period."""

    def __init__(self, hertz, ripple_mv, phase):
        self._hertz = hertz
        self._ripple_mv = ripple_mv
        self._phase = phase

    def mv(self, i, at_ms):
        turns = self._hertz * at_ms / 1000 + self._phase
        return int(1600.5 + self._ripple_mv * math.sin(2 * math.pi * turns))


def ripple_error_uv(hertz, ripple_mv=10):
    """Return what a ripple at the pin moves the voltage by at most, whatever its phase."""
    [harness] = harnesses_of(1)
    worst_uv = 0
    for step in range(12):
        sampled([harness], Ripple(hertz, ripple_mv, step / 12).mv, 700)
        worst_uv = max(worst_uv, abs(harness.pins_uv[0] - 1600000))
    return worst_uv


def test_burst_when_the_supply_ripples_then_it_averages_out():
    # Mains of 50 and 60 Hz, an inverter's pulses, and harmonics.
    for hertz in (50, 60, 100, 120, 150, 180, 200, 240, 300, 400):
        assert ripple_error_uv(hertz) < 1000, hertz


def test_burst_when_the_ripple_is_strong_then_a_fifteenth_of_it_is_left():
    for hertz in (50, 60, 100, 120):
        assert ripple_error_uv(hertz, 50) < 1500, hertz
    assert ripple_error_uv(200, 50) < 3500


# --- on the ports -------------------------------------------------------------------------------


def test_burst_when_on_the_fake_chip_then_each_pin_is_its_tap():
    BOARD.reset()
    BOARD.adc = lambda pin: (1600 + pin) * 1000
    [harness] = harnesses_of(4)
    clock = FakeClock()

    async def main():
        sampler = TapSampler([harness], Adc((32, 33, 34, 35)), clock)
        task = asyncio.create_task(sampler.run(FakeJob()))
        await clock.sleep_ms(700)
        await stop(task)

    clock.run(main())
    assert list(harness.pins_uv) == [1632000, 1633000, 1634000, 1635000]


class StillClock:
    """A clock whose time is a small int, so that asking it allocates nothing."""

    def __init__(self):
        self.now_ms = 0

    def ticks_ms(self):
        return self.now_ms

    def ticks_diff(self, a, b):
        return a - b

    def uptime_s10(self):
        return self.now_ms // 100


def test_burst_then_no_allocation():
    BOARD.reset()
    BOARD.adc = lambda pin: 1626000
    harnesses = harnesses_of(4, 2)
    clock = StillClock()
    sampler = TapSampler(harnesses, Adc((32, 33, 34, 35, 36, 39)), clock)

    def bursts():
        for _ in range(64 + 4 * 2 + 1 + 64 + 2 * 2 + 1):
            clock.now_ms += sampler.step()

    assert not allocates(bursts)
    assert [harness.revision for harness in harnesses] == [1, 1]
    assert harnesses[1].cells_mv(12) == [3301, 3301]
    assert clock.now_ms == 5000
