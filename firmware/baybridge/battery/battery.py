"""One battery as the bridge knows it: who it is, what it said, how its link does."""

from micropython import const

from baybridge.battery.charge import ChargeField
from baybridge.battery.counters import Counters
from baybridge.battery.link import Link
from baybridge.battery.sample import CELLS, SENSORS, STATUS, Sample

# Temperatures outside are a missing or broken thermistor (protocol.md 7.7).
_MIN_TEMP_C = const(-40)
_MAX_TEMP_C = const(90)


class Battery:
    """The state of one battery; tasks write it, web and record read it.

    revision grows with every change somebody could see, so that a text made of it can be kept
    until then.
    """

    def __init__(self, id: str, name: str, stale_s10: int, reasons: tuple):
        self.id = id
        self.name = name
        self.stale_s10 = stale_s10
        self.sample = Sample()
        self.charge = ChargeField()
        self.link = Link(reasons)
        # A reading counts for as long as it is shown: one rule for what is still believed.
        self.counters = Counters(stale_s10 * 100)
        # The wired taps (taps.Harness), what they say of the BMS (crosscheck.Crosscheck), and
        # what is wrong (alarms.Alarms): None without taps, and until somebody sets them.
        self.harness: object = None
        self.crosscheck: object = None
        self.alarms: object = None
        self.revision = 0

    def is_fresh(self, group: int, now_s10: int) -> bool:
        """Tell whether a group of values may be shown as the battery's present state."""
        return self.sample.is_fresh(group, now_s10, self.stale_s10)

    def is_alive(self, now_s10: int) -> bool:
        """Tell whether the battery's status is fresh; without it nothing else is shown."""
        return self.is_fresh(STATUS, now_s10)

    def known(self, group: int, value, now_s10: int):
        """Return a value of a group, or None unless it and the status are fresh."""
        return value if self.is_alive(now_s10) and self.is_fresh(group, now_s10) else None

    def set_stale(self, stale_s10: int):
        """Believe a reading for another length of time from now on."""
        self.stale_s10 = stale_s10
        self.counters.max_gap_ms = stale_s10 * 100
        if self.harness is not None:
            self.harness.stale_s10 = stale_s10  # type: ignore[attr-defined]
        self.touch()

    def touch(self):
        """Note that something published has changed."""
        self.revision += 1

    def cell_mv(self, i: int, now_s10: int):
        """Return one cell of the series, from 0, or None if it is not known."""
        return self.known(CELLS + i // 4, self.sample.cells_mv[i], now_s10)

    def cells_mv(self, now_s10: int) -> list:
        """Return every cell of the series, None for one that is not known."""
        return [self.cell_mv(i, now_s10) for i in range(self.sample.series)]

    def spread_mv(self, now_s10: int):
        """Return highest minus lowest cell, or None unless all of them are known."""
        cells = self.cells_mv(now_s10)
        return None if None in cells or not cells else max(cells) - min(cells)

    def temp_c(self, i: int, now_s10: int):
        """Return the temperature of one sensor, from 0, or None if it is not known."""
        temp_c = self.sample.temps_c[i]
        if not _MIN_TEMP_C <= temp_c <= _MAX_TEMP_C:
            return None
        return self.known(SENSORS, temp_c, now_s10)

    def temps_c(self, now_s10: int) -> list:
        """Return as many temperatures as there are sensors, None for one that is not known."""
        return [self.temp_c(i, now_s10) for i in range(self.sample.temp_count)]

    def soc_pct(self, now_s10: int):
        """Return the state of charge in whole percent, or None if it is not known or absurd."""
        soc_pct = self.sample.soc_pct
        return self.known(STATUS, soc_pct, now_s10) if soc_pct <= 100 else None

    def remaining_mah(self, now_s10: int):
        """Return the remaining charge, or None if it is not known."""
        soc_pct = self.soc_pct(now_s10)
        if soc_pct is None:
            return None
        return self.charge.remaining_mah(self.sample.field11_mah, soc_pct)

    def full_mah(self, now_s10: int):
        """Return the full charge, or None while nobody knows it."""
        return self.known(STATUS, self.charge.full_mah(self.sample.field11_mah), now_s10)

    def power_mw(self, now_s10: int):
        """Return the power, positive when charging, or None if it is not known."""
        sample = self.sample
        # mV times mA may leave the small ints; a big one costs 16 bytes until it is collected.
        return self.known(STATUS, sample.battery_mv * sample.current_ma // 1000, now_s10)
