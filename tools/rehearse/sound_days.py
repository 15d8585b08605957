"""Days of soundly wired boards: does the crosscheck find anything where there is nothing?

A day has too many bursts to take each of their readings. So every board first takes some
whole bursts (chip, noise, Wi-Fi, 128 readings a tap, Harness); how far they were off what chip
and dividers make of the true taps is kept. The day's bursts are the true taps through the same
dividers and chip, computed at the temperature and load of the moment, and one of those residues,
drawn with replacement, all four taps of one burst together. What compares them is the firmware.
"""

import math

from baybridge.battery import sample as groups
from baybridge.battery.finding import VERDICT_OK
from baybridge.battery.taps import scale
from tools.rehearse import boards
from tools.rehearse.wiring import TAPS, Board

# Every other of the firmware's bursts, as if those between met a BMS that was busy.
BURST_S10 = 100
_DAY_S10 = 864000
_RESIDUES = 24
# Dividers and chip are evaluated anew after so many bursts, or when the load changes.
_FEW = 12
# The bay in a day: its mean is up to 12 K off the 25 degrees of the calibration, and it swings by
# up to 8 K about that. The cells wander by up to 0.15 V either way as charge comes and goes.
_MEAN_K, _SWING_K = 12, 8
_WANDER_UV = 150000


class SoundBoard(Board):
    """A calibrated board that can live through days in a hurry."""

    def __init__(self, seed):
        super().__init__(seed)
        self._residues = []
        self.draw_battery(seed)
        for _ in range(_RESIDUES):
            self.live()
            clean_uv = self._clean_uv()
            taps_uv = self.harness.taps_uv
            self._residues.append([taps_uv[i] - clean_uv[i] for i in range(TAPS)])

    def _clean_uv(self):
        """Return what the taps would read without noise."""
        harness, sim, temp_c = self.harness, self.sim, self.temp_c
        return [
            scale(
                sim.chip.level_uv(sim.pin_uv(k, temp_c), k - 1, temp_c), harness.factors_ppm[k - 1]
            )
            + harness.offsets_uv[k - 1]
            for k in range(1, TAPS + 1)
        ]

    def live_a_day(self, seed, burst_s10=BURST_S10):
        """Return the codes of what was found in a day, and for which share of it all was ok."""
        self.draw_battery(seed)
        draw = self.random
        mean_c = boards.CALIBRATED_AT_C + draw.uniform(-_MEAN_K, _MEAN_K)
        swing_k = draw.uniform(0, _SWING_K)
        wander_uv = draw.uniform(0, _WANDER_UV)
        rest_uv = (
            [one - wander_uv for one in self._rest_uv] if draw.random() < 0.5 else self._rest_uv
        )
        phase, other_phase = draw.uniform(0, 6.3), draw.uniform(0, 6.3)
        harness, crosscheck, sample = self.harness, self.crosscheck, self.battery.sample
        taps_uv, taken_s10, chance = harness.taps_uv, sample.taken_s10, draw.random
        begin_s10 = self.now_s10
        found = set()
        ok = 0
        bursts = _DAY_S10 // burst_s10
        for n in range(bursts):
            before_ma = self._current_ma
            self.draw_current()
            if n % _FEW == 0 or self._current_ma != before_ma:
                turn = 2 * math.pi * n / bursts
                self.temp_c = mean_c + swing_k * math.sin(turn + phase)
                move_uv = wander_uv * math.sin(turn + other_phase)
                self._rest_uv = [one + move_uv for one in rest_uv]
                self.load_cells()
                clean_uv = self._clean_uv()
                sample.battery_mv = int(self.taps_uv[TAPS] * self._stack_gain / 1000)
                # What the BMS rounds, with its restlessness of +-1 mV before that.
                bms_mv = [self.cell_uv(i + 1) / 1000 + self._bms_mv[i] - 0.5 for i in range(TAPS)]
            residue_uv = self._residues[int(_RESIDUES * chance())]
            for i in range(TAPS):
                taps_uv[i] = clean_uv[i] + residue_uv[i]
            harness.taken_s10 = now_s10 = begin_s10 + n * burst_s10
            harness.revision += 1
            crosscheck.look(now_s10)
            now_s10 += 10
            for i in range(TAPS):
                sample.cells_mv[i] = int(bms_mv[i] + 2 * chance())
            current_ma = self._current_ma
            sample.current_ma = current_ma + int(600 * chance()) - 300 if current_ma else 0
            for group in (groups.STATUS, groups.PACK, groups.CELLS):
                taken_s10[group] = now_s10
            crosscheck.look(now_s10)
            if crosscheck.state == VERDICT_OK:
                ok += 1
            for one in crosscheck.findings:
                found.add(one.code)
        self.clock.at_ms = (now_s10 + burst_s10) * 100
        return found, ok / bursts


def play(task):
    """Return what was found on each day of a board; task is its seed and how many days."""
    seed, days = task
    board = SoundBoard(seed)
    return [board.live_a_day(f"{seed} {day}") for day in range(days)]
