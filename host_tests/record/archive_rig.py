"""Archives that are right but for one thing, signed with the key of host_tests/data."""

import binascii
import hashlib

from host_tests.data.update_key import MODULUS, PRIVATE

FILES = (("baybridge/app.mpy", b"one more"), ("www/index.html.gz", b"page"))
FIRST = "baybridge 0.2.0 mpy=6 chip=any free=40960 heap=1000 files=%d\n"


def sha256(raw):
    return binascii.hexlify(hashlib.sha256(raw).digest()).decode()


def manifest(first=None, files=FILES):
    """Return the lines that are signed, as one text."""
    head = FIRST % len(files) if first is None else first
    for path, raw in files:
        head += "%s %d %s\n" % (sha256(raw), len(raw), path)
    return head + "end %08x\n" % binascii.crc32(head.encode())


def signed(text):
    """Return the whole head of lines that are signed."""
    info = "3031300d060960864801650304020105000420" + sha256(text.encode())
    padded = "0001" + "ff" * (256 - 3 - len(info) // 2) + "00" + info
    number = pow(int(padded, 16), int(PRIVATE, 16), int(MODULUS, 16))
    return ("%ssigned %0512x\n" % (text, number)).encode()


def archive(first=None, files=FILES):
    """Return a whole archive."""
    return signed(manifest(first, files)) + b"".join([raw for _, raw in files])
