"""Power cuts while the log is written: an hour of them; `make bench` tries those of a day.

On MicroPython only: CPython has no FAT. The last tests show that the rehearsal sees what it is
there to see.
"""

import binascii
import os
import sys

# First, though unused: imported through `tools` it would nest too deep for MicroPython's stack.
import host_tests.fakes.world  # noqa: F401
from baybridge.tasks.write_log import LogWriter
from tools.rehearse.logged_battery import LoggedBattery, SteadyBattery, is_true, is_whole

IS_UPY = sys.implementation.name == "micropython"
MIDNIGHT_S = 1715990400  # 2024-05-18T00:00:00Z


def test_hour_around_midnight_when_cut_then_no_flushed_record_is_lost():
    if not IS_UPY:
        return
    from tools.rehearse.power_cut import PowerCuts

    cuts = PowerCuts(3600, MIDNIGHT_S - 1800)
    cuts.play(cuts.choose(13), 120)
    print(cuts.tried, "cuts of", len(cuts.run.writes), "blocks,", len(cuts.run.lines), "records")
    assert cuts.lost == 0, cuts.faults
    assert cuts.tried > 300
    assert len(cuts.run.lines) > 60
    names = [path.split("/")[-1] for path in cuts.contents]
    assert {"boot-3.csv", "2024-05-17.csv", "2024-05-18.csv"} <= set(names)


def test_ten_minutes_when_cut_at_every_block_then_no_flushed_record_is_lost():
    if not IS_UPY:
        return
    from tools.rehearse.power_cut import PowerCuts

    cuts = PowerCuts(600, MIDNIGHT_S - 300)
    cuts.play(None, 40)
    assert cuts.lost == 0, cuts.faults
    assert cuts.tried >= 2 * len(cuts.run.writes) + 1


class HastyWriter:
    """Reports records that are still in RAM."""

    def __init__(self, *args):
        self._writer = LogWriter(*args)
        self.run = self._writer.run

    @property
    def flushed(self):
        return self._writer.records


class SimpleWriter:
    """Opens the file and writes what is new, without a look at what is there."""

    mode = "ab"

    def __init__(self, battery, card, clock, boot, log):
        self.flushed = 0
        self._sample = battery.sample
        self._card = card
        self._clock = clock
        self._boot = boot
        self._waiting = b""
        self._made = 0

    async def run(self, job):
        if not self._card.mount():
            raise OSError(self._card.last_error)
        for name in ("/sd/baybridge", "/sd/baybridge/house1"):
            try:
                os.mkdir(name)
            except OSError:
                pass
        while True:
            for _ in range(3):
                await self._clock.sleep_ms(10000)
                self._waiting += self._line()
            with open("/sd/baybridge/house1/2024-05-17.csv", self.mode) as file:
                file.write(self._waiting)
            if self.mode == "ab":
                self._waiting = b""
            self.flushed = self._made

    def _line(self):
        sample = self._sample
        cells = ["%.3f" % (mv / 1000) for mv in sample.cells_mv[:4]]
        numbers = (self._boot, self._made, self._clock.uptime_s10() * 100)
        values = (sample.battery_mv / 1000, sample.current_ma / 1000, ",".join(cells))
        text = ",%d,%d,%d" % numbers + ",%.3f,%.3f,,,,,%s" % values
        self._made += 1
        return b"%s,%08x\r\n" % (text.encode(), binascii.crc32(text.encode()))


class RewritingWriter(SimpleWriter):
    """Writes the whole file again."""

    mode = "wb"


def lost_with(make_writer):
    from tools.rehearse.power_cut import PowerCuts

    cuts = PowerCuts(300, make_writer=make_writer)
    cuts.play()
    return cuts.lost, " ".join(cuts.faults)


def test_cuts_when_records_are_reported_too_early_then_they_are_missed():
    if not IS_UPY:
        return
    lost, faults = lost_with(HastyWriter)
    assert lost > 10
    assert " of start 3 lost" in faults


def test_cuts_when_a_torn_line_is_written_on_then_the_record_behind_it_is_missed():
    if not IS_UPY:
        return
    lost, faults = lost_with(SimpleWriter)
    assert lost > 0
    assert "and the next but one, after the restart: record 0 of start 4 lost" in faults
    assert " of start 3 lost" not in faults


def test_cuts_when_the_file_is_written_again_then_its_records_are_missed():
    if not IS_UPY:
        return
    lost, faults = lost_with(RewritingWriter)
    assert lost > 10
    assert " of start 3 lost" in faults


# The first record of an hour of the log, checked with another program.
RECORD = (
    b"2024-05-17T12:00:10Z,3,0,10000,13.270,4.400,58.3,38,78.280,37,"
    b"3.317,3.318,3.319,3.320,2,-3,1,0,0,0,"
)


def test_record_when_it_says_what_the_battery_said_then_true():
    assert is_true(RECORD)
    assert not is_true(RECORD.replace(b"13.270", b"13.271"))
    assert not is_true(RECORD.replace(b"4.400", b"-4.400"))
    assert not is_true(RECORD.replace(b"10000", b"30000"))


def test_record_when_torn_or_rotten_then_not_whole():
    line = b"1,2,3,cbf43926"
    assert not is_whole(line)
    assert is_whole(b"123456789,cbf43926")
    assert not is_whole(b"123456789,cbf43927")
    assert not is_whole(b"123456789,cbf4392")
    assert not is_whole(b"")


def test_battery_when_time_passes_then_it_moves_and_rests():
    battery = LoggedBattery()
    said = []
    for uptime_s in (0, 1, 2, 200, 300, 700, 1198, 1200):
        battery.follow(uptime_s)
        said.append(battery.battery.sample.battery_mv)
    assert said == [12900, 12900, 12974, 13100, 13110, 13150, 13150, 13031]


def test_steady_battery_when_time_passes_then_it_drifts():
    battery = SteadyBattery()
    said = []
    for uptime_s in (0, 9, 10, 3980, 3990, 4000, 7980, 7990):
        battery.follow(uptime_s)
        said.append(battery.battery.sample.battery_mv)
    assert said == [13299, 13299, 13298, 12901, 12900, 12901, 13299, 13298]
