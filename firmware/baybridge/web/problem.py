"""Errors as RFC 9457 problem+json: as a microdot Response and as the bytes of a whole answer.

It decides how an error looks, not which one it is. The type is always about:blank, so the title
is the status' own phrase (RFC 9457, 4.2.1) and the detail is the sentence for a person.
"""

import json

from microdot import Response

CONTENT_TYPE = "application/problem+json"
# The end of every answer's head. What is here is data, and nobody's page but ours may show it or
# build on it: no guessing at types, no word to other sites, no frames, no embedding.
HEAD_END = (
    "X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n"
    "X-Frame-Options: DENY\r\nCross-Origin-Resource-Policy: same-origin\r\n"
    "Connection: close\r\n\r\n"
)

# RFC 9110, 15 and RFC 6585. One string stays in flash; a dict or tuple would be built in RAM.
_PHRASES = (
    "\n200 OK\n202 Accepted\n204 No Content\n206 Partial Content\n302 Found\n304 Not Modified"
    "\n400 Bad Request\n401 Unauthorized\n403 Forbidden\n404 Not Found"
    "\n405 Method Not Allowed\n406 Not Acceptable\n408 Request Timeout\n409 Conflict"
    "\n411 Length Required"
    "\n413 Content Too Large\n414 URI Too Long\n415 Unsupported Media Type"
    "\n416 Range Not Satisfiable\n421 Misdirected Request\n422 Unprocessable Content"
    "\n429 Too Many Requests\n431 Request Header Fields Too Large"
    "\n500 Internal Server Error\n501 Not Implemented\n503 Service Unavailable"
    "\n505 HTTP Version Not Supported\n"
)


def phrase(status: int) -> str:
    """Return the reason phrase of a status; a neutral word for one that is not listed."""
    at = _PHRASES.find("\n%d " % status)
    return "Status" if at < 0 else _PHRASES[at + 5 : _PHRASES.find("\n", at + 5)]


def _text(status, detail, instance, more=""):
    text = '{"type":"about:blank","title":"%s","status":%d,"detail":%s' % (
        phrase(status),
        status,
        json.dumps(detail),
    )
    if instance is not None:
        text += ',"instance":' + json.dumps(instance)
    return text + more + "}"


def problem(status: int, detail: str, instance=None, headers=None, more="") -> Response:
    """Return the error as a Response; instance is the path it happened at.

    more is the JSON text of further members, with the comma before it.
    """
    fields = {"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store"}
    if headers:
        fields.update(headers)
    return Response(_text(status, detail, instance, more), status, fields, phrase(status))


def problem_bytes(status: int, detail: str, instance=None, extra="", is_head=False) -> bytes:
    """Return the error as a whole HTTP answer; extra is further header lines, CRLF included."""
    body = _text(status, detail, instance).encode()
    head = (
        "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n"
        "Cache-Control: no-store\r\n%s%s"
    ) % (status, phrase(status), CONTENT_TYPE, len(body), extra, HEAD_END)
    return head.encode() if is_head else head.encode() + body
