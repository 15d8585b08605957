"""The fake `bluetooth`: discovery, as NimBLE was seen to do it."""

import bluetooth

from host_tests.fakes.peripheral import MODBUS_GATT
from host_tests.ports.ble_bench import (
    ADDRESS,
    CHARACTERISTIC_DONE,
    CHARACTERISTIC_RESULT,
    DESCRIPTOR_DONE,
    DESCRIPTOR_RESULT,
    DISCONNECT,
    SERVICE_DONE,
    SERVICE_RESULT,
    WRITE_DONE,
    Bench,
    ask,
    errno_of,
)

UUID = bluetooth.UUID


def test_services_of_a_sok_are_those_of_the_captures():
    assert ask("gattc_discover_services") == [
        (SERVICE_RESULT, (0, 1, 5, UUID(0x1800))),
        (SERVICE_RESULT, (0, 11, 16, UUID(0xFFE0))),
        (SERVICE_RESULT, (0, 17, 21, UUID(0x180A))),
        (SERVICE_RESULT, (0, 22, 25, UUID(0x180F))),
        (SERVICE_RESULT, (0, 26, 28, UUID("f000ffc0-0451-4000-b000-000000000000"))),
        (SERVICE_DONE, (0, 0)),
    ]


def test_service_by_uuid_is_the_one_asked_for():
    assert ask("gattc_discover_services", UUID(0xFFE0)) == [
        (SERVICE_RESULT, (0, 11, 16, UUID(0xFFE0))),
        (SERVICE_DONE, (0, 0)),
    ]


def test_missing_service_is_done_0_with_no_result():
    # The advertised one: it lies.
    assert ask("gattc_discover_services", UUID(0xFFF0)) == [(SERVICE_DONE, (0, 0))]


def test_characteristics_come_with_their_end_value_and_flags():
    assert ask("gattc_discover_characteristics", 11, 16) == [
        (CHARACTERISTIC_RESULT, (0, 13, 13, 4, UUID(0xFFE2))),
        (CHARACTERISTIC_RESULT, (0, 16, 15, 16, UUID(0xFFE1))),
        (CHARACTERISTIC_DONE, (0, 0)),
    ]


def test_characteristic_by_uuid_lasts_to_the_end_of_the_range():
    assert ask("gattc_discover_characteristics", 11, 16, UUID(0xFFE2)) == [
        (CHARACTERISTIC_RESULT, (0, 16, 13, 4, UUID(0xFFE2))),
        (CHARACTERISTIC_DONE, (0, 0)),
    ]


def test_descriptors_begin_behind_the_value_handle():
    assert ask("gattc_discover_descriptors", 15, 16) == [
        (DESCRIPTOR_RESULT, (0, 16, UUID(0x2902))),
        (DESCRIPTOR_DONE, (0, 0)),
    ]


def test_descriptors_of_too_wide_a_range_are_everybodys():
    got = ask("gattc_discover_descriptors", 13, 16)
    found = [(args[1], args[2]) for _, args in got[:-1]]
    assert found == [(14, UUID(0x2803)), (15, UUID(0xFFE1)), (16, UUID(0x2902))]


def test_ranges_that_are_empty_are_refused():
    bench = Bench()

    async def steps(bench):
        await bench.connect()
        assert errno_of(bench.ble.gattc_discover_descriptors, 0, 16, 16) == 22
        assert errno_of(bench.ble.gattc_discover_characteristics, 0, 16, 11) == 22

    bench.run(steps)


def test_second_characteristic_discovery_while_one_runs_raises_ebusy():
    bench = Bench()

    async def steps(bench):
        await bench.connect()
        bench.ble.gattc_discover_characteristics(0, 11, 16)
        assert errno_of(bench.ble.gattc_discover_characteristics, 0, 17, 21) == 16
        await bench.sleep(1000)
        bench.ble.gattc_discover_characteristics(0, 17, 21)

    bench.run(steps)


def _discover_over_a_link_loss(sticks):
    """Return the errno of a discovery on the link after one that was cut in the middle."""
    bench = Bench()
    bench.air.discovery_lock_sticks = sticks
    bench.peripheral.faults.drop_at = "characteristics"
    bench.peripheral.faults.times = 1
    found = []

    async def steps(bench):
        await bench.connect()
        bench.ble.gattc_discover_characteristics(0, 11, 16)
        await bench.sleep(1000)
        assert bench.got() == [(CHARACTERISTIC_DONE, (0, 7)), (DISCONNECT, (0, 0, ADDRESS))]
        bench.ble.gap_connect(0, ADDRESS)
        await bench.sleep(1000)
        found.append(errno_of(bench.ble.gattc_discover_characteristics, 0, 11, 16))
        bench.ble.active(False)
        bench.ble.active(True)
        await bench.sleep(3000)
        bench.ble.gap_connect(0, ADDRESS)
        await bench.sleep(1000)
        found.append(errno_of(bench.ble.gattc_discover_characteristics, 0, 11, 16))

    bench.run(steps)
    return found


def test_discovery_lock_after_a_disconnect_in_the_middle_stays_until_active_again():
    assert _discover_over_a_link_loss(True) == [16, None]
    assert _discover_over_a_link_loss(False) == [None, None]


def test_characteristic_missing_on_the_first_link_is_there_on_the_second():
    bench = Bench()
    bench.peripheral.hidden_uuids = (0xFFE1,)

    async def steps(bench):
        await bench.connect()
        bench.ble.gattc_discover_characteristics(0, 11, 16)
        await bench.sleep(1000)
        assert [args[4] for _, args in bench.got(CHARACTERISTIC_RESULT)] == [UUID(0xFFE2)]
        bench.ble.gap_disconnect(0)
        await bench.sleep(1000)
        bench.events.clear()
        bench.ble.gap_connect(0, ADDRESS)
        await bench.sleep(1000)
        bench.ble.gattc_discover_characteristics(0, 11, 16)
        await bench.sleep(1000)

    bench.run(steps)
    assert len(bench.got(CHARACTERISTIC_RESULT)) == 2


def test_modbus_look_alike_has_fff1_and_fff2_only():
    bench = Bench()
    bench.peripheral.set_gatt(MODBUS_GATT)
    got = ask("gattc_discover_characteristics", 6, 0xFFFF, bench=bench)
    assert got[:2] == [
        (CHARACTERISTIC_RESULT, (0, 14, 13, 16, UUID(0xFFF1))),
        (CHARACTERISTIC_RESULT, (0, 17, 16, 12, UUID(0xFFF2))),
    ]


def test_discovery_and_cccd_take_800_ms():
    bench = Bench()

    async def wait_for(bench, code):
        while code not in bench.codes():
            await bench.sleep(1)

    async def steps(bench):
        await bench.connect()
        start_ms = bench.air.now_ms()
        bench.ble.gattc_discover_services(0, UUID(0xFFE0))
        await wait_for(bench, SERVICE_DONE)
        bench.ble.gattc_discover_characteristics(0, 11, 16)
        await wait_for(bench, CHARACTERISTIC_DONE)
        bench.ble.gattc_discover_descriptors(0, 15, 16)
        await wait_for(bench, DESCRIPTOR_DONE)
        bench.ble.gattc_write(0, 16, b"\x01\x00", 1)
        await wait_for(bench, WRITE_DONE)
        assert 800 <= bench.air.now_ms() - start_ms <= 1000

    bench.run(steps)
