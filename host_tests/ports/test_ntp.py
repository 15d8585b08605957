"""The time port: its question to a name server over a real socket, and what ntptime says."""

import ntptime
import socket
import time

from baybridge.ports import ntp as port
from baybridge.ports.ntp import Ntp

NOON_S = 1715947200  # 2024-05-17T12:00:00Z
# "pool.ntp.org", type A, class IN, recursion wanted.
QUESTION = b"BB\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x04pool\x03ntp\x03org\x00\x00\x01\x00\x01"
ANSWER = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc0\x00\x02\x01"


def name_server():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.setblocking(False)
    port = 20000 + time.time_ns() // 1000000 % 20000
    while True:
        try:
            server.bind(socket.getaddrinfo("127.0.0.1", port)[0][-1])
            return server, port
        except OSError:
            port += 1


def asked(flags_and_counts, tail=b""):
    """Return whether a reply with this header makes the name a known one."""
    server, port = name_server()
    ntp = Ntp(dns_port=port)
    assert not ntp.is_resolved()
    assert ntp.begin("127.0.0.1")
    assert not ntp.is_resolved()
    question, place = server.recvfrom(512)
    assert question == QUESTION
    server.sendto(flags_and_counts + question[12:] + tail, place)
    found = ntp.is_resolved()
    ntp.end()
    server.close()
    assert not ntp.is_resolved()
    return found


def test_name_when_answered_then_resolved():
    assert asked(b"BB\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00", ANSWER)


def test_name_when_refused_failed_empty_strange_or_short_then_not_resolved():
    assert not asked(b"BB\x81\x85\x00\x01\x00\x00\x00\x00\x00\x00")  # refused
    assert not asked(b"BB\x81\x82\x00\x01\x00\x00\x00\x00\x00\x00")  # server failure
    assert not asked(b"BB\x81\x80\x00\x01\x00\x00\x00\x00\x00\x00")  # no address
    assert not asked(b"BC\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00", ANSWER)  # to someone else
    assert not asked(b"BB\x01\x00\x00\x01\x00\x01\x00\x00\x00\x00", ANSWER)  # a question
    server, port = name_server()
    ntp = Ntp(dns_port=port)
    ntp.begin("127.0.0.1")
    _, place = server.recvfrom(512)
    server.sendto(b"BB\x81", place)
    assert not ntp.is_resolved()
    ntp.end()
    server.close()


def test_name_when_nobody_is_there_then_not_resolved_and_no_exception():
    server, port = name_server()
    server.close()
    ntp = Ntp(dns_port=port)
    assert ntp.begin("127.0.0.1")
    time.sleep(0.05)
    assert not ntp.is_resolved()  # Linux reports the closed port here, the board nothing
    assert not ntp.is_resolved()
    ntp.end()


def test_read_when_answered_then_unix_seconds_in_either_epoch():
    ntptime._server.reset()
    ntptime._server.answer = lambda: NOON_S
    ntp = Ntp("ntp.example")
    assert (ntp.read(), ntp.last_error) == (NOON_S, None)
    assert ntptime.host == "ntp.example"
    # As on a board that counts from 2000, which this computer does not.
    epochs = port._EPOCH_S, ntptime._EPOCH_S
    port._EPOCH_S = ntptime._EPOCH_S = 946684800
    try:
        assert ntptime.time() == 769262400
        assert ntp.read() == NOON_S
    finally:
        port._EPOCH_S, ntptime._EPOCH_S = epochs


def test_read_when_anything_fails_then_none_and_a_sentence():
    def fail(exc):
        def answer():
            raise exc

        return answer

    for exc in (
        OSError(110),
        OSError(-202),  # the board's "no such name"
        OverflowError("overflow converting long int to machine word"),
        IndexError("list index out of range"),
        ValueError("buffer too small"),
    ):
        ntptime._server.answer = fail(exc)
        ntp = Ntp()
        assert ntp.read() is None
        assert "pool.ntp.org did not tell the time" in ntp.last_error
    ntptime._server.answer = lambda: NOON_S
    assert ntp.read() == NOON_S
    assert ntp.last_error is None
