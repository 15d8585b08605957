"""The radio port's handler: no allocation, no exception, nothing mixed up."""

import asyncio

from baybridge.ports.ble import Central
from baybridge.protocol import abc
from baybridge.protocol.advert import Adverts, parse_address
from baybridge.protocol.ring import FrameRing
from host_tests.data import frames
from host_tests.fakes.air import Air
from host_tests.fakes.clock import FakeClock
from host_tests.fakes.peripheral import Peripheral
from host_tests.fakes.scripted import ScriptedBattery
from host_tests.support import raises
from host_tests.upy.heap import allocates

STEPS = ("connect", "services", "characteristics", "descriptors", "cccd")


class Rig:
    def __init__(self, batteries=1):
        self.clock = FakeClock()
        self.air = Air(self.clock)
        self.air.install()
        self.central = Central(self.clock, Adverts((b"SOK-",)), 0xFFE0, 0xFFE1, 0xFFE2)
        self.central.start()
        self.peripherals = []
        self.links = []
        for i in range(batteries):
            battery = ScriptedBattery(address="d6:6c:0a:62:9b:d%d" % i)
            self.peripherals.append(self.air.add(Peripheral(battery)))
            self.links.append(self.central.link(abc.requests(), FrameRing()))

    async def open(self, i=0):
        address = parse_address(self.peripherals[i].battery.address)
        await self.links[i].open(0, address)

    async def open_error(self, i=0):
        """Open and return the failure as (is absent, sentence)."""
        try:
            await self.open(i)
        except self.central.Absent as exc:
            return True, str(exc)
        except (self.central.LinkLost, self.central.Refused) as exc:
            return False, str(exc)
        raise AssertionError("it opened")


def test_handler_allocates_nothing_for_a_notification_and_an_advertisement():
    rig = Rig()
    link = rig.links[0]
    link.handle = 0
    link.notify = 15
    notification = (0, 15, memoryview(frames.A_F0))
    advert = (0, memoryview(bytes(6)), 0, -60, memoryview(b"\x0c\x09SOK-AA01308"))
    on_event = rig.central._on_event
    assert not allocates(on_event, 18, notification)
    assert not allocates(on_event, 5, advert)
    assert not allocates(on_event, 8, (0, 0, memoryview(bytes(6))))
    into = bytearray(20)
    assert not allocates(link.ring.take, into)
    assert bytes(into) == frames.A_F0


def test_handler_never_raises_whatever_it_is_given():
    rig = Rig()
    tried = 0
    for event in range(40):
        for args in ((), (0,), None, (0, 1), ("x", None, 7), (65535, 255, b"")):
            rig.central._on_event(event, args)
            tried += 1
    assert tried == 240
    assert rig.central.irq_errors > 0


def test_notifications_of_a_strange_handle_or_characteristic_are_not_ours():
    rig = Rig()
    link = rig.links[0]
    link.handle = 0
    link.notify = 15
    rig.central._on_event(18, (1, 15, frames.A_F0))
    rig.central._on_event(18, (0, 16, frames.A_F0))
    assert link.ring.take(bytearray(20)) == -1


def test_open_finds_the_handles_and_subscribes():
    rig = Rig()

    async def main():
        await rig.open()
        link = rig.links[0]
        assert (link.write, link.notify, link.cccd) == (0x0D, 0x0F, 0x10)
        assert rig.air.connections[0].is_notifying
        await link.close()
        await rig.clock.sleep_ms(500)
        assert rig.air.connections == []

    rig.clock.run(main())


def test_a_link_dropped_at_any_step_of_open_leaves_nothing_and_opens_again():
    for errno in ("esp32", "unix"):
        for step in STEPS:
            rig = Rig()
            rig.air.port_errno = errno
            rig.air.discovery_lock_sticks = False
            rig.air.gap_disconnect_raises = errno == "esp32"

            async def main(rig=rig, step=step):
                faults = rig.peripherals[0].faults
                faults.drop_at = step
                faults.times = 1
                await rig.open_error()
                assert not rig.links[0].is_open
                await rig.clock.sleep_ms(4000)
                assert rig.air.connections == [], step
                await rig.open()
                assert rig.links[0].is_open

            rig.clock.run(main())


def test_a_step_that_is_never_answered_ends_by_its_deadline():
    for step in STEPS[1:]:
        rig = Rig()

        async def main(rig=rig, step=step):
            rig.peripherals[0].faults.silent_at = step
            start_s10 = rig.clock.uptime_s10()
            absent, sentence = await rig.open_error()
            assert not absent and "not answered within 5 s" in sentence, sentence
            assert rig.clock.uptime_s10() - start_s10 < 100
            await rig.clock.sleep_ms(4000)
            assert rig.air.connections == [], step

        rig.clock.run(main())


def test_an_absent_battery_is_told_within_its_deadline_and_leaves_the_radio_usable():
    rig = Rig(batteries=2)

    async def main():
        rig.peripherals[0].in_range = False
        assert (await rig.open_error(0))[0]
        await rig.open(1)
        assert rig.links[1].is_open

    rig.clock.run(main())


def test_opening_can_be_cancelled_at_any_moment_without_leaking_a_slot():
    cancelled = 0
    for after_ms in range(0, 1400, 50):
        rig = Rig()
        rig.air.discovery_lock_sticks = False

        async def main(rig=rig, after_ms=after_ms):
            task = asyncio.create_task(rig.open())
            await rig.clock.sleep_ms(after_ms)
            task.cancel()
            try:
                await task
            except asyncio.CancelledError:
                pass
            else:
                await rig.links[0].close()
            await rig.clock.sleep_ms(4000)
            assert rig.air.connections == [], after_ms
            await rig.open()

        rig.clock.run(main())
        cancelled += 1
    assert cancelled == 28


def test_a_connect_that_is_given_up_leaves_the_radio_free_at_once():
    rig = Rig(batteries=2)

    async def main():
        rig.peripherals[0].in_range = False
        task = asyncio.create_task(rig.open(0))
        await rig.clock.sleep_ms(500)
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            pass
        # Were the connect still pending, the stack would answer EALREADY.
        await rig.open(1)

    rig.clock.run(main())


def test_four_batteries_are_held_at_once_and_a_fifth_link_is_refused():
    rig = Rig(batteries=4)

    async def main():
        for i in range(4):
            await rig.open(i)
        assert len(rig.air.connections) == 4
        rig.links[2].send(abc.DETAIL)
        await rig.clock.sleep_ms(500)
        assert rig.links[2].ring.take(bytearray(20)) == 20
        assert rig.links[1].ring.take(bytearray(20)) == -1

    rig.clock.run(main())
    raises(ValueError, rig.central.link, abc.requests(), FrameRing())


def test_sending_on_a_dead_link_is_link_lost():
    rig = Rig()

    async def main():
        await rig.open()
        rig.peripherals[0].kick()
        await rig.clock.sleep_ms(1000)
        raises(rig.central.LinkLost, rig.links[0].send, abc.STATUS)

    rig.clock.run(main())


def test_a_connection_that_comes_after_we_gave_up_is_closed():
    rig = Rig()

    async def main():
        await rig.open()
        link = rig.links[0]
        handle = link.handle
        # As if the stack had said CONNECT only after the deadline.
        link.handle = -1
        rig.central.dialing = None
        rig.central._on_event(7, (handle, 0, bytes(6)))
        await rig.clock.sleep_ms(1000)
        assert rig.air.connections == []

    rig.clock.run(main())


def test_restart_frees_a_discovery_lock_that_sticks():
    rig = Rig()

    async def main():
        faults = rig.peripherals[0].faults
        faults.drop_at = "characteristics"
        faults.times = 1
        await rig.open_error()
        await rig.clock.sleep_ms(4000)
        assert "could not start" in (await rig.open_error())[1]
        await rig.central.restart()
        await rig.clock.sleep_ms(4000)
        await rig.open()

    rig.clock.run(main())


def test_scanning_twice_at_once_waits_instead_of_failing():
    rig = Rig()

    async def main():
        one = asyncio.create_task(rig.central.scan(2000))
        await rig.central.scan(2000)
        await one
        assert [name for name, _, _, _ in rig.central.adverts.heard()] == ["SOK-24V1127"]

    rig.clock.run(main())
