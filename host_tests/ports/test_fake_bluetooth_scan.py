"""The fake `bluetooth`: scanning and advertisements, as NimBLE on MicroPython was seen to do."""

from host_tests.ports.ble_bench import (
    ADDRESS,
    SCAN_DONE,
    SCAN_RESULT,
    Bench,
    errno_of,
)


def _scan(name_in="adv", ms=3000, interval_us=100000, window_us=100000, active=False, before=None):
    """Scan and return the arguments of all SCAN_RESULTs."""
    bench = Bench()
    bench.peripheral.name_in = name_in
    if before:
        before(bench.peripheral)

    async def steps(bench):
        bench.start()
        bench.ble.gap_scan(ms, interval_us, window_us, active)
        await bench.sleep(ms + 100)

    bench.run(steps)
    assert bench.got()[-1] == (SCAN_DONE, ())
    assert bench.events[-1][1] == ms
    return [args for _, args in bench.got(SCAN_RESULT)]


def test_advertisement_of_a_sok_has_the_captured_bytes():
    results = _scan()
    assert 8 <= len(results) <= 10  # every 300 ms and a bit, not de-duplicated
    adv = b"\x02\x01\x06\x03\x03\xf0\xff\x0c\x09SOK-AA20061"
    assert results[0] == (0, ADDRESS, 0, -67, adv)


def test_passive_scan_never_sees_a_scan_response():
    assert {args[2] for args in _scan()} == {0}
    nameless = _scan("scan_response")
    assert {args[4] for args in nameless} == {b"\x02\x01\x06\x03\x03\xf0\xff"}


def test_active_scan_sees_a_scan_response_after_each_advertisement():
    results = _scan("scan_response", active=True)
    assert [args[2] for args in results[:4]] == [0, 4, 0, 4]
    assert results[1] == (0, ADDRESS, 4, -67, b"\x0c\x09SOK-AA20061")


def test_default_interval_and_window_hear_next_to_nothing():
    assert len(_scan(ms=3000, interval_us=1280000, window_us=11250)) == 0
    # 0.87 % of about 1,960 advertisements in ten minutes.
    assert 5 <= len(_scan(ms=600000, interval_us=1280000, window_us=11250)) <= 35


def test_half_a_window_hears_about_half():
    assert 70 <= len(_scan(ms=60000, interval_us=200000, window_us=100000)) <= 130


def test_battery_when_asleep_away_or_held_by_a_phone_is_not_heard():
    def sleep(peripheral):
        peripheral.asleep = True

    def leave(peripheral):
        peripheral.in_range = False

    def hold(peripheral):
        peripheral.held_by_phone = True

    assert _scan(before=sleep) == []
    assert _scan(before=leave) == []
    assert _scan(before=hold) == []


def test_battery_while_connected_does_not_advertise():
    bench = Bench()

    async def steps(bench):
        await bench.connect()
        bench.ble.gap_scan(3000, 100000, 100000)
        await bench.sleep(4000)

    bench.run(steps)
    assert bench.got() == [(SCAN_DONE, ())]


def test_scan_while_scanning_raises_ealready():
    for port, number in (("esp32", 120), ("unix", 114)):
        bench = Bench(port)

        async def steps(bench, number=number):
            bench.start()
            bench.ble.gap_scan(1000)
            assert errno_of(bench.ble.gap_scan, 1000) == number

        bench.run(steps)


def test_scan_while_connecting_raises_ebusy():
    bench = Bench()

    async def steps(bench):
        bench.start()
        bench.ble.gap_connect(0, ADDRESS)
        assert errno_of(bench.ble.gap_scan, 1000) == 16

    bench.run(steps)


def test_scan_when_the_window_is_longer_than_the_interval_is_refused():
    bench = Bench()

    async def steps(bench):
        bench.start()
        assert errno_of(bench.ble.gap_scan, 1000, 30000, 30001) == 22

    bench.run(steps)


def test_scan_none_when_idle_does_nothing():
    bench = Bench()

    async def steps(bench):
        bench.start()
        bench.ble.gap_scan(None)
        await bench.sleep(100)

    bench.run(steps)
    assert bench.got() == []


def test_scan_none_while_scanning_fires_scan_done_inside_the_call_and_once():
    bench = Bench()

    async def steps(bench):
        bench.start()
        bench.ble.gap_scan(0)
        assert bench.got() == []
        bench.ble.gap_scan(None)
        assert bench.got() == [(SCAN_DONE, ())]
        await bench.sleep(5000)

    bench.run(steps)
    assert bench.got() == [(SCAN_DONE, ())]
