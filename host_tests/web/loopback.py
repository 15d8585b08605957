"""A guard on a real loopback socket under FakeClock, with a bridge of literal texts."""

import asyncio
import errno
import socket
import time

from baybridge.web.auth import Gate
from baybridge.web.guard import Guard
from baybridge.web.routes import make_app
from host_tests.fakes.clock import FakeClock
from host_tests.fakes.job import stop

BATTERY = b'{"id":"house1","bms":null}'
BATTERIES = b'{"batteries":[{"id":"house1","bms":null}]}'
ALWAYS = (
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("x-frame-options", "DENY"),
    ("cross-origin-resource-policy", "same-origin"),
)


class Bridge:
    """Stands in for the one app.py makes."""

    def __init__(self):
        self.name = "bay"
        self.read_token = None
        self.token = None
        self.network = None
        self.is_well = True
        self.files = None
        self.frames_closed = 0
        # What was changed, as (method, arguments), and what the next change raises.
        self.changes = []
        self.failure = None

    def batteries_text(self):
        return BATTERIES

    def battery_text(self, id):
        return BATTERY if id == "house1" else None

    def battery_ids(self):
        return ["house1", "start"]

    def frames_pieces(self, id=None):
        try:
            yield "# name: %s\n" % ("SOK-AA12345" if id is None else id)
            for i in range(200):
                yield "> ee%02x\n" % i
        finally:
            self.frames_closed += 1

    def release(self, id, minutes):
        self.changes.append(("release", id, minutes))
        return id == "house1"

    def fast(self, id, minutes):
        self.changes.append(("fast", id, minutes))
        return id == "house1"

    def set_time(self, unix_s):
        if self.failure:
            raise self.failure
        self.changes.append(("set_time", unix_s))

    def record_frames(self, minutes):
        if self.failure:
            raise self.failure
        self.changes.append(("record_frames", minutes))
        return "frames-3-1.txt"

    async def discover(self):
        if self.failure:
            raise self.failure
        return b'[{"name":"SOK-AA12345"}]'

    def diagnostics_pieces(self):
        yield '{"heap":'
        yield "1}"

    def health(self):
        return self.is_well, b'{"status":"pass"}' if self.is_well else b'{"status":"fail"}'


def free_port():
    """Return a port nobody listens on; MicroPython cannot say which one port 0 became."""
    # Below the ports that systems give to clients of their own accord.
    port = 10000 + time.time_ns() // 1000 % 20000
    while True:
        s = socket.socket()
        try:
            s.bind(socket.getaddrinfo("127.0.0.1", port)[0][-1])
            return port
        except OSError:
            port += 1
        finally:
            s.close()


def serve_while(scenario, bridge=None, app=None, clock=None, **limits):
    """Run scenario(guard, clock, port) against a serving guard; return the guard afterwards.

    Every test ends with all slots free and no socket left open.
    """
    clock = clock or FakeClock()
    bridge = bridge or Bridge()
    guard = Guard(app or make_app(bridge, Gate(bridge, clock)), clock)
    for name in limits:
        setattr(guard, name, limits[name])

    async def main():
        while True:
            port = free_port()
            serving = asyncio.create_task(guard.serve("127.0.0.1", port))
            await clock.sleep_ms(1)
            if not serving.done():
                break
            try:
                await serving
            except OSError as exc:
                # Another run of the tests was quicker to take it.
                assert exc.errno == errno.EADDRINUSE
        await scenario(guard, clock, port)
        await clock.sleep_ms(1)
        assert guard.connections == 0
        await stop(serving)
        assert guard._open == []

    clock.run(main())
    return guard


async def connect(port, sent=b""):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    if sent:
        writer.write(sent)
        await writer.drain()
    return reader, writer


async def hang_up(writer):
    writer.close()
    await writer.wait_closed()


async def exchange(port, *pieces):
    """Send the pieces one after the other and return the whole answer."""
    reader, writer = await connect(port)
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(0)
    answer = await reader.read(-1)
    await hang_up(writer)
    return answer


def parts(answer):
    """Return (status line, headers with lower-case names, body) of an answer.

    What every answer has to have is checked here and left out.
    """
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = {}
    for line in lines[1:]:
        name, _, value = line.partition(": ")
        assert name.lower() not in headers, name
        headers[name.lower()] = value
    for name, value in ALWAYS:
        assert headers.pop(name, None) == value, (name, lines)
    return lines[0], headers, body


async def get(port, path, fields=""):
    """GET path and return the parts of the answer."""
    text = "GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n" % (path, fields)
    return parts(await exchange(port, text.encode()))
