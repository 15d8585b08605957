"""What changes, as server-sent events: everything once, then each battery when it is another one.

Imported when somebody first listens. Nothing is kept for a listener: what it has to be told is
read off the batteries when its turn comes, so one that is slow gets the latest, and one that takes
nothing at all is dropped by the guard after stall_ms.
"""

from array import array
from micropython import const

from microdot import Response

from baybridge.record.calendar import iso_utc
from baybridge.record.json_text import text
from baybridge.web.problem import problem

# Each has a task and a place among the guard's six for as long as it listens.
_MAX_STREAMS = const(2)
_TURN_MS = const(250)
_PING_S10 = const(100)
# The frames of one poll come over some tenths of a second, and each changes the battery. It is
# sent when it was the same for a turn, or after so many in which it was not.
_MOST_TURNS = const(4)
_LEAST_S10 = const(10)
# What is remembered of each battery: its revision in the turn before, for how many turns it has
# been another one each time, the version of its text and the count of its alarms that were sent,
# and when.
_SEEN = const(0)
_TURNS = const(1)
_VERSION = const(2)
_ALARMS = const(3)
_SENT_S10 = const(4)
_WIDTH = const(5)


def answer(bridge, request, streams):
    """Return the stream of events, or the problem; streams are those that are open."""
    if len(streams) >= _MAX_STREAMS:
        detail = "Two clients listen already; ask /api/v1/batteries now and then instead."
        return problem(503, detail, request.path, {"Retry-After": "30"})
    fields = {"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
    # The guard sends what has a send_to().
    return Response(Stream(bridge, streams), 200, fields)  # type: ignore[arg-type]


class Stream:
    """One listener."""

    def __init__(self, bridge, streams):
        self._bridge = bridge
        self._streams = streams
        self._number = 0
        self._watched = bridge.watched()
        self._sent = array("i", [0] * (_WIDTH * len(self._watched)))

    async def send_to(self, c):
        """Send until the client leaves; OSError when that shows while sending."""
        clock = self._bridge.clock
        self._streams.append(self)
        try:
            self._begin(c)
            await self._taken(c)
            pinged_s10 = clock.uptime_s10()
            while not c.has_left:
                for i in range(len(self._watched)):
                    if self._tell(c, i):
                        await self._taken(c)
                if clock.uptime_s10() - pinged_s10 >= _PING_S10:
                    pinged_s10 += _PING_S10
                    self._put(c, b"ping", self._ping())
                    await self._taken(c)
                # Waiting for something to happen is no stalling.
                c.renew()
                await clock.sleep_ms(_TURN_MS)
        finally:
            self._streams.remove(self)

    async def _taken(self, c):
        await c.flush()
        # CPython's stream would keep what the socket did not take.
        while not c.has_room:
            await self._bridge.clock.sleep_ms(_TURN_MS)

    # What makes and puts texts is no coroutine: the frame of one, which waits for the client,
    # would keep them.

    def _begin(self, c):
        now_s10 = self._bridge.clock.uptime_s10()
        for i in range(len(self._watched)):
            battery, rendered = self._watched[i]
            rendered.refresh(now_s10)
            at = i * _WIDTH
            self._sent[at + _SEEN] = battery.revision
            self._sent[at + _VERSION] = rendered.version
            self._sent[at + _ALARMS] = _changes(battery)
            self._sent[at + _SENT_S10] = now_s10
        c.put(b"retry: 3000\n")
        self._put(c, b"state", self._bridge.batteries_text())

    def _tell(self, c, i):
        """Put what there is to tell of a battery; return whether there was something."""
        battery, rendered = self._watched[i]
        sent = self._sent
        at = i * _WIDTH
        now_s10 = self._bridge.clock.uptime_s10()
        changes = _changes(battery)
        has_changed = changes != sent[at + _ALARMS]
        if has_changed:
            sent[at + _ALARMS] = changes
            told = b'{"battery":"%s","alarms":%s}'
            self._put(c, b"alarm", told % (battery.id.encode(), rendered.alarms(now_s10)))
        if battery.revision != sent[at + _SEEN]:
            sent[at + _SEEN] = battery.revision
            sent[at + _TURNS] += 1
            if sent[at + _TURNS] < _MOST_TURNS:
                return has_changed
        sent[at + _TURNS] = 0
        if now_s10 - sent[at + _SENT_S10] < _LEAST_S10:
            return has_changed
        rendered.refresh(now_s10)
        if rendered.version == sent[at + _VERSION]:
            return has_changed
        sent[at + _VERSION] = rendered.version
        sent[at + _SENT_S10] = now_s10
        self._put(c, b"battery", rendered.render(now_s10))
        return True

    def _ping(self):
        clock = self._bridge.clock
        unix_s = clock.unix_s()
        told = '{"uptime_s":%d,"time":%s}'
        told %= clock.uptime_s10() // 10, text(None if unix_s is None else iso_utc(unix_s))
        return told.encode()

    def _put(self, c, name, told):
        self._number += 1
        # In one piece: a packet on its own would wait for the answer to the one before.
        c.put(b"id: %d\nevent: %s\ndata: %s\n\n" % (self._number, name, told))


def _changes(battery):
    return 0 if battery.alarms is None else battery.alarms.changes
