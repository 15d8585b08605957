"""When the access point is on, with the real ports, the strict driver and virtual time.

The phone on it is what counts: ROUTER.ap.drops is how often one was cut off that wanted to stay.
"""

from baybridge.record import diagnostics
from host_tests.fakes.router import ROUTER
from host_tests.tasks.wifi_rig import PASSWORD, Bench


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
