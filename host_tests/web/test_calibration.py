"""The calibration over real sockets: literal answers, and the status of each refusal."""

import asyncio
import json

from baybridge.tasks.calibrate import Calibrator
from host_tests.battery.calibration_rig import burst, four_taps, hear, wired_battery
from host_tests.fakes.clock import FakeClock
from host_tests.fakes.job import FakeJob, stop
from host_tests.web.loopback import Bridge, exchange, parts, serve_while

PATH = "/api/v1/batteries/house1/calibration"
NOON_S = 1715947200  # 2024-05-17T12:00:00Z
READINGS = '"against":"multimeter","taps_v":[3.333,6.534,9.9,13.332]'


class Rig:
    """A bridge with a wired battery and one without taps; stored counts what was written."""

    def __init__(self):
        self.clock = FakeClock()
        self.clock.set_unix_s(NOON_S)
        self.bridge = Bridge()
        self.bridge.token = "change-it"
        self.bridge.clock = self.clock
        taps = four_taps()
        self.battery = wired_battery(taps)
        bare = wired_battery([])
        bare.id, bare.name, bare.harness = "start", "Start", None
        settings = [{"id": "house1", "taps": taps}, {"id": "start", "taps": []}]
        self.calibrator = Calibrator([self.battery, bare], settings, self.store, self.clock)
        self.bridge.calibrator = lambda: self.calibrator
        self.stored = 0
        self.lost = []
        self.failure = None
        self.pin_mv = 1650
        self.current_ma = 0

    def store(self, change):
        if self.failure:
            raise self.failure
        if not self.lost:
            change({"batteries": [{"id": "house1", "taps": four_taps()}]})
            self.stored += 1
        return self.lost

    async def live(self):
        """Let bursts and the BMS come in for ever."""
        while True:
            now_s10 = self.clock.uptime_s10()
            hear(self.battery, (3333, 3201, 3366, 3432), now_s10, self.current_ma)
            burst(self.battery, [self.pin_mv] * 4, now_s10)
            await self.clock.sleep_ms(5000)

    def ask(self, *requests, after_s=36):
        """Send requests, one after the other, so long after the start; return their answers.

        A request is the text of a body to POST, a path to GET, or seconds to wait.
        """
        answers = []

        async def scenario(guard, clock, port):
            living = asyncio.create_task(self.live())
            running = asyncio.create_task(self.calibrator.run(FakeJob(clock)))
            await clock.sleep_ms(after_s * 1000)
            for one in requests:
                if isinstance(one, int):
                    await clock.sleep_ms(one * 1000)
                elif callable(one):
                    one()
                else:
                    raw = post(one) if one[:1] != "/" else get(one)
                    answers.append(parts(await exchange(port, raw)))
            await stop(living)
            await stop(running)

        guard = serve_while(scenario, self.bridge, clock=self.clock)
        assert guard.failures == 0
        return answers


def get(path):
    return ("GET %s HTTP/1.1\r\nHost: bay\r\n\r\n" % path).encode()


def post(body, path=PATH, fields="Content-Type: application/json\r\n"):
    body = body.encode()
    head = (
        "POST %s HTTP/1.1\r\nHost: bay\r\nAuthorization: Bearer change-it\r\n%s"
        "Content-Length: %d\r\n\r\n" % (path, fields, len(body))
    )
    return head.encode() + body


def content(answer):
    line, headers, body = answer
    assert line == "HTTP/1.1 200 OK", answer
    assert headers["content-type"] == "application/json"
    assert headers["cache-control"] == "no-store"
    return json.loads(body.decode())


def refusal(answer):
    line, headers, body = answer
    assert headers["content-type"] == "application/problem+json"
    return int(line.split()[1]), json.loads(body.decode())["detail"]


def test_state_when_never_calibrated_then_all_of_it():
    body = Rig().ask(PATH)[0][2]
    assert body.startswith(
        b'{"id":"house1","calibrated":false,"independent":true,"hindrance":null,"bursts":8,'
        b'"first_point":null,"fit":{"bursts":0,"bursts_needed":60,"waiting_for":"a minute '
        b'without a change of current"},"taps":[{"tap":1,"divider":"32:100000/100000",'
        b'"state":"ok","reads_v":3.3,"uncalibrated_v":3.3,"noise_mv":0.0,"gain":1.0,'
        b'"offset_mv":0.0,"calibrated_time":null,"calibrated_against":null,"previous_gain":null,'
        b'"previous_offset_mv":null,"previous_time":null,"previous_against":null},{"tap":2,'
    )


def test_state_when_not_wired_then_says_so():
    found = content(Rig().ask("/api/v1/batteries/start/calibration")[0])
    assert found["taps"] == []
    assert found["calibrated"] is None
    assert found["hindrance"].startswith("No taps are wired to Start, ")


def test_state_when_a_tap_is_not_read_then_its_voltages_are_null():
    rig = Rig()

    def part():
        burst(rig.battery, (1650, None, 1650, 1650), rig.clock.uptime_s10())

    taps = content(rig.ask(part, PATH)[0])["taps"]
    assert (taps[0]["state"], taps[0]["reads_v"]) == ("ok", 3.3)
    assert taps[1]["state"] == "not_connected"
    for name in ("reads_v", "uncalibrated_v", "noise_mv"):
        assert taps[1][name] is None


def test_proposal_when_one_point_then_what_would_be_and_nothing_kept():
    rig = Rig()
    body = rig.ask('{%s,"keep":false}' % READINGS)[0][2]
    assert body.startswith(
        b'{"id":"house1","against":"multimeter","point":1,"bursts":8,"kept":false,'
        b'"cells_v":[3.333,3.201,3.366,3.432],"notes":[],"taps":[{"tap":1,"old_gain":1.0,'
        b'"gain":1.01,"old_offset_mv":0.0,"offset_mv":0.0,"reference_v":3.333,"reads_v":3.3,'
        b'"would_read_v":3.333,"difference_mv":-33.0},{"tap":2,"old_gain":1.0,"gain":0.99,'
    )
    assert rig.stored == 0
    assert rig.battery.harness.tap_mv(2, rig.clock.uptime_s10()) == 6600


def test_proposal_when_kept_then_in_force_and_in_the_state():
    rig = Rig()
    kept, state = rig.ask('{%s,"keep":true}' % READINGS, PATH)
    assert content(kept)["kept"] is True
    assert content(kept)["taps"][1]["old_gain"] == 1
    assert rig.stored == 1
    found = content(state)
    assert (found["calibrated"], found["independent"]) == (True, True)
    assert found["first_point"]["taps_v"] == [3.333, 6.534, 9.9, 13.332]
    tap = found["taps"][1]
    assert (tap["reads_v"], tap["uncalibrated_v"], tap["gain"]) == (6.534, 6.6, 0.99)
    assert tap["calibrated_time"] == "2024-05-17T12:00:36Z"
    assert tap["calibrated_against"] == "multimeter"
    assert (tap["previous_gain"], tap["previous_offset_mv"]) == (1, 0)


def test_proposal_when_second_point_then_gain_and_offset():
    rig = Rig()
    rig.pin_mv = 1500

    def charge():
        rig.pin_mv = 1700

    first, second = rig.ask(
        '{"against":"multimeter","taps_v":[3.05,5.93,9,12.34]}',
        charge,
        60,
        '{"against":"multimeter","taps_v":[3.454,6.722,10.2,13.972],"point":2,"keep":true}',
    )
    assert content(first)["point"] == 1
    found = content(second)
    assert found["point"] == 2
    assert [tap["gain"] for tap in found["taps"]] == [1.01, 0.99, 1, 1.02]
    assert [tap["offset_mv"] for tap in found["taps"]] == [20, -10, 0, 100]


def test_proposal_when_just_started_then_it_waits_for_bursts_that_agree():
    rig = Rig()
    before_ms = rig.clock.now_ms
    found = content(rig.ask("{%s}" % READINGS, after_s=1)[0])
    assert found["bursts"] == 8
    assert 35000 <= rig.clock.now_ms - before_ms <= 38000


def test_proposal_when_against_the_bms_then_with_residuals_and_a_note():
    early, late, state = Rig().ask('{"against":"bms"}', 370, '{"against":"bms","keep":true}', PATH)
    status, detail = refusal(early)
    assert status == 409
    assert detail == (
        "The comparison has 0 of 60 bursts at rest. It waits for a minute without a change of "
        "current."
    )
    found = content(late)
    assert (found["against"], found["point"], found["kept"]) == ("bms", 1, True)
    assert found["bursts"] >= 60
    assert [tap["gain"] for tap in found["taps"]] == [1.01, 0.99, 1, 1.01]
    assert [tap["residual_mv"] for tap in found["taps"]] == [0, 0, 0, 0]
    assert found["notes"][0].startswith("Calibrated against the BMS, the taps are no second ")
    found = content(state)
    assert (found["calibrated"], found["independent"]) == (True, False)
    assert found["taps"][0]["calibrated_against"] == "bms"


def test_undo_when_kept_before_then_the_old_coefficients():
    rig = Rig()
    undone = rig.ask('{%s,"keep":true}' % READINGS, '{"undo":true}')[1]
    assert undone[2].startswith(
        b'{"id":"house1","undone":true,"taps":[{"tap":1,"old_gain":1.01,"gain":1.0,'
        b'"old_offset_mv":0.0,"offset_mv":0.0},{"tap":2,"old_gain":0.99,'
    )
    assert rig.stored == 2


def test_change_when_the_body_is_wrong_then_422_by_the_key():
    no_list = "taps_v: has to be a list of what the multimeter reads in volts, lowest tap first."
    no_number = "taps_v: every reading has to be a number of volts."
    cases = (
        ("{}", 'against: has to be "multimeter" or "bms".'),
        ('{"against":"dvm"}', 'against: has to be "multimeter" or "bms".'),
        ('{"against":["bms"]}', 'against: has to be "multimeter" or "bms".'),
        ('{"against":"multimeter"}', no_list),
        ('{"against":"multimeter","taps_v":3.3}', no_list),
        ('{"against":"multimeter","taps_v":[]}', no_list),
        ('{"against":"multimeter","taps_v":["3.3"]}', no_number),
        ('{"against":"multimeter","taps_v":[3.3,null]}', no_number),
        ('{"against":"multimeter","taps_v":[true]}', no_number),
        ('{"against":"multimeter","taps_v":[1e30]}', no_number),
        ('{%s,"point":3}' % READINGS, "point: has to be 1 or 2."),
        ('{%s,"point":true}' % READINGS, "point: has to be 1 or 2."),
        ('{%s,"keep":1}' % READINGS, "keep: has to be true or false."),
        (
            '{"against":"bms","taps_v":[3.3]}',
            'taps_v: has no place beside "against": "bms".',
        ),
        ('{"against":"bms","point":1}', 'point: has no place beside "against": "bms".'),
        ('{"undo":false}', "undo: has to be true, and the only key."),
        ('{"undo":true,"keep":true}', "undo: has to be true, and the only key."),
        (
            '{"minutes":1}',
            "minutes: unknown key; known here: against, taps_v, point, keep, undo.",
        ),
        (
            '{"against":"multimeter","taps_v":[3.3,6.6,9.9]}',
            "taps_v: there are 3 readings for 4 taps; give one of each, the lowest tap first.",
        ),
    )
    rig = Rig()
    answers = rig.ask(*[body for body, _ in cases])
    for i in range(len(cases)):
        assert refusal(answers[i]) == (422, cases[i][1]), cases[i][0]
    assert rig.stored == 0


def test_change_when_the_readings_are_absurd_then_422_at_once():
    rig = Rig()
    before_ms = rig.clock.now_ms
    cells = '{"against":"multimeter","taps_v":[3.3,3.31,3.29,3.3]}'
    status, detail = refusal(rig.ask(cells, after_s=0)[0])
    assert status == 422
    assert detail.startswith("taps_v: these look like the voltages of single cells. ")
    assert rig.clock.now_ms - before_ms < 1000


def test_change_when_not_possible_now_then_409():
    rig = Rig()
    rig.current_ma = 8738
    status, detail = refusal(rig.ask("{%s}" % READINGS)[0])
    assert status == 409
    assert detail.startswith("A current of 8.7 A flows, ")
    assert refusal(Rig().ask('{"undo":true}')[0]) == (
        409,
        "There is no earlier calibration to go back to.",
    )
    assert refusal(Rig().ask('{%s,"point":2}' % READINGS)[0])[0] == 409


def test_change_when_not_wired_then_409_that_says_where_taps_are_described():
    rig = Rig()
    answers = []

    async def scenario(guard, clock, port):
        path = "/api/v1/batteries/start/calibration"
        for body in ("{%s}" % READINGS, '{"against":"bms"}', '{"undo":true}'):
            answers.append(parts(await exchange(port, post(body, path))))

    serve_while(scenario, rig.bridge, clock=rig.clock)
    for answer in answers:
        status, detail = refusal(answer)
        assert status == 409
        assert detail.startswith("No taps are wired to Start, ")


def test_keep_when_the_stored_configuration_has_problems_then_409_that_names_them():
    rig = Rig()
    rig.lost = ["wify: unknown key; left out"]
    status, detail = refusal(rig.ask('{%s,"keep":true}' % READINGS)[0])
    assert status == 409
    assert detail.endswith(" Put it right first: wify: unknown key; left out.")
    assert rig.battery.harness.tap_mv(2, rig.clock.uptime_s10()) == 6600


def test_keep_when_the_flash_fails_then_503():
    rig = Rig()
    rig.failure = OSError("full")
    status, detail = refusal(rig.ask('{%s,"keep":true}' % READINGS)[0])
    assert status == 503
    assert detail == "The calibration could not be kept, the flash failed (full)."


def test_calibration_when_no_such_battery_then_404():
    rig = Rig()
    answers = []

    async def scenario(guard, clock, port):
        path = "/api/v1/batteries/house9/calibration"
        answers.append(parts(await exchange(port, get(path))))
        answers.append(parts(await exchange(port, post("{%s}" % READINGS, path))))
        answers.append(parts(await exchange(port, post("{%s}" % READINGS, PATH, ""))))
        bare = post("{%s}" % READINGS).replace(b"Bearer change-it", b"Bearer guess-it!")
        answers.append(parts(await exchange(port, bare)))

    serve_while(scenario, rig.bridge, clock=rig.clock)
    statuses = [refusal(answer)[0] for answer in answers]
    assert statuses == [404, 404, 415, 403]
