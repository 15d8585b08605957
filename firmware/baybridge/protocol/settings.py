"""The layout of the settings frames F5..F8 and FA (protocol.md section 3)."""

from micropython import const

# For each frame its fields, which follow one another from byte 2 on: a letter for how a field is
# written, little-endian, and its index in Sample.settings (battery/settings.FIELDS). Bytes stay
# in flash; tuples would be built in RAM.
_FRAMES = (
    b"u\x00u\x01u\x02u\x03U\x13U\x14",
    b"U\x04U\x05s\x06s\x07s\x08s\x09",
    b"U\x0aU\x0bs\x0cs\x0ds\x0es\x0f",
    b"U\x10U\x15U\x16U\x17",
    b"u\x11u\x12u\x18",
)
_SIGNED_16 = const(0x73)  # "s"; "u" is 16 bits without a sign
_UNSIGNED_24 = const(0x55)  # "U"


# Hot path: no allocation; host_tests/upy checks it.
def decode_settings(frame: bytes, number: int, settings):
    """Put the fields of settings frame `number` (0 for F5 .. 4 for FA) into the array."""
    fields = _FRAMES[number]
    at = 2
    for i in range(0, len(fields), 2):
        value = frame[at] | frame[at + 1] << 8
        at += 2
        if fields[i] == _SIGNED_16:
            value = (value ^ 0x8000) - 0x8000
        elif fields[i] == _UNSIGNED_24:
            value |= frame[at] << 16
            at += 1
        settings[fields[i + 1]] = value
