"""The time task: a server that lies, an owner who sets the clock, a card that is away."""

import asyncio
import os

from baybridge.record import anchor, diagnostics
from baybridge.tasks.keep_time import TimeKeeper
from host_tests.fakes.card import card_and_hand
from host_tests.fakes.clock import FakeClock
from host_tests.fakes.job import FakeJob, run_through
from host_tests.fakes.ntp import FakeNtp
from host_tests.support import raises

DAY_S = 86400
NOON_S = 1786017600  # 2026-08-06T12:00:00Z
NO_TIME_S = 2085978496  # 2036-02-07T06:28:16Z: what a server without time says


class Network:
    """What the task needs of the Wi-Fi task: its wifi, and note_alive()."""

    def __init__(self):
        self.wifi = self
        self.is_up = True
        self.alive = 0

    def is_connected(self):
        return self.is_up

    def dns(self):
        return "192.168.1.1" if self.is_up else None

    def note_alive(self):
        self.alive += 1


class Bench:
    """A time keeper of boot 7; true_s is the true time at its start."""

    def __init__(self, known_s=None, true_s=NOON_S, has_card=True):
        self.clock = FakeClock(unix_s=known_s)
        self.true_s = true_s
        self.network = Network()
        self.ntp = FakeNtp()
        self.ntp.answer = self.now
        self.card, self.hand = card_and_hand()
        if has_card:
            self.card.mount()
        self.keeper = self.new_keeper(7)
        self.job = FakeJob(self.clock)

    def new_keeper(self, boot):
        return TimeKeeper(self.clock, self.ntp, self.network, boot, self.card)

    def now(self):
        return self.true_s + self.clock.uptime_s10() // 10

    def off_by_s(self):
        return self.clock.unix_s() - self.now()

    def run(self, *steps):
        """Run the keeper through steps: seconds to wait, or what to call."""

        async def main():
            task = asyncio.create_task(self.keeper.run(self.job))
            await run_through(task, self.clock, steps)

        self.clock.run(main())
        assert self.job.longest_s10 <= 100
        return self.keeper

    def lines(self):
        """Return the anchors on the card, after checking the header and every line."""
        with open("%s/baybridge/anchors.csv" % self.card.path, "rb") as file:
            lines = file.read().decode().split("\r\n")
        assert lines[0] == "boot,uptime_ms,time,source,crc" and lines[-1] == ""
        anchors = [anchor.parse(line) for line in lines[1:-1]]
        assert None not in anchors
        return anchors


def test_clock_when_unknown_then_set_by_two_answers_that_agree():
    bench = Bench()
    keeper = bench.run(30)
    assert (keeper.source, keeper.time_steps, keeper.last_error) == ("ntp", 0, None)
    assert abs(bench.off_by_s()) <= 1
    assert bench.ntp.reads == 2
    assert bench.network.alive == 2
    [(boot, uptime_ms, unix_s, source)] = bench.lines()
    assert (boot, source) == (7, "ntp")
    assert 10000 <= uptime_ms <= 12000
    assert abs(NOON_S + uptime_ms // 1000 - unix_s) <= 1


def test_record_when_made_before_the_clock_was_known_then_placed_by_the_card():
    bench = Bench()
    bench.run(30)
    assert anchor.place(7, 3000, bench.lines())[:18] == "2026-08-06T12:00:0"
    assert anchor.place(6, 3000, bench.lines()) is None


def test_server_when_right_then_asked_every_six_hours():
    bench = Bench()
    keeper = bench.run(DAY_S + 60)
    assert bench.ntp.reads == 2 + 4
    assert keeper.time_steps == 0
    assert len(bench.lines()) == 1
    assert keeper.ntp_age_s10 <= 1000


def test_server_when_silent_for_a_day_then_asked_rarely_and_never_without_a_name():
    bench = Bench()
    bench.ntp.answer = None
    keeper = bench.run(DAY_S)
    print("questions in a day to a silent server: %d" % bench.ntp.reads)
    assert 26 <= bench.ntp.reads <= 29
    assert (keeper.source, bench.clock.unix_s()) == (None, None)
    assert keeper.last_error == "the time server did not answer"
    bench = Bench()
    bench.ntp.has_dns = False
    keeper = bench.run(DAY_S)
    assert bench.ntp.reads == 0  # it would have stopped the board for many seconds each time
    assert 26 <= bench.ntp.names_asked <= 29
    assert "is there internet?" in keeper.last_error


def test_server_when_it_answers_after_a_silent_day_then_believed_within_an_hour():
    bench = Bench()
    bench.ntp.answer = None

    def speak():
        bench.ntp.answer = bench.now

    assert bench.run(DAY_S, speak, 3620).source == "ntp"
    assert abs(bench.off_by_s()) <= 1


def test_server_when_it_says_what_cannot_be_then_not_believed():
    for said_s in (0, -2208988800, 1735689599, 4102444800, 4294967295):
        bench = Bench()
        bench.ntp.answer = lambda s=said_s: s
        keeper = bench.run(3600)
        assert bench.clock.unix_s() is None
        assert keeper.last_error == "the time server says what cannot be: Unix time %d" % said_s


def test_server_when_it_says_the_same_for_ever_then_not_believed():
    bench = Bench()
    bench.ntp.answer = lambda: NO_TIME_S
    keeper = bench.run(3600)
    assert bench.clock.unix_s() is None
    assert keeper.last_error == (
        "the time server contradicts itself: "
        "2036-02-07T06:28:16Z, and 10 s later 2036-02-07T06:28:16Z"
    )


def test_server_when_wrong_once_then_the_clock_stays():
    bench = Bench()
    wrong = [0]

    def one_day_off():
        wrong[0] += 1
        return bench.now() + (DAY_S if wrong[0] == 1 else 0)

    def lie():
        bench.ntp.answer = one_day_off

    keeper = bench.run(60, lie, DAY_S)
    assert wrong[0] > 2
    assert (keeper.time_steps, abs(bench.off_by_s()) <= 1) == (0, True)


def test_clock_when_it_drifts_little_then_left_alone_and_stepped_beyond_two_seconds():
    for drift_s, steps in ((2, 0), (-2, 0), (4, 1), (-4, 1)):
        bench = Bench()

        def drift(bench=bench, drift_s=drift_s):
            bench.clock.set_unix_s(bench.now() + drift_s)

        keeper = bench.run(60, drift, DAY_S)
        assert keeper.time_steps == steps, drift_s
        assert len(bench.lines()) == 1 + steps
        assert abs(bench.off_by_s()) <= 3


def test_owner_when_setting_an_unknown_clock_then_known_and_anchored():
    bench = Bench()
    bench.network.is_up = False
    keeper = bench.run(60, lambda: keeper_set(bench, NOON_S), 10)
    assert (keeper.source, keeper.time_steps) == ("owner", 0)
    assert bench.clock.unix_s() == NOON_S + 10
    assert bench.lines() == [(7, 60000, NOON_S, "owner")]
    assert (bench.ntp.reads, bench.ntp.names_asked) == (0, 0)


def keeper_set(bench, unix_s):
    bench.keeper.set_time(unix_s)


def test_owner_when_wrong_and_the_server_comes_later_then_a_counted_step_back():
    bench = Bench()
    bench.network.is_up = False

    def online():
        bench.network.is_up = True

    keeper = bench.run(60, lambda: keeper_set(bench, NOON_S + 7200), 60, online, 60)
    assert (keeper.source, keeper.time_steps) == ("ntp", 1)
    assert abs(bench.off_by_s()) <= 1
    assert [fields[3] for fields in bench.lines()] == ["owner", "ntp"]
    # The server's anchor places what the owner's placed two hours late.
    assert anchor.place(7, 0, bench.lines())[:14] in ("2026-08-06T12:", "2026-08-06T11:")


def test_owner_when_right_and_the_server_agrees_then_no_step_but_a_better_anchor():
    bench = Bench()
    keeper = bench.run(lambda: keeper_set(bench, NOON_S + 1), 60)
    assert (keeper.source, keeper.time_steps) == ("ntp", 0)
    assert bench.ntp.reads == 1
    assert [fields[3] for fields in bench.lines()] == ["owner", "ntp"]


def test_owner_when_setting_again_then_each_step_is_counted_and_a_repetition_is_not():
    bench = Bench()
    bench.network.is_up = False
    keeper = bench.keeper
    keeper.set_time(NOON_S)
    keeper.set_time(NOON_S)
    keeper.set_time(NOON_S + 2)
    assert keeper.time_steps == 0
    keeper.set_time(NOON_S - 3600)
    keeper.set_time(NOON_S + 3)
    assert keeper.time_steps == 2
    assert bench.clock.unix_s() == NOON_S + 3
    assert keeper.anchors_waiting == 3


def test_owner_when_the_time_cannot_be_then_a_sentence_and_the_clock_stays():
    bench = Bench()
    for unix_s in (0, -1, 1735689599, 4102444800, 1 << 40):
        exc = raises(ValueError, bench.keeper.set_time, unix_s)
        assert str(exc) == "The time has to be in the years 2025 to 2099."
    assert (bench.clock.unix_s(), bench.keeper.source) == (None, None)
    bench.keeper.set_time(1735689600)
    bench.keeper.set_time(4102444799)


def test_clock_when_kept_over_a_reset_then_said_anchored_and_checked():
    bench = Bench(known_s=NOON_S - 1000)
    keeper = bench.run(60)
    assert (keeper.source, keeper.time_steps) == ("ntp", 1)
    assert bench.lines()[0] == (7, 0, NOON_S - 1000, "kept")
    assert bench.lines()[1][3] == "ntp"
    # Near the truth or not, a kept time is not proof enough to believe a single answer.
    bench = Bench(known_s=NOON_S)
    bench.run(60)
    assert bench.ntp.reads == 2


def test_computer_when_its_clock_is_right_then_nobody_is_asked():
    bench = Bench(known_s=NOON_S)
    bench.keeper = TimeKeeper(bench.clock, None, bench.network, 7, bench.card)
    keeper = bench.run(DAY_S)
    assert (keeper.source, bench.ntp.reads) == ("host", 0)
    assert bench.lines() == [(7, 0, NOON_S, "host")]


def test_anchor_when_the_card_is_away_then_written_once_it_is_back():
    bench = Bench(has_card=False)
    bench.hand.pull()

    def insert():
        assert bench.keeper.anchors_waiting == 1
        bench.hand.insert()
        assert bench.card.mount()

    keeper = bench.run(600, insert, 5)
    assert keeper.anchors_waiting == 0
    assert len(bench.lines()) == 1


def test_anchor_when_the_card_is_pulled_unnoticed_then_kept_and_written_later():
    bench = Bench()
    bench.network.is_up = False

    def pull():
        bench.hand.pull()
        bench.keeper.set_time(NOON_S)

    def insert():
        assert (bench.card.is_mounted, bench.keeper.anchors_waiting) == (False, 1)
        bench.hand.insert()
        assert bench.card.mount()

    bench.run(10, pull, 60, insert, 5)
    assert bench.lines() == [(7, 10000, NOON_S, "owner")]


def test_anchor_when_the_last_line_is_torn_then_a_new_line_begins():
    bench = Bench()
    bench.run(30)
    path = "%s/baybridge/anchors.csv" % bench.card.path
    with open(path, "ab") as file:
        file.write(b"7,99")
    bench.keeper = bench.new_keeper(8)
    bench.run(30)
    with open(path, "rb") as file:
        lines = file.read().split(b"\r\n")
    assert len(lines) == 6 and lines[2] == b"7,99" and lines[-1] == b""
    assert [line[:2] for line in lines] == [b"bo", b"7,", b"7,", b"8,", b"8,", b""]


def test_anchors_when_nothing_is_logged_then_none_wait():
    bench = Bench()
    bench.keeper = TimeKeeper(bench.clock, bench.ntp, bench.network, 7, None)
    assert bench.run(30).source == "ntp"
    assert bench.keeper.anchors_waiting == 0
    assert os.listdir(bench.card.path) == []


def test_anchors_when_very_many_then_the_oldest_go():
    bench = Bench(has_card=False)
    for n in range(100):
        bench.keeper.set_time(NOON_S + n * 100)
    assert bench.keeper.anchors_waiting == 8
    bench.card.mount()
    bench.network.is_up = False
    bench.run(2)
    assert [fields[2] for fields in bench.lines()] == [NOON_S + n * 100 for n in range(92, 100)]


def test_diagnostics_when_set_then_valid_json():
    bench = Bench()
    assert diagnostics.time_json(bench.keeper) == (
        '{"source":null,"time_steps":0,"ntp_age_s":null,"anchors_waiting":0,"last_error":null}'
    )
    bench.run(21)
    assert diagnostics.time_json(bench.keeper) == (
        '{"source":"ntp","time_steps":0,"ntp_age_s":10.8,"anchors_waiting":0,"last_error":null}'
    )
