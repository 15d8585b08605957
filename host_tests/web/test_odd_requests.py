"""Hundreds of requests that are nearly right: each is answered as HTTP or let go, none gets in."""

import asyncio

# First, though it comes last in the alphabet: imported through the rig it would nest too deep
# for MicroPython's stack.
import host_tests.fakes.world  # noqa: F401, I001
from host_tests.fakes.job import stop
from host_tests.web.loopback import ALWAYS, connect, get, hang_up
from host_tests.web.whole_rig import TOKEN, Whole
from tools.rehearse.odd_requests import odd_request

COUNT = 500
STATUSES = (200, 202, 204, 206, 304, 400, 401, 403, 404, 405, 408, 409, 411, 413, 414, 415, 416)
STATUSES += (421, 422, 429, 431, 501, 503, 505)


async def answer_to(port, clock, pieces):
    """Return the answer; what was sent of it, if the request never came to its end."""
    reader, writer = await connect(port)
    got = []

    async def read():
        try:
            piece = await reader.read(4096)
            while piece:
                got.append(piece)
                piece = await reader.read(4096)
        except OSError:
            pass  # the bridge did not wait for the rest

    reading = asyncio.create_task(read())
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await clock.sleep_ms(1)
        await clock.sleep_ms(50)
        if not reading.done():
            # It waits for more, or goes on for ever.
            await stop(reading)
        await hang_up(writer)
    except OSError:
        pass  # the bridge hung up first
    return b"".join(got)


def check(number, answer):
    """Return the status of an answer, 0 if there is none."""
    if answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\n"):
        answer = answer[25:]
    if not answer:
        return 0
    head, mark, _ = answer.partition(b"\r\n\r\n")
    assert mark, (number, answer)
    lines = head.decode().split("\r\n")
    version, status = lines[0].split(" ")[:2]
    assert version == "HTTP/1.1", (number, lines)
    names = [line.split(": ")[0].lower() for line in lines[1:]]
    for name, _ in ALWAYS:
        assert names.count(name) == 1, (number, lines)
    assert names.count("content-length") <= 1, (number, lines)
    return int(status)


def test_odd_requests_when_each_is_sent_then_answered_as_http_or_let_go_and_nothing_fails():
    counts = {}
    failed = []

    async def play(bay):
        guard = bay.app.guard
        polls = bay.app.batteries[0].link.polls
        for number in range(1, COUNT + 1):
            pieces = odd_request(number, TOKEN.encode())
            status = check(number, await answer_to(bay.port, bay.clock, pieces))
            counts[status] = counts.get(status, 0) + 1
            if guard.failures:
                failed.append((number, pieces, guard.last_error))
                guard.failures = 0
            if number % 50 == 0:
                assert (await get(bay.port, "/api/v1/batteries"))[0] == "HTTP/1.1 200 OK"
        await bay.clock.sleep_ms(12000)
        assert guard.connections == 0
        assert guard._bodies_bytes == 0
        assert bay.app.batteries[0].link.polls > polls + 10
        assert bay.app.batteries[0].link.failed_polls == 0

    Whole("build/rehearse/odd").run(play)
    print("fuzz_requests_tried %d" % COUNT, sorted(counts.items()))
    assert failed == []
    for status in counts:
        assert status == 0 or status in STATUSES, counts
    # Some get far and some do not, or the requests are not worth much.
    assert counts[200] > 20 and counts[400] > 50 and counts[0] > 10, counts
