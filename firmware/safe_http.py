"""Safe mode's own HTTP, on a bare socket: one request, with a limit on everything it reads.

The application's server is part of the version that may be what crashes. This one knows GET and
a form, and one client at a time.
"""

import binascii
import socket
import time
from micropython import const

PORT = 80
# How long a client may take, and how long the server waits for one: the watchdog waits too.
CLIENT_S = 10
TURN_S = 1

_MAX_HEAD = const(1024)
_MAX_BODY = const(256)
_DRAIN_S = 0.1
_DRAINS = const(8)
_PHRASES = {
    200: "OK",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    409: "Conflict",
    411: "Length Required",
    413: "Content Too Large",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
}


class Refused(Exception):
    """A request that is not served: status and sentence."""

    def __init__(self, status, sentence):
        self.status = status
        self.sentence = sentence


def listen(port):
    """Return the listening socket."""
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(socket.getaddrinfo("0.0.0.0", port)[0][-1])
    server.listen(1)
    return server


def serve_next(server, safe):
    """Serve one client, if one comes in a second; safe has answer() and page()."""
    server.settimeout(TURN_S)
    try:
        client = server.accept()[0]
    except OSError:
        return  # none came
    try:
        serve(client, safe)
    except Exception as exc:
        # It went away, mostly; and whatever it is, it must not end safe mode.
        print("safe mode: a client:", exc)
    finally:
        client.close()


def serve(client, safe):
    """Read one request, answer it; the caller closes."""
    end_s = time.time() + CLIENT_S
    try:
        method, path, body = read_request(client, end_s)
        status, page = safe.answer(method, path, body)
    except Refused as refused:
        status, page = refused.status, safe.page(refused.sentence)
        _drain(client)
    except MemoryError:
        status, page = 500, "The bridge is out of memory."
    raw = page.encode()
    head = (
        "HTTP/1.0 %d %s\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n"
        "Cache-Control: no-store\r\nX-Frame-Options: DENY\r\nConnection: close\r\n\r\n"
    )
    _send(client, (head % (status, _PHRASES[status], len(raw))).encode() + raw)


def _drain(client):
    # Closed with something unread, the connection takes the answer with it (RFC 9112 9.6).
    client.settimeout(_DRAIN_S)
    try:
        for _ in range(_DRAINS):
            if not client.recv(_MAX_HEAD):
                return
    except OSError:
        pass  # no more came


def _send(client, raw):
    end_s = time.time() + CLIENT_S
    view = memoryview(raw)
    while view and time.time() < end_s:
        client.settimeout(CLIENT_S)
        view = view[client.send(view) :]


def read_request(client, end_s):
    """Return (method, path, body); Refused when it is malformed, too long or too slow."""
    raw = b""
    while b"\r\n\r\n" not in raw:
        if len(raw) >= _MAX_HEAD:
            raise Refused(431, "The request's head is too long.")
        raw += _receive(client, _MAX_HEAD - len(raw), end_s)
    head, _, body = raw.partition(b"\r\n\r\n")
    try:
        lines = head.decode().split("\r\n")
        method, path, version = lines[0].split(" ")
    except (UnicodeError, ValueError):
        raise Refused(400, "This is no HTTP request.")
    if not version.startswith("HTTP/1."):
        raise Refused(400, "This is no HTTP/1 request.")
    if method != "POST":
        return method, path, b""
    length = _length(lines)
    while len(body) < length:
        body += _receive(client, length - len(body), end_s)
    return method, path, body[:length]


def _length(lines):
    found = None
    for line in lines[1:]:
        name, _, value = line.partition(":")
        name = name.lower()
        if name == "transfer-encoding":
            raise Refused(411, "The form has to come with its length.")
        if name == "content-length":
            value = value.strip()
            if found is not None or not value.isdigit() or len(value) > 9:
                raise Refused(400, "The form's length is no number.")
            found = int(value)
    if found is None:
        raise Refused(411, "The form has to come with its length.")
    if found > _MAX_BODY:
        raise Refused(413, "The form is too long.")
    return found


def _receive(client, n, end_s):
    left_s = end_s - time.time()
    # A client that sends a byte now and then has no longer than one that sends none.
    if left_s <= 0:
        raise Refused(408, "The request took too long.")
    client.settimeout(left_s)
    try:
        piece = client.recv(n)
    except OSError:
        raise Refused(408, "The request took too long.")
    if not piece:
        raise Refused(400, "The request ended too early.")
    return piece


def parse_form(body):
    """Return the fields of application/x-www-form-urlencoded; Refused when it is none."""
    fields = {}
    try:
        for pair in body.decode().split("&"):
            key, _, value = pair.partition("=")
            raw = bytearray()
            value = value.replace("+", " ")
            i = 0
            while i < len(value):
                if value[i] == "%":
                    raw += binascii.unhexlify(value[i + 1 : i + 3])
                    i += 3
                else:
                    raw += value[i].encode()
                    i += 1
            fields[key] = bytes(raw).decode()
    except (UnicodeError, ValueError):
        raise Refused(400, "The form is damaged.")
    return fields
