"""The Wi-Fi task on the real port, the strict fake driver and virtual time."""

import asyncio

from baybridge.ports.wifi import Wifi
from baybridge.record import diagnostics
from baybridge.tasks.keep_wifi import WifiKeeper
from host_tests.fakes.clock import FakeClock
from host_tests.fakes.job import FakeJob, run_through
from host_tests.fakes.probe import FakeProbe
from host_tests.fakes.router import ROUTER

DAY_S = 86400


class Bench:
    """One keeper and everything around it."""

    def __init__(self, ssid="boat", password="secret word"):
        self.clock = FakeClock()
        ROUTER.reset(self.clock)
        self.served = 0
        self.probe = FakeProbe()
        wifi = Wifi("baybridge", ssid, password)
        self.keeper = WifiKeeper(wifi, self.probe, self.clock, lambda: self.served)
        self.job = FakeJob(self.clock)

    def run(self, *steps):
        """Run the keeper through steps: seconds to wait, or what to call."""

        async def main():
            task = asyncio.create_task(self.keeper.run(self.job))
            await run_through(task, self.clock, steps)

        self.clock.run(main())
        assert self.job.longest_s10 <= 60
        return self.keeper

    def serve(self):
        self.served += 1


def test_router_when_there_then_joined_at_once_and_left_alone():
    bench = Bench()
    keeper = bench.run(3600)
    assert (keeper.state, keeper.attempts, keeper.connects) == ("connected", 1, 1)
    assert (keeper.disconnects, keeper.renewals, keeper.restarts) == (0, 0, 0)
    assert keeper.last_error is None
    assert ROUTER.attempts == 1
    assert keeper.alive_age_s10 <= 3020
    # Once to learn that it answers, then each 5 minutes of quiet.
    assert 11 <= bench.probe.begun <= 13


def test_router_when_away_for_a_day_then_few_attempts_and_joined_after_it_is_back():
    bench = Bench()
    attempts = []

    def note():
        attempts.append(ROUTER.attempts)

    keeper = bench.run(3600, ROUTER.leave, note, DAY_S, note, ROUTER.come_back)
    assert keeper.state == "no_network"
    away = attempts[1] - attempts[0]
    print("attempts in a day away: %d, restarts: %d" % (away, keeper.restarts))
    assert 260 <= away <= 280
    assert 20 <= keeper.restarts <= 24
    assert ROUTER.starts == keeper.restarts + 1
    assert ROUTER.refusals == 0  # never asked to connect while it was connecting
    assert '"boat" is not heard' in keeper.last_error


def test_router_when_back_after_a_day_then_joined_within_the_longest_rest():
    bench = Bench()
    keeper = bench.run(3600, ROUTER.leave, DAY_S, ROUTER.come_back, 310)
    assert (keeper.state, keeper.connects, keeper.disconnects) == ("connected", 2, 1)
    assert keeper.last_error is not None  # what happened stays to be read


def test_router_when_back_at_any_moment_then_joined_within_330_seconds():
    waits_s = []
    for moment_s in range(0, 340, 20):
        bench = Bench()

        def note(bench=bench, back_s10=(3600 + 5400 + moment_s) * 10):
            waits_s.append((bench.keeper.joined_s10 - back_s10) // 10)

        keeper = bench.run(3600, ROUTER.leave, 5400 + moment_s, ROUTER.come_back, 330, note)
        assert (keeper.state, keeper.connects) == ("connected", 2), moment_s
    print("seconds from the router's return to an address: %r" % waits_s)
    assert 0 < min(waits_s) <= 30 and 290 <= max(waits_s) <= 330


def test_router_when_it_restarts_in_a_minute_then_joined_soon_after():
    bench = Bench()
    keeper = bench.run(3600, ROUTER.leave, 60, ROUTER.come_back, 65)
    assert (keeper.state, keeper.connects, keeper.disconnects) == ("connected", 2, 1)


def test_password_when_wrong_then_the_router_is_not_hammered():
    bench = Bench(password="wrong word")
    keeper = bench.run(DAY_S)
    print("attempts in a day with a wrong password: %d" % ROUTER.attempts)
    assert 90 <= ROUTER.attempts <= 100
    assert keeper.state == "wrong_password"
    assert "check wifi.password" in keeper.last_error
    assert "wrong word" not in keeper.last_error


def test_password_when_corrected_on_the_router_then_joined():
    bench = Bench(password="new word")
    keeper = bench.run(3600, lambda: setattr(ROUTER, "password", "new word"), 910)
    assert keeper.state == "connected"


def test_router_when_dead_but_on_the_air_then_noticed_and_joined_when_it_lives_again():
    bench = Bench()
    seen = []
    bench.run(
        3600,
        bench.serve,
        5,
        ROUTER.die,
        320,
        lambda: seen.append((bench.keeper.state, bench.keeper.renewals)),
        35,
        lambda: seen.append((bench.keeper.state, bench.keeper.renewals)),
        20,
        lambda: seen.append((bench.keeper.state, ROUTER.is_connected)),
        3600,
        ROUTER.come_back,
        330,
    )
    # Five quiet minutes, three ignored knocks; then an attempt that gets no address.
    assert seen == [("connected", 0), ("silent", 1), ("no_address", False)]
    assert (bench.keeper.state, bench.keeper.disconnects) == ("connected", 0)
    assert (bench.keeper.connects, ROUTER.refusals) == (2, 0)


def test_router_when_it_misses_one_knock_then_kept():
    bench = Bench()

    def ignore(knocks):
        ROUTER.answers_probes = not knocks

    keeper = bench.run(290, lambda: ignore(1), 35, lambda: ignore(0), 3600)
    assert (keeper.connects, keeper.renewals) == (1, 0)


def test_http_when_busy_then_nobody_knocks_and_silence_of_the_router_does_not_matter():
    bench = Bench()
    steps = []
    ROUTER.answers_probes = False
    for _ in range(120):
        steps += [60, bench.serve]
    keeper = bench.run(*steps)
    assert (keeper.connects, keeper.renewals) == (1, 0)
    assert bench.probe.begun == 1


def test_router_when_it_answers_no_knock_and_nobody_talks_then_renewed_once_an_hour():
    bench = Bench()
    ROUTER.answers_probes = False
    keeper = bench.run(DAY_S)
    assert 22 <= keeper.renewals <= 24
    assert keeper.connects == keeper.renewals + 1
    assert (keeper.disconnects, keeper.restarts) == (0, 0)


def test_connection_when_it_drops_each_time_then_the_rests_grow():
    bench = Bench()
    steps = []
    for _ in range(3600):
        steps += [1, lambda: ROUTER.kick(8) if ROUTER.is_connected else None]
    keeper = bench.run(*steps)
    assert ROUTER.attempts <= 18
    assert keeper.disconnects >= 10


def test_driver_when_left_connecting_by_a_soft_reset_then_joined():
    for busy in ("Wifi Internal Error", "Wifi Internal State Error"):
        bench = Bench()
        ROUTER.busy_error = busy
        ROUTER.is_started = True
        ROUTER.is_requested = True
        ROUTER.begin("boat", "secret word")
        keeper = bench.run(12)
        assert ROUTER.refusals == 1
        assert (keeper.state, keeper.connects) == ("connected", 1)


def test_task_when_cancelled_and_started_again_then_joined():
    bench = Bench()
    bench.run(3600)
    bench.run(10)
    keeper = bench.run(3)
    assert keeper.state == "connecting"
    keeper = bench.run(10)
    assert (keeper.state, ROUTER.is_connected) == ("connected", True)


def test_radio_when_it_does_not_start_then_tried_again_and_said():
    import network

    def no_memory(self, *is_active):
        raise RuntimeError("Wifi Unknown Error 0x0101")

    bench = Bench()
    active = network.WLAN.active
    network.WLAN.active = no_memory
    seen = []

    def mend():
        seen.append((bench.keeper.state, bench.keeper.last_error))
        network.WLAN.active = active

    try:
        keeper = bench.run(30, mend, 60)
    finally:
        network.WLAN.active = active
    assert seen == [("failed", "Wi-Fi does not start: Wifi Unknown Error 0x0101")]
    assert keeper.state == "connected"


def test_network_when_not_configured_then_said_and_the_radio_stays_off():
    bench = Bench(ssid="")
    bench.keeper.start()
    keeper = bench.run(3600)
    assert (keeper.state, keeper.attempts, keeper.alive_age_s10) == ("off", 0, None)
    assert keeper.last_error == "no network is configured: set wifi.ssid and wifi.password"
    assert not ROUTER.is_started


def test_diagnostics_when_connected_and_when_off_then_valid_json():
    bench = Bench()
    assert diagnostics.wifi_json(bench.run(10)) == (
        '{"state":"connected","ip":"192.168.1.50","rssi_dbm":-61,"alive_age_s":6.0,'
        '"attempts":1,"connects":1,"disconnects":0,"renewals":0,"restarts":0,"last_error":null}'
    )
    assert diagnostics.wifi_json(Bench(ssid="").run(10)) == (
        '{"state":"off","ip":null,"rssi_dbm":null,"alive_age_s":null,'
        '"attempts":0,"connects":0,"disconnects":0,"renewals":0,"restarts":0,'
        '"last_error":"no network is configured: set wifi.ssid and wifi.password"}'
    )
