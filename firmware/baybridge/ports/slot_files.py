"""The folder of a version on the board's flash while it is filled; imports only os.

A folder is known by its manifest.txt (slots.py), so that is removed first and written last, and
what lies between is no version at all.
"""

import os
from micropython import const

_MANIFEST = const("manifest.txt")
_IS_FOLDER = const(0x4000)
# LittleFS keeps two blocks for a folder.
_FOLDER_BLOCKS = const(2)


class SlotFiles:
    """The folders with versions below a root; the board's is ""."""

    def __init__(self, root=""):
        self._root = root

    def free_bytes(self, slot):
        """Return the flash that is free once a folder's files are gone."""
        stat = os.statvfs(self._root or "/")
        block = stat[0]
        return (stat[3] + _blocks_in("%s/%s" % (self._root, slot), block)) * block

    def clear(self, slot):
        """Yield after each file of a folder that is removed; the manifest is the first."""
        folder = "%s/%s" % (self._root, slot)
        try:
            os.remove("%s/%s" % (folder, _MANIFEST))
        except OSError:
            pass  # there was none
        return _clear(folder)

    def create(self, slot, path):
        """Return an empty file of a folder, open for writing, the folders above it made."""
        at = "%s/%s" % (self._root, slot)
        for part in path.split("/"):
            try:
                os.mkdir(at)
            except OSError:
                pass  # there already; if it is not, open() says why
            at = "%s/%s" % (at, part)
        return open(at, "wb")

    def keep(self, slot, lines):
        """Write the manifest, which makes a version of the folder."""
        with open("%s/%s/%s" % (self._root, slot, _MANIFEST), "wb") as file:
            for line in lines:
                file.write(line)
            file.flush()


def _names_in(folder):
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _clear(folder):
    for name in _names_in(folder):
        path = "%s/%s" % (folder, name)
        if os.stat(path)[0] & _IS_FOLDER:
            yield from _clear(path)
            os.rmdir(path)
        else:
            os.remove(path)
        yield


def _blocks_in(folder, block):
    total = 0
    for name in _names_in(folder):
        path = "%s/%s" % (folder, name)
        stat = os.stat(path)
        if stat[0] & _IS_FOLDER:
            total += _FOLDER_BLOCKS + _blocks_in(path, block)
        else:
            total += (stat[6] + block - 1) // block
    return total
