"""Listening for advertisements, shared by all who miss a battery, so that one scan serves all."""

import asyncio


class Listener:
    """What the radio heard last, heard anew when that is too old."""

    def __init__(self, central, clock):
        self._central = central
        self._clock = clock
        self._lock = asyncio.Lock()
        self._heard = []
        self._heard_s10 = None

    async def hear(self, max_age_s10, duration_ms):
        """Return [(name, addr_type, address, rssi_dbm)] of a scan that ended at most so long ago.

        Raises Refused when the radio does not scan.
        """
        async with self._lock:
            now_s10 = self._clock.uptime_s10()
            if self._heard_s10 is None or now_s10 - self._heard_s10 > max_age_s10:
                await self._central.scan(duration_ms)
                self._heard = self._central.adverts.heard()
                self._heard_s10 = self._clock.uptime_s10()
            return self._heard
