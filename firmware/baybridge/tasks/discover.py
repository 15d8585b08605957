"""Answers which batteries are in the air, for an owner who has to tell the bridge theirs.

Listening takes the radio from everything else for some seconds, so there is one scan at a time
and its result serves all who ask within ten seconds. Imported when somebody asks.
"""

import asyncio
from micropython import const

from baybridge.battery import link as states
from baybridge.protocol.advert import ABC, MODBUS, address_text, protocol_of
from baybridge.record.discovery_json import discovery_json

_SCAN_MS = const(5000)
_FRESH_S10 = const(100)
# Before it can listen, the radio may have to finish connecting to each of four batteries.
_PATIENCE_S10 = const(400)
_LOOK_MS = const(50)

_MODBUS_NOTE = const("it speaks SOK's other protocol, Modbus, which this bridge does not read")
_UNKNOWN_NOTE = const("nobody has said what a battery of this name speaks; it may not be readable")
_CONNECTED_NOTE = const("connected to this bridge; it does not advertise meanwhile")


class Discovery:
    """places are (address or None, match) of each battery, as configured."""

    def __init__(self, listener, clock, batteries, places):
        self._listener = listener
        self._clock = clock
        self._batteries = batteries
        self._places = places
        self._body = None
        self._taken_s10 = 0
        # The scan under way, made by the first who asks and waited for by all; None when it is
        # over. Nobody who leaves ends it.
        self._scan = None
        self._error = None

    async def ask(self):
        """Return the JSON of a scan not older than ten seconds; OSError with a sentence."""
        start_s10 = self._clock.uptime_s10()
        if self._body is None or start_s10 - self._taken_s10 > _FRESH_S10:
            if self._scan is None:
                self._scan = asyncio.create_task(self._listen())
            while self._scan is not None:
                if self._clock.uptime_s10() - start_s10 > _PATIENCE_S10:
                    raise OSError("the radio is busy connecting; ask again in a while")
                await self._clock.sleep_ms(_LOOK_MS)
            if self._error is not None:
                raise OSError(self._error)
        return self._body

    async def _listen(self):
        try:
            # Not what the others heard last: they listen just long enough for their own.
            heard = await self._listener.hear(-1, _SCAN_MS)
            self._body = discovery_json(self._rows(heard))
            self._taken_s10 = self._clock.uptime_s10()
            self._error = None
        except Exception as exc:
            # The radio's refusal above all. Whoever waits gets to know it.
            self._error = str(exc) or repr(exc)
        finally:
            self._scan = None

    def _rows(self, heard):
        rows = []
        connected = []
        for battery in self._batteries:
            link = battery.link
            if link.state == states.CONNECTED and link.address:
                connected.append(link.address)
                who = (link.peer_name, link.address, link.address_type)
                rows.append(_row(who, None, ABC, battery, _CONNECTED_NOTE))
        for name, addr_type, address, rssi_dbm in heard:
            shown = address_text(address)
            # Heard just before it was connected.
            if shown in connected:
                continue
            battery = self._battery_of(name, shown)
            protocol = protocol_of(name)
            note = None
            if protocol == MODBUS:
                note = _MODBUS_NOTE
            elif protocol != ABC:
                note = _UNKNOWN_NOTE
            if battery is not None:
                battery.link.rssi_dbm = rssi_dbm
                battery.link.peer_name = name
                battery.touch()
            kind = "random" if addr_type else "public"
            rows.append(_row((name, shown, kind), rssi_dbm, protocol, battery, note))
        return rows

    def _battery_of(self, name, address):
        """Return the configured battery this is, or would be taken for."""
        for i in range(len(self._batteries)):
            if self._places[i][0] == address:
                return self._batteries[i]
        for i in range(len(self._batteries)):
            battery = self._batteries[i]
            if self._places[i][0] is None and name.startswith(self._places[i][1]):
                # Once it has been connected, its name alone is not enough any more.
                if battery.link.address in (None, address):
                    return battery
        return None


def _row(who, rssi_dbm, protocol, battery, note):
    return who + (rssi_dbm, protocol, None if battery is None else battery.id, note)
