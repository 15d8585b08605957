"""A battery's Bluetooth module as the air sees it: advertisement, GATT table, moods, faults.

The tables and the advertisement's bytes are those of SOK batteries (captures in HA BMS_BLE-HA
#168 and batmon-ha #178). What the battery says is up to the object a Peripheral wraps.
"""

import asyncio
from bluetooth import FLAG_NOTIFY, FLAG_READ, FLAG_WRITE, FLAG_WRITE_NO_RESPONSE, UUID

# A service is (uuid, start handle, end handle, characteristics), a characteristic (uuid,
# declaration handle, value handle, flags, ((descriptor uuid, handle), ...)).
_GAP = (0x1800, 0x01, 0x05, ((0x2A00, 2, 3, FLAG_READ, ()), (0x2A01, 4, 5, FLAG_READ, ())))
_INFORMATION = (
    0x180A,
    0x11,
    0x15,
    ((0x2A29, 0x12, 0x13, FLAG_READ, ()), (0x2A24, 0x14, 0x15, FLAG_READ, ())),
)
_CCCD = 0x2902
_ANY_WRITE = FLAG_WRITE | FLAG_WRITE_NO_RESPONSE
SOK_GATT = (
    _GAP,
    (
        0xFFE0,
        0x0B,
        0x10,
        (
            (0xFFE2, 0x0C, 0x0D, FLAG_WRITE_NO_RESPONSE, ()),
            (0xFFE1, 0x0E, 0x0F, FLAG_NOTIFY, ((_CCCD, 0x10),)),
        ),
    ),
    _INFORMATION,
    (0x180F, 0x16, 0x19, ((0x2A19, 0x17, 0x18, FLAG_READ | FLAG_NOTIFY, ((_CCCD, 0x19),)),)),
    (
        "f000ffc0-0451-4000-b000-000000000000",
        0x1A,
        0x1C,
        (("f000ffc1-0451-4000-b000-000000000000", 0x1B, 0x1C, FLAG_WRITE_NO_RESPONSE, ()),),
    ),
)
# The SOK that speaks Modbus instead (node-red-contrib-sok): only fff0, fff1, fff2.
MODBUS_GATT = (
    _GAP,
    (
        0xFFF0,
        0x0B,
        0x10,
        (
            (0xFFF1, 0x0C, 0x0D, FLAG_NOTIFY, ((_CCCD, 0x0E),)),
            (0xFFF2, 0x0F, 0x10, FLAG_WRITE | FLAG_WRITE_NO_RESPONSE, ()),
        ),
    ),
    _INFORMATION,
)


class Faults:
    """What goes wrong on demand; all off at first."""

    def __init__(self):
        # "connect", "services", "characteristics", "descriptors", "read", "mtu", "cccd", "write"
        # or "notify": the link drops when that step begins.
        self.drop_at = None
        # The same words: that step never answers. A request ends after 30 s, with the link.
        self.silent_at = None
        self.refuse_connect = False  # an attempt finds it advertising and still times out
        self.corrupt_nth = 0  # 1: one bit of each notification is flipped; n: of every n-th
        self.corrupt_bit = None  # which bit of the frame; None: another one each time
        self.duplicate = False  # every notification comes twice
        self.reorder = False  # the notifications of one reply come last first
        self.delay_ms = 0  # and this much later
        self.never_answer = ()  # second bytes (frame ids) of notifications that never come
        # How often a fault may still show itself, all of them together; None: for ever.
        self.times = None
        self.fired = 0
        self._frames = 0

    def strike(self, is_due):
        """Tell whether a fault that would be due happens, and count it."""
        if not is_due or self.times == 0:
            return False
        if self.times is not None:
            self.times -= 1
        self.fired += 1
        return True

    def spoil(self, replies, random):
        """Return a reply's (delay_ms, frame) list with the faults in it."""
        if not (
            self.corrupt_nth
            or self.duplicate
            or self.reorder
            or self.delay_ms
            or self.never_answer
        ):
            return replies
        delays = [delay_ms for delay_ms, _ in replies]
        frames = [frame for _, frame in replies]
        if self.strike(self.reorder and len(frames) > 1):
            frames.reverse()
        late_ms = self.delay_ms if self.strike(self.delay_ms > 0) else 0
        spoilt = []
        for i in range(len(frames)):
            frame = frames[i]
            if self.strike(len(frame) > 1 and frame[1] in self.never_answer):
                continue
            self._frames += 1
            if self.strike(self.corrupt_nth and self._frames % self.corrupt_nth == 0):
                bit = self.corrupt_bit
                bit = random(len(frame) * 8) if bit is None else bit
                frame = bytearray(frame)
                frame[bit >> 3] ^= 1 << (bit & 7)
                frame = bytes(frame)
            spoilt.append((delays[i] + late_ms, frame))
            if self.strike(self.duplicate):
                spoilt.append((delays[i] + late_ms, frame))
        return spoilt


class Peripheral:
    """One battery in the air.

    The battery has .name, .address ("02:12:34:00:20:61"), .addr_type (0 public, 1 random) and
    .reply(request, now_ms), which returns a list of (delay_ms, bytes), delays ascending.
    """

    def __init__(self, battery, gatt=SOK_GATT):
        self.battery = battery
        self.address = bytes([int(byte, 16) for byte in battery.address.split(":")])
        self.faults = Faults()
        self.rssi_dbm = -67
        self.adv_interval_ms = 300
        self.name_in = "adv"  # or "scan_response"
        self.adv_uuids = (0xFFF0,)  # it lies: no such service in SOK_GATT
        self.connect_delay_ms = 30  # from hearing the advertisement to the CONNECT event
        self.conn_interval_ms = 50
        self.supervision_ms = 2560  # NimBLE's default: a silent link lives as long
        self.mtu = 23
        # A phone has the link: no advertisement, no connection. Does not end a link of ours.
        self.held_by_phone = False
        # HA #743: these characteristics are missing in discovery, on the first so many links.
        self.hidden_uuids = ()
        self.hidden_links = 1
        self.set_gatt(gatt)
        self._in_range = True
        self._asleep = False
        # Written by air.py and bluetooth.py.
        self.air = None
        self.link = None
        self.free_ms = 0  # when its side of the last link is over
        self.next_adv_ms = 0
        self.gone_ms = 0  # since when it is out of reach

    @property
    def addr_type(self):
        return self.battery.addr_type

    @property
    def in_range(self):
        return self._in_range

    @in_range.setter
    def in_range(self, value):
        was_reachable = self.is_reachable
        self._in_range = value
        self._reach_changed(was_reachable)

    @property
    def asleep(self):
        return self._asleep

    @asleep.setter
    def asleep(self, value):
        was_reachable = self.is_reachable
        self._asleep = value
        self._reach_changed(was_reachable)

    @property
    def is_reachable(self):
        return self._in_range and not self._asleep

    def is_connectable(self, now_ms):
        """Tell whether it advertises: a module with a central says nothing."""
        is_free = self.link is None and not self.held_by_phone and now_ms >= self.free_ms
        return is_free and self.is_reachable

    def away(self, after_ms, for_ms):
        """Carry it out of range after so long, for so long."""
        asyncio.create_task(self._walk(after_ms, for_ms))

    def kick(self):
        """Drop our link from the battery's side."""
        if self.link is not None:
            self.air.drop(self.link)

    def _reach_changed(self, was_reachable):
        if was_reachable and not self.is_reachable and self.link is not None:
            self.air.watch_reach(self.link)

    async def _walk(self, after_ms, for_ms):
        await self.air.clock.sleep_ms(after_ms)
        self.in_range = False
        await self.air.clock.sleep_ms(for_ms)
        self.in_range = True

    def adv_data(self):
        """Return the advertisement and the scan response, 31 bytes at most each."""
        name = self.battery.name.encode()
        adv = b"\x02\x01\x06"
        if self.adv_uuids:
            adv += bytes((len(self.adv_uuids) * 2 + 1, 3))
            for uuid in self.adv_uuids:
                adv += bytes((uuid & 0xFF, uuid >> 8))
        if self.name_in == "scan_response":
            return adv, bytes((len(name[:29]) + 1, 9)) + name[:29]
        room = 31 - len(adv) - 2
        kind = 9 if len(name) <= room else 8
        adv += bytes((len(name[:room]) + 1, kind)) + name[:room]
        return adv, bytes((len(name[:29]) + 1, 8)) + name[:29]

    def set_gatt(self, gatt):
        """Take another GATT table; how one looks is said above SOK_GATT."""
        self._services = []
        self._attributes = []  # (handle, UUID), ascending
        self._flags = {}
        self._cccds = []
        self.values = {}  # value handle -> bytes of what can be read
        self.cccd_handle = None  # of the characteristic that carries the answers
        self.notify_handle = None
        self._request_handles = []  # what reaches the battery behind the module
        for uuid, start, end, characteristics in gatt:
            own = []
            self._attributes.append((start, UUID(0x2800)))
            # Written and notified in one service: the serial line to the battery.
            writes = [c[2] for c in characteristics if c[3] & _ANY_WRITE]
            is_serial = writes and [c for c in characteristics if c[3] & FLAG_NOTIFY]
            if is_serial:
                self._request_handles += writes
            for char_uuid, declaration, value, flags, descriptors in characteristics:
                own.append((declaration, value, flags, UUID(char_uuid)))
                self._flags[value] = flags
                self._attributes.append((declaration, UUID(0x2803)))
                self._attributes.append((value, UUID(char_uuid)))
                for descriptor_uuid, handle in descriptors:
                    self._attributes.append((handle, UUID(descriptor_uuid)))
                    if descriptor_uuid == _CCCD:
                        self._cccds.append(handle)
                        if is_serial and flags & FLAG_NOTIFY:
                            self.cccd_handle, self.notify_handle = handle, value
            self._services.append((start, end, UUID(uuid), own))

    def find_services(self, uuid):
        return [s[:3] for s in self._services if uuid is None or s[2] == uuid]

    def find_characteristics(self, first, last, uuid, hidden):
        """Return (end handle, value handle, flags, UUID); the end is where the next begins.

        modbluetooth_nimble.c knows only what it was shown: with a UUID asked for, or at the end,
        a characteristic lasts to the end of the range.
        """
        shown = []
        for _, _, _, characteristics in self._services:
            for characteristic in characteristics:
                is_shown = first <= characteristic[0] <= last and characteristic[3] not in hidden
                if is_shown and (uuid is None or characteristic[3] == uuid):
                    shown.append(characteristic)
        ends = [following[0] - 1 for following in shown[1:]] + [last]
        return [(ends[i],) + shown[i][1:] for i in range(len(shown))]

    def find_attributes(self, first, last):
        return [found for found in self._attributes if first <= found[0] <= last]

    def has_attribute(self, handle):
        return len(self.find_attributes(handle, handle)) == 1

    def is_cccd(self, handle):
        return handle in self._cccds

    def is_request(self, handle):
        return handle in self._request_handles

    def flags_of(self, value_handle):
        return self._flags.get(value_handle, 0)

    def value_of(self, value_handle):
        return self.values.get(value_handle, b"")
