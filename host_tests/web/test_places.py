"""More clients than places: who is served, who has to go, and what it is told."""

import asyncio

from microdot import Microdot, Response

from host_tests.web.loopback import BATTERIES, connect, exchange, get, hang_up, parts, serve_while

GET = b"GET /api/v1/batteries HTTP/1.1\r\nHost: bay\r\n\r\n"
BUSY = (
    b'{"type":"about:blank","title":"Service Unavailable","status":503,'
    b'"detail":"All %d connections are in use."%s}'
)


def busy_app():
    """Return an app of which /wait takes 3 s."""
    app = Microdot()

    @app.get("/wait")
    async def wait(request):
        await app.clock.sleep_ms(3000)
        return b"done"

    @app.get("/now")
    async def now(request):
        return b"now"

    return app


async def keep_busy(guard, clock, port, n):
    """Return n clients that are being answered, each as (reader, writer)."""
    clients = []
    for _ in range(n):
        clients.append(await connect(port, b"GET /wait HTTP/1.0\r\n\r\n"))
    await clock.sleep_ms(1)
    assert guard.connections == n
    return clients


async def see_served(clients):
    for reader, writer in clients:
        assert parts(await reader.read(-1))[2] == b"done"
        await hang_up(writer)


def test_seventh_client_when_six_are_being_answered_then_503_at_once_and_free_again_later():
    app = busy_app()

    async def scenario(guard, clock, port):
        app.clock = clock
        started_ms = clock.now_ms
        clients = await keep_busy(guard, clock, port, 6)
        line, headers, body = await get(port, "/now")
        assert line == "HTTP/1.1 503 Service Unavailable"
        assert headers["retry-after"] == "2"
        assert headers["content-type"] == "application/problem+json"
        assert body == BUSY % (6, b"")
        assert clock.now_ms - started_ms <= 1600
        await see_served(clients)
        assert (await get(port, "/now"))[2] == b"now"

    guard = serve_while(scenario, app=app)
    assert (guard.served, guard.refused, guard.dropped, guard.timed_out) == (7, 1, 0, 0)


def test_refused_clients_when_they_stay_then_they_are_closed_and_few_are_waited_for():
    app = busy_app()

    async def scenario(guard, clock, port):
        app.clock = clock
        clients = await keep_busy(guard, clock, port, 2)
        crowd = []
        for _ in range(10):
            crowd.append(await connect(port))
        await clock.sleep_ms(1)
        assert guard.connections == 2
        assert len(guard._open) == 4
        for reader, writer in crowd:
            assert (await reader.read(-1)).startswith(b"HTTP/1.1 503 ")
            await hang_up(writer)
        await see_served(clients)

    guard = serve_while(scenario, app=app, max_connections=2)
    assert (guard.refused, guard.dropped, guard.timed_out) == (10, 0, 0)


def test_client_when_six_say_nothing_then_served_and_the_oldest_of_them_is_told():
    async def scenario(guard, clock, port):
        silent = []
        for _ in range(6):
            silent.append(await connect(port))
            await clock.sleep_ms(10)
        started_ms = clock.now_ms
        line, _, body = await get(port, "/api/v1/batteries")
        assert (line, body) == ("HTTP/1.1 200 OK", BATTERIES)
        assert clock.now_ms - started_ms < 10
        line, headers, body = parts(await silent[0][0].read(-1))
        assert line == "HTTP/1.1 503 Service Unavailable"
        assert headers["retry-after"] == "2"
        assert body == BUSY % (6, b"")
        await clock.sleep_ms(1)
        assert guard.connections == 5
        for _, writer in silent:
            await hang_up(writer)

    guard = serve_while(scenario)
    assert (guard.served, guard.refused, guard.dropped, guard.timed_out) == (1, 1, 5, 0)


def test_client_when_six_send_a_body_slowly_then_served_and_the_oldest_is_told():
    async def scenario(guard, clock, port):
        head = b"PUT /api/v1/config HTTP/1.1\r\nHost: bay\r\nContent-Length: 10\r\n\r\nabc"
        slow = []
        for _ in range(6):
            slow.append(await connect(port, head))
            await clock.sleep_ms(10)
        assert (await get(port, "/api/v1/batteries"))[0] == "HTTP/1.1 200 OK"
        line, _, body = parts(await slow[0][0].read(-1))
        assert line == "HTTP/1.1 503 Service Unavailable"
        assert body == BUSY % (6, b',"instance":"/api/v1/config"')
        for _, writer in slow:
            await hang_up(writer)

    guard = serve_while(scenario)
    assert (guard.refused, guard._bodies_bytes) == (1, 0)


def test_body_when_another_is_late_then_taken_and_the_late_one_told():
    async def scenario(guard, clock, port):
        head = b"PUT / HTTP/1.1\r\nHost: bay\r\nContent-Length: %d\r\n\r\n"
        reader, late = await connect(port, head % 8192 + b"a")
        await clock.sleep_ms(900)
        line, _, _ = parts(await exchange(port, head % 257))
        assert line == "HTTP/1.1 503 Service Unavailable"
        # A small one finds room at any time.
        line, _, _ = parts(await exchange(port, head % 256, b"a" * 256))
        assert line == "HTTP/1.1 405 Method Not Allowed"
        await clock.sleep_ms(100)
        line, _, _ = parts(await exchange(port, head % 8192, b"a" * 8192))
        assert line == "HTTP/1.1 405 Method Not Allowed"
        line, headers, body = parts(await reader.read(-1))
        assert line == "HTTP/1.1 503 Service Unavailable"
        assert headers["retry-after"] == "2"
        assert b'"detail":"The body came too slowly, and another client has one, too."' in body
        await hang_up(late)

    guard = serve_while(scenario)
    assert (guard.refused, guard.timed_out, guard._bodies_bytes) == (1, 0, 0)


def test_fifty_clients_when_they_send_a_byte_a_second_then_another_is_answered_all_along():
    async def scenario(guard, clock, port):
        text = b"GET /api/v1/batteries HTTP/1.1\r\nHost: bay\r\nAccept: */*\r\n"

        async def trickle(number):
            await clock.sleep_ms(number * 37)
            while True:
                reader, writer = await connect(port)
                try:
                    for i in range(20):
                        writer.write(text[i : i + 1])
                        await writer.drain()
                        await clock.sleep_ms(1000)
                except OSError:
                    pass  # given up by the bridge: here again
                finally:
                    writer.close()

        slow = [asyncio.create_task(trickle(i)) for i in range(50)]
        await clock.sleep_ms(3000)
        for _ in range(20):
            started_ms = clock.now_ms
            line, _, body = await get(port, "/api/v1/batteries")
            assert (line, body) == ("HTTP/1.1 200 OK", BATTERIES)
            assert clock.now_ms - started_ms < 100
            assert guard.connections <= 7
            await clock.sleep_ms(300)
        for task in slow:
            task.cancel()
        await clock.sleep_ms(20000)

    guard = serve_while(scenario)
    assert guard.served == 20
    assert guard.failures == 0
    assert guard.refused > 50


def stream_app():
    app = Microdot()

    def pieces():
        while True:
            yield "x" * 8192

    @app.get("/stream")
    async def stream(request):
        return Response(pieces())

    @app.get("/now")
    async def now(request):
        return b"now"

    return app


def test_client_when_the_others_take_nothing_then_503_in_the_first_second_and_served_after_it():
    async def scenario(guard, clock, port):
        stalled = []
        for _ in range(2):
            stalled.append(await connect(port, b"GET /stream HTTP/1.0\r\n\r\n"))
        await clock.sleep_ms(900)
        assert (await get(port, "/now"))[0] == "HTTP/1.1 503 Service Unavailable"
        # It may be that much further on: a refused client is waited for.
        await clock.sleep_ms(200)
        assert (await get(port, "/now"))[2] == b"now"
        await clock.sleep_ms(1)
        assert guard.connections == 1
        for _, writer in stalled:
            await hang_up(writer)
        await clock.sleep_ms(6000)

    guard = serve_while(scenario, app=stream_app(), max_connections=2)
    assert (guard.served, guard.refused) == (1, 2)


def test_refused_client_when_it_stays_then_its_place_is_the_first_to_go():
    async def scenario(guard, clock, port):
        reader, writer = await connect(port, b"BREW / HTTP/1.0\r\n\r\n")
        await clock.sleep_ms(10)
        assert guard.connections == 1
        assert (await get(port, "/api/v1/batteries"))[0] == "HTTP/1.1 200 OK"
        answer = await reader.read(-1)
        assert answer.startswith(b"HTTP/1.1 501 ")
        assert answer.count(b"HTTP/1.1") == 1
        await hang_up(writer)

    guard = serve_while(scenario, max_connections=1)
    assert (guard.served, guard.refused, guard.timed_out) == (2, 0, 0)
