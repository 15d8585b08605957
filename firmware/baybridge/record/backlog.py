"""Records that wait for the card: a ring of bytes, fixed in size, the oldest given up first.

Pure. A record's first byte is its length, as battery_csv.pack() writes it; records are of any
length and never broken at the ring's end. Taking one in allocates nothing.
"""


class Backlog:
    """Up to so many bytes of records, oldest first."""

    def __init__(self, size: int):
        self.buf = bytearray(size)
        self.count = 0
        # Bytes of all records.
        self.used = 0
        # Of the oldest record; where the next one goes; where the records before the ring's
        # end stop once it has begun again at 0 (else -1).
        self.first = 0
        self._next = 0
        self._end = -1

    # Hot path: no allocation; host_tests/record checks it.
    def add(self, record) -> int:
        """Copy a record in; return how many old ones had to go for it.

        A record longer than the ring is refused: -1.
        """
        size = record[0]
        if size > len(self.buf):
            return -1
        lost = 0
        while not self._has_room(size):
            self.pop()
            lost += 1
        buf = self.buf
        at = self._next
        for i in range(size):
            buf[at + i] = record[i]
        self._next = at + size
        self.count += 1
        self.used += size
        return lost

    def _has_room(self, size):
        if not self.count:
            self.first = self._next = 0
            self._end = -1
        if self._end < 0:
            if self._next + size <= len(self.buf):
                return True
            self._end = self._next
            self._next = 0
        return self._next + size <= self.first

    def after(self, at: int) -> int:
        """Return where the record after the one at a place is; there has to be one."""
        at += self.buf[at]
        return 0 if at == self._end else at

    def pop(self):
        """Let the oldest record go."""
        self.used -= self.buf[self.first]
        self.first = self.after(self.first)
        if self.first == 0:
            self._end = -1
        self.count -= 1
