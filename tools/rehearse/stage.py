"""The whole firmware with two batteries that tell when they spoke, and somebody who watches.

Every second of simulated time the bridge is asked for all batteries, as a client would, and
every value of the answer is judged by tools/rehearse/witness.py.
"""

import asyncio
import json

from host_tests.fakes.hardware import SLOT
from host_tests.fakes.job import stop
from host_tests.fakes.world import World
from tools.rehearse.witness import ON_AIR_S10, Judge, Witness

STALE_S10 = 200
_MAX_CONNECTIONS_EACH = 1


class Battery:
    """One of them: its Bluetooth module, its judge, and how it did so far."""

    def __init__(self, witness, peripheral, slack_s10):
        self.witness = witness
        self.peripheral = peripheral
        self.judge = Judge(STALE_S10, slack_s10)
        # Answers without a fresh status since reset() and the longest row of them, in seconds.
        self.missing = 0
        self.longest_missing = 0
        self._row = 0

    def reset(self):
        """Count what is missing from now on."""
        self.missing = self.longest_missing = self._row = 0

    def see(self, bms, now_s10):
        """Take one answer."""
        self.judge.judge(bms, now_s10)
        if self.judge.status_s10 >= 0:
            self._row = 0
            return
        self.missing += 1
        self._row += 1
        self.longest_missing = max(self.longest_missing, self._row)


def config_text(batteries, port, poll_s, more=""):
    """Return a configuration that knows these batteries by address; more are further members."""
    rows = []
    for i in range(len(batteries)):
        row = '{"id":"house%d","name":"House %d","address":"%s","poll_s":%s,"stale_s":%d}'
        number, address = i + 1, batteries[i].address
        rows.append(row % (number, number, address, poll_s, STALE_S10 // 10))
    return '{"batteries":[%s],"http":{"port":%d}%s,"end":1}' % (",".join(rows), port, more)


class _Hand:
    """Pulls and inserts the card of the simulated slot."""

    def __init__(self):
        self._image = None

    def pull(self):
        self._image = SLOT.pull()

    def insert(self):
        SLOT.insert(self._image)


class Stage:
    """Builds the world; run() plays a piece on it."""

    def __init__(self, clock, folder, port, poll_s=2, more="", slack_s10=ON_AIR_S10):
        self.clock = clock
        self.world = World(clock, folder)
        self.air = self.world.air
        self.batteries = []
        for number, series in ((1, 4), (2, 8)):
            witness = Witness(number, series, clock)
            self.batteries.append(Battery(witness, self.world.add(witness), slack_s10))
        witnesses = [battery.witness for battery in self.batteries]
        self._text = config_text(witnesses, port, poll_s, more)
        self.app = None
        self.most_connections = 0
        self.double_links = 0  # seconds in which a battery held more than one link

    def start(self):
        """Build the firmware and return its task."""
        self.app = self.world.start(self._text)
        if self.app.problems:
            raise ValueError("the rehearsal's configuration: %s" % self.app.problems[0])
        return asyncio.create_task(self.app.run())

    def look(self):
        """Ask for all batteries and judge the answer."""
        self.take(self.app.bridge.batteries_text())

    def take(self, body):
        """Judge the body of an answer that was made just now."""
        now_s10 = self.clock.uptime_s10()
        answer = json.loads(body)
        for i in range(len(self.batteries)):
            self.batteries[i].see(answer["batteries"][i]["bms"], now_s10)
        links = [link.peripheral for link in self.air.connections]
        self.most_connections = max(self.most_connections, len(links))
        for peripheral in set(links):
            if links.count(peripheral) > _MAX_CONNECTIONS_EACH:
                self.double_links += 1

    def world_card(self):
        """Return the hand that pulls the card and puts it back."""
        if hasattr(self.app.card, "pull"):
            return self.app.card
        return _Hand()

    async def watch(self, seconds, is_done=None):
        """Look each second for so long, or until is_done(); return the seconds that passed."""
        for passed in range(seconds):
            if is_done is not None and is_done():
                return passed
            await self.clock.sleep_ms(1000)
            self.look()
        return seconds

    @property
    def stale_served(self):
        """Values served as fresh that were not."""
        return sum([battery.judge.stale_served for battery in self.batteries])

    @property
    def first_wrong(self):
        """What the first of them was."""
        for battery in self.batteries:
            if battery.judge.first_wrong is not None:
                return battery.judge.first_wrong
        return None

    async def stop(self, task):
        """End the firmware; return how many links are left in the air after a while."""
        await stop(task)
        for _ in range(50):
            if not self.air.connections:
                break
            await self.clock.sleep_ms(100)
        return len(self.air.connections)
