"""ports/board: which chip a board's own description is about."""

from baybridge.ports.board import chip_of, short_id_of


def test_chip_when_described_by_the_firmware_then_known():
    assert chip_of("Generic ESP32 module with ESP32") == "esp32"
    assert chip_of("Generic ESP32 module with SPIRAM with ESP32") == "esp32"
    assert chip_of("Generic ESP32S3 module with ESP32S3") == "esp32s3"
    assert chip_of("Generic ESP32S3 module with Octal-SPIRAM with ESP32S3") == "esp32s3"
    assert chip_of("ESP32C3 module with ESP32C3") == "esp32c3"
    assert chip_of("Some board with ESP32-C3") == "esp32c3"


def test_chip_when_unknown_then_taken_for_an_esp32():
    assert chip_of("Raspberry Pi Pico with RP2040") == "esp32"
    assert chip_of("") == "esp32"


def test_short_id_then_the_end_of_the_chip_s_own_address():
    assert short_id_of(b"\x24\x0a\xc4\x00\x00\x01") == "0001"
    assert short_id_of(b"\x24\x0a\xc4\x9f\xfe\x0b") == "fe0b"
