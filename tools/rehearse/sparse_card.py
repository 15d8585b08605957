"""The blocks of a big card of which little is used, with a memory of what was written when.

An image for host_tests/fakes/hardware.SLOT. A power cut after any block is looked at by writing
the blocks of a recorded run again one by one, and undone by putting back what was there.
"""

from host_tests.fakes.hardware import BLOCK, SLOT

_CARD_BLOCKS = 16 * 1024 * 1024
_CHUNK_BLOCKS = 64
_CHUNK = _CHUNK_BLOCKS * BLOCK
_ZEROS = memoryview(bytes(_CHUNK))
# Where FAT's first sector says how it is laid out.
_PARTITION_AT, _CLUSTER_AT, _RESERVED_AT, _FATS_AT, _FAT_SIZE_AT = 454, 13, 14, 16, 36
_FREE_AT = 488  # in the sector behind it
# What a file system's first sector begins with, and a partition table does not.
_JUMPS = (b"\xeb", b"\xe9")


class SparseImage:
    """A card of so many blocks; those never written read as zeros and take no memory."""

    def __init__(self, blocks=_CARD_BLOCKS):
        # Called with no argument before each block that is written.
        self.on_write = None
        # A list to which (block, its new content) is added with each that is written, or None.
        self.trace = None
        # A list to which (block, its old content) is added before each is changed, or None.
        self.undo = None
        self._blocks = blocks
        self._chunks = {}

    def __len__(self):
        return self._blocks * BLOCK

    def read(self, at, buf):
        at //= BLOCK
        buf = memoryview(buf)
        done = 0
        while done < len(buf):
            block = at + done // BLOCK
            start = block % _CHUNK_BLOCKS * BLOCK
            size = min(_CHUNK - start, len(buf) - done)
            chunk = self._chunks.get(block // _CHUNK_BLOCKS, _ZEROS)
            buf[done : done + size] = memoryview(chunk)[start : start + size]
            done += size

    def write(self, at, buf):
        # A card takes the blocks of one command one after the other.
        buf = memoryview(buf)
        for done in range(0, len(buf), BLOCK):
            if self.on_write is not None:
                self.on_write()
            block = at // BLOCK + done // BLOCK
            content = buf[done : done + BLOCK]
            if self.trace is not None:
                self.trace.append((block, bytes(content)))
            self.put(block, content)

    def new_chunk(self, size):
        """Return zeroed memory for some blocks that are written first now."""
        return bytearray(size)

    def block(self, block):
        """Return a copy of one block."""
        content = bytearray(BLOCK)
        self.read(block * BLOCK, content)
        return bytes(content)

    def put(self, block, content):
        """Change one block, unseen by on_write and trace."""
        chunk = self._chunks.get(block // _CHUNK_BLOCKS)
        if chunk is None:
            # Formatting writes zeros all over the FAT of a big card.
            if self.undo is None and content == _ZEROS[:BLOCK]:
                return
            chunk = self._chunks[block // _CHUNK_BLOCKS] = self.new_chunk(_CHUNK)
        start = block % _CHUNK_BLOCKS * BLOCK
        if self.undo is not None:
            self.undo.append((block, bytes(chunk[start : start + BLOCK])))
        chunk[start : start + BLOCK] = content

    def take_back(self, undo):
        """Put back what was in the blocks of an undo list, the latest first."""
        self.undo = None
        for block, content in reversed(undo):
            self.put(block, content)

    def first_data_block(self):
        """Return the first block behind the FATs of a FAT32 card."""
        first = 0
        boot = self.block(0)
        if boot[:1] not in _JUMPS:
            first = _number(boot, _PARTITION_AT, 4)
            boot = self.block(first)
        fats = boot[_FATS_AT] * _number(boot, _FAT_SIZE_AT, 4)
        return first + _number(boot, _RESERVED_AT, 2) + fats


def insert_new_card(image=None):
    """Put an empty card into the slot, formatted as 8 GB cards are sold, and return its image.

    FAT32, clusters of 32 KB, two FATs. MicroPython's own formatting makes one FAT; the second one
    is added here, because a cut between the two is one of those to be tried.
    """
    if image is None:
        image = SparseImage()
    SLOT.reset()
    SLOT.insert(image)
    SLOT.format()
    boot = bytearray(image.block(0))
    first = 0
    if boot[:1] not in _JUMPS:
        first = _number(boot, _PARTITION_AT, 4)
        boot = bytearray(image.block(first))
    boot[_FATS_AT] = 2
    image.put(first, boot)
    reserved = _number(boot, _RESERVED_AT, 2)
    fat_size = _number(boot, _FAT_SIZE_AT, 4)
    image.put(first + reserved + fat_size, image.block(first + reserved))
    # The sector beside counts the free clusters, of which there are fewer now.
    count = bytearray(image.block(first + 1))
    free = _number(count, _FREE_AT, 4) - fat_size // boot[_CLUSTER_AT]
    count[_FREE_AT : _FREE_AT + 4] = free.to_bytes(4, "little")
    image.put(first + 1, count)
    return image


def _number(sector, at, size):
    return int.from_bytes(sector[at : at + size], "little")
