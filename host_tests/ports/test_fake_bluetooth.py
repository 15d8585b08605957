"""The fake `bluetooth`: UUIDs, activation, the handler and what dies after it."""

import bluetooth

from host_tests.fakes.air import Air
from host_tests.fakes.clock import FakeClock
from host_tests.ports.ble_bench import (
    ADDRESS,
    C1,
    CHARACTERISTIC_RESULT,
    CONNECT,
    DISCONNECT,
    F0,
    F2,
    NOTIFY,
    SCAN_DONE,
    SCAN_RESULT,
    Bench,
    errno_of,
)
from host_tests.support import raises


def _value_error(fn, *args):
    return str(raises(ValueError, fn, *args))


def test_flags_are_the_specifications_property_bits():
    assert bluetooth.FLAG_READ == 2
    assert bluetooth.FLAG_WRITE_NO_RESPONSE == 4
    assert bluetooth.FLAG_WRITE == 8
    assert bluetooth.FLAG_NOTIFY == 16
    assert bluetooth.FLAG_INDICATE == 32


def test_uuid_of_16_bits_when_printed_shows_four_digits():
    assert repr(bluetooth.UUID(0x2902)) == "UUID(0x2902)"
    assert repr(bluetooth.UUID(b"\x02\x29")) == "UUID(0x2902)"


def test_uuid_of_128_bits_when_printed_comes_back():
    text = "f000ffc0-0451-4000-b000-0123456789AB"
    uuid = bluetooth.UUID(text)
    assert repr(uuid) == "UUID('f000ffc0-0451-4000-b000-0123456789ab')"
    assert bluetooth.UUID(bytes(range(16))) == bluetooth.UUID(
        "0f0e0d0c-0b0a-0908-0706-050403020100"
    )


def test_uuid_when_equal_has_the_same_hash():
    assert bluetooth.UUID(0xFFE1) == bluetooth.UUID(b"\xe1\xff")
    assert hash(bluetooth.UUID(0xFFE1)) == hash(bluetooth.UUID(bluetooth.UUID(0xFFE1)))
    assert bluetooth.UUID(0xFFE1) != bluetooth.UUID(0xFFE2)
    assert bluetooth.UUID(0xFFE1) != 0xFFE1


def test_uuid_when_malformed_is_refused():
    assert _value_error(bluetooth.UUID, 0x10000) == "invalid UUID"
    assert _value_error(bluetooth.UUID, "ffe1") == "UUID too short"
    assert _value_error(bluetooth.UUID, b"\x01\x02\x03") == "invalid UUID"


def test_ble_is_one_object():
    assert bluetooth.BLE() is bluetooth.BLE()
    assert isinstance(bluetooth.BLE(), bluetooth.BLE)


def test_install_when_done_again_forgets_the_radio_before():
    bench = Bench()
    bench.start()
    assert bluetooth.BLE().active() is True
    other = Air(FakeClock())
    other.install()
    assert bluetooth.BLE().active() is False


def test_before_active_every_call_raises_enodev():
    ble = Bench().ble
    assert errno_of(ble.gap_scan, 1000) == 19
    assert errno_of(ble.gap_scan, None) == 19
    assert errno_of(ble.gap_connect, 0, ADDRESS) == 19
    assert errno_of(ble.gap_connect, None) == 19
    assert errno_of(ble.gap_disconnect, 0) == 19
    assert errno_of(ble.gattc_discover_services, 0) == 19
    assert errno_of(ble.gattc_discover_characteristics, 0, 1, 9) == 19
    assert errno_of(ble.gattc_discover_descriptors, 0, 1, 9) == 19
    assert errno_of(ble.gattc_read, 0, 3) == 19
    assert errno_of(ble.gattc_write, 0, 13, C1) == 19
    assert errno_of(ble.gattc_exchange_mtu, 0) == 19
    assert errno_of(ble.config, "mac") == 19


def test_active_when_switched_on_asks_for_secrets_29_and_30():
    bench = Bench()
    bench.ble.irq(bench.on_event)
    assert bench.ble.active(True) is True
    assert bench.codes() == [29, 30]
    bench.ble.active(True)
    assert bench.codes() == [29, 30]


def test_handler_when_it_answers_a_secret_with_no_bytes_is_removed():
    bench = Bench()
    bench.ble.irq(lambda event, args: 1)
    bench.ble.active(True)
    assert [type(exc) for exc in bench.air.irq_exceptions] == [TypeError]


def test_active_when_memory_is_short_raises_what_the_air_says():
    bench = Bench()
    bench.air.active_errnos = [5]
    assert errno_of(bench.ble.active, True) == 5
    assert bench.ble.active() is False
    assert bench.ble.active(True) is True


def test_config_rxbuf_is_unknown_on_the_esp32():
    bench = Bench()
    bench.start()
    assert _value_error(lambda: bench.ble.config(rxbuf=2048)) == "unknown config param"
    assert _value_error(bench.ble.config, "rxbuf") == "unknown config param"


def test_config_tells_what_was_set():
    bench = Bench()
    bench.start()
    assert bench.ble.config("mtu") == 256
    bench.ble.config(mtu=128, gap_name=b"bridge")
    assert bench.ble.config("mtu") == 128
    assert bench.ble.config("gap_name") == b"bridge"
    assert len(bench.ble.config("mac")[1]) == 6


def test_irq_when_given_no_function_is_refused():
    assert _value_error(Bench().ble.irq, 5) == "invalid handler"


def test_arguments_memoryviews_and_uuid_live_only_during_the_call():
    bench = Bench()
    kept = []

    def careless(event, args):
        if event == CHARACTERISTIC_RESULT:
            kept.append((args, args[4], bluetooth.UUID(args[4])))
        elif event in (CONNECT, NOTIFY):
            kept.append((args, args[2], bytes(args[2])))

    async def steps(bench):
        await bench.subscribe()
        bench.ble.irq(careless)
        bench.ble.gattc_discover_characteristics(0, 11, 16)
        await bench.sleep(500)
        bench.ble.gattc_write(0, 13, C1)
        await bench.sleep(500)

    bench.run(steps)
    (_, ffe2, ffe2_copy), (_, ffe1, ffe1_copy), (args, frame, frame_copy), _ = kept
    assert ffe2_copy == bluetooth.UUID(0xFFE2) and ffe1_copy == bluetooth.UUID(0xFFE1)
    assert ffe2 is ffe1 and ffe1 == bluetooth.UUID(0xDDDD)
    assert frame_copy == F0
    assert bytes(frame) == b"\xdd" * 20
    assert len(args) == 0


def test_memoryview_when_an_event_comes_inside_the_handler_stays_valid_till_its_end():
    bench = Bench()
    seen = []

    def connect_at_once(event, args):
        if event == SCAN_RESULT and not seen:
            addr = args[1]
            bench.ble.gap_connect(args[0], addr)  # SCAN_DONE comes inside
            seen.append(bytes(addr))
        elif event == SCAN_DONE:
            seen.append("done")

    async def steps(bench):
        bench.start()
        bench.ble.irq(connect_at_once)
        bench.ble.gap_scan(2000, 100000, 100000)
        await bench.sleep(1000)

    bench.run(steps)
    assert seen == ["done", ADDRESS]
    assert len(bench.air.connections) == 1


def test_exception_when_it_escapes_the_handler_removes_the_handler_for_ever():
    bench = Bench()
    calls = []

    def broken(event, args):
        calls.append(event)
        raise MemoryError("memory allocation failed")

    async def steps(bench):
        await bench.subscribe()
        bench.ble.irq(broken)
        bench.ble.gattc_write(0, 13, C1)
        await bench.sleep(500)
        assert calls == [NOTIFY]  # the second frame met no handler
        assert [type(exc) for exc in bench.air.irq_exceptions] == [MemoryError]
        bench.ble.gap_disconnect(0)
        await bench.sleep(500)
        assert calls == [NOTIFY]

    bench.run(steps)


def test_irq_when_called_again_brings_the_events_back():
    bench = Bench()

    def broken(event, args):
        raise ValueError

    async def steps(bench):
        await bench.subscribe()
        bench.ble.irq(broken)
        bench.ble.gattc_write(0, 13, C1)
        await bench.sleep(500)
        bench.ble.irq(bench.on_event)
        bench.ble.gattc_write(0, 13, C1)
        await bench.sleep(500)

    bench.run(steps)
    assert bench.got() == [(NOTIFY, (0, 15, F0)), (NOTIFY, (0, 15, F2))]


def test_active_false_while_connected_says_nothing_and_the_peer_hears_of_it_late():
    bench = Bench()

    async def steps(bench):
        await bench.connect()
        bench.ble.active(False)
        bench.ble.active(True)
        bench.events.clear()
        assert bench.air.connections == []
        bench.ble.gap_connect(0, ADDRESS, 2000)
        await bench.sleep(2100)
        assert [code for code, _ in bench.got()] == [DISCONNECT]  # the battery still held on
        bench.ble.gap_connect(0, ADDRESS, 2000)
        await bench.sleep(2100)

    bench.run(steps)
    assert bench.codes() == [DISCONNECT, CONNECT]


def test_active_false_while_connecting_or_scanning_says_nothing():
    bench = Bench()

    async def steps(bench):
        bench.start()
        bench.ble.gap_scan(1000)
        bench.ble.active(False)
        bench.ble.active(True)
        bench.ble.gap_connect(1, ADDRESS, 1000)
        bench.ble.active(False)
        bench.events.clear()
        await bench.sleep(5000)

    bench.run(steps)
    assert bench.got() == []


def test_now_when_the_ticks_wrap_goes_on():
    bench = Bench()

    async def steps(bench):
        assert bench.air.now_ms() == 0
        await bench.sleep(99)
        assert bench.air.now_ms() == 99
        await bench.sleep(13 * 86400000)
        assert bench.air.now_ms() == 13 * 86400000 + 99
        await bench.sleep(20 * 86400000 + 7)
        assert bench.air.now_ms() == 33 * 86400000 + 106

    bench.run(steps)


def test_chance_is_the_same_on_every_interpreter():
    air = Air(FakeClock(), seed=1)
    assert [air.random(10000) for _ in range(5)] == [22, 1716, 8743, 5804, 5383]
