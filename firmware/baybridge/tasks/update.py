"""Takes the archive of an update into the folder that does not run, and has the next start try it.

Nothing is written before the owner's signature and everything else the head says have been
checked, and nothing that runs is touched at all: an archive that ends half-way leaves a folder
without a manifest, which slots.py never chooses. What becomes of a new version that is not well
is tasks/confirm_start.py's and slots.py's.
"""

import hashlib
import sys
from micropython import const

from baybridge.record import archive
from baybridge.web.head import Refusal

_KEY = const("update_key.txt")
# One read, and so one write.
_PIECE_BYTES = const(1024)


class Updater:
    """slots tells about the folders (app_update.Slots), places writes them (ports.slot_files)."""

    def __init__(self, slots, places, files, board, clock, version):
        self.slots = slots
        self.version = version
        # Set while an archive is on its way.
        self.is_busy = False
        # Of the latest archive: bytes of files that were written.
        self.written = 0
        self._places = places
        self._files = files
        self._board = board
        self._clock = clock

    def modulus(self):
        """Return the modulus of the owner's key, None without one; ValueError if it is damaged."""
        text = self._files.read_text(_KEY)
        return None if text is None else archive.modulus_of(text)

    def set_key(self, text):
        """Store the owner's public key; Refusal if there is one or this is none."""
        if self._files.read_text(_KEY) is not None:
            raise Refusal(
                409, "A key is set already. Another one takes a cable: see docs/update.md."
            )
        try:
            modulus = archive.modulus_of(text)
        except ValueError as exc:
            raise Refusal(422, str(exc))
        self._files.write_atomic(_KEY, "baybridge-key rsa 65537 %s\n" % modulus)
        return modulus

    async def receive(self, body, is_forced):
        """Store an archive and begin its trial; return the version, or Refusal with a sentence.

        body: read(n) returns b"" when nothing more comes; renew() keeps its client waiting.
        """
        if self.is_busy:
            raise Refusal(503, "Another update is being received.", "10")
        self.is_busy = True
        try:
            return await self._receive(body, is_forced)
        finally:
            self.is_busy = False

    async def _receive(self, body, is_forced):
        modulus = self._own_key()
        try:
            slot = self.slots.target()
        except ValueError as exc:
            raise Refusal(409, str(exc))
        head, rest = await self._read_head(body)
        self._check(head, modulus, body.length, is_forced)
        try:
            if self._places.free_bytes(slot) < head.free_bytes:
                raise Refusal(
                    413,
                    "The flash has no room for it: %d KB are needed, %d KB can be had."
                    % (head.free_bytes // 1024, self._places.free_bytes(slot) // 1024),
                )
            self.slots.leave(slot)
            await self._store(slot, head, body, rest)
            self.slots.begin_trial(slot)
        except (OSError, ValueError) as exc:
            raise Refusal(
                503, "The flash failed, so the version that runs stays (%s)." % exc, "10"
            )
        body.renew()
        return head.version

    def _own_key(self):
        try:
            modulus = self.modulus()
        except ValueError:
            raise Refusal(409, "The owner's key on the flash is damaged: see docs/update.md.")
        if modulus is None:
            raise Refusal(
                409,
                "There is no owner's key, so nothing is taken over Wi-Fi: see docs/update.md.",
            )
        return modulus

    async def _read_head(self, body):
        head = archive.Head()
        rest = None
        try:
            while rest is None:
                piece = await body.read(_PIECE_BYTES)
                if not piece:
                    raise Refusal(422, "The archive ends within its table.")
                rest = head.feed(piece)
        except ValueError as exc:
            raise Refusal(422, str(exc))
        return head, rest

    def _check(self, head, modulus, length, is_forced):
        digest = hashlib.sha256()
        for line in head.lines:
            digest.update(line)
        if not archive.is_signed(digest.digest(), head.signature, modulus):
            raise Refusal(403, "The archive is not signed with the owner's key.")
        if head.length + head.size != length:
            raise Refusal(
                422,
                "The archive should have %d bytes, and %d are sent."
                % (head.length + head.size, length),
            )
        # CPython has none and runs the sources.
        mpy = getattr(sys.implementation, "_mpy", None)
        if mpy is not None and head.mpy != mpy & 0xFF:
            raise Refusal(
                409,
                "The archive is compiled for .mpy version %d, and this MicroPython runs %d."
                % (head.mpy, mpy & 0xFF),
            )
        board = self._board
        if head.chip not in ("any", board.chip):
            raise Refusal(409, "The archive is for %s, this is %s." % (head.chip, board.chip))
        used = board.heap_used()
        if used is not None and used + board.heap_free() < head.heap_bytes:
            raise Refusal(
                409,
                "This board has too little memory to run its code from files: it takes a firmware"
                " image, over a cable (docs/update.md).",
            )
        is_newer = archive.numbers_of(head.version) > archive.numbers_of(self.version)
        if not is_newer and not is_forced:
            raise Refusal(
                409,
                "The archive has version %s, and %s runs; ?force=true takes it all the same."
                % (head.version, self.version),
            )

    async def _store(self, slot, head, body, rest):
        self.written = 0
        for _ in self._places.clear(slot):
            body.renew()
            await self._clock.sleep_ms(0)
        # The first line and "end" are about no file.
        for i in range(1, len(head.lines) - 1):
            sha256, size, path = archive.row_of(head.lines[i])
            rest = await self._store_file(
                self._places.create(slot, path), sha256, size, body, rest
            )
            if rest is None:
                raise Refusal(422, "%s is damaged in the archive." % path)
        self._places.keep(slot, head.lines)

    async def _store_file(self, file, sha256, size, body, rest):
        # Returns what was read of the next file; None if this one is another than in the table.
        digest = hashlib.sha256()
        try:
            while size:
                if not rest:
                    rest = await body.read(_PIECE_BYTES)
                    if not rest:
                        raise Refusal(422, "The archive ends before its last file does.")
                piece = rest[:size] if len(rest) > size else rest
                rest = rest[len(piece) :]
                digest.update(piece)
                file.write(piece)
                size -= len(piece)
                self.written += len(piece)
                # Batteries are read and clients answered meanwhile.
                await self._clock.sleep_ms(0)
        finally:
            file.close()
        return rest if _hex(digest) == sha256 else None


def _hex(digest):
    return "".join(["%02x" % b for b in digest.digest()])
