"""Counters as JSON: as a battery's answer shows them, and as the flash keeps them.

The kept text ends with a checksum and a mark. JSON alone would not do: MicroPython up to 1.25
reads half an object as a whole one (house.md 3), and a flipped bit in a digit is still a digit.
"""

import binascii
import json
from micropython import const

from baybridge.record.json_text import fixed, object_of, tenths, text

_HEAD = const('{"format":1,"counters":[')
_TAIL = const('],"crc":"%08x","end":1}\n')
_TAIL_CHARS = len(_TAIL % 0)


def counters_json(counters) -> str:
    """Return a battery's totals."""
    return object_of(
        (
            ("charge_in_ah", fixed(counters.charge_in.thousandths, 3)),
            ("charge_out_ah", fixed(counters.charge_out.thousandths, 3)),
            ("energy_in_wh", fixed(tenths(counters.energy_in.thousandths), 1)),
            ("energy_out_wh", fixed(tenths(counters.energy_out.thousandths), 1)),
        )
    )


def to_text(rows) -> str:
    """Return the text that keeps (battery id, state) rows."""
    items = []
    for id, state in rows:
        items.append("[%s,%s]" % (text(id), ",".join(["%d" % n for n in state])))
    return _sealed(",".join(items))


def parse(kept: str) -> list:
    """Return the rows of a kept text; ValueError if it is not whole.

    Whether a row's numbers are counters is for Counters.restore() to say.
    """
    body = kept[len(_HEAD) : -_TAIL_CHARS]
    if kept != _sealed(body):
        raise ValueError("it is not whole")
    rows = []
    for row in json.loads("[" + body + "]"):
        if not isinstance(row, list) or not row or not isinstance(row[0], str):
            raise ValueError("it keeps something else")
        rows.append((row[0], tuple(row[1:])))
    return rows


def _sealed(body):
    return _HEAD + body + _TAIL % binascii.crc32(body.encode())
