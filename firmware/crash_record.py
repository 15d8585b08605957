"""The record of a crash: what is known when it happens, without secrets, and the last three kept.

main.py puts it into the black box before the reset and into crash.txt after it, where the
diagnostics and safe mode find it. The flash may be full or broken: then it stays in the box.
"""

import io
import json
import os
import sys
from micropython import const

FILE = const("crash.txt")
# A line that begins a record in the file.
MARK = const("=== crash\n")

_KEPT = const(3)
# With the box's own limit below 4 KB and a bit; an older file is not believed beyond.
_MAX_FILE = const(5000)
_MAX_PLACES = const(600)
_MAX_LINE = const(120)
_MAX_WORDS = const(300)
_MAX_NOTES = const(450)
_SECRET_FILES = ("token.txt", "access.txt")


class _Places(io.IOBase):
    # Takes a traceback and keeps the last of its places, however long the rest is.
    def __init__(self):
        self.text = ""
        self._line = b""

    def write(self, piece):
        for b in bytes(piece):
            if b != 0x0A:
                if len(self._line) < _MAX_LINE:
                    self._line += bytes((b if b < 0x80 else 0x3F,))
            else:
                line = self._line.decode()
                self._line = b""
                if line.startswith("  File ") and '", line ' in line:
                    self.text = (self.text + line + "\n")[-_MAX_PLACES:]
        return len(piece)


def text_of(exc, notes="", root=""):
    """Return what is to be kept of an exception and of the application's notes."""
    name = type(exc).__name__
    notes = notes[:_MAX_NOTES]
    try:
        places = _Places()
        # CPython, which only runs the tests, has it elsewhere.
        printer = getattr(sys, "print_exception", None)
        if printer is not None:
            printer(exc, places)
        words = hide(str(exc), root)
        return "%s%s%s\n" % (notes, places.text, "%s: %s" % (name, words) if words else name)
    except Exception as other:
        # Out of memory, most likely: the name alone fits always.
        return "%s%s (and %s)\n" % (notes, name, type(other).__name__)


def hide(words, root=""):
    """Return an exception's words without the secrets of the configuration.

    Where those are not to be known, there are no words.
    """
    secrets = _secrets(root)
    if secrets is None:
        return ""
    # Before it is cut, or half of one may stay.
    for secret in secrets:
        words = words.replace(secret, "***")
    return words[:_MAX_WORDS]


def _secrets(root):
    found = []
    for name in _SECRET_FILES:
        text = _read(root, name)
        found.append(text.strip() if text else "")
    text = _read(root, "config.json")
    if text is None:
        return None
    if text:
        try:
            config = json.loads(text)
        except ValueError:
            return None
        # Without its end it may lack what it had (house.md 3).
        if not isinstance(config, dict) or config.get("end") != 1:
            return None
        _collect(config, found)
    return sorted([one for one in found if len(one) >= 4], key=len, reverse=True)


def _collect(values, found):
    for key in values if isinstance(values, dict) else range(len(values)):
        value = values[key]
        if isinstance(value, (dict, list)):
            _collect(value, found)
        elif isinstance(value, str) and isinstance(key, str):
            if key.endswith("token") or key.endswith("password"):
                found.append(value)


def _read(root, name):
    # "" when there is no such file, None when it cannot be read.
    path = "%s/%s" % (root, name)
    try:
        with open(path, "rb") as file:
            return file.read().decode()
    except OSError:
        try:
            os.stat(path)
        except OSError:
            return ""
        return None
    except UnicodeError:
        return None


def keep(record, root=""):
    """Add a record to the file, of which the last three stay; OSError if it cannot be written."""
    records = read(root)[-(_KEPT - 1) :] + [record]
    path = "%s/%s" % (root, FILE)
    with open(path + ".new", "wb") as file:
        for one in records:
            file.write(MARK.encode() + one.strip().encode() + b"\n")
        file.flush()
    os.rename(path + ".new", path)


def read(root=""):
    """Return the records of the file, the oldest first."""
    return split(_read(root, FILE) or "")


def split(text):
    """Return the records of a file's text, the oldest first."""
    return [one.strip() for one in text[-_MAX_FILE:].split(MARK)[1:]]
