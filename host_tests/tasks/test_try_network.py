"""A network is tried before it is kept, and what is in the air: on the strict driver."""

from baybridge.record import diagnostics
from baybridge.record.wifi_json import wifi_json
from host_tests.fakes.router import ROUTER
from host_tests.support import raises
from host_tests.tasks.wifi_rig import PASSWORD, Bench


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
