"""The file one battery's log goes on in: found, checked at its end, written to, kept apart.

FAT knows a file's length only from a close on (platform.md 4.3), so nothing stays open between
two calls, and no call awaits. A file is continued only behind a line that is as it was written:
the beginning of one more is kept in torn.txt and written over; a file that is damaged otherwise
stays as it is, and the log goes on in the day's next part.
"""

import os
from micropython import const

from baybridge.record import names, recovery

_EEXIST = const(17)
_ENOENT = const(2)
_ENOSPC = const(28)
_EIO = const(5)
_MAX_PART = const(99)
_TORN = "torn.txt"
_MAX_TORN_BYTES = const(65536)
# The free space is asked for again after so many writes: an hour and a half of them.
_LOOK_WRITES = const(180)
_MAX_DELETED = const(4)
# So much has to be free at least where old files are deleted for it: a few clusters.
_ROOM_BYTES = const(131072)


class LogFile:
    """The open end of the log of one battery; what fails raises OSError and forget()s."""

    def __init__(self, card, battery_id, boot, log):
        # Ends of files that were not as they had been written, since the start.
        self.torn_tails = 0
        # Files deleted to make room.
        self.deleted = 0
        # Where the next byte goes; 0 in a file that has no header line yet.
        self.position = 0
        # The last sound line of the file prepare() has just looked at, or None.
        self.last_line = None
        self._card = card
        self._battery_id = battery_id
        self._boot = boot
        self._min_free_bytes = log.get("min_free_mb", 0) * 1000000
        self._can_delete = log.get("delete_oldest", False)
        self._looks_in = 0
        # (mounts of the card, stem, header): what the rest here is about; None if void.
        self._file_of = None
        self._path = ""
        # Bytes behind position that are to be written over.
        self._torn_bytes = 0
        # Whether a line cut off at the end of a file may be one of this start.
        self._has_tried = False
        # The damaged file that was counted last, so that a remount does not count it again.
        self._damaged = ""

    def forget(self):
        """Look at the file anew before the next write."""
        self._file_of = None

    def prepare(self, stem, head, size, first_line):
        """Find where lines with these columns go on; return whether the file was looked at.

        size bytes are going to be written, of which first_line comes first: if the file ends in
        the middle of that one, it was us.
        """
        file_of = (self._card.mounts, stem, head)
        is_known = self._file_of == file_of
        if not is_known or self._looks_in <= 0:
            self._make_room()
        if is_known:
            return False
        folder = make_folder(self._card, self._battery_id)
        for part in range(1, _MAX_PART + 1):
            path = "%s/%s" % (folder, names.log_file(stem, part))
            if self._fits(folder, path, head, size, first_line):
                self._path = path
                self._file_of = file_of
                return True
        raise OSError(_EIO)  # 99 damaged files of one day: the card is at its end

    def _fits(self, folder, path, head, size, first_line):
        """Take a file if lines can be appended to it."""
        self.position = 0
        self.last_line = None
        self._torn_bytes = 0
        found = _read_ends(path, len(head))
        if found is None:
            return True
        begin, tail, length = found
        if length < len(head):
            # A header that did not arrive in full.
            self._torn_bytes = length
            return head.startswith(begin)
        if begin != head:
            return False
        from_byte = length - len(tail)
        end, start = recovery.sound_end(tail, head, from_byte == 0)
        rest = tail[end:]
        if end and start + from_byte:
            self.last_line = tail[start:end]
        self.position = from_byte + end
        if not rest:
            return True
        if end and recovery.is_torn(rest) and len(rest) <= size:
            self._torn_bytes = len(rest)
            if not self._has_tried or not first_line.startswith(rest):
                self.torn_tails += 1
                self._keep(folder, path, rest)
            return True
        if path != self._damaged:
            self.torn_tails += 1
            self._damaged = path
        return False

    def _keep(self, folder, path, rest):
        """Put the beginning of a line aside, with its place."""
        with open("%s/%s" % (folder, _TORN), "ab") as file:
            if file.seek(0, 2) < _MAX_TORN_BYTES:
                name = path[path.rfind("/") + 1 :]
                file.write(b"%s at %d, start %d: " % (name.encode(), self.position, self._boot))
                file.write(rest)
                file.write(b"\r\n")

    def write(self, data):
        """Write at the end; whoever sees this return without an error has it on the card."""
        self._looks_in -= 1
        self._has_tried = True
        if self._torn_bytes:
            with open(self._path, "r+b") as file:
                file.seek(self.position)
                file.write(data)
        else:
            with open(self._path, "ab") as file:
                if file.seek(0, 2) != self.position:
                    raise OSError(_EIO)  # somebody else has been here
                file.write(data)
        self.position += len(data)
        self._torn_bytes = 0

    def _make_room(self):
        """See to it that so much of the card is free as the owner wants; else it is full."""
        least = self._min_free_bytes
        if self._can_delete:
            least = max(least, _ROOM_BYTES)
        if least:
            for _ in range(_MAX_DELETED):
                free = self._card.free_bytes()
                if free is None:
                    raise OSError(_EIO)
                if free >= least:
                    break
                if not self._can_delete or not self._delete_oldest():
                    raise OSError(_ENOSPC)
        self._looks_in = _LOOK_WRITES

    def _delete_oldest(self):
        folder = "%s/%s/%s" % (self._card.path, names.FOLDER, self._battery_id)
        mine = self._path[len(folder) + 1 :]
        oldest = None
        oldest_key = None
        try:
            for name in self._card.names(folder):
                if name != mine and names.is_log_file(name):
                    key = _age_key(name)
                    if oldest is None or key < oldest_key:
                        oldest, oldest_key = name, key
        except OSError as exc:
            if exc.errno != _ENOENT:
                raise
        if oldest is None:
            return False
        os.remove("%s/%s" % (folder, oldest))
        self.deleted += 1
        return True


def _age_key(name):
    """Return what sorts the oldest file first.

    Those of a start without a clock come first, by its number: their records are the fewest.
    """
    fields = name[:-4].split("-")
    if fields[0] == "boot":
        return (0,) + tuple([int(field) for field in fields[1:]])
    return (1,) + tuple([int(field) for field in fields])


def _read_ends(path, head_bytes):
    """Return a file's first bytes, its last ones and its length; None if there is no file."""
    try:
        with open(path, "rb") as file:
            begin = file.read(head_bytes)
            length = file.seek(0, 2)
            file.seek(max(length - recovery.TAIL_BYTES, 0))
            return begin, file.read(), length
    except OSError as exc:
        if exc.errno != _ENOENT:
            raise
    return None


def make_folder(card, battery_id):
    """See to it that a battery's folder is on the card; return its path."""
    folder = "%s/%s" % (card.path, names.FOLDER)
    _make(folder)
    folder = "%s/%s" % (folder, battery_id)
    _make(folder)
    return folder


def _make(path):
    try:
        os.mkdir(path)
    except OSError as exc:
        if exc.errno != _EEXIST:
            raise
