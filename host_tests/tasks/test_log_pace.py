"""When the log makes a record, when it writes them, and what that costs."""

import os
import sys

from baybridge.battery import sample as groups
from baybridge.tasks.write_log import LogWriter
from host_tests.fakes.card import card_and_hand
from host_tests.fakes.clock import FakeClock
from host_tests.fakes.hardware import SLOT
from host_tests.tasks.log_rig import LOG, NOON_S, after, content, folder, known_battery, seqs
from host_tests.upy.heap import allocates

IS_UPY = sys.implementation.name == "micropython"
ADAPTIVE = {"record_s": 10, "flush_s": 30, "fast_s": 2, "rest_s": 60}


def take(clock, battery, current_ma):
    """Return what lets the battery say something now."""

    def act():
        battery.sample.current_ma = current_ma
        battery.sample.stamp(groups.STATUS, clock.uptime_s10())

    return act


def uptimes_s(card, name="2024-05-17.csv"):
    lines = content(card, name).split(b"\r\n")[1:-1]
    return [int(line.split(b",")[3]) // 1000 for line in lines]


def currents(card, name="2024-05-17.csv"):
    lines = content(card, name).split(b"\r\n")[1:-1]
    return [line.split(b",")[5].decode() for line in lines]


def test_load_when_switched_on_and_off_then_its_shape_is_kept():
    card, _ = card_and_hand()
    clock = FakeClock(unix_s=NOON_S)
    battery = known_battery()
    writer = LogWriter(battery, card, clock, 3, ADAPTIVE)
    steps = []
    # Readings every two seconds; from 15 s to 22 s a winch.
    for at_s in range(1, 81, 2):
        steps.append(
            (2 if steps else 1, take(clock, battery, -60000 if 15 <= at_s < 22 else -500))
        )
    after(clock, steps, writer)
    assert uptimes_s(card)[:8] == [10, 13, 15, 17, 19, 21, 23, 25]
    assert currents(card)[:8] == ["-0.500"] * 2 + ["-60.000"] * 4 + ["-0.500"] * 2
    # Half a minute after the last step it is over.
    assert uptimes_s(card)[19:] == [49, 51, 61, 71]
    assert writer.dropped == 0


def test_battery_when_at_rest_then_a_record_a_minute_and_none_missing():
    card, _ = card_and_hand()
    clock = FakeClock(unix_s=NOON_S)
    battery = known_battery()
    writer = LogWriter(battery, card, clock, 3, ADAPTIVE)
    after(clock, [(2, take(clock, battery, -300)) for _ in range(500)], writer)
    assert uptimes_s(card)[:30] == list(range(10, 310, 10))
    assert uptimes_s(card)[30:] == [360, 420, 480, 540, 600, 660, 720, 780, 840, 900, 960]
    lines = content(card, "2024-05-17.csv").split(b"\r\n")
    assert b",baybridge_0.1.0_record_10s_fast_2s_rest_60s_flush_30s,crc" in lines[0]
    assert [int(line.split(b",")[2]) for line in lines[1:-1]] == list(range(41))


class LateClock(FakeClock):
    """Wakes everybody a little late, now more and now less, as a busy board does."""

    def sleep_ms(self, ms):
        return super().sleep_ms(ms + self.now_ms * 7 % 4 * 100)


def test_record_when_every_look_is_late_then_none_is_left_out():
    card, _ = card_and_hand()
    clock = LateClock(unix_s=NOON_S)
    writer = LogWriter(known_battery(), card, clock, 3, LOG)
    after(clock, ((1200, None),), writer)
    times_s = uptimes_s(card)
    assert {b - a for a, b in zip(times_s, times_s[1:])} <= {9, 10, 11}


def test_fet_when_it_opens_then_recorded_and_written_within_two_seconds():
    card, _ = card_and_hand()
    clock = FakeClock(unix_s=NOON_S)
    battery = known_battery()
    writer = LogWriter(battery, card, clock, 3, LOG)

    def open_fet():
        battery.sample.dis_fet = False

    def look():
        assert writer.waiting == 0
        fields = content(card, "2024-05-17.csv").split(b"\r\n")[-2].split(b",")
        assert fields[3] in (b"33000", b"34000")
        assert fields[17] == b"0"

    after(clock, ((33, open_fet), (2, look), (60, None)), writer)


def test_flush_soon_when_called_then_written_at_once():
    card, _ = card_and_hand()
    clock = FakeClock(unix_s=NOON_S)
    writer = LogWriter(known_battery(), card, clock, 3, LOG)

    def look():
        assert (writer.records, writer.flushed, writer.waiting) == (5, 5, 0)

    after(clock, ((43, writer.flush_soon), (2, look)), writer)


def test_flush_when_only_the_schedule_asks_then_newest_record_ends_at_a_sector():
    card, _ = card_and_hand()
    clock = FakeClock(unix_s=NOON_S)
    writer = LogWriter(known_battery(), card, clock, 3, LOG)
    sizes = []

    def look():
        sizes.append(os.stat(folder(card) + "/2024-05-17.csv")[6])
        # The rest of one record at the most, and that for one period.
        assert writer.waiting <= 1

    after(clock, [(31, look)] + [(30, look) for _ in range(40)], writer)
    assert [size for size in sizes if size % 512 == 0]
    assert seqs(card, "2024-05-17.csv") == list(range(writer.records))


def test_flush_when_its_period_is_long_then_before_the_ring_is_full():
    card, _ = card_and_hand()
    clock = FakeClock(unix_s=NOON_S)
    log = {"record_s": 10, "flush_s": 3600}
    writer = LogWriter(known_battery(), card, clock, 3, log)
    after(clock, ((7301, None),), writer)
    assert writer.dropped == 0
    assert writer.flushed == writer.records == 730


def test_record_when_taken_then_no_allocation():
    card, _ = card_and_hand()
    clock = FakeClock()
    battery = known_battery()
    writer = LogWriter(battery, card, clock, 3, ADAPTIVE)
    before = writer.records

    def step():
        battery.sample.taken_s10[groups.STATUS] += 1
        battery.sample.current_ma += 5000
        writer._look()

    # The fake clock's own time is a big integer on MicroPython; the board's is none.
    clock.uptime_s10 = SmallClock().uptime_s10
    step()
    assert not allocates(step)
    step()
    assert writer.records > before


class SmallClock:
    """Uptime in small integers."""

    def __init__(self):
        self.now_s10 = 0

    def uptime_s10(self):
        self.now_s10 += 100
        return self.now_s10


def test_blocks_when_thousand_records_then_at_most_two_fifths_of_a_row_at_a_time():
    if not IS_UPY:
        return  # a folder has no blocks
    from tools.rehearse.sparse_card import insert_new_card

    card, _ = card_and_hand()
    insert_new_card()
    clock = FakeClock(unix_s=NOON_S)
    writer = LogWriter(known_battery(), card, clock, 3, LOG)
    after(clock, ((31, None),), writer)
    SLOT.blocks_written = 0
    writer = LogWriter(known_battery(), card, clock, 4, LOG)
    after(clock, ((10001, None),), writer)
    batched = SLOT.blocks_written
    assert writer.flushed == 1000
    rows = content(card, "2024-05-17.csv").split(b"\r\n")[-1001:-1]
    blocks = []
    SLOT.blocks_written = 0
    for row in rows:
        with open("/sd/a.csv", "ab") as file:
            file.write(row + b"\r\n")
    blocks.append(SLOT.blocks_written)
    SLOT.blocks_written = 0
    with open("/sd/b.csv", "ab") as file:
        for row in rows:
            file.write(row + b"\r\n")
            file.flush()
    blocks.append(SLOT.blocks_written)
    print(batched, "blocks instead of", blocks)
    assert batched * 10 <= min(blocks) * 4
