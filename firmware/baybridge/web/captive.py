"""Leads a phone that has joined the access point to the page.

Every name leads here (ports/name_server.py), so what comes for a name that is not ours is the
phone's own look for the internet, http://captive.apple.com/hotspot-detect.html for example, or a
page somebody typed. Told to go elsewhere, the phone shows what it finds there.
"""

from microdot import Response

from baybridge.web.hosts import is_ours

_READING = " GET HEAD "


def redirect(request, bridge):
    """Return the Response that leads to the page, or None if the request is meant for us."""
    if " %s " % request.method not in _READING:
        return None
    host = request.headers.get("Host")
    if host is None or is_ours(host, bridge.name):
        return None
    ip = bridge.network.access.access_point.ip()
    if ip is None:
        return None  # switched off between two lines
    # The port as it was asked for: a phone's own look always goes to 80.
    _, colon, port = host.partition(":")
    if not port.isdigit():
        colon = port = ""
    fields = {"Location": "http://%s%s%s/" % (ip, colon, port), "Cache-Control": "no-store"}
    return Response("", 302, fields)
