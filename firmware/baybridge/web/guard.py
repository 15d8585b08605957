"""The HTTP server: sockets, limits and deadlines in front of a Microdot app.

microdot routes and that is all it does here: it has no time-outs, answers a syntax error with
whatever falls out of it, and sends an answer line by line. The guard reads the request under
caps, refuses what is wrong as problem+json and lets the app make a Response, which send.py sends.
Limits after platform.md 7 (lwIP has 16 sockets, 10 to 13 in practice) and 9, case 22.
"""

import asyncio

from microdot import Request, Response

from baybridge.web.connection import Connection
from baybridge.web.head import Refusal, body_length, parse_headers, parse_request_line
from baybridge.web.problem import problem_bytes
from baybridge.web.send import send

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
# Its body is not for the heap: the handler of this PUT reads it as it comes.
_STREAMED = "/api/v1/firmware"


class Guard:
    """Serves an app to a few clients at a time; every wait ends."""

    # Clients served at a time; the next one takes the place of one that keeps us waiting, or
    # gets 503.
    max_connections = 6
    # Refused clients whose answer we wait to see taken; more are just closed.
    max_lingering = 2
    # From accept to the last byte of an ordinary answer.
    request_ms = 10000
    # For each piece of a streamed answer, instead of request_ms.
    stall_ms = 5000
    # A piece that was not taken for so long may cost its client the place.
    yield_ms = 1000
    # A refused client gets this long to take the answer and hang up.
    linger_ms = 1000
    # How often deadlines are looked at.
    reap_ms = 500

    # Request line and each header line.
    max_line_bytes = 1024
    # Request line and headers together.
    max_head_bytes = 2048
    max_headers = 32
    # head.py says why.
    max_path_bytes = 128
    # One body, and all bodies being received at a time: six of them would fill the heap.
    max_body_bytes = 8192
    max_bodies_bytes = 8192
    # Up to this a body does not count among them: whoever holds their place, without a token and
    # without sending a byte, would keep everybody from every change.
    small_body_bytes = 256
    # The one that is read by its handler.
    max_streamed_bytes = 1048576
    # One read of a head or body.
    read_bytes = 512
    # Pieces of a generator are joined to at least this.
    stream_bytes = 512
    # One write of a long body; the stream copies what the socket does not take of it.
    write_bytes = 2048

    def __init__(self, app, clock):
        self.app = app
        self.clock = clock
        self.connections = 0  # being served now
        self.served = 0  # whole answers sent, refusals of a request among them
        self.refused = 0  # 503, or cut half-way, because max_connections were busy
        self.timed_out = 0  # cut at the deadline
        self.dropped = 0  # the client left before its answer was sent
        self.failures = 0  # exceptions of handlers and of the guard itself
        self.last_error = None  # the latest failure, as a sentence
        self._open = []
        self._is_serving = False
        self._bodies_bytes = 0

    async def serve(self, host, port, beat=None):
        """Listen and serve until cancelled; OSError if the port cannot be had.

        beat() is called at every round of the reaper, which shows that the loop turns.
        """
        self._is_serving = True
        server = None
        try:
            server = await asyncio.start_server(self._connected, host, port, backlog=5)
            while True:
                await self.clock.sleep_ms(self.reap_ms)
                self._reap()
                if beat is not None:
                    beat()
        finally:
            self._is_serving = False
            if server is not None:
                server.close()
            for c in list(self._open):
                c.task.cancel()
                try:
                    await c.task
                except asyncio.CancelledError:
                    pass  # cancelled before its first step
            if server is not None:
                await server.wait_closed()

    def _reap(self):
        now = self.clock.ticks_ms()
        for c in self._open:
            if not c.is_overdue and self.clock.ticks_diff(now, c.start_ms) >= c.limit_ms:
                c.is_overdue = True
                c.task.cancel()

    def note(self, exc, path):
        """Count and remember a failure."""
        self.failures += 1
        self.last_error = "%s failed: %r" % (path or "A request", exc)

    async def _connected(self, reader, writer):
        # Started by asyncio for every accepted socket; the only place that closes one.
        # Accepted in the very turn in which serve() ended: nobody would look at its deadline.
        is_served = self._is_serving and (
            self.connections < self.max_connections or self._give_up_one()
        )
        limit_ms = self.request_ms if is_served else self.linger_ms
        c = Connection(self.clock, reader, writer, limit_ms, self.stall_ms)
        c.is_served = is_served
        self._open.append(c)
        if is_served:
            self.connections += 1
        try:
            if is_served:
                await self._converse(c)
            elif self._is_serving:
                await self._turn_away(c)
            await c.close()
        except asyncio.CancelledError:
            # Only the reaper and the end of serve() cancel this task, and both want just its
            # end. Passed on, CPython 3.11's streams would log it as a failed callback.
            if is_served and c.is_overdue:
                self._cut(c)
        except OSError:
            # Reset, unreachable, broken pipe: what clients do.
            if is_served:
                self.dropped += 1
        except Exception as exc:
            self.note(exc, c.path)
        finally:
            await c.abort()
            self._open.remove(c)
            if is_served:
                self.connections -= 1

    def _give_up_one(self):
        """Cancel the connection that keeps us waiting, for one that has come; False if none does.

        The first is the oldest. A request that comes at once is there long before five others
        have come, so requests that trickle or never come keep nobody out, however many they are.
        """
        now = self.clock.ticks_ms()
        stalled = None
        for c in self._open:
            if not c.is_served or c.is_overdue:
                continue
            if c.is_unread:
                stalled = c
                break
            waited_ms = self.clock.ticks_diff(now, c.start_ms)
            if stalled is None and waited_ms >= self.yield_ms and not c.has_room:
                stalled = c
        if stalled is None:
            return False
        stalled.is_overdue = stalled.is_given_up = True
        stalled.task.cancel()
        return True

    def _give_up_body(self):
        """Cancel the connection whose body is late and holds the room of another one's."""
        now = self.clock.ticks_ms()
        for c in self._open:
            is_holding = c.is_unread and c.body_bytes and not c.is_overdue
            if is_holding and self.clock.ticks_diff(now, c.start_ms) >= self.yield_ms:
                c.is_overdue = c.is_given_up = True
                c.task.cancel()
                return

    def _cut(self, c):
        if c.is_sent and c.is_unread:
            return  # a refusal that was answered and only lingered
        if c.is_given_up:
            self.refused += 1
        else:
            self.timed_out += 1
        if not c.is_sent:
            try:
                if c.is_given_up:
                    self._put_busy(c)
                elif c.is_begun:
                    # Nothing to one that said nothing: browsers connect before they know what to
                    # ask, and Chromium takes what is there for the answer to its first request.
                    limit_s = c.limit_ms // 1000
                    self._put_problem(c, 408, "The request took longer than %d seconds." % limit_s)
            except OSError:
                pass  # gone, not slow
            except Exception as exc:
                self.note(exc, c.path)

    def _put_problem(self, c, status, detail, extra=""):
        c.put(problem_bytes(status, detail, c.path, extra, c.is_head))

    def _put_busy(self, c):
        if c.body_bytes:
            detail = "The body came too slowly, and another client has one, too."
        else:
            detail = "All %d connections are in use." % self.max_connections
        self._put_problem(c, 503, detail, "Retry-After: 2\r\n")

    async def _turn_away(self, c):
        self.refused += 1
        self._put_busy(c)
        if len(self._open) - self.connections <= self.max_lingering:
            await self._linger(c)

    async def _linger(self, c):
        # Closing a socket with unread bytes sends a reset, and a reset can overtake the answer:
        # the client would see a broken connection instead of the reason (RFC 9112, 9.6).
        try:
            await c.writer.drain()
            while await c.reader.read(self.read_bytes):
                pass
        except OSError:
            pass  # the answer was sent; how it ends is the client's affair

    async def _converse(self, c):
        try:
            request = await self._read_request(c)
            if request is None:
                self.dropped += 1
                return
            response = await self.app.dispatch_request(request)
            request = None  # its body need not live as long as a slow client takes
            if c.failure is not None:
                self.note(c.failure, c.path)
            if response is not Response.already_handled:
                await send(c, response, self)
            self.served += 1
            if c.body is not None and c.body.left:
                c.is_unread = True
                c.renew()
                await self._linger(c)
        except Refusal as exc:
            self._put_problem(c, exc.status, exc.detail, exc.extra)
            self.served += 1
            if c.is_unread:
                c.renew(self.linger_ms)
                await self._linger(c)
        except OSError:
            raise
        except Exception as exc:
            self.note(exc, c.path)
            if not c.is_sent:
                self._put_problem(c, 500, "The bridge failed to answer; its diagnostics say why.")

    async def _read_request(self, c):
        """Return a microdot Request, or None if the client left; Refusal if it is wrong."""
        head, rest = await self._read_head(c)
        if head is None:
            return None
        lines = head.split(b"\r\n")
        method, target, version = parse_request_line(lines[0], self.max_path_bytes)
        c.path = target.split("?", 1)[0]
        c.is_head = method == "HEAD"
        headers = parse_headers(lines, self.max_line_bytes, self.max_headers)
        is_streamed = method == "PUT" and c.path == _STREAMED
        length = body_length(
            headers, version, self.max_streamed_bytes if is_streamed else self.max_body_bytes
        )
        head = lines = None
        body = b""
        if is_streamed:
            from baybridge.web.body import Body

            c.body = Body(c, rest, length, _is_awaited(headers))
        elif length:
            body = await self._read_body(c, headers, rest, length)
            if body is None:
                return None
        c.is_unread = False
        try:
            peer, pair = c.get_extra_info("peername"), (c.reader, c)
            request = Request(self.app, peer, method, target, version, headers, body, c.body, pair)
            # The limits are ours.
            request.max_content_length = length
            return request
        except ValueError:
            # microdot decodes the query in here.
            raise Refusal(400, "The query of the address is not percent-encoded UTF-8 text.")

    async def _read_head(self, c):
        """Return the head without its empty line and what came after it, as bytes."""
        head = b""
        while True:
            room = self.max_head_bytes - len(head)
            piece = await c.reader.read(min(room, self.read_bytes))
            if not piece:
                return None, None
            c.is_begun = True
            head = head + piece if head else piece
            end = head.find(b"\r\n\r\n")
            line_n = head.find(b"\r\n")
            if (len(head) if line_n < 0 else line_n) > self.max_line_bytes:
                raise Refusal(414, "The address is longer than %d bytes." % self.max_line_bytes)
            if end >= 0:
                return head[:end], head[end + 4 :]
            if b"\n\n" in head:
                raise Refusal(400, "Lines have to end with CR LF.")
            if len(head) >= self.max_head_bytes:
                raise Refusal(431, "The headers are longer than %d bytes." % self.max_head_bytes)

    async def _read_body(self, c, headers, rest, length):
        """Return the body as a bytearray, or None if the client left."""
        counted = length if length > self.small_body_bytes else 0
        if self._bodies_bytes + counted > self.max_bodies_bytes:
            self._give_up_body()
            await self.clock.sleep_ms(0)  # in which it ends
            if self._bodies_bytes + counted > self.max_bodies_bytes:
                raise Refusal(503, "Another body is being received.", "Retry-After: 2\r\n")
        self._bodies_bytes += counted
        c.body_bytes = counted
        try:
            if not rest and _is_awaited(headers):
                c.writer.write(_CONTINUE)
            body = bytearray(length)
            n = min(len(rest), length)
            body[:n] = rest[:n]
            while n < length:
                piece = await c.reader.read(min(length - n, self.read_bytes))
                if not piece:
                    return None
                body[n : n + len(piece)] = piece
                n += len(piece)
            return body
        finally:
            self._bodies_bytes -= counted


def _is_awaited(headers):
    return headers.get("expect", "").lower() == "100-continue"
