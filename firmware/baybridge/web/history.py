"""What a battery did over time, as JSON: from RAM where that reaches, else from the card's log.

It decides the steps of an answer and where they come from. A step is a whole number of the
source's steps and the last one holds this moment, so the same step of two answers is the same.
Imported at the first question.
"""

from micropython import const

from microdot import Response

from baybridge.record.calendar import iso_utc
from baybridge.record.history import ALL, COARSE_SPAN_S, FINE_SPAN_S
from baybridge.record.json_text import text
from baybridge.web.problem import problem

_MAX_MINUTES = const(10080)
_MINUTES = const(60)
_MIN_POINTS = const(2)
_MAX_POINTS = const(500)
_POINTS = const(120)


async def answer(bridge, request, id):
    """Return the history, a problem, or None if there is no such battery."""
    history = bridge.history_of(id)
    if history is None:
        return None
    minutes = _number(request, "minutes", _MINUTES, 1, _MAX_MINUTES)
    if minutes is None:
        return _refused(request, "minutes", 1, _MAX_MINUTES)
    points = _number(request, "points", _POINTS, _MIN_POINTS, _MAX_POINTS)
    if points is None:
        return _refused(request, "points", _MIN_POINTS, _MAX_POINTS)
    span_s = minutes * 60
    now_s = bridge.clock.uptime_s10() // 10
    body = None
    # RAM knows nothing from before its start, and nothing older than a day.
    if span_s > min(now_s, COARSE_SPAN_S) and _has_log(bridge):
        from baybridge.web import log_series

        if bridge.is_card_read:
            detail = "Another history is being read from the card."
            return problem(503, detail, request.path, {"Retry-After": "10"})
        body = await log_series.read(bridge, request, id, span_s, points)
    if body is None:
        body = _from_ram(bridge, id, history, span_s, points)
    return Response(body, 200, {"Content-Type": "application/json", "Cache-Control": "no-store"})


def head(id, unix_s, now_s, from_s, step_s, source):
    """Return the answer up to its series; times in seconds of uptime, unix_s None if unknown."""

    def time(uptime_s):
        return text(None if unix_s is None else iso_utc(unix_s - now_s + uptime_s))

    return (
        '{"id":%s,"from":%s,"to":%s,"from_uptime_s":%d,"to_uptime_s":%d,"step_s":%d,'
        '"source":"%s","series":{'
    ) % (text(id), time(from_s), time(now_s), from_s, now_s, step_s, source)


def whole_steps(span_s, points, unit_s):
    """Return the units of a step and the number of steps, at most points, that reach so far."""
    k = max(-(-span_s // (points * unit_s)), 1)
    return k, -(-span_s // (k * unit_s))


def _has_log(bridge):
    card = bridge.card
    return card is not None and card.is_mounted and bridge.clock.unix_s() is not None


def _from_ram(bridge, id, history, span_s, points):
    track = history.fine if span_s <= FINE_SPAN_S else history.coarse
    k, count = whole_steps(min(span_s, COARSE_SPAN_S), points, track.step_s)
    now_s = bridge.clock.uptime_s10() // 10
    step_s = track.step_s * k
    last = now_s // step_s
    # Nothing is known from before the start.
    first = max(last - count + 1, 0)
    yield head(id, bridge.clock.unix_s(), now_s, first * step_s, step_s, "ram")
    yield from track.pieces(ALL, first * k, last - first + 1, k)
    yield "}}"


def _number(request, name, default, low, high):
    """Return the number asked for, None if it is none or out of range."""
    given = request.args.get(name)
    if given is None:
        return default
    for c in given:
        if c not in "0123456789":
            return None
    if not 1 <= len(given) <= 6:
        return None
    return int(given) if low <= int(given) <= high else None


def _refused(request, name, low, high):
    detail = "%s: has to be a whole number from %d to %d." % (name, low, high)
    return problem(400, detail, request.path)
