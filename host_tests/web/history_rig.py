"""A bridge of one battery whose history is asked for."""

from baybridge.battery import sample as groups
from baybridge.battery.battery import Battery
from baybridge.record.bridge import Bridge
from host_tests.fakes.clock import FakeClock
from host_tests.web.loopback import exchange, parts, serve_while

PATH = "/api/v1/batteries/house1/history"
NOON_S = 1795348800  # 2026-11-22T12:00:00Z


def make_battery():
    battery = Battery("house1", "House 1", 200, ("bad_checksum",))
    battery.sample.battery_mv = 13120
    battery.sample.current_ma = -48215
    battery.sample.soc_pct = 54
    return battery


def make_bridge(unix_s=None, card=None):
    clock = FakeClock(unix_s=unix_s)
    bridge = Bridge(clock, "baybridge", "0.1.0", 3, [make_battery()], None)
    bridge.battery = bridge._batteries[0]
    bridge.card = card
    return bridge


def live(bridge, seconds):
    """Let seconds pass, the battery read and fed in each."""
    for _ in range(seconds):
        now_s10 = bridge.clock.uptime_s10()
        bridge.battery.sample.stamp(groups.STATUS, now_s10)
        bridge.histories[0].feed(now_s10)
        bridge.clock.now_ms += 1000


def ask(bridge, query="", path=PATH):
    """Return (status line, headers, body)."""
    got = []

    async def scenario(guard, clock, port):
        raw = "GET %s%s HTTP/1.1\r\nHost: localhost\r\n\r\n" % (path, query)
        got.append(parts(await exchange(port, raw.encode())))

    guard = serve_while(scenario, bridge, clock=bridge.clock)
    assert (guard.served, guard.failures) == (1, 0), guard.last_error
    return got[0]
