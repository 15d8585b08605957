"""The fake `bluetooth`: reads, writes and notifications, as NimBLE was seen to do."""

from host_tests.fakes.peripheral import MODBUS_GATT
from host_tests.ports.ble_bench import (
    ADDRESS,
    C1,
    F0,
    F2,
    MTU_EXCHANGED,
    NOTIFY,
    READ_DONE,
    READ_RESULT,
    WRITE_DONE,
    Bench,
    ask,
    errno_of,
)


def test_unknown_attribute_handle_is_done_257():
    assert ask("gattc_read", 99) == [(READ_DONE, (0, 99, 257))]
    assert ask("gattc_write", 99, b"x", 1) == [(WRITE_DONE, (0, 99, 257))]
    assert ask("gattc_write", 99, b"x", 0) == []


def test_read_gives_the_value_and_done_or_an_att_error():
    bench = Bench()
    bench.peripheral.values[0x13] = b"BEKEN SAS"
    assert ask("gattc_read", 0x13, bench=bench) == [
        (READ_RESULT, (0, 19, b"BEKEN SAS")),
        (READ_DONE, (0, 19, 0)),
    ]
    assert ask("gattc_read", 0x0D) == [(READ_DONE, (0, 13, 258))]


def test_write_with_response_to_ffe2_is_refused_by_this_firmware():
    bench = Bench()
    assert ask("gattc_write", 13, C1, 1, bench=bench) == [(WRITE_DONE, (0, 13, 259))]
    assert bench.battery.heard == []


def test_write_without_response_to_another_characteristic_is_lost_silently():
    firmware_update = Bench()
    assert ask("gattc_write", 0x1C, C1, bench=firmware_update) == []
    assert firmware_update.battery.heard == []
    with_response_only = Bench()
    pair = ((0xFFE2, 12, 13, 8, ()), (0xFFE1, 14, 15, 16, ((0x2902, 16),)))
    with_response_only.peripheral.set_gatt(((0xFFE0, 11, 16, pair),))
    assert ask("gattc_write", 13, C1, bench=with_response_only) == []
    assert with_response_only.battery.heard == []


def test_write_with_response_is_done_before_the_notifications_it_causes():
    bench = Bench()
    bench.peripheral.set_gatt(MODBUS_GATT)

    async def steps(bench):
        await bench.connect()
        bench.ble.gattc_write(0, 14, b"\x01\x00", 1)
        await bench.sleep(200)
        bench.events.clear()
        bench.ble.gattc_write(0, 16, C1, 1)
        await bench.sleep(500)

    bench.run(steps)
    assert bench.got() == [
        (WRITE_DONE, (0, 16, 0)),
        (NOTIFY, (0, 13, F0)),
        (NOTIFY, (0, 13, F2)),
    ]


def test_write_without_response_has_no_done_and_takes_about_100_ms():
    bench = Bench()

    async def steps(bench):
        await bench.subscribe()
        start_ms = bench.air.now_ms()
        bench.ble.gattc_write(0, 13, C1)
        await bench.sleep(500)
        assert bench.events == [
            (NOTIFY, start_ms + 100, (0, 15, F0)),
            (NOTIFY, start_ms + 100, (0, 15, F2)),
        ]
        assert bench.battery.heard == [(start_ms + 50, C1)]

    bench.run(steps)


def test_notifications_of_one_event_come_back_to_back_before_any_task_runs():
    bench = Bench()
    bench.battery.replies = [(10, F0), (40, F2), (60, F0)]

    async def steps(bench):
        await bench.subscribe()
        bench.ble.gattc_write(0, 13, C1)
        while not bench.events:
            await bench.sleep(1)
        assert bench.got() == [(NOTIFY, (0, 15, F0)), (NOTIFY, (0, 15, F2))]
        await bench.sleep(200)

    bench.run(steps)
    assert len(bench.events) == 3
    assert bench.events[2][1] - bench.events[1][1] == 50


def test_without_the_cccd_the_battery_takes_commands_and_says_nothing():
    bench = Bench()
    assert ask("gattc_write", 13, C1, bench=bench) == []
    assert [request for _, request in bench.battery.heard] == [C1]


def test_cccd_is_forgotten_with_the_link():
    bench = Bench()

    async def steps(bench):
        await bench.subscribe()
        bench.ble.gap_disconnect(0)
        await bench.sleep(500)
        bench.ble.gap_connect(0, ADDRESS)
        await bench.sleep(1000)
        bench.ble.gattc_write(0, 13, C1)
        await bench.sleep(500)

    bench.run(steps)
    assert bench.got(NOTIFY) == []


def test_cccd_of_another_characteristic_or_without_response_or_of_one_byte_subscribes_nothing():
    bench = Bench()

    async def steps(bench):
        await bench.connect()
        bench.ble.gattc_write(0, 0x19, b"\x01\x00", 1)
        bench.ble.gattc_write(0, 0x10, b"\x01\x00", 0)
        bench.ble.gattc_write(0, 0x10, b"\x01", 1)
        await bench.sleep(500)
        assert bench.got() == [(WRITE_DONE, (0, 0x19, 0)), (WRITE_DONE, (0, 0x10, 0x10D))]
        bench.ble.gattc_write(0, 13, C1)
        await bench.sleep(500)

    bench.run(steps)
    assert bench.got(NOTIFY) == []


def test_fifth_write_without_response_in_one_interval_raises_enomem():
    bench = Bench()

    async def steps(bench):
        await bench.subscribe()
        for _ in range(4):
            bench.ble.gattc_write(0, 13, C1)
        assert errno_of(bench.ble.gattc_write, 0, 13, C1) == 12
        await bench.sleep(50)
        bench.ble.gattc_write(0, 13, C1)
        await bench.sleep(500)

    bench.run(steps)
    assert len(bench.battery.heard) == 5


def test_fifth_procedure_in_flight_raises_enomem():
    bench = Bench()

    async def steps(bench):
        await bench.connect()
        for _ in range(4):
            bench.ble.gattc_read(0, 3)
        assert errno_of(bench.ble.gattc_read, 0, 3) == 12
        await bench.sleep(1000)
        bench.ble.gattc_read(0, 3)

    bench.run(steps)


def test_write_longer_than_the_mtu_is_cut_to_20_bytes():
    bench = Bench()
    ask("gattc_write", 13, bytes(range(30)), bench=bench)
    assert [request for _, request in bench.battery.heard] == [bytes(range(20))]


def test_notification_longer_than_the_mtu_is_cut_to_20_bytes():
    bench = Bench()
    bench.battery.replies = [(0, bytes(range(40)))]

    async def steps(bench):
        await bench.subscribe()
        bench.ble.gattc_write(0, 13, C1)
        await bench.sleep(500)

    bench.run(steps)
    assert bench.got() == [(NOTIFY, (0, 15, bytes(range(20))))]


def test_mtu_exchange_happens_only_when_asked_for_and_once():
    bench = Bench()
    bench.peripheral.mtu = 247

    async def steps(bench):
        await bench.connect()
        await bench.sleep(5000)
        assert bench.got() == []
        bench.ble.gattc_exchange_mtu(0)
        await bench.sleep(500)
        assert bench.got() == [(MTU_EXCHANGED, (0, 247))]
        assert errno_of(bench.ble.gattc_exchange_mtu, 0) == 120

    bench.run(steps)


def test_every_write_that_reaches_the_radio_is_noted():
    bench = Bench()

    async def steps(bench):
        await bench.subscribe()
        for _ in range(300):
            bench.ble.gattc_write(0, 13, C1)
            await bench.sleep(50)

    bench.run(steps)
    assert bench.air.writes == [(13, False, C1)] * 256
    assert bench.air.written == {(True, b"\x01\x00"): 1, (False, C1): 300}
