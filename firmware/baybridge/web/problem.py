"""Errors as RFC 9457 problem+json: as a microdot Response and as the bytes of a whole answer.

It decides how an error looks, not which one it is. The type is always about:blank, so the title
is the status' own phrase (RFC 9457, 4.2.1) and the detail is the sentence for a person.
"""

import json

from microdot import Response

CONTENT_TYPE = "application/problem+json"

# RFC 9110, 15 and RFC 6585. One flat constant tuple stays in flash; a dict would be built in RAM.
# fmt: off
_PHRASES = (
    200, "OK", 204, "No Content", 206, "Partial Content", 304, "Not Modified",
    400, "Bad Request", 401, "Unauthorized", 403, "Forbidden", 404, "Not Found",
    405, "Method Not Allowed", 408, "Request Timeout", 409, "Conflict", 411, "Length Required",
    413, "Content Too Large", 414, "URI Too Long", 415, "Unsupported Media Type",
    416, "Range Not Satisfiable", 422, "Unprocessable Content",
    431, "Request Header Fields Too Large", 500, "Internal Server Error", 501, "Not Implemented",
    503, "Service Unavailable", 505, "HTTP Version Not Supported",
)
# fmt: on


def phrase(status: int) -> str:
    """Return the reason phrase of a status; a neutral word for one that is not listed."""
    for i in range(0, len(_PHRASES), 2):
        if _PHRASES[i] == status:
            return _PHRASES[i + 1]
    return "Status"


def _text(status, detail, instance):
    text = '{"type":"about:blank","title":"%s","status":%d,"detail":%s' % (
        phrase(status),
        status,
        json.dumps(detail),
    )
    if instance is not None:
        text += ',"instance":' + json.dumps(instance)
    return text + "}"


def problem(status: int, detail: str, instance=None, headers=None) -> Response:
    """Return the error as a Response; instance is the path it happened at."""
    fields = {"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store"}
    if headers:
        fields.update(headers)
    return Response(_text(status, detail, instance), status, fields, phrase(status))


def problem_bytes(status: int, detail: str, instance=None, extra="", is_head=False) -> bytes:
    """Return the error as a whole HTTP answer; extra is further header lines, CRLF included."""
    body = _text(status, detail, instance).encode()
    head = (
        "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n"
        "Cache-Control: no-store\r\n%sConnection: close\r\n\r\n"
    ) % (status, phrase(status), CONTENT_TYPE, len(body), extra)
    return head.encode() if is_head else head.encode() + body
