"""The records that wait: order kept, the oldest given up first, nothing allocated."""

from baybridge.record.backlog import Backlog
from host_tests.upy.heap import allocates


def record(number, size):
    return bytes([size, number]) + bytes(size - 2)


def numbers(backlog):
    found = []
    at = backlog.first
    for i in range(backlog.count):
        if i:
            at = backlog.after(at)
        found.append(backlog.buf[at + 1])
    return found


def test_add_when_ring_is_full_then_the_oldest_go():
    backlog = Backlog(100)
    lost = [backlog.add(record(n, 30)) for n in range(7)]
    assert lost == [0, 0, 0, 1, 1, 1, 1]
    assert numbers(backlog) == [4, 5, 6]
    assert (backlog.count, backlog.used) == (3, 90)


def test_add_when_a_long_one_comes_then_as_many_go_as_it_needs():
    backlog = Backlog(100)
    for n in range(10):
        backlog.add(record(n, 10))
    assert backlog.add(record(10, 35)) == 4
    assert numbers(backlog) == [4, 5, 6, 7, 8, 9, 10]
    assert backlog.add(record(11, 90)) == 7
    assert numbers(backlog) == [11]


def test_add_when_longer_than_the_ring_then_refused():
    backlog = Backlog(20)
    backlog.add(record(1, 10))
    assert backlog.add(record(2, 21)) == -1
    assert numbers(backlog) == [1]


def test_pop_when_sizes_vary_then_first_in_first_out():
    backlog = Backlog(113)
    wanted = []
    n = 0
    for turn in range(300):
        n = (n + 1) % 256
        size = 2 + (turn * 7) % 30
        lost = backlog.add(record(n, size))
        wanted.append(n)
        del wanted[:lost]
        if turn % 3 == 0:
            backlog.pop()
            wanted.pop(0)
        assert numbers(backlog) == wanted, turn
    while wanted:
        assert backlog.buf[backlog.first + 1] == wanted.pop(0)
        backlog.pop()
    assert (backlog.count, backlog.used) == (0, 0)


def test_add_when_heap_is_locked_then_no_allocation():
    backlog = Backlog(100)
    one = record(1, 30)

    def add_and_drop():
        for _ in range(20):
            backlog.add(one)
        backlog.pop()

    assert not allocates(add_and_drop)
