"""What the tests of the crosscheck share: a battery whose taps and cells are given in mV."""

from baybridge.battery import sample as groups
from baybridge.battery.battery import Battery
from baybridge.battery.crosscheck import Crosscheck
from baybridge.battery.taps import TAP_OK, Harness

# At the taps 3300, 6610, 9900 and 13200.
CELLS_MV = (3300, 3310, 3290, 3300)


def wired_battery(series=4, count=4, against="multimeter"):
    """Return a battery with sound taps that nobody has read yet, and a crosscheck."""
    battery = Battery("house1", "House 1", 200, ("bad_checksum",))
    battery.sample.nominal_mv = 3200 * series
    tap = {
        "top_ohm": 300000,
        "bottom_ohm": 100000,
        "gain_ppm": 1000000,
        "offset_uv": 0,
        "calibrated_against": against,
        "calibrated_time": None,
    }
    battery.harness = Harness([tap] * count, 200)
    battery.crosscheck = Crosscheck(battery)
    return battery


class Rig:
    """Time goes on by 5 s a round: a burst, 1 s later the BMS's answer, a look after each."""

    def __init__(self, battery=None, cells_mv=CELLS_MV, has_answered=True):
        self.battery = battery or wired_battery()
        self.crosscheck = self.battery.crosscheck
        self.now_s10 = 100
        self.cells_mv = list(cells_mv)
        self.taps_mv = [sum(cells_mv[: k + 1]) for k in range(self.battery.harness.count)]
        self.states = [TAP_OK] * len(self.taps_mv)
        self.battery_mv = sum(cells_mv)
        self.current_ma = 0
        if has_answered:
            self.answer()
            self.now_s10 += 10
            self.crosscheck.look(self.now_s10)

    def burst(self):
        harness = self.battery.harness
        for i in range(len(self.taps_mv)):
            harness.taps_uv[i] = self.taps_mv[i] * 1000
            harness.states[i] = self.states[i]
        harness.taken_s10 = self.now_s10
        harness.revision += 1

    def answer(self):
        sample = self.battery.sample
        for i in range(len(self.cells_mv)):
            sample.cells_mv[i] = self.cells_mv[i]
        sample.battery_mv = self.battery_mv
        sample.current_ma = self.current_ma
        sample.stamp(groups.STATUS, self.now_s10)
        sample.stamp(groups.PACK, self.now_s10)
        for block in range((len(self.cells_mv) + 3) // 4):
            sample.stamp(groups.CELLS + block, self.now_s10)

    def rounds(self, count):
        """Let so many rounds pass; return the findings as tuples."""
        for _ in range(count):
            self.now_s10 += 40
            self.burst()
            self.crosscheck.look(self.now_s10)
            self.now_s10 += 10
            self.answer()
            self.crosscheck.look(self.now_s10)
        return self.findings()

    def findings(self):
        return [(one.code, one.tap, one.cell, one.other) for one in self.crosscheck.findings]


def eight_cells():
    cells_mv = (3300, 3310, 3290, 3300, 3305, 3295, 3300, 3320)
    return Rig(wired_battery(8, 8), cells_mv)
