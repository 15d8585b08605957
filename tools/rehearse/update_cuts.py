"""Updates over HTTP that are cut off, on MicroPython's own LittleFS in memory.

The whole firmware serves; a client in the same process sends an archive up to some byte and hangs
up, and then the whole of it. For power cuts one whole update is recorded as the writes to the
flash's blocks, and the flash looked at after each of them: what slots.py chooses there has to be
the old version or the new one, every byte of it.
"""

import asyncio
import gc
import os
import vfs

import slots
from baybridge.app_start import Start
from baybridge.record.archive import Head, row_of
from host_tests.fakes.clock import FakeClock
from host_tests.fakes.hardware import SLOT
from host_tests.fakes.job import stop
from host_tests.fakes.world import World
from host_tests.web.loopback import connect, free_port, hang_up

BLOCK_BYTES = 4096
_BLOCKS = 512
_BAY = "/bay"
_ROOT = "/bay/flash"
_CARD = "build/rehearse/update_card"
_TOKEN = "change-it"
_CONFIG = (
    '{"batteries":[{"id":"house1","address":"02:12:34:00:20:61"}],'
    '"http":{"port":%d,"token":"change-it"},"log":{"enabled":false},"end":1}'
)
# Virtual time leaps while real sockets do their work.
_STALL_MS = 1000000
_EDGE = 40
_CACHED = 512
# Of the looks at a flash, every so many-th reads the whole version and not only its sizes.
_HASH_EVERY = 20


class Flash:
    """A block device in memory; with a journal it records every write and erasure."""

    def __init__(self):
        self.memory = bytearray(BLOCK_BYTES * _BLOCKS)
        for n in range(_BLOCKS):
            erase(self.memory, n * BLOCK_BYTES)
        self.journal = None

    def readblocks(self, n, buf, at=0):
        start = n * BLOCK_BYTES + at
        buf[:] = memoryview(self.memory)[start : start + len(buf)]

    def writeblocks(self, n, buf, at=0):
        start = n * BLOCK_BYTES + at
        if self.journal is not None:
            self.journal.append((start, bytes(buf)))
        memoryview(self.memory)[start : start + len(buf)] = buf

    def ioctl(self, op, n):
        if op == 4:
            return _BLOCKS
        if op == 5:
            return BLOCK_BYTES
        if op == 6:
            if self.journal is not None:
                self.journal.append((n * BLOCK_BYTES, None))
            erase(self.memory, n * BLOCK_BYTES)
        return 0


class Cut:
    """A flash as a power cut left it: what is written to it now stays apart."""

    def __init__(self, memory):
        self._memory = memory
        self._changed = {}

    def readblocks(self, n, buf, at=0):
        block = self._changed.get(n)
        if block is not None:
            buf[:] = memoryview(block)[at : at + len(buf)]
            return
        start = n * BLOCK_BYTES + at
        buf[:] = memoryview(self._memory)[start : start + len(buf)]

    def writeblocks(self, n, buf, at=0):
        memoryview(self._own(n))[at : at + len(buf)] = buf

    def ioctl(self, op, n):
        if op == 4:
            return _BLOCKS
        if op == 5:
            return BLOCK_BYTES
        if op == 6:
            erase(self._own(n), 0)
        return 0

    def _own(self, n):
        if n not in self._changed:
            block = bytearray(BLOCK_BYTES)
            self.readblocks(n, block)
            self._changed[n] = block
        return self._changed[n]


_ERASED = b"\xff" * BLOCK_BYTES


def erase(memory, at):
    """Fill one block as an erasure leaves it."""
    memoryview(memory)[at : at + BLOCK_BYTES] = _ERASED


def mount(flash, path):
    """Mount a flash with larger caches than a board has, which here saves most of the time."""
    vfs.mount(vfs.VfsLfs2(flash, readsize=_CACHED, progsize=_CACHED), path)


def put(path, raw):
    """Write a file and the folders above it."""
    at = ""
    for part in path.split("/")[1:-1]:
        at += "/" + part
        try:
            os.mkdir(at)
        except OSError:
            pass  # there already
    with open(path, "wb") as file:
        file.write(raw)


class Rehearsal:
    """A bridge that runs the version old from folder a, and an update to new."""

    def __init__(self, old, new, key_text):
        self.new = new
        self.tried = 0
        # What went wrong, as sentences.
        self.faults = []
        # Of one whole update: highest heap over the one before it.
        self.heap_bytes = 0
        # Of the last one that was recorded: the writes to the flash.
        self.writes = 0
        # The first write after which the new version was chosen.
        self.first_new = None
        self._looks = 0
        self.flash = Flash()
        vfs.VfsLfs2.mkfs(self.flash)
        mount(self.flash, _BAY)
        # Its own folders end with a slash, which LittleFS does not make.
        for folder in (_ROOT, _ROOT + "/www"):
            os.mkdir(folder)
        self.clock = FakeClock()
        self.world = World(self.clock, _BAY, _CARD)
        self._install(old)
        put(_ROOT + "/update_key.txt", key_text.encode())
        self.port = free_port()
        self.app = self.world.start(_CONFIG % self.port)
        assert self.app.problems == [], self.app.problems
        self.app.start = Start("a", None, _ROOT)
        self.app.guard.stall_ms = _STALL_MS
        self.app.guard.request_ms = _STALL_MS
        self.updater = self.app.bridge.firmware()

    def _install(self, archive):
        head = Head()
        rest = head.feed(archive)
        for line in head.lines[1:-1]:
            _, size, path = row_of(line)
            put("%s/a/%s" % (_ROOT, path), rest[:size])
            rest = rest[size:]
        put(_ROOT + "/a/manifest.txt", b"".join(head.lines))
        slots.write(slots.State("a"), _ROOT)

    def fault(self, sentence):
        self.faults.append(sentence)
        print(sentence)

    def check(self, expected, what, root=_ROOT):
        """Have slots.py choose, and see that it is this folder and whole."""
        slot = slots.choose(root).slot
        if slot not in expected:
            self.fault("%s: %r is chosen, not %s" % (what, slot, expected))
            return slot
        # choose() has looked at the sizes.
        self._looks += 1
        problem = self._looks % _HASH_EVERY == 0 and slots.problem_of(slot, root, True)
        if problem:
            self.fault("%s: %s: %s" % (what, slot, problem))
        return slot

    def run(self, play):
        """Run play() while the bridge serves."""

        async def main():
            task = asyncio.create_task(self.app.run())
            try:
                await self.clock.sleep_ms(100)
                await play
            finally:
                await stop(task)
                self.app.card.unmount()
                SLOT.reset()

        self.clock.run(main())
        if self.app.guard.failures:
            self.fault("the guard: %s" % self.app.guard.last_error)

    async def cut(self, n):
        """Send n bytes of the new archive and hang up; the old version has to be chosen."""
        self.tried += 1
        try:
            _, writer = await connect(self.port, self._head() + self.new[:n])
            await hang_up(writer)
        except OSError:
            pass  # cut by the other side: as well
        while self.app.guard.connections:
            await self.clock.sleep_ms(1)
        if self.updater.is_busy:
            self.fault("cut at %d: the update never ended" % n)
        self.check("a", "cut at %d" % n)

    async def whole(self, what):
        """Send the whole archive; the new version has to be chosen, and the old one again."""
        reader, writer = await connect(self.port)
        writer.write(self._head())
        await writer.drain()
        for at in range(0, len(self.new), 4096):
            writer.write(self.new[at : at + 4096])
            await writer.drain()
        answer = await reader.read(-1)
        self.flash.journal = None
        await hang_up(writer)
        if not answer.startswith(b"HTTP/1.1 202 "):
            self.fault("%s: not taken: %s" % (what, answer.decode()))
        self.check("b", what)
        # As after three starts in which it was not well; and no restart here.
        self.app._reset_reason = None
        for _ in range(3):
            slots.choose(_ROOT)
        self.check("a", what + ", rolled back")
        slots.write(slots.State("a"), _ROOT)

    def _head(self):
        text = "PUT /api/v1/firmware HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n"
        text += "Authorization: Bearer %s\r\n\r\n"
        return (text % (len(self.new), _TOKEN)).encode()

    async def cuts(self, step, first, every):
        """Cut at first, first + step, ...; after every so many-th cut comes a whole update."""
        for n in range(first, len(self.new), step):
            await self.cut(n)
            if (n - first) // step % every == 0:
                await self.whole("after the cut at %d" % n)
            gc.collect()
        await self.whole("after all cuts")

    async def measure(self):
        """Find how much heap a whole update takes at the most."""
        updater = self.updater
        write = updater._places.create
        board = self.world.board
        high = [0]

        def create(slot, path):
            gc.collect()
            high[0] = max(high[0], board.heap_used())
            return write(slot, path)

        await self.whole("the first")
        updater._places.create = create
        gc.collect()
        before = board.heap_used()
        await self.whole("the second")
        updater._places.create = write
        self.heap_bytes = high[0] - before

    async def record(self):
        """Record a whole update; return (flash before it, its writes)."""
        before = bytearray(self.flash.memory)
        # As a board has it mounted: its caches decide what is written in one go.
        vfs.umount(_BAY)
        vfs.mount(vfs.VfsLfs2(self.flash), _BAY)
        journal = self.flash.journal = []
        await self.whole("the recorded one")
        self.writes = len(journal)
        return before, journal

    def power_cuts(self, memory, journal, step, part, parts):
        """Look at the flash after this part's share of its writes.

        After every step-th, and after each of the first and the last: there the old manifest goes,
        the new one comes, and slots.txt is written.
        """
        slot = ""
        turn = 0
        for k in range(len(journal)):
            at, raw = journal[k]
            if raw is None:
                erase(memory, at)
            else:
                memoryview(memory)[at : at + len(raw)] = raw
            if k % step and _EDGE <= k < len(journal) - _EDGE:
                continue
            turn += 1
            # The very last is everybody's: it makes the trial.
            if turn % parts != part and k != len(journal) - 1:
                continue
            self.tried += 1
            mount(Cut(memory), "/cut")
            try:
                # Old until the one write of slots.txt that makes the trial; from then on new.
                allowed = "ab" if slot != "b" else "b"
                slot = self.check(allowed, "power cut after write %d" % k, "/cut/flash")
            finally:
                vfs.umount("/cut")
            gc.collect()
            if slot == "b" and self.first_new is None:
                self.first_new = k
        if self.first_new is None:
            self.fault("no power cut found the new version")
