"""The routes of the HTTP API, as a Microdot app over a bridge.

It decides addresses and statuses. What an answer holds comes from the bridge as finished text;
who may ask is auth's, sockets, limits and the HTTP syntax are the guard's.
Handlers are coroutines: on CPython microdot sends plain functions to a thread pool.
"""

from micropython import const

from microdot import Microdot, Response

from baybridge.web import hosts
from baybridge.web.problem import problem

_JSON = const("application/json")
_PROMETHEUS = const("text/plain; version=0.0.4; charset=utf-8")
# Longer than bridge.discover() takes at the most.
_DISCOVERY_MS = const(45000)


def _live(body, kind=_JSON, status=200):
    return Response(body, status, {"Content-Type": kind, "Cache-Control": "no-store"})


def _no_battery(bridge, request):
    known = bridge.battery_ids()
    detail = "There is no battery of this id. " + (
        "Known: %s." % ", ".join(known) if known else "None is configured."
    )
    return problem(404, detail, request.path)


def make_app(bridge, gate) -> Microdot:
    """Return the app; bridge is read anew at every request, gate (auth.Gate) asked first."""
    app = Microdot()
    # OPTIONS would be answered before anybody looked whom it was meant for; not_allowed() does it.
    app.options_handler = None  # type: ignore[assignment]

    def turn_back(request):
        # What is meant for another host. A phone on our access point does not know better.
        network = bridge.network
        if network is not None and network.is_access_on:
            from baybridge.web import captive

            answer = captive.redirect(request, bridge)
            if answer is not None:
                return answer
        return hosts.refuse(request, bridge)

    @app.before_request
    async def may_ask(request):
        answer = turn_back(request)
        if answer is not None:
            return answer
        # The page holds no reading, and a browser has no token before the page asks for it.
        return None if request.path == "/" else gate.refuse(request)

    @app.get("/")
    async def page(request):
        from baybridge.web import page

        return page.answer(bridge.files, request)

    @app.get("/api/v1/batteries")
    async def batteries(request):
        return _live(bridge.batteries_text())

    @app.get("/api/v1/batteries/<id>")
    async def battery(request, id):
        text = bridge.battery_text(id)
        if text is None:
            return _no_battery(bridge, request)
        return _live(text)

    @app.get("/api/v1/frames")
    async def frames(request):
        id = request.args.get("battery")
        if id is not None and id not in bridge.battery_ids():
            return _no_battery(bridge, request)
        return _live(bridge.frames_pieces(id), "text/plain; charset=utf-8")

    @app.get("/api/v1/discovery")
    async def discovery(request):
        # The radio may be busy connecting before it can listen; who asks for this waits.
        request.sock[1].renew(_DISCOVERY_MS)
        try:
            return _live(await bridge.discover())
        except OSError as exc:
            return problem(503, str(exc), request.path, {"Retry-After": "10"})

    # Of the clients that listen.
    streams = []

    # What follows is asked for rarely, so its code is loaded only then.

    @app.get("/api/v1/events")
    async def events(request):
        from baybridge.web import events

        return events.answer(bridge, request, streams)

    @app.get("/api/v1/batteries/<id>/history")
    async def history(request, id):
        from baybridge.web import history

        return await history.answer(bridge, request, id) or _no_battery(bridge, request)

    @app.get("/api/v1/batteries/<id>/limits")
    async def limits(request, id):
        text = bridge.limits_text(id)
        return _no_battery(bridge, request) if text is None else _live(text)

    @app.get("/api/v1/logs")
    async def logs(request):
        from baybridge.web import logs

        return logs.listing(bridge, request)

    @app.get("/api/v1/logs/<name>")
    async def log(request, name):
        from baybridge.web import logs

        return logs.download(bridge, request, name)

    @app.get("/api/v1/batteries/<id>/calibration")
    async def calibrated(request, id):
        from baybridge.web import calibration

        return calibration.state(bridge, request, id) or _no_battery(bridge, request)

    @app.get("/api/v1/wifi")
    async def wifi(request):
        from baybridge.web import wifi_routes

        return wifi_routes.state(bridge, request)

    @app.get("/api/v1/wifi/networks")
    async def networks(request):
        from baybridge.web import wifi_routes

        return wifi_routes.networks(bridge, request)

    @app.get("/api/v1/config")
    async def config(request):
        from baybridge.web import config_routes

        return config_routes.read(bridge, gate, request)

    @app.get("/api/v1/firmware")
    async def firmware(request):
        from baybridge.web import firmware

        return firmware.state(bridge, request)

    # What follows changes something.

    @app.put("/api/v1/firmware")
    async def put_firmware(request):
        from baybridge.web import firmware

        return await firmware.update(bridge, request)

    @app.put("/api/v1/firmware/key")
    async def put_key(request):
        from baybridge.web import firmware

        return firmware.set_key(bridge, request)

    @app.put("/api/v1/config")
    async def put_config(request):
        from baybridge.web import config_routes

        return config_routes.change(bridge, request)

    @app.post("/api/v1/restart")
    async def restart(request):
        from baybridge.web import config_routes

        return config_routes.restart(bridge, request)

    @app.put("/api/v1/wifi")
    async def join(request):
        from baybridge.web import wifi_routes

        return wifi_routes.join(bridge, request)

    @app.post("/api/v1/batteries/<id>/release")
    async def release(request, id):
        from baybridge.web import changes

        return changes.release(bridge, request, id) or _no_battery(bridge, request)

    @app.post("/api/v1/batteries/<id>/fast")
    async def fast(request, id):
        from baybridge.web import changes

        return changes.fast(bridge, request, id) or _no_battery(bridge, request)

    @app.post("/api/v1/batteries/<id>/calibration")
    async def calibrate(request, id):
        from baybridge.web import calibration

        return await calibration.change(bridge, request, id) or _no_battery(bridge, request)

    @app.post("/api/v1/time")
    async def time(request):
        from baybridge.web import changes

        return changes.set_time(bridge, request)

    @app.post("/api/v1/frames")
    async def record(request):
        from baybridge.web import changes

        return changes.record_frames(bridge, request)

    @app.get("/api/v1/diagnostics")
    async def diagnostics(request):
        return _live(bridge.diagnostics_pieces())

    @app.get("/metrics")
    async def metrics(request):
        return _live(bridge.metrics_lines(), _PROMETHEUS)

    @app.get("/openapi.json")
    async def description(request):
        # microdot takes the point for any character.
        if request.path != "/openapi.json":
            return await not_found(request)
        from baybridge.web import page

        return page.description(bridge.files, request)

    @app.get("/healthz")
    async def health(request):
        is_well, text = bridge.health()
        return _live(text, "application/health+json", 200 if is_well else 503)

    @app.errorhandler(404)
    async def not_found(request):
        # microdot asks may_ask() only about addresses that there are.
        return turn_back(request) or problem(
            404, "Nothing is at this address; / lists what there is.", request.path
        )

    @app.errorhandler(405)
    async def not_allowed(request):
        answer = turn_back(request)
        if answer is not None:
            return answer
        allow = app.default_options_handler(request)
        if request.method == "OPTIONS":
            return Response("", 204, allow)
        detail = "%s is not possible here, only %s." % (request.method, allow["Allow"])
        return problem(405, detail, request.path, allow)

    @app.errorhandler(Exception)
    async def failed(request, exc):
        request.sock[1].failure = exc
        return problem(500, "The bridge failed to answer; its diagnostics say why.", request.path)

    return app
