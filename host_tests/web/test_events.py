"""Server-sent events over a real socket: what comes, when, and whose place becomes free."""

import asyncio

from baybridge import config
from baybridge.battery.alarms import Alarms
from host_tests.data import frames
from host_tests.fakes.job import stop
from host_tests.web.events_rig import GET, PATH, UNIX_S, Bay, Listener, settle
from host_tests.web.loopback import connect, exchange, get, hang_up, parts


def test_stream_when_it_begins_then_its_head_and_all_there_is():
    bay = Bay(UNIX_S)
    bay.read(frames.S_F0)

    async def scenario(guard, clock, port):
        listener = await Listener().open(port)
        line, headers, _ = parts(b"".join(listener.head)[:-2] + b"\r\n\r\n")
        assert line == "HTTP/1.1 200 OK"
        assert headers == {
            "content-type": "text/event-stream",
            "cache-control": "no-store",
            "connection": "close",
        }
        name, told = await listener.next()
        assert name == "state"
        assert told["time"] == "2026-11-22T15:30:00Z"
        assert told["bridge"]["boot"] == 7
        assert [one["id"] for one in told["batteries"]] == ["house1"]
        assert told["batteries"][0]["bms"]["voltage_v"] == 13.12
        assert listener.retry == "3000"
        await listener.close()
        await settle(guard, clock)

    guard = bay.serve(scenario)
    assert (guard.served, guard.timed_out, guard.failures) == (1, 0, 0)


def test_battery_when_read_then_one_event_with_all_of_the_poll_and_its_age():
    bay = Bay()

    async def scenario(guard, clock, port):
        listener = await Listener().open(port)
        name, told = await listener.next()
        assert told["batteries"][0]["bms"]["voltage_v"] is None
        await clock.sleep_ms(3000)
        # Frames of a poll, 200 ms apart.
        started_ms = clock.now_ms
        bay.read(frames.S_F0)
        await clock.sleep_ms(200)
        bay.read(frames.S_F2)
        await clock.sleep_ms(200)
        bay.read(frames.S_F3, frames.S_F4)
        name, told = await listener.next()
        assert 400 <= clock.now_ms - started_ms <= 900
        assert name == "battery"
        assert told["id"] == "house1"
        assert told["bms"]["voltage_v"] == 13.12
        assert told["bms"]["temperatures_c"] == [-7, -3]
        assert told["bms"]["cells_v"] == [3.269, 3.27, 3.263, 3.264]
        # At the time of sending.
        assert 0.4 <= told["bms"]["age_s"] <= 0.9
        await listener.close()
        await settle(guard, clock)

    bay.serve(scenario)


def check_pace(period_ms, most_ms):
    """Read the battery every period_ms; its events have to be a second apart, and most_ms."""
    bay = Bay()
    bay.read(frames.S_F0)

    async def scenario(guard, clock, port):
        listener = await Listener().open(port)
        await listener.next()

        async def read_on():
            while True:
                bay.read(frames.S_F0)
                await clock.sleep_ms(period_ms)

        reading = asyncio.create_task(read_on())
        at_ms = []
        for _ in range(6):
            name, _ = await listener.next()
            assert name == "battery"
            at_ms.append(clock.now_ms)
        reading.cancel()
        steps = [at_ms[i + 1] - at_ms[i] for i in range(5)]
        assert min(steps) >= 900, steps
        assert max(steps) <= most_ms, steps
        await listener.close()
        await settle(guard, clock)

    bay.serve(scenario)


def test_battery_when_it_changes_all_the_time_then_once_a_second():
    check_pace(100, 1300)


def test_battery_when_it_is_read_more_often_than_once_a_second_then_once_a_second():
    check_pace(600, 1300)


def test_battery_when_nothing_comes_any_more_then_told_when_it_goes_stale():
    bay = Bay()
    bay.read(frames.S_F0)

    async def scenario(guard, clock, port):
        started_ms = clock.now_ms
        listener = await Listener().open(port)
        name, told = await listener.next()
        assert told["batteries"][0]["bms"]["stale"] is False
        name, told = await listener.next()
        while name == "ping":
            name, told = await listener.next()
        assert name == "battery"
        assert told["bms"]["stale"] is True
        assert told["bms"]["voltage_v"] is None
        assert 20000 <= clock.now_ms - started_ms <= 20400
        await listener.close()
        await settle(guard, clock)

    bay.serve(scenario)


def test_alarm_when_it_begins_and_ends_then_told_at_once():
    bay = Bay()
    limits = dict(config.parse(None)[0]["alarms"])
    limits["soc_low_pct"] = 60
    bay.battery.alarms = Alarms(bay.battery, limits)

    async def scenario(guard, clock, port):
        listener = await Listener().open(port)
        await listener.next()

        async def judge():
            while True:
                bay.read(frames.S_F0)  # 54 %
                if bay.battery.alarms.judge(clock.uptime_s10()):
                    bay.battery.touch()
                await clock.sleep_ms(1000)

        judging = asyncio.create_task(judge())
        name, told = await listener.next()
        while name != "alarm":
            assert name in ("battery", "ping")
            name, told = await listener.next()
        assert told["battery"] == "house1"
        assert [one["code"] for one in told["alarms"]] == ["soc_low"]
        assert told["alarms"][0]["value"] == 54
        judging.cancel()
        # Stale: what was judged by a value ends, and that it is silent begins.
        await clock.sleep_ms(21000)
        bay.battery.alarms.judge(clock.uptime_s10())
        name, told = await listener.next()
        while name != "alarm":
            name, told = await listener.next()
        assert [one["code"] for one in told["alarms"]] == ["stale"]
        await listener.close()
        await settle(guard, clock)

    bay.serve(scenario)


def test_ping_when_nothing_happens_then_each_10_s():
    bay = Bay(UNIX_S)

    async def scenario(guard, clock, port):
        started_ms = clock.now_ms
        listener = await Listener().open(port)
        await listener.next()
        for i in range(1, 5):
            name, told = await listener.next()
            assert name == "ping"
            assert 0 <= clock.now_ms - started_ms - i * 10000 <= 500
            assert told == {"uptime_s": i * 10, "time": "2026-11-22T15:30:%d0Z" % i}
        await listener.close()
        await settle(guard, clock)

    bay.serve(scenario)


def test_third_client_then_503_until_one_of_the_two_has_left():
    bay = Bay()

    async def scenario(guard, clock, port):
        two = [await Listener().open(port), await Listener().open(port)]
        for listener in two:
            assert (await listener.next())[0] == "state"
        for _ in range(3):
            line, headers, body = await get(port, PATH)
            assert line == "HTTP/1.1 503 Service Unavailable"
            assert headers["retry-after"] == "30"
            assert body == (
                b'{"type":"about:blank","title":"Service Unavailable","status":503,'
                b'"detail":"Two clients listen already; ask /api/v1/batteries now and then '
                b'instead.","instance":"/api/v1/events"}'
            )
        assert (await get(port, "/api/v1/batteries"))[0] == "HTTP/1.1 200 OK"
        left_ms = clock.now_ms
        await two[0].close()
        while guard.connections == 2:
            await clock.sleep_ms(50)
        # Not only when something is sent to it.
        assert clock.now_ms - left_ms <= 400
        third = await Listener().open(port)
        assert (await third.next())[0] == "state"
        await third.close()
        await two[1].close()
        await settle(guard, clock)

    guard = bay.serve(scenario)
    assert guard.failures == 0


def test_head_then_the_head_alone_and_no_place_taken():
    bay = Bay()

    async def scenario(guard, clock, port):
        for _ in range(3):
            answer = await exchange(port, b"HEAD /api/v1/events HTTP/1.0\r\n\r\n")
            line, headers, body = parts(answer)
            assert (line, body) == ("HTTP/1.1 200 OK", b"")
            assert headers["content-type"] == "text/event-stream"

    guard = bay.serve(scenario)
    assert guard.served == 3


def test_client_when_it_takes_nothing_then_dropped_after_5_s_and_its_place_is_free():
    bay = Bay()
    bay.bridge.batteries_text = lambda: b'{"x":"' + bytes([120] * 30000) + b'"}'

    class Big:
        version = 0

        def refresh(self, now_s10):
            self.version += 1

        def render(self, now_s10):
            return b'{"x":"' + bytes([120] * 300000) + b'"}'

    bay.bridge.watched = lambda: [(bay.battery, Big())]

    async def scenario(guard, clock, port):
        _, writer = await connect(port, GET)
        await clock.sleep_ms(10)
        assert guard.connections == 1
        # Until the sockets of this computer are full.
        for _ in range(200):
            full_ms = clock.now_ms
            await clock.sleep_ms(1000)
            if guard._open and guard._open[0].limit_ms == 5000 and not guard._open[0].has_room:
                break
        while guard.connections:
            await clock.sleep_ms(50)
        assert clock.now_ms - full_ms <= 7000
        await hang_up(writer)
        line, _, _ = parts(await exchange(port, b"HEAD /api/v1/events HTTP/1.0\r\n\r\n"))
        assert line == "HTTP/1.1 200 OK"

    guard = bay.serve(scenario)
    assert (guard.timed_out, guard.failures) == (1, 0)


def test_stream_when_it_fails_then_noted_and_its_place_is_free():
    bay = Bay()

    def fail():
        raise ValueError("no such thing")

    async def scenario(guard, clock, port):
        for _ in range(3):
            bay.bridge.batteries_text = fail
            answer = await exchange(port, GET)
            assert answer.count(b"HTTP/1.1 ") == 1
        del bay.bridge.batteries_text
        listener = await Listener().open(port)
        assert (await listener.next())[0] == "state"
        await listener.close()
        await settle(guard, clock)

    guard = bay.serve(scenario)
    assert guard.failures == 3
    assert "no such thing" in guard.last_error


def test_server_when_it_ends_then_so_do_its_streams():
    bay = Bay()

    async def scenario(guard, clock, port):
        serving = asyncio.create_task(guard.serve("127.0.0.1", port + 1))
        await clock.sleep_ms(1)
        two = [await Listener().open(port + 1), await Listener().open(port + 1)]
        for listener in two:
            await listener.next()
        await stop(serving)
        for listener in two:
            assert await listener.next() is None
            await listener.close()
        guard._is_serving = True  # the one of serve_while() goes on
        listener = await Listener().open(port)
        assert (await listener.next())[0] == "state"
        await listener.close()
        await settle(guard, clock)

    bay.serve(scenario)
