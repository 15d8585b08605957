"""Recorded and made frames, as bytes.

A: SOK-24V1127, 24 V, 8 cells, 100 Ah, at rest (public capture, protocol.md 5.1; F9 from an older
version of the same fixture). B: SOK-48V0045, 48 V, 16 cells, under a load of 21 A; of it only the
F0 values are public, its frame is put together here from them. S: synthetic, 12 V, 206 Ah,
valid CRCs (protocol.md 5.4).
"""

A_F0 = bytes.fromhex("ccf0a26b00000000a08601409e01070063000021")
A_F1 = bytes.fromhex("ccf1534f4b2d424d530d00000000000000000040")
A_F2 = bytes.fromhex("ccf201010114000000000000000200000000007f")
A_F3 = bytes.fromhex("ccf3170312006400000100000000000000000036")
A_F4_1 = bytes.fromhex("ccf401720d0002a80d00032f0d0004880d00008b")
A_F4_5 = bytes.fromhex("ccf405810d0006650d00071f0d00085c0d000033")
A_F5 = bytes.fromhex("ccf5420e100ec409f609a08601a0860100000055")
A_F6 = bytes.fromhex("ccf6107200807000370032000000050000000023")
A_F7 = bytes.fromhex("ccf7204e004051004b004600ecfff1ff0000008f")
A_F8 = bytes.fromhex("ccf800640080570080700010270000000000003e")
A_F9 = bytes.fromhex("ccf90000000000000000000000000000000000ed")
A_FA = bytes.fromhex("ccfa480d14000f270000000000000000000000d6")
A = (A_F0, A_F1, A_F2, A_F3, A_F4_1, A_F4_5, A_F5, A_F6, A_F7, A_F8, A_F9, A_FA)

S_F0_CHARGING = bytes.fromhex("ccf0543500fc6200b02403b024032500520000d8")
S_F0 = bytes.fromhex("ccf0403300a943ffb02403b02403250036000025")
S_F2 = bytes.fromhex("ccf2000102f9fffdff0000000000000000000074")
S_F3 = bytes.fromhex("ccf31805110032000101000000000000000000bc")
S_F4 = bytes.fromhex("ccf401c50c0002c60c0003bf0c0004c00c000061")
S_F9 = bytes.fromhex("ccf90100000000000000000000000000000000c2")
S = (S_F0_CHARGING, S_F0, S_F2, S_F3, S_F4, S_F9)


def crc8(payload):
    """CRC-8/MAXIM-DOW bit by bit: the tests' own, to seal frames no battery has sent yet."""
    crc = 0
    for b in payload:
        crc ^= b
        for _ in range(8):
            crc = crc >> 1 ^ 0x8C if crc & 1 else crc >> 1
    return crc


def seal(payload):
    """Return 19 bytes with their CRC behind them."""
    return bytes(payload) + bytes([crc8(payload)])
