"""The card's alarm, second by second."""

from baybridge.battery.card_watch import CODES, CardWatch
from baybridge.ports import card as port
from host_tests.upy.heap import allocates

FULL = "the card is full, or fuller than log.min_free_mb allows"
PROTECTED = "the card is write-protected"


class Card:
    """What the watch looks at."""

    def __init__(self):
        self.is_mounted = True
        self.last_error = None


def run(watch, begin_s, seconds):
    """Return the seconds in which something changed."""
    return [s for s in range(begin_s, begin_s + seconds) if watch.judge(s * 10)]


def test_card_when_there_then_nothing():
    watch = CardWatch(Card())
    assert run(watch, 0, 100) == []
    assert CODES[watch.state] is None


def test_card_when_gone_for_half_a_minute_then_missing():
    watch = CardWatch(Card())
    run(watch, 0, 10)
    watch.card.is_mounted = False
    assert run(watch, 10, 29) == []
    watch.card.is_mounted = True
    assert run(watch, 39, 30) == []
    watch.card.is_mounted = False
    assert run(watch, 69, 60) == [99]
    assert (CODES[watch.state], watch.since_s10, watch.begun) == ("card_missing", 990, 1)
    watch.card.is_mounted = True
    assert run(watch, 129, 60) == [159]
    assert CODES[watch.state] is None


def test_card_when_full_or_protected_then_each_has_its_code():
    for sentence, code in ((FULL, "card_full"), (PROTECTED, "card_not_writable")):
        watch = CardWatch(Card())
        watch.card.last_error = sentence
        assert run(watch, 0, 60) == [30]
        assert CODES[watch.state] == code


def test_sentences_then_they_are_those_of_the_port():
    sentences = dict(port._SENTENCES)
    assert (sentences[28], sentences[30]) == (FULL, PROTECTED)


def test_judge_then_no_allocation():
    watch = CardWatch(Card())
    watch.card.last_error = FULL
    for s10 in (0, 300, 310):
        assert not allocates(watch.judge, s10)
