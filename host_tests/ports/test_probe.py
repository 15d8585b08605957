"""The knock at the router's door, over real sockets of this machine."""

import socket
import time

from baybridge.ports.probe import Probe


def listener(backlog):
    server = socket.socket()
    server.bind(socket.getaddrinfo("127.0.0.1", free_port())[0][-1])
    server.listen(backlog)
    return server


_last_port = [20000 + time.time_ns() // 1000000 % 20000]


def free_port():
    # MicroPython cannot ask which port a socket was given, so it is chosen.
    while True:
        _last_port[0] += 1
        probe = socket.socket()
        try:
            probe.bind(socket.getaddrinfo("127.0.0.1", _last_port[0])[0][-1])
            return _last_port[0]
        except OSError:
            pass
        finally:
            probe.close()


def is_answered(probe, seconds=0.5):
    end_ns = time.time_ns() + int(seconds * 1000000000)
    while time.time_ns() < end_ns:
        if probe.is_answered():
            return True
        time.sleep(0.01)
    return False


def test_probe_when_door_is_open_then_answered():
    server = listener(1)
    probe = Probe(_last_port[0])
    assert probe.begin("127.0.0.1")
    assert is_answered(probe)
    probe.end()
    assert not probe.is_answered()
    server.close()


def test_probe_when_refused_then_answered_too():
    probe = Probe(free_port())
    assert probe.begin("127.0.0.1")
    assert is_answered(probe)
    probe.end()


def test_probe_when_nothing_comes_then_not_answered():
    # A full queue of connections: Linux lets the next one wait without a word.
    server = listener(0)
    place = socket.getaddrinfo("127.0.0.1", _last_port[0])[0][-1]
    waiting = []
    for _ in range(4):
        client = socket.socket()
        client.setblocking(False)
        try:
            client.connect(place)
        except OSError:
            pass
        waiting.append(client)
    probe = Probe(_last_port[0])
    assert probe.begin("127.0.0.1")
    assert not is_answered(probe)
    probe.end()
    for client in waiting:
        client.close()
    server.close()


def test_probe_when_begun_again_then_the_first_socket_is_closed():
    server = listener(2)
    probe = Probe(_last_port[0])
    assert probe.begin("127.0.0.1")
    first, _ = server.accept()
    assert probe.begin("127.0.0.1")
    first.settimeout(1)
    assert first.recv(1) == b""
    assert is_answered(probe)
    probe.end()
    first.close()
    server.close()


def test_probe_when_there_is_no_way_then_false():
    probe = Probe(53)
    assert not probe.begin("255.255.255.255")
    assert not probe.is_answered()
