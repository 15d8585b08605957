"""Files on LittleFS (MicroPython) and on the host's own file system (CPython)."""

import os
import sys

from baybridge.ports.files import Files
from host_tests.support import raises

IS_UPY = sys.implementation.name == "micropython"


class RamBlocks:
    """A flash of 64 blocks that may stop taking writes, like one whose power is cut."""

    def __init__(self):
        self.raw = bytearray(64 * 4096)
        self.writes_left = None

    def readblocks(self, n, buf, offset=0):
        at = n * 4096 + offset
        for i in range(len(buf)):
            buf[i] = self.raw[at + i]

    def writeblocks(self, n, buf, offset=0):
        if self.writes_left is not None:
            if self.writes_left == 0:
                return -5
            self.writes_left -= 1
        at = n * 4096 + offset
        self.raw[at : at + len(buf)] = buf
        return 0

    def ioctl(self, op, arg):
        if op == 4:
            return 64
        if op == 5:
            return 4096
        if op == 6:
            at = arg * 4096
            self.raw[at : at + 4096] = b"\xff" * 4096
        return 0


def remount(blocks):
    import vfs

    try:
        vfs.umount("/flash")
    except OSError:
        pass
    vfs.mount(vfs.VfsLfs2(blocks), "/flash")
    return "/flash"


def empty_root():
    if not IS_UPY:
        import tempfile

        return tempfile.mkdtemp(prefix="baybridge-")
    import vfs

    blocks = RamBlocks()
    vfs.VfsLfs2.mkfs(blocks)
    return remount(blocks)


def put(path, content):
    with open(path, "wb") as file:
        file.write(content)


def test_read_when_no_file_then_none():
    assert Files(empty_root()).read_text("config.json") is None


def test_write_when_read_then_same_text_and_nothing_left():
    root = empty_root()
    files = Files(root)
    for text in ("first", "", "K\xfcche \u2600\r\n" * 300):
        files.write_atomic("config.json", text)
        assert files.read_text("config.json") == text
        assert os.listdir(root) == ["config.json"]


def test_read_when_leftover_of_a_cut_write_then_old_text_and_leftover_gone():
    root = empty_root()
    files = Files(root)
    files.write_atomic("config.json", "old")
    put(root + "/config.json.new", b"ne")
    assert files.read_text("config.json") == "old"
    assert os.listdir(root) == ["config.json"]


def test_read_when_only_a_leftover_then_none():
    root = empty_root()
    put(root + "/config.json.new", b"whole or not, nobody knows")
    assert Files(root).read_text("config.json") is None
    assert os.listdir(root) == []


def test_read_when_not_utf8_then_empty_text():
    root = empty_root()
    put(root + "/config.json", b'{"name": "\xff\xfe"}')
    assert Files(root).read_text("config.json") == ""


def test_size_when_file_folder_or_nothing_then_bytes_or_none():
    root = empty_root()
    put(root + "/page", b"0123456789")
    put(root + "/empty", b"")
    os.mkdir(root + "/www")
    put(root + "/www/page", b"01234")
    sizes = [
        Files(root).size(name) for name in ("page", "empty", "www", "www/page", "www/x", "x/y")
    ]
    assert sizes == [10, 0, None, 5, None, None]


def test_read_at_when_a_piece_then_its_bytes_and_how_many():
    root = empty_root()
    os.mkdir(root + "/www")
    put(root + "/www/page", b"0123456789" * 500)
    files = Files(root)
    buf = bytearray(4)
    for at, n, piece in (
        (0, 4, b"0123"),
        (4093, 4, b"3456"),
        (4998, 2, b"8956"),
        (5000, 0, b"8956"),
    ):
        assert files.read_at("www/page", at, buf) == n
        assert bytes(buf) == piece, at
    assert files.read_at("www/page", 7, memoryview(buf)) == 4
    assert bytes(buf) == b"7890"


def test_read_at_when_no_file_then_oserror():
    assert raises(OSError, Files(empty_root()).read_at, "page", 0, bytearray(4)).errno == 2


def test_write_when_folder_is_missing_then_oserror():
    files = Files(empty_root() + "/nowhere")
    assert raises(OSError, files.write_atomic, "config.json", "x").errno == 2


def test_write_when_it_ends_half_way_then_old_text():
    files = Files(empty_root())
    files.write_atomic("config.json", "old")
    raises(AttributeError, files.write_atomic, "config.json", 7)
    assert files.read_text("config.json") == "old"


def test_write_when_power_is_cut_at_every_block_then_old_or_new_text():
    if not IS_UPY:
        return  # the host's file system cannot be cut
    import vfs

    seen = set()
    for n in range(60):
        blocks = RamBlocks()
        vfs.VfsLfs2.mkfs(blocks)
        files = Files(remount(blocks))
        files.write_atomic("config.json", "old " * 400)
        blocks.writes_left = n
        try:
            files.write_atomic("config.json", "new " * 500)
        except OSError:
            pass
        blocks.writes_left = None
        remount(blocks)
        text = files.read_text("config.json")
        assert text in ("old " * 400, "new " * 500), n
        seen.add(text[:3])
    assert sorted(seen) == ["new", "old"]
