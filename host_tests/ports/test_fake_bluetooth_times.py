"""The rest of platform.md 12 that the other files of this name leave: a kick, and how long."""

from host_tests.ports.ble_bench import CONNECT, DISCONNECT, NOTIFY, Bench

C2 = b"\xee\xc2\x00\x00\x00\x46"
C4 = b"\xee\xc4\x00\x00\x00\x4f"
C1 = b"\xee\xc1\x00\x00\x00\xce"
FRAMES = {C1: 2, C2: 4, C4: 1}  # of a battery of eight cells


class EightCells:
    """Answers each command with as many frames as such a battery, so many ms apart."""

    name = "SOK-AA20061"
    address = "02:12:34:00:20:61"
    addr_type = 0

    def __init__(self, gap_ms):
        self.gap_ms = gap_ms

    def reply(self, request, now_ms):
        count = FRAMES[bytes(request)]
        return [(self.gap_ms * (i + 1), b"\xcc" + bytes(19)) for i in range(count)]


def time_of_three(gap_ms):
    """Return how long C1, C2 and C4 take, each sent when the one before is answered."""
    bench = Bench()
    bench.peripheral.battery = EightCells(gap_ms)
    times = []

    async def steps(bench):
        await bench.subscribe()
        start_ms = bench.air.now_ms()
        for command in (C1, C2, C4):
            bench.events.clear()
            bench.ble.gattc_write(0, 13, command)
            while len(bench.got(NOTIFY)) < FRAMES[command]:
                await bench.sleep(1)
        times.append(bench.events[-1][1] - start_ms)

    bench.run(steps)
    return times[0]


def test_three_commands_take_300_ms_and_500_with_one_notification_per_event():
    # The task that sends the next one wakes a millisecond late.
    assert 300 <= time_of_three(0) <= 303
    assert 500 <= time_of_three(50) <= 503


def test_kick_by_the_peer_is_a_disconnect_within_300_ms_and_without_a_reason():
    bench = Bench()

    async def steps(bench):
        await bench.subscribe()
        start_ms = bench.air.now_ms()
        bench.peripheral.kick()
        assert bench.events == []
        await bench.sleep(400)
        assert bench.got() == [(DISCONNECT, (0, 0, b"\x02\x12\x34\x00\x20\x61"))]
        assert 1 <= bench.events[0][1] - start_ms <= 300
        # It advertises at once and can be connected again.
        bench.events.clear()
        bench.ble.gap_connect(0, b"\x02\x12\x34\x00\x20\x61")
        await bench.sleep(1000)
        assert bench.got() == [(CONNECT, (0, 0, b"\x02\x12\x34\x00\x20\x61"))]

    bench.run(steps)


def test_name_is_in_the_advertisement_or_only_in_the_scan_response():
    for place, is_in_adv in (("adv", True), ("scan_response", False)):
        bench = Bench()
        bench.peripheral.name_in = place
        adv, response = bench.peripheral.adv_data()
        assert (b"SOK-AA20061" in adv) is is_in_adv
        assert b"SOK-AA20061" in response
