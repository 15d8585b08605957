"""Little-endian integers inside a frame, read by index: no slice, no struct, no allocation."""


def u16le(buf: bytes, i: int) -> int:
    """Unsigned 16-bit value at i."""
    return buf[i] | buf[i + 1] << 8


def s16le(buf: bytes, i: int) -> int:
    """Signed 16-bit value at i."""
    return ((buf[i] | buf[i + 1] << 8) ^ 0x8000) - 0x8000


def u24le(buf: bytes, i: int) -> int:
    """Unsigned 24-bit value at i."""
    return buf[i] | buf[i + 1] << 8 | buf[i + 2] << 16
