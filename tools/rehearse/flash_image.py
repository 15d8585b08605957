"""Puts a folder of this computer onto a blank flash, on MicroPython: IMAGE FOLDER.

The flash is a file of 0xff; tools/rehearse/pty_board.py then switches a board with it on.
"""

import os
import sys
import vfs

BLOCK_BYTES = 4096
_IS_FOLDER = 0x4000


class Image:
    """The flash in a file."""

    def __init__(self, path):
        self._file = open(path, "r+b")  # noqa: SIM115 - until this process ends
        self._size = self._file.seek(0, 2)

    def readblocks(self, n, buf, at=0):
        self._file.seek(n * BLOCK_BYTES + at)
        self._file.readinto(buf)

    def writeblocks(self, n, buf, at=0):
        self._file.seek(n * BLOCK_BYTES + at)
        self._file.write(buf)

    def ioctl(self, op, n):
        if op == 4:
            return self._size // BLOCK_BYTES
        if op == 5:
            return BLOCK_BYTES
        if op == 6:
            self.writeblocks(n, b"\xff" * BLOCK_BYTES)
        else:
            self._file.flush()
        return 0


def copy(source, target):
    """Copy what is in a folder."""
    for name in os.listdir(source):
        if os.stat(source + "/" + name)[0] & _IS_FOLDER:
            os.mkdir(target + "/" + name)
            copy(source + "/" + name, target + "/" + name)
            continue
        with open(source + "/" + name, "rb") as old, open(target + "/" + name, "wb") as new:
            new.write(old.read())


def main(image, folder):
    """Format and fill it."""
    flash = Image(image)
    vfs.VfsLfs2.mkfs(flash)
    vfs.mount(vfs.VfsLfs2(flash), "/flash")
    copy(folder, "/flash")
    vfs.umount("/flash")


main(*sys.argv[1:])
