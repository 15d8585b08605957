"""The archive of a version: a signed table of its files, and then the files themselves.

firmware/baybridge/record/archive.py has the form. The files are those a deployment brings.
"""

import binascii
import hashlib

from tools.update import keys
from tools.update.errors import UpdateError

_BLOCK = 4096
# LittleFS keeps two blocks for a folder; some more for the manifest and what the owner's files
# grow by meanwhile.
_FOLDER_BLOCKS = 2
_SPARE_BLOCKS = 16
# Code in RAM with all that is loaded when asked for, and six clients (heap_ram_bytes with what is
# told beside it, and heap_highwater_clients_bytes of `make bench`): without PSRAM there is less,
# once the radios are on, and the board runs an image.
_HEAP_BYTES = 348160
# What a bridge takes (web/guard.py, record/archive.py).
_MAX_BYTES = 1 << 20
_MAX_FILES = 250


def free_bytes(files):
    """Return the flash that files take on LittleFS."""
    folders = {path.rsplit("/", n)[0] for path in files for n in range(1, path.count("/") + 1)}
    blocks = sum(-(-len(raw) // _BLOCK) for raw in files.values())
    return (blocks + (len(folders) + 1) * _FOLDER_BLOCKS + _SPARE_BLOCKS) * _BLOCK


def head_text(number, mpy, files, chip="any"):
    """Return the lines that are signed: the manifest of the folder the files go into."""
    lines = [
        f"baybridge {number} mpy={mpy} chip={chip} "
        f"free={free_bytes(files)} heap={_HEAP_BYTES} files={len(files)}\n"
    ]
    for path in sorted(files):
        lines.append(f"{hashlib.sha256(files[path]).hexdigest()} {len(files[path])} {path}\n")
    text = "".join(lines)
    return f"{text}end {binascii.crc32(text.encode()):08x}\n"


def build(number, mpy, files, key, chip="any"):
    """Return the bytes of an archive; UpdateError if no bridge would take it."""
    table = head_text(number, mpy, files, chip).encode()
    head = table + f"signed {keys.sign(key, table)}\n".encode()
    raw = head + b"".join(files[path] for path in sorted(files))
    if len(raw) > _MAX_BYTES or len(files) > _MAX_FILES:
        raise UpdateError(f"{len(files)} files of {len(raw)} bytes are more than a bridge takes.")
    return raw
