"""What changes state over HTTP: body in, effect or a problem out. Imported at the first change.

Each function takes the request of somebody who may change, and answers with a small JSON that
says what is now the case. Bodies are one flat JSON object; what is wrong with one is said by
the name of its key.
"""

import json
from micropython import const

from microdot import Response

from baybridge.config_kinds import clip
from baybridge.record.calendar import iso_utc, unix_s
from baybridge.record.json_text import fixed, flag, object_of, text
from baybridge.web.head import Refusal
from baybridge.web.problem import problem

# The longest body with a meaning has 60.
_MAX_BODY_BYTES = const(256)
_MAX_HOLD_MINUTES = const(120)
_MAX_RECORD_MINUTES = const(60)
_RELEASE_MINUTES = const(10)
_FAST_MINUTES = const(30)


def release(bridge, request, id):
    """Let go of a battery's link for some minutes, so that the phone app can connect."""

    def act(body):
        minutes = _minutes(body, _RELEASE_MINUTES, _MAX_HOLD_MINUTES)
        if not bridge.release(id, minutes):
            return None
        pairs = [("id", text(id))]
        if minutes:
            # What the state is after the end of it is the next poll's to find out.
            pairs.append(("link_state", text("released")))
        pairs.append(("for_s", fixed(minutes * 60, 0)))
        return pairs

    return _change(request, ("minutes",), act)


def fast(bridge, request, id):
    """Poll a battery as fast as its link goes, for some minutes."""

    def act(body):
        minutes = _minutes(body, _FAST_MINUTES, _MAX_HOLD_MINUTES)
        if not bridge.fast(id, minutes):
            return None
        return (("id", text(id)), ("fast", flag(minutes > 0)), ("for_s", fixed(minutes * 60, 0)))

    return _change(request, ("minutes",), act)


def set_time(bridge, request):
    """Set the clock; a boat has no NTP."""

    def act(body):
        given = body.get("time")
        time_s = unix_s(given) if isinstance(given, str) else None
        if time_s is None:
            raise Refusal(
                422,
                "time: has to be a text like 2026-11-22T15:30:00Z, or with an offset like "
                "+02:00 in place of Z; a time without either could be anywhere's.",
            )
        try:
            bridge.set_time(time_s)
        except ValueError as exc:
            raise Refusal(422, "time: " + str(exc))
        return (("time", text(iso_utc(time_s))),)

    return _change(request, ("time",), act)


def record_frames(bridge, request):
    """Record raw frames to the card for some minutes."""

    def act(body):
        minutes = _minutes(body, None, _MAX_RECORD_MINUTES)
        try:
            file = bridge.record_frames(minutes)
        except OSError as exc:
            raise Refusal(503, str(exc), "30")
        except ValueError as exc:
            raise Refusal(409, str(exc))
        return (
            ("recording", flag(minutes > 0)),
            ("file", text(file)),
            ("for_s", fixed(minutes * 60, 0)),
        )

    return _change(request, ("minutes",), act)


def _change(request, keys, act):
    """Return the Response of act(body), or the problem that a Refusal stands for.

    None when act finds no battery of the address' id.
    """
    try:
        body = body_of(request, keys)
        pairs = act(body)
    except Refusal as exc:
        # For these, extra is the seconds of Retry-After.
        headers = {"Retry-After": exc.extra} if exc.extra else None
        return problem(exc.status, exc.detail, request.path, headers)
    if pairs is None:
        return None
    fields = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    return Response(object_of(pairs), 200, fields)


def body_of(request, keys):
    """Return the body as a dict with no other keys than these; Refusal if it is none."""
    example = '{"%s": ...}' % keys[0] if keys else "{}"
    given = object_in(request, example, _MAX_BODY_BYTES)
    for key in sorted(given):
        if key not in keys:
            known = ", ".join(keys) or "none"
            raise Refusal(422, "%s: unknown key; known here: %s." % (clip(key), known))
    return given


def object_in(request, example, max_bytes):
    """Return the body as a dict of any keys; Refusal if it is none. example is one of them."""
    body = request.body or b""
    kind = (request.content_type or "").split(";")[0].strip().lower()
    if kind != "application/json":
        raise Refusal(415, "The body has to be JSON, with 'Content-Type: application/json'.")
    if len(body) > max_bytes:
        raise Refusal(413, "The body is longer than %d bytes." % max_bytes)
    # The board's heap has no room for many copies of a long one.
    request._body = b""
    try:
        whole = str(body, "utf-8")
    except ValueError:
        raise Refusal(400, "The body is not UTF-8 text.")
    if not whole.strip():
        raise Refusal(400, "There is no body; it is an object like %s." % example)
    from baybridge.web.json_syntax import check

    try:
        check(body)
        body = None
        given = json.loads(whole)
    except ValueError as exc:
        # The parser's own words are for a number of thousands of digits, on CPython.
        said = str(exc)
        raise Refusal(400, said if said.startswith("The body ") else "The body is not JSON.")
    if not isinstance(given, dict):
        raise Refusal(422, "The body has to be an object like %s." % example)
    return given


def _minutes(body, default, high):
    """Return the minutes asked for, 0 to end it; default None means that they must be given."""
    value = default
    if "minutes" in body:
        value = body["minutes"]
    # No whole number that is written as a float: 1e1 is more likely a mistake.
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= high:
        raise Refusal(
            422, "minutes: has to be a whole number from 1 to %d, or 0 to end it." % high
        )
    return value
