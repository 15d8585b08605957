"""What hangs on a simulated battery: loads and chargers as functions of model time.

A profile has wanted_ma(at_ms, battery) (the current it would make flow, positive when charging)
and holds_ms(at_ms) (how long that value may be kept, at least 1). A profile belongs to one
battery.
"""

from tools.sim.lcg import scatter

_FOREVER_MS = 3600000
_DAY_S = 86400


class Idle:
    """Nothing is switched on."""

    def wanted_ma(self, at_ms, battery):
        return 0

    def holds_ms(self, at_ms):
        return _FOREVER_MS


class Steps:
    """[(seconds, current_ma), ...] one after the other; 0 mA after the last."""

    def __init__(self, steps):
        self._steps = tuple(steps)

    def wanted_ma(self, at_ms, battery):
        end_ms = 0
        for seconds, current_ma in self._steps:
            end_ms += seconds * 1000
            if at_ms < end_ms:
                return current_ma
        return 0

    def holds_ms(self, at_ms):
        end_ms = 0
        for seconds, _ in self._steps:
            end_ms += seconds * 1000
            if at_ms < end_ms:
                return end_ms - at_ms
        return _FOREVER_MS


_GRID_S = 5  # everything on the boat switches on this grid
_START_S = 9 * 3600 + 1800  # a run begins in the morning: sun, and a kettle soon
_SOLAR_WIDTH_S = 14 * 3600
_SUNRISE_S = 6 * 3600
_CHARGER_MV = 3550  # a cell, constant voltage of shore charger and solar regulator
_FLOAT_MV = 3375
_CHARGER_MA = 40000
_PLUG_IN_PCT = 15  # the owner ties up at a pontoon rather than drift about in the dark
_CLOUD_S = 30
_PUMP_SLOT_S = 50
_FRIDGE_S = 900
_KETTLE_SLOT_S = 1200


class Boat:
    """A day on a boat, another one for every seed; the first kettle is on within a minute.

    Currents are for a 12 V battery; 8 and 16 cells carry a half and a quarter of them.
    """

    def __init__(self, seed=1):
        self._seed = seed
        self._is_plugged = False
        self._is_floating = False

    def holds_ms(self, at_ms):
        return _GRID_S * 1000 - at_ms % (_GRID_S * 1000)

    def _draw_ma(self, at_s, clock_s):
        """Return what everything switched on takes, as a positive number."""
        seed = self._seed
        draw_ma = 350 + scatter(seed, at_s // _GRID_S, 101)  # instruments, router
        if (at_s + 131 * seed) % _FRIDGE_S < 315:
            draw_ma += 4200
        if 18 * 3600 + 1800 <= clock_s < 23 * 3600 + 1800:
            draw_ma += 2500  # lights
        if 7 * 3600 <= clock_s < 23 * 3600:
            slot, since_s = divmod(at_s, _PUMP_SLOT_S)
            on_s = 5 * scatter(seed + 1, slot, 4)
            if since_s < on_s:
                draw_ma += 5000  # water pump
            # Kettle, toaster, hair dryer: something on the inverter.
            slot, since_s = divmod(at_s, _KETTLE_SLOT_S)
            is_used = slot == 0 or scatter(seed + 2, slot, 4) == 0
            if is_used and 25 <= since_s < 115 + 5 * scatter(seed + 3, slot, 25):
                draw_ma += 100000 + 100 * scatter(seed + 4, slot, 251)
        return draw_ma

    def _solar_ma(self, at_s, clock_s):
        """Return what the panels give: a bell over the day, times the day's weather and clouds."""
        sun_s = clock_s - _SUNRISE_S
        if not 0 < sun_s < _SOLAR_WIDTH_S:
            return 0
        # A parabola squared is near enough to a bell; whole numbers keep interpreters alike.
        height = 4 * sun_s * (_SOLAR_WIDTH_S - sun_s) * 1000 // (_SOLAR_WIDTH_S * _SOLAR_WIDTH_S)
        peak_ma = 22000 + 80 * scatter(self._seed + 5, (at_s + _START_S) // _DAY_S, 101)
        slot, since_s = divmod(at_s, _CLOUD_S)
        before = 600 + scatter(self._seed + 6, slot, 401)
        after = 600 + scatter(self._seed + 6, slot + 1, 401)
        cloud = before + (after - before) * since_s // _CLOUD_S
        return peak_ma * height // 1000 * height // 1000 * cloud // 1000

    def _shore_ma(self, at_s, clock_s, battery):
        """Return what the charger at the pontoon could give: every third night, or when empty."""
        soc_pct = battery.bms.soc_pct()
        day = (at_s + _START_S) // _DAY_S
        if soc_pct <= _PLUG_IN_PCT or (day + self._seed) % 3 == 0 and clock_s >= 20 * 3600:
            self._is_plugged = True
        elif soc_pct > 60 and 8 * 3600 <= clock_s < 20 * 3600:
            self._is_plugged = False
        return _CHARGER_MA if self._is_plugged else 0

    def wanted_ma(self, at_ms, battery):
        at_s = at_ms // (_GRID_S * 1000) * _GRID_S
        clock_s = (at_s + _START_S) % _DAY_S
        size = 4 / battery.series
        draw_ma = int(self._draw_ma(at_s, clock_s) * size)
        source_ma = self._solar_ma(at_s, clock_s) + self._shore_ma(at_s, clock_s, battery)
        source_ma = int(source_ma * size)
        if source_ma == 0:
            self._is_floating = False
            return -draw_ma
        # Both regulators hold the voltage by giving less; they cannot take anything back.
        if battery.bms.is_full:
            self._is_floating = True
        elif battery.bms.soc_pct() < 95:
            self._is_floating = False
        limit_mv = _FLOAT_MV if self._is_floating else _CHARGER_MV
        held_ma = battery.current_at_ma(limit_mv * battery.series)
        return max(-draw_ma, min(source_ma - draw_ma, held_ma))
