"""ports/board: which chip a board's own description is about."""

from baybridge.ports.board import chip_of, own_heap_of, short_id_of, threshold_of


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


def test_own_heap_when_there_is_psram_then_that_is_left_out():
    # As MicroPython's issues #7214 and #12075 show them, and a module's 8 MB.
    own = [(7288, 176, 0, 176), (94064, 5684, 4096, 5664), (113840, 112216, 65536, 98304)]
    assert own_heap_of(own) == (118076, 65536, 104144)
    assert own_heap_of(own + [(8388608, 6338304, 6291456, 6338304)]) == (118076, 65536, 104144)


def test_threshold_when_there_is_psram_then_none():
    # The heap of an ESP32 as micropython#14421 shows it, and with 8 MB beside it.
    assert threshold_of(111936) == 20480
    assert threshold_of(8400000) == -1


def test_short_id_then_the_end_of_the_chip_s_own_address():
    assert short_id_of(b"\x24\x0a\xc4\x00\x00\x01") == "0001"
    assert short_id_of(b"\x24\x0a\xc4\x9f\xfe\x0b") == "fe0b"
