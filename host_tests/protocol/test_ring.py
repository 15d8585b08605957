"""The ring between the radio and the poller."""

from baybridge.protocol.ring import FrameRing
from host_tests.data import frames
from host_tests.upy.heap import allocates


def test_ring_gives_back_what_was_put_in_order():
    ring = FrameRing()
    into = bytearray(20)
    ring.put(frames.A_F0)
    ring.put(frames.A_F2)
    assert ring.take(into) == 20 and bytes(into) == frames.A_F0
    assert ring.take(into) == 20 and bytes(into) == frames.A_F2
    assert ring.take(into) == -1


def test_ring_that_is_full_counts_what_it_loses_and_keeps_the_rest():
    ring = FrameRing()
    for i in range(20):
        ring.put(bytes([i] * 20))
    assert ring.overruns == 5
    into = bytearray(20)
    taken = []
    while ring.take(into) == 20:
        taken.append(into[0])
    assert taken == list(range(15))


def test_ring_keeps_the_length_of_what_is_too_short_or_too_long():
    ring = FrameRing()
    into = bytearray(20)
    ring.put(b"\xcc")
    ring.put(bytes(30))
    ring.put(bytes(300))
    assert [ring.take(into), ring.take(into), ring.take(into)] == [1, 30, 255]


def test_ring_allocates_nothing():
    ring = FrameRing()
    assert not allocates(ring.put, memoryview(frames.A_F0))
    assert not allocates(ring.take, bytearray(20))
