"""Requests that are nearly right: real ones with something done to them, the same on each run.

What is done knows where HTTP breaks: line ends, lengths, colons, percent signs, numbers. All of it
is drawn from a Dice, so a number names a request.
"""

from tools.sim.lcg import Dice

_HEAD = b"%s HTTP/1.1\r\nHost: localhost\r\n%s\r\n"
_JSON = b"Authorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"
_READS = (
    b"GET /",
    b"GET /api/v1/batteries",
    b"GET /api/v1/batteries/house1",
    b"GET /api/v1/batteries/house1/history?minutes=60&points=120",
    b"GET /api/v1/batteries/house1/limits",
    b"GET /api/v1/events",
    b"GET /api/v1/logs",
    b"GET /api/v1/logs/house1_2026-11-22.csv",
    b"GET /api/v1/frames?battery=house1",
    b"GET /api/v1/diagnostics",
    b"GET /api/v1/config",
    b"GET /api/v1/config?secrets=true",
    b"GET /api/v1/wifi",
    b"GET /metrics",
    b"GET /healthz",
    b"HEAD /api/v1/batteries",
    b"OPTIONS /api/v1/time",
)
_FIELDS = (
    b"",
    b"",
    b"Accept-Encoding: gzip\r\n",
    b"Range: bytes=0-99\r\n",
    b'If-None-Match: "0123456789abcdef"\r\n',
    b"Connection: keep-alive\r\nUser-Agent: Mozilla/5.0\r\n",
    b"Authorization: Bearer look-at-it\r\n",
    b"Origin: http://localhost\r\n",
    b"Expect: 100-continue\r\n",
)
# With the right token these change nothing that matters here.
_CHANGES = (
    (b"POST /api/v1/batteries/house1/fast", b'{"minutes":0}'),
    (b"POST /api/v1/time", b'{"time":"2026-11-22T15:30:00Z"}'),
    (b"PUT /api/v1/config", b'{"alarms":{"soc_low_pct":10}}'),
    (b"POST /api/v1/frames", b'{"minutes":0}'),
)
_ODD = (
    b"\r\n",
    b"\n",
    b"\r",
    b"\r\n\r\n",
    b"\x00",
    b"\xff\xfe",
    b"\xc3\xa9",
    b"%",
    b"%00",
    b"%zz",
    b"..",
    b"/",
    b"//",
    b"?",
    b"&&=",
    b"#",
    b":",
    b": ",
    b" ",
    b"\t",
    b";q=",
    b",",
    b'"',
    b"{",
    b"}",
    b"[[[[",
    b"\\u0000",
    b"null",
    b"-1",
    b"0",
    b"1e999",
    b"99999999999999999999",
    b"HTTP/1.1",
    b"HTTP/9.9",
    b"Transfer-Encoding: chunked\r\n",
    b"Content-Length: 5\r\n",
    b"Content-Length: 99999\r\n",
    b"Host: evil.example\r\n",
    b"Expect: 100-continue\r\n",
    b"Authorization: Bearer \xff\r\n",
    b"A" * 300,
    b"X: y\r\n" * 40,
)


def odd_request(number, token=b"guess"):
    """Return request number as a list of pieces to be sent one after the other."""
    dice = Dice(number)
    raw = _real(dice, token)
    for _ in range(1 + dice.below(3)):
        raw = _do(dice, raw)
    pieces = []
    while raw and dice.below(4) == 0 and len(pieces) < 3:
        n = dice.below(min(len(raw), 2000) + 1)
        pieces.append(raw[:n])
        raw = raw[n:]
    pieces.append(raw)
    return [piece for piece in pieces if piece]


def _real(dice, token):
    if dice.below(4) == 0:
        start, body = _CHANGES[dice.below(len(_CHANGES))]
        return _HEAD % (start, _JSON % (token, len(body))) + body
    start = _READS[dice.below(len(_READS))]
    return _HEAD % (start, _FIELDS[dice.below(len(_FIELDS))])


def _do(dice, raw):
    n = len(raw)
    at = dice.below(min(n, 2000) + 1)
    end = min(n, at + 1 + dice.below(12))
    kind = dice.below(9)
    if kind == 0:  # other bits
        return raw[:at] + bytes([b ^ 1 << dice.below(8) for b in raw[at:end]]) + raw[end:]
    if kind == 1:  # left out
        return raw[:at] + raw[end:]
    if kind == 2:  # twice
        return raw[:end] + raw[at:end] + raw[end:]
    if kind == 3:  # cut off
        return raw[:at]
    if kind == 4:  # in place of something
        return raw[:at] + _ODD[dice.below(len(_ODD))] + raw[end:]
    if kind == 5:  # a line more, where a line may be
        lines = raw.split(b"\r\n")
        lines.insert(1 + dice.below(len(lines)), _ODD[dice.below(len(_ODD))])
        return b"\r\n".join(lines)
    if kind == 6:  # lines in another order
        lines = raw.split(b"\r\n")
        i = dice.below(len(lines))
        k = dice.below(len(lines))
        lines[i], lines[k] = lines[k], lines[i]
        return b"\r\n".join(lines)
    if kind == 7:  # something behind it
        return raw + bytes([dice.below(256) for _ in range(dice.below(200))])
    return raw[:at] + _ODD[dice.below(len(_ODD))] + raw[at:]
