"""The simulator's encoders against frames of real batteries, byte for byte.

A: 24 V capture of patman15/aiobmsble. B: 48 V, from Joe-Blount/pi-monitoring (fields only).
S: synthetic 12 V frames whose CRC was computed with another program.
"""

import pytest

from tools.sim import frames
from tools.sim.lcg import LCG, scatter


def reference_crc(data):
    """CRC-8/MAXIM, most significant bit first over mirrored bytes: the other way round."""
    crc = 0
    for byte in data:
        crc ^= int("{:08b}".format(byte)[::-1], 2)
        for _ in range(8):
            crc = (crc << 1 ^ 0x31) & 0xFF if crc & 0x80 else crc << 1
    return int("{:08b}".format(crc)[::-1], 2)


def test_crc_of_the_check_string_is_a1():
    assert frames.crc8(b"123456789", 9) == 0xA1
    assert reference_crc(b"123456789") == 0xA1


@pytest.mark.parametrize(
    "command, text",
    [
        (0xC0, "eec000000041"),
        (0xC1, "eec1000000ce"),
        (0xC2, "eec200000046"),
        (0xC3, "eec3000000c9"),
        (0xC4, "eec40000004f"),
    ],
)
def test_request_has_the_published_bytes(command, text):
    assert frames.make_request(command).hex() == text


def test_status_at_rest_is_frame_f0_of_a():
    frame = frames.encode_status(27554, 0, 100000, 106048, 7, 99)
    assert frame.hex() == "ccf0a26b00000000a08601409e01070063000021"


def test_status_charging_and_discharging_are_the_frames_of_s():
    charging = frames.encode_status(13652, 25340, 206000, 206000, 37, 82)
    assert charging.hex() == "ccf0543500fc6200b02403b024032500520000d8"
    discharging = frames.encode_status(13120, -48215, 206000, 206000, 37, 54)
    assert discharging.hex() == "ccf0403300a943ffb02403b02403250036000025"


def test_status_under_load_has_the_fields_of_b():
    frame = frames.encode_status(52780, -21032, 100000, 106048, 212, 99)
    assert frame[:17].hex() == "ccf02cce00d8adffa08601409e01d40063"


def test_name_is_frame_f1_of_a():
    assert frames.encode_name("SOK-BMS").hex() == "ccf1534f4b2d424d530d00000000000000000040"


def test_sensors_are_frame_f2_of_a_and_s():
    one = frames.encode_sensors(True, True, [20], 2)
    assert one.hex() == "ccf201010114000000000000000200000000007f"
    two = frames.encode_sensors(False, True, [-7, -3], 0)
    assert two.hex() == "ccf2000102f9fffdff0000000000000000000074"


def test_pack_is_frame_f3_of_a_and_s():
    resting = frames.encode_pack((2023, 3, 18), 25600, False, 0)
    assert resting.hex() == "ccf3170312006400000100000000000000000036"
    heating = frames.encode_pack((2024, 5, 17), 12800, True, 0)
    assert heating.hex() == "ccf31805110032000101000000000000000000bc"


def test_cells_are_both_frames_f4_of_a():
    cells_mv = [3442, 3496, 3375, 3464, 3457, 3429, 3359, 3420]
    assert frames.encode_cells(1, cells_mv).hex() == "ccf401720d0002a80d00032f0d0004880d00008b"
    assert frames.encode_cells(5, cells_mv).hex() == "ccf405810d0006650d00071f0d00085c0d000033"


def test_cells_of_12_v_are_frame_f4_of_s():
    frame = frames.encode_cells(1, [3269, 3270, 3263, 3264])
    assert frame.hex() == "ccf401c50c0002c60c0003bf0c0004c00c000061"


def test_settings_are_frames_f5_to_fa_of_a():
    assert [
        frames.encode_cell_limits(3650, 3600, 2500, 2550, 100000, 100000).hex(),
        frames.encode_charge_limits(29200, 28800, 55, 50, 0, 5).hex(),
        frames.encode_discharge_limits(20000, 20800, 75, 70, -20, -15).hex(),
        frames.encode_levels(25600, 22400, 28800, 10000).hex(),
        frames.encode_balance_limits(3400, 20, 9999).hex(),
    ] == [
        "ccf5420e100ec409f609a08601a0860100000055",
        "ccf6107200807000370032000000050000000023",
        "ccf7204e004051004b004600ecfff1ff0000008f",
        "ccf800640080570080700010270000000000003e",
        "ccfa480d14000f270000000000000000000000d6",
    ]


def test_protection_is_frame_f9_of_a_and_s():
    none = frames.encode_protection(bytes(16))
    assert none.hex() == "ccf90000000000000000000000000000000000ed"
    first = frames.encode_protection(b"\x01" + bytes(15))
    assert first.hex() == "ccf90100000000000000000000000000000000c2"


def test_a_value_that_does_not_fit_is_refused():
    with pytest.raises(ValueError):
        frames.encode_status(1 << 24, 0, 0, 0, 0, 0)
    with pytest.raises(ValueError):
        frames.encode_sensors(True, True, [1, 2, 3, 4, 5], 0)
    with pytest.raises(ValueError):
        frames.encode_name("a name far too long")


def test_lcg_gives_the_numbers_of_its_formula():
    draws = LCG(1)
    assert [draws.below(1000) for _ in range(6)] == [308, 230, 763, 460, 454, 795]


def test_scatter_and_lcg_are_spread_evenly():
    draws = LCG(3)
    counts = [0] * 4
    for _ in range(4000):
        counts[draws.below(4)] += 1
    assert min(counts) > 900
    counts = [0] * 4
    for slot in range(4000):
        counts[scatter(1, slot, 4)] += 1
    assert min(counts) > 900
