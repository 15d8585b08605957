"""One accepted socket: what the guard knows of it, and the two ways to close it.

Sending and closing differ between the streams of CPython and MicroPython; only this file knows.
"""

import asyncio


class Connection:
    """One client's socket with its deadline; request.sock[1] of a handler.

    A handler that answers by itself (server-sent events) sends its own head and pieces with
    awrite(), calls renew() as often as it wants to live on, and returns
    Response.already_handled.
    """

    def __init__(self, clock, reader, writer, limit_ms, stall_ms):
        self.reader = reader
        self.writer = writer
        self.task = asyncio.current_task()
        self.is_served = False  # set by the guard: it has one of the places
        self.is_overdue = False  # set by the guard, which then cancels the task
        self.is_given_up = False  # and this, if another client needed its place
        self.is_begun = False  # a byte of the request has come
        self.is_sent = False  # a byte of the answer is on its way: no other status any more
        self.is_unread = True  # the client may still be sending
        self.is_head = False
        self.path = None
        self.body_bytes = 0  # of its body that count among all clients', set by the guard
        self.body = None  # the Body that a handler reads by itself
        self.failure = None  # set by an error handler of the app, counted by the guard
        self.is_closed = False
        self._clock = clock
        self._stall_ms = stall_ms
        self.renew(limit_ms)

    def renew(self, limit_ms=None):
        """Live for limit_ms from now, by default stall_ms; then the connection is cut."""
        self.start_ms = self._clock.ticks_ms()
        self.limit_ms = self._stall_ms if limit_ms is None else limit_ms

    def get_extra_info(self, name):
        return self.writer.get_extra_info(name)

    def put(self, piece):
        """Send without waiting; a copy of what does not fit now is kept by the stream."""
        self.is_sent = True
        if isinstance(piece, memoryview) and hasattr(self.writer, "transport"):
            # CPython from 3.12 on would keep the view, and its buffer is used again.
            piece = bytes(piece)
        self.writer.write(piece)

    @property
    def has_room(self):
        """Whether all that was put is on its way, so that put() would keep nothing."""
        transport = getattr(self.writer, "transport", None)
        if transport is None:
            return not self.writer.out_buf
        return transport.get_write_buffer_size() == 0

    @property
    def has_left(self):
        """Whether the client has hung up, or will ask for nothing more; what it sends is lost."""
        socket = getattr(self.reader, "s", None)
        if socket is None:
            return self.reader.at_eof()
        # MicroPython's streams look only when somebody reads; None is nothing as yet.
        return socket.read(1) == b""

    async def flush(self):
        """Wait until the socket has taken what was put, and live for another stall_ms."""
        await self.writer.drain()
        # CPython's stream has room for so much that it would never wait.
        await self._clock.sleep_ms(0)
        self.renew()

    async def awrite(self, piece):
        """Send and wait until the socket has taken it."""
        self.put(piece)
        await self.writer.drain()

    async def aclose(self):
        pass  # the guard closes, always

    async def close(self):
        """Close; on CPython this waits for the client to take what is left."""
        try:
            self.writer.close()
            # On MicroPython it is this that closes, at once; close() does nothing (1.25).
            await self.writer.wait_closed()
        except OSError:
            pass  # reset meanwhile: closed all the same
        self.is_closed = True

    async def abort(self):
        """Close at once, whatever is left to send; harmless when closed."""
        # Not twice: the unix port would close whatever got the descriptor's number since.
        if self.is_closed:
            return
        transport = getattr(self.writer, "transport", None)
        if transport is None:
            await self.close()
        else:  # CPython: close() would wait for a client that never reads
            transport.abort()
            self.is_closed = True
