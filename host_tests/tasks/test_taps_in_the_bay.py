"""The whole firmware with two batteries, one of them with its balance harness wired."""

import asyncio

# First, though it comes last in the alphabet: imported through `tools` it would nest too deep
# for MicroPython's stack.
import host_tests.fakes.world  # noqa: F401, I001
from baybridge.battery.finding import VERDICT_UNKNOWN
from baybridge.battery.taps import STATES
from host_tests.fakes.clock import FakeClock
from host_tests.fakes.hardware import BOARD, grounded
from host_tests.fakes.job import stop
from host_tests.fakes.world import World
from host_tests.web.loopback import free_port
from tools.sim.adc import AdcChip
from tools.sim.battery import SimBattery
from tools.sim.harness import EQUAL_PINS, SimHarness

PINS = (33, 32, 35, 34)
CONFIG = (
    '{"batteries":[{"id":"house1","address":"02:12:34:00:20:61","taps":[%s]},'
    '{"id":"house2","address":"02:12:34:00:20:62"}],'
    '"http":{"port":%d},"log":{"enabled":false},"end":1}'
)
TAP = '{"pin":%d,"top_ohm":%d,"bottom_ohm":%d}'


class Bay:
    """One bridge; its first battery has taps on PINS unless they are None."""

    def __init__(self, pins=PINS):
        self.clock = FakeClock()
        self.battery = SimBattery(noise=False)
        self.world = World(self.clock, "build/rehearse/taps")
        self.world.add(self.battery)
        taps = []
        if pins is not None:
            chip = AdcChip(packets_per_s=2)
            self.wires = SimHarness(self.battery.tap_uv, EQUAL_PINS, chip=chip)
            self.world.wire(self.wires, pins)
            for i in range(4):
                taps.append(TAP % (pins[i], EQUAL_PINS[i][0], EQUAL_PINS[i][1]))
        self.app = self.world.start(CONFIG % (",".join(taps), free_port()))
        assert self.app.problems == []

    def run(self, play):
        async def main():
            task = asyncio.create_task(self.app.run())
            try:
                await play()
            finally:
                await stop(task)

        self.clock.run(main())

    def states(self):
        return [STATES[state] for state in self.app.batteries[0].harness.states]

    def cell_errors_mv(self):
        """Return how far each cell of the harness is from the true one."""
        cells_mv = self.app.batteries[0].harness.cells_mv(self.clock.uptime_s10())
        return [abs(cells_mv[i] - self.battery.cell_uv(i) // 1000) for i in range(4)]


def test_taps_when_wired_then_the_true_cells_as_well_as_an_uncalibrated_chip_can():
    bay = Bay()

    async def play():
        await bay.clock.sleep_ms(21000)

    bay.run(play)
    assert bay.app.batteries[0].harness.revision == 5
    assert bay.states() == ["ok", "ok", "ok", "ok"]
    assert max(bay.cell_errors_mv()) < 60
    assert bay.app.batteries[1].harness is None
    assert bay.app.adc.failed_reads == 0


def test_taps_when_one_comes_off_and_the_chip_fails_then_each_is_told_apart():
    bay = Bay()
    seen = []

    def fail(pin):
        raise OSError(258)

    async def play():
        await bay.clock.sleep_ms(3000)
        bay.wires.open_tap(2)
        await bay.clock.sleep_ms(5000)
        seen.append(bay.states())
        bay.wires.mend()
        works, BOARD.adc = BOARD.adc, fail
        await bay.clock.sleep_ms(5000)
        seen.append(bay.states())
        BOARD.adc = works
        await bay.clock.sleep_ms(5000)
        seen.append(bay.states())

    bay.run(play)
    assert seen == [["ok", "not_connected", "ok", "ok"], ["unread"] * 4, ["ok"] * 4]
    assert bay.app.adc.failed_reads == 512


def test_taps_when_wired_then_they_are_compared_with_the_bms():
    bay = Bay()
    seen = []

    async def play():
        for ms in (1000, 180000):
            await bay.clock.sleep_ms(ms)
            seen.append(bay.app.batteries[0].crosscheck.state != VERDICT_UNKNOWN)

    bay.run(play)
    assert seen == [False, True]
    assert bay.app.batteries[1].crosscheck is None


def test_taps_when_none_is_wired_then_nothing_is_sampled():
    bay = Bay(None)
    assert bay.app.adc is None
    assert "taps" not in [job.name for job in bay.app.supervisor.jobs]
    assert [battery.harness for battery in bay.app.batteries] == [None, None]


def test_world_when_a_pin_is_not_wired_then_it_is_grounded():
    bay = Bay()
    assert bay.world._read_pin(39) == grounded(39) == 142000
