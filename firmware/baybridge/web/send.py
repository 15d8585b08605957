"""Sends a Response of microdot's: a head of ours, and a body in pieces as the client takes them.

microdot would send line by line. limits is the guard, whose stream_bytes and write_bytes say how
large pieces are.
"""

from microdot import Response

from baybridge.web.problem import HEAD_END, phrase


async def send(c, response, limits):
    """Send all of it; OSError when the client is gone."""
    body = response.body
    try:
        head = _head_bytes(response)
        if c.is_head or not body:
            await c.awrite(head)
        elif hasattr(body, "send_to"):
            # One that sends itself, and renews the deadline as it gets on.
            c.put(head)
            head = response = None
            await body.send_to(c)
        elif isinstance(body, (bytes, bytearray)):
            if len(body) > limits.write_bytes:
                await _send_bytes(c, head, body, limits.write_bytes)
            else:
                _put_both(c, head, body)
                # Of a client that is slow, only what its socket did not take is kept.
                head = body = response.body = None
                await c.writer.drain()
        else:
            await _send_stream(c, head, body, limits.stream_bytes)
    finally:
        # A generator's own finally, a file's handle: also when the client left half-way.
        if body is not None and hasattr(body, "close"):
            body.close()


def _put_both(c, head, body):
    # Together, one packet for a short answer. No coroutine: the frame of one would keep the sum.
    c.put(head + body)


async def _send_bytes(c, head, body, n):
    view = memoryview(body)
    await c.awrite(head + view[:n])
    for at in range(n, len(body), n):
        await c.awrite(view[at : at + n])


async def _send_stream(c, head, body, least):
    """Send a generator of str or bytes, or a file; each write renews the deadline."""
    pieces = [head]
    n = 0
    for piece in _file_pieces(body) if hasattr(body, "read") else body:
        if isinstance(piece, str):
            piece = piece.encode()
        pieces.append(piece)
        n += len(piece)
        if n >= least:
            # Made anew: CPython may keep a reference until the socket takes it.
            whole = b"".join(pieces)
            pieces = []
            n = 0
            await c.awrite(whole)
            c.renew()
    if pieces:
        await c.awrite(b"".join(pieces))


def _file_pieces(file):
    while True:
        piece = file.read(Response.send_file_buffer_size)
        if not piece:
            return
        yield piece


def _head_bytes(response):
    """Return status line and headers; ValueError if a value would start a new line."""
    has_body = response.status_code not in (204, 304)
    if has_body:
        response.complete()
    lines = [
        "HTTP/1.1 %d %s" % (response.status_code, response.reason or phrase(response.status_code))
    ]
    for name, value in response.headers.items():
        for one in value if isinstance(value, list) else (value,):
            lines.append("%s: %s" % (name, one))
    text = "\r\n".join(lines)
    if text.count("\n") >= len(lines) or text.count("\r") >= len(lines):
        raise ValueError("a line break in a header")
    return ("%s\r\n%s" % (text, HEAD_END)).encode()
