"""Advertisements: which of the many a radio hears are batteries, and what they say.

Flags, a list of services and the complete name is all a SOK battery advertises (protocol.md
1.2); the service it lists is not the one it has, so only the name is believed.
"""

from micropython import const

from baybridge.protocol.abc import MATCH

# What protocol_of() answers.
ABC = "abc"
MODBUS = "modbus"
UNKNOWN = "unknown"
# SOK's batteries with another protocol, heard so that they can be named (protocol.md 1.6): of
# the first two it is Modbus, of the 48 V one nobody has said what it is.
_MODBUS_NAMES = const(("SK12V314", "SK12V324"))
LOOK_ALIKES = ("SK12V", "SK24V", "SK48V")

# A slot: length of the name (0 = empty), address type, RSSI + 128, address, name.
_SLOTS = const(8)
_SLOT_BYTES = const(38)
_ADDRESS = const(3)
_NAME = const(9)
_NAME_BYTES = const(29)  # the longest that fits an advertisement of 31 bytes

_SHORT_NAME = const(8)
_COMPLETE_NAME = const(9)


class Adverts:
    """The batteries heard since clear(), in fixed memory; names are prefixes, as bytes."""

    def __init__(self, names: tuple):
        self._names = names
        self._slots = bytearray(_SLOTS * _SLOT_BYTES)

    def clear(self):
        """Forget everything that was heard."""
        for at in range(0, len(self._slots), _SLOT_BYTES):
            self._slots[at] = 0

    # Hot path: no allocation; host_tests/upy checks it. The radio's handler calls it for each
    # advertisement in the air, and a marina is full of strangers.
    def hear(self, addr_type: int, address, rssi_dbm: int, payload):
        """Keep an advertisement or scan response if it says one of our names."""
        at = 0
        while at + 1 < len(payload) and payload[at]:
            kind = payload[at + 1]
            if kind in (_COMPLETE_NAME, _SHORT_NAME):
                n = min(payload[at] - 1, _NAME_BYTES, len(payload) - at - 2)
                if self._is_ours(payload, at + 2, n):
                    self._keep(addr_type, address, rssi_dbm, payload, at + 2, n)
                return
            at += 1 + payload[at]

    def _is_ours(self, payload, at, n):
        for name in self._names:
            i = 0
            while i < len(name) and i < n and payload[at + i] == name[i]:
                i += 1
            if i == len(name):
                return True
        return False

    def _keep(self, addr_type, address, rssi_dbm, payload, at, n):
        slots = self._slots
        slot = 0
        while slot < len(slots) and slots[slot]:
            i = 0
            while i < 6 and slots[slot + _ADDRESS + i] == address[i]:
                i += 1
            if i == 6:
                break
            slot += _SLOT_BYTES
        if slot == len(slots):
            return
        i = 0
        while i < n:
            slots[slot + _NAME + i] = payload[at + i]
            i += 1
        i = 0
        while i < 6:
            slots[slot + _ADDRESS + i] = address[i]
            i += 1
        slots[slot + 1] = addr_type
        slots[slot + 2] = rssi_dbm + 128
        # Last, because a slot that has a name is one that is read.
        slots[slot] = n

    def heard(self) -> list:
        """Return [(name, addr_type, address, rssi_dbm)], the strongest first."""
        slots = self._slots
        found = []
        for at in range(0, len(slots), _SLOT_BYTES):
            n = slots[at]
            if n:
                name = "".join([_printable(slots[at + _NAME + i]) for i in range(n)])
                address = bytes(slots[at + _ADDRESS : at + _ADDRESS + 6])
                found.append((name, slots[at + 1], address, slots[at + 2] - 128))
        found.sort(key=lambda one: -one[3])
        return found


def _printable(b):
    # A name is what a stranger sends: it goes into JSON and onto a page.
    return chr(b) if 32 <= b < 127 else "?"


def protocol_of(name: str) -> str:
    """Return what a battery of this name speaks, as far as its name tells."""
    for start in _MODBUS_NAMES:
        if name.startswith(start):
            return MODBUS
    for start in MATCH:
        if name.startswith(start):
            return ABC
    return UNKNOWN


def names_to_hear(matches: tuple) -> tuple:
    """Return the beginnings, as bytes, of every name worth hearing; matches are the owner's."""
    names = []
    for name in MATCH + LOOK_ALIKES + matches:
        if name.encode() not in names:
            names.append(name.encode())
    return tuple(names)


def address_text(address: bytes) -> str:
    """Return an address as "02:12:34:00:20:61"."""
    return ":".join(["%02x" % b for b in address])


def parse_address(text: str) -> bytes:
    """Return the six bytes of "02:12:34:00:20:61"; ValueError if it is none."""
    pieces = text.split(":")
    if len(pieces) != 6 or any(len(piece) != 2 for piece in pieces):
        raise ValueError("an address has six pairs of hex digits")
    return bytes([int(piece, 16) for piece in pieces])
