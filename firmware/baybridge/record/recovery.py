"""What the end of a log file says after a power cut: up to where it is as it was written.

Pure. Only the last bytes of a file are looked at (TAIL_BYTES): what is before them was found
sound when it was the end, or is damage that the reader finds by its checksums.
"""

from micropython import const

from baybridge.record import csv_line

# Twice a sector and more than a line: a rotten sector does not hide the sound line before it.
TAIL_BYTES = const(1024)


def sound_end(tail: bytes, head: bytes, is_whole: bool) -> tuple:
    """Return (end, start) of the last sound line in the end of a file; (0, 0) if there is none.

    head is the file's header line; is_whole says that tail is all of the file, so that its first
    line begins at 0.
    """
    end = tail.rfind(b"\n") + 1
    while end > 0:
        start = tail.rfind(b"\n", 0, end - 1) + 1
        line = tail[start:end]
        if is_whole and start == 0:
            return (end, 0) if line == head else (0, 0)
        # A line whose beginning is not in the tail is as bad as one with a wrong checksum.
        if line[-2:] == b"\r\n" and csv_line.check(line):
            return end, start
        end = start
    return 0, 0


def is_torn(rest: bytes) -> bool:
    """Tell whether what follows the last sound line is the beginning of one more, no line."""
    return bool(rest) and b"\n" not in rest


def seq_of(line: bytes) -> int:
    """Return the number of a sound record, -1 of the header."""
    fields = line.split(b",", 3)
    try:
        return int(fields[2])
    except (IndexError, ValueError):
        return -1
