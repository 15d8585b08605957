"""The fake `bluetooth`: connecting, links and their end, as NimBLE was seen to do."""

from host_tests.fakes.air import Peripheral
from host_tests.ports.ble_bench import (
    ADDRESS,
    C1,
    CONNECT,
    DISCONNECT,
    NO_PEER,
    SCAN_DONE,
    SERVICE_DONE,
    WRITE_DONE,
    Battery,
    Bench,
    errno_of,
)
from host_tests.support import raises


def test_connect_while_scanning_stops_the_scan_first():
    bench = Bench()

    async def steps(bench):
        bench.start()
        bench.ble.gap_scan(60000)
        bench.ble.gap_connect(0, ADDRESS)
        assert bench.got() == [(SCAN_DONE, ())]
        await bench.sleep(2000)

    bench.run(steps)
    assert bench.got() == [(SCAN_DONE, ()), (CONNECT, (0, 0, ADDRESS))]


def test_connect_while_connecting_raises_ealready():
    for port, number in (("esp32", 120), ("unix", 114)):
        bench = Bench(port)

        async def steps(bench, number=number):
            bench.start()
            bench.ble.gap_connect(0, ADDRESS)
            assert errno_of(bench.ble.gap_connect, 0, ADDRESS) == number

        bench.run(steps)
        assert bench.air.connects_tried == 1


def test_connect_to_a_connected_peer_raises_5():
    bench = Bench()

    async def steps(bench):
        await bench.connect()
        assert errno_of(bench.ble.gap_connect, 0, ADDRESS) == 5

    bench.run(steps)


def test_connect_none_fires_the_failure_inside_the_call_and_once():
    bench = Bench()

    async def steps(bench):
        bench.start()
        bench.ble.gap_connect(0, ADDRESS)
        bench.ble.gap_connect(None)
        assert bench.got() == [(DISCONNECT, NO_PEER)]
        await bench.sleep(5000)

    bench.run(steps)
    assert bench.got() == [(DISCONNECT, NO_PEER)]
    assert bench.air.connections == []


def test_connect_none_when_idle_raises_ealready():
    bench = Bench()
    bench.start()
    assert errno_of(bench.ble.gap_connect, None) == 120


def test_connect_when_the_address_type_is_wrong_times_out_after_2_s():
    bench = Bench()

    async def steps(bench):
        bench.start()
        bench.ble.gap_connect(1, ADDRESS)
        await bench.sleep(10000)

    bench.run(steps)
    assert bench.events == [(DISCONNECT, 2000, NO_PEER)]


def test_connect_to_nobody_times_out_after_the_duration():
    bench = Bench()

    async def steps(bench):
        bench.start()
        bench.ble.gap_connect(0, b"\x00\x01\x02\x03\x04\x05", 700)
        await bench.sleep(10000)

    bench.run(steps)
    assert bench.events == [(DISCONNECT, 700, NO_PEER)]


def test_connect_to_an_address_of_five_bytes_is_refused():
    bench = Bench()
    bench.start()
    exc = raises(ValueError, bench.ble.gap_connect, 0, b"\x00\x01\x02\x03\x04")
    assert str(exc) == "invalid addr"
    assert bench.air.connects_tried == 0


def test_connect_from_inside_the_disconnect_handler_works():
    bench = Bench()

    def again(event, args):
        bench.on_event(event, args)
        if event == DISCONNECT:
            bench.ble.gap_connect(0, ADDRESS)

    async def steps(bench):
        await bench.connect()
        bench.ble.irq(again)
        bench.peripheral.kick()
        await bench.sleep(2000)

    bench.run(steps)
    assert bench.codes() == [DISCONNECT, CONNECT]
    assert bench.air.irq_exceptions == []


def test_connect_when_four_links_are_up_raises_enomem():
    bench = Bench()
    for number in range(62, 66):
        bench.air.add(Peripheral(Battery(number)))

    async def steps(bench):
        bench.start()
        for peripheral in bench.air.peripherals[:4]:
            bench.ble.gap_connect(0, peripheral.address)
            await bench.sleep(1000)
        assert [args[0] for _, args in bench.got(CONNECT)] == [0, 1, 2, 3]
        assert errno_of(bench.ble.gap_connect, 0, bench.air.peripherals[4].address) == 12
        # A handle is used again as soon as it is free.
        bench.ble.gap_disconnect(1)
        await bench.sleep(1000)
        bench.ble.gap_connect(0, bench.air.peripherals[4].address)
        await bench.sleep(1000)

    bench.run(steps)
    assert bench.got()[-1][1][0] == 1


def test_link_that_fails_at_once_is_connect_then_disconnect_with_the_real_handle():
    bench = Bench()
    bench.peripheral.faults.drop_at = "connect"

    async def steps(bench):
        bench.start()
        bench.ble.gap_connect(0, ADDRESS)
        await bench.sleep(2000)

    bench.run(steps)
    assert bench.got() == [(CONNECT, (0, 0, ADDRESS)), (DISCONNECT, (0, 0, ADDRESS))]
    assert 1 <= bench.events[1][1] - bench.events[0][1] <= 300


def test_link_loss_with_an_operation_pending_fires_done_7_before_disconnect():
    bench = Bench()

    async def steps(bench):
        await bench.connect()
        bench.peripheral.in_range = False
        bench.ble.gattc_discover_services(0)
        bench.ble.gattc_write(0, 16, b"\x01\x00", 1)
        await bench.sleep(3000)

    bench.run(steps)
    assert bench.got() == [
        (SERVICE_DONE, (0, 7)),
        (WRITE_DONE, (0, 16, 7)),
        (DISCONNECT, (0, 0, ADDRESS)),
    ]


def test_link_out_of_range_is_lost_after_the_supervision_timeout():
    bench = Bench()

    async def steps(bench):
        await bench.connect()
        left_ms = bench.air.now_ms()
        bench.peripheral.in_range = False
        await bench.sleep(5000)
        assert bench.events == [(DISCONNECT, left_ms + 2560, (0, 0, ADDRESS))]

    bench.run(steps)


def test_link_out_of_range_for_a_moment_survives_and_answers_late():
    bench = Bench()

    async def steps(bench):
        await bench.subscribe()
        bench.peripheral.away(100, 2000)
        await bench.sleep(500)
        bench.ble.gattc_write(0, 13, C1)
        await bench.sleep(1000)
        assert bench.got() == []
        await bench.sleep(5000)

    bench.run(steps)
    assert [code for code, _ in bench.got()] == [18, 18]
    assert len(bench.air.connections) == 1


def test_link_out_of_range_twice_counts_the_timeout_from_the_second_time():
    bench = Bench()

    async def steps(bench):
        await bench.connect()
        start_ms = bench.air.now_ms()
        bench.peripheral.away(0, 1000)
        bench.peripheral.away(2000, 9000)
        await bench.sleep(9000)
        assert bench.events == [(DISCONNECT, start_ms + 4560, (0, 0, ADDRESS))]

    bench.run(steps)


def test_battery_when_removed_is_lost_like_one_out_of_range():
    bench = Bench()

    async def steps(bench):
        await bench.connect()
        bench.air.remove(bench.peripheral)
        await bench.sleep(3000)

    bench.run(steps)
    assert bench.got() == [(DISCONNECT, (0, 0, ADDRESS))]
    assert bench.air.connections == []


def test_disconnect_comes_after_the_call_and_with_the_real_handle():
    bench = Bench()

    async def steps(bench):
        await bench.connect()
        assert bench.ble.gap_disconnect(0) is True
        assert bench.got() == []
        assert errno_of(bench.ble.gap_disconnect, 0) == 120
        await bench.sleep(100)

    bench.run(steps)
    assert bench.got() == [(DISCONNECT, (0, 0, ADDRESS))]
    assert bench.air.connections == []


def test_dead_handle_raises_enotconn_and_gap_disconnect_returns_false():
    for port, number in (("esp32", -128), ("unix", 107)):
        bench = Bench(port)
        bench.start()
        ble = bench.ble
        assert errno_of(ble.gattc_write, 0, 13, C1) == number
        assert errno_of(ble.gattc_write, 0, 16, b"\x01\x00", 1) == number
        assert errno_of(ble.gattc_discover_services, 0) == number
        assert errno_of(ble.gattc_discover_characteristics, 0, 11, 16) == number
        assert errno_of(ble.gattc_discover_descriptors, 0, 15, 16) == number
        assert errno_of(ble.gattc_read, 0, 3) == number
        assert errno_of(ble.gattc_exchange_mtu, 0) == number
        assert ble.gap_disconnect(0) is False
        bench.air.gap_disconnect_raises = True
        assert errno_of(ble.gap_disconnect, 0) == number
        assert bench.air.writes == []
