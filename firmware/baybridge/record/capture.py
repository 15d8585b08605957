"""Raw frames as the text of a CAPTURE file.

An owner sends this file in when the bridge does not understand their battery, and it replays
as that battery (`make run CAPTURE=file`).
"""


class FrameReader:
    """Reads one battery's entries of a FrameLog as lines, each time from where it stopped.

    A capture begins with a request, so replies to one that was not read are left out; a reply
    below another's request would be played as the answer to that.
    """

    def __init__(self, log, battery: int, ticks_diff, first: int):
        # Entries of all batteries that left the ring before they were read.
        self.lost = 0
        self._log = log
        self._battery = battery
        self._ticks_diff = ticks_diff
        self._next = first
        self._last_ms = None

    @property
    def waiting(self) -> int:
        """Entries not read yet, of all batteries."""
        return self._log.count - self._next

    def lines(self):
        """Yield the lines of what has come; a line is whole or not there."""
        log = self._log
        while self._next < log.count:
            n = self._next
            lost = log.oldest() - n
            if lost > 0:
                self.lost += lost
                self._next += lost
                self._last_ms = None
                yield "# too fast: up to %d lines are missing here\n" % lost
                continue
            self._next += 1
            kind = log.kind(n, self._battery)
            if kind is None or (kind == "<" and self._last_ms is None):
                continue
            taken_ms = log.taken_ms(n)
            payload = _hex(log.payload(n))
            past_ms = 0 if kind == ">" else max(self._ticks_diff(taken_ms, self._last_ms), 0)
            self._last_ms = taken_ms
            if kind == ">":
                yield "> %s\n" % payload
            elif payload:
                yield "<+%d %s\n" % (past_ms, payload)
            else:
                yield "# a notification without a byte after %d ms\n" % past_ms


def head_lines(battery):
    """Yield the lines of a CAPTURE file that say whose it is."""
    link = battery.link
    yield "# name: %s\n" % (link.peer_name or battery.name)
    if link.address:
        yield "# address: %s %s\n" % (link.address, link.address_type)


def _hex(payload):
    return "".join(["%02x" % b for b in payload])
