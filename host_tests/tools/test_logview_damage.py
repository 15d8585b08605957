"""Whatever happens to a byte of a log, `logview check` finds it.

Two things no reader can find: the note in the header line (version and schedule) has digits and
no checksum of its own; and a file that ends early, but exactly behind a line, looks whole by
itself (within a boot, the next file's `seq` tells).
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host_tests.tools import logview_card as card
from tools.logview import check
from tools.logview.lines import Unreadable

WHOLE = card.log(*card.FILES["2026-08-06.csv"])
NOTE = range(WHOLE.index(b"baybridge"), WHOLE.index(b",crc\r\n"))
LINE_ENDS = [i + 1 for i, byte in enumerate(WHOLE) if byte == 10]


def is_found(path, content):
    path.write_bytes(content)
    try:
        return check.run([path], lambda text: None).findings > 0
    except Unreadable:
        return True


@pytest.fixture
def path(tmp_path):
    return tmp_path / "2026-08-06.csv"


def test_check_when_nothing_is_damaged_then_nothing_is_found(path):
    assert not is_found(path, WHOLE)


def test_check_when_any_bit_is_flipped_or_any_byte_lost_then_it_is_found(path, record_property):
    tried = 0
    missed = []
    for i in range(len(WHOLE)):
        if i in NOTE:
            continue
        damages = [WHOLE[:i] + bytes([WHOLE[i] ^ 1 << bit]) + WHOLE[i + 1 :] for bit in range(8)]
        damages.append(WHOLE[:i] + WHOLE[i + 1 :])
        for damaged in damages:
            tried += 1
            if not is_found(path, damaged):
                missed.append((i, damaged[max(0, i - 9) : i + 9]))
    record_property("figure", f"logview_damages {tried} tried, {len(missed)} missed")
    assert missed == []
    assert tried > 6000


def test_check_when_the_file_ends_anywhere_but_behind_a_line_then_it_is_found(path):
    missed = [n for n in range(len(WHOLE)) if not is_found(path, WHOLE[:n])]
    assert missed == LINE_ENDS[:-1]


def test_check_when_anything_is_put_anywhere_then_it_is_found(tmp_path_factory, record_property):
    path = tmp_path_factory.mktemp("damage") / "2026-08-06.csv"
    tried = 0

    @settings(max_examples=1500, deadline=None, database=None)
    @given(
        at=st.integers(0, len(WHOLE) - 1).filter(lambda i: i not in NOTE and i - 1 not in NOTE),
        lost=st.integers(0, 4),
        put=st.binary(max_size=4) | st.sampled_from([b"\r", b"\n", b"\r\n", b",", b"0", b"\xff"]),
    )
    def damage(at, lost, put):
        nonlocal tried
        damaged = WHOLE[:at] + put + WHOLE[at + lost :]
        if damaged == WHOLE or at + lost > NOTE.start >= at or damaged in WHOLE_BUT_SHORTER:
            return
        tried += 1
        assert is_found(path, damaged), (at, lost, put)

    damage()
    record_property("figure", f"logview_random_damages {tried} tried, 0 missed")
    assert tried > 500


WHOLE_BUT_SHORTER = [WHOLE[:n] for n in LINE_ENDS] + [b"\xef\xbb\xbf" + WHOLE]
