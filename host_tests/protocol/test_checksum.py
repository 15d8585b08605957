"""The checksum against published vectors and every recorded frame."""

from baybridge.protocol.checksum import crc8
from host_tests.data import frames


def test_crc8_of_the_check_string_is_a1():
    assert crc8(b"123456789") == 0xA1


def test_crc8_of_a_request_is_the_one_arduino_sends():
    assert crc8(b"\xee\xc1\x00\x00\x00") == 0xCE


def test_crc8_of_each_recorded_frame_with_its_checksum_is_zero():
    for frame in frames.A + frames.S:
        assert crc8(frame) == 0, frame


def test_crc8_of_nothing_is_zero():
    assert crc8(b"") == 0
