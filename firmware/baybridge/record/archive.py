"""The archive of an update: what its head says, and whether the owner signed it.

    baybridge 0.2.0 mpy=6 chip=any free=901120 heap=139264 files=118
    <sha256> <size> <path>       for each file, ascending by path
    end <CRC-32 of the lines before>
    signed <signature of the lines before, in hexadecimal>

and behind it the bytes of the files in the same order. The lines up to "end" are the manifest.txt
of the folder it goes into (slots.py). The signature is RSA with SHA-256, PKCS #1 v1.5 (RFC 8017,
8.2). What is wrong is a ValueError with a sentence; hashing and storing are somebody else's.
"""

import binascii
from micropython import const

# slots.py reads no longer lines; a signature of 4096 bits has 1024 digits.
_MAX_LINE = const(250)
_MAX_SIGNED_LINE = const(1040)
_MAX_FILES = const(250)
_MAX_PATH = const(96)
_MAX_FILE_BYTES = const(1000000)
_FOLDERS = const(" baybridge microdot www ")
_NAME_MARKS = const("abcdefghijklmnopqrstuvwxyz0123456789_-.")
_HEX = const("0123456789abcdef")
_WORDS = ("mpy", "chip", "free", "heap", "files")

_NO_ARCHIVE = const("This is no update archive of Bay Bridge.")
_NO_KEY = const("This is no key: it has to be one line 'baybridge-key rsa 65537 <modulus>'.")
# What stands before the digest of SHA-256 in a signature (RFC 8017, 9.2, note 1).
_DIGEST_INFO = const("3031300d060960864801650304020105000420")
_EXPONENT = const(65537)
# Digits of a modulus of 2048 and of 4096 bits.
_MIN_DIGITS = const(512)
_MAX_DIGITS = const(1024)


class Head:
    """Everything before the files' bytes; feed() it."""

    def __init__(self):
        # As they came, with their line feeds: what is signed, and the manifest.
        self.lines = []
        self.version = None
        self.mpy = None
        self.chip = None
        # Bytes of flash the folder takes, and of heap the code needs.
        self.free_bytes = 0
        self.heap_bytes = 0
        # Of all files together.
        self.size = 0
        # Hexadecimal; None until the head is whole.
        self.signature = None
        self.length = 0
        self._files = 0
        self._last_path = ""
        self._crc = 0
        self._is_ended = False
        self._part = b""

    def feed(self, piece: bytes):
        """Take bytes; return those behind the head once it is whole, None until then."""
        if self._part:
            piece = self._part + piece
        at = 0
        while True:
            end = piece.find(b"\n", at)
            size = (len(piece) if end < 0 else end + 1) - at
            if size > (_MAX_SIGNED_LINE if self._is_ended else _MAX_LINE):
                raise ValueError(_NO_ARCHIVE)
            if end < 0:
                self._part = piece[at:]
                return None
            self._take(piece[at : end + 1])
            self.length += size
            at = end + 1
            if self.signature is not None:
                self._part = b""
                return piece[at:]

    def _take(self, raw):
        try:
            words = raw[:-1].decode().split(" ")
        except UnicodeError:
            raise ValueError(_NO_ARCHIVE)
        if self._is_ended:
            if len(words) != 2 or words[0] != "signed" or not is_hex(words[1]):
                raise ValueError("The archive is not signed.")
            self.signature = words[1]
            return
        self.lines.append(raw)
        if self.version is None:
            self._take_first(words)
        elif words[0] == "end":
            if len(words) != 2 or words[1] != "%08x" % self._crc or len(self.lines) < 3:
                raise ValueError("The table of the archive is damaged.")
            if len(self.lines) - 2 != self._files:
                raise ValueError("The table of the archive is not complete.")
            self._is_ended = True
        else:
            _, size, path = row_of(raw)
            if path <= self._last_path or len(self.lines) - 1 > min(self._files, _MAX_FILES):
                raise ValueError("The table of the archive is damaged.")
            self._last_path = path
            self.size += size
        self._crc = binascii.crc32(raw, self._crc)

    def _take_first(self, words):
        if words[0] != "baybridge" or len(words) != 2 + len(_WORDS):
            raise ValueError(_NO_ARCHIVE)
        values = []
        for i in range(len(_WORDS)):
            key, _, value = words[2 + i].partition("=")
            if key != _WORDS[i] or not value:
                raise ValueError(_NO_ARCHIVE)
            values.append(value)
        for i in (0, 2, 3, 4):
            values[i] = _number(values[i])
        numbers_of(words[1])
        self.version = words[1]
        self.mpy, self.chip, self.free_bytes, self.heap_bytes, self._files = values


def row_of(raw: bytes):
    """Return (sha256, size, path) of a line of the table."""
    words = raw.decode().strip().split(" ")
    if len(words) != 3 or len(words[0]) != 64 or not is_hex(words[0]):
        raise ValueError("The table of the archive is damaged.")
    size = _number(words[1])
    if size > _MAX_FILE_BYTES:
        raise ValueError("A file of the archive is too long.")
    if not is_path(words[2]):
        raise ValueError("The archive has a file where none belongs.")
    return words[0], size, words[2]


def _number(text):
    # No more digits than a small int takes.
    if not text.isdigit() or len(text) > 8:
        raise ValueError(_NO_ARCHIVE)
    return int(text)


def is_path(path: str) -> bool:
    """Tell whether a file may have this place in a version's folder."""
    parts = path.split("/")
    if not 2 <= len(parts) <= 3 or len(path) > _MAX_PATH:
        return False
    for part in parts:
        if not part or part[0] == ".":
            return False
        for mark in part:
            if mark not in _NAME_MARKS:
                return False
    return " %s " % parts[0] in _FOLDERS


def is_hex(text: str) -> bool:
    """Tell whether a text is hexadecimal digits in lower case."""
    for mark in text:
        if mark not in _HEX:
            return False
    return len(text) > 0


def numbers_of(version: str) -> tuple:
    """Return the three numbers of a version."""
    parts = version.split(".")
    for part in parts:
        if len(parts) != 3 or not part.isdigit() or len(part) > 5:
            raise ValueError("The version of the archive is not one like 1.2.3.")
    return tuple([int(part) for part in parts])


def modulus_of(text: str) -> str:
    """Return the modulus, in hexadecimal, of the text of a public key."""
    words = text.split()
    if len(words) != 4 or words[0] != "baybridge-key" or words[1] != "rsa":
        raise ValueError(_NO_KEY)
    modulus = words[3]
    if words[2] != str(_EXPONENT) or not is_hex(modulus) or modulus[-1] not in "13579bdf":
        raise ValueError(_NO_KEY)
    if not _MIN_DIGITS <= len(modulus) <= _MAX_DIGITS or len(modulus) % 2 or modulus[0] < "8":
        raise ValueError("The key has to have 2048 to 4096 bits.")
    return modulus


def is_signed(digest: bytes, signature: str, modulus: str) -> bool:
    """Tell whether a signature of this digest was made with the key of this modulus."""
    if len(signature) != len(modulus):
        return False
    n = int(modulus, 16)
    given = int(signature, 16)
    if given >= n:
        return False
    # The whole is built and compared, not taken apart: nothing of it is left open to a forger.
    tail = "00" + _DIGEST_INFO + binascii.hexlify(digest).decode()
    expected = "0001" + "f" * (len(modulus) - 4 - len(tail)) + tail
    return pow(given, _EXPONENT, n) == int(expected, 16)
