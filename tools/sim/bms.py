"""What the battery's own BMS decides: FETs, protection, SoC counting, balancing, heater.

Limits as read from the real 24 V battery (frames F5..F8 and FA of its capture), scaled by the
number of cells. Behaviour between the limits (delays, when a battery counts as full) is not
published; it is chosen here to be plausible, nothing may be concluded from it.
"""

from tools.sim.frames import (
    encode_balance_limits,
    encode_cell_limits,
    encode_charge_limits,
    encode_discharge_limits,
    encode_levels,
)

_BLEED_OHM = 56  # about 60 mA at the top: a usual passive balancer
_OC_HOLD_MS = 30000
_UV_HOLD_MS = 60000  # or a load would switch itself on and off at the knee
_HEATER_OFF_C = 7

# Order of the bytes in F9. It is this model's own: nobody has published the real one.
PROTECTIONS = (
    "cell_ov",
    "battery_ov",
    "charge_oc",
    "charge_cold",
    "charge_hot",
    "cell_uv",
    "battery_uv",
    "discharge_oc",
    "discharge_cold",
    "discharge_hot",
)
_CHARGE_SIDE = 5  # the first five open the charge FET, the others the discharge FET


class Limit:
    """A trip with hysteresis; over when it trips upwards."""

    def __init__(self, trip, release, hold_ms=0):
        self.trip = trip
        self.release = release
        self.hold_ms = hold_ms
        self.tripped = False
        self._over = trip > release
        self._held_ms = 0

    def update(self, value, dt_ms):
        """Return True while tripped; a release waits for hold_ms too."""
        past = value >= self.trip if self._over else value <= self.trip
        if past:
            self.tripped = True
            self._held_ms = 0
        elif self.tripped:
            self._held_ms += dt_ms
            back = value <= self.release if self._over else value >= self.release
            if back and self._held_ms >= self.hold_ms:
                self.tripped = False
        return self.tripped


class SimBMS:
    """State of the BMS; updated after every step of the cells."""

    def __init__(self, series, rated_mah, full_mah, soc_pct, cycles, occ_ma, ocd_ma, has_heater):
        self.series = series
        self.rated_mah = rated_mah
        self.full_mah = full_mah
        self.full_mas = full_mah * 3600.0
        self.counted_mas = self.full_mas * soc_pct / 100
        self.is_full = soc_pct >= 100
        self.cycles = cycles
        self.has_heater = has_heater
        self.nominal_mv = 3200 * series
        self.taper_ma = rated_mah // 10
        self.balance_start_mv = 3400
        self.balance_difference_mv = 20
        self.limits = (
            Limit(3650, 3600),
            Limit(3650 * series, 3600 * series),
            Limit(occ_ma, 0, _OC_HOLD_MS),
            Limit(0, 5),
            Limit(55, 50),
            Limit(2500, 2550, _UV_HOLD_MS),
            Limit(2500 * series, 2600 * series, _UV_HOLD_MS),
            Limit(ocd_ma, 0, _OC_HOLD_MS),
            Limit(-20, -15),
            Limit(75, 70),
        )
        self.flags = bytearray(16)
        self.chg_fet = True
        self.dis_fet = True
        self.heater = False
        self.balancing = False
        # Discharged since the last whole cycle.
        self._out_mas = 0.0

    def allowed_ma(self, wanted_ma):
        """Return the current the FETs let through of the one wanted."""
        if wanted_ma > 0 and not self.chg_fet or wanted_ma < 0 and not self.dis_fet:
            return 0
        return wanted_ma

    def soc_pct(self):
        """Return the SoC as the BMS shows it: 100 only after a full charge was seen."""
        if self.is_full:
            return 100
        return min(int(self.counted_mas * 100 / self.full_mas + 0.5), 99)

    def remaining_mah(self):
        return int(self.counted_mas / 3600 + 0.5)

    def update(self, cells, current_ma, measured_ma, wanted_ma, temp_low_c, temp_high_c, dt_ms):
        """Judge the cells after a step; sets FETs, flags, heater and every cell's bleed.

        wanted_ma is what charger and loads would make flow if the FETs let them.
        """
        low_mv = high_mv = cells[0].uv / 1000
        stack_mv = 0.0
        for cell in cells:
            cell_mv = cell.uv / 1000
            stack_mv += cell_mv
            if cell_mv < low_mv:
                low_mv = cell_mv
            elif cell_mv > high_mv:
                high_mv = cell_mv
        self._protect(
            low_mv, high_mv, stack_mv, current_ma, wanted_ma, temp_low_c, temp_high_c, dt_ms
        )
        self._count(measured_ma, stack_mv, dt_ms)
        self._balance(cells, low_mv, high_mv)
        # The heater runs on the charger, so only while one is there.
        if wanted_ma <= 0 or temp_low_c >= _HEATER_OFF_C:
            self.heater = False
        elif self.has_heater and self.limits[3].tripped:
            self.heater = True

    def _protect(self, low_mv, high_mv, stack_mv, current_ma, wanted_ma, low_c, high_c, dt_ms):
        limits = self.limits
        limits[0].update(high_mv, dt_ms)
        limits[1].update(stack_mv, dt_ms)
        limits[2].update(current_ma, dt_ms)
        limits[3].update(low_c, dt_ms)
        limits[4].update(high_c, dt_ms)
        limits[5].update(low_mv, dt_ms)
        limits[6].update(stack_mv, dt_ms)
        limits[7].update(-current_ma, dt_ms)
        limits[8].update(low_c, dt_ms)
        limits[9].update(high_c, dt_ms)
        self.chg_fet = self.dis_fet = True
        for i in range(len(limits)):
            tripped = limits[i].tripped
            self.flags[i] = 1 if tripped else 0
            if tripped and i < _CHARGE_SIDE:
                self.chg_fet = False
            elif tripped:
                self.dis_fet = False

    def _count(self, measured_ma, stack_mv, dt_ms):
        moved_mas = measured_ma * dt_ms / 1000
        counted_mas = self.counted_mas + moved_mas
        if moved_mas < 0:
            self._out_mas -= moved_mas
            if self._out_mas >= self.full_mas:
                self._out_mas -= self.full_mas
                self.cycles += 1
        # Full: near the top and the charge has tapered off, or a cell has had enough.
        tapered = stack_mv >= 3500 * self.series and 0 < measured_ma <= self.taper_ma
        if tapered or self.limits[0].tripped:
            counted_mas = self.full_mas
            self.is_full = True
        elif self.limits[5].tripped:
            counted_mas = 0.0
        counted_mas = min(max(counted_mas, 0.0), self.full_mas)
        if counted_mas < self.full_mas * 0.995:
            self.is_full = False
        self.counted_mas = counted_mas

    def _balance(self, cells, low_mv, high_mv):
        above_mv = max(self.balance_start_mv, low_mv + self.balance_difference_mv)
        balancing = high_mv > above_mv
        if balancing or self.balancing:
            for cell in cells:
                cell_mv = cell.uv / 1000
                cell.bleed_ma = cell_mv / _BLEED_OHM if cell_mv > above_mv else 0
        self.balancing = balancing

    def settings_frames(self):
        """Return F5, F6, F7, F8 and FA."""
        cell_ov, battery_ov, occ, cold, hot, cell_uv, battery_uv, ocd, dis_cold, dis_hot = (
            self.limits
        )
        return (
            encode_cell_limits(
                cell_ov.trip,
                cell_ov.release,
                cell_uv.trip,
                cell_uv.release,
                occ.trip,
                ocd.trip,
            ),
            encode_charge_limits(
                battery_ov.trip, battery_ov.release, hot.trip, hot.release, cold.trip, cold.release
            ),
            encode_discharge_limits(
                battery_uv.trip,
                battery_uv.release,
                dis_hot.trip,
                dis_hot.release,
                dis_cold.trip,
                dis_cold.release,
            ),
            encode_levels(self.nominal_mv, 2800 * self.series, 3600 * self.series, self.taper_ma),
            encode_balance_limits(self.balance_start_mv, self.balance_difference_mv, 9999),
        )
