"""The round over all batteries, in virtual time."""

import asyncio

from baybridge.battery import sample as groups
from baybridge.battery.alarms import Alarms
from baybridge.battery.bank import CurrentMean
from baybridge.battery.battery import Battery
from baybridge.battery.card_watch import CardWatch
from baybridge.record.history import CURRENT, History
from baybridge.tasks.judge import Judge
from host_tests.fakes.clock import FakeClock
from host_tests.fakes.job import stop
from host_tests.upy.heap import allocates


class Job:
    """Counts signs of life."""

    def __init__(self):
        self.beats = 0

    def beat(self):
        self.beats += 1


def battery_of(current_ma, stale_s10=100000):
    battery = Battery("house", "House", stale_s10, ("bad_checksum",))
    battery.sample.current_ma = current_ma
    battery.sample.stamp(groups.STATUS, 0)
    return battery


def judged(batteries, seconds):
    """Return the mean and the signs of life after so many seconds."""
    clock = FakeClock()
    mean = CurrentMean()
    histories = [History(battery, len(batteries)) for battery in batteries]
    job = Job()

    async def main():
        task = asyncio.create_task(Judge(batteries, mean, histories, clock).run(job))
        await clock.sleep_ms(seconds * 1000)
        await stop(task)
        return mean.mean_ma(clock.uptime_s10())

    return clock.run(main()), job.beats


def test_round_when_each_second_then_the_mean_is_known_after_a_minute():
    batteries = [battery_of(-48000), battery_of(-50000)]
    assert judged(batteries, 50) == (None, 50)
    assert judged(batteries, 61) == (-98000, 61)


def test_round_when_a_battery_goes_stale_then_its_seconds_are_left_out():
    # Fresh for 30 s, so there are 31 known seconds in five minutes.
    mean_ma, beats = judged([battery_of(-48000), battery_of(-50000, 300)], 300)
    assert (mean_ma, beats) == (None, 300)
    mean_ma, _ = judged([battery_of(-48000), battery_of(-50000, 900)], 300)
    assert mean_ma == -98000


def test_round_when_there_is_no_battery_then_nothing_happens():
    assert judged([], 100) == (None, 100)


def test_round_then_each_second_is_in_the_history():
    batteries = [battery_of(-48000)]
    history = History(batteries[0], 1)
    clock = FakeClock()

    async def main():
        task = asyncio.create_task(Judge(batteries, CurrentMean(), [history], clock).run(Job()))
        await clock.sleep_ms(9500)
        batteries[0].sample.current_ma = -28000
        await clock.sleep_ms(10000)
        await stop(task)

    clock.run(main())
    # Twenty seconds in the first step of 20 s, the first ten at 48 A.
    assert history.fine.value(CURRENT, 0, 0, 1) == -3800


class Card:
    """A card that was never there."""

    is_mounted = False
    last_error = None


def watched(current_ma, soc_pct):
    battery = battery_of(current_ma, 200)
    battery.sample.soc_pct = soc_pct
    battery.alarms = Alarms(battery, {})
    return battery


def test_alarm_when_one_begins_or_ends_then_its_battery_is_told_of_once():
    batteries = [watched(-48000, 20), watched(-50000, 60)]
    judge = Judge(batteries, CurrentMean(), [], FakeClock())
    told = []
    judge.on_alarm.append(lambda battery: told.append((second, batteries.index(battery))))
    for second in range(60):
        if second % 2 == 0 and second < 30:
            for battery in batteries:
                battery.sample.stamp(groups.STATUS, second * 10)
        judge._look(second * 10)
    # The charge is low from the start, 10 s of it; the last reading of second 28 is old at 48.
    assert told == [(10, 0), (49, 0), (49, 1)]
    assert [battery.revision for battery in batteries] == [2, 1]
    assert batteries[0].alarms.active_codes_text() == "stale"


def test_card_when_there_is_a_log_then_it_is_watched():
    judge = Judge([], CurrentMean(), [], FakeClock())
    judge.card_watch = CardWatch(Card)
    for second in range(60):
        judge._look(second * 10)
    assert (judge.card_watch.state, judge.card_watch.since_s10) == (1, 300)


def test_look_then_no_allocation():
    batteries = [watched(-48000, 20), watched(-50000, 60)]
    histories = [History(battery, 2) for battery in batteries]
    judge = Judge(batteries, CurrentMean(), histories, FakeClock())
    judge.card_watch = CardWatch(Card)
    judge._look(10)
    for now_s10 in (20, 310, 320):
        assert not allocates(judge._look, now_s10)
