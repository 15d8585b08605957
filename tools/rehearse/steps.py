"""A fault at every step of connect, discover, subscribe and poll, and under all of them.

A case is made of plain values, and its sentence tells how to play it again. It recovers if the
battery's status is fresh again within RECOVER_S of the moment the fault has shown itself
for the last time, and meanwhile no link leaks, no old value is served, and the other battery is
not lost from sight unless the fault is the whole radio's.
"""

import bluetooth

from tools.rehearse.stage import Stage

RECOVER_S = 30
# Somebody has to meet the fault first: so long is waited for it to show itself as often as told.
_MEET_S = 300
_STEADY_S = 15
_AFTER_S = 5

STEPS = ("connect", "services", "characteristics", "descriptors", "cccd", "write", "notify")
# Faults under the steps; these are the whole radio's.
RADIO = ("handler", "inactive", "restart")


class Case:
    """One fault: kind is "drop", "silent", or one of RADIO, then step is None.

    A handler that is removed, a radio switched off behind the firmware's back, a radio that
    does not come up again at the first attempts when a hanging discovery made a restart
    necessary. is_first: at the first connection, else in the middle of a link that was well.
    """

    def __init__(self, kind, step, times, is_first, errno, lock_sticks, disconnect_raises):
        # Another seed for the radio's chance in each case.
        self.seed = 0
        self.kind = kind
        self.step = step
        self.times = times
        self.is_first = is_first
        self.errno = errno
        self.lock_sticks = lock_sticks
        self.disconnect_raises = disconnect_raises

    def __str__(self):
        words = ["%d: %s" % (self.seed, self.kind)]
        if self.step:
            words[0] += " at " + self.step
        words.append("x%d" % self.times)
        words.append("first" if self.is_first else "running")
        words.append(self.errno)
        if self.lock_sticks:
            words.append("lock sticks")
        if self.disconnect_raises:
            words.append("disconnect raises")
        return ", ".join(words)

    @property
    def is_radio_wide(self):
        """True where the other battery cannot but suffer too."""
        # A link that drops just after it was made drops during that discovery by chance.
        locks = self.lock_sticks and self.step in ("connect", "characteristics")
        return self.kind in RADIO or locks


def all_cases():
    """Yield every case."""
    for seed, case in enumerate(_all_cases(), 1):
        case.seed = seed
        yield case


def _all_cases():
    flags = (False, True)
    for errno in ("esp32", "unix"):
        for lock_sticks in flags:
            for raises in flags:
                for is_first in flags:
                    for times in (1, 3):
                        for kind in ("drop", "silent"):
                            for step in STEPS:
                                yield Case(kind, step, times, is_first, errno, lock_sticks, raises)
                        for kind in RADIO:
                            yield Case(kind, None, times, is_first, errno, lock_sticks, raises)


def short_cases():
    """Yield each step and each kind twice, the other values taking turns."""
    for seed, case in enumerate(_short_cases(), 1):
        case.seed = seed
        yield case


def _short_cases():
    n = 0
    for kind in ("drop", "silent"):
        for step in STEPS:
            for is_first in (False, True):
                n += 1
                times = 3 if n % 3 == 0 else 1
                errno = "unix" if n % 5 == 0 else "esp32"
                yield Case(kind, step, times, is_first, errno, n % 4 < 2, n % 7 < 3)
    for kind in RADIO:
        for is_first in (False, True):
            n += 1
            yield Case(kind, None, 1 + n % 2 * 2, is_first, "esp32", True, n % 3 == 0)


class Outcome:
    """How a case went; failures are sentences."""

    def __init__(self, case):
        self.case = case
        self.recovered_s = None
        self.stale_served = 0
        self.other_missing_s = 0
        self.failures = []

    def __str__(self):
        return "%s: %s" % (self.case, "; ".join(self.failures) or "well")


class _Fault:
    """Makes one case's fault and knows when it is over."""

    def __init__(self, case, stage):
        self._case = case
        self._air = stage.air
        self._radio = bluetooth.BLE()
        self._peripheral = stage.batteries[0].peripheral
        self._left = case.times

    def set(self):
        case, faults = self._case, self._peripheral.faults
        faults.times = case.times
        if case.kind == "drop":
            faults.drop_at = case.step
        elif case.kind == "silent":
            faults.silent_at = case.step
        elif case.kind == "restart":
            # A discovery that hangs calls for a restart of the radio, and that fails.
            self._air.discovery_lock_sticks = True
            faults.times = 1
            faults.drop_at = "characteristics"
            self._air.active_errnos = [5] * case.times
        if not case.is_first and case.step not in ("write", "notify"):
            if case.kind in ("drop", "silent", "restart"):
                self._peripheral.kick()

    def strike(self):
        """Make a fault of the radio once more, a second apart; tell whether it is over."""
        kind = self._case.kind
        if kind == "restart":
            return self._peripheral.faults.times == 0 and not self._air.active_errnos
        if kind in ("drop", "silent"):
            return self._peripheral.faults.times == 0
        if self._left:
            self._left -= 1
            if kind == "handler":
                self._radio.irq(None)
            else:
                self._radio.active(False)
        return self._left == 0


def play(case, clock, folder, port):
    """Play a case on a clock with run(); return its Outcome."""
    outcome = Outcome(case)
    stage = Stage(clock, folder, port, more=',"log":{"enabled":false}')
    for _ in range(case.seed):
        stage.air.random(2)
    stage.air.port_errno = case.errno
    stage.air.discovery_lock_sticks = case.lock_sticks
    stage.air.gap_disconnect_raises = case.disconnect_raises
    clock.run(_play(case, stage, outcome))
    return outcome


async def _play(case, stage, outcome):
    failures = outcome.failures
    victim, other = stage.batteries
    fault = _Fault(case, stage)
    if case.is_first:
        fault.set()
    task = stage.start()
    if case.is_first and case.kind in RADIO:
        # Into the middle of it.
        await stage.watch(1)
    if not case.is_first:
        await stage.watch(_STEADY_S)
        if victim.judge.status_s10 < 0 or other.judge.status_s10 < 0:
            failures.append("it did not even begin")
        other.reset()
        fault.set()
    if await stage.watch(_MEET_S, fault.strike) == _MEET_S:
        failures.append("the fault showed itself not so often in %d s" % _MEET_S)
    ended_s10 = stage.clock.uptime_s10()

    def is_back():
        is_other_back = not case.is_radio_wide or other.judge.status_s10 > ended_s10
        return victim.judge.status_s10 > ended_s10 and is_other_back

    seconds = await stage.watch(4 * RECOVER_S, is_back)
    outcome.recovered_s = seconds
    if seconds > RECOVER_S:
        failures.append(
            "back after %s s" % (seconds if is_back() else "more than %d" % (4 * RECOVER_S))
        )
    error = stage.app.batteries[0].link.last_error
    await stage.watch(_AFTER_S)
    # Until its first status, the other one is not missing.
    outcome.other_missing_s = other.longest_missing
    if other.judge.status_s10 < 0:
        failures.append("the other battery was lost")
    if not case.is_first and not case.is_radio_wide and other.missing:
        failures.append("the other battery was not fresh for %d s" % other.longest_missing)
    if other.longest_missing > RECOVER_S:
        failures.append("the other battery was away for %d s" % other.longest_missing)
    outcome.stale_served = stage.stale_served
    if stage.stale_served:
        failures.append("%d old values served: %s" % (stage.stale_served, stage.first_wrong))
    if stage.most_connections > len(stage.batteries) or stage.double_links:
        failures.append("%d links at a time" % stage.most_connections)
    if len(stage.air.connections) > len(stage.batteries):
        failures.append("%d links in the end" % len(stage.air.connections))
    for job in stage.app.supervisor.jobs:
        if job.restarts:
            failures.append("%s was restarted: %s" % (job.name, job.last_error))
    if stage.air.irq_exceptions or stage.app.central.irq_errors:
        failures.append("an exception in the radio's handler")
    left = await stage.stop(task)
    if left:
        failures.append("%d links leaked" % left)
    if failures and error:
        failures.append("last error: " + error)


def play_all(make_clock, folder, port):
    """Play every case; return the counts and what failed, as a dict that can be printed."""
    tried = recovered = stale_served = 0
    failed = []
    times_s = []
    for case in all_cases():
        outcome = play(case, make_clock(), folder, port)
        tried += 1
        stale_served += outcome.stale_served
        times_s.append(outcome.recovered_s)
        if outcome.failures:
            failed.append(str(outcome))
        else:
            recovered += 1
    times_s.sort()
    return {
        "tried": tried,
        "recovered": recovered,
        "stale_served": stale_served,
        "failed": failed,
        "median_s": times_s[tried // 2],
        "longest_s": times_s[-1],
    }
