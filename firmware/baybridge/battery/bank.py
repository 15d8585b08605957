"""Several batteries together: sums over the fresh ones, and how many are missing."""


class Bank:
    """The bank's sums as of one moment; None for what cannot be known."""

    def __init__(self, batteries, now_s10: int):
        fresh = [battery for battery in batteries if battery.is_alive(now_s10)]
        self.count = len(batteries)
        self.missing = len(batteries) - len(fresh)
        self.current_ma = self.power_mw = self.remaining_mah = None
        if fresh:
            self.current_ma = sum([battery.sample.current_ma for battery in fresh])
            self.power_mw = sum([battery.power_mw(now_s10) for battery in fresh])
            # One whose SoC is absurd makes the sum unknown, not smaller.
            charges = [battery.remaining_mah(now_s10) for battery in fresh]
            self.remaining_mah = None if None in charges else sum(charges)
