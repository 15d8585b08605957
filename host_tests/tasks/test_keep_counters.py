"""Counters over a reset: real LittleFS under MicroPython, a folder under CPython."""

import asyncio
import os
import sys

from baybridge.battery.battery import Battery
from baybridge.ports.files import Files
from baybridge.record import counters_json, diagnostics
from baybridge.tasks.keep_counters import CounterKeeper
from host_tests.fakes.clock import FakeClock
from host_tests.fakes.job import FakeJob, stop
from host_tests.ports.test_files import RamBlocks, empty_root, put, remount

IS_UPY = sys.implementation.name == "micropython"
AMP_HOUR = (1, 0, 0, 0, 0)
NOTHING = (0, 0, 0, 0, 0)


class BrokenFlash:
    """Answers every call with the same error, and counts the writes."""

    def __init__(self, errno, text=None):
        self.errno = errno
        self.text = text
        self.writes = 0

    def read_text(self, name):
        if self.text is None:
            raise OSError(self.errno)
        return self.text

    def write_atomic(self, name, text):
        self.writes += 1
        raise OSError(self.errno)


def battery_of(id="house1"):
    return Battery(id, "House 1", 200, ("bad_checksum",))


def ah_out(battery):
    return battery.counters.charge_out.thousandths


def spend(battery, amperes, seconds):
    """Draw a current for some seconds, read each second."""
    counters = battery.counters
    counters.update(-amperes * 1000, 13120, None)
    for _ in range(seconds):
        counters.update(-amperes * 1000, 13120, 1000)


def state_out(charge_out, gaps=0):
    """The state of a battery that only gave charge, at no voltage."""
    return NOTHING + charge_out + NOTHING + NOTHING + (gaps, 0)


def after(clock, keeper, steps):
    """Run the keeper; steps are (seconds to wait, what to call then or None)."""
    job = FakeJob(clock)

    async def main():
        task = asyncio.create_task(keeper.run(job))
        for wait_s, call in steps:
            await clock.sleep_ms(wait_s * 1000)
            if call is not None:
                call()
        await stop(task)

    clock.run(main())
    return job


def test_start_when_no_file_then_zero_and_said_so():
    battery = battery_of()
    keeper = CounterKeeper([battery], Files(empty_root()), FakeClock())
    assert ah_out(battery) == 0
    assert keeper.problem == "there is no counters.json: the counters start at 0"
    assert keeper.is_saved


def test_start_when_saved_before_then_goes_on():
    files = Files(empty_root())
    first = [battery_of(), battery_of("house2")]
    keeper = CounterKeeper(first, files, FakeClock())
    spend(first[0], 100, 36)
    spend(first[1], 50, 36)
    assert keeper.save()
    # In the other order, as an edited configuration may have them.
    second = [battery_of("house2"), battery_of()]
    keeper = CounterKeeper(second, files, FakeClock())
    assert keeper.problem is None
    assert [ah_out(battery) for battery in second] == [500, 1000]
    assert second[1].counters.state() == first[0].counters.state()


def test_start_when_one_battery_is_new_then_it_starts_at_zero_and_the_other_goes_on():
    files = Files(empty_root())
    battery = battery_of()
    keeper = CounterKeeper([battery], files, FakeClock())
    spend(battery, 100, 36)
    keeper.save()
    both = [battery_of(), battery_of("house2")]
    keeper = CounterKeeper(both, files, FakeClock())
    assert [ah_out(battery) for battery in both] == [1000, 0]
    assert keeper.problem is None


def test_battery_when_away_for_a_season_then_its_totals_are_kept():
    files = Files(empty_root())
    files.write_atomic(
        "counters.json",
        counters_json.to_text([("house1", state_out(AMP_HOUR)), ("tender", state_out(AMP_HOUR))]),
    )
    battery = battery_of()
    keeper = CounterKeeper([battery], files, FakeClock())
    spend(battery, 100, 36)
    assert keeper.save()
    tender = battery_of("tender")
    CounterKeeper([tender], files, FakeClock())
    assert ah_out(tender) == 1000


def test_file_when_it_keeps_many_batteries_then_eight_strangers_stay():
    files = Files(empty_root())
    rows = [("old%d" % i, state_out(AMP_HOUR)) for i in range(20)]
    files.write_atomic("counters.json", counters_json.to_text(rows))
    assert CounterKeeper([battery_of()], files, FakeClock()).save()
    kept = counters_json.parse(files.read_text("counters.json"))
    assert [id for id, _ in kept] == ["house1"] + ["old%d" % i for i in range(12, 20)]


def test_start_when_the_file_is_garbage_then_zero_and_said_so():
    whole = counters_json.to_text([("house1", state_out(AMP_HOUR))])
    for garbage in ("", "garbage", "{}", whole[: len(whole) // 2], whole.replace("1,", "2,")):
        files = Files(empty_root())
        files.write_atomic("counters.json", garbage)
        battery = battery_of()
        keeper = CounterKeeper([battery], files, FakeClock())
        assert keeper.problem == (
            "counters.json is broken (it is not whole): the counters start at 0"
        )
        assert ah_out(battery) == 0
        spend(battery, 100, 36)
        assert keeper.save()
        assert CounterKeeper([battery_of()], files, FakeClock()).problem is None


def test_start_when_one_row_is_no_counters_then_only_that_battery_starts_at_zero():
    files = Files(empty_root())
    rows = [("house1", (1, 2, 3)), ("house2", state_out(AMP_HOUR))]
    files.write_atomic("counters.json", counters_json.to_text(rows))
    both = [battery_of(), battery_of("house2")]
    keeper = CounterKeeper(both, files, FakeClock())
    assert [ah_out(battery) for battery in both] == [0, 1000]
    assert keeper.problem == (
        "counters.json is broken at house1 (not as many numbers as counters have): "
        "its counters start at 0"
    )


def test_start_when_the_flash_cannot_be_read_then_zero_and_said_so():
    battery = battery_of()
    keeper = CounterKeeper([battery], BrokenFlash(5), FakeClock())
    assert keeper.problem.startswith("counters.json cannot be read (")
    assert ah_out(battery) == 0


def test_save_when_nothing_has_changed_then_no_write():
    files = Files(empty_root())
    battery = battery_of()
    keeper = CounterKeeper([battery], files, FakeClock())
    assert keeper.save() and keeper.save()
    assert keeper.saves == 1
    spend(battery, 1, 1)
    assert keeper.save()
    assert keeper.saves == 2
    keeper = CounterKeeper([battery_of()], files, FakeClock())
    assert keeper.save()
    assert keeper.saves == 0


def test_run_when_a_day_of_discharge_then_a_write_an_hour():
    clock = FakeClock()
    root = empty_root()
    battery = battery_of()
    keeper = CounterKeeper([battery], Files(root), clock)
    # 60 A for a minute each minute of a day.
    job = after(clock, keeper, [(60, lambda: spend(battery, 60, 60))] * 1440 + [(5, None)])
    # At 10 minutes, then every hour: 1 + 23.
    assert keeper.saves == 24
    assert job.longest_s10 <= 100
    assert ah_out(battery) == 1440000
    again = battery_of()
    CounterKeeper([again], Files(root), FakeClock())
    # The last was at 23 h 10 min: 1,390 or 1,391 minutes of an Ah each.
    assert ah_out(again) in (1390000, 1391000)


def test_run_when_less_than_a_tenth_of_an_ah_then_no_write_until_it_is_more():
    clock = FakeClock()
    battery = battery_of()
    keeper = CounterKeeper([battery], Files(empty_root()), clock)
    steps = (
        (1000, lambda: spend(battery, 10, 36)),
        (86400, lambda: keeper.saves == 0 or 1 // 0),
        (1, lambda: spend(battery, 1, 4)),
        (20, None),
    )
    after(clock, keeper, steps)
    assert keeper.saves == 1
    assert keeper.is_saved


def test_run_when_the_flash_fails_then_it_goes_on_and_tries_once_an_hour():
    clock = FakeClock()
    battery = battery_of()
    flash = BrokenFlash(28)
    keeper = CounterKeeper([battery], flash, clock)
    job = after(clock, keeper, ((60, lambda: spend(battery, 60, 60)), (86400, None)))
    assert flash.writes == keeper.failed_saves == 24
    assert keeper.saves == 0
    assert keeper.last_error.startswith("counters.json cannot be written: ")
    assert not keeper.is_saved
    assert job.longest_s10 <= 100
    assert ah_out(battery) == 1000


def test_diagnostics_when_asked_then_say_how_the_counters_are_kept():
    battery = battery_of()
    keeper = CounterKeeper([battery], BrokenFlash(5, counters_json.to_text([])), FakeClock())
    assert diagnostics.keeping_json(keeper, [battery]) == (
        '{"problem":null,"is_saved":true,"saves":0,"failed_saves":0,"last_error":null,'
        '"batteries":[{"id":"house1","gaps":0,"gap_s":0}]}'
    )
    spend(battery, 100, 36)
    battery.counters.update(0, 0, 60000)
    assert not keeper.save()
    got = diagnostics.keeping_json(keeper, [battery])
    assert '"is_saved":false,"saves":0,"failed_saves":1,"last_error":"counters.json can' in got
    assert got.endswith('[{"id":"house1","gaps":2,"gap_s":60}]}')


def test_write_when_it_is_cut_then_the_old_file_counts():
    root = empty_root()
    battery = battery_of()
    keeper = CounterKeeper([battery], Files(root), FakeClock())
    spend(battery, 100, 36)
    keeper.save()
    put(root + "/counters.json.new", b'{"format":1,"counters":[["house1",0')
    again = battery_of()
    assert CounterKeeper([again], Files(root), FakeClock()).problem is None
    assert ah_out(again) == 1000
    assert os.listdir(root) == ["counters.json"]


def test_write_when_power_is_cut_at_every_block_then_old_or_new_totals():
    if not IS_UPY:
        return  # the host's file system cannot be cut
    import vfs

    seen = set()
    for n in range(20):
        blocks = RamBlocks()
        vfs.VfsLfs2.mkfs(blocks)
        battery = battery_of()
        keeper = CounterKeeper([battery], Files(remount(blocks)), FakeClock())
        spend(battery, 100, 36)
        assert keeper.save()
        spend(battery, 100, 36)
        blocks.writes_left = n
        is_saved = keeper.save()
        blocks.writes_left = None
        again = battery_of()
        keeper = CounterKeeper([again], Files(remount(blocks)), FakeClock())
        assert keeper.problem is None
        assert ah_out(again) in ((2000,) if is_saved else (1000, 2000)), n
        seen.add(ah_out(again))
    assert sorted(seen) == [1000, 2000]
