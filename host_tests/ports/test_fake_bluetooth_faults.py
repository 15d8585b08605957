"""The fake `bluetooth`: what a test can make go wrong on demand (Peripheral.faults)."""

from host_tests.ports.ble_bench import (
    ADDRESS,
    C1,
    CHARACTERISTIC_DONE,
    CONNECT,
    DESCRIPTOR_DONE,
    DISCONNECT,
    F0,
    F2,
    NO_PEER,
    SERVICE_DONE,
    WRITE_DONE,
    Bench,
    ask,
)

GONE = (DISCONNECT, (0, 0, ADDRESS))


def _request(step, **faults):
    """Connect, subscribe, set the faults, do the step; return (bench, what came back)."""
    bench = Bench()

    async def steps(bench):
        await bench.subscribe()
        for name in faults:
            assert hasattr(bench.peripheral.faults, name)
            setattr(bench.peripheral.faults, name, faults[name])
        if step == "services":
            bench.ble.gattc_discover_services(0)
        elif step == "characteristics":
            bench.ble.gattc_discover_characteristics(0, 11, 16)
        elif step == "descriptors":
            bench.ble.gattc_discover_descriptors(0, 15, 16)
        elif step == "cccd":
            bench.ble.gattc_write(0, 16, b"\x01\x00", 1)
        else:
            bench.ble.gattc_write(0, 13, C1)
        await bench.sleep(60000)

    bench.run(steps)
    return bench, bench.got()


def _frames(**faults):
    """Return the notifications that C1 brings."""
    return [args[2] for _, args in _request("write", **faults)[1]]


def test_drop_when_a_step_begins_ends_it_with_7_and_the_link():
    assert _request("services", drop_at="services")[1] == [(SERVICE_DONE, (0, 7)), GONE]
    assert _request("characteristics", drop_at="characteristics")[1] == [
        (CHARACTERISTIC_DONE, (0, 7)),
        GONE,
    ]
    assert _request("descriptors", drop_at="descriptors")[1] == [(DESCRIPTOR_DONE, (0, 7)), GONE]
    assert _request("cccd", drop_at="cccd")[1] == [(WRITE_DONE, (0, 16, 7)), GONE]
    assert _request("write", drop_at="write")[1] == [GONE]
    assert _request("write", drop_at="notify")[1] == [GONE]


def test_drop_at_notify_lets_the_battery_hear_and_drop_at_write_does_not():
    assert len(_request("write", drop_at="notify")[0].battery.heard) == 1
    assert len(_request("write", drop_at="write")[0].battery.heard) == 0


def test_request_that_is_never_answered_ends_after_30_s_with_the_link():
    bench, got = _request("services", silent_at="services")
    assert got == [(SERVICE_DONE, (0, 13)), GONE]
    assert bench.events[0][1] == bench.events[1][1]
    _, got = _request("cccd", silent_at="cccd")
    assert got == [(WRITE_DONE, (0, 16, 13)), GONE]


def test_write_or_notification_that_is_swallowed_keeps_the_link():
    assert _request("write", silent_at="write")[1] == []
    assert _request("write", silent_at="notify")[1] == []


def test_frame_ids_never_answered_are_left_out():
    assert _frames() == [F0, F2]
    assert _frames(never_answer={0xF0}) == [F2]
    assert _frames(never_answer=(0xF0, 0xF2)) == []


def test_corrupt_nth_flips_one_bit_of_each_nth_notification():
    assert _frames(corrupt_nth=2, corrupt_bit=17) == [F0, b"\xcc\xf2\x02" + bytes(17)]
    broken = _frames(corrupt_nth=1)
    assert len(broken) == 2
    for good, bad in zip((F0, F2), broken):
        differing = [bin(good[i] ^ bad[i]).count("1") for i in range(20)]
        assert sum(differing) == 1


def test_duplicate_and_reorder_change_the_order_only():
    assert _frames(duplicate=True) == [F0, F0, F2, F2]
    assert _frames(reorder=True) == [F2, F0]


def test_delay_comes_on_top():
    early, late = _request("write")[0], _request("write", delay_ms=700)[0]
    assert late.events[0][1] - early.events[0][1] == 650  # at connection events


def test_fault_at_notify_waits_for_a_subscription():
    bench = Bench()
    bench.peripheral.faults.drop_at = "notify"
    assert ask("gattc_write", 13, C1, bench=bench) == []
    assert bench.peripheral.faults.fired == 0


def test_times_counts_all_faults_down_to_none():
    bench, got = _request("write", duplicate=True, times=1)
    assert [args[2] for _, args in got] == [F0, F0, F2]
    assert bench.peripheral.faults.fired == 1
    assert bench.peripheral.faults.times == 0


def test_refused_connect_times_out_and_the_next_one_works():
    bench = Bench()
    bench.peripheral.faults.refuse_connect = True
    bench.peripheral.faults.times = 1

    async def steps(bench):
        bench.start()
        bench.ble.gap_connect(0, ADDRESS)
        await bench.sleep(2500)
        assert bench.events == [(DISCONNECT, 2000, NO_PEER)]
        bench.ble.gap_connect(0, ADDRESS)
        await bench.sleep(2500)

    bench.run(steps)
    assert bench.got() == [(DISCONNECT, NO_PEER), (CONNECT, (0, 0, ADDRESS))]


def test_battery_held_by_a_phone_cannot_be_connected_until_it_is_let_go():
    bench = Bench()
    bench.peripheral.held_by_phone = True

    async def steps(bench):
        bench.start()
        bench.ble.gap_connect(0, ADDRESS)
        await bench.sleep(1000)
        bench.peripheral.held_by_phone = False
        await bench.sleep(999)

    bench.run(steps)
    assert bench.got() == [(CONNECT, (0, 0, ADDRESS))]


def test_battery_that_falls_asleep_loses_the_link_like_one_out_of_range():
    bench = Bench()

    async def steps(bench):
        await bench.connect()
        bench.peripheral.asleep = True
        await bench.sleep(3000)
        bench.peripheral.asleep = False
        bench.ble.gap_connect(0, ADDRESS)
        await bench.sleep(1000)

    bench.run(steps)
    assert bench.got() == [GONE, (CONNECT, (0, 0, ADDRESS))]
