"""What the log does with a card that comes back damaged, full, slow or not at all."""

import os
import sys

from baybridge.tasks.write_log import LogWriter
from host_tests.fakes.card import card_and_hand
from host_tests.fakes.clock import FakeClock
from host_tests.fakes.hardware import SLOT, MemoryImage
from host_tests.tasks.log_rig import (
    HEADER,
    LOG,
    NOON_S,
    after,
    content,
    folder,
    known_battery,
    records,
    remount,
    seqs,
)

IS_UPY = sys.implementation.name == "micropython"
DAY = "2024-05-17.csv"


def logged(card, boot, seconds=31, log=LOG):
    """Log for so long; return the writer."""
    clock = FakeClock(unix_s=NOON_S)
    writer = LogWriter(known_battery(), card, clock, boot, log)
    after(clock, ((seconds, None),), writer)
    card.unmount()
    card.mount()
    return writer


def change(card, name, act):
    """Replace a file's content by what act makes of it; return the new one."""
    new = act(content(card, name))
    with open("%s/%s" % (folder(card), name), "wb") as file:
        file.write(new)
    remount(card)
    return new


def test_tail_when_torn_anywhere_then_kept_aside_and_written_over():
    for cut in (1, 2, 3, 40, 100):
        card, _ = card_and_hand()
        assert logged(card, 3).torn_tails == 0
        whole = content(card, DAY)
        torn = change(card, DAY, lambda old, cut=cut: old[:-cut])
        rest = torn[torn.rfind(b"\n") + 1 :]
        writer = logged(card, 4)
        assert writer.torn_tails == 1
        assert sorted(os.listdir(folder(card))) == [DAY, "torn.txt"]
        assert content(card, "torn.txt") == (
            b"2024-05-17.csv at %d, start 4: " % (len(torn) - len(rest)) + rest + b"\r\n"
        )
        assert content(card, DAY).startswith(whole[: len(torn) - len(rest)])
        assert [row[1:3] for row in records(card, DAY)] == [
            ["3", "0"],
            ["3", "1"],
            ["4", "0"],
            ["4", "1"],
            ["4", "2"],
        ], cut


def test_tail_when_rotten_then_file_left_alone_and_log_goes_on_in_a_second_one():
    for act in (
        lambda old: old[:-50] + b"\xff" + old[-49:],  # one byte
        lambda old: old + b"\0" * 3000,  # longer than what is looked at
        lambda old: old + b"\0" * 511 + b"\n",  # a sector never written
        lambda old: old + b"\0" * 450,  # longer than the next records
    ):
        card, _ = card_and_hand()
        logged(card, 3)
        rotten = change(card, DAY, act)
        writer = logged(card, 4)
        assert writer.torn_tails == 1
        assert sorted(os.listdir(folder(card))) == ["2024-05-17-2.csv", DAY]
        assert content(card, DAY) == rotten
        assert seqs(card, "2024-05-17-2.csv") == [0, 1, 2]
        # The next start goes on there.
        assert logged(card, 5).torn_tails == 1
        assert content(card, DAY) == rotten
        assert seqs(card, "2024-05-17-2.csv") == [0, 1, 2, 0, 1, 2]


def test_header_when_torn_then_written_anew():
    for length in (0, 1, 100, len(HEADER) - 1):
        card, _ = card_and_hand()
        logged(card, 3)
        change(card, DAY, lambda old, length=length: old[:length])
        writer = logged(card, 4)
        assert os.listdir(folder(card)) == [DAY]
        assert seqs(card, DAY) == [0, 1, 2]
        assert writer.torn_tails == 0


def test_header_when_of_other_columns_or_firmware_then_second_file():
    card, _ = card_and_hand()
    logged(card, 3)
    old = change(card, DAY, lambda old: old.replace(b"0.1.0", b"0.0.9"))
    logged(card, 4)
    assert content(card, DAY) == old
    assert seqs(card, "2024-05-17-2.csv") == [0, 1, 2]


def test_file_when_it_grew_behind_our_back_then_looked_at_again():
    card, _ = card_and_hand()
    clock = FakeClock(unix_s=NOON_S)
    writer = LogWriter(known_battery(), card, clock, 3, LOG)

    def meddle():
        with open(folder(card) + "/" + DAY, "ab") as file:
            file.write(b"a note by hand\r\n")

    after(clock, ((35, meddle), (60, None)), writer)
    assert content(card, DAY).endswith(b"a note by hand\r\n")
    assert seqs(card, "2024-05-17-2.csv")[-1] == 8


class FlakyImage(MemoryImage):
    """A card of which every so many-th block write fails, or takes its time."""

    def __init__(self, blocks, clock, stall_ms):
        super().__init__(blocks)
        self.every = 0
        self._clock = clock
        self._stall_ms = stall_ms
        self._n = 0

    def read(self, at, buf):
        SLOT.writes_left = None
        super().read(at, buf)

    def write(self, at, buf):
        super().write(at, buf)
        self._n += 1
        if self.every and self._n % self.every == 0:
            if self._stall_ms:
                self._clock.now_ms += self._stall_ms
            else:
                SLOT.writes_left = 0  # until somebody looks what is there


def put_flaky(card, clock, every, stall_ms=0):
    image = FlakyImage(2048, clock, stall_ms)
    SLOT.reset()
    SLOT.insert(image)
    SLOT.format()
    image.every = every


def test_card_when_every_so_often_a_write_is_lost_then_no_record_is():
    if not IS_UPY:
        return  # a folder has no blocks
    for every in (7, 11, 30):
        card, _ = card_and_hand()
        clock = FakeClock(unix_s=NOON_S)
        put_flaky(card, clock, every)
        writer = LogWriter(known_battery(), card, clock, 3, LOG)
        after(clock, ((3600, None),), writer)
        assert writer.errors >= 2
        assert writer.dropped == 0
        SLOT.image.every = 0
        remount(card)
        found = []
        for name in sorted(os.listdir(folder(card))):
            if name.endswith(".csv"):
                lines = content(card, name).split(b"\r\n")[1:]
                found += [int(line.split(b",")[2]) for line in lines if line.count(b",") == 23]
        assert sorted(set(found)) == list(range(writer.flushed)), every


def test_card_when_it_stalls_for_four_seconds_then_only_late():
    if not IS_UPY:
        return  # a folder has no blocks
    card, _ = card_and_hand()
    clock = FakeClock(unix_s=NOON_S)
    put_flaky(card, clock, 9, 4000)
    writer = LogWriter(known_battery(), card, clock, 3, LOG)
    job = after(clock, ((605, None),), writer)
    assert (writer.errors, writer.dropped) == (0, 0)
    assert writer.records == 60
    assert seqs(card, DAY) == list(range(60))
    assert 40 <= job.longest_s10 <= 100


def test_card_when_read_only_then_records_wait_and_go_out_in_order():
    if not IS_UPY:
        return  # a folder has no blocks
    card, hand = card_and_hand()
    clock = FakeClock(unix_s=NOON_S)
    writer = LogWriter(known_battery(), card, clock, 3, LOG)

    def lock():
        SLOT.writes_left = 0

    def unlock():
        assert writer.waiting >= 60
        assert card.last_error
        SLOT.writes_left = None

    after(clock, ((125, lock), (700, unlock), (300, None)), writer)
    assert seqs(card, DAY) == list(range(writer.records))
    assert writer.dropped == 0
    assert card.last_error is None


def test_ring_when_card_is_away_for_a_quarter_of_an_hour_then_nothing_lost():
    for series, wanted in ((4, 90), (16, 46)):
        card, hand = card_and_hand()
        clock = FakeClock(unix_s=NOON_S)
        battery = known_battery()
        battery.sample.nominal_mv = 3200 * series
        writer = LogWriter(battery, card, clock, 3, LOG)

        def insert(writer=writer, wanted=wanted, hand=hand):
            assert writer.waiting >= wanted
            assert writer.dropped == 0
            hand.insert()

        after(clock, ((65, hand.pull), (900, insert), (300, None)), writer)
        lines = content(card, DAY).split(b"\r\n")[1:-1]
        got = [int(line.split(b",")[2]) for line in lines]
        # The next attempt is at 1005 s, a little later than promised.
        assert got[-1] == writer.records - 1
        assert len(got) == writer.records - writer.dropped
        assert writer.dropped <= 4
        uptimes_s = [int(line.split(b",")[3]) // 1000 for line in lines]
        assert uptimes_s[-10:] == list(range(1170, 1270, 10))


def fill_with_days(card, days):
    card.mount()
    os.mkdir(card.path + "/baybridge")
    os.mkdir(folder(card))
    for name in days:
        with open("%s/%s" % (folder(card), name), "wb") as file:
            file.write(b"x" * 300000)


NOTHING_OF_OURS = "notes.txt"
OLD = (
    (
        ("2024-05-15.csv", "boot-12.csv", "2024-05-14.csv", "boot-9.csv"),
        ["boot-12.csv", "boot-9.csv"],
    ),
    (
        ("2024-05-15.csv", "2023-06-01-2.csv", "2024-05-14.csv", "2023-06-01.csv"),
        ["2023-06-01-2.csv", "2023-06-01.csv"],
    ),
)


def test_room_when_short_and_deleting_is_allowed_then_the_oldest_go():
    if not IS_UPY:
        return  # a folder's disk has its own size
    for names, gone in OLD:
        card, _ = card_and_hand(4096)
        fill_with_days(card, names + (NOTHING_OF_OURS,))
        assert 400000 < card.free_bytes() < 700000
        log = dict(LOG)
        log["min_free_mb"] = 1
        log["delete_oldest"] = True
        writer = logged(card, 3, 65, log)
        stay = [name for name in names if name not in gone] + [NOTHING_OF_OURS, DAY]
        assert sorted(os.listdir(folder(card))) == sorted(stay)
        assert (writer.dropped, writer.errors) == (0, 0)
        assert seqs(card, DAY) == list(range(6))


def test_room_when_short_and_deleting_is_not_allowed_then_it_stops_and_says_so():
    if not IS_UPY:
        return  # a folder's disk has its own size
    card, _ = card_and_hand(4096)
    fill_with_days(card, OLD[0][0] + (NOTHING_OF_OURS,))
    log = dict(LOG)
    log["min_free_mb"] = 1
    clock = FakeClock(unix_s=NOON_S)
    writer = LogWriter(known_battery(), card, clock, 3, log)

    def make_room():
        assert writer.flushed == 0
        assert card.is_mounted
        assert "log.min_free_mb" in card.last_error
        os.remove(folder(card) + "/boot-9.csv")
        os.remove(folder(card) + "/boot-12.csv")

    after(clock, ((65, make_room), (100, None)), writer)
    assert seqs(card, DAY) == list(range(writer.records))
    assert (writer.dropped, card.mounts) == (0, 1)


def test_write_when_it_fails_after_all_arrived_then_not_written_twice():
    card, _ = card_and_hand()
    clock = FakeClock(unix_s=NOON_S)
    writer = LogWriter(known_battery(), card, clock, 3, LOG)
    write = writer._file.write

    def fail_afterwards(data):
        write(data)
        writer._file.write = write
        raise OSError(5, "EIO")

    def break_once():
        writer._file.write = fail_afterwards

    after(clock, ((65, break_once), (120, None)), writer)
    assert writer.errors == 1
    assert seqs(card, DAY) == list(range(18))
    assert (writer.flushed, writer.torn_tails) == (18, 0)


def test_boot_number_when_used_twice_then_records_of_both_are_kept():
    card, _ = card_and_hand()
    logged(card, 3)
    clock = FakeClock(unix_s=NOON_S + 600)
    writer = LogWriter(known_battery(), card, clock, 3, LOG)
    after(clock, ((31, None),), writer)
    assert seqs(card, DAY) == [0, 1, 2, 0, 1, 2]


def test_reset_when_card_is_back_but_rests_then_it_is_tried_once_more():
    card, hand = card_and_hand()
    clock = FakeClock(unix_s=NOON_S)
    writer = LogWriter(known_battery(), card, clock, 3, LOG)
    # Attempts at 150, 155, 165, 185, and the next one would be at 225 s.
    after(clock, ((125, hand.pull), (70, hand.insert), (6, None)), writer)
    assert seqs(card, DAY) == list(range(20))
    assert writer.waiting == 0


def test_ring_when_it_overflows_with_half_a_record_on_the_card_then_that_is_torn():
    card, _ = card_and_hand()
    clock = FakeClock(unix_s=NOON_S)
    writer = LogWriter(known_battery(), card, clock, 3, LOG)

    def make(records):
        for _ in range(records):
            clock.now_ms += 10000
            writer._look()

    # More of it than the date, in which it does not differ from the record after the gap.
    while writer._partial < 40:
        make(3)
        clock.run(writer._flush(True))
    half = writer.flushed
    make(150)
    clock.run(writer.flush())
    got = seqs(card, DAY)
    assert got[:half] == list(range(half))
    assert got[half:] == list(range(half + writer.dropped, writer.records))
    assert (writer.torn_tails, writer.waiting) == (1, 0)
