"""Says when a start was a good one: the crashes before it are forgotten, a new version stays.

Ten minutes in which every task made progress are enough to forget crashes. A version on trial has
to show besides that it does its work: an answer over HTTP, or a battery that was read. Where
nobody asks and every battery sleeps, an hour without trouble has to do.
"""

from micropython import const

_GOOD_S10 = const(6000)
_GOOD_WITHOUT_PROOF_S10 = const(36000)
_LOOK_MS = const(10000)


class StartConfirmer:
    """Calls clear() and confirm(), each once; confirm() may raise OSError and is then repeated.

    is_well() tells whether every task makes progress, has_proof() whether any work was done.
    """

    def __init__(self, clock, is_well, has_proof, clear, confirm):
        self.is_cleared = False
        self.is_confirmed = False
        # Why the version could not be confirmed last.
        self.last_error = None
        self._clock = clock
        self._is_well = is_well
        self._has_proof = has_proof
        self._clear = clear
        self._confirm = confirm
        self._since_s10 = clock.uptime_s10()

    async def run(self, job):
        """Look for ever; job.beat() shows progress."""
        while True:
            job.beat()
            if not self.is_confirmed:
                self._look()
            await self._clock.sleep_ms(_LOOK_MS)

    def _look(self):
        now_s10 = self._clock.uptime_s10()
        if not self._is_well():
            self._since_s10 = now_s10
        good_s10 = now_s10 - self._since_s10
        if good_s10 < _GOOD_S10:
            return
        if not self.is_cleared:
            self.is_cleared = True
            self._clear()
        if good_s10 >= _GOOD_WITHOUT_PROOF_S10 or self._has_proof():
            try:
                self._confirm()
            except OSError as exc:
                self.last_error = "the version cannot be confirmed: %s" % exc
                return
            self.is_confirmed = True
