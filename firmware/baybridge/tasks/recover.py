"""The recovery ladder of the radio: the smallest remedy first, the next when it did not help.

A request is retried and a link dropped by poll_bms and hold_link. What is left for here is the
radio all batteries share: register the handler again, switch the radio off and on, start the
board again. A battery that is merely away proves nothing about the radio and never gets far up.
"""

from micropython import const

# How often links may fail in a row, over all batteries, before each rung.
_ARM_AFTER = const(3)
_RESTART_AFTER = const(6)
_RESET_AFTER = const(24)
# The radio refusing to scan or connect is no bad luck, so that rung comes sooner.
_RESTART_AFTER_REFUSALS = const(2)
# Nothing heard for so long may be a deaf radio; switching it off and on costs nobody a link.
_DEAF_S10 = const(18000)
# A reset that did not help is not repeated before so long.
_RESET_UPTIME_S10 = const(36000)


class Ladder:
    """Counts what happens to the links of one radio; reset(reason) starts the board again."""

    def __init__(self, central, clock, reset):
        self.lost = 0
        self.refused = 0
        self.arms = 0
        self.restarts = 0
        self.last_error = None
        self._central = central
        self._clock = clock
        self._reset = reset
        self._heard_s10 = clock.uptime_s10()
        self._is_restarting = False
        self._is_off = False

    # Hot path: no allocation.
    def note_good(self):
        """A battery answered: whatever was tried has helped."""
        self.lost = 0
        self._heard_s10 = self._clock.uptime_s10()

    def note_opened(self):
        """A link was opened: the radio does what it is asked.

        Answers prove less: they go on over an old link while a discovery that hangs in the
        stack keeps every new one out.
        """
        self.refused = 0

    async def note_absent(self):
        """A battery was not to be found."""
        now_s10 = self._clock.uptime_s10()
        if now_s10 - self._heard_s10 >= _DEAF_S10:
            self._heard_s10 = now_s10
            await self._restart("no battery heard for %d minutes" % (_DEAF_S10 // 600))

    async def note_lost(self):
        """A link failed at a step or went away; true if that led to a remedy worth a new try."""
        self.lost += 1
        return await self._climb()

    async def note_refused(self):
        """The radio refused to do what it was asked."""
        self.lost += 1
        self.refused += 1
        await self._climb()

    async def _climb(self):
        if self.lost >= _RESET_AFTER and self._clock.uptime_s10() >= _RESET_UPTIME_S10:
            self.lost = 0
            self._reset("radio: %d links failed in a row" % _RESET_AFTER)
        elif self.refused >= (1 if self._is_off else _RESTART_AFTER_REFUSALS):
            self.refused = 0
            return await self._restart("the radio refused %d times" % _RESTART_AFTER_REFUSALS)
        elif self.lost % _RESTART_AFTER == 0:
            return await self._restart("%d links failed in a row" % self.lost)
        elif self.lost % _ARM_AFTER == 0:
            self.arms += 1
            self._central.arm()
        return False

    async def _restart(self, why):
        if self._is_restarting:
            return True
        self._is_restarting = True
        self.restarts += 1
        self.last_error = why
        try:
            await self._central.restart()
            self._is_off = False
            return True
        except OSError as exc:
            # The next attempt to connect is refused, which brings us here again at once.
            self._is_off = True
            self.last_error = "%s, and it did not start again (%s)" % (why, exc)
            return False
        finally:
            self._is_restarting = False
