"""Recording frames: real FAT under MicroPython, a folder under CPython, virtual time in both."""

import asyncio
import os
import sys

from baybridge.battery.battery import Battery
from baybridge.record.frames import FrameLog
from baybridge.tasks.record_frames import FrameRecorder
from host_tests.fakes.card import card_and_hand
from host_tests.fakes.clock import FakeClock
from host_tests.fakes.job import FakeJob, stop
from host_tests.fakes.scripted import REPLIES_24V
from host_tests.support import raises
from host_tests.tasks.link_rig import REQUESTS, Rig
from tools.sim.capture import ReplayBattery, parse

IS_UPY = sys.implementation.name == "micropython"
F1 = bytes.fromhex("ccf1534f4b2d424d530d00000000000000000040")


def content(card, name, battery="house1"):
    with open("%s/baybridge/%s/%s" % (card.path, battery, name)) as file:
        return file.read()


class Bench:
    """A frame log with two batteries, which a test fills by hand, and a recorder."""

    def __init__(self, slots=200, blocks=4096):
        self.clock = FakeClock()
        self.card, self.hand = card_and_hand(blocks)
        self.frames = FrameLog(REQUESTS, slots)
        self.batteries = [
            Battery("house1", "House 1", 200, ("bad",)),
            Battery("house2", "House 2", 200, ("bad",)),
        ]
        self.recorder = self.reborn()

    def reborn(self, boot=3):
        return FrameRecorder(self.batteries, self.card, self.clock, self.frames, boot)

    def talk(self, battery=0, request=0):
        now_ms = self.clock.ticks_ms()
        self.frames.note_request(battery, request, now_ms)
        self.frames.note_frame(battery, F1, 20, now_ms + 40)

    def run(self, test):
        async def main():
            task = asyncio.create_task(self.recorder.run(FakeJob()))
            await test(self)
            await stop(task)

        self.clock.run(main())


def test_recording_then_it_plays_as_the_battery_that_was_read():
    rig = Rig(by_name=True)
    card, _ = card_and_hand()

    async def test(rig):
        # Before it is found: its address is not known yet.
        await rig.clock.sleep_ms(1000)
        recorder = FrameRecorder([rig.battery], card, rig.clock, rig.frames, 3)
        task = asyncio.create_task(recorder.run(FakeJob()))
        assert recorder.record(1) == "frames-3-1.txt"
        await rig.clock.sleep_ms(30000)
        rig.peripheral.kick()
        await rig.clock.sleep_ms(29000)
        assert recorder.is_recording
        assert 0 <= recorder.left_s <= 1
        await rig.clock.sleep_ms(1500)
        assert not recorder.is_recording
        assert (recorder.left_s, recorder.last_error, recorder.lost) == (0, None, 0)
        task.cancel()

    rig.run(test)
    text = content(card, "frames-3-1.txt")
    assert text.startswith(
        "# Bay Bridge, boot 3, from 1 s after its start\n"
        "# name: SOK-24V1127\n# address: d6:6c:0a:62:9b:d6 public\n> ee"
    ), text[:150]
    capture = parse(text)
    assert sorted(capture.replies) == list(REQUESTS)
    whole = 0
    for request in REQUESTS:
        for turn in capture.replies[request]:
            frames = tuple([frame for _, frame in turn])
            # The link was cut in the middle of something.
            assert frames == REPLIES_24V[request][: len(frames)], request
            whole += frames == REPLIES_24V[request]
    assert whole > 20, whole
    battery = ReplayBattery(capture)
    assert (battery.name, battery.address) == ("SOK-24V1127", "d6:6c:0a:62:9b:d6")
    replies = [frame for _, frame in battery.reply(REQUESTS[4], 0)]
    assert replies == [bytes.fromhex("ccf9" + "00" * 17 + "ed")]


def test_recording_when_of_two_batteries_then_a_file_each_and_only_what_came_since():
    async def test(bench):
        bench.talk()
        assert bench.recorder.record(2) == "frames-3-1.txt"
        bench.talk(1, 1)
        bench.batteries[1].link.address = "02:12:34:00:20:61"
        bench.batteries[1].link.address_type = "public"
        await bench.clock.sleep_ms(6000)
        bench.talk(1, 4)
        # Stopped before it was time to write.
        assert bench.recorder.record(0) == "frames-3-1.txt"
        bench.talk(1, 2)
        await bench.clock.sleep_ms(10000)
        assert not bench.recorder.is_recording

    bench = Bench()
    bench.run(test)
    about = "# Bay Bridge, boot 3, from 0 s after its start\n"
    assert content(bench.card, "frames-3-1.txt") == about
    second = (
        "# name: House 2\n# address: 02:12:34:00:20:61 public\n"
        "> eec1000000ce\n<+40 ccf1534f4b2d424d530d00000000000000000040\n"
        "> eec40000004f\n<+40 ccf1534f4b2d424d530d00000000000000000040\n"
    )
    assert content(bench.card, "frames-3-1.txt", "house2") == about + second
    assert bench.recorder.bytes == len(second)


def test_recording_when_asked_for_again_then_only_its_end_moves():
    async def test(bench):
        assert bench.recorder.record(1) == "frames-3-1.txt"
        await bench.clock.sleep_ms(50000)
        assert bench.recorder.record(2) == "frames-3-1.txt"
        await bench.clock.sleep_ms(100000)
        assert bench.recorder.left_s == 20
        bench.talk()
        await bench.clock.sleep_ms(21000)
        assert not bench.recorder.is_recording
        assert bench.recorder.record(1) == "frames-3-2.txt"
        bench.recorder.record(0)
        assert bench.recorder.record(0) == "frames-3-2.txt"

    bench = Bench()
    bench.run(test)
    assert content(bench.card, "frames-3-1.txt").count("> eec000000041\n") == 1


def test_file_when_its_name_is_taken_then_the_next_one():
    bench = Bench()
    bench.recorder.record(1)
    bench.recorder.record(0)
    again = bench.reborn()
    os.remove(bench.card.path + "/baybridge/house1/frames-3-1.txt")
    assert again.record(1) == "frames-3-2.txt"
    assert bench.reborn(4).record(1) == "frames-4-1.txt"


def test_ring_when_it_fills_before_its_time_then_written_sooner_and_nothing_lost():
    async def test(bench):
        bench.recorder.record(1)
        for _ in range(300):
            bench.talk()
            await bench.clock.sleep_ms(20)
        assert bench.recorder.lost == 0

    bench = Bench()
    bench.run(test)
    text = content(bench.card, "frames-3-1.txt")
    assert text.count("> eec000000041\n<+40 ccf1534f") >= 250
    assert "missing" not in text


def test_ring_when_it_overflows_then_the_file_says_so_and_goes_on():
    async def test(bench):
        bench.recorder.record(1)
        for _ in range(25):
            bench.talk()
        await bench.clock.sleep_ms(6000)
        assert bench.recorder.lost == 40

    bench = Bench(slots=10)
    bench.run(test)
    text = content(bench.card, "frames-3-1.txt")
    assert "# too fast: up to 40 lines are missing here\n# name: House 1\n> eec0" in text
    assert len(parse(text).replies[REQUESTS[0]]) == 5


def test_recording_when_there_is_no_card_then_oserror_with_what_to_do():
    bench = Bench()
    bench.hand.pull()
    exc = raises(OSError, bench.recorder.record, 5)
    assert str(exc).startswith("Frames cannot be recorded: the"), str(exc)
    assert "card" in str(exc)
    assert not bench.recorder.is_recording
    assert bench.recorder.record(0) is None
    bench.hand.insert()
    assert bench.recorder.record(5) == "frames-3-1.txt"


def test_card_when_pulled_then_the_recording_ends_with_a_sentence():
    async def test(bench):
        bench.recorder.record(5)
        bench.talk()
        await bench.clock.sleep_ms(6000)
        bench.hand.pull()
        bench.talk()
        await bench.clock.sleep_ms(6000)
        assert not bench.recorder.is_recording
        assert bench.recorder.last_error.startswith("the recording ended: the card")
        bench.hand.insert()
        assert bench.recorder.record(5) == "frames-3-2.txt"
        assert bench.recorder.last_error is None

    bench = Bench()
    bench.run(test)
    assert content(bench.card, "frames-3-1.txt").count("> ") == 1


def test_card_when_changed_meanwhile_then_nothing_is_written_to_the_new_one():
    async def test(bench):
        bench.recorder.record(5)
        bench.card.unmount()
        assert bench.card.mount()
        bench.talk()
        await bench.clock.sleep_ms(6000)
        assert bench.recorder.last_error == "the recording ended: the card was changed"

    bench = Bench()
    bench.run(test)
    assert "> " not in content(bench.card, "frames-3-1.txt")


def test_card_when_full_then_the_recording_ends_and_says_so():
    if not IS_UPY:
        return  # a folder is never full

    async def test(bench):
        bench.recorder.record(5)
        room = bench.card.free_bytes()
        with open(bench.card.path + "/big", "wb") as file:
            file.write(b"x" * room)
        for _ in range(90):
            bench.talk()
        await bench.clock.sleep_ms(6000)
        assert (
            bench.recorder.last_error
            == "the recording ended: the card is full, or fuller than log.min_free_mb allows"
        )
        assert bench.card.is_mounted
        assert raises(OSError, bench.recorder.record, 5).args == (
            "Frames cannot be recorded: the card is full, or fuller than log.min_free_mb allows.",
        )

    Bench(blocks=512).run(test)


def test_recording_when_it_reaches_its_size_then_it_ends():
    async def test(bench):
        bench.recorder.record(60)
        bench.recorder.bytes = (4 << 20) - 50
        bench.talk()
        await bench.clock.sleep_ms(6000)
        assert not bench.recorder.is_recording
        assert bench.recorder.last_error == "the recording ended: it had reached 4 MB"

    Bench().run(test)
