"""A bridge with one battery and clients that listen to its events: for their tests."""

import json

from baybridge.battery.battery import Battery
from baybridge.protocol import abc
from baybridge.record.bridge import Bridge
from host_tests.fakes.clock import FakeClock
from host_tests.web.loopback import connect, hang_up, serve_while

PATH = "/api/v1/events"
GET = b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"
UNIX_S = 1795361400  # 2026-11-22T15:30:00Z


class Bay:
    """A bridge with one battery that is read when the test says so."""

    def __init__(self, unix_s=None):
        self.clock = FakeClock(unix_s=unix_s)
        self.battery = Battery("house1", "House 1", 200, abc.REASONS)
        self.bridge = Bridge(self.clock, "bay", "0.1.0", 7, [self.battery], None)
        self.bridge.token = "change-it"

    def read(self, *some_frames):
        """Take frames as the poller does."""
        sample = self.battery.sample
        for frame in some_frames:
            sample.stamp(abc.decode(frame, 20, sample), self.clock.uptime_s10())
            self.battery.touch()

    def serve(self, scenario, **limits):
        return serve_while(scenario, self.bridge, clock=self.clock, **limits)


class Listener:
    """A client of the stream."""

    async def open(self, port):
        self.reader, self.writer = await connect(port, GET)
        self.head = []
        line = await self.reader.readline()
        while line != b"\r\n":
            assert line, "no head"
            self.head.append(line)
            line = await self.reader.readline()
        self.number = 0
        self.retry = None
        return self

    async def next(self):
        """Return (name, object) of the next event; None at the end of the stream."""
        name = told = None
        while True:
            line = (await self.reader.readline()).decode()
            if not line:
                return None
            if line == "\n":
                if name == "ping" or told is not None:
                    return name, json.loads(told)
                continue
            field, _, value = line[:-1].partition(": ")
            if field == "id":
                self.number += 1
                assert int(value) == self.number
            elif field == "event":
                name = value
            elif field == "retry":
                self.retry = value
            else:
                assert field == "data", line
                assert told is None
                told = value

    async def close(self):
        await hang_up(self.writer)


async def settle(guard, clock):
    """Wait until no client has a place."""
    while guard.connections:
        await clock.sleep_ms(50)
