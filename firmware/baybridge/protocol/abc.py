"""The protocol of SOK's Bluetooth BMS, which its vendor's app calls "ABC-BMS".

Five read requests go out, frames of 20 bytes come back; the layout is protocol.md section 3,
each field with the confidence it has there. Nothing but C0..C4 can be encoded: the family
also takes unauthenticated writes that switch MOSFETs, and this bridge only listens.
"""

from micropython import const

from baybridge.battery import sample as groups
from baybridge.protocol.checksum import crc8
from baybridge.protocol.settings import decode_settings

# What an advertisement's name begins with. "SOK-" is confirmed by captures; "ABC-" has one
# source, and "NB-" and "Hoover" no capture at all (protocol.md 1.1).
MATCH = ("SOK-", "ABC-", "NB-", "Hoover")
# The service inside; the advertised 0xFFF0 is not there (protocol.md 1.2).
SERVICE = const(0xFFE0)
NOTIFY = const(0xFFE1)
WRITE = const(0xFFE2)

FRAME_BYTES = const(20)
MAX_CELLS = const(32)
CELLS_PER_FRAME = const(4)
MAX_TEMPERATURES = const(4)

# Indexes into requests().
NAME = const(0)
STATUS = const(1)
DETAIL = const(2)
SETTINGS = const(3)
PROTECTION = const(4)

# Reasons for which decode() refuses a frame; REASONS[-code - 1] names one.
BAD_LENGTH = const(-1)
BAD_HEAD = const(-2)
BAD_CRC = const(-3)
UNKNOWN_ID = const(-4)
BAD_CELL = const(-5)
BAD_COUNT = const(-6)
REASONS = ("bad_length", "bad_head", "bad_crc", "unknown_id", "bad_cell", "bad_count")

_HEAD = const(0xCC)

_REQUESTS = (
    b"\xee\xc0\x00\x00\x00\x41",
    b"\xee\xc1\x00\x00\x00\xce",
    b"\xee\xc2\x00\x00\x00\x46",
    b"\xee\xc3\x00\x00\x00\xc9",
    b"\xee\xc4\x00\x00\x00\x4f",
)


def requests() -> tuple:
    """Return the five requests as they go on the air, in the order of NAME..PROTECTION."""
    return _REQUESTS


def replies(request: int, series: int) -> int:
    """Return the groups that answer a request as a bit mask, for a battery of that many cells.

    With series 0, a battery whose nominal voltage nobody has said yet, one frame of cells is
    expected; the reply's own F3 tells of more.
    """
    if request == NAME:
        return 1 << groups.NAME
    if request == STATUS:
        return 1 << groups.STATUS | 1 << groups.SENSORS
    if request == DETAIL:
        frames = max((series + CELLS_PER_FRAME - 1) // CELLS_PER_FRAME, 1)
        cells = ((1 << frames) - 1) << groups.CELLS
        return 1 << groups.STATUS | 1 << groups.PACK | cells
    if request == SETTINGS:
        return (
            1 << groups.CELL_LIMITS
            | 1 << groups.CHARGE_LIMITS
            | 1 << groups.DISCHARGE_LIMITS
            | 1 << groups.LEVELS
            | 1 << groups.BALANCE
        )
    return 1 << groups.PROTECTION


# Hot path: no allocation; host_tests/upy checks it.
def decode(frame: bytes, n: int, sample) -> int:
    """Check a notification of n bytes and put what it says into the sample.

    frame is the buffer it came in, of FRAME_BYTES whatever n is. Returns the group it filled
    (battery/sample), or one of the negative reasons above, and then the sample is as it was.
    """
    if n != FRAME_BYTES:
        return BAD_LENGTH
    if frame[0] != _HEAD:
        return BAD_HEAD
    if crc8(frame):
        return BAD_CRC
    kind = frame[1]
    # The commonest first.
    if kind == 0xF0:
        return _decode_status(frame, sample)
    if kind == 0xF4:
        return _decode_cells(frame, sample)
    if kind == 0xF3:
        return _decode_pack(frame, sample)
    if kind == 0xF2:
        return _decode_sensors(frame, sample)
    if kind == 0xF9:
        _copy(frame, sample.protection)
        return groups.PROTECTION
    if kind == 0xF1:
        _copy(frame, sample.model)
        return groups.NAME
    if 0xF5 <= kind <= 0xF8:
        decode_settings(frame, kind - 0xF5, sample.settings)
        return groups.CELL_LIMITS + kind - 0xF5
    if kind == 0xFA:
        decode_settings(frame, 4, sample.settings)
        return groups.BALANCE
    return UNKNOWN_ID


def _copy(frame, into):
    # The 17 payload bytes of a frame nobody can explain (F9) or that is mere text (F1).
    i = 0
    while i < 17:
        into[i] = frame[i + 2]
        i += 1


def _decode_status(frame, sample):
    # Integers are written out in these: on both interpreters a call costs as much as all the
    # rest, and they come with every reply.
    sample.battery_mv = frame[2] | frame[3] << 8 | frame[4] << 16
    sample.current_ma = ((frame[5] | frame[6] << 8 | frame[7] << 16) ^ 0x800000) - 0x800000
    sample.rated_mah = frame[8] | frame[9] << 8 | frame[10] << 16
    sample.field11_mah = frame[11] | frame[12] << 8 | frame[13] << 16
    sample.cycles = frame[14] | frame[15] << 8
    # Byte 17 is 0 in both captures; some readers take it as the high byte, no SoC needs it.
    sample.soc_pct = frame[16]
    return groups.STATUS


def _decode_cells(frame, sample):
    # Four records of index and mV. A block has one age, so it has to be the four of one block,
    # each once: a cell that was not in the frame must not borrow it. Written only when all is
    # well: a refused frame leaves no half of itself.
    first = frame[2]
    if (
        first & 3 == 1
        and first < MAX_CELLS
        and frame[6] == first + 1
        and frame[10] == first + 2
        and frame[14] == first + 3
    ):
        # The order every capture has. 0 mV is a value: a broken sense wire.
        cells_mv = sample.cells_mv
        cells_mv[first - 1] = frame[3] | frame[4] << 8
        cells_mv[first] = frame[7] | frame[8] << 8
        cells_mv[first + 1] = frame[11] | frame[12] << 8
        cells_mv[first + 2] = frame[15] | frame[16] << 8
        return groups.CELLS + (first >> 2)
    return _decode_shuffled_cells(frame, sample)


def _decode_shuffled_cells(frame, sample):
    block = (frame[2] - 1) // CELLS_PER_FRAME
    if not 0 <= block < MAX_CELLS // CELLS_PER_FRAME:
        return BAD_CELL
    first = block * CELLS_PER_FRAME + 1
    seen = 0
    i = 2
    while i < 18:
        if not 0 <= frame[i] - first < CELLS_PER_FRAME:
            return BAD_CELL
        seen |= 1 << frame[i] - first
        i += 4
    if seen != 0b1111:
        return BAD_CELL
    i = 2
    while i < 18:
        # By its own index, never by its place.
        sample.cells_mv[frame[i] - 1] = frame[i + 1] | frame[i + 2] << 8
        i += 4
    return groups.CELLS + block


def _decode_pack(frame, sample):
    sample.year = 2000 + frame[2]
    sample.month = frame[3]
    sample.day = frame[4]
    # Others read a capacity here; it is the nominal voltage (protocol.md 3.2).
    sample.nominal_mv = frame[5] | frame[6] << 8 | frame[7] << 16
    sample.heater = frame[8] != 0
    sample.f3_9 = frame[9]
    sample.balancer = frame[10]
    return groups.PACK


def _decode_sensors(frame, sample):
    count = frame[4]
    if count > MAX_TEMPERATURES:
        return BAD_COUNT
    sample.chg_fet = frame[2] != 0
    sample.dis_fet = frame[3] != 0
    sample.temp_count = count
    # All four: the frame has room for them, and what is beyond the count nobody reads.
    temps_c = sample.temps_c
    temps_c[0] = ((frame[5] | frame[6] << 8) ^ 0x8000) - 0x8000
    temps_c[1] = ((frame[7] | frame[8] << 8) ^ 0x8000) - 0x8000
    temps_c[2] = ((frame[9] | frame[10] << 8) ^ 0x8000) - 0x8000
    temps_c[3] = ((frame[11] | frame[12] << 8) ^ 0x8000) - 0x8000
    sample.f2_13 = frame[13]
    return groups.SENSORS
