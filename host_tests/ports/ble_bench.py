"""A central with one battery in the air, and everything the handler was told."""

import bluetooth

from host_tests.fakes.air import Air, Peripheral
from host_tests.fakes.clock import FakeClock

SCAN_RESULT, SCAN_DONE, CONNECT, DISCONNECT = 5, 6, 7, 8
SERVICE_RESULT, SERVICE_DONE, CHARACTERISTIC_RESULT, CHARACTERISTIC_DONE = 9, 10, 11, 12
DESCRIPTOR_RESULT, DESCRIPTOR_DONE, READ_RESULT, READ_DONE = 13, 14, 15, 16
WRITE_DONE, NOTIFY, MTU_EXCHANGED = 17, 18, 21
NO_PEER = (0xFFFF, 0xFF, b"\x00\x00\x00\x00\x00\x00")
ADDRESS = b"\x02\x12\x34\x00\x20\x61"
C1 = b"\xee\xc1\x00\x00\x00\xce"
F0 = b"\xcc\xf0" + bytes(18)
F2 = b"\xcc\xf2" + bytes(18)


class Battery:
    """Answers C1 with F0 and F2, at once and in one connection event."""

    def __init__(self, number=61):
        self.name = "SOK-AA200%02d" % number
        self.address = "02:12:34:00:20:%02d" % number
        self.addr_type = 0
        self.replies = [(0, F0), (0, F2)]
        self.heard = []

    def reply(self, request, now_ms):
        self.heard.append((now_ms, request))
        return self.replies


class Bench:
    """The pieces, and steps to get somewhere."""

    def __init__(self, port_errno="esp32"):
        self.clock = FakeClock()
        self.air = Air(self.clock)
        self.air.port_errno = port_errno
        self.ble = self.air.install()
        self.battery = Battery()
        self.peripheral = self.air.add(Peripheral(self.battery))
        self.events = []

    def on_event(self, event, args):
        """Keep (event, ms, arguments that outlive the call)."""
        kept = []
        for arg in args:
            if isinstance(arg, memoryview):
                arg = bytes(arg)
            elif isinstance(arg, bluetooth.UUID):
                arg = bluetooth.UUID(arg)
            kept.append(arg)
        self.events.append((event, self.air.now_ms(), tuple(kept)))

    def start(self):
        self.ble.irq(self.on_event)
        self.ble.active(True)
        self.events.clear()

    def got(self, *wanted):
        """Return the events so far without their times; only these codes if some are named."""
        return [(code, args) for code, _, args in self.events if not wanted or code in wanted]

    def codes(self):
        return [code for code, _, _ in self.events]

    async def sleep(self, ms):
        await self.clock.sleep_ms(ms)

    async def connect(self):
        self.start()
        self.ble.gap_connect(0, ADDRESS)
        await self.sleep(1000)
        assert self.got() == [(CONNECT, (0, 0, ADDRESS))]
        self.events.clear()

    async def subscribe(self):
        await self.connect()
        self.ble.gattc_write(0, 0x10, b"\x01\x00", 1)
        await self.sleep(200)
        assert self.got() == [(WRITE_DONE, (0, 0x10, 0))]
        self.events.clear()

    def run(self, steps):
        """Run steps(bench) on this bench's clock."""
        self.clock.run(steps(self))


def ask(call, *args, bench=None):
    """Connect, make one call and return what came back."""
    bench = bench or Bench()

    async def steps(bench):
        await bench.connect()
        getattr(bench.ble, call)(0, *args)
        assert bench.got() == []
        await bench.sleep(1000)

    bench.run(steps)
    assert bench.air.irq_exceptions == []
    return bench.got()


def errno_of(fn, *args):
    """Return the number of the OSError that fn(*args) raises, None if it raises none."""
    try:
        fn(*args)
    except OSError as exc:
        return exc.args[0]
    return None
