"""Small texts on the board's own flash: the configuration and what else must survive a power cut.

Also what was put there whole and is only read, in pieces: the page.
LittleFS keeps the old file until the rename (platform.md 6.5), so a reader finds the old text or
the new one, never a mixture. Not for the SD card: FAT refuses to rename over a file.
"""

import os
from micropython import const

_ENOENT = const(2)
_IS_FOLDER = const(0x4000)
_NEW = const(".new")


class Files:
    """Files below a folder; the board's root is ""."""

    def __init__(self, root=""):
        self._root = root

    def below(self, folder):
        """Return the Files of a folder in this one."""
        return Files("%s/%s" % (self._root, folder))

    def read_text(self, name):
        """Return a file's text; None when there is none, "" when it is not UTF-8."""
        path = self._path(name)
        # A leftover of a write that was cut off: nobody renamed it, so it may be half a text.
        try:
            os.remove(path + _NEW)
        except OSError:
            pass
        try:
            with open(path, "rb") as file:
                raw = file.read()
        except OSError as exc:
            if exc.errno == _ENOENT:
                return None
            raise
        try:
            return raw.decode()
        except UnicodeError:
            return ""

    def write_atomic(self, name, text):
        """Replace a file's text as a whole; OSError leaves the old text in place."""
        self.write_pieces(name, (text,))

    def write_pieces(self, name, pieces):
        """Do the same with a text that comes in pieces."""
        path = self._path(name)
        with open(path + _NEW, "wb") as file:
            for piece in pieces:
                file.write(piece.encode())
            file.flush()
        os.rename(path + _NEW, path)

    def size(self, name):
        """Return a file's bytes; None when there is no such file."""
        try:
            stat = os.stat(self._path(name))
        except OSError as exc:
            if exc.errno == _ENOENT:
                return None
            raise
        return None if stat[0] & _IS_FOLDER else stat[6]

    def read_at(self, name, at, buf):
        """Read from a place on into a buffer; return how many bytes there were."""
        # Nothing stays open between two pieces: a client may take minutes over them.
        with open(self._path(name), "rb") as file:
            file.seek(at)
            return file.readinto(buf)

    def _path(self, name):
        return "%s/%s" % (self._root, name)
