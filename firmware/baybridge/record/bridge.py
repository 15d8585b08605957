"""The bridge as a whole, as the API shows it: every answer that is more than one battery's."""

from baybridge.battery.bank import Bank, CurrentMean
from baybridge.record.battery_json import BatteryText
from baybridge.record.calendar import iso_utc
from baybridge.record.history import History
from baybridge.record.json_text import fixed, flag, members, object_of, tenths, text


class Bridge:
    """What the routes of the API ask; frames is the FrameLog of all batteries."""

    def __init__(self, clock, name, version, boot, batteries, frames):
        self.name = name
        self.read_token = None
        self.token = None
        # Set by app.py: what the diagnostics consist of, and what the routes that change
        # something or ask the radio call.
        self.sections = lambda: ()  # the (name, JSON) of each section, one by one
        self.metrics_lines = lambda: ()  # Prometheus' lines, one by one
        self.release = None  # (id, minutes) -> False if there is no such battery
        self.fast = None  # the same
        self.config_pieces = None  # (has_secrets) -> the stored configuration, a list; OSError
        # (dict) -> problems and warnings as (place, message), places that wait for a restart and
        # those in force: (problems, waiting, applied, warnings); OSError
        self.put_config = None
        self.firmware = None  # () -> the tasks.update.Updater
        self.restart = None  # (reason), which the diagnostics show after the start
        self.set_time = None  # (unix_s); ValueError with a sentence if it cannot be true
        self.record_frames = None  # (minutes) -> the file's name; OSError with a sentence
        self.calibrator = None  # () -> the tasks.calibrate.Calibrator of all batteries
        self.network = None  # the tasks.network.Network
        self.discover = None  # async () -> JSON; OSError with a sentence
        # Set by whoever supervises: a function that tells whether every task makes progress.
        self.is_well = lambda: True
        # The flash, with the page on it.
        self.files = None
        # What the log's routes read from, and whether one reads a history; one at a time may.
        self.card = None
        self.is_card_read = False
        # Configurations on their way to a client.
        self.configs_sent = 0
        # The CardWatch while there is a log.
        self.card_watch = None
        # Somebody feeds these once a second, asked or not.
        self.bank_mean = CurrentMean()
        self.histories = [History(battery, len(batteries)) for battery in batteries]
        self.clock = clock
        self._batteries = batteries
        self._frames = frames
        self._texts = [BatteryText(battery) for battery in batteries]
        self._about = "{%s" % members(
            (("name", text(name)), ("version", text(version)), ("boot", fixed(boot, 0)))
        )

    def battery_ids(self) -> list:
        """Return the ids of all batteries."""
        return [battery.id for battery in self._batteries]

    def history_of(self, id: str):
        """Return the History of the battery of this id, or None if there is none."""
        for i in range(len(self._batteries)):
            if self._batteries[i].id == id:
                return self.histories[i]
        return None

    def battery_text(self, id: str):
        """Return one battery's JSON, or None if there is none of this id."""
        for i in range(len(self._batteries)):
            if self._batteries[i].id == id:
                return self._texts[i].render(self.clock.uptime_s10())
        return None

    def watched(self) -> list:
        """Return each battery with its BatteryText, for who sends what changes."""
        return [(self._batteries[i], self._texts[i]) for i in range(len(self._texts))]

    def limits_text(self, id: str):
        """Return the limits of one battery's alarms as JSON, or None if there is none."""
        from baybridge.record.limits_json import limits_json

        for battery in self._batteries:
            if battery.id == id:
                return limits_json(battery.alarms)
        return None

    def batteries_text(self) -> bytes:
        """Return the JSON of all batteries, their bank and the bridge itself."""
        now_s10 = self.clock.uptime_s10()
        unix_s = self.clock.unix_s()
        head = (
            '{"time":%s,"uptime_s":%d,"bridge":%s,"time_is_set":%s,"alarms":%s},"bank":%s,"batteries":['
            % (
                text(None if unix_s is None else iso_utc(unix_s)),
                now_s10 // 10,
                self._about,
                flag(unix_s is not None),
                self._alarms(now_s10),
                _bank(Bank(self._batteries, now_s10, self.bank_mean)),
            )
        )
        texts = [renderer.render(now_s10) for renderer in self._texts]
        return head.encode() + b",".join(texts) + b"]}"

    def _alarms(self, now_s10):
        watch = self.card_watch
        if watch is None or not watch.state:
            return "[]"
        from baybridge.record.alarm_json import card_alarms_json

        return card_alarms_json(watch, now_s10)

    def frames_pieces(self, id=None):
        """Yield the last raw frames of one battery as CAPTURE text, or of all, one by one."""
        # Asked for rarely, so its room is entered only then.
        from baybridge.record.capture import head_lines

        for number in range(len(self._batteries)):
            battery = self._batteries[number]
            if id is None or battery.id == id:
                yield from head_lines(battery)
                yield from self._frames.lines(number, self.clock.ticks_diff)

    def diagnostics_pieces(self):
        """Yield the diagnostics as JSON, section by section."""
        yield '{"uptime_s":%d' % (self.clock.uptime_s10() // 10)
        for name, value in self.sections():
            yield ',"%s":' % name
            yield value
        yield "}"

    def health(self):
        """Return whether the bridge itself is well, and the health document.

        A battery that is away is a warning in it, not a failure: restarting us would not help.
        """
        now_s10 = self.clock.uptime_s10()
        is_well = self.is_well()
        missing = Bank(self._batteries, now_s10).missing
        status = "fail" if not is_well else "warn" if missing else "pass"
        checks = []
        for battery in self._batteries:
            is_alive = battery.is_alive(now_s10)
            checks.append(
                '"battery:%s":[{"status":"%s"}]' % (battery.id, "pass" if is_alive else "warn")
            )
        checks.append('"tasks":[{"status":"%s"}]' % ("pass" if is_well else "fail"))
        body = '{"status":"%s","checks":{%s}}' % (status, ",".join(checks))
        return is_well, body.encode()


def _bank(bank):
    return object_of(
        (
            ("batteries", fixed(bank.count, 0)),
            ("missing", fixed(bank.missing, 0)),
            ("current_a", fixed(bank.current_ma, 3)),
            ("power_w", fixed(tenths(bank.power_mw), 1)),
            ("remaining_ah", fixed(tenths(bank.remaining_mah), 1)),
            ("mean_current_a", fixed(bank.mean_current_ma, 3)),
            ("time_to_empty_s", fixed(bank.time_to_empty_s, 0)),
            ("time_to_full_s", fixed(bank.time_to_full_s, 0)),
            ("soc_spread_pct", fixed(bank.soc_spread_pct, 0)),
            ("voltage_spread_mv", fixed(bank.voltage_spread_mv, 0)),
        )
    )
