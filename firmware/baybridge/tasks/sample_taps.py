"""Reads the taps of all harnesses: every 5 s a burst of each, one battery after the other.

A burst is 64 rounds in 660 ms, which is long against the trouble that one packet of Wi-Fi makes,
and 33 whole periods of 50 Hz. 33, because that has no factor in common with 64: so each round
meets another phase of a ripple of 50, 100 or 150 Hz, and they average out. At steady steps of
10 ms all rounds would meet an inverter's pulses of 100 Hz at the same height. Of 60 and 120 Hz a
thirtieth is left. Within a round the taps are read up and down again, 1-2-3-4-4-3-2-1, so that
a load that changes meanwhile moves all of them alike (platform.md 1.5).

The work is cut into pieces between which everybody else has a turn. What one takes on an ESP32 is
estimated, not measured there: 0.1 ms a reading with its call, 30 us a turn of a loop with a few
steps in it. A round of four taps is 8 readings and 12 turns, 1.2 ms; ranking the readings of a
tap is 128 turns and a sort in C, below 5 ms; weighing them is 128 turns at most, below 4.5 ms.
"""

from array import array
from micropython import const

from baybridge.battery.taps import MOST_READINGS

_PERIOD_MS = const(5000)
_ROUNDS = const(64)  # of two readings a tap: MOST_READINGS
_BURST_MS = const(660)


class TapSampler:
    """The bursts; input 0 of adc is the first tap of the first harness, and so on in order."""

    def __init__(self, harnesses, adc, clock):
        self._harnesses = harnesses
        self._adc = adc
        self._clock = clock
        most = max([harness.count for harness in harnesses])
        # Of one burst: it is evaluated before the next battery's begins.
        self._readings = [array("H", [0] * MOST_READINGS) for _ in range(most)]
        self._counts = bytearray(most)
        # Ticks: when this burst began, and when the first battery's did.
        self._start_ms = 0
        self._period_start_ms = 0
        self._begin(0, 0)

    async def run(self, job):
        """Sample for ever; job.beat() shows progress."""
        self._begin(0, 0)
        while True:
            job.beat()
            await self._clock.sleep_ms(self.step())

    # Where in its burst it is stands in attributes, not in a coroutine for each burst: that would
    # cost heap every time.
    def _begin(self, index, first_input):
        # Whose burst it is, and where its taps begin on the adc.
        self._index = index
        self._first_input = first_input
        self._round = 0
        # While evaluating: the tap, from 1, and whether its readings are ranked.
        self._tap = 1
        self._is_ranked = False

    # Hot path: no allocation; host_tests/upy checks it.
    def step(self):
        """Do one piece of the work; return how many ms to wait before the next."""
        harness = self._harnesses[self._index]
        if self._round < _ROUNDS:
            if self._round == 0:
                self._start(harness)
            self._read_round(harness.count)
            self._round += 1
            # By the burst's own time: a round that comes late does not move those after it.
            return self._wait_ms(self._start_ms, self._round * _BURST_MS // _ROUNDS)
        if self._tap <= harness.count:
            self._evaluate(harness)
            return 0
        harness.finish(self._clock.uptime_s10())
        if self._index + 1 < len(self._harnesses):
            self._begin(self._index + 1, self._first_input + harness.count)
            return 0
        self._begin(0, 0)
        return self._wait_ms(self._period_start_ms, _PERIOD_MS)

    def _start(self, harness):
        self._start_ms = self._clock.ticks_ms()
        if self._index == 0:
            self._period_start_ms = self._start_ms
        for i in range(harness.count):
            self._counts[i] = 0

    def _wait_ms(self, since_ms, due_ms):
        clock = self._clock
        return max(due_ms - clock.ticks_diff(clock.ticks_ms(), since_ms), 0)

    def _read_round(self, count):
        for i in range(count):
            self._read(i)
        for i in range(count):
            self._read(count - 1 - i)

    def _read(self, i):
        mv = self._adc.read(self._first_input + i)
        # A reading that failed is missing; the port counts it.
        if mv >= 0:
            self._readings[i][self._counts[i]] = mv
            self._counts[i] += 1

    def _evaluate(self, harness):
        count = self._counts[self._tap - 1]
        if not self._is_ranked:
            harness.rank(self._readings[self._tap - 1], count)
            self._is_ranked = True
        else:
            harness.weigh(self._tap, count)
            self._is_ranked = False
            self._tap += 1
