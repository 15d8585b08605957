"""The frame log: what was noted comes out as a CAPTURE file that plays the same again."""

from baybridge.battery.battery import Battery
from baybridge.record.capture import FrameReader, head_lines
from baybridge.record.frames import FrameLog
from host_tests.fakes.clock import ticks_diff
from host_tests.upy.heap import allocates
from tools.sim.capture import parse

REQUESTS = (b"\xee\xc0\x00\x00\x00\x41", b"\xee\xc1\x00\x00\x00\xce")
F1 = bytes.fromhex("ccf1534f4b2d424d530d00000000000000000040")
F2 = bytes.fromhex("ccf201010114000000000000000200000000007f")


def text_of(log, battery=0):
    return "".join(log.lines(battery, ticks_diff))


def test_lines_then_requests_and_frames_with_their_delays_over_the_wrap_of_the_ticks():
    log = FrameLog(REQUESTS, 10)
    log.note_request(0, 0, 0x3FFFFFF0)
    log.note_frame(0, F1, 20, 0x3FFFFFFF)
    log.note_request(0, 1, 500)
    log.note_frame(0, F2, 20, 530)
    log.note_frame(0, F2, 7, 650)
    assert text_of(log) == (
        "> eec000000041\n"
        "<+15 ccf1534f4b2d424d530d00000000000000000040\n"
        "> eec1000000ce\n"
        "<+30 ccf201010114000000000000000200000000007f\n"
        "<+120 ccf20101011400\n"
    )


def test_lines_when_two_batteries_talk_then_each_has_its_own():
    log = FrameLog(REQUESTS, 10)
    log.note_request(0, 0, 0)
    log.note_request(1, 1, 5)
    log.note_frame(0, F1, 20, 40)
    log.note_frame(1, F1, 2, 45)
    assert text_of(log) == "> eec000000041\n<+40 %s\n" % F1.hex()
    assert text_of(log, 1) == "> eec1000000ce\n<+40 ccf1\n"


def test_lines_when_the_request_left_the_ring_then_its_frames_are_left_out():
    log = FrameLog(REQUESTS, 3)
    log.note_request(0, 0, 0)
    log.note_frame(0, F1, 20, 10)
    log.note_frame(0, F1, 20, 20)
    log.note_request(0, 1, 30)
    log.note_frame(0, F2, 20, 40)
    assert text_of(log) == "> eec1000000ce\n<+10 %s\n" % F2.hex()


def test_lines_when_a_frame_has_no_bytes_or_too_many_then_the_file_still_plays():
    log = FrameLog(REQUESTS, 10)
    log.note_request(0, 0, 0)
    log.note_frame(0, F1, 0, 10)
    log.note_frame(0, F1, 255, 30)
    text = text_of(log)
    assert text == (
        "> eec000000041\n# a notification without a byte after 10 ms\n<+20 %s\n" % F1.hex()
    )
    assert parse(text).replies == {REQUESTS[0]: [[(20, F1)]]}


def test_reader_when_read_in_parts_then_the_same_as_at_once():
    for step in range(1, 8):
        log = FrameLog(REQUESTS, 10)
        reader = FrameReader(log, 0, ticks_diff, 0)
        got = ""
        for i in range(24):
            if i % 4 == 0:
                log.note_request(0, i // 4 % 2, i * 10)
            else:
                log.note_frame(0, F1, i % 4, i * 10)
            if i % step == 0:
                got += "".join(reader.lines())
        got += "".join(reader.lines())
        assert (
            got
            == (
                "> eec000000041\n<+10 cc\n<+10 ccf1\n<+10 ccf153\n"
                "> eec1000000ce\n<+10 cc\n<+10 ccf1\n<+10 ccf153\n"
            )
            * 3
        ), step
        assert (reader.lost, reader.waiting) == (0, 0)


def test_reader_when_too_late_then_says_so_and_goes_on_with_the_next_request():
    log = FrameLog(REQUESTS, 4)
    reader = FrameReader(log, 0, ticks_diff, 0)
    log.note_request(0, 0, 0)
    log.note_frame(0, F1, 2, 10)
    assert "".join(reader.lines()) == "> eec000000041\n<+10 ccf1\n"
    for i in range(5):
        log.note_frame(0, F1, 3, 20 + i)
    log.note_request(0, 1, 100)
    log.note_frame(0, F2, 2, 130)
    assert reader.waiting == 7
    assert "".join(reader.lines()) == (
        "# too fast: up to 3 lines are missing here\n> eec1000000ce\n<+30 ccf2\n"
    )
    assert reader.lost == 3


def test_reader_when_overtaken_while_read_then_no_line_is_of_two_frames():
    log = FrameLog(REQUESTS, 4)
    log.note_request(0, 0, 0)
    for i in range(3):
        log.note_frame(0, F1, 2, 10 + i)
    lines = log.lines(0, ticks_diff)
    assert next(lines) == "> eec000000041\n"
    for _ in range(3):
        log.note_frame(0, F2, 3, 50)
    log.note_request(0, 1, 60)
    assert "".join(lines) == "# too fast: up to 3 lines are missing here\n> eec1000000ce\n"


def test_head_then_the_name_on_the_air_and_the_address_once_they_are_known():
    battery = Battery("house1", "House 1", 200, ("bad_checksum",))
    assert list(head_lines(battery)) == ["# name: House 1\n"]
    battery.link.peer_name = "SOK-AA26064"
    battery.link.address = "02:12:34:00:20:61"
    battery.link.address_type = "random"
    text = "".join(head_lines(battery)) + "> ee\n"
    capture = parse(text)
    assert (capture.name, capture.address, capture.addr_type) == (
        "SOK-AA26064",
        "02:12:34:00:20:61",
        "random",
    )


def test_note_allocates_nothing():
    log = FrameLog(REQUESTS, 4)
    assert not allocates(log.note_request, 0, 1, 5)
    assert not allocates(log.note_frame, 0, F1, 20, 6)
