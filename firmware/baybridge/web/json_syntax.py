"""Whether a body is JSON, by RFC 8259 and the same on every interpreter. Imported at a change.

MicroPython's parser takes `{"a" 1,}`, `{"a":1]` and half an object for whole ones (1.25; the first
two also 1.27). What stands in a configuration after such a slip is a guess. Beyond the RFC: no key
twice, because the last one would win in silence, and no nesting that serves nothing here.
"""

from micropython import const

from baybridge.config_kinds import clip

# A configuration has five; each is two calls deep on a stack of 16 KB.
_MAX_DEPTH = const(6)
_NO_JSON = const("The body is not JSON.")
_SPACE = const(b" \t\r\n")
_DIGITS = const(b"0123456789")
_HEX = const(b"0123456789abcdefABCDEF")
_ESCAPES = const(b'"\\/bfnrtu')
_WORDS = const((b"true", b"false", b"null"))
_QUOTE = const(34)
_COMMA = const(44)
_COLON = const(58)
_BACKSLASH = const(92)
_ARRAY = const(91)
_OBJECT = const(123)


def check(body: bytes):
    """Raise ValueError with a sentence if it is none; the body has to be UTF-8."""
    if _value(body, _space(body, 0), 0) != len(body):
        raise ValueError(_NO_JSON)


def _space(body, at):
    while at < len(body) and body[at] in _SPACE:
        at += 1
    return at


def _value(body, at, depth):
    """Return where the value that begins at `at` and the space behind it end."""
    first = _byte(body, at)
    if first in (_OBJECT, _ARRAY):
        if depth == _MAX_DEPTH:
            raise ValueError(_NO_JSON)
        at = _members(body, at, depth + 1, first == _OBJECT)
    elif first == _QUOTE:
        at = _text(body, at)
    elif first == 45 or first in _DIGITS:
        at = _number(body, at)
    else:
        for word in _WORDS:
            if body[at : at + len(word)] == word:
                at += len(word)
                break
        else:
            raise ValueError(_NO_JSON)
    return _space(body, at)


def _members(body, at, depth, is_object):
    end = body[at] + 2  # of either kind
    keys = []
    at = _space(body, at + 1)
    if _byte(body, at) == end:
        return at + 1
    while True:
        if is_object:
            begin = at
            at = _text(body, at)
            key = bytes(body[begin:at])
            if key in keys:
                # Quotes and all, as it stands there.
                raise ValueError("The body has the key %s twice." % clip(str(key, "utf-8")))
            keys.append(key)
            at = _space(body, at)
            if _byte(body, at) != _COLON:
                raise ValueError(_NO_JSON)
            at = _space(body, at + 1)
        at = _value(body, at, depth)
        found = _byte(body, at)
        if found == end:
            return at + 1
        if found != _COMMA:
            raise ValueError(_NO_JSON)
        at = _space(body, at + 1)


def _text(body, at):
    if _byte(body, at) != _QUOTE:
        raise ValueError(_NO_JSON)
    at += 1
    while True:
        found = _byte(body, at)
        if found < 32:
            raise ValueError(_NO_JSON)
        at += 1
        if found == _QUOTE:
            return at
        if found == _BACKSLASH:
            found = _byte(body, at)
            if found not in _ESCAPES:
                raise ValueError(_NO_JSON)
            at += 1
            if found == 117:
                for _ in range(4):
                    if _byte(body, at) not in _HEX:
                        raise ValueError(_NO_JSON)
                    at += 1


def _number(body, at):
    if body[at] == 45:
        at += 1
    begin = at
    at = _digits(body, at)
    if body[begin] == 48 and at > begin + 1:
        raise ValueError(_NO_JSON)
    if at < len(body) and body[at] == 46:
        at = _digits(body, at + 1)
    if at < len(body) and body[at] in b"eE":
        at += 1
        if at < len(body) and body[at] in b"+-":
            at += 1
        at = _digits(body, at)
    return at


def _digits(body, at):
    begin = at
    while at < len(body) and body[at] in _DIGITS:
        at += 1
    if at == begin:
        raise ValueError(_NO_JSON)
    return at


def _byte(body, at):
    if at >= len(body):
        raise ValueError(_NO_JSON)
    return body[at]
