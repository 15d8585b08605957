"""The configuration over HTTP: read it, bring another one, start again with it.

Imported at the first question. Which values are refused is the room config's, what stays of a
configuration that leaves things out tasks/change_config.py's.
"""

from micropython import const

from microdot import Response

from baybridge.record.json_text import array, object_of, text, texts
from baybridge.web.changes import body_of, object_in
from baybridge.web.head import Refusal
from baybridge.web.problem import problem

# As much as the stored text may have.
_MAX_BYTES = const(8192)
# Answers with a configuration that may be on their way at a time: a slow client keeps its text
# in RAM.
_MAX_SENDING = const(2)


def read(bridge, gate, request):
    """Return the stored configuration; with secrets for somebody who may change it."""
    wanted = request.args.get("secrets", "false")
    if wanted not in ("true", "false"):
        return problem(400, "secrets: has to be true or false.", request.path)
    has_secrets = wanted == "true"
    if has_secrets:
        refusal = gate.refuse_secrets(request)
        if refusal is not None:
            return refusal
    if bridge.configs_sent >= _MAX_SENDING:
        busy = "The configuration is being sent to %d others." % _MAX_SENDING
        return problem(503, busy, request.path, {"Retry-After": "2"})
    try:
        pieces = bridge.config_pieces(has_secrets)
    except OSError as exc:
        return _flash_failed(request, "read", exc)
    fields = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    fields["Content-Length"] = "%d" % sum([len(piece.encode()) for piece in pieces])
    bridge.configs_sent += 1
    # The guard closes it, whatever becomes of the client.
    return Response(_Sent(bridge, pieces), 200, fields)  # type: ignore[arg-type]


def change(bridge, request):
    """Store another configuration, or none of it."""
    try:
        given = object_in(request, '{"name": ...}', _MAX_BYTES)
        problems, waiting, applied, warnings = bridge.put_config(given)
    except Refusal as exc:
        return problem(exc.status, exc.detail, request.path)
    except OSError as exc:
        return _flash_failed(request, "stored", exc)
    if problems:
        detail = "Nothing was changed: "
        if len(problems) == 1:
            detail += ": ".join([word for word in problems[0] if word]) + "."
        elif problems[-1][0]:
            detail += "%d values cannot be used." % len(problems)
        else:
            # The last of them only says how many more there are.
            detail += "more than %d values cannot be used." % (len(problems) - 1)
        return problem(422, detail, request.path, None, ',"problems":' + _places(problems))
    return _answer(
        (
            ("stored", "true"),
            ("restart_needed", texts(waiting)),
            ("applied", texts(applied)),
            ("warnings", _places(warnings)),
        ),
        200,
    )


def restart(bridge, request):
    """Have the bridge start again."""
    try:
        body_of(request, ())
    except Refusal as exc:
        return problem(exc.status, exc.detail, request.path)
    bridge.restart("asked for over HTTP")
    return _answer((("restarting", "true"),), 202)


class _Sent:
    # Pieces on their way to a client, counted until it has them or is gone.

    def __init__(self, bridge, pieces):
        self._bridge = bridge
        self._pieces = pieces

    def __iter__(self):
        # Each is gone as soon as it is sent.
        self._pieces.reverse()
        while self._pieces:
            yield self._pieces.pop()

    def close(self):
        self._bridge.configs_sent -= 1


def _places(pairs):
    return array(
        [
            object_of((("place", text(place)), ("message", text(message))))
            for place, message in pairs
        ]
    )


def _flash_failed(request, what, exc):
    sentence = "The configuration could not be %s, the flash failed (%s)." % (what, exc)
    return problem(503, sentence, request.path, {"Retry-After": "10"})


def _answer(pairs, status):
    fields = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    return Response(object_of(pairs), status, fields)
