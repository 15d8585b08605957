"""Slow, silent and vanishing clients: each ends, and gives back its place."""

import asyncio
import os

from microdot import Microdot, Response

from host_tests.fakes.job import stop
from host_tests.web.loopback import (
    BATTERIES,
    connect,
    exchange,
    get,
    hang_up,
    parts,
    serve_while,
)

GET = b"GET /api/v1/batteries HTTP/1.1\r\nHost: bay\r\n\r\n"


def test_client_when_a_byte_a_minute_then_408_at_10_s_and_others_served_meanwhile():
    async def scenario(guard, clock, port):
        started_ms = clock.now_ms
        cut_ms = []

        async def slow():
            reader, writer = await connect(port, b"GET / HT")
            answer = await reader.read(-1)
            cut_ms.append(clock.now_ms - started_ms)
            await hang_up(writer)
            line, _, body = parts(answer)
            assert line == "HTTP/1.1 408 Request Timeout"
            assert body == (
                b'{"type":"about:blank","title":"Request Timeout","status":408,'
                b'"detail":"The request took longer than 10 seconds."}'
            )

        task = asyncio.create_task(slow())
        await clock.sleep_ms(5000)
        assert guard.connections == 1
        line, _, body = await get(port, "/api/v1/batteries")
        assert (line, body) == ("HTTP/1.1 200 OK", BATTERIES)
        assert clock.now_ms - started_ms < 5100
        await task
        assert 10000 <= cut_ms[0] <= 10500, cut_ms

    guard = serve_while(scenario)
    assert (guard.served, guard.timed_out, guard.dropped, guard.failures) == (1, 1, 0, 0)


def test_client_when_it_says_nothing_then_it_is_cut_without_a_word():
    async def scenario(guard, clock, port):
        started_ms = clock.now_ms
        reader, writer = await connect(port)
        assert await reader.read(-1) == b""
        assert 10000 <= clock.now_ms - started_ms <= 10500
        await hang_up(writer)

    assert serve_while(scenario).timed_out == 1


def test_deadline_when_bytes_trickle_in_then_it_does_not_move():
    async def scenario(guard, clock, port):
        started_ms = clock.now_ms
        reader, writer = await connect(port)

        async def trickle():
            for b in b"GET / HTTP/1.1\r\nX: 1234567890":
                writer.write(bytes([b]))
                await writer.drain()
                await clock.sleep_ms(900)

        task = asyncio.create_task(trickle())
        answer = await reader.read(-1)
        assert clock.now_ms - started_ms <= 10500
        assert answer.startswith(b"HTTP/1.1 408 ")
        task.cancel()
        await hang_up(writer)

    assert serve_while(scenario).timed_out == 1


def test_body_when_it_never_comes_then_408_names_the_path():
    async def scenario(guard, clock, port):
        head = b"PUT /api/v1/config HTTP/1.1\r\nHost: bay\r\nContent-Length: 10\r\n\r\nabc"
        line, _, body = parts(await exchange(port, head))
        assert line == "HTTP/1.1 408 Request Timeout"
        assert b'"instance":"/api/v1/config"' in body

    guard = serve_while(scenario)
    assert (guard.timed_out, guard._bodies_bytes) == (1, 0)


def test_expect_continue_when_a_body_is_announced_then_100_comes_first():
    async def scenario(guard, clock, port):
        head = b"PUT / HTTP/1.1\r\nHost: bay\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
        reader, writer = await connect(port, head)
        assert await reader.readexactly(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"abc")
        await writer.drain()
        assert (await reader.read(-1)).startswith(b"HTTP/1.1 405 ")
        await hang_up(writer)

    serve_while(scenario)


def test_client_when_it_leaves_mid_request_then_dropped_and_free():
    async def scenario(guard, clock, port):
        for sent in (b"", b"GET / HT", b"PUT / HTTP/1.0\r\nContent-Length: 9\r\n\r\nabc"):
            _, writer = await connect(port, sent)
            await clock.sleep_ms(1)
            assert guard.connections == 1
            await hang_up(writer)
            await clock.sleep_ms(1)
            assert guard.connections == 0

    guard = serve_while(scenario)
    assert (guard.served, guard.dropped, guard.timed_out, guard.failures) == (0, 3, 0, 0)


def endless_app(closed):
    app = Microdot()

    def pieces():
        try:
            while True:
                yield "x" * 8192
        finally:
            closed.append(1)

    @app.get("/stream")
    async def stream(request):
        return Response(pieces())

    return app


def test_client_when_it_never_reads_a_stream_then_cut_at_the_stall_and_the_source_closed():
    closed = []

    async def scenario(guard, clock, port):
        _, writer = await connect(port, b"GET /stream HTTP/1.0\r\n\r\n")
        await clock.sleep_ms(1)
        started_ms = clock.now_ms
        while guard.connections:
            await clock.sleep_ms(100)
        assert 4900 <= clock.now_ms - started_ms <= 5700
        await hang_up(writer)

    guard = serve_while(scenario, app=endless_app(closed))
    assert (guard.served, guard.timed_out, guard.failures) == (0, 1, 0)
    assert closed == [1]


def test_client_when_it_leaves_a_stream_then_dropped_and_the_source_closed():
    closed = []

    async def scenario(guard, clock, port):
        reader, writer = await connect(port, b"GET /stream HTTP/1.0\r\n\r\n")
        await reader.read(100)
        await hang_up(writer)
        while guard.connections:
            await clock.sleep_ms(1)

    guard = serve_while(scenario, app=endless_app(closed))
    assert (guard.dropped, guard.timed_out, guard.failures) == (1, 0, 0)
    assert closed == [1]


def test_stream_when_each_piece_is_in_time_then_it_may_take_longer_than_a_request():
    app = Microdot()

    @app.get("/events")
    async def events(request):
        c = request.sock[1]
        await c.awrite(b"HTTP/1.1 200 OK\r\n\r\n")
        for i in range(6):
            c.renew()
            await app.clock.sleep_ms(4000)
            await c.awrite(b"data: %d\n\n" % i)
        return Response.already_handled

    async def scenario(guard, clock, port):
        app.clock = clock
        started_ms = clock.now_ms
        answer = await exchange(port, b"GET /events HTTP/1.0\r\n\r\n")
        assert clock.now_ms - started_ms >= 24000
        assert answer.endswith(b"data: 4\n\ndata: 5\n\n")

    guard = serve_while(scenario, app=app)
    assert (guard.served, guard.timed_out) == (1, 0)


def test_handler_when_it_hangs_then_408_and_cancelled():
    app = Microdot()
    cancelled = []

    @app.get("/hang")
    async def hang(request):
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.append(1)

    async def scenario(guard, clock, port):
        answer = await exchange(port, b"GET /hang HTTP/1.0\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 408 ")

    guard = serve_while(scenario, app=app)
    assert (guard.timed_out, cancelled) == (1, [1])


def test_server_when_cancelled_then_its_clients_and_its_port_are_released():
    async def scenario(guard, clock, port):
        reader, writer = await connect(port, b"GET / HT")
        await clock.sleep_ms(1)
        beats = []
        serving = asyncio.create_task(guard.serve("127.0.0.1", port + 1, lambda: beats.append(1)))
        await clock.sleep_ms(1600)
        assert len(beats) == 3
        serving.cancel()
        try:
            await serving
            raise AssertionError("serve() swallowed its cancellation")
        except asyncio.CancelledError:
            pass
        assert await reader.read(-1) == b""
        await hang_up(writer)
        again = asyncio.create_task(guard.serve("127.0.0.1", port + 1))
        await clock.sleep_ms(1)
        assert (await get(port + 1, "/healthz"))[0] == "HTTP/1.1 200 OK"
        await stop(again)

    guard = serve_while(scenario)
    assert (guard.served, guard.timed_out) == (1, 0)


def open_files():
    try:
        return len(os.listdir("/proc/self/fd"))
    except OSError:
        return 0  # no Linux: nothing to count, and equal to itself


def test_sockets_when_clients_end_in_every_way_then_none_stays_open():
    closed = []
    counts = []

    async def scenario(guard, clock, port):
        # Counted with one client served, so that the loop's own files are open already.
        for _ in range(2):
            await exchange(port, b"GET /none HTTP/1.0\r\n\r\n")
            for sent in (
                b"",
                b"GET / HT",
                b"BREW / HTTP/1.0\r\n\r\n",
                b"GET /stream HTTP/1.0\r\n\r\n",
                b"PUT / HTTP/1.0\r\nContent-Length: 9000\r\n\r\n" + b"a" * 9000,
            ):
                _, gone = await connect(port, sent)
                _, stays = await connect(port, sent)
                await clock.sleep_ms(1)
                await hang_up(gone)
                await clock.sleep_ms(12000)
                await hang_up(stays)
            while guard.connections:
                await clock.sleep_ms(500)
            await clock.sleep_ms(1)
            counts.append(open_files())

    guard = serve_while(scenario, app=endless_app(closed))
    assert counts[0] == counts[1], counts
    assert guard.failures == 0
    assert closed == [1, 1, 1, 1]
