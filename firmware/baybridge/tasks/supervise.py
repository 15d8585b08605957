"""Keeps every task running: restarts one that fails, cancels one that hangs, feeds the watchdog.

The watchdog is fed only while each task shows progress, so that whatever this cannot mend
ends in a reset instead of a bridge that answers but reads nothing.
"""

import asyncio
from micropython import const

_ROUND_MS = const(1000)
_FIRST_REST_S10 = const(5)
_MAX_REST_S10 = const(300)
# A task that has run so long since its restart has recovered.
_WELL_S10 = const(600)


class Job:
    """One supervised task: `run(job)` is started again and again for ever.

    limit_s is how long it may go without a beat() before it is cancelled and restarted.
    """

    def __init__(self, name, run, limit_s, clock):
        self.name = name
        self.limit_s10 = limit_s * 10
        self.restarts = 0
        self.last_error = None
        self._run = run
        self._clock = clock
        self._beat_s10 = clock.uptime_s10()
        self._rest_s10 = _FIRST_REST_S10
        self._started_s10 = 0
        self._resume_s10 = 0
        self._task = None
        self._is_cancelled = False

    # Hot path: no allocation.
    def beat(self):
        """Note progress."""
        self._beat_s10 = self._clock.uptime_s10()

    @property
    def age_s10(self):
        """Tenths of a second since the last progress."""
        return self._clock.uptime_s10() - self._beat_s10

    async def _guard(self):
        try:
            await self._run(self)
            self.last_error = "it returned"
        except Exception as exc:
            self.last_error = f"{type(exc).__name__}: {exc}"

    def check(self):
        """Start, restart or cancel as needed; true while the task shows progress."""
        now_s10 = self._clock.uptime_s10()
        if self._task is not None and self._task.done():
            self._task = None
            self._is_cancelled = False
            self.restarts += 1
            if now_s10 - self._started_s10 >= _WELL_S10:
                self._rest_s10 = _FIRST_REST_S10
            self._resume_s10 = now_s10 + self._rest_s10
            self._rest_s10 = min(self._rest_s10 * 2, _MAX_REST_S10)
        if self._task is None:
            # Waiting for a restart is progress: the back-off is ours, not the task's fault.
            self.beat()
            if now_s10 >= self._resume_s10:
                self._started_s10 = now_s10
                self._task = asyncio.create_task(self._guard())
            return True
        if self.age_s10 <= self.limit_s10:
            return True
        if not self._is_cancelled:
            self.last_error = f"no progress for {self.limit_s10 // 10} s"
            self._is_cancelled = True
            self._task.cancel()
        # As long again to come to its end; a task that even ignores that takes us all down.
        return self.age_s10 <= self.limit_s10 * 2

    def stop(self):
        """Cancel the task for good."""
        if self._task is not None:
            self._task.cancel()


class Supervisor:
    """Runs jobs; add() them before run()."""

    def __init__(self, clock, watchdog):
        self.jobs = []
        # Called with the ages of the tasks when the watchdog is no longer fed, for whoever asks
        # afterwards what hung, and with None if it is fed again.
        self.on_starving = lambda ages: None
        self._clock = clock
        self._watchdog = watchdog

    def add(self, name, run, limit_s):
        """Supervise the coroutine function run(job)."""
        job = Job(name, run, limit_s, self._clock)
        self.jobs.append(job)
        return job

    def is_well(self):
        """Tell whether every job has shown progress in its time."""
        return all(job.age_s10 <= job.limit_s10 for job in self.jobs)

    def ages(self):
        """Return how long ago each job made progress, and what it may take, as text."""
        rows = []
        for job in self.jobs:
            rows.append("%s %d/%d s" % (job.name, job.age_s10 // 10, job.limit_s10 // 10))
        return ", ".join(rows)

    async def run(self):
        """Look after the jobs for ever."""
        was_well = True
        try:
            while True:
                is_well = True
                for job in self.jobs:
                    is_well = job.check() and is_well
                if is_well:
                    self._watchdog.feed()
                if is_well != was_well:
                    was_well = is_well
                    self.on_starving(None if is_well else "the watchdog starved: " + self.ages())
                await self._clock.sleep_ms(_ROUND_MS)
        finally:
            for job in self.jobs:
                job.stop()
