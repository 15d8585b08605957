"""The dashboard: one packed file on the flash, sent as it lies there. Imported at the first visit.

`make page` builds it from firmware/www, with the tag that says which one it is. A bridge it was
not put on, and a client that takes no gzip, get a page that lists the addresses instead.
"""

from micropython import const

from microdot import Response

from baybridge.web.problem import problem

_PAGE = const("www/index")
_DESCRIPTION = const("www/openapi")
_HTML = const("text/html; charset=utf-8")
_EIO = const(5)
# One read, and the most that is in memory of a file.
_PIECE_BYTES = const(1024)
# Read in one turn while the socket takes it; then the others have theirs.
_TURN_PIECES = const(4)

_LIST = const(
    "<!doctype html><html lang=en><meta charset=utf-8>"
    "<meta name=viewport content='width=device-width'><title>Bay Bridge</title>"
    "<h1>Bay Bridge</h1>"
    "<p>This bridge reads SOK batteries over Bluetooth and answers here with JSON. "
    "It only listens: it never switches anything in a battery."
    "<p>%s What there is:<ul>"
    "<li><a href=/api/v1/batteries>/api/v1/batteries</a> all batteries"
    "<li>/api/v1/batteries/<i>id</i> one of them"
    "<li>/api/v1/batteries/<i>id</i>/history what it did"
    "<li><a href=/api/v1/logs>/api/v1/logs</a> the files on the card"
    "<li><a href=/api/v1/discovery>/api/v1/discovery</a> the batteries in the air"
    "<li><a href=/api/v1/frames>/api/v1/frames</a> the last raw frames"
    "<li><a href=/api/v1/diagnostics>/api/v1/diagnostics</a> how the bridge is doing"
    "<li><a href=/healthz>/healthz</a> whether it is well</ul>"
)
_NO_PAGE = const("The dashboard is not on this bridge: <code>make page</code> builds it.")
_NO_GZIP = const(
    "The dashboard is for browsers: it comes as gzip only, which this client refused."
)


def answer(files, request):
    """Return the dashboard, or the list of addresses; files is the port, or None."""
    response = packed(files, request, _PAGE, ".html.gz", _HTML)
    if response is not None:
        return response
    has_page = files is not None and files.size(_PAGE + ".html.gz") is not None
    text = _LIST % (_NO_GZIP if has_page else _NO_PAGE)
    return Response(text, 200, {"Content-Type": _HTML, "Vary": "Accept-Encoding"})


def description(files, request):
    """Return the API's description, or the problem why not; files is the port, or None."""
    response = packed(files, request, _DESCRIPTION, ".json.gz", "application/json")
    if response is not None:
        return response
    fields = {"Vary": "Accept-Encoding"}
    if files is None or files.size(_DESCRIPTION + ".json.gz") is None:
        detail = "The description is not on this bridge: `make page` builds it."
        return problem(404, detail, request.path, fields)
    detail = "It comes as gzip only, for which the request has to ask (curl --compressed)."
    return problem(406, detail, request.path, fields)


def packed(files, request, name, ending, kind):
    """Return a compressed file of the flash with its tag in `name.etag`.

    None if there is no such file, or if the client takes no gzip.
    """
    if files is None or not takes_gzip(request.headers.get("Accept-Encoding")):
        return None
    size = files.size(name + ending)
    if size is None:
        return None
    fields = {"Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    tag = (files.read_text(name + ".etag") or "").strip()
    if tag:
        tag = '"%s"' % tag
        fields["ETag"] = tag
        if is_listed(tag, request.headers.get("If-None-Match")):
            return Response(b"", 304, fields)
    fields["Content-Type"] = kind
    fields["Content-Encoding"] = "gzip"
    fields["Content-Length"] = "%d" % size
    # The guard sends what has a send_to().
    body = Packed(files, name + ending, size)
    return Response(body, 200, fields)  # type: ignore[arg-type]


def takes_gzip(given):
    """Tell whether an Accept-Encoding field takes gzip, RFC 9110, 12.5.3; no field does not."""
    is_taken = False
    for one in (given or "").lower().split(","):
        coding, _, weight = one.partition(";")
        coding = coding.strip()
        if coding in ("gzip", "x-gzip", "*"):
            # Any digit but 0 after the q; what cannot be read refuses nothing.
            weight = weight.partition("=")[2].strip()
            is_taken = not weight or weight.strip("0.") != ""
            if coding != "*":
                return is_taken
    return is_taken


def is_listed(tag, given):
    """Tell whether an If-None-Match field has the tag; weak comparison, RFC 9110, 13.1.2."""
    for one in (given or "").split(","):
        one = one.strip()
        if one == "*" or one == tag or one == "W/" + tag:
            return True
    return False


class Packed:
    """The bytes of a file on the flash, announced before."""

    def __init__(self, files, name, size):
        self._files = files
        self._name = name
        self._size = size

    async def send_to(self, c):
        """Send all of it; OSError when the file or the client is gone, which ends the answer."""
        view = memoryview(bytearray(_PIECE_BYTES))
        at = 0
        while at < self._size:
            for _ in range(_TURN_PIECES):
                at += self._put(c, view, at)
                if at >= self._size or not c.has_room:
                    break
            await c.flush()

    def _put(self, c, view, at):
        n = self._files.read_at(self._name, at, view)
        left = self._size - at
        if n < len(view) and n < left:
            # Written anew meanwhile; the client learns by the length that this is not all.
            raise OSError(_EIO, "shorter than announced")
        n = min(n, left)
        c.put(view if n == len(view) else view[:n])
        return n
