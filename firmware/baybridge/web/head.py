"""The head of an HTTP request: bytes in, method, target and headers out, or a Refusal.

Pure syntax after RFC 9112, without sockets. Stricter than microdot, which takes what it can
split: no bare line feeds, no folded lines, no control characters, one length or none.
"""

from micropython import const

_TOKEN_MARKS = const(b"!#$%&'*+-.^_`|~0123456789")  # RFC 9110, 5.6.2; letters are tested apart
# Lists of words are one string each: that stays in flash, a tuple is built in RAM.
_METHODS = const(b" GET HEAD POST PUT DELETE PATCH OPTIONS TRACE CONNECT QUERY ")
# Two of these with different values would leave it to chance which one counts.
_ONCE = const(" content-length host transfer-encoding authorization ")


class Refusal(Exception):
    """The request cannot be served: status and a sentence for a person."""

    def __init__(self, status, detail, extra=""):
        super().__init__(status, detail)
        self.status = status
        self.detail = detail
        self.extra = extra  # further header lines of the answer


class Headers:
    """Header fields, looked up without regard to case; what microdot calls request.headers."""

    def __init__(self):
        self._fields = {}

    def add(self, name, value):
        """Keep a field; a repeated one is joined as a list, RFC 9110, 5.3."""
        key = name.lower()
        old = self._fields.get(key)
        if old is not None and old != value:
            if " %s " % key in _ONCE:
                raise Refusal(400, "The header %s is given twice, differently." % key)
            value = old + ", " + value
        self._fields[key] = value

    def __contains__(self, name):
        return name.lower() in self._fields

    def __getitem__(self, name):
        return self._fields[name.lower()]

    def get(self, name, default=None):
        return self._fields.get(name.lower(), default)

    def items(self):
        return self._fields.items()


def is_token(text: bytes) -> bool:
    """Tell whether text is a token, the form of methods and header names."""
    # Nearly every name is letters and hyphens; that is found without a loop of ours.
    if text.replace(b"-", b"").isalpha():
        return True
    for b in text:
        if not (65 <= b <= 90 or 97 <= b <= 122 or b in _TOKEN_MARKS):
            return False
    return len(text) > 0


def _has_control(value):
    if not value:
        return False
    if min(value) < 32:
        for b in value:
            if b < 32 and b != 9:  # a tab is white space
                return True
    return b"\x7f" in value


def parse_request_line(line: bytes, max_path_bytes: int):
    """Return (method, target, version); Refusal if it is no request line of HTTP/1."""
    parts = line.split(b" ")
    if len(parts) != 3 or not is_token(parts[0]):
        raise Refusal(400, "The first line is not of the form 'GET /path HTTP/1.1'.")
    method, target, version = parts
    if not target or min(target) < 33 or max(target) > 126:
        raise Refusal(400, "The address holds characters that have to be percent-encoded.")
    if version not in (b"HTTP/1.1", b"HTTP/1.0"):
        if version.startswith(b"HTTP/") and version[5:6].isdigit():
            raise Refusal(505, "This bridge speaks HTTP/1.0 and HTTP/1.1.")
        raise Refusal(400, "The first line does not end with HTTP/1.1 or HTTP/1.0.")
    if b" " + method + b" " not in _METHODS:
        raise Refusal(501, "The method is not one this bridge knows.")
    if target[0] != 47:
        raise Refusal(400, "The address does not start with a slash.")
    path_n = target.find(b"?")
    # microdot's patterns go through `re`, which recurses once a character: a path of 650 ended
    # in RuntimeError with 40 KB of C stack (unix port 1.25), and the ESP32 has 16 KB.
    if (len(target) if path_n < 0 else path_n) > max_path_bytes:
        raise Refusal(414, "The path is longer than %d characters." % max_path_bytes)
    return method.decode(), target.decode(), version[5:].decode()


def parse_headers(lines, max_line_bytes: int, max_headers: int):
    """Return the Headers of lines[1:]; Refusal for syntax, length or number."""
    # No type on the result: microdot asks for a dict, and takes what looks fields up like one.
    if len(lines) - 1 > max_headers:
        raise Refusal(431, "There are more than %d header lines." % max_headers)
    headers = Headers()
    for i in range(1, len(lines)):
        line = lines[i]
        if len(line) > max_line_bytes:
            raise Refusal(431, "A header line is longer than %d bytes." % max_line_bytes)
        at = line.find(b":")
        value = line[at + 1 :].strip()
        if at < 1 or not is_token(line[:at]) or _has_control(value):
            raise Refusal(400, "Header line %d is not of the form 'Name: value'." % i)
        try:
            headers.add(line[:at].decode(), value.decode())
        except ValueError:
            raise Refusal(400, "Header line %d is not UTF-8 text." % i)
    return headers


def body_length(headers: Headers, version: str, max_body_bytes: int) -> int:
    """Return the length of the body; Refusal if it is unknown, false or too long."""
    if version == "1.1" and "host" not in headers:
        raise Refusal(400, "HTTP/1.1 asks for a Host header, and there is none.")
    coding = headers.get("transfer-encoding")
    text = headers.get("content-length")
    if coding is not None:
        if text is not None:
            raise Refusal(400, "Transfer-Encoding and Content-Length exclude each other.")
        if coding.lower() == "chunked":
            raise Refusal(411, "A body needs a Content-Length here; chunks are not taken.")
        raise Refusal(501, "This Transfer-Encoding is not one this bridge knows.")
    if text is None:
        return 0
    if not text.encode().isdigit():
        raise Refusal(400, "Content-Length is not a number.")
    if int(text) > max_body_bytes:
        raise Refusal(413, "The body is longer than %d bytes." % max_body_bytes)
    return int(text)
