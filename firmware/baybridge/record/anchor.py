"""Anchors: lines that tie a boot's uptime to the calendar, and what they place in time.

Pure. Records made before the clock was known carry only the boot's number and its uptime. Each
time the clock becomes known, or is stepped, a line in `baybridge/anchors.csv` says which moment
of that boot was which time; with it those records are placed afterwards. A boot without an
anchor stays unplaced: how long the board was without power, nobody knows.
"""

import binascii

from baybridge.record import calendar, csv_line

FILE = "anchors.csv"
HEADER = "boot,uptime_ms,time,source,crc\r\n"

# Who told the time, most trustworthy first: a time server; the owner, over HTTP; this board's
# own clock from before a reset. A host's clock is as good as a server's.
SOURCES = ("ntp", "host", "owner", "kept")


def line(boot: int, uptime_ms: int, unix_s: int, source: str) -> str:
    """Return an anchor with its CRLF."""
    text = "%d,%d,%s,%s" % (boot, uptime_ms, calendar.iso_utc(unix_s), source)
    return "%s,%08x\r\n" % (text, binascii.crc32(text.encode()))


def parse(text: str):
    """Return (boot, uptime_ms, unix_s, source) of a line, or None if it is torn or no anchor."""
    if not csv_line.check(text.encode()):
        return None
    fields = text.split(",")
    if len(fields) != 5 or fields[3] not in SOURCES:
        return None
    unix_s = calendar.unix_s(fields[2])
    try:
        boot, uptime_ms = int(fields[0]), int(fields[1])
    except ValueError:
        return None
    return None if unix_s is None else (boot, uptime_ms, unix_s, fields[3])


def place(boot: int, uptime_ms: int, anchors):
    """Return the ISO time of a moment of a boot, or None if no anchor is of that boot.

    anchors: what parse() returned, in the order of the file. The best source counts. Among
    servers' anchors it is the nearest, because the board's clock drifts; among an owner's the
    last, because it corrects those before.
    """
    best = None
    best_key = None
    for anchor in anchors:
        if anchor[0] != boot:
            continue
        rank = SOURCES.index(anchor[3])
        key = (rank, abs(anchor[1] - uptime_ms) if rank < 2 else 0)
        if best_key is None or key <= best_key:
            best, best_key = anchor, key
    if best is None:
        return None
    return calendar.iso_utc(best[2] + (uptime_ms - best[1]) // 1000)
