"""Whether the log's card is missing, full or not writable: the bridge's alarm, no battery's."""

from micropython import const

CODES = (None, "card_missing", "card_full", "card_not_writable")
_MISSING = const(1)
_FULL = const(2)
_NOT_WRITABLE = const(3)
# A card may be changed in this time, and one that was pulled is tried again within it.
_DELAY_S10 = const(300)


class CardWatch:
    """Watches a card while there is a log; state is an index of CODES, 0 while all is well."""

    def __init__(self, card):
        self.card = card
        self.state = 0
        self.since_s10 = 0
        self.begun = 0
        self._seen = 0
        self._seen_s10 = 0

    # Hot path: no allocation; host_tests/battery checks it.
    def judge(self, now_s10: int) -> bool:
        """Look at the card, once a second; return whether the alarm began, ended or changed."""
        card = self.card
        seen = 0
        if not card.is_mounted:
            seen = _MISSING
        elif card.last_error is not None:
            # A card that can be read all the same. What is wrong is in the sentence only.
            seen = _FULL if "full" in card.last_error else _NOT_WRITABLE
        if seen != self._seen:
            self._seen = seen
            self._seen_s10 = now_s10
        if seen == self.state or now_s10 - self._seen_s10 < _DELAY_S10:
            return False
        if not self.state:
            self.begun += 1
        self.state = seen
        self.since_s10 = now_s10
        return True
