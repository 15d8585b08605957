"""The body of a request that is too long to be held: its handler reads it as it comes."""

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Body:
    """request.stream of such a handler; every piece that comes renews the deadline."""

    def __init__(self, connection, rest, length, is_awaited):
        # rest came with the head; is_awaited: the client sends nothing more before we ask it to.
        self.length = length
        # Bytes the handler has not been given.
        self.left = length
        self._connection = connection
        self._rest = rest[:length]
        self._is_awaited = is_awaited and not rest

    async def read(self, n):
        """Return up to n bytes; b"" at the end, or when the client has left before."""
        n = min(n, self.left)
        if self._rest:
            piece = self._rest[:n]
            self._rest = self._rest[n:]
        elif n:
            if self._is_awaited:
                self._is_awaited = False
                self._connection.writer.write(_CONTINUE)
                await self._connection.writer.drain()
            try:
                piece = await self._connection.reader.read(n)
            except OSError:
                piece = b""  # reset: gone is gone
        else:
            piece = b""
        self.left -= len(piece)
        self.renew()
        return piece

    def renew(self):
        """Give the client another while: we are busy with what it sent."""
        self._connection.renew()
