"""Wi-Fi over HTTP: which way in there is, what is in the air, try another network.

Imported at the first question. A network is kept only when it was joined (tasks/try_network.py),
so the answer to a change is only that it is being tried; the state says how it went.
"""

from micropython import const

from microdot import Response

from baybridge.config_kinds import why_not
from baybridge.record.json_text import text
from baybridge.record.wifi_json import networks_json, wifi_json
from baybridge.web.changes import body_of
from baybridge.web.head import Refusal
from baybridge.web.problem import problem

_MIN_PASSWORD = const(8)
_MAX_PASSWORD = const(63)
_KEY_DIGITS = const(64)  # the key itself in place of a password, IEEE 802.11, J.4
# Longer than a scan and what else is to do.
_SCAN_MS = const(20000)


def state(bridge, request):
    """Return how the bridge is reached, and how the test of a network goes."""
    return _answer(wifi_json(bridge.network))


def networks(bridge, request):
    """Return the networks in the air."""
    try:
        return _answer(networks_json(_heard(bridge, request)))
    except OSError as exc:
        return problem(503, str(exc), request.path, {"Retry-After": "20"})


def join(bridge, request):
    """Begin the test of a network."""
    try:
        body = body_of(request, ("ssid", "password"))
        ssid = body.get("ssid")
        why = why_not("text", ssid, 1, 32, "bytes")
        if why:
            raise Refusal(422, "ssid: %s." % why)
        password = body.get("password")
        if password is None:
            password = ""
        if password != "":
            _check(password)
        else:
            _check_open(bridge, request, ssid)
        bridge.network.join(ssid, password)
    except Refusal as exc:
        return problem(exc.status, exc.detail, request.path)
    except ValueError as exc:
        return problem(409, str(exc), request.path)
    except OSError as exc:
        return problem(503, str(exc), request.path, {"Retry-After": "20"})
    return _answer('{"testing":true,"ssid":%s}' % text(ssid), 202)


def _check(password):
    why = why_not("password", password, _MIN_PASSWORD, _MAX_PASSWORD, "characters")
    if why and not _is_key(password):
        raise Refusal(422, "password: %s." % why)


def _is_key(password):
    is_long = isinstance(password, str) and len(password) == _KEY_DIGITS
    return is_long and not password.lower().strip("0123456789abcdef")


def _check_open(bridge, request, ssid):
    # Without a password only where the air says that there is none: to have forgotten it is the
    # more likely case, and a board that looks for an open network of a name joins anybody's.
    if bridge.network.keeper.wifi.why_fixed:
        return  # join() says it
    for row in _heard(bridge, request):
        if row[0] == ssid and row[2] == "open":
            return
    raise Refusal(
        422,
        "password: has to be %d to %d characters long; only an open network has none, and no "
        "open one of this name is heard." % (_MIN_PASSWORD, _MAX_PASSWORD),
    )


def _heard(bridge, request):
    request.sock[1].renew(_SCAN_MS)
    return bridge.network.networks()


def _answer(body, status=200):
    fields = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    return Response(body, status, fields)
