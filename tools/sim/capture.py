"""CAPTURE files: recorded conversations with a battery, read, written and replayed.

The format is the product's: `> hex` is a request, the `< hex` lines under it are the
notifications it caused, `<+120 hex` one that came 120 ms after the line before it. `# name:` and
`# address:` describe the battery, every other `#` line is a comment. Nothing here knows what the
bytes mean: a capture with wrong checksums is replayed as it stands.
"""

_HEX = "0123456789abcdef"
_ADDR_TYPES = ("public", "random")


class Capture:
    """One recorded battery.

    replies: request bytes -> list of turns, one for each time the file holds the request; a turn
    is a list of (delay_ms, bytes), the delay counted from the notification before it.
    name and address are None where the file does not say.
    """

    def __init__(self, name, address, addr_type, replies):
        self.name = name
        self.address = address
        self.addr_type = addr_type
        self.replies = replies


def _refuse(number, why):
    raise ValueError("line %d: %s" % (number, why))


def _parse_hex(text, number):
    digits = "".join(text.lower().split())
    for digit in digits:
        if digit not in _HEX:
            _refuse(number, "'%s' is not a hex digit" % digit)
    if not digits:
        _refuse(number, "there are no bytes on this line")
    if len(digits) % 2:
        _refuse(number, "%d hex digits do not make whole bytes" % len(digits))
    return bytes([int(digits[i : i + 2], 16) for i in range(0, len(digits), 2)])


def _parse_address(text, number):
    words = text.lower().split()
    parts = words[0].split(":") if words else []
    good = len(parts) == 6
    for part in parts:
        good = good and len(part) == 2 and part[0] in _HEX and part[1] in _HEX
    if not good:
        _refuse(number, "an address looks like 02:12:34:00:20:61")
    addr_type = words[1] if len(words) > 1 else "public"
    if addr_type not in _ADDR_TYPES or len(words) > 2:
        _refuse(number, "after the address stands public or random")
    return words[0], addr_type


def _parse_notification(text, number):
    delay_ms = 0
    if text.startswith("+"):
        words = text[1:].split(None, 1)
        if not words or not words[0].isdigit():
            _refuse(number, "after '<+' stands the wait in ms, as in '<+120 cc'")
        delay_ms = int(words[0])
        text = words[1] if len(words) > 1 else ""
    return delay_ms, _parse_hex(text, number)


def parse(text: str) -> Capture:
    """Read the text of a CAPTURE file; ValueError names the line and says what is wrong."""
    name = address = turn = None
    addr_type = "public"
    replies = {}
    if text.startswith("\ufeff"):
        text = text[1:]
    number = 0
    for line in text.split("\n"):
        number += 1
        line = line.strip()
        mark, rest = line[:1], line[1:].strip()
        if mark == ">":
            turn = []
            replies.setdefault(_parse_hex(rest, number), []).append(turn)
        elif mark == "<":
            if turn is None:
                _refuse(number, "a notification before the first request ('> hex')")
            turn.append(_parse_notification(rest, number))
        elif mark == "#":
            key, colon, value = rest.partition(":")
            key, value = key.strip().lower(), value.strip()
            if colon and key == "name":
                if name is not None:
                    _refuse(number, "a second name; one file describes one battery")
                if not value:
                    _refuse(number, "the name is empty")
                name = value
            elif colon and key == "address":
                if address is not None:
                    _refuse(number, "a second address; one file describes one battery")
                address, addr_type = _parse_address(value, number)
        elif mark:
            _refuse(number, "a line starts with '>', '<' or '#', this one with '%s'" % mark)
    if not replies:
        _refuse(number, "the file ends without a request ('> hex')")
    return Capture(name, address, addr_type, replies)


def _hex(data):
    return "".join(["%02x" % byte for byte in data])


def write(name, address, addr_type, exchanges, comments=()) -> str:
    """Return the text of a CAPTURE file.

    exchanges: (request, [(delay_ms, notification), ...]) in the order they happened; comments:
    lines for the top. A name or address of None leaves its header out.
    """
    lines = ["# " + comment for comment in comments]
    if name is not None:
        lines.append("# name: " + name)
    if address is not None:
        lines.append("# address: %s %s" % (address, addr_type))
    for request, notifications in exchanges:
        lines.append("> " + _hex(request))
        for delay_ms, notification in notifications:
            wait = "+%d" % delay_ms if delay_ms else ""
            lines.append("<%s %s" % (wait, _hex(notification)))
    return "\n".join(lines) + "\n"


class ReplayBattery:
    """A battery that answers what a capture holds, turn after turn and round again.

    number tells captures without an address apart, each needs one of its own on the air.
    """

    def __init__(self, capture, number=1):
        self.name = capture.name or "SOK-REPLAY%d" % number
        self.address = capture.address or "02:00:00:00:00:%02x" % number
        self.addr_type = int(capture.addr_type == "random")
        self._replies = capture.replies
        self._turns = {}

    def reply(self, request, now_ms):
        """Return the next recorded (delay_ms, bytes) list for a request; [] if it has none."""
        request = bytes(request)
        turns = self._replies.get(request)
        if turns is None:
            return []
        turn = self._turns.get(request, 0)
        self._turns[request] = (turn + 1) % len(turns)
        return turns[turn]
