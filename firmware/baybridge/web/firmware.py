"""The firmware itself over HTTP: which version runs, take another one, whose key signs it.

Imported at the first question. What is refused and why is tasks/update.py's.
"""

from micropython import const

from microdot import Response

from baybridge.record.json_text import fixed, flag, object_of, text
from baybridge.web.head import Refusal
from baybridge.web.problem import problem

# The text of a key of 4096 bits, and some.
_MAX_KEY_BYTES = const(1100)
_MAX_TRIES = const(3)


def state(bridge, request):
    """Return what runs, what lies beside it, and what became of the last one."""
    try:
        updater = bridge.firmware()
        slots = updater.slots
        now = slots.state()
        other = slots.other_version()
        has_key = updater.modulus() is not None
    except ValueError:
        has_key = False  # a damaged one serves nobody
    except OSError as exc:
        return _flash_failed(request, exc)
    return _answer(
        (
            ("version", text(updater.version)),
            ("slot", text(slots.running or None)),
            ("trial", _trial(now)),
            ("failed", _failed(now)),
            ("other", _other(other)),
            ("key_set", flag(has_key)),
            ("updating", flag(updater.is_busy)),
        ),
        200,
    )


async def update(bridge, request):
    """Take an archive, and start again with what is in it."""
    forced = request.args.get("force", "false")
    if forced not in ("true", "false"):
        return problem(400, "force: has to be true or false.", request.path)
    body = request.stream
    try:
        if not body.length:
            raise Refusal(422, "There is no archive in the request.")
        version = await bridge.firmware().receive(body, forced == "true")
    except Refusal as exc:
        headers = {"Retry-After": exc.extra} if exc.extra else None
        return problem(exc.status, exc.detail, request.path, headers)
    except OSError as exc:
        return _flash_failed(request, exc)
    bridge.restart("updated to " + version)
    return _answer((("version", text(version)), ("restarting", "true")), 202)


def set_key(bridge, request):
    """Store the owner's public key, once."""
    try:
        if len(request.body) > _MAX_KEY_BYTES:
            raise Refusal(413, "The body is longer than %d bytes." % _MAX_KEY_BYTES)
        try:
            given = str(request.body, "utf-8")
        except ValueError:
            raise Refusal(422, "The body is not UTF-8 text.")
        bridge.firmware().set_key(given)
    except Refusal as exc:
        return problem(exc.status, exc.detail, request.path)
    except OSError as exc:
        return _flash_failed(request, exc)
    return _answer((("key_set", "true"),), 200)


def _trial(now):
    if now is None or not now.trial:
        return "null"
    return object_of(
        (
            ("slot", text(now.trial)),
            ("tried", fixed(now.tried, 0)),
            ("tries", fixed(_MAX_TRIES, 0)),
        )
    )


def _failed(now):
    if now is None or not now.failed:
        return "null"
    return object_of((("slot", text(now.failed)), ("why", text(now.why or None))))


def _other(other):
    if other is None:
        return "null"
    return object_of((("slot", text(other[0])), ("version", text(other[1]))))


def _flash_failed(request, exc):
    sentence = "The flash failed (%s)." % exc
    return problem(503, sentence, request.path, {"Retry-After": "10"})


def _answer(pairs, status):
    fields = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    return Response(object_of(pairs), status, fields)
