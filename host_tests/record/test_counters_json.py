"""Counters as JSON: literal texts, checksums computed elsewhere, every character broken."""

import binascii

from baybridge.battery.counters import Counters
from baybridge.record import counters_json
from host_tests.support import raises

STATE = (20, 4320, 0, 0, 0, 0, 0, 0, 0, 0, 1075, 820, 800, 0, 0, 0, 0, 0, 0, 0, 1, 0)
# `printf '%s' "$body" | gzip -c | tail -c8 | od -An -N4 -tx4`, body being what is between [ and ].
KEPT = (
    '{"format":1,"counters":[["house1",20,4320,0,0,0,0,0,0,0,0,1075,820,800,0,0,0,0,0,0,0,1,0],'
    '["house2",1,2]],"crc":"1c091b5f","end":1}\n'
)


def test_text_when_two_rows_then_literal_text():
    assert counters_json.to_text([("house1", STATE), ("house2", (1, 2))]) == KEPT


def test_text_when_parsed_then_the_same_rows():
    assert counters_json.parse(KEPT) == [("house1", STATE), ("house2", (1, 2))]
    assert counters_json.parse(counters_json.to_text([])) == []


def test_text_when_cut_anywhere_then_refused():
    for n in range(len(KEPT)):
        raises(ValueError, counters_json.parse, KEPT[:n])


def test_text_when_a_character_is_another_then_refused():
    for i in range(len(KEPT)):
        other = "7" if KEPT[i] != "7" else "8"
        raises(ValueError, counters_json.parse, KEPT[:i] + other + KEPT[i + 1 :])


def test_text_when_garbage_then_refused():
    for garbage in ("", "{}", "null", '{"format":1,"counters":[]}', "\x00" * 500, KEPT * 2):
        raises(ValueError, counters_json.parse, garbage)


def test_text_when_whole_but_of_something_else_then_refused():
    for body in ("1,2", '{"house1":1}', "[]", "[1,2]", '[["house1"]]', "null"):
        crc = "%08x" % binascii.crc32(body.encode())
        kept = '{"format":1,"counters":[%s],"crc":"%s","end":1}\n' % (body, crc)
        assert "else" in str(raises(ValueError, counters_json.parse, kept)), body


def test_json_when_counted_then_ah_and_wh():
    counters = Counters(20000)
    zero = '{"charge_in_ah":0.0,"charge_out_ah":0.0,"energy_in_wh":0.0,"energy_out_wh":0.0}'
    assert counters_json.counters_json(counters) == zero
    counters.restore(STATE[10:15] + STATE[:5] + STATE[:5] + STATE[10:15] + (3, 40))
    # 820 halves and 800 thousandths are 820.8 / 7200 = 0.114 of an hour.
    assert counters_json.counters_json(counters) == (
        '{"charge_in_ah":1075.114,"charge_out_ah":20.6,"energy_in_wh":20.6,"energy_out_wh":1075.1}'
    )
