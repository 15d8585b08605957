"""MicroPython's `bluetooth` for a central, no kinder than NimBLE on the ESP32.

What it does is stated point by point in host_tests/ports/test_fake_bluetooth*.py: observed on
MicroPython 1.29-preview with NimBLE, or read in extmod/modbluetooth.c and
extmod/nimble/modbluetooth_nimble.c. This file has the calls and their errors; what comes later
is done by the tasks of host_tests/fakes/air.py. Install an `Air` first. Not here: the peripheral
role, pairing, L2CAP, and events between two lines of a running task, as the ESP32's second core
can deliver them.
"""

import asyncio

FLAG_READ = 0x02
FLAG_WRITE_NO_RESPONSE = 0x04
FLAG_WRITE = 0x08
FLAG_NOTIFY = 0x10
FLAG_INDICATE = 0x20

# Event codes of docs/library/bluetooth.rst.
_SCAN_DONE, _DISCONNECT = 6, 8
_SERVICE_RESULT, _SERVICE_DONE, _CHARACTERISTIC_RESULT, _CHARACTERISTIC_DONE = 9, 10, 11, 12
_DESCRIPTOR_RESULT, _DESCRIPTOR_DONE, _READ_RESULT, _READ_DONE = 13, 14, 15, 16
_WRITE_DONE, _MTU_EXCHANGED, _GET_SECRET, _SET_SECRET = 17, 21, 29, 30

_EIO, _ENOMEM, _EBUSY, _ENODEV, _EINVAL = 5, 12, 16, 19, 22
# NimBLE's error table is int8_t, so newlib's ENOTCONN 128 arrives as -128.
_EALREADY = {"unix": 114, "esp32": 120}
_ENOTCONN = {"unix": 107, "esp32": -128}

# Status of a *_DONE: BLE_HS_ENOTCONN, or 0x100 + the ATT error.
_LINK_LOST = 7
_ATT_INVALID_HANDLE, _ATT_READ_NOT_PERMITTED, _ATT_WRITE_NOT_PERMITTED = 0x101, 0x102, 0x103
_ATT_BAD_LENGTH = 0x10D

_MAX_CONNECTIONS = 4  # ports/esp32/boards/sdkconfig.ble
_MAX_PROCEDURES = 4  # BLE_GATT_MAX_PROCS
_MAX_BURST = 4  # writes without response until the mbufs of one connection interval are gone
_DEAD = b"\xdd" * 600


class UUID:
    """A 16-, 32- or 128-bit UUID from an int, a string of 32 hex digits, bytes or a UUID."""

    def __init__(self, value):
        if isinstance(value, int):
            if not 0 <= value <= 0xFFFF:
                raise ValueError("invalid UUID")
            self._raw = bytes((value & 0xFF, value >> 8))
        elif isinstance(value, str):
            digits = value.replace("-", "")
            if len(digits) != 32:
                raise ValueError("UUID too long" if len(digits) > 32 else "UUID too short")
            # The real one keeps it as it goes over the air, last byte first.
            self._raw = bytes([int(digits[i : i + 2], 16) for i in range(30, -2, -2)])
        else:
            self._raw = value._raw if isinstance(value, UUID) else bytes(value)
            if len(self._raw) not in (2, 4, 16):
                raise ValueError("invalid UUID")

    def __eq__(self, other):
        return isinstance(other, UUID) and self._raw == other._raw

    def __hash__(self):
        return hash(self._raw)

    def __repr__(self):
        digits = "".join(["%02x" % b for b in reversed(self._raw)])
        if len(digits) < 32:
            return "UUID(0x%s)" % digits
        parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
        return "UUID('%s')" % "-".join(parts)


def _own_uuid(uuid):
    if uuid is not None and not isinstance(uuid, UUID):
        raise TypeError("UUID expected")
    return uuid and UUID(uuid)


class _Procedure:
    """A GATT request on its way, with what will come back."""

    def __init__(self, step, rounds, done_event, handle=None):
        self.step = step  # how faults call it
        self.rounds = rounds  # requests and responses it takes over the air
        self.done_event = done_event
        self.handle = handle
        self.result_event = 0
        self.results = ()
        self.status = 0
        self.written = b""


class BLE:
    """The one radio."""

    _only = None

    def __new__(cls):
        if cls._only is None:
            cls._only = object.__new__(cls)
            cls._only.attach(None)
        return cls._only

    def attach(self, air):
        """Forget everything and belong to this air; Air.install calls it."""
        self.air = air
        self._is_active = False
        self._handler = None
        self._mtu = 256
        self._gap_name = b"MPY NIMBLE"
        # The running scan and connect attempt. A task of air.py whose object is not here any
        # more has been stopped: it ends without a word.
        self.scan = None
        self.connecting = None
        # Characteristic discovery has one lock for all links (modbluetooth_nimble.c).
        self._is_discovering = False
        # Where the memoryviews of an event point; one for each level of nested handler calls.
        self._scratches = []
        self._uuid = UUID(0)

    # The calls of the module, in the order of its documentation.

    def active(self, on=None):
        if on is None or bool(on) == self._is_active:
            return self._is_active
        if on:
            if self.air.active_errnos:
                raise OSError(self.air.active_errnos.pop(0))
            self._is_active = True
            # The host asks for its identity key and, having none, stores a new one.
            self.fire(_GET_SECRET, 8, 0, b"\x00irk")
            self.fire(_SET_SECRET, 8, b"\x00irk", bytes(range(16)))
        else:
            # No event for any of this, and the peer notices at the supervision timeout only.
            self._is_active = self._is_discovering = False
            self.scan = self.connecting = None
            for link in list(self.air.connections):
                self._forget(link, self.air.now_ms() + link.peripheral.supervision_ms)
        return self._is_active

    def config(self, *names, **values):
        for name in names + tuple(values):
            # rxbuf exists only where events go through a ring buffer; not on the ESP32.
            if name not in ("mac", "mtu", "gap_name"):
                raise ValueError("unknown config param")
        self._check_active()
        if names:
            if names[0] == "mac":
                return (0, b"\x24\x6f\x28\x00\x00\x01")
            return self._mtu if names[0] == "mtu" else self._gap_name
        self._mtu = values.get("mtu", self._mtu)
        self._gap_name = values.get("gap_name", self._gap_name)

    def irq(self, handler):
        if handler is not None and not callable(handler):
            raise ValueError("invalid handler")
        self._handler = handler

    def gap_scan(self, duration_ms, interval_us=1280000, window_us=11250, active=False):
        self._check_active()
        if duration_ms is None:
            self.stop_scan()
            return
        if self.connecting is not None:
            raise OSError(_EBUSY)
        self._check_not_already(self.scan is None)
        self._check_arguments(duration_ms >= 0 and 2500 <= window_us <= interval_us)
        self.scan = self.air.scan(duration_ms, interval_us, window_us, active)
        asyncio.create_task(self.air.run_scan(self, self.scan))

    def gap_connect(self, addr_type, addr=None, scan_duration_ms=2000, min_us=0, max_us=0):
        self._check_active()
        if addr_type is None:
            # BLE_HS_EALREADY is also what cancelling nothing gives (host/ble_gap.h).
            self._check_not_already(self.connecting is not None)
            self.fail_connect()
            return
        addr = bytes(addr)
        if len(addr) != 6:
            raise ValueError("invalid addr")
        self.stop_scan()
        self._check_not_already(self.connecting is None)
        self._check_arguments(min_us <= max_us)
        if len(self.air.connections) >= _MAX_CONNECTIONS:
            raise OSError(_ENOMEM)
        for link in self.air.connections:
            if link.peripheral.address == addr:
                raise OSError(_EIO)
        self.air.connects_tried += 1
        self.connecting = self.air.attempt(addr_type, addr, scan_duration_ms)
        asyncio.create_task(self.air.run_connect(self, self.connecting))

    def gap_disconnect(self, conn_handle):
        self._check_active()
        link = self._find(conn_handle)
        if link is None:
            if self.air.gap_disconnect_raises:
                raise OSError(_ENOTCONN[self.air.port_errno])
            return False
        self._check_not_already(not link.is_closing)
        link.is_closing = True
        asyncio.create_task(self.air.run_drop(self, link, link.peripheral.conn_interval_ms))
        return True

    def gattc_discover_services(self, conn_handle, uuid=None):
        link = self._link(conn_handle)
        procedure = _Procedure("services", 2, _SERVICE_DONE)
        procedure.result_event = _SERVICE_RESULT
        procedure.results = link.peripheral.find_services(_own_uuid(uuid))
        self._begin(link, procedure)

    def gattc_discover_characteristics(self, conn_handle, start_handle, end_handle, uuid=None):
        link = self._link(conn_handle)
        if self._is_discovering:
            raise OSError(_EBUSY)
        self._check_arguments(0 < start_handle <= end_handle <= 0xFFFF)
        procedure = _Procedure("characteristics", 3, _CHARACTERISTIC_DONE)
        procedure.result_event = _CHARACTERISTIC_RESULT
        procedure.results = link.peripheral.find_characteristics(
            start_handle, end_handle, _own_uuid(uuid), link.hidden
        )
        self._begin(link, procedure)
        self._is_discovering = True

    def gattc_discover_descriptors(self, conn_handle, start_handle, end_handle):
        link = self._link(conn_handle)
        # NimBLE takes the first handle for a value handle and starts behind it.
        self._check_arguments(0 < start_handle < end_handle <= 0xFFFF)
        procedure = _Procedure("descriptors", 2, _DESCRIPTOR_DONE)
        procedure.result_event = _DESCRIPTOR_RESULT
        procedure.results = link.peripheral.find_attributes(start_handle + 1, end_handle)
        self._begin(link, procedure)

    def gattc_read(self, conn_handle, value_handle):
        link = self._link(conn_handle)
        procedure = _Procedure("read", 1, _READ_DONE, value_handle)
        procedure.result_event = _READ_RESULT
        if not link.peripheral.has_attribute(value_handle):
            procedure.status = _ATT_INVALID_HANDLE
        elif not link.peripheral.flags_of(value_handle) & FLAG_READ:
            procedure.status = _ATT_READ_NOT_PERMITTED
        else:
            procedure.results = ((value_handle, link.peripheral.value_of(value_handle)),)
        self._begin(link, procedure)

    def gattc_write(self, conn_handle, value_handle, data, mode=0):
        link = self._link(conn_handle)
        self._check_arguments(mode == 0 or mode == 1)
        # NimBLE cuts what does not fit the MTU and reports success.
        data = bytes(data)[: link.mtu - 3]
        is_cccd = link.peripheral.is_cccd(value_handle)
        flags = link.peripheral.flags_of(value_handle)
        if mode == 0:
            self._pace(link)
            self.air.note_write(value_handle, is_cccd, data)
            # Whatever cannot be written so, a CCCD too, drops it silently.
            if flags & FLAG_WRITE_NO_RESPONSE and link.peripheral.is_request(value_handle):
                asyncio.create_task(self.air.run_write(self, link, data))
            return
        procedure = _Procedure("cccd" if is_cccd else "write", 1, _WRITE_DONE, value_handle)
        procedure.written = data
        if not link.peripheral.has_attribute(value_handle):
            procedure.status = _ATT_INVALID_HANDLE
        elif is_cccd and len(data) != 2:
            procedure.status = _ATT_BAD_LENGTH
        elif not is_cccd and not flags & FLAG_WRITE:
            procedure.status = _ATT_WRITE_NOT_PERMITTED
        self._begin(link, procedure)
        self.air.note_write(value_handle, is_cccd, data)

    def gattc_exchange_mtu(self, conn_handle):
        link = self._link(conn_handle)
        self._check_not_already(not link.has_exchanged_mtu)
        self._begin(link, _Procedure("mtu", 1, _MTU_EXCHANGED))
        link.has_exchanged_mtu = True

    # What several calls refuse.

    def _check_active(self):
        if not self._is_active:
            raise OSError(_ENODEV)

    def _check_not_already(self, is_free):
        if not is_free:
            raise OSError(_EALREADY[self.air.port_errno])

    def _check_arguments(self, is_valid):
        if not is_valid:
            raise OSError(_EINVAL)

    def _find(self, conn_handle):
        for link in self.air.connections:
            if link.conn_handle == conn_handle:
                return link
        return None

    def _link(self, conn_handle):
        self._check_active()
        link = self._find(conn_handle)
        if link is None:
            raise OSError(_ENOTCONN[self.air.port_errno])
        return link

    def _begin(self, link, procedure):
        if sum([len(other.pending) for other in self.air.connections]) >= _MAX_PROCEDURES:
            raise OSError(_ENOMEM)
        link.pending.append(procedure)
        asyncio.create_task(self.air.run_procedure(self, link, procedure))

    def _pace(self, link):
        now_ms = self.air.now_ms()
        if now_ms - link.burst_start_ms >= link.peripheral.conn_interval_ms:
            link.burst_start_ms = now_ms
            link.burst_writes = 0
        if link.burst_writes >= _MAX_BURST:
            raise OSError(_ENOMEM)
        link.burst_writes += 1

    # What air.py calls.

    def fire(self, event, *args):
        """Call the handler with what dies after the call: arguments, memoryviews and UUID.

        On the board the tuple lies on the C stack. A tuple cannot be emptied from Python, so the
        handler gets a list, which can; it unpacks and indexes the same.
        """
        if self._handler is None:
            return
        scratch = self._scratches.pop() if self._scratches else bytearray(len(_DEAD))
        view = memoryview(scratch)
        used = 0
        given = []
        for arg in args:
            if isinstance(arg, bytes):
                scratch[used : used + len(arg)] = arg
                given.append(view[used : used + len(arg)])
                used += len(arg)
            elif isinstance(arg, UUID):
                self._uuid._raw = arg._raw
                given.append(self._uuid)
            else:
                given.append(arg)
        try:
            answer = self._handler(event, given)
            if event == _GET_SECRET and answer is not None:
                memoryview(answer)  # TypeError for what is no bytes, as mp_get_buffer_raise
        except Exception as exc:
            # modbluetooth.c prints it and sets irq_handler to None: no event ever again.
            self._handler = None
            self.air.irq_exceptions.append(exc)
        finally:
            given.clear()
            self._uuid._raw = b"\xdd\xdd"
            scratch[:used] = _DEAD[:used]
            self._scratches.append(scratch)

    def stop_scan(self):
        if self.scan is not None:
            self.scan = None
            self.fire(_SCAN_DONE)

    def fail_connect(self):
        self.connecting = None
        self.fire(_DISCONNECT, 0xFFFF, 0xFF, bytes(6))

    def finish(self, link, procedure, status):
        """Take a procedure off its link and report its end."""
        link.pending.remove(procedure)
        event = procedure.done_event
        if event == _CHARACTERISTIC_DONE:
            if link.is_alive or not self.air.discovery_lock_sticks:
                self._is_discovering = False
        if event == _MTU_EXCHANGED:
            # The only end without a status; a failed one has no event.
            if status == 0:
                link.mtu = min(self._mtu, link.peripheral.mtu)
                self.fire(event, link.conn_handle, link.mtu)
        elif procedure.handle is None:
            self.fire(event, link.conn_handle, status)
        else:
            self.fire(event, link.conn_handle, procedure.handle, status)

    def lose(self, link):
        """End a link: what was pending comes first, then the disconnect."""
        if not link.is_alive:
            return
        self._forget(link, self.air.now_ms())
        for procedure in list(link.pending):
            self.finish(link, procedure, _LINK_LOST)
        peripheral = link.peripheral
        self.fire(_DISCONNECT, link.conn_handle, peripheral.addr_type, peripheral.address)

    def _forget(self, link, peer_free_ms):
        link.is_alive = False
        self.air.connections.remove(link)
        link.peripheral.link = None
        link.peripheral.free_ms = peer_free_ms
