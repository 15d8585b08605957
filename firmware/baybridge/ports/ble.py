"""The radio: a small BLE central on MicroPython's `bluetooth`, for up to four batteries.

Written on the bare module because aioble keeps one notification and loses the second of a
reply, and hangs when a link drops during discovery (platform.md 2.7). What is known of the
stack's behaviour is platform.md sections 2 and 12. Nothing here knows what a frame means.
"""

import asyncio
import bluetooth
from micropython import const

_SCAN_RESULT = const(5)
_SCAN_DONE = const(6)
_CONNECT = const(7)
_DISCONNECT = const(8)
_SERVICE_RESULT = const(9)
_SERVICE_DONE = const(10)
_CHARACTERISTIC_RESULT = const(11)
_CHARACTERISTIC_DONE = const(12)
_DESCRIPTOR_RESULT = const(13)
_DESCRIPTOR_DONE = const(14)
_WRITE_DONE = const(17)
_NOTIFY = const(18)

_MAX_LINKS = const(4)  # NimBLE's limit in the stock build, platform.md 2.2
_NO_HANDLE = const(-1)
_EBUSY = const(16)
_DIAL_FAILED = const(0xFFFF)  # the connection handle of a connect that failed
_CCCD = const(0x2902)
_LOOK_ALIKE = const(0xFFF0)  # SOK's other protocol, Modbus (protocol.md 1.6)

# How often a waiting task looks. This costs no heap, a wait with a time-out costs a task each
# time; FreeRTOS would not wake us more often anyway (100 Hz).
_LOOK_MS = const(10)
# Deadlines. The radio itself gives up dialing after the time it is given here; users whose
# radio was shared saw cold connects of 10 s and more, which the next attempt then makes.
_DIAL_MS = const(8000)
_STEP_MS = const(5000)
_CLOSE_MS = const(2000)
# A window well under the interval leaves Wi-Fi its air time (platform.md 2.8).
_SCAN_INTERVAL_US = const(400000)
_SCAN_WINDOW_US = const(160000)


class Absent(Exception):
    """Nobody answered at that address: asleep, out of range or held by another central."""


class LinkLost(Exception):
    """The link failed at a step or went away."""


class Refused(Exception):
    """The radio itself would not: off, busy with a procedure that hangs, or out of memory."""


class WrongDevice(Exception):
    """Something is at that address, but it does not speak this protocol."""


class Link:
    """One battery's connection; made by Central.link()."""

    def __init__(self, central, requests, ring):
        self._central = central
        # Only these byte strings can be sent: send() takes an index, no bytes.
        self._requests = requests
        # Notifications, put by the handler and taken by whoever polls.
        self.ring = ring
        # Set by the handler on CONNECT and DISCONNECT, read by everybody.
        self.handle = _NO_HANDLE
        # Set by the handler from discovery results, read by the next step.
        self.first = self.last = 0
        self.notify = self.write = self.cccd = 0
        self.is_look_alike = False
        # The event that ends the step under way; the handler clears it and leaves the status.
        self.awaited = 0
        self.status = 0

    @property
    def is_open(self):
        return self.handle != _NO_HANDLE

    async def open(self, addr_type, address):
        """Connect, discover, subscribe. Raises any of the four, and then nothing is open."""
        central = self._central
        # One connect and one discovery at a time is all the stack can do.
        async with central.lock:
            is_subscribed = False
            try:
                await self._dial(addr_type, address)
                await self._discover()
                await self._subscribe()
                is_subscribed = True
            finally:
                # Also when cancelled: a slot that leaks here is lost until the next reset.
                if not is_subscribed:
                    central.hang_up()
                    await self.close()

    async def _dial(self, addr_type, address):
        central = self._central
        self._reset()
        central.arm()
        central.dialing = self
        central.dial_failed = False
        try:
            # The stack stops a scan of its own accord. Its default gives up after 2 s.
            central.ble.gap_connect(addr_type, address, _DIAL_MS)
        except OSError as exc:
            raise Refused(f"the radio refused to connect ({exc})")
        clock = central.clock
        start = clock.ticks_ms()
        while not self.is_open and not central.dial_failed:
            if clock.ticks_diff(clock.ticks_ms(), start) > _DIAL_MS + _CLOSE_MS:
                break
            await clock.sleep_ms(_LOOK_MS)
        if not self.is_open:
            raise Absent("nobody answers at its address")

    async def _discover(self):
        ble = self._central.ble
        # All services, not only ours, so that the other SOK protocol can be told by name.
        await self._step("service discovery", _SERVICE_DONE, ble.gattc_discover_services)
        if not self.first:
            if self.is_look_alike:
                raise WrongDevice("it speaks SOK's other protocol, Modbus on FFF0, not this one")
            raise WrongDevice("it has no FFE0 service; this is not an ABC-BMS")
        await self._step(
            "characteristic discovery",
            _CHARACTERISTIC_DONE,
            ble.gattc_discover_characteristics,
            self.first,
            self.last,
        )
        if not (self.notify and self.write):
            # Seen on SOK-AA15348 and AA16635 although it is there (protocol.md 1.5); a fresh
            # connection with a fresh discovery is all that can be done.
            raise LinkLost("the FFE1 or FFE2 characteristic was not found")
        await self._step(
            "descriptor discovery",
            _DESCRIPTOR_DONE,
            ble.gattc_discover_descriptors,
            self.notify,
            self.last,
        )
        if not self.cccd:
            raise LinkLost("FFE1 has no descriptor to subscribe with")

    async def _subscribe(self):
        # Without it the battery takes commands and says nothing; it is forgotten at every
        # disconnect.
        write = self._central.ble.gattc_write
        await self._step("subscription", _WRITE_DONE, write, self.cccd, b"\x01\x00", 1)

    async def _step(self, what, awaited, start_step, *args):
        """Start a GATT procedure and wait for the event that ends it."""
        clock = self._central.clock
        self.awaited = awaited
        self.status = 0
        try:
            start_step(self.handle, *args)
        except OSError as exc:
            # Whatever the number, -128 among them, the link is of no more use (platform.md
            # 2.5). EBUSY is a procedure of a link long gone: only a restart clears it.
            kind = Refused if exc.args[0] == _EBUSY else LinkLost
            raise kind(f"{what} could not start ({exc})")
        start = clock.ticks_ms()
        while self.awaited and self.is_open:
            if clock.ticks_diff(clock.ticks_ms(), start) > _STEP_MS:
                raise LinkLost(f"{what} was not answered within {_STEP_MS // 1000} s")
            await clock.sleep_ms(_LOOK_MS)
        if not self.is_open:
            raise LinkLost(f"the link dropped during {what}")
        if self.status:
            raise LinkLost(f"{what} failed with ATT status {self.status}")

    # Hot path: no allocation while all is well.
    def send(self, request):
        """Write request number `request` without response. Raises LinkLost."""
        if self.handle == _NO_HANDLE:
            raise LinkLost("the link dropped")
        try:
            # The battery's firmware refuses a write with response (protocol.md 1.4).
            self._central.ble.gattc_write(self.handle, self.write, self._requests[request], 0)
        except OSError as exc:
            raise LinkLost(f"a request could not be sent ({exc})")

    async def close(self):
        """Let go of the battery, whatever state the link is in; never raises."""
        central = self._central
        if self.is_open:
            try:
                central.ble.gap_disconnect(self.handle)
            except OSError:
                pass
            clock = central.clock
            start = clock.ticks_ms()
            while self.is_open and clock.ticks_diff(clock.ticks_ms(), start) < _CLOSE_MS:
                await clock.sleep_ms(_LOOK_MS)
        self._reset()

    def _reset(self):
        self.handle = _NO_HANDLE
        self.first = self.last = 0
        self.notify = self.write = self.cccd = 0
        self.is_look_alike = False
        self.awaited = 0
        self.ring.clear()


class Central:
    """The radio itself. service, notify and write are 16-bit UUIDs; adverts has clear() and
    hear(addr_type, address, rssi_dbm, payload), which must not allocate."""

    # For those who may not import a port but have to tell its failures apart.
    Absent = Absent
    LinkLost = LinkLost
    Refused = Refused
    WrongDevice = WrongDevice

    def __init__(self, clock, adverts, service, notify, write):
        self.clock = clock
        self.adverts = adverts
        self.ble = bluetooth.BLE()
        self.lock = asyncio.Lock()
        self._service = bluetooth.UUID(service)
        self._notify = bluetooth.UUID(notify)
        self._write = bluetooth.UUID(write)
        self._cccd = bluetooth.UUID(_CCCD)
        self._look_alike = bluetooth.UUID(_LOOK_ALIKE)
        self._links = []
        # The link that is being connected, and how the handler says that it was not.
        self.dialing = None
        self.dial_failed = False
        self.is_scanning = False
        # An exception in the handler would remove it for ever; they are counted here instead.
        self.irq_errors = 0

    def start(self):
        """Switch the radio on. Raises OSError when it does not start."""
        self.ble.active(True)
        self.arm()

    def arm(self):
        """Register the handler again; it costs nothing, and one that was lost comes back."""
        self.ble.irq(self._on_event)

    def hang_up(self):
        """Cancel a connect under way; left pending it fails every later one (aioble's bug)."""
        self.dialing = None
        try:
            self.ble.gap_connect(None)  # type: ignore[call-arg, arg-type]  # stub is wrong
        except OSError:
            pass  # there was none

    async def restart(self):
        """Switch the radio off and on, which also frees a discovery that hangs."""
        async with self.lock:
            for link in self._links:
                await link.close()
            self.ble.active(False)
            # No event tells of the links that go with it.
            self.dialing = None
            self.is_scanning = False
            await self.clock.sleep_ms(500)
            self.start()

    def link(self, requests, ring):
        """Return a new Link that can send just these requests; ring has clear() and put(payload),
        which must not allocate. ValueError beyond four."""
        if len(self._links) == _MAX_LINKS:
            raise ValueError("the radio holds four links")
        link = Link(self, requests, ring)
        self._links.append(link)
        return link

    async def scan(self, duration_ms):
        """Listen for so long; what was heard is in adverts. Raises Refused."""
        async with self.lock:
            self.adverts.clear()
            self.arm()
            self.is_scanning = True
            try:
                # Active: some modules say their name only in the scan response.
                self.ble.gap_scan(duration_ms, _SCAN_INTERVAL_US, _SCAN_WINDOW_US, True)
            except OSError as exc:
                self.is_scanning = False
                raise Refused(f"the radio refused to scan ({exc})")
            start = self.clock.ticks_ms()
            try:
                while self.is_scanning:
                    past_ms = self.clock.ticks_diff(self.clock.ticks_ms(), start)
                    if past_ms > duration_ms + _CLOSE_MS:
                        break
                    await self.clock.sleep_ms(_LOOK_MS)
            finally:
                self.ble.gap_scan(None)  # type: ignore[arg-type]  # stub is wrong

    # Hot path: no allocation; host_tests/upy checks it. It runs on the radio's own task, which
    # waits for us; the tuple and what is in it are dead once we return; and an exception that
    # got out would remove this handler without a word (platform.md 2.1).
    def _on_event(self, event, args):
        try:
            if event == _NOTIFY:
                link = self._link_of(args[0])
                if link is not None and args[1] == link.notify:
                    link.ring.put(args[2])
            elif event == _SCAN_RESULT:
                self.adverts.hear(args[0], args[1], args[3], args[4])
            elif event == _CONNECT:
                self._on_connect(args[0])
            elif event == _DISCONNECT:
                self._on_disconnect(args[0])
            elif event == _SCAN_DONE:
                self.is_scanning = False
            elif _SERVICE_RESULT <= event <= _WRITE_DONE:
                link = self._link_of(args[0])
                if link is not None:
                    self._on_gatt(link, event, args)
        except Exception:
            self.irq_errors += 1

    def _link_of(self, handle):
        links = self._links
        i = 0
        while i < len(links):
            if links[i].handle == handle:
                return links[i]
            i += 1
        return None

    def _on_connect(self, handle):
        link = self.dialing
        if link is None:
            # It came after we had given up: nobody would ever close it.
            self.ble.gap_disconnect(handle)
            return
        self.dialing = None
        link.handle = handle

    def _on_disconnect(self, handle):
        if handle == _DIAL_FAILED:
            self.dialing = None
            self.dial_failed = True
            return
        link = self._link_of(handle)
        if link is not None:
            link.handle = _NO_HANDLE

    def _on_gatt(self, link, event, args):
        if event == _SERVICE_RESULT:
            if args[3] == self._service:
                link.first = args[1]
                link.last = args[2]
            elif args[3] == self._look_alike:
                link.is_look_alike = True
        elif event == _CHARACTERISTIC_RESULT:
            if args[4] == self._notify:
                link.notify = args[2]
            elif args[4] == self._write:
                link.write = args[2]
        elif event == _DESCRIPTOR_RESULT:
            # The first one after FFE1's value is FFE1's.
            if args[2] == self._cccd and not link.cccd:
                link.cccd = args[1]
        elif event == link.awaited:
            link.status = args[2] if event == _WRITE_DONE else args[1]
            link.awaited = 0
