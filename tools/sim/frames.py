"""Encoders of the SOK "ABC-BMS" frames: the battery's side of the wire.

Layouts from the frames of two real batteries (the 24 V capture in host_tests/data, and the
48 V one of Joe-Blount/pi-monitoring). Written apart from the firmware's decoder on purpose, so
that a slip in one does not cancel out in the other. A value that does not fit its field raises.
"""

FRAME_LEN = 20


def _make_table():
    # CRC-8/MAXIM-DOW: reflected polynomial 0x8C, init 0, no final xor.
    table = bytearray(256)
    for value in range(256):
        crc = value
        for _ in range(8):
            crc = crc >> 1 ^ (0x8C if crc & 1 else 0)
        table[value] = crc
    return bytes(table)


_TABLE = _make_table()


def crc8(data, count):
    """Return the CRC of the first count bytes."""
    crc = 0
    for i in range(count):
        crc = _TABLE[crc ^ data[i]]
    return crc


def make_request(command: int) -> bytes:
    """Return the 6 bytes that ask for a command (0xC0..0xC4)."""
    request = bytearray((0xEE, command, 0, 0, 0, 0))
    request[5] = crc8(request, 5)
    return bytes(request)


def _new(frame_id):
    frame = bytearray(FRAME_LEN)
    frame[0] = 0xCC
    frame[1] = frame_id
    return frame


def _sealed(frame):
    frame[19] = crc8(frame, 19)
    return bytes(frame)


def _put(frame, at, width, value):
    """Write a little-endian field, two's complement when negative."""
    span = 1 << 8 * width
    if value >= span or value < -(span >> 1):
        raise ValueError("%d does not fit %d bytes at %d" % (value, width, at))
    for i in range(width):
        frame[at + i] = value >> 8 * i & 0xFF


def encode_status(battery_mv, current_ma, rated_mah, field11_mah, cycles, soc_pct):
    """F0. current_ma positive when charging; field11 is full or remaining charge."""
    frame = _new(0xF0)
    _put(frame, 2, 3, battery_mv)
    _put(frame, 5, 3, current_ma)
    _put(frame, 8, 3, rated_mah)
    _put(frame, 11, 3, field11_mah)
    _put(frame, 14, 2, cycles)
    _put(frame, 16, 1, soc_pct)
    return _sealed(frame)


def encode_name(text):
    """F1. At most 16 ASCII characters; a carriage return ends them, as in both captures."""
    frame = _new(0xF1)
    if len(text) > 16:
        raise ValueError("%s is longer than 16 characters" % text)
    at = 2
    for byte in text.encode() + b"\r":
        frame[at] = byte
        at += 1
    return _sealed(frame)


def encode_sensors(chg_fet, dis_fet, temps_c, state):
    """F2. Whole degrees, at most 4; state is the unexplained byte 13."""
    frame = _new(0xF2)
    frame[2] = 1 if chg_fet else 0
    frame[3] = 1 if dis_fet else 0
    frame[4] = len(temps_c)
    if len(temps_c) > 4:
        raise ValueError("the frame has room for 4 temperatures")
    for i in range(len(temps_c)):
        _put(frame, 5 + 2 * i, 2, temps_c[i])
    _put(frame, 13, 1, state)
    return _sealed(frame)


def encode_pack(date, nominal_mv, heater, balancing):
    """F3. date is (year, month, day)."""
    frame = _new(0xF3)
    _put(frame, 2, 1, date[0] - 2000)
    frame[3] = date[1]
    frame[4] = date[2]
    _put(frame, 5, 3, nominal_mv)
    frame[8] = 1 if heater else 0
    frame[9] = 1  # unexplained; 1 in both captures
    _put(frame, 10, 1, balancing)
    return _sealed(frame)


def encode_cells(first, cells_mv):
    """F4. Four cells from cell number first (counted from 1) on."""
    frame = _new(0xF4)
    at = 2
    for i in range(first, min(first + 4, len(cells_mv) + 1)):
        frame[at] = i
        _put(frame, at + 1, 2, cells_mv[i - 1])
        at += 4
    return _sealed(frame)


def encode_cell_limits(ov_mv, ov_release_mv, uv_mv, uv_release_mv, occ_ma, ocd_ma):
    """F5. Cell voltage limits, and two fields read here as over-current limits."""
    frame = _new(0xF5)
    _put(frame, 2, 2, ov_mv)
    _put(frame, 4, 2, ov_release_mv)
    _put(frame, 6, 2, uv_mv)
    _put(frame, 8, 2, uv_release_mv)
    _put(frame, 10, 3, occ_ma)
    _put(frame, 13, 3, ocd_ma)
    return _sealed(frame)


def _encode_side(frame_id, battery_mv, release_mv, hot_c, hot_release_c, cold_c, cold_release_c):
    frame = _new(frame_id)
    _put(frame, 2, 3, battery_mv)
    _put(frame, 5, 3, release_mv)
    _put(frame, 8, 2, hot_c)
    _put(frame, 10, 2, hot_release_c)
    _put(frame, 12, 2, cold_c)
    _put(frame, 14, 2, cold_release_c)
    return _sealed(frame)


def encode_charge_limits(ov_mv, ov_release_mv, hot_c, hot_release_c, cold_c, cold_release_c):
    """F6. Battery OV and the temperatures between which it may be charged."""
    return _encode_side(0xF6, ov_mv, ov_release_mv, hot_c, hot_release_c, cold_c, cold_release_c)


def encode_discharge_limits(uv_mv, uv_release_mv, hot_c, hot_release_c, cold_c, cold_release_c):
    """F7. Battery UV and the temperatures between which it may be discharged."""
    return _encode_side(0xF7, uv_mv, uv_release_mv, hot_c, hot_release_c, cold_c, cold_release_c)


def encode_levels(nominal_mv, empty_mv, full_mv, taper_ma):
    """F8."""
    frame = _new(0xF8)
    _put(frame, 2, 3, nominal_mv)
    _put(frame, 5, 3, empty_mv)
    _put(frame, 8, 3, full_mv)
    _put(frame, 11, 3, taper_ma)
    return _sealed(frame)


def encode_protection(flags):
    """F9. 16 bytes, one a protection; which byte means what nobody has published."""
    frame = _new(0xF9)
    if len(flags) > 17:
        raise ValueError("the frame has room for 17 bytes")
    for i in range(len(flags)):
        frame[2 + i] = flags[i]
    return _sealed(frame)


def encode_balance_limits(start_mv, difference_mv, field6):
    """FA. field6 is unexplained (9999 in the capture)."""
    frame = _new(0xFA)
    _put(frame, 2, 2, start_mv)
    _put(frame, 4, 2, difference_mv)
    _put(frame, 6, 2, field6)
    return _sealed(frame)
