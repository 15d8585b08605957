"""Follows the bursts for whoever calibrates taps, and keeps the coefficients; made when asked for.

What a calibration is worth and what is absurd is battery/calibration.py's. Here is its order: the
stored configuration first, then the coefficients in force, so that what is in force is never lost
at the next start.
"""

from micropython import const

from baybridge.battery.calibration import Calibration, NotNow
from baybridge.record.calendar import iso_utc

_PERIOD_MS = const(1000)
_WAIT_MS = const(200)
# Longer than BURSTS bursts of four batteries take, five seconds apart.
SETTLE_MS = const(60000)


class Calibrator:
    """The calibrations of all batteries; settings are their records in the configuration in use.

    store(change) calls change(configuration) on the stored one and writes it; it returns what the
    stored one has that would be lost, and then nothing was written.
    """

    def __init__(self, batteries, settings, store, clock):
        self._clock = clock
        self._store = store
        self._all = []
        for i in range(len(batteries)):
            self._all.append(Calibration(batteries[i], settings[i]["taps"]))

    async def run(self, job):
        """Follow the bursts for ever; job.beat() shows progress."""
        while True:
            job.beat()
            now_s10 = self._clock.uptime_s10()
            for calibration in self._all:
                calibration.feed(now_s10)
            await self._clock.sleep_ms(_PERIOD_MS)

    def of(self, id):
        """Return the Calibration of the battery of this id, or None if there is none."""
        for calibration in self._all:
            if calibration.battery.id == id:
                return calibration
        return None

    async def settle(self, calibration):
        """Wait until enough bursts agree, until that is hopeless, or SETTLE_MS."""
        clock = self._clock
        started_ms = clock.ticks_ms()
        while not calibration.is_settled:
            if calibration.hindrance(clock.uptime_s10()) is not None:
                return
            if clock.ticks_diff(clock.ticks_ms(), started_ms) >= SETTLE_MS:
                return
            await clock.sleep_ms(_WAIT_MS)

    def keep(self, calibration, proposal):
        """Keep what was proposed; NotNow with a sentence, or OSError, if it cannot be."""
        unix_s = self._clock.unix_s()
        time = None if unix_s is None else iso_utc(unix_s)
        self._put(calibration, calibration.records(proposal, time))

    def undo(self, calibration):
        """Go back to the calibration before; NotNow with a sentence, or OSError, if that fails."""
        self._put(calibration, calibration.previous_records())

    def _put(self, calibration, records):
        id = calibration.battery.id

        def change(stored):
            for battery in stored["batteries"]:
                if battery["id"] == id and _dividers(battery["taps"]) == _dividers(records):
                    battery["taps"] = records
                    return
            raise NotNow(
                "The stored configuration has other taps than those in use; start the bridge "
                "again, and then calibrate."
            )

        lost = self._store(change)
        if lost:
            raise NotNow(
                "The stored configuration has problems, and writing it would lose what was meant "
                "there. Put it right first: " + "; ".join(lost) + "."
            )
        calibration.put_in_force(records)


def _dividers(taps):
    return [(tap["pin"], tap["top_ohm"], tap["bottom_ohm"]) for tap in taps]
