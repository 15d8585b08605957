"""tasks/calibrate with app's store: what stands in the file afterwards, and what is in force."""

import asyncio

from baybridge import config
from baybridge.app_config import store_config
from baybridge.battery.calibration import NotNow
from baybridge.battery.calibration_fit import BURSTS_NEEDED
from baybridge.tasks.calibrate import Calibrator
from host_tests.battery.calibration_rig import DIVIDERS, burst, hear, wired_battery
from host_tests.fakes.clock import FakeClock
from host_tests.fakes.job import FakeJob, run_through, stop
from host_tests.support import raises

NOON_S = 1715947200  # 2024-05-17T12:00:00Z
METER_UV = [3333000, 6534000, 9900000, 13332000]
TAPS = ",".join(
    ['{"pin": %d, "top_ohm": %d, "bottom_ohm": 100000}' % divider for divider in DIVIDERS]
)
# As an owner writes it: other keys in another order, a second battery, a secret.
STORED = (
    '{"wifi": {"ssid": "boat", "password": "secret word"}, "batteries": [{"id": "other", '
    '"match": "SOK-B"}, {"id": "house1", "match": "SOK-A", "poll_s": 2.5, "taps": [%s]}], '
    '"end": 1}' % TAPS
)


class FakeFiles:
    """A flash with one file; failure is what the next write raises."""

    def __init__(self, text):
        self.text = text
        self.failure = None

    def read_text(self, name):
        assert name == "config.json"
        return self.text

    def write_pieces(self, name, pieces):
        if self.failure:
            raise self.failure
        self.text = "".join(pieces)


class Rig:
    """A calibrator of two batteries, the second of which has taps."""

    def __init__(self, text=STORED, unix_s=None):
        self.clock = FakeClock()
        if unix_s is not None:
            self.clock.set_unix_s(unix_s)
        self.files = FakeFiles(text)
        self.config = config.parse(STORED)[0]
        other = wired_battery([])
        other.id = "other"
        other.harness = None
        self.battery = wired_battery(self.config["batteries"][1]["taps"])
        self.calibrator = Calibrator(
            [other, self.battery],
            self.config["batteries"],
            lambda change: store_config(self.files, "esp32", change),
            self.clock,
        )
        self.calibration = self.calibrator.of("house1")

    def tick(self):
        """Let a burst and the BMS come in."""
        now_s10 = self.clock.uptime_s10()
        hear(self.battery, (3333, 3201, 3366, 3432), now_s10)
        burst(self.battery, [1650] * 4, now_s10)

    def run(self, bursts=8):
        """Run the task while so many bursts come in, five seconds apart."""

        async def main():
            task = asyncio.create_task(self.calibrator.run(FakeJob(self.clock)))
            await run_through(task, self.clock, [self.tick, 5] * bursts)

        self.clock.run(main())

    def proposal(self):
        return self.calibration.meter(METER_UV, 1, self.clock.uptime_s10())


def settled(text=STORED, unix_s=None):
    rig = Rig(text, unix_s)
    rig.run()
    return rig


def test_run_when_bursts_come_then_each_is_counted_once():
    rig = Rig()
    rig.run(7)
    assert rig.calibration.bursts == 7
    assert not rig.calibration.is_settled
    rig.run(1)
    assert rig.calibration.is_settled


def test_run_when_six_minutes_at_rest_then_the_comparison_is_made():
    rig = Rig()
    rig.run(BURSTS_NEEDED + 12)
    assert rig.calibration.fit.count == 60
    proposal = rig.calibration.bms(rig.clock.uptime_s10())
    assert proposal.gains_ppm == [1010000, 990000, 1000000, 1010000]


def test_of_when_no_battery_has_the_id_then_none():
    rig = Rig()
    assert rig.calibrator.of("house2") is None
    assert rig.calibrator.of("other").taps == []


def test_keep_when_right_then_stored_in_force_and_all_else_as_it_was():
    rig = settled(unix_s=NOON_S)
    before = config.parse(STORED)[0]
    rig.calibrator.keep(rig.calibration, rig.proposal())
    stored, problems = config.parse(rig.files.text)
    assert problems == []
    tap = stored["batteries"][1]["taps"][1]
    assert tap["gain_ppm"] == 990000
    assert tap["offset_uv"] == 0
    assert tap["calibrated_time"] == "2024-05-17T12:00:40Z"
    assert tap["calibrated_against"] == "multimeter"
    assert tap["calibrated_divider"] == "33:300000/100000"
    assert (tap["previous_gain_ppm"], tap["previous_offset_uv"]) == (1000000, 0)
    assert rig.config["batteries"][1]["taps"] == stored["batteries"][1]["taps"]
    assert rig.battery.harness.tap_mv(2, rig.clock.uptime_s10()) == 6534
    stored["batteries"][1]["taps"] = before["batteries"][1]["taps"]
    assert stored == before
    assert stored["wifi"]["password"] == "secret word"


def test_keep_when_the_time_is_unknown_then_without_one():
    rig = settled()
    rig.calibrator.keep(rig.calibration, rig.proposal())
    tap = config.parse(rig.files.text)[0]["batteries"][1]["taps"][0]
    assert (tap["calibrated_time"], tap["calibrated_against"]) == (None, "multimeter")


def refused_keep(rig):
    """Keep what must not be kept; the sentence, after checking that nothing has changed."""
    text = rig.files.text
    exc = raises(NotNow, rig.calibrator.keep, rig.calibration, rig.proposal())
    assert rig.files.text == text
    assert rig.battery.harness.tap_mv(2, rig.clock.uptime_s10()) == 6600
    assert rig.calibration.taps[1]["gain_ppm"] == 1000000
    return str(exc)


def test_keep_when_the_stored_text_has_problems_then_nothing_is_lost():
    assert refused_keep(settled(STORED.replace('"wifi"', '"wify"'))) == (
        "The stored configuration has problems, and writing it would lose what was meant there. "
        "Put it right first: wify: unknown key; left out."
    )
    assert "other taps than those in use" in refused_keep(settled(None))
    assert "config.json is cut off" in refused_keep(settled(STORED.replace('"end"', '"and"')))


def test_keep_when_the_stored_text_has_only_a_warning_then_kept():
    rig = settled(STORED.replace('"SOK-B"', '"SOK-"').replace('"SOK-A"', '"SOK-A1"'))
    rig.calibrator.keep(rig.calibration, rig.proposal())
    assert '"gain": 1.01,' in rig.files.text


def test_keep_when_the_stored_taps_are_others_then_not():
    for old, new in (
        ('"top_ohm": 700000', '"top_ohm": 715000'),
        ('"pin": 35', '"pin": 39'),
        ('"id": "house1"', '"id": "house2"'),
        (TAPS, ""),
    ):
        assert refused_keep(settled(STORED.replace(old, new))) == (
            "The stored configuration has other taps than those in use; start the bridge again, "
            "and then calibrate."
        )


def test_keep_when_the_flash_fails_then_nothing_is_in_force():
    rig = settled()
    rig.files.failure = OSError(28)
    raises(OSError, rig.calibrator.keep, rig.calibration, rig.proposal())
    assert rig.battery.harness.tap_mv(2, rig.clock.uptime_s10()) == 6600
    assert rig.files.text == STORED


def test_undo_when_kept_before_then_as_it_was_and_stored():
    rig = settled()
    rig.calibrator.keep(rig.calibration, rig.proposal())
    rig.calibrator.undo(rig.calibration)
    tap = config.parse(rig.files.text)[0]["batteries"][1]["taps"][1]
    assert (tap["gain_ppm"], tap["previous_gain_ppm"]) == (1000000, 990000)
    assert tap["previous_against"] == "multimeter"
    assert rig.battery.harness.tap_mv(2, rig.clock.uptime_s10()) == 6600


def settle_for(rig):
    """Wait for the taps to settle while nothing comes in; tenths of a second that took."""
    started_s10 = rig.clock.uptime_s10()
    rig.clock.run(rig.calibrator.settle(rig.calibration))
    return rig.clock.uptime_s10() - started_s10


def test_settle_when_settled_or_hopeless_then_at_once_and_else_not_for_ever():
    assert settle_for(settled()) == 0
    # Never read: that is said at once.
    assert settle_for(Rig()) == 0
    # Read, and no burst any more: until the last one is stale.
    rig = Rig()
    rig.run(3)
    assert 150 <= settle_for(rig) <= 155


def test_settle_when_bursts_never_agree_then_a_minute():
    rig = Rig()
    pins_mv = [1650]

    async def live():
        while True:
            pins_mv[0] = 3310 - pins_mv[0]
            burst(rig.battery, pins_mv * 4, rig.clock.uptime_s10())
            rig.calibration.feed(rig.clock.uptime_s10())
            await rig.clock.sleep_ms(5000)

    async def main():
        task = asyncio.create_task(live())
        await rig.clock.sleep_ms(100)
        started_s10 = rig.clock.uptime_s10()
        await rig.calibrator.settle(rig.calibration)
        assert 600 <= rig.clock.uptime_s10() - started_s10 <= 602
        await stop(task)

    rig.clock.run(main())
