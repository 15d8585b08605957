"""A fault at every step of a link: it comes back, leaks no slot and shows nothing old.

The short form of tools/rehearse/steps.py; `make bench` plays every case.
"""

import json
import sys

# First, though unused: imported through `tools` it would nest too deep for MicroPython's stack.
import host_tests.fakes.world  # noqa: F401
from host_tests.fakes.clock import FakeClock
from host_tests.web.loopback import free_port
from tools.rehearse import steps
from tools.rehearse.stage import Stage
from tools.rehearse.witness import Judge, Witness

FOLDER = "build/rehearse/test_" + sys.implementation.name
NO_LOG = ',"log":{"enabled":false}'


def outcomes(kinds):
    """Play the short cases of these kinds; print what went wrong and return the failures."""
    port = free_port()
    tried = 0
    failed = []
    for case in steps.short_cases():
        if case.kind in kinds:
            tried += 1
            outcome = steps.play(case, FakeClock(), FOLDER, port)
            if outcome.failures:
                failed.append(str(outcome))
    print("fault_steps_tried %d" % tried)
    print("fault_steps_recovered_ratio %.3f" % ((tried - len(failed)) / tried))
    return failed


def test_link_when_dropped_at_any_step_then_back_within_30_s():
    assert outcomes(("drop",)) == []


def test_link_when_silent_at_any_step_then_back_within_30_s():
    assert outcomes(("silent",)) == []


def test_radio_when_its_handler_or_power_is_lost_then_back_within_30_s():
    assert outcomes(steps.RADIO) == []


def test_cases_are_all_there():
    assert len(list(steps.all_cases())) == 544
    short = list(steps.short_cases())
    assert len(short) == 34
    for kind in ("drop", "silent"):
        for is_first in (False, True):
            wanted = [
                case.step for case in short if case.kind == kind and case.is_first == is_first
            ]
            assert wanted == [
                "connect",
                "services",
                "characteristics",
                "descriptors",
                "cccd",
                "write",
                "notify",
            ]
    assert [case.kind for case in short[28:]] == [
        "handler",
        "handler",
        "inactive",
        "inactive",
        "restart",
        "restart",
    ]


# Who judges has to be able to find fault.


def stage_of(stale_s10):
    """Return a stage whose firmware takes values for fresh until they are so old."""
    stage = Stage(FakeClock(), FOLDER, free_port(), more=NO_LOG)

    async def play():
        task = stage.start()
        for battery in stage.app.batteries:
            battery.stale_s10 = stale_s10
        await stage.watch(15)
        stage.batteries[0].peripheral.in_range = False
        await stage.watch(60)
        await stage.stop(task)

    stage.clock.run(play())
    return stage


def test_judge_when_the_firmware_gives_old_values_up_then_finds_nothing():
    stage = stage_of(200)
    assert stage.stale_served == 0, stage.first_wrong
    assert [battery.judge.answers for battery in stage.batteries] == [75, 75]
    assert 190 <= stage.batteries[0].judge.oldest_s10 <= 213
    assert stage.batteries[0].longest_missing > 30
    assert stage.batteries[1].missing < 5


def test_judge_when_the_firmware_takes_old_values_for_fresh_then_counts_each():
    stage = stage_of(250)
    judge = stage.batteries[0].judge
    # Voltage, current, date, cells in each answer of about five seconds.
    assert 16 <= judge.stale_served <= 30
    assert "s old" in judge.first_wrong
    assert stage.batteries[1].judge.stale_served == 0


def bms(**changes):
    """Return what the bridge serves of a 12 V Witness at 1234.5 s, all sent at 1230.0 s."""
    served = json.loads(
        '{"age_s":4.5,"stale":false,"voltage_v":12.300,"current_a":-187.7,"power_w":-2308.7,'
        '"soc_pct":54,"rated_ah":206.0,"remaining_ah":111.2,"cycles":0,'
        '"cells_v":[3.3,3.024,3.0,3.324],"temperatures_c":[-20,3,-19],"charge_fet":true,'
        '"discharge_fet":true,"heater":false,"balancing":false,"nominal_v":12.8,'
        '"date":"2003-08-27","protection":{"active":true,'
        '"raw":"0c300001000000000000000000000000"}}'
    )
    served.update(changes)
    return served


def judged(served, now_s10=12345):
    judge = Judge(200)
    judge.judge(served, now_s10)
    return judge


def test_judge_when_all_is_as_sent_then_knows_when_that_was():
    judge = judged(bms())
    assert judge.first_wrong is None
    assert judge.stale_served == 0
    assert judge.status_s10 == 12300
    assert judge.oldest_s10 == 45


def test_judge_when_one_value_is_of_another_answer_then_says_which():
    # Each of them 30 s older than the others.
    for name, value in (
        ("voltage_v", 12.000),
        ("current_a", -188.0),
        ("temperatures_c", [-20, 0, -19]),
        ("date", "2003-07-25"),
        ("protection", {"active": True, "raw": "e02e0001000000000000000000000000"}),
        ("cells_v", [3.0, 3.024, 3.0, 3.024]),
    ):
        judge = judged(bms(**{name: value}))
        assert judge.stale_served >= 1, name
        assert name in judge.first_wrong, judge.first_wrong


def test_judge_when_values_do_not_fit_each_other_then_counts_them():
    for served in (
        bms(cells_v=[3.3, 3.024, 3.0, 3.325]),
        bms(cells_v=[3.3, None, 3.0, 3.324]),
        bms(soc_pct=None),
        bms(voltage_v=None),
        bms(stale=True),
        bms(nominal_v=None),
        bms(charge_fet=None),
        bms(cycles=1),
        bms(age_s=3.0),
        bms(age_s=5.0),
    ):
        assert judged(served).stale_served >= 1, served


def test_witness_when_asked_then_answers_with_its_time_in_literal_bytes():
    clock = FakeClock()
    clock.now_ms = clock.start_ms + 1230000
    witness = Witness(1, 4, clock)
    replies = witness.reply(b"\xee\xc2\x00\x00\x00\x46", 0)
    assert [delay_ms for delay_ms, _ in replies] == [30, 60, 90]
    assert replies[0][1][:8] == b"\xcc\xf0\x0c\x30\x00\xcc\x22\xfd"
    cells = b"\x01\xe4\x0c\x00\x02\xd0\x0b\x00\x03\xb8\x0b\x00\x04\xfc\x0c\x00"
    assert replies[2][1][:18] == b"\xcc\xf4" + cells
    assert witness.reply(b"\xee\xc5\x00\x00\x00\x00", 0) == []
