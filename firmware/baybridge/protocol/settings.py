"""The layout of the settings frames F5..F8 and FA (protocol.md section 3)."""

from baybridge.protocol.integers import s16le, u16le, u24le

# For each frame, the fields in it: (offset from the frame's start, reader, index in
# Sample.settings, whose names are battery/settings.FIELDS).
_F5 = (
    (2, u16le, 0),
    (4, u16le, 1),
    (6, u16le, 2),
    (8, u16le, 3),
    (10, u24le, 19),
    (13, u24le, 20),
)
_F6 = ((2, u24le, 4), (5, u24le, 5), (8, s16le, 6), (10, s16le, 7), (12, s16le, 8), (14, s16le, 9))
_F7 = (
    (2, u24le, 10),
    (5, u24le, 11),
    (8, s16le, 12),
    (10, s16le, 13),
    (12, s16le, 14),
    (14, s16le, 15),
)
_F8 = ((2, u24le, 16), (5, u24le, 21), (8, u24le, 22), (11, u24le, 23))
_FA = ((2, u16le, 17), (4, u16le, 18), (6, u16le, 24))
_FRAMES = (_F5, _F6, _F7, _F8, _FA)


def decode_settings(frame: bytes, number: int, settings):
    """Put the fields of settings frame `number` (0 for F5 .. 4 for FA) into the array."""
    for at, read, index in _FRAMES[number]:
        settings[index] = read(frame, at)
