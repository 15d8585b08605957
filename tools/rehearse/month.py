"""A month in minutes: the whole firmware, two batteries, a client, and everything that happens.

What is kept of it stands in arrays made beforehand, so that the heap of the last day can be
compared with that of the first.
"""

import asyncio
import gc
import os
from array import array

from baybridge.battery.sample import STATUS
from baybridge.record import csv_line
from tools.rehearse.stage import Stage
from tools.rehearse.trouble import Trouble
from tools.rehearse.witness import ON_AIR_S10

_DAY_S = 86400
_QUIET_S = 1800  # before each measurement of the heap nothing happens
_HEAP_S = 120
_MAX_RECONNECTS = 3000
_WIFI_DAY = 3  # the day on which the router is away, if there is one
_NTP_S10 = 18000  # nobody knows the time for half an hour
_START_UNIX_S = 1715947200  # 2024-05-17T12:00:00Z
# A frame may wait in the link layer for the supervision timeout, which is not the firmware's age.
_SLACK_S10 = ON_AIR_S10 + 26
_WATCH_MS = 5000
# Of an hour with so many reachable minutes there have to be records.
_HOUR_MINUTES = 5
_REQUEST = b"GET /api/v1/batteries HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
_MORE = (
    ',"log":{"record_s":60,"flush_s":120},"wifi":{"ssid":"boat","password":"secret word"},'
    '"name":"rehearsal"'
)


class Diary:
    """What happened, in fixed space."""

    def __init__(self, clock, batteries, days, first_s):
        hours = days * 24
        # When the heap is measured.
        self.ends_s = (first_s, days * _DAY_S)
        self._clock = clock
        # Since when a battery can be read, -1 while it cannot.
        self.found_s10 = array("i", [0] * batteries)
        self.reconnects_s10 = array("H", [0] * _MAX_RECONNECTS)
        self.reconnects = 0
        self.longest_gap_s10 = 0
        # Of each hour, minutes in which a battery was reachable and the card was not there.
        self.reachable_minutes = [bytearray(hours) for _ in range(batteries)]
        self.no_card_minutes = bytearray(hours)
        self.records = [bytearray(hours) for _ in range(batteries)]
        self.minutes = 0  # minutes times reachable batteries
        self.fresh_minutes = 0
        self.http_answers = 0
        self.http_failures = 0
        self.unwell_minutes = 0
        self.bad_lines = 0

    def lost(self, i):
        self.found_s10[i] = -1

    def found(self, i):
        self.found_s10[i] = self._clock.uptime_s10()

    def reconnected(self, s10):
        if self.reconnects < _MAX_RECONNECTS:
            self.reconnects_s10[self.reconnects] = s10
            self.reconnects += 1

    def is_quiet_within(self, seconds):
        """Tell whether the quiet before a measurement begins within so many seconds."""
        now_s = self._clock.uptime_s10() // 10
        for end_s in self.ends_s:
            if now_s < end_s and now_s + seconds > end_s - _QUIET_S:
                return True
        return False

    def percentile_s10(self, pct):
        """Return a percentile of the reconnect times, None without any."""
        times = sorted(self.reconnects_s10[: self.reconnects])
        return times[(len(times) - 1) * pct // 100] if times else None


class Month:
    """One rehearsal of so many days; play() returns what came of it as a dict.

    The heap at the end is compared with that after first_hours.
    """

    def __init__(self, clock, folder, port, days, poll_s, seed, first_hours=24):
        _remove(folder)
        self.days = days
        self.port = port
        self.clock = clock
        self.stage = Stage(clock, folder, port, poll_s, _MORE, _SLACK_S10)
        self.diary = Diary(clock, len(self.stage.batteries), days, first_hours * 3600)
        self.trouble = Trouble(self.stage, seed, self.diary)
        self._is_asking = False

    def play(self):
        """Play it on the clock."""
        return self.clock.run(self._play())

    async def _play(self):
        clock, stage, trouble = self.clock, self.stage, self.trouble
        stage.world.ntp.answer = self._true_unix_s
        task = stage.start()
        # Now and not when the router is first away: what its code takes is no drift.
        stage.app.network.open_access()
        others = [self._watch(), self._ask_each_minute(), trouble.of_all()]
        for i in range(len(stage.batteries)):
            others.append(trouble.of_battery(i))
        others = [asyncio.create_task(other) for other in others]
        await self._until(self.diary.ends_s[0] - _HEAP_S)
        first = await self._least_heap()
        if self.days >= _WIFI_DAY:
            await self._until((_WIFI_DAY - 1) * _DAY_S)
            await trouble.take_wifi(_DAY_S)
        await self._until(self.diary.ends_s[1] - _HEAP_S)
        last = await self._least_heap()
        for other in others:
            other.cancel()
        jobs = [(job.name, job.restarts, job.last_error) for job in stage.app.supervisor.jobs]
        is_well = stage.app.supervisor.is_well()
        await clock.sleep_ms(300000)  # for the last records to reach the card
        self._read_log()
        left = await stage.stop(task)
        return self._result(first, last, jobs, is_well, left)

    def _true_unix_s(self):
        now_s10 = self.clock.uptime_s10()
        return _START_UNIX_S + now_s10 // 10 if now_s10 >= _NTP_S10 else None

    async def _until(self, second):
        while self.clock.uptime_s10() < second * 10:
            await self.clock.sleep_ms(1000)

    async def _least_heap(self):
        """Return the bytes alive after a collection, the least of two minutes; 0 on CPython."""
        least = 1 << 29
        for _ in range(_HEAP_S * 2):
            await self.clock.sleep_ms(500)
            gc.collect()
            if not hasattr(gc, "mem_alloc"):
                return 0
            least = min(least, gc.mem_alloc())
        return least

    async def _watch(self):
        diary, batteries = self.diary, self.stage.app.batteries
        while True:
            now_s10 = self.clock.uptime_s10()
            for i in range(len(batteries)):
                if diary.found_s10[i] >= 0:
                    seen_s10 = max(batteries[i].sample.taken_s10[STATUS], diary.found_s10[i])
                    diary.longest_gap_s10 = max(diary.longest_gap_s10, now_s10 - seen_s10)
            await self.clock.sleep_ms(_WATCH_MS)

    async def _ask_each_minute(self):
        diary, stage = self.diary, self.stage
        await self.clock.sleep_ms(60000)
        while True:
            hour = min(self.clock.uptime_s10() // 36000, self.days * 24 - 1)
            if self.trouble.is_wifi_away:
                stage.look()
            else:
                await self._ask()
            for i in range(len(stage.batteries)):
                if diary.found_s10[i] >= 0:
                    diary.minutes += 1
                    diary.fresh_minutes += stage.batteries[i].judge.status_s10 >= 0
                    diary.reachable_minutes[i][hour] += 1
            diary.no_card_minutes[hour] += self.trouble.is_card_away
            diary.unwell_minutes += not stage.app.supervisor.is_well()
            await self.clock.sleep_ms(60000)

    async def _ask(self):
        clock, diary = self.clock, self.diary
        clock.is_busy = True
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            writer.write(_REQUEST)
            await writer.drain()
            answer = await reader.read(-1)
            writer.close()
            await writer.wait_closed()
        except OSError:
            answer = b""
        clock.is_busy = False
        at = answer.find(b"\r\n\r\n")
        if answer.startswith(b"HTTP/1.1 200 ") and at > 0:
            diary.http_answers += 1
            self.stage.take(answer[at + 4 :])
        else:
            diary.http_failures += 1
            self.stage.look()

    # --- afterwards ---------------------------------------------------------------------------

    def _read_log(self):
        card = self.stage.app.card
        try:
            self._read_card(card)
        except OSError as exc:
            # Pulled and back since somebody wrote: who reads finds out, and the next one may.
            print("the card was lost to its reader: %r, %d mounts" % (exc, card.mounts))
            card.fail(exc)
            self._read_card(card)

    def _read_card(self, card):
        if not card.mount():
            raise OSError(card.last_error)
        for i in range(len(self.stage.batteries)):
            folder = "%s/baybridge/house%d" % (card.path, i + 1)
            names = sorted([name for name in os.listdir(folder) if name.endswith(".csv")])
            for name in names:
                is_written = name == names[-1]
                self._read_file(folder + "/" + name, self.diary.records[i], is_written)

    def _read_file(self, path, hours, is_written):
        with open(path, "rb") as file:
            file.readline()
            for line in file:
                # A sector's end may part the last record until the next flush (docs/log.md).
                if is_written and not line.endswith(b"\n"):
                    break
                if not csv_line.check(line.rstrip(b"\r\n")):
                    self.diary.bad_lines += 1
                    continue
                fields = line.split(b",", 5)
                hour = int(fields[3]) // 3600000
                if fields[4] and hour < len(hours):
                    hours[hour] = min(hours[hour] + 1, 255)

    def _hours_without(self):
        """Return (hours that should have readings, those without, those a card explains)."""
        diary = self.diary
        wanted = missing = explained = 0
        for i in range(len(diary.records)):
            for hour in range(self.days * 24):
                if diary.reachable_minutes[i][hour] < _HOUR_MINUTES:
                    continue
                wanted += 1
                if diary.records[i][hour] == 0:
                    if diary.no_card_minutes[hour]:
                        explained += 1
                    else:
                        missing += 1
        return wanted, missing, explained

    def _result(self, first, last, jobs, is_well, left):
        diary, stage = self.diary, self.stage
        wanted, missing, explained = self._hours_without()
        times_s10 = [diary.percentile_s10(pct) for pct in (50, 90, 95, 99, 100)]
        return {
            "days": self.days,
            "availability_pct": diary.fresh_minutes * 100 / max(diary.minutes, 1),
            "minutes": diary.minutes,
            "longest_gap_s": diary.longest_gap_s10 / 10,
            "reconnects": diary.reconnects,
            "reconnect_s": [None if s10 is None else s10 / 10 for s10 in times_s10],
            "heap_first": first,
            "heap_last": last,
            "stale_served": stage.stale_served,
            "first_wrong": stage.first_wrong,
            "oldest_s10": max([battery.judge.oldest_s10 for battery in stage.batteries]),
            "answers": sum([battery.judge.answers for battery in stage.batteries]),
            "http_answers": diary.http_answers,
            "http_failures": diary.http_failures,
            "hours": wanted,
            "hours_missing": missing,
            "hours_without_card": explained,
            "bad_lines": diary.bad_lines,
            "unwell_minutes": diary.unwell_minutes,
            "watchdog_s": stage.world.watchdog.longest_gap_s10 / 10,
            "resets": stage.world.board.resets,
            "restarts": [job for job in jobs if job[1]],
            "is_well": is_well,
            "links_left": left,
            "most_connections": stage.most_connections,
            "double_links": stage.double_links,
            "irq_exceptions": len(stage.air.irq_exceptions) + stage.app.central.irq_errors,
            "radio_restarts": stage.app.ladder.restarts,
            "records": [[log.records, log.flushed, log.dropped] for log in stage.app.logs],
            "troubles": self.trouble.counts,
        }


def _remove(path):
    """Remove a folder with all in it, if it is there."""
    try:
        names = os.listdir(path)
    except OSError:
        return
    for name in names:
        full = path + "/" + name
        try:
            os.remove(full)
        except OSError:
            _remove(full)
