"""Safe mode's own HTTP, on a bare socket: one request, with a limit on everything it reads.

The application's server is part of the version that may be what crashes. This one knows GET, a
form and the one long body of an update, and one client at a time.
"""

import binascii
import json
import socket
import time
from micropython import const

PORT = 80
# How long a client may take, and how long the server waits for one: the watchdog waits too.
CLIENT_S = 10
TURN_S = 1
# How long an archive may take. Each piece of it has CLIENT_S.
ARCHIVE_S = 600
# How long nothing has to come until a client has sent what nobody wants. A browser listens only
# when it has sent all of a long body, and the air makes pauses in that.
SILENCE_S = 0.1
LONG_SILENCE_S = 1

_MAX_HEAD = const(1024)
_MAX_FORM = const(256)
# As the application has it (web/guard.py).
_MAX_ARCHIVE = const(1048576)
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_PHRASES = {
    200: "OK",
    202: "Accepted",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    409: "Conflict",
    411: "Length Required",
    413: "Content Too Large",
    422: "Unprocessable Content",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    503: "Service Unavailable",
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
    request = None
    try:
        request = read_request(client, time.time() + CLIENT_S)
        if request is None:
            return
        status, text = safe.answer(request)
    except Refused as refused:
        status = refused.status
        if request is not None and request.is_json:
            text = json.dumps({"status": status, "detail": refused.sentence})
        else:
            text = safe.page(refused.sentence)
        _drain(client, LONG_SILENCE_S if request is not None and request.is_long else SILENCE_S)
    except MemoryError:
        status, text = 500, "The bridge is out of memory."
    raw = text.encode()
    kind = "application/json" if text[0] == "{" else "text/html; charset=utf-8"
    head = (
        "HTTP/1.0 %d %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n"
        "Cache-Control: no-store\r\nX-Frame-Options: DENY\r\nConnection: close\r\n\r\n"
    )
    _send(client, (head % (status, _PHRASES[status], kind, len(raw))).encode() + raw)


def _drain(client, silence_s):
    # Closed with something unread, the connection takes the answer with it (RFC 9112 9.6).
    end_s = time.time() + CLIENT_S
    client.settimeout(silence_s)
    try:
        while time.time() < end_s:
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
    """Return the Request, its head read; Refused when it is malformed, too long or too slow.

    None when nothing comes at all: browsers connect before they know what to ask, and Chromium
    takes what is there for the answer to its first request (web/guard.py).
    """
    client.settimeout(CLIENT_S)
    try:
        raw = client.recv(_MAX_HEAD)
    except OSError:
        raw = b""
    if not raw:
        return None
    while b"\r\n\r\n" not in raw:
        if len(raw) >= _MAX_HEAD:
            raise Refused(431, "The request's head is too long.")
        raw += _receive(client, _MAX_HEAD - len(raw), end_s)
    head, _, rest = raw.partition(b"\r\n\r\n")
    try:
        lines = head.decode().split("\r\n")
        method, target, version = lines[0].split(" ")
    except (UnicodeError, ValueError):
        raise Refused(400, "This is no HTTP request.")
    if not version.startswith("HTTP/1."):
        raise Refused(400, "This is no HTTP/1 request.")
    return Request(client, method, target, lines, rest, end_s)


class Request:
    """One request; its body is still with the client, but for what came with the head."""

    def __init__(self, client, method, target, lines, rest, end_s):
        self.method = method
        self.path, _, self.query = target.partition("?")
        # Asked for by a program, or by the page's script.
        self.is_json = self.path != "/"
        # Bytes of the archive, and those that were not read yet.
        self.length = self.left = 0
        self._client = client
        self._lines = lines
        self._rest = rest
        self._end_s = end_s
        # The client sends nothing more before it is asked to.
        self._is_awaited = self.field("expect").lower() == "100-continue" and not rest

    @property
    def is_long(self):
        """Tell whether much of a body may be on its way that nobody wants."""
        return self.method == "PUT" and not self._is_awaited

    def field(self, name):
        """Return a header field, "" without one."""
        for line in self._lines[1:]:
            key, _, value = line.partition(":")
            if key.lower() == name:
                return value.strip()
        return ""

    def form(self):
        """Return the fields of a form in the body; Refused when it is none."""
        length = self._body_length("form", _MAX_FORM)
        body = self._rest
        while len(body) < length:
            body += _receive(self._client, length - len(body), self._end_s)
        return parse_form(body[:length])

    def begin_archive(self):
        """Have read() return the body, which is an archive."""
        self.length = self.left = self._body_length("archive", _MAX_ARCHIVE)
        self._end_s = time.time() + ARCHIVE_S

    def read(self, n):
        """Return up to n bytes of the body, b"" at its end; Refused when they do not come."""
        n = min(n, self.left)
        if not n:
            return b""
        if self._rest:
            piece = self._rest[:n]
            self._rest = self._rest[n:]
        else:
            if self._is_awaited:
                self._is_awaited = False
                _send(self._client, _CONTINUE)
            piece = _receive(self._client, n, min(self._end_s, time.time() + CLIENT_S))
        self.left -= len(piece)
        return piece

    def _body_length(self, what, limit):
        found = None
        for line in self._lines[1:]:
            name, _, value = line.partition(":")
            name = name.lower()
            if name == "transfer-encoding":
                raise Refused(411, "The %s has to come with its length." % what)
            if name == "content-length":
                value = value.strip()
                if found is not None or not value.isdigit() or len(value) > 9:
                    raise Refused(400, "The %s's length is no number." % what)
                found = int(value)
        if found is None:
            raise Refused(411, "The %s has to come with its length." % what)
        if found > limit:
            raise Refused(413, "The %s is too long." % what)
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
