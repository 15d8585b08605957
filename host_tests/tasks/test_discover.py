"""Discovery over the real radio port and the strict fake radio."""

import asyncio

from baybridge.battery import link as states
from baybridge.battery.battery import Battery
from baybridge.ports.ble import Central
from baybridge.protocol import abc
from baybridge.protocol.advert import Adverts, names_to_hear, parse_address
from baybridge.protocol.ring import FrameRing
from baybridge.tasks.discover import Discovery
from baybridge.tasks.listen import Listener
from host_tests.fakes.air import Air
from host_tests.fakes.clock import FakeClock
from host_tests.fakes.peripheral import MODBUS_GATT, Peripheral
from host_tests.fakes.scripted import ScriptedBattery

ONE = "d6:6c:0a:62:9b:d6"
TWO = "02:12:34:00:20:61"


class Rig:
    """A radio, what is in the air, and batteries of a configuration."""

    def __init__(self, *places):
        self.clock = FakeClock()
        self.air = Air(self.clock)
        self.air.install()
        hear = names_to_hear(tuple([match for _, match in places]))
        self.central = Central(self.clock, Adverts(hear), 0xFFE0, 0xFFE1, 0xFFE2)
        self.central.start()
        self.listener = Listener(self.central, self.clock)
        self.batteries = []
        for i in range(len(places)):
            id = "house%d" % (i + 1)
            self.batteries.append(Battery(id, "House", 200, abc.REASONS))
        self.discovery = Discovery(self.listener, self.clock, self.batteries, places)
        self.link = self.central.link(abc.requests(), FrameRing())

    def add(self, name, address, rssi_dbm=-67, *gatt):
        peripheral = Peripheral(ScriptedBattery(name=name, address=address), *gatt)
        peripheral.rssi_dbm = rssi_dbm
        self.air.add(peripheral)
        return peripheral

    def run(self, test):
        self.clock.run(test(self))
        assert self.central.irq_errors == 0
        assert not self.central.is_scanning

    def seconds(self):
        return self.clock.uptime_s10() / 10


def test_air_when_full_of_things_then_batteries_by_kind_and_strangers_left_out():
    async def test(rig):
        rig.add("SOK-24V1127", ONE, -60)
        rig.add("SK12V314H0012", "40:d6:3c:00:00:01", -70, MODBUS_GATT)
        rig.add("SK48V100N3900089", "40:d6:3c:00:00:02", -80)
        rig.add("SOK-AA12345", TWO, -90)
        rig.add("SKODA Octavia", "00:00:00:00:00:01", -40)
        assert await rig.discovery.ask() == (
            b'[{"name":"SOK-24V1127","address":"d6:6c:0a:62:9b:d6","address_type":"public",'
            b'"rssi_dbm":-60,"protocol":"abc","configured":true,"battery":"house1","note":null},'
            b'{"name":"SK12V314H0012","address":"40:d6:3c:00:00:01","address_type":"public",'
            b'"rssi_dbm":-70,"protocol":"modbus","configured":false,"battery":null,'
            b'"note":"it speaks SOK\'s other protocol, Modbus, which this bridge does not read"},'
            b'{"name":"SK48V100N3900089","address":"40:d6:3c:00:00:02","address_type":"public",'
            b'"rssi_dbm":-80,"protocol":"unknown","configured":false,"battery":null,'
            b'"note":"nobody has said what a battery of this name speaks; it may not be '
            b'readable"},'
            b'{"name":"SOK-AA12345","address":"02:12:34:00:20:61","address_type":"public",'
            b'"rssi_dbm":-90,"protocol":"abc","configured":false,"battery":null,"note":null}]'
        )
        assert 5.0 <= rig.seconds() <= 5.2
        link = rig.batteries[0].link
        assert (link.rssi_dbm, link.peer_name) == (-60, "SOK-24V1127")

    Rig((ONE, "SOK-")).run(test)


def test_air_when_empty_then_an_empty_list():
    async def test(rig):
        assert await rig.discovery.ask() == b"[]"

    Rig((ONE, "SOK-")).run(test)


def test_battery_when_connected_then_listed_without_a_signal_and_the_link_stays():
    async def test(rig):
        rig.add("SOK-24V1127", ONE)
        rig.add("SOK-AA12345", TWO, -90)
        await rig.link.open(0, parse_address(ONE))
        link = rig.batteries[0].link
        link.state = states.CONNECTED
        link.address = ONE
        link.address_type = "public"
        assert await rig.discovery.ask() == (
            b'[{"name":null,"address":"d6:6c:0a:62:9b:d6","address_type":"public",'
            b'"rssi_dbm":null,"protocol":"abc","configured":true,"battery":"house1",'
            b'"note":"connected to this bridge; it does not advertise meanwhile"},'
            b'{"name":"SOK-AA12345","address":"02:12:34:00:20:61","address_type":"public",'
            b'"rssi_dbm":-90,"protocol":"abc","configured":false,"battery":null,"note":null}]'
        )
        assert rig.link.is_open
        await rig.link.close()

    Rig((None, "SOK-")).run(test)


def test_battery_when_known_by_name_then_any_of_that_name_until_one_was_connected():
    async def test(rig):
        rig.add("My own 1", ONE, -60)
        rig.add("My own 2", TWO, -90)
        got = await rig.discovery.ask()
        assert got.count(b'"battery":"house1"') == 2
        assert got.count(b'"protocol":"unknown"') == 2
        rig.batteries[0].link.address = TWO
        await rig.clock.sleep_ms(11000)
        got = await rig.discovery.ask()
        assert got.count(b'"battery":"house1"') == 1
        assert b'"02:12:34:00:20:61","address_type":"public","rssi_dbm":-90' in got
        assert got.index(b'"battery":null') < got.index(b'"battery":"house1"')

    Rig((None, "My own")).run(test)


def test_battery_when_heard_just_before_it_was_connected_then_listed_once():
    async def test(rig):
        rig.add("SOK-24V1127", ONE)
        rig.batteries[0].link.state = states.CONNECTED
        rig.batteries[0].link.address = ONE
        got = await rig.discovery.ask()
        assert got.count(ONE.encode()) == 1
        assert b"connected to this bridge" in got

    Rig((ONE, "SOK-")).run(test)


def test_others_when_they_have_just_listened_then_listened_anew_and_longer():
    async def test(rig):
        assert await rig.listener.hear(0, 2000) == []
        rig.add("SOK-24V1127", ONE)
        assert b"SOK-24V1127" in await rig.discovery.ask()
        assert 7.0 <= rig.seconds() <= 7.2

    Rig((ONE, "SOK-")).run(test)


def test_two_when_they_ask_at_once_then_one_scan_and_both_get_it():
    async def test(rig):
        rig.add("SOK-24V1127", ONE)
        first = asyncio.create_task(rig.discovery.ask())
        await rig.clock.sleep_ms(2000)
        second = await rig.discovery.ask()
        assert 5.0 <= rig.seconds() <= 5.2
        assert await first is second
        await rig.clock.sleep_ms(9700)
        assert await rig.discovery.ask() is second
        await rig.clock.sleep_ms(400)
        begun_s = rig.seconds()
        assert await rig.discovery.ask() == second
        assert rig.seconds() - begun_s >= 5.0

    Rig((ONE, "SOK-")).run(test)


def test_first_when_it_leaves_then_the_second_still_gets_the_answer():
    async def test(rig):
        rig.add("SOK-24V1127", ONE)
        first = asyncio.create_task(rig.discovery.ask())
        await rig.clock.sleep_ms(2000)
        second = asyncio.create_task(rig.discovery.ask())
        await rig.clock.sleep_ms(1000)
        first.cancel()
        assert b"SOK-24V1127" in await second
        assert 5.0 <= rig.seconds() <= 5.2

    Rig((ONE, "SOK-")).run(test)


def test_radio_when_it_refuses_then_oserror_with_its_sentence_and_the_next_try_is_free():
    async def test(rig):
        rig.add("SOK-24V1127", ONE)
        rig.central.ble.active(False)
        sentence = None
        try:
            await rig.discovery.ask()
        except OSError as exc:
            sentence = str(exc)
        assert sentence.startswith("the radio refused to scan ("), sentence
        rig.central.start()
        assert b"SOK-24V1127" in await rig.discovery.ask()

    Rig((ONE, "SOK-")).run(test)


def test_radio_when_it_is_connecting_then_waited_for_but_not_for_ever():
    async def test(rig):
        rig.add("SOK-24V1127", ONE)
        await rig.central.lock.acquire()
        waiting = asyncio.create_task(rig.discovery.ask())
        await rig.clock.sleep_ms(30000)
        rig.central.lock.release()
        assert b"SOK-24V1127" in await waiting
        await rig.clock.sleep_ms(11000)
        await rig.central.lock.acquire()
        sentence = None
        begun_s = rig.seconds()
        try:
            await rig.discovery.ask()
        except OSError as exc:
            sentence = str(exc)
        assert sentence == "the radio is busy connecting; ask again in a while"
        assert 40.0 <= rig.seconds() - begun_s <= 40.3
        rig.central.lock.release()
        await rig.clock.sleep_ms(6000)
        begun_s = rig.seconds()
        assert b"SOK-24V1127" in await rig.discovery.ask()
        assert rig.seconds() == begun_s, "the scan went on after we left"

    Rig((ONE, "SOK-")).run(test)
