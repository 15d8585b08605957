"""What happens to a bridge within a month, by a seeded generator: the hands that do it.

For each battery a loop of its own, and one for what they share: radio, card, Wi-Fi. Every stretch
of trouble ends, and what its end is followed by is timed.
"""

import os

from baybridge.battery.sample import STATUS
from tools.rehearse.steps import STEPS
from tools.sim.lcg import LCG

# (kind, weight), with which a battery's next trouble is drawn.
_BATTERY_KINDS = (
    ("drop", 8),
    ("step", 5),
    ("noise", 4),
    ("silence", 2),
    ("short_walk", 4),
    ("long_walk", 1),
    ("phone", 2),
)
_SHARED_KINDS = (("handler", 2), ("inactive", 1), ("card_out", 2), ("card_full", 2), ("wifi", 2))
_RADIO = ("handler", "inactive")

_MEET_S = 600
_GIVE_UP_S10 = 6000
_TAIL_S = 300  # what a trouble may still cause after its end
# After a battery fell silent, every second second of this is looked at.
_LOOKS = 20


class Trouble:
    """Makes trouble on a Stage; diary is what it reports to (tools/rehearse/month.py)."""

    def __init__(self, stage, seed, diary):
        self._stage = stage
        self._clock = stage.clock
        self._diary = diary
        self._seed = seed
        self.is_card_away = False
        self.is_wifi_away = False
        self.counts = {}
        for kind, _ in _BATTERY_KINDS + _SHARED_KINDS:
            self.counts[kind] = 0
        self._total = 0

    async def _sleep(self, seconds):
        await self._clock.sleep_ms(seconds * 1000)

    # --- one battery ------------------------------------------------------------------------

    async def of_battery(self, i):
        """Trouble one battery for ever, about six times a day."""
        lcg = LCG(self._seed * 10 + i)
        while True:
            await self._sleep(600 + 60 * lcg.below(460))
            kind = _drawn(_BATTERY_KINDS, lcg)
            seconds = self._seconds_of(kind, lcg)
            if self._diary.is_quiet_within(seconds + _TAIL_S):
                continue
            self.counts[kind] += 1
            if kind == "drop":
                await self._drop(i)
            elif kind == "step":
                await self._fail_at(i, lcg)
            elif kind == "noise":
                await self._noise(i, seconds, lcg)
            else:
                await self._lose(i, kind, seconds)

    def _seconds_of(self, kind, lcg):
        if kind == "long_walk":
            return 1800 + 60 * lcg.below(300)
        if kind == "short_walk":
            return 30 + lcg.below(1200)
        if kind == "phone":
            return 300 + 60 * lcg.below(55)
        if kind == "silence":
            return 5 + lcg.below(120)
        if kind == "noise":
            return 60 + lcg.below(600)
        return _MEET_S

    async def _drop(self, i):
        peripheral = self._stage.batteries[i].peripheral
        if peripheral.link is None:
            return
        peripheral.kick()
        while peripheral.link is not None:
            await self._clock.sleep_ms(50)
        await self._time(i)

    async def _fail_at(self, i, lcg):
        peripheral = self._stage.batteries[i].peripheral
        faults = peripheral.faults
        step = STEPS[lcg.below(len(STEPS))]
        if lcg.below(2):
            faults.drop_at = step
        else:
            faults.silent_at = step
        faults.times = 1 + lcg.below(3)
        peripheral.kick()
        for _ in range(_MEET_S):
            if faults.times == 0:
                break
            await self._sleep(1)
        faults.drop_at = faults.silent_at = faults.times = None
        await self._time(i)

    async def _noise(self, i, seconds, lcg):
        faults = self._stage.batteries[i].peripheral.faults
        faults.corrupt_nth = 3 + lcg.below(8)
        await self._sleep(seconds)
        faults.corrupt_nth = 0

    async def _lose(self, i, kind, seconds):
        # Out of range, with somebody's phone, or silent: for so long it cannot be read.
        peripheral = self._stage.batteries[i].peripheral
        self._diary.lost(i)
        if kind == "phone":
            peripheral.kick()
            peripheral.held_by_phone = True
        elif kind == "silence":
            peripheral.faults.silent_at = "notify"
        else:
            peripheral.in_range = False
        looked_s = min(seconds, 2 * _LOOKS)
        for _ in range(looked_s // 2):
            await self._sleep(2)
            self._stage.look()
        await self._sleep(seconds - looked_s)
        if kind == "phone":
            peripheral.held_by_phone = False
        elif kind == "silence":
            peripheral.faults.silent_at = None
        else:
            peripheral.in_range = True
        self._diary.found(i)
        await self._time(i)

    async def _time(self, i):
        """Time how long it takes from now to the next status of a battery that is there."""
        diary = self._diary
        since_s10 = diary.found_s10[i]
        if since_s10 < 0:
            return
        begun_s10 = self._clock.uptime_s10()
        taken_s10 = self._stage.app.batteries[i].sample.taken_s10
        past_s10 = 0
        while taken_s10[STATUS] <= begun_s10 and past_s10 < _GIVE_UP_S10:
            await self._clock.sleep_ms(100)
            if diary.found_s10[i] != since_s10:
                return  # something else has taken it away meanwhile
            past_s10 = self._clock.uptime_s10() - begun_s10
        diary.reconnected(past_s10)

    # --- what they share --------------------------------------------------------------------

    async def of_all(self):
        """Trouble radio, card and Wi-Fi for ever, about twice a day."""
        lcg = LCG(self._seed * 10 + 9)
        while True:
            await self._sleep(3600 + 60 * lcg.below(1200))
            kind = _drawn(_SHARED_KINDS, lcg)
            seconds = _TAIL_S if kind in _RADIO else 300 + 60 * lcg.below(120)
            if self._diary.is_quiet_within(seconds + 3 * _TAIL_S):
                continue
            self.counts[kind] += 1
            if kind in _RADIO:
                await self._hit_radio(kind)
            elif kind == "card_out":
                await self._pull(seconds)
            elif kind == "card_full":
                await self._fill(seconds)
            else:
                await self.take_wifi(seconds)

    async def _hit_radio(self, kind):
        radio = self._stage.app.central.ble
        if kind == "handler":
            radio.irq(None)
        else:
            radio.active(False)
        for i in range(len(self._stage.batteries)):
            await self._time(i)

    async def _pull(self, seconds):
        hand = self._stage.world_card()
        self.is_card_away = True
        hand.pull()
        await self._sleep(seconds)
        hand.insert()
        self.is_card_away = False

    async def _fill(self, seconds):
        card = self._stage.app.card
        path = card.path + "/big"
        room = card.free_bytes()
        if not room:
            return
        self.is_card_away = True
        try:
            with open(path, "wb") as file:
                # FAT gives out the clusters for it; nothing is written.
                file.seek(room - 4096)
                file.write(b"x")
        except OSError:
            pass
        await self._sleep(seconds)
        for _ in range(60):
            try:
                os.remove(path)
                break
            except OSError:
                await self._sleep(60)  # not mounted just now
        self.is_card_away = False

    async def take_wifi(self, seconds):
        """Switch the router off for so long."""
        router = self._stage.world.router
        router.leave()
        self.is_wifi_away = True
        await self._sleep(seconds)
        router.come_back()
        # The station needs to find it again; until then nobody on the LAN gets an answer.
        await self._sleep(_TAIL_S)
        self.is_wifi_away = False


def _drawn(kinds, lcg):
    n = lcg.below(sum([weight for _, weight in kinds]))
    for kind, weight in kinds:
        n -= weight
        if n < 0:
            return kind
    return kinds[0][0]
