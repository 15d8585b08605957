"""The air between the fake `bluetooth` and its peripherals: time, links, radio, chance.

Whatever comes later than the call that caused it comes from a task here that slept on the clock.
One air at a time: `Air(clock).install()` makes bluetooth.BLE() belong to it.
"""

import asyncio
import bluetooth

from host_tests.fakes.peripheral import Peripheral  # noqa: F401  for those who import Air

_SCAN_RESULT, _CONNECT, _WRITE_DONE, _NOTIFY = 5, 7, 17, 18
_TIMED_OUT = 13  # BLE_HS_ETIMEDOUT
_ATT_TIMEOUT_MS = 30000  # BLE_GATTC_UNRESPONSIVE_TIMEOUT_MS
_WRITES_KEPT = 256
_TICKS = 0x3FFFFFFF


class Scan:
    """A scan going on; chance decides about each advertisement."""

    def __init__(self, end_ms, heard_of_10000, is_active):
        self.end_ms = end_ms
        self.heard_of_10000 = heard_of_10000
        self.is_active = is_active


class Attempt:
    """A connect going on."""

    def __init__(self, addr_type, addr, end_ms):
        self.addr_type = addr_type
        self.addr = addr
        self.end_ms = end_ms


class Link:
    """One connection, both ends."""

    def __init__(self, conn_handle, peripheral, hidden):
        self.conn_handle = conn_handle
        self.peripheral = peripheral
        self.hidden = hidden  # UUIDs that discovery does not show on this link
        self.is_alive = True
        self.is_closing = False
        self.is_notifying = False  # the CCCD of the answers; forgotten with the link
        self.mtu = 23
        self.has_exchanged_mtu = False
        self.pending = []
        self.burst_start_ms = 0
        self.burst_writes = 0


class Air:
    """The world: `peripherals`, and what a test may ask about the central."""

    def __init__(self, clock, seed=1):
        self.clock = clock
        self.peripherals = []
        self.connections = []  # live links; one too many is a leaked slot
        self.connects_tried = 0
        self.writes = []  # the last 256 (value handle, is CCCD, bytes) that went to the radio
        self.written = {}  # (is CCCD, bytes) -> how often; at most 256 different ones
        self.irq_exceptions = []  # what escaped the handler, and removed it
        self.port_errno = "esp32"  # or "unix"
        self.active_errnos = []  # what the next calls of active(True) raise, e.g. [5]
        # The lock of a characteristic discovery that a link loss cut short stays taken until
        # active(False): read in modbluetooth_nimble.c, not seen on a board.
        self.discovery_lock_sticks = True
        # modbluetooth.c compares with ENOTCONN before it returns False; where the number has
        # wrapped (-128 for 128) that cannot match. Never seen on a board, so off at first.
        self.gap_disconnect_raises = False
        self._seed = seed
        self._start_ticks = clock.ticks_ms()
        self._start_s10 = clock.uptime_s10()

    def install(self):
        """Make the radio belong to this air; return it."""
        radio = bluetooth.BLE()
        radio.attach(self)
        return radio

    def add(self, peripheral):
        peripheral.air = self
        self.peripherals.append(peripheral)
        return peripheral

    def remove(self, peripheral):
        """Take a battery away; a link to it is lost as by distance."""
        peripheral.in_range = False
        self.peripherals.remove(peripheral)

    def now_ms(self):
        """Return ms since this air began, across the wrap of the ticks."""
        # Uptime says which turn of the ticks it is, the ticks say the millisecond.
        rough_ms = (self.clock.uptime_s10() - self._start_s10) * 100
        rough_ticks = (self._start_ticks + rough_ms) & _TICKS
        return rough_ms + self.clock.ticks_diff(self.clock.ticks_ms(), rough_ticks)

    def random(self, below):
        """Return 0..below-1, the same on every interpreter; small integers only."""
        self._seed = (self._seed * 75 + 74) % 65537
        return self._seed * below // 65537

    def note_write(self, value_handle, is_cccd, data):
        if len(self.writes) >= _WRITES_KEPT:
            self.writes.pop(0)
        self.writes.append((value_handle, is_cccd, data))
        key = (is_cccd, data)
        if key in self.written or len(self.written) < _WRITES_KEPT:
            self.written[key] = self.written.get(key, 0) + 1

    def scan(self, duration_ms, interval_us, window_us, is_active):
        end_ms = self.now_ms() + duration_ms if duration_ms else None
        heard_of_10000 = window_us // 100 * 10000 // (interval_us // 100)
        return Scan(end_ms, heard_of_10000, is_active)

    def attempt(self, addr_type, addr, duration_ms):
        return Attempt(addr_type, addr, self.now_ms() + duration_ms)

    async def run_scan(self, radio, scan):
        now_ms = self.now_ms()
        for peripheral in self.peripherals:
            if peripheral.next_adv_ms <= now_ms:
                peripheral.next_adv_ms = now_ms + self.random(peripheral.adv_interval_ms)
        while radio.scan is scan:
            now_ms = self.now_ms()
            if scan.end_ms is not None and now_ms >= scan.end_ms:
                radio.stop_scan()
                return
            # Look again after a second at the latest: somebody may have added a battery.
            wake_ms = now_ms + 1000
            for peripheral in list(self.peripherals):
                if peripheral.next_adv_ms <= now_ms:
                    # The 0..9 ms are the Bluetooth specification's advDelay.
                    delay_ms = peripheral.adv_interval_ms + self.random(10)
                    peripheral.next_adv_ms = now_ms + delay_ms
                    is_heard = self.random(10000) < scan.heard_of_10000
                    if is_heard and peripheral.is_connectable(now_ms):
                        self._report(radio, scan, peripheral)
                wake_ms = min(wake_ms, peripheral.next_adv_ms)
            if scan.end_ms is not None:
                wake_ms = min(wake_ms, scan.end_ms)
            await self.clock.sleep_ms(wake_ms - now_ms)

    def _report(self, radio, scan, peripheral):
        kinds = (0, 4) if scan.is_active else (0,)
        packets = peripheral.adv_data()
        for kind in kinds:
            # The handler may stop the scan at any report.
            if radio.scan is scan:
                radio.fire(
                    _SCAN_RESULT,
                    peripheral.addr_type,
                    peripheral.address,
                    kind,
                    peripheral.rssi_dbm,
                    packets[kind // 4],
                )

    async def run_connect(self, radio, attempt):
        is_refused = None
        while radio.connecting is attempt:
            now_ms = self.now_ms()
            if now_ms >= attempt.end_ms:
                radio.fail_connect()
                return
            # An unknown address, or the wrong type of the right one, is listened for in vain.
            peripheral = self._listen_for(attempt, now_ms)
            wait_ms = 300
            if peripheral is not None:
                if is_refused is None:
                    faults = peripheral.faults
                    is_refused = faults.strike(
                        faults.refuse_connect or faults.silent_at == "connect"
                    )
                wait_ms = self.random(peripheral.adv_interval_ms) + peripheral.connect_delay_ms
                wait_ms = max(wait_ms, 1)
            is_in_time = now_ms + wait_ms < attempt.end_ms
            await self.clock.sleep_ms(min(wait_ms, attempt.end_ms - now_ms))
            if peripheral is None or is_refused or not is_in_time:
                continue
            if radio.connecting is attempt and peripheral.is_connectable(self.now_ms()):
                self._connect(radio, peripheral)
                return

    def _listen_for(self, attempt, now_ms):
        for peripheral in self.peripherals:
            if peripheral.address == attempt.addr and peripheral.addr_type == attempt.addr_type:
                return peripheral if peripheral.is_connectable(now_ms) else None
        return None

    def _connect(self, radio, peripheral):
        taken = [link.conn_handle for link in self.connections]
        conn_handle = 0
        while conn_handle in taken:
            conn_handle += 1
        hidden = ()
        if peripheral.hidden_links > 0 and peripheral.hidden_uuids:
            peripheral.hidden_links -= 1
            hidden = [bluetooth.UUID(uuid) for uuid in peripheral.hidden_uuids]
        link = Link(conn_handle, peripheral, hidden)
        peripheral.link = link
        self.connections.append(link)
        radio.connecting = None
        radio.fire(_CONNECT, conn_handle, peripheral.addr_type, peripheral.address)
        faults = peripheral.faults
        if faults.strike(faults.drop_at == "connect"):
            self.drop(link)

    def drop(self, link):
        """Let the other side end a link, 1 to 300 ms from now."""
        delay_ms = 1 + self.random(300)
        asyncio.create_task(self.run_drop(bluetooth.BLE(), link, delay_ms))

    def watch_reach(self, link):
        """Begin the supervision timeout of a link whose battery is out of reach."""
        link.peripheral.gone_ms = self.now_ms()
        asyncio.create_task(self._supervise(bluetooth.BLE(), link))

    async def run_drop(self, radio, link, delay_ms):
        await self.clock.sleep_ms(delay_ms)
        radio.lose(link)

    async def _supervise(self, radio, link):
        peripheral = link.peripheral
        await self.clock.sleep_ms(peripheral.supervision_ms)
        gone_for_ms = self.now_ms() - peripheral.gone_ms
        # It may have come back, and even have gone once more since.
        if not peripheral.is_reachable and gone_for_ms >= peripheral.supervision_ms:
            radio.lose(link)

    async def _reach(self, link):
        """Wait while the link layer repeats itself; tell whether the link is still there."""
        while link.is_alive and not link.peripheral.is_reachable:
            await self.clock.sleep_ms(100)
        return link.is_alive

    async def run_procedure(self, radio, link, procedure):
        peripheral = link.peripheral
        faults = peripheral.faults
        if faults.strike(faults.drop_at == procedure.step):
            await self.run_drop(radio, link, peripheral.conn_interval_ms)
            return
        if faults.strike(faults.silent_at == procedure.step):
            await self.clock.sleep_ms(_ATT_TIMEOUT_MS)
            if link.is_alive:
                radio.finish(link, procedure, _TIMED_OUT)
                radio.lose(link)
            return
        # One connection event for the request, the next for the response.
        round_ms = 2 * peripheral.conn_interval_ms
        if procedure.rounds > 1:
            await self.clock.sleep_ms(round_ms * (procedure.rounds - 1))
            if not await self._reach(link):
                return
            self._show_results(radio, link, procedure)
        await self.clock.sleep_ms(round_ms)
        if not await self._reach(link):
            return
        if procedure.rounds == 1:
            self._show_results(radio, link, procedure)
        is_write = procedure.done_event == _WRITE_DONE and procedure.status == 0
        if is_write and procedure.handle == peripheral.cccd_handle:
            link.is_notifying = procedure.written[0] & 1 == 1
        radio.finish(link, procedure, procedure.status)
        if is_write and peripheral.is_request(procedure.handle):
            await self._answer(radio, link, procedure.written)

    def _show_results(self, radio, link, procedure):
        for result in procedure.results:
            if link.is_alive:
                radio.fire(procedure.result_event, link.conn_handle, *result)

    async def run_write(self, radio, link, data):
        """Carry a write without response; nobody hears whether it arrived."""
        faults = link.peripheral.faults
        if faults.strike(faults.drop_at == "write"):
            await self.run_drop(radio, link, link.peripheral.conn_interval_ms)
            return
        await self.clock.sleep_ms(link.peripheral.conn_interval_ms)
        if await self._reach(link) and not faults.strike(faults.silent_at == "write"):
            await self._answer(radio, link, data)

    async def _answer(self, radio, link, data):
        peripheral = link.peripheral
        faults = peripheral.faults
        start_ms = self.now_ms()
        replies = peripheral.battery.reply(data, start_ms)
        if not replies or not link.is_notifying:
            return
        if faults.strike(faults.silent_at == "notify"):
            return
        if faults.strike(faults.drop_at == "notify"):
            await self.run_drop(radio, link, peripheral.conn_interval_ms)
            return
        interval_ms = peripheral.conn_interval_ms
        for delay_ms, frame in faults.spoil(replies, self.random):
            # Notifications leave at connection events. Those of one event arrive back to back:
            # no task runs between them.
            events = max((delay_ms + interval_ms - 1) // interval_ms, 1)
            wait_ms = start_ms + events * interval_ms - self.now_ms()
            if wait_ms > 0:
                await self.clock.sleep_ms(wait_ms)
                if not await self._reach(link):
                    return
            if link.is_alive and link.is_notifying:
                notification = frame[: link.mtu - 3]
                radio.fire(_NOTIFY, link.conn_handle, peripheral.notify_handle, notification)
