"""When the access point is on, with the real ports, the strict driver and virtual time.

The phone on it is what counts: ROUTER.ap.drops is how often one was cut off that wanted to stay.
"""

import asyncio

from baybridge.ports.access_point import AccessPoint
from baybridge.ports.wifi import Wifi
from baybridge.record import diagnostics
from baybridge.record.wifi_json import wifi_json
from baybridge.tasks.keep_wifi import WifiKeeper
from baybridge.tasks.network import Network
from host_tests.fakes.clock import FakeClock
from host_tests.fakes.job import FakeJob, stop
from host_tests.fakes.name_server import FakeNameServer
from host_tests.fakes.probe import FakeProbe
from host_tests.fakes.router import ROUTER
from host_tests.support import raises

PASSWORD = "k3yk3yk3yk3y"


class Bench:
    """Wi-Fi as a whole, without the rest of the firmware."""

    def __init__(self, ssid="boat", password="secret word"):
        self.clock = FakeClock()
        ROUTER.reset(self.clock)
        wifi = self.make_wifi(ssid, password)
        self.keeper = WifiKeeper(wifi, FakeProbe(), self.clock, lambda: 0)
        self.names = FakeNameServer()
        self.settings = {"ssid": ssid, "password": password}
        # What was stored, what the stored configuration lacks, what the flash raises.
        self.stored = []
        self.lost = []
        self.failure = None
        self.jobs = []
        self.network = Network(
            self.keeper,
            self.settings,
            self.make_wifi,
            lambda: (AccessPoint("baybridge-0001", PASSWORD), self.names),
            lambda name, run, limit_s: self.jobs.append((name, run, limit_s)),
            self.store,
            self.clock,
        )

    def make_wifi(self, ssid, password):
        return Wifi("baybridge", ssid, password)

    def store(self, change):
        if self.lost or change is None:
            return self.lost
        if self.failure:
            raise self.failure
        config = {"wifi": {}}
        change(config)
        self.stored.append(config["wifi"])
        return []

    def run(self, *steps):
        """Run through steps: seconds to wait, a state to wait for, or what to call.

        All tasks outlive them. A second run is one after the tasks were started again.
        """

        async def main():
            job = FakeJob(self.clock)
            tasks = [asyncio.create_task(self.keeper.run(job))]
            job.beat()
            job.longest_s10 = 0
            for step in steps:
                if not isinstance(step, (int, str)):
                    step()
                    continue
                for _ in range(400 if isinstance(step, str) else step):
                    if self.keeper.state == step:
                        break
                    for name, run, _ in self.jobs[len(tasks) - 1 :]:
                        assert name == "access"
                        tasks.append(asyncio.create_task(run(FakeJob(self.clock))))
                    await self.clock.sleep_ms(1000)
            for task in tasks:
                assert not task.done()
                await stop(task)
            assert job.longest_s10 <= 60

        self.network.start()
        self.clock.run(main())
        return self.keeper


def test_network_when_none_is_configured_then_the_access_point_is_on_at_once():
    bench = Bench(ssid="")
    bench.network.start()
    assert ROUTER.ap.is_started and ROUTER.ap.security == 3
    assert bench.names.address == "192.168.4.1"
    keeper = bench.run(3600)
    assert (keeper.state, keeper.attempts, bench.network.access.starts) == ("off", 0, 1)
    assert bench.network.is_access_on
    # Nobody is on it who could ask.
    assert bench.names.polls == 0


def test_network_when_it_works_then_no_access_point_is_even_made():
    bench = Bench()
    bench.run(7200)
    assert bench.network.access is None and ROUTER.ap.starts == 0
    assert diagnostics.access_json(bench.network.access) == "null"


def test_phone_when_on_it_then_its_questions_are_answered_twenty_times_a_second():
    bench = Bench(ssid="")
    bench.run(60, lambda: ROUTER.ap.join(PASSWORD), 60)
    assert 1160 <= bench.names.polls <= 1200


def test_router_when_off_for_a_minute_then_no_access_point():
    bench = Bench()
    keeper = bench.run(600, ROUTER.leave, 60, ROUTER.come_back, 65)
    assert (keeper.state, ROUTER.ap.starts) == ("connected", 0)


def test_router_when_off_for_five_minutes_then_access_point_and_when_back_the_station():
    bench = Bench()
    seen = []

    def note():
        seen.append((bench.keeper.state, ROUTER.ap.is_started))

    bench.run(
        600, ROUTER.leave, 290, note, 25, note, 7200, note, ROUTER.come_back, 325, note, 70, note
    )
    assert seen == [
        ("no_network", False),
        ("no_network", True),
        ("no_network", True),
        ("connected", True),
        ("connected", False),
    ]
    # Tried all along, every five minutes, because nobody was on it.
    assert 20 <= ROUTER.attempts <= 32
    assert bench.names.address is None


def test_password_when_wrong_from_the_start_then_access_point_after_five_minutes():
    bench = Bench(password="wrong word")
    seen = []
    bench.run(290, lambda: seen.append(ROUTER.ap.is_started), 20)
    assert seen == [False] and ROUTER.ap.is_started
    assert bench.keeper.state == "wrong_password"


def test_phone_when_on_the_access_point_then_never_cut_off_while_the_router_is_away():
    bench = Bench()
    seen = []

    def join():
        bench.phone = ROUTER.ap.join(PASSWORD)
        seen.append((bench.phone.is_on, ROUTER.attempts))

    def note():
        seen.append((bench.phone.is_on, ROUTER.attempts))

    # It comes while the station rests. Two hours pass, and two with the router back.
    def leave():
        assert (bench.keeper.state, bench.network.access.clients) == ("no_network", 1)
        ROUTER.ap.leave(bench.phone)

    steps = [600, ROUTER.leave, 400, join, 7200, note, ROUTER.come_back, 7200, note]
    keeper = bench.run(*(steps + [leave, 55, note, 40]))
    assert seen[0][0] and seen[1:3] == [seen[0], seen[0]]
    assert ROUTER.ap.drops == 0
    # Not the moment its screen goes dark.
    assert seen[-1] == (False, seen[0][1])
    assert keeper.state == "connected"


def test_phone_when_it_comes_at_any_moment_of_the_rests_then_never_cut_off():
    for moment_s in range(0, 320, 16):
        bench = Bench()
        came = []

        def come(came=came):
            # While the station just looks for its network nobody can join; who wants to comes
            # again.
            if not ROUTER.ap.stations():
                came.append(ROUTER.ap.join(PASSWORD))

        steps = [60, ROUTER.leave, 400 + moment_s, come, 5, come, 5, come, 400]
        bench.run(*steps)
        assert len(came) <= 2 and came[-1].is_on, moment_s
        assert ROUTER.ap.drops == 0, moment_s


def test_phone_when_still_on_it_after_the_station_is_back_then_let_go_on_for_ten_minutes():
    bench = Bench()
    seen = []

    def join():
        assert bench.keeper.state == "connected" and ROUTER.ap.is_started
        bench.phone = ROUTER.ap.join(PASSWORD)

    def note():
        seen.append(bench.phone.is_on)

    steps = [600, ROUTER.leave, 400, ROUTER.come_back, "connected", 20, join, 300, note, 330, note]
    bench.run(*steps)
    assert seen == [True, False]
    assert not ROUTER.ap.is_started


def test_test_when_the_password_is_wrong_then_everything_as_before_and_why():
    bench = Bench(ssid="")
    seen = []

    def ask():
        bench.phone = ROUTER.ap.join(PASSWORD)
        bench.network.join("boat", "wrong word")
        seen.append(bench.network.trial.state)

    keeper = bench.run(60, ask, 3650)
    trial = bench.network.trial
    assert (seen, trial.state, trial.ip) == (["running"], "failed", None)
    assert trial.message.startswith('The password is not the one of "boat", or the signal is')
    assert (keeper.state, keeper.wifi.ssid, bench.stored) == ("off", "", [])
    assert bench.settings == {"ssid": "", "password": "secret word"}
    assert ROUTER.ap.is_started and bench.phone.is_on
    # Twice, and nothing goes on trying.
    assert ROUTER.attempts == 2 and not ROUTER.is_connecting


def test_test_when_not_heard_or_without_an_address_then_that_is_said():
    bench = Bench(ssid="")
    bench.run(5, lambda: bench.network.join("barge", "secret word"), 60)
    assert bench.network.trial.message.startswith('"barge" is not heard: check its name')
    bench = Bench(ssid="")
    ROUTER.die()
    bench.run(5, lambda: bench.network.join("boat", "secret word"), 60)
    assert bench.network.trial.message.startswith('"boat" took the password but gave no address')
    bench = Bench(ssid="")
    ROUTER.refusal = 203
    bench.run(5, lambda: bench.network.join("boat", "wrong word"), 60)
    assert bench.network.trial.message.startswith('"boat" refused this bridge')
    bench = Bench(ssid="")
    ROUTER.refusal = 77
    bench.run(5, lambda: bench.network.join("boat", "wrong word"), 60)
    assert bench.network.trial.message == 'joining "boat" failed with reason 77'


def test_test_when_joined_then_stored_and_the_access_point_ends_a_minute_later():
    bench = Bench(ssid="")
    seen = []

    def ask():
        bench.phone = ROUTER.ap.join(PASSWORD)
        bench.network.join("boat", "secret word")

    def note():
        seen.append((bench.keeper.state, ROUTER.ap.is_started, bench.phone.is_on))

    keeper = bench.run(60, ask, 15, note, 45, note, 10, note, 7200)
    trial = bench.network.trial
    assert (trial.state, trial.ip) == ("joined", "192.168.1.50")
    assert trial.message == 'Joined "boat". There, the bridge has the address 192.168.1.50.'
    assert bench.stored == [{"ssid": "boat", "password": "secret word"}]
    assert bench.settings == {"ssid": "boat", "password": "secret word"}
    # The phone lost the channel when the router's became the access point's, and was back.
    assert seen == [
        ("connected", True, True),
        ("connected", True, True),
        ("connected", False, False),
    ]
    assert (keeper.state, keeper.wifi.ssid, keeper.last_error) == ("connected", "boat", None)
    assert ROUTER.hostname_at_address == "baybridge"


def test_network_when_joined_by_a_test_and_gone_then_access_point_again():
    bench = Bench(ssid="")
    seen = []
    steps = [5, lambda: bench.network.join("boat", "secret word"), 600, ROUTER.leave, 320]
    steps += [lambda: seen.append(ROUTER.ap.is_started), ROUTER.come_back, 330]
    keeper = bench.run(*steps)
    assert seen == [True] and bench.network.access.starts == 2
    assert (keeper.state, keeper.is_tested) == ("connected", False)


def test_test_when_the_old_network_works_then_left_for_it_and_back_when_it_fails():
    bench = Bench()
    seen = []

    def join():
        bench.network.join("barge", "secret word")

    def move():
        seen.append((bench.network.trial.state, bench.keeper.state, bench.keeper.wifi.ssid))
        ROUTER.ssid = "barge"
        ROUTER.kick(8)

    keeper = bench.run(600, join, 90, move, 20, join, 30)
    assert seen == [("failed", "connected", "boat")]
    assert bench.network.trial.state == "joined"
    assert (keeper.state, keeper.wifi.ssid) == ("connected", "barge")
    assert bench.network.access is None


def test_test_when_it_cannot_be_stored_then_not_kept():
    bench = Bench(ssid="")
    bench.failure = OSError("flash is full")
    keeper = bench.run(5, lambda: bench.network.join("boat", "secret word"), 60)
    trial = bench.network.trial
    assert trial.state == "failed" and trial.ip is None
    assert trial.message == '"boat" was joined but cannot be kept: flash is full'
    assert (keeper.state, ROUTER.is_connected) == ("off", False)
    assert ROUTER.ap.is_started


def test_test_when_the_stored_text_has_problems_or_one_goes_on_then_refused():
    bench = Bench(ssid="")
    bench.lost = ["wify: unknown key; left out"]
    exc = raises(ValueError, bench.network.join, "boat", "secret word")
    assert str(exc).endswith("Put it right first: wify: unknown key; left out.")
    assert bench.network.trial is None
    bench.lost = []
    bench.network.join("boat", "secret word")
    exc = raises(ValueError, bench.network.join, "barge", "secret word")
    assert str(exc) == '"boat" is just being tried; wait for its end.'


def test_test_when_the_task_is_started_again_meanwhile_then_said():
    bench = Bench(ssid="")
    bench.run(5, lambda: bench.network.join("boat", "secret word"), 5)
    assert bench.network.trial.state == "running"
    bench.run(5)
    assert bench.network.trial.message == "The bridge was interrupted; try again."
    assert bench.stored == []


def test_networks_when_asked_often_then_one_scan_in_ten_seconds():
    bench = Bench(ssid="")
    heard = []

    def ask():
        heard.append(len(bench.network.networks()))

    bench.run(5, ask, ask, 5, ask, 6, ask)
    assert (heard, ROUTER.scans) == ([3, 3, 3, 3], 2)


def test_networks_when_just_joining_then_refused_and_when_joined_heard():
    bench = Bench()
    seen = []

    def refuse():
        seen.append(str(raises(OSError, bench.network.networks)))

    bench.run(1, refuse, "connected", lambda: seen.append(bench.network.networks()[0][0]), 10)
    assert seen == ["The bridge is joining a network just now and cannot listen.", "boat"]


def test_access_point_when_the_radio_has_no_memory_then_tried_again_each_minute():
    import network

    bench = Bench(ssid="")
    config = network.WLAN.config

    def no_memory(self, *param, **kwargs):
        raise RuntimeError("Wifi Unknown Error 0x0101")

    def mend():
        assert not bench.network.is_access_on
        network.WLAN.config = config

    network.WLAN.config = no_memory
    try:
        bench.run(150, mend, 70)
    finally:
        network.WLAN.config = config
    access = bench.network.access
    assert bench.network.is_access_on and access.starts == 1
    assert access.last_error == "the access point does not start: Wifi Unknown Error 0x0101"
    assert ROUTER.ap.starts == 4  # three in vain, each of them off again


def test_json_when_there_is_nothing_an_access_point_a_test_and_a_station():
    bench = Bench(ssid="")
    assert wifi_json(bench.network) == (
        '{"mode":"off","station":{"state":"off","ssid":null,"ip":null,"rssi_dbm":null,'
        '"last_error":"no network is configured: set wifi.ssid and wifi.password"},'
        '"access_point":null,"test":null}'
    )
    texts = []
    bench.run(
        10,
        lambda: texts.append(wifi_json(bench.network)),
        lambda: bench.network.join("boat", "secret word"),
        30,
        lambda: texts.append(wifi_json(bench.network)),
        60,
        lambda: texts.append(wifi_json(bench.network)),
    )
    assert '"mode":"access_point"' in texts[0]
    assert '"access_point":{"ssid":"baybridge-0001","ip":"192.168.4.1","clients":0}' in texts[0]
    station = '"ssid":"boat","ip":"192.168.1.50","rssi_dbm":-61,"last_error":null}'
    assert texts[1].startswith('{"mode":"station","station":{"state":"connected",' + station)
    assert texts[1].endswith(
        '"test":{"state":"joined","ssid":"boat","ip":"192.168.1.50",'
        '"message":"Joined \\"boat\\". There, the bridge has the address 192.168.1.50."}}'
    )
    assert '"access_point":null' in texts[2]
    assert diagnostics.access_json(bench.network.access) == (
        '{"is_on":false,"clients":0,"starts":1,"names_answered":0,"names_ignored":0,'
        '"last_error":null}'
    )


def test_test_when_asked_for_in_the_middle_of_an_attempt_then_begun_at_once():
    bench = Bench()
    ROUTER.leave()
    seen = []

    def note():
        seen.append((bench.keeper.is_trying, bench.network.trial.is_waiting))

    bench.run(5, lambda: bench.network.join("barge", "secret word"), note, 4, note, 60)
    assert seen == [(True, True), (True, False)]
    assert bench.network.trial.state == "failed"
