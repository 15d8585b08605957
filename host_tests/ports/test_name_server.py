"""The name server: literal bytes of RFC 1035, and a real UDP socket on this computer."""

import socket
import time

from baybridge.ports.name_server import NameServer, reply_to

ADDRESS = b"\xc0\xa8\x04\x01"
# captive.apple.com, type A, class IN, recursion wanted; written by hand from RFC 1035, 4.1.
NAME = b"\x07captive\x05apple\x03com\x00"
QUESTION = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" + NAME + b"\x00\x01\x00\x01"
ANSWER = (
    b"\x12\x34\x85\x80\x00\x01\x00\x01\x00\x00\x00\x00"
    + NAME
    + b"\x00\x01\x00\x01"
    + b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x0a\x00\x04\xc0\xa8\x04\x01"
)
EMPTY = b"\x12\x34\x85\x80\x00\x01\x00\x00\x00\x00\x00\x00" + NAME


def changed(at, *values):
    packet = bytearray(QUESTION)
    for i in range(len(values)):
        packet[at + i] = values[i]
    return bytes(packet)


def test_question_when_of_type_a_or_any_then_our_address():
    assert reply_to(QUESTION, ADDRESS) == ANSWER
    reply = reply_to(QUESTION[:-4] + b"\x00\xff\x00\x01", ADDRESS)
    assert reply[-16:] == b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x0a\x00\x04\xc0\xa8\x04\x01"


def test_question_when_no_recursion_is_wanted_then_none_is_claimed():
    assert reply_to(changed(2, 0), ADDRESS)[:4] == b"\x12\x34\x84\x80"


def test_question_when_of_another_type_or_class_then_an_empty_answer_without_an_error():
    for kind in (b"\x00\x1c\x00\x01", b"\x00\x41\x00\x01", b"\x00\x0f\x00\x01"):
        assert reply_to(QUESTION[:-4] + kind, ADDRESS) == EMPTY + kind
    chaos = b"\x00\x01\x00\x03"
    assert reply_to(QUESTION[:-4] + chaos, ADDRESS) == EMPTY + chaos


def test_question_when_it_has_additional_records_then_they_are_left_out():
    edns = b"\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x00"
    assert reply_to(changed(11, 1) + edns, ADDRESS) == ANSWER


def test_question_when_for_the_root_then_answered():
    reply = reply_to(QUESTION[:12] + b"\x00\x00\x01\x00\x01", ADDRESS)
    assert reply[:17] == b"\x12\x34\x85\x80\x00\x01\x00\x01\x00\x00\x00\x00\x00\x00\x01\x00\x01"


def test_packet_when_no_single_standard_question_then_no_answer():
    for packet in (
        changed(2, 0x81),  # an answer: two servers must not talk to each other for ever
        changed(2, 0x10),  # a status request
        changed(5, 0),  # no question
        changed(5, 2),  # two
        changed(4, 1, 0),
        changed(12, 0xC0, 0x0C),  # a pointer that points at itself
        changed(12, 64),
    ):
        assert reply_to(packet, ADDRESS) is None, packet
    for n in range(len(QUESTION)):
        assert reply_to(QUESTION[:n], ADDRESS) is None, n


def test_name_when_longer_than_255_bytes_then_no_answer():
    long = QUESTION[:12] + (b"\x3f" + b"a" * 63) * 3
    rest = b"\x00\x00\x01\x00\x01"
    assert reply_to(long + b"\x3d" + b"a" * 61 + rest, ADDRESS) is not None
    assert reply_to(long + b"\x3f" + b"a" * 63 + rest, ADDRESS) is None


def serving():
    # A port of our own; the one of a board is 53.
    port = 20000 + time.time_ns() // 1000 % 20000
    while True:
        server = NameServer(port)
        if server.start("127.0.0.1"):
            return server, socket.getaddrinfo("127.0.0.1", port)[0][-1]
        port += 1


def client():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(2)
    return s


def test_server_when_asked_then_answers_and_counts():
    server, place = serving()
    phone = client()
    try:
        server.poll()
        assert server.last_error is None
        phone.sendto(b"nonsense", place)
        phone.sendto(QUESTION, place)
        server.poll()
        reply = phone.recv(512)
    finally:
        phone.close()
        server.stop()
    assert reply == ANSWER[:-4] + b"\x7f\x00\x00\x01"
    assert (server.answered, server.ignored, server.last_error) == (1, 1, None)


def test_server_when_many_ask_at_once_then_a_few_in_each_poll():
    server, place = serving()
    phone = client()
    try:
        for _ in range(20):
            phone.sendto(QUESTION, place)
        counts = []
        for _ in range(4):
            server.poll()
            counts.append(server.answered)
    finally:
        phone.close()
        server.stop()
    assert counts == [8, 16, 20, 20]


def test_server_when_stopped_or_without_a_port_then_silent_and_said():
    server, place = serving()
    server.stop()
    server.stop()
    server.poll()
    again = NameServer(server._port)
    assert again.start("127.0.0.1")
    again.stop()
    assert not again.start("192.0.2.1")  # an address this computer does not have
    assert "the name server does not start" in again.last_error
    again.poll()
