"""Starts a board after every cut of a deployment: FLASH JOURNAL SOUGHT FIRST STEP; ends with JSON.

FLASH is the flash before the deployment, JOURNAL what it wrote, in order (raw_repl.py). The flash
as it was at a moment is FLASH with so many writes of it; the last one may be there by half only,
as a supply that fails leaves it. Each is mounted, and the slots.py that is on it chooses as
main.py has it do. What it chose has to be one of the versions in SOUGHT, every byte of it, and
nothing beside it. MicroPython.
"""

import binascii
import gc
import hashlib
import json
import os
import struct
import sys
import vfs

BLOCK_BYTES = 4096
_FOLDER = 0x4000
_PIECE = 4096


class Memory:
    """A flash in memory that can take back what was written since a mark."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.raw = bytearray(file.read())
        self._undo = None

    def readblocks(self, n, buf, at=0):
        place = n * BLOCK_BYTES + at
        buf[:] = memoryview(self.raw)[place : place + len(buf)]

    def writeblocks(self, n, buf, at=0):
        self.put(n * BLOCK_BYTES + at, buf)

    def put(self, place, buf):
        if self._undo is not None:
            self._undo.append((place, bytes(memoryview(self.raw)[place : place + len(buf)])))
        self.raw[place : place + len(buf)] = buf

    def ioctl(self, op, arg):
        if op == 4:
            return len(self.raw) // BLOCK_BYTES
        if op == 5:
            return BLOCK_BYTES
        if op == 6:
            self.put(arg * BLOCK_BYTES, b"\xff" * BLOCK_BYTES)
        return 0

    def mark(self):
        self._undo = []

    def take_back(self):
        undo, self._undo = self._undo, None
        for place, raw in reversed(undo):
            self.put(place, raw)


def digest_of(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        piece = file.read(_PIECE)
        while piece:
            digest.update(piece)
            piece = file.read(_PIECE)
    return binascii.hexlify(digest.digest()).decode()


def files_below(path):
    for entry in os.ilistdir(path):
        below = path + "/" + entry[0]
        if entry[1] & _FOLDER:
            yield from files_below(below)
        else:
            yield below


def found_in(slot, sought):
    """Return the name of the version a slot holds, or in words what it holds instead."""
    hashes = {}
    for path in files_below("/" + slot):
        hashes[path[3:]] = digest_of(path)
    for name, files in sought.items():
        if files.get("manifest.txt") == hashes.get("manifest.txt"):
            if files == hashes:
                return name
            differ = [path for path in files if hashes.get(path) != files[path]]
            differ += [path for path in hashes if path not in files]
            return "a mixture: %s in %s" % (sorted(differ)[:3], name)
    return "an unknown version"


def start(memory, sought, is_crash):
    """Start the board on this flash; return what runs then, or what is wrong."""
    try:
        # Large reads: the file system is the same, and every byte of a version is read.
        vfs.mount(vfs.VfsLfs2(memory, readsize=1024), "/")
    except OSError as exc:
        return "no file system: %s" % exc
    os.chdir("/")
    try:
        there = [entry[0] for entry in os.ilistdir("/")]
        for name, known in sought["beside"].items():
            if name in there and digest_of("/" + name) not in known:
                return "%s is neither the old nor the new one" % name
        if "main.py" not in there:
            # MicroPython's own prompt.
            return "nothing"
        if "slots" in sys.modules:
            del sys.modules["slots"]
        import slots

        slot = slots.choose("", is_crash).slot
        return found_in(slot, sought["versions"]) if slot else "nothing"
    finally:
        os.chdir("/")
        vfs.umount("/")


def read_journal(path):
    """Return [(place, bytes)] of everything that was written."""
    ops = []
    with open(path, "rb") as file:
        while True:
            head = file.read(8)
            if len(head) < 8:
                return ops
            place, size = struct.unpack("<II", head)
            ops.append((place, file.read(size)))


def main(flash, journal, sought, first, step):
    memory = Memory(flash)
    ops = read_journal(journal)
    with open(sought) as file:
        sought = json.load(file)
    vfs.umount("/")
    sys.path[:] = ["", ".frozen"]
    seen = {}
    wrong = []
    tried = 0

    def look(what, is_crash):
        memory.mark()
        runs = start(memory, sought, is_crash)
        memory.take_back()
        seen[runs] = seen.get(runs, 0) + 1
        if runs not in sought["allowed"]:
            wrong.append("%s: %s" % (what, runs))
        gc.collect()

    for i in range(len(ops) + 1):
        if i % step == first:
            # By turns: the supply failed, or the watchdog ended it.
            look("after write %d of %d" % (i, len(ops)), i // step % 2 == 1)
            tried += 1
        if i == len(ops):
            break
        place, raw = ops[i]
        if i % step == first and len(raw) > 1:
            memory.put(place, raw[: len(raw) // 2])
            look("in the middle of write %d of %d" % (i + 1, len(ops)), False)
            tried += 1
        memory.put(place, raw)
    print(json.dumps({"tried": tried, "seen": seen, "wrong": wrong, "writes": len(ops)}))


main(*sys.argv[1:4], int(sys.argv[4]), int(sys.argv[5]))
