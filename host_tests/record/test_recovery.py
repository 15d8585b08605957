"""The end of a log file after a power cut: cut anywhere, any bit flipped."""

from baybridge.record import recovery

HEAD = b"time,boot,seq,uptime_ms,crc\r\n"
# The checksums by `gzip -c | tail -c8 | od -An -N4 -tx4` of the text before the last comma.
FIRST = b",3,0,10000,661dea61\r\n"
SECOND = b",3,1,20000,87ca9b05\r\n"


def test_sound_end_when_file_is_whole_then_its_length():
    file = HEAD + FIRST + SECOND
    assert recovery.sound_end(file, HEAD, True) == (len(file), len(HEAD + FIRST))
    assert recovery.sound_end(HEAD, HEAD, True) == (len(HEAD), 0)


def test_sound_end_when_cut_anywhere_then_the_line_before():
    for n in range(1, len(SECOND)):
        file = HEAD + FIRST + SECOND[:n]
        assert recovery.sound_end(file, HEAD, True) == (len(HEAD + FIRST), len(HEAD)), n
        assert recovery.is_torn(SECOND[:n])
    for n in range(1, len(FIRST)):
        assert recovery.sound_end(HEAD + FIRST[:n], HEAD, True) == (len(HEAD), 0), n


def test_sound_end_when_any_bit_flips_then_the_line_before():
    file = HEAD + FIRST + SECOND
    begin = len(HEAD + FIRST)
    for bit in range(len(SECOND) * 8):
        broken = bytearray(file)
        broken[begin + bit // 8] ^= 1 << bit % 8
        assert recovery.sound_end(bytes(broken), HEAD, True) == (begin, len(HEAD)), bit


def test_sound_end_when_only_the_tail_is_known_then_not_from_its_first_line():
    tail = FIRST + SECOND
    for n in range(1, len(FIRST)):
        assert recovery.sound_end(tail[n:], HEAD, False) == (len(tail) - n, len(FIRST) - n), n
        assert recovery.sound_end(FIRST[n:], HEAD, False) == (0, 0), n


def test_sound_end_when_nothing_is_sound_then_none():
    for rubbish in (b"", b"\0" * 512, b"\xff" * 512, b"\r\n" * 100, HEAD[:-2], b",\r\n"):
        assert recovery.sound_end(rubbish, HEAD, True) == (0, 0), rubbish


def test_is_torn_when_a_line_ends_in_it_then_rotten_instead():
    assert recovery.is_torn(b"2024")
    assert not recovery.is_torn(b"")
    assert not recovery.is_torn(b"2024\r\n2024")


def test_seq_of_when_record_or_header_then_number_or_none():
    assert recovery.seq_of(SECOND) == 1
    assert recovery.seq_of(HEAD) == -1
    assert recovery.seq_of(b"1,2") == -1
