"""The log's task: real FAT under MicroPython, a folder under CPython, virtual time in both."""

import gc
import os
import sys
from array import array

from baybridge.battery import sample as groups
from baybridge.battery.alarms import Alarms
from baybridge.battery.battery import Battery
from baybridge.battery.taps import Harness
from baybridge.record import csv_line
from baybridge.tasks.write_log import LogWriter
from host_tests.fakes.card import card_and_hand
from host_tests.fakes.clock import FakeClock
from host_tests.fakes.hardware import SLOT
from host_tests.tasks.log_rig import (
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


def test_hour_when_simulated_then_every_record_is_there_and_whole():
    card, _ = card_and_hand()
    clock = FakeClock(unix_s=NOON_S)
    writer = LogWriter(known_battery(), card, clock, 3, LOG)
    job = after(clock, ((3601, None),), writer)
    remount(card)
    assert os.listdir(folder(card)) == ["2024-05-17.csv"]
    rows = records(card, "2024-05-17.csv")
    assert [int(row[2]) for row in rows] == list(range(360))
    assert ",".join(rows[0][:-1]) == (
        "2024-05-17T12:00:10Z,3,0,10000,13.120,-48.215,-632.6,54,111.240,37,"
        "3.269,3.270,3.263,3.264,-7,-3,0,1,1,0,,,"
    )
    assert rows[359][:4] == ["2024-05-17T13:00:00Z", "3", "359", "3600000"]
    assert (writer.records, writer.flushed, writer.waiting) == (360, 360, 0)
    assert (writer.dropped, writer.errors) == (0, 0)
    assert job.longest_s10 <= 20


def test_record_when_values_are_stale_then_empty_fields():
    card, _ = card_and_hand()
    clock = FakeClock(unix_s=NOON_S)
    after(clock, ((65, None),), LogWriter(known_battery(stale_s10=205), card, clock, 3, LOG))
    rows = records(card, "2024-05-17.csv")
    assert [row[4] for row in rows] == ["13.120", "13.120", "", "", "", ""]
    assert rows[5][4:-1] == [""] * 19


def test_record_when_battery_never_answered_then_no_file():
    card, _ = card_and_hand()
    clock = FakeClock(unix_s=NOON_S)
    battery = Battery("house1", "House 1", 200, ("bad_checksum",))
    writer = LogWriter(battery, card, clock, 3, LOG)
    job = after(clock, ((600, None),), writer)
    assert os.listdir(card.path) == []
    assert writer.records == 0
    assert job.longest_s10 <= 20


def test_columns_when_they_come_late_then_second_file_with_its_own_header():
    card, _ = card_and_hand()
    clock = FakeClock(unix_s=NOON_S)
    battery = known_battery()
    battery.sample.forget(groups.PACK)
    writer = LogWriter(battery, card, clock, 3, LOG)
    stamp = battery.sample.stamp
    # Six records are left out waiting for the columns, the next three do without cells.
    after(clock, ((95, lambda: stamp(groups.PACK, 950)), (66, None)), writer)
    assert sorted(os.listdir(folder(card))) == ["2024-05-17-2.csv", "2024-05-17.csv"]
    assert content(card, "2024-05-17.csv").startswith(
        b"time,boot,seq,uptime_ms,voltage_v,current_a,power_w,soc_pct,remaining_ah,cycles,"
        b"temperature_1_c,temperature_2_c,"
    )
    assert content(card, "2024-05-17.csv").count(b"\r\n") == 4
    assert seqs(card, "2024-05-17-2.csv") == [3, 4, 5, 6, 7, 8, 9]


def wire(battery, clock):
    """Give a battery a harness; return what reads it at this moment."""
    tap = {"top_ohm": 100000, "bottom_ohm": 100000, "gain_ppm": 1000000, "offset_uv": 0}
    tap.update({"calibrated_against": None, "calibrated_time": None})
    harness = battery.harness = Harness([tap] * 4, 200)

    def read():
        for k in range(1, 5):
            harness.evaluate(k, array("H", [1600 + k] * 8), 8)
        harness.finish(clock.uptime_s10())

    return read


def test_record_when_taps_are_wired_and_an_alarm_stands_then_both_are_in_it():
    card, _ = card_and_hand()
    clock = FakeClock(unix_s=NOON_S)
    battery = known_battery()
    read = wire(battery, clock)
    battery.alarms = Alarms(battery, {})

    def alarm():
        battery.alarms.mask = 1 << 3

    writer = LogWriter(battery, card, clock, 3, LOG)
    after(clock, ((15, read), (10, alarm), (10, None)), writer)
    lines = content(card, "2024-05-17.csv").decode().split("\r\n")
    assert lines[0].split(",")[14:27] == [
        "temperature_1_c",
        "temperature_2_c",
        "tap_1_v",
        "tap_2_v",
        "tap_3_v",
        "tap_4_v",
        "charge_fet",
        "discharge_fet",
        "heater",
        "balancing",
        "protection",
        "alarms",
        "baybridge_0.1.0_record_10s_fast_0s_rest_0s_flush_30s",
    ]
    rows = [line.split(",") for line in lines[1:-1]]
    assert [row[16:20] for row in rows] == [
        [""] * 4,
        ["3.202", "3.204", "3.206", "3.208"],
        ["3.202", "3.204", "3.206", "3.208"],
    ]
    assert [row[25] for row in rows] == ["", "", "battery_uv"]


def test_record_when_only_the_harness_was_ever_read_then_its_taps():
    card, _ = card_and_hand()
    clock = FakeClock(unix_s=NOON_S)
    battery = Battery("house1", "House 1", 200, ("bad_checksum",))
    read = wire(battery, clock)
    writer = LogWriter(battery, card, clock, 3, LOG)
    # Until it is read there is nothing to say, and then six records wait for the BMS.
    after(clock, ((95, None),) + ((1, read), (10, read)) * 7, writer)
    lines = content(card, "2024-05-17.csv").decode().split("\r\n")
    assert lines[0].startswith(
        "time,boot,seq,uptime_ms,voltage_v,current_a,power_w,soc_pct,remaining_ah,cycles,"
        "tap_1_v,tap_2_v,tap_3_v,tap_4_v,charge_fet,"
    )
    assert lines[1].startswith(
        "2024-05-17T12:02:36Z,3,0,156000,,,,,,,3.202,3.204,3.206,3.208,,,,,,,,"
    )


def test_ring_when_taps_are_wired_and_the_card_is_away_then_a_quarter_of_an_hour_fits():
    card, hand = card_and_hand()
    clock = FakeClock(unix_s=NOON_S)
    battery = known_battery()
    wire(battery, clock)()
    battery.alarms = Alarms(battery, {})
    battery.alarms.mask = 1 << 3
    writer = LogWriter(battery, card, clock, 3, LOG)

    def insert():
        assert writer.dropped == 0
        # 51 bytes each, so one in 14 s fits; without new readings that is one in two periods.
        assert 44 <= writer.waiting <= 50
        hand.insert()

    after(clock, ((65, hand.pull), (900, insert), (300, None)), writer)
    assert writer.dropped <= 4


def test_card_when_pulled_and_put_back_then_nothing_lost():
    card, hand = card_and_hand()
    clock = FakeClock(unix_s=NOON_S)
    writer = LogWriter(known_battery(), card, clock, 3, LOG)
    after(clock, ((125, hand.pull), (120, hand.insert), (400, None)), writer)
    # Attempts at 150, 155, 165, 185, 225 s fail; the one at 305 s finds the card.
    assert writer.errors == 5
    assert writer.dropped == 0
    assert card.last_error is None
    got = seqs(card, "2024-05-17.csv")
    assert got == list(range(len(got)))
    assert len(got) == writer.flushed > 60
    assert card.mounts == 2


def test_card_when_away_longer_than_ram_then_oldest_dropped_and_counted():
    card, hand = card_and_hand()
    clock = FakeClock(unix_s=NOON_S)
    writer = LogWriter(known_battery(), card, clock, 3, LOG, ring_bytes=800)
    after(clock, ((125, hand.pull), (9000, hand.insert), (900, None)), writer)
    got = seqs(card, "2024-05-17.csv")
    gap = [b - a - 1 for a, b in zip(got, got[1:]) if b != a + 1]
    assert gap == [writer.dropped]
    # Meanwhile one record in three minutes, and room for twenty of them.
    assert 25 <= writer.dropped <= 45
    assert writer.flushed + writer.dropped + writer.waiting == writer.records


def test_card_when_never_there_then_attempts_get_rare():
    card, hand = card_and_hand()
    hand.pull()
    clock = FakeClock(unix_s=NOON_S)
    writer = LogWriter(known_battery(), card, clock, 3, LOG)
    job = after(clock, ((7200, None),), writer)
    # After the start's own: at 30, 40, 60, 100, 180, 340, 640 s, then every 300 s to 6940 s,
    # and before the reset that ends this.
    assert writer.errors == 29
    assert len(card.last_error) > 20
    assert job.longest_s10 <= 20
    assert 90 <= writer.waiting <= 105


def test_card_when_exchanged_for_an_empty_one_then_header_again():
    card, hand = card_and_hand()
    clock = FakeClock(unix_s=NOON_S)
    writer = LogWriter(known_battery(), card, clock, 3, LOG)

    def wipe():
        card.mount()
        os.remove(folder(card) + "/2024-05-17.csv")
        os.rmdir(folder(card))
        os.rmdir(card.path + "/baybridge")
        remount(card)

    after(clock, ((65, wipe), (60, None)), writer)
    assert seqs(card, "2024-05-17.csv") == [6, 7, 8, 9, 10, 11]


def test_time_when_told_later_then_boot_file_and_dated_file():
    card, _ = card_and_hand()
    clock = FakeClock()
    writer = LogWriter(known_battery(), card, clock, 3, LOG)
    after(clock, ((45, lambda: clock.set_unix_s(NOON_S)), (60, None)), writer)
    assert sorted(os.listdir(folder(card))) == ["2024-05-17.csv", "boot-3.csv"]
    assert seqs(card, "boot-3.csv") == [0, 1, 2, 3]
    assert [row[0] for row in records(card, "boot-3.csv")] == [""] * 4
    assert seqs(card, "2024-05-17.csv")[0] == 4


def test_day_when_it_ends_between_two_flushes_then_each_record_in_its_day():
    card, _ = card_and_hand()
    clock = FakeClock(unix_s=NOON_S + 43200 - 25)
    writer = LogWriter(known_battery(), card, clock, 3, LOG)
    after(clock, ((65, None),), writer)
    assert [row[0] for row in records(card, "2024-05-17.csv")] == [
        "2024-05-17T23:59:45Z",
        "2024-05-17T23:59:55Z",
    ]
    assert records(card, "2024-05-18.csv")[0][0] == "2024-05-18T00:00:05Z"
    assert seqs(card, "2024-05-18.csv") == [2, 3, 4, 5]


def test_file_when_board_restarts_then_goes_on_without_second_header():
    card, _ = card_and_hand()
    for boot in (3, 4):
        clock = FakeClock(unix_s=NOON_S)
        after(clock, ((31, None),), LogWriter(known_battery(), card, clock, boot, LOG))
        card.unmount()
    card.mount()
    rows = records(card, "2024-05-17.csv")
    assert [row[1:3] for row in rows] == [
        ["3", "0"],
        ["3", "1"],
        ["3", "2"],
        ["4", "0"],
        ["4", "1"],
        ["4", "2"],
    ]


def test_writers_when_two_share_a_card_then_each_has_its_folder():
    card, hand = card_and_hand()
    clock = FakeClock(unix_s=NOON_S)
    second = known_battery()
    second.id = "house2"
    writers = [
        LogWriter(known_battery(), card, clock, 3, LOG),
        LogWriter(second, card, clock, 3, LOG),
    ]
    after(clock, ((125, hand.pull), (60, hand.insert), (400, None)), *writers)
    for battery_id in ("house1", "house2"):
        with open(folder(card, battery_id) + "/2024-05-17.csv", "rb") as file:
            lines = file.read().split(b"\r\n")
        got = [int(line.split(b",")[2]) for line in lines[1:-1]]
        assert got == list(range(len(got)))
        assert len(got) > 50


def test_write_when_card_is_full_then_goes_on_once_there_is_room():
    if not IS_UPY:
        return  # a folder is never full
    for spare in (1, 300, 511):
        card, _ = card_and_hand(512)
        clock = FakeClock(unix_s=NOON_S)
        writer = LogWriter(known_battery(), card, clock, 3, LOG)

        def fill(card=card, spare=spare):
            room = card.free_bytes()
            # The log's last cluster keeps some room, so that a record is torn.
            with open(card.path + "/big", "wb") as file:
                file.write(b"x" * (room - 512 * (spare % 2)))

        def make_room(card=card):
            assert card.is_mounted
            assert card.last_error.startswith("the card is full")
            os.remove(card.path + "/big")

        after(clock, ((65, fill), (60, make_room), (200, None)), writer)
        lines = content(card, "2024-05-17.csv").split(b"\r\n")
        got = {int(line.split(b",")[2]) for line in lines[1:] if csv_line.check(line)}
        assert sorted(got) == list(range(writer.flushed))
        assert writer.flushed > 25
        assert card.last_error is None
        assert card.mounts == 1
        # None of the torn ones runs into a whole one.
        assert [line for line in lines if line.count(b"2024-05-17T") > 1] == []


def test_write_when_card_fails_at_any_block_then_no_record_is_lost():
    if not IS_UPY:
        return  # a folder has no blocks
    for n in range(14):
        card, hand = card_and_hand(512)
        clock = FakeClock(unix_s=NOON_S)
        writer = LogWriter(known_battery(), card, clock, 3, LOG)

        def limit(blocks=n):
            SLOT.writes_left = blocks

        def put_back(hand=hand):
            hand.pull()
            hand.insert()

        after(clock, ((65, limit), (30, put_back), (200, None)), writer)
        raw = content(card, "2024-05-17.csv")
        good = [line for line in raw.split(b"\r\n")[1:] if csv_line.check(line)]
        got = sorted({int(line.split(b",")[2]) for line in good})
        assert got == list(range(writer.flushed)), n
        assert writer.flushed >= 27, n
        assert SLOT.used_after_deinit == 0
        gc.collect()
