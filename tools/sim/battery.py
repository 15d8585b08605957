"""A simulated SOK battery: cells, BMS and load behind the frames of the real one.

Model time follows the caller's ticks and nothing else, so a simulated day takes as long as its
polls. What the model holds exactly (`cell_uv`, `tap_uv`, `current_ma`) is there beside the frames,
which carry what the BMS measures: rounded, and with a little noise.
"""

import math

from tools.sim.bms import SimBMS
from tools.sim.cell import JOINT_TAU_MS, RC_TAU_MS, Cell
from tools.sim.frames import (
    encode_cells,
    encode_name,
    encode_pack,
    encode_protection,
    encode_sensors,
    encode_status,
    make_request,
)
from tools.sim.lcg import LCG
from tools.sim.load import Idle

# Long enough to be cheap after a gap, short against the RC pair's 90 s.
_MAX_STEP_MS = 60000
_HEATER_W = 60
# F0 exceeds the sum of the cells by 0.02 % in the 48 V capture.
_BATTERY_ERROR_PPM = 200

_REQUESTS = {make_request(command): command for command in range(0xC0, 0xC5)}


def _ticks_diff(a, b):
    # Ticks of 30 bits, as both clocks count them; also right for a count that never wraps.
    return ((a - b + 0x20000000) & 0x3FFFFFFF) - 0x20000000


class SimBattery:
    """One battery on the air; advanced by reply() or step().

    field11: "full" or "remaining", what F0 carries at offset 11. has_protection: whether C4 is
    answered. noise: whether measured values jitter. temps: 1 or 2 sensors.
    """

    def __init__(
        self,
        series=4,
        rated_mah=206000,
        name="SOK-AA20601",
        address="02:12:34:00:20:61",
        soc_pct=54,
        seed=1,
        load=None,
        full_mah=None,
        cycles=37,
        date=(2024, 5, 17),
        ambient_c=20,
        temp_count=2,
        has_protection=True,
        has_heater=True,
        field11="full",
        charge_limit_ma=100000,
        discharge_limit_ma=200000,
        noise=True,
    ):
        if series not in (4, 8, 16):
            raise ValueError("a SOK battery has 4, 8 or 16 cells in series, not %d" % series)
        if field11 not in ("full", "remaining"):
            raise ValueError("field11 is 'full' or 'remaining'")
        if temp_count not in (1, 2):
            raise ValueError("1 or 2 temperature sensors")
        self.series = series
        self.name = name
        self.address = address
        self.addr_type = 0
        self.date = date
        self.ambient_c = ambient_c
        self.temp_count = temp_count
        self.has_protection = has_protection
        self.field11 = field11
        self.noise = noise
        self.load = load or Idle()
        self.at_ms = 0
        # True current through the cells, positive when charging.
        self.current_ma = 0
        # Zero error of the BMS's shunt: measured, counted and shown, never real.
        self.shunt_offset_ma = 0
        full_mah = full_mah or rated_mah
        self.bms = SimBMS(
            series,
            rated_mah,
            full_mah,
            soc_pct,
            cycles,
            charge_limit_ma,
            discharge_limit_ma,
            has_heater,
        )
        self._lcg = LCG(seed)
        self.cells = [self._make_cell(full_mah, soc_pct) for _ in range(series)]
        self._noise_mv = [0] * series
        self._noise_ma = 0
        self._last_ms = None
        self._step_ms = 0
        self._decay_ms = None
        self._rc_keep = self._joint_keep = 1.0
        self._name_frame = encode_name("SOK-BMS")
        self._settings = self.bms.settings_frames()

    def _make_cell(self, full_mah, soc_pct):
        # A cell holds up to 2 % more than the rating says. Cells are alike at the top, where they
        # are balanced, give or take 0.1 %; so the smallest one is the first to be empty.
        cell_mah = full_mah * (1000 + self._lcg.below(21)) / 1000
        missing_mah = full_mah * (100 - soc_pct) / 100 + full_mah * self._lcg.below(11) / 10000
        factor = (950 + self._lcg.below(101)) / 1000
        return Cell(cell_mah, cell_mah - missing_mah, self.ambient_c, factor)

    # --- the model ------------------------------------------------------------------------------

    def step(self, dt_ms):
        """Let dt_ms of model time pass; 0 lets only the current find its value."""
        if dt_ms == 0:
            self._substep(0)
        while dt_ms > 0:
            step_ms = min(dt_ms, _MAX_STEP_MS, self.load.holds_ms(self.at_ms))
            self._substep(step_ms)
            dt_ms -= step_ms
        if self.noise:
            for i in range(self.series):
                self._noise_mv[i] = self._lcg.below(3) - 1
            self._noise_ma = self._lcg.below(31) - 15 if self.current_ma else 0

    def _substep(self, dt_ms):
        self._step_ms = dt_ms
        if dt_ms != self._decay_ms:
            self._decay_ms = dt_ms
            self._rc_keep = math.exp(-dt_ms / RC_TAU_MS)
            self._joint_keep = math.exp(-dt_ms / JOINT_TAU_MS)
        bms, cells = self.bms, self.cells
        wanted_ma = self.load.wanted_ma(self.at_ms, self)
        current_ma = bms.allowed_ma(wanted_ma)
        heat_w = _HEATER_W / self.series if bms.heater else 0.0
        for cell in cells:
            cell.step(
                current_ma, dt_ms / 1000, self._rc_keep, self._joint_keep, self.ambient_c, heat_w
            )
        self.at_ms += dt_ms
        first_c, last_c = cells[0].temp_c, cells[-1].temp_c
        bms.update(
            cells,
            current_ma,
            current_ma + self.shunt_offset_ma,
            wanted_ma,
            min(first_c, last_c),
            max(first_c, last_c),
            dt_ms,
        )
        # A FET that has just opened stops the current now, not after the next step.
        self.current_ma = bms.allowed_ma(current_ma)
        if self.current_ma != current_ma:
            for cell in cells:
                cell.set_current(self.current_ma)

    def current_at_ma(self, battery_mv):
        """Return the current that would bring the cells' sum to battery_mv now.

        What a charger in constant voltage needs. The rise during the coming step counts as
        resistance too, or the current would swing at the steep end of the curve.
        """
        missing_uv = battery_mv * 1000
        uv_per_ma = 0.0
        for cell in self.cells:
            missing_uv -= cell.ocv_uv + cell.rc_uv * self._rc_keep
            uv_per_ma += (cell.series_uohm + cell.rc_uohm * (1 - self._rc_keep)) / 1000
            uv_per_ma += cell.slope_uv_per_mas * self._step_ms / 1000
        return int(missing_uv / uv_per_ma)

    def cell_uv(self, i):
        """Return the true voltage of cell i (from 0) between its two taps."""
        return int(self.cells[i].uv)

    def tap_uv(self, k):
        """Return the true voltage of tap k against battery negative; tap 0 is 0."""
        return int(sum([cell.uv for cell in self.cells[:k]]))

    # --- the air --------------------------------------------------------------------------------

    def reply(self, request, now_ms):
        """Advance the model to now_ms and answer a request: a list of (delay_ms, frame).

        now_ms may be a 30-bit tick or a count that never wraps; the first call starts the model.
        A delay counts from the frame before. Anything but C0..C4 with a right CRC gets [].
        """
        elapsed_ms = 0 if self._last_ms is None else _ticks_diff(now_ms, self._last_ms)
        if elapsed_ms >= 0 and (elapsed_ms or self._last_ms is None):
            self._last_ms = now_ms
            self.step(elapsed_ms)
        command = _REQUESTS.get(bytes(request))
        if command is None:
            return []
        return [(30 + self._lcg.below(31), frame) for frame in self._frames(command)]

    def _frames(self, command):
        if command == 0xC0:
            return (self._name_frame,)
        if command == 0xC1:
            return (self._status_frame(), self._sensors_frame())
        if command == 0xC3:
            return self._settings
        if command == 0xC4:
            return (encode_protection(self.bms.flags),) if self.has_protection else ()
        cells_mv = self.measured_cells_mv()
        frames = [self._status_frame(), self._pack_frame()]
        for first in range(1, self.series + 1, 4):
            frames.append(encode_cells(first, cells_mv))
        return frames

    def measured_cells_mv(self):
        """Return the cells as the BMS measures them."""
        return [
            max(int(self.cells[i].uv / 1000 + 0.5) + self._noise_mv[i], 0)
            for i in range(self.series)
        ]

    def _status_frame(self):
        bms = self.bms
        stack_uv = sum([cell.uv for cell in self.cells])
        return encode_status(
            int(stack_uv * (1000000 + _BATTERY_ERROR_PPM) / 1000000000 + 0.5),
            self.current_ma + self.shunt_offset_ma + self._noise_ma,
            bms.rated_mah,
            bms.full_mah if self.field11 == "full" else bms.remaining_mah(),
            bms.cycles,
            bms.soc_pct(),
        )

    def _sensors_frame(self):
        temps_c = [math.floor(self.cells[0].temp_c + 0.5)]
        if self.temp_count == 2:
            temps_c.append(math.floor(self.cells[-1].temp_c + 0.5))
        # Guess of protocol notes: 1 discharging and 2 idle are in the captures, 0 charging is not.
        state = 2 if self.current_ma == 0 else 0 if self.current_ma > 0 else 1
        return encode_sensors(self.bms.chg_fet, self.bms.dis_fet, temps_c, state)

    def _pack_frame(self):
        bms = self.bms
        return encode_pack(self.date, bms.nominal_mv, bms.heater, 1 if bms.balancing else 0)
