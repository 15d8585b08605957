"""One battery as the bridge knows it: who it is, what it said, how its link does."""

from baybridge.battery.charge import ChargeField
from baybridge.battery.link import Link
from baybridge.battery.sample import STATUS, Sample


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
        self.revision = 0

    def is_fresh(self, group: int, now_s10: int) -> bool:
        """Tell whether a group of values may be shown as the battery's present state."""
        return self.sample.is_fresh(group, now_s10, self.stale_s10)

    def is_alive(self, now_s10: int) -> bool:
        """Tell whether the battery's status is fresh; without it nothing else is shown."""
        return self.is_fresh(STATUS, now_s10)

    def touch(self):
        """Note that something published has changed."""
        self.revision += 1

    def remaining_mah(self) -> int:
        """Return the remaining charge of the last status."""
        sample = self.sample
        return self.charge.remaining_mah(sample.field11_mah, sample.soc_pct)

    def full_mah(self):
        """Return the full charge, or None while it is not known."""
        return self.charge.full_mah(self.sample.field11_mah)

    def power_mw(self) -> int:
        """Return the power of the last status, positive when charging."""
        # mV x uA would overflow a small int; a big one here costs 16 bytes until the next
        # collection and is exact.
        return self.sample.battery_mv * self.sample.current_ma // 1000
