"""The routes of the HTTP API, as a Microdot app over a bridge.

It decides addresses, statuses and who may read. What an answer holds comes from the bridge as
finished text; sockets, limits and the HTTP syntax are the guard's.
Handlers are coroutines: on CPython microdot sends plain functions to a thread pool.
"""

from microdot import Microdot, Response

from baybridge.web.problem import problem

_JSON = "application/json"

# The dashboard takes this place; until then a page that says where everything is.
_PAGE = (
    "<!doctype html><html lang=en><meta charset=utf-8>"
    "<meta name=viewport content='width=device-width'><title>Bay Bridge</title>"
    "<h1>Bay Bridge</h1>"
    "<p>This bridge reads SOK batteries over Bluetooth and answers here with JSON. "
    "It only listens: it never switches anything in a battery."
    "<p>The dashboard is not built yet. What there is:<ul>"
    "<li><a href=/api/v1/batteries>/api/v1/batteries</a> all batteries"
    "<li>/api/v1/batteries/<i>id</i> one of them"
    "<li><a href=/api/v1/frames>/api/v1/frames</a> the last raw frames"
    "<li><a href=/api/v1/diagnostics>/api/v1/diagnostics</a> how the bridge is doing"
    "<li><a href=/healthz>/healthz</a> whether it is well</ul>"
)


def is_same_secret(given: str, secret: str) -> bool:
    """Compare in a time that depends on the length of given only."""
    given = given.encode()
    secret = secret.encode()
    if not secret:
        return False
    differ = len(given) ^ len(secret)
    n = len(secret)
    for i in range(len(given)):
        differ |= given[i] ^ secret[i % n]
    return differ == 0


def bearer_of(request):
    """Return the token of the Authorization header, or None."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else None


def refuse_reader(request, bridge):
    """Return the 401 for a request that may not read, or None."""
    if bridge.read_token is None:
        return None
    token = bearer_of(request)
    if token is not None:
        # Both are compared every time, so that the answer's time tells neither.
        can_read = is_same_secret(token, bridge.read_token)
        can_change = is_same_secret(token, bridge.token or "")
        if can_read or can_change:
            return None
    challenge = 'Bearer realm="Bay Bridge"'
    if token is not None:
        challenge += ', error="invalid_token"'
    return problem(
        401,
        "Reading needs the header 'Authorization: Bearer <read token>'."
        if token is None
        else "The token is not the one in the configuration.",
        request.path,
        {"WWW-Authenticate": challenge},
    )


def _live(body, kind=_JSON, status=200):
    return Response(body, status, {"Content-Type": kind, "Cache-Control": "no-store"})


def make_app(bridge) -> Microdot:
    """Return the app; bridge is read anew at every request."""
    app = Microdot()

    @app.before_request
    async def may_read(request):
        # The page holds no reading, and a browser has no token before the page asks for it.
        return None if request.path == "/" else refuse_reader(request, bridge)

    @app.get("/")
    async def page(request):
        return Response(_PAGE, 200, {"Content-Type": "text/html; charset=utf-8"})

    @app.get("/api/v1/batteries")
    async def batteries(request):
        return _live(bridge.batteries_text())

    @app.get("/api/v1/batteries/<id>")
    async def battery(request, id):
        text = bridge.battery_text(id)
        if text is None:
            known = bridge.battery_ids()
            detail = "There is no battery of this id. " + (
                "Known: %s." % ", ".join(known) if known else "None is configured."
            )
            return problem(404, detail, request.path)
        return _live(text)

    @app.get("/api/v1/frames")
    async def frames(request):
        return _live(bridge.frames_pieces(), "text/plain; charset=utf-8")

    @app.get("/api/v1/diagnostics")
    async def diagnostics(request):
        return _live(bridge.diagnostics_pieces())

    @app.get("/healthz")
    async def health(request):
        is_well, text = bridge.health()
        return _live(text, "application/health+json", 200 if is_well else 503)

    @app.errorhandler(404)
    async def not_found(request):
        return problem(404, "Nothing is at this address; / lists what there is.", request.path)

    @app.errorhandler(405)
    async def not_allowed(request):
        allow = app.default_options_handler(request)
        detail = "%s is not possible here, only %s." % (request.method, allow["Allow"])
        return problem(405, detail, request.path, allow)

    @app.errorhandler(Exception)
    async def failed(request, exc):
        request.sock[1].failure = exc
        return problem(500, "The bridge failed to answer; its diagnostics say why.", request.path)

    return app
