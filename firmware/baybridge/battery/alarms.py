"""What is wrong with a battery: every value that is known, judged once a second.

A limit warns before the BMS's own trip and alarms at it; which limits are in force is
alarm_limits.py's. Nothing is remembered beyond what the values say, so after a restart the same
alarms come back by themselves. Old values are never judged: an alarm on a value ends when the
value goes stale, and the alarm "stale" begins in the same second and names it (docs/alarms.md).
"""

from array import array
from micropython import const

from baybridge.battery import sample as groups
from baybridge.battery.alarm_limits import BATTERY_OV, BATTERY_UV, SPREAD_REST, AlarmLimits
from baybridge.battery.alarm_values import (
    BMS_PROTECTION,
    CELL_OV,
    CELL_UV,
    CHECKS,
    CHG_FET_OFF,
    DIS_FET_OFF,
    FULL_CELL_MV,
    SOC_LOW,
    SPREAD,
    STALE,
    STALE_PROTECTION,
    UNKNOWN,
    Values,
)
from baybridge.battery.finding import VERDICT_STOP
from baybridge.battery.limit import Limits
from baybridge.battery.link import RELEASED

# Names of the checks. The first nine have the limit of the same number.
CODES = (
    "cell_ov",
    "cell_uv",
    "battery_ov",
    "battery_uv",
    "charge_cold",
    "charge_hot",
    "discharge_cold",
    "discharge_hot",
    "soc_low",
    "spread",
    "chg_fet_off",
    "dis_fet_off",
    "bms_protection",
    "stale",
)
SEVERITIES = (None, "warning", "alarm")
UNITS = ("V", "V", "V", "V", "°C", "°C", "°C", "°C", "%", "mV", None, None, None, "s")
# Decimals between a value here and its unit.
DECIMALS = {"V": 3, "mV": 0, "°C": 0, "%": 0, "s": 1, None: 0}
# For the nine: so far before the limit it warns (0: the limit itself is only a warning), so far
# back it releases, both counted against the direction of the limit, and the delay in seconds.
_WIDTH = const(3)
_STEPS = const(
    (
        30, 20, 3,
        -300, -50, 10,
        30, 20, 3,
        -300, -50, 10,
        -3, -2, 10,
        5, 3, 10,
        -5, -3, 10,
        10, 5, 10,
        0, -3, 10,
    )
)  # fmt: skip
_SPREAD_DELAY_S10 = const(600)
# A single wrong reading is no alarm.
_READINGS = const(3)
# Whether a value is a new reading goes by what came last: status, sensors, protection, cells;
# 4 is always.
_NEWS_OF = b"\x03\x03\x00\x00\x01\x01\x01\x01\x00\x03\x01\x01\x02\x04"
_NEWS_CELLS = const(3)
_NEWS_ALWAYS = const(16)

# What the limit of the spread depends on, added to SPREAD_REST.
_REST = const(0)
_LOAD = const(1)
_FULL = const(2)
# Above FULL_CELL_MV and below this the curve of a cell is so steep that healthy ones part.
_STEEP_LOW_MV = const(3100)
# At rest: less than a twentieth of the rated charge in an hour, for long enough that what a load
# left behind in the cells has settled.
_SETTLED_S10 = const(3000)
_LEAST_LOAD_MA = const(2000)
# Silence is an alarm so long after it went stale.
_STALE_ALARM_S10 = const(3000)


class Alarms:
    """The alarms of one battery; config is the configuration's section of that name."""

    def __init__(self, battery, config: dict):
        self.battery = battery
        self.limits = AlarmLimits(config)
        # Two for each check: the warning and the alarm.
        self.rules = Limits(2 * CHECKS)
        self.found = Values(battery)
        # For each check 0, 1 while it warns, 2 while it alarms: an index of SEVERITIES.
        self.levels = bytearray(CHECKS)
        # A bit for each check that stands, when it began to, how often it did since the start.
        self.mask = 0
        self.since_s10 = array("i", [0] * CHECKS)
        self.begun = array("H", [0] * CHECKS)
        # Grows with everything that begins, ends or grows.
        self.changes = 0
        # The checks that stood when the battery was heard last, while it is stale.
        self.lost = 0
        # The crosscheck's findings that stand, and when each began.
        self.findings = []
        self.findings_since_s10 = []
        self.spread_state = _LOAD
        self._seen_s10 = array("i", [-1] * 4)
        # When there was a load last; -1 before the first look.
        self._busy_s10 = -1
        self._set_fixed()
        self._learn()

    @property
    def is_any(self) -> bool:
        """Whether anything stands."""
        return self.mask != 0 or len(self.findings) > 0

    def active(self):
        """Yield (code, severity, cell, value, limit, unit, since_s10) of all that stands.

        Values are as last found.refresh()ed, integers of the code's own unit: mV, degrees
        C, %, tenths of a second. The findings of the harness come last, in their order.
        """
        for check in range(CHECKS):
            level = self.levels[check]
            if level:
                value = limit = cell = None
                if UNITS[check] is not None:
                    limit = self.rules.trips[2 * check + level - 1]
                    if self.found.values[check] != UNKNOWN:
                        value = self.found.values[check]
                        cell = self.found.places[check] if check <= CELL_UV else None
                yield (
                    CODES[check],
                    SEVERITIES[level],
                    cell,
                    value,
                    limit,
                    UNITS[check],
                    self.since_s10[check],
                )
        for i in range(len(self.findings)):
            finding = self.findings[i]
            severity = SEVERITIES[_level_of(finding)]
            since_s10 = self.findings_since_s10[i]
            yield "harness_" + finding.code, severity, finding.cell, None, None, None, since_s10

    def active_codes_text(self) -> str:
        """Return the codes of all that stands, separated by spaces; empty if there is none."""
        if not self.is_any:
            return ""
        codes = codes_text(self.mask)
        return " ".join(codes.split() + ["harness_" + one.code for one in self.findings])

    # Hot path: no allocation while nothing begins or ends; host_tests/battery checks it.
    def judge(self, now_s10: int) -> bool:
        """Judge this moment, once a second; return whether something began, ended or grew."""
        sample = self.battery.sample
        found = self.found
        if self._busy_s10 < 0:
            found.start_s10 = self._busy_s10 = now_s10
        if self.battery.link.state == RELEASED:
            # The owner let go of it for a phone: this silence is wanted.
            found.excused_s10 = now_s10
        self._learn()
        news = self._news(sample)
        found.refresh(now_s10)
        self._choose_spread(now_s10)
        before = self.mask
        has_changed = False
        for check in range(CHECKS):
            if self._judge_check(check, news, now_s10):
                has_changed = True
        if self.mask & ~before & (1 << STALE):
            self.lost = before
        if self._judge_findings(now_s10):
            has_changed = True
        if has_changed:
            self.changes += 1
        return has_changed

    def _judge_check(self, check, news, now_s10):
        rules = self.rules
        value = self.found.values[check]
        row = 2 * check
        was = self.levels[check]
        if value == UNKNOWN:
            rules.clear(row)
            rules.clear(row + 1)
        elif news & 1 << _NEWS_OF[check]:
            rules.update(row, value, now_s10)
            # Neither of these two says that nobody watches the battery.
            if check == STALE and self.found.places[check] >= STALE_PROTECTION:
                rules.clear(row + 1)
            else:
                rules.update(row + 1, value, now_s10)
        level = 2 if rules.tripped[row + 1] else rules.tripped[row]
        if level == was:
            return False
        self.levels[check] = level
        if not level:
            self.mask &= ~(1 << check)
        elif not was:
            self.mask |= 1 << check
            self.since_s10[check] = now_s10
            if self.begun[check] < 0xFFFF:
                self.begun[check] += 1
        return True

    def _news(self, sample):
        taken_s10 = sample.taken_s10
        news = _NEWS_ALWAYS
        seen_s10 = self._seen_s10
        for i in range(4):
            latest_s10 = taken_s10[groups.PROTECTION if i == 2 else i]
            if i == _NEWS_CELLS:
                latest_s10 = -1
                for block in range((sample.series + 3) // 4):
                    latest_s10 = max(latest_s10, taken_s10[groups.CELLS + block])
            if latest_s10 != seen_s10[i]:
                seen_s10[i] = latest_s10
                news |= 1 << i
        return news

    def _judge_findings(self, now_s10):
        crosscheck = self.battery.crosscheck
        if crosscheck is None:
            return False
        found = crosscheck.findings
        mine = self.findings
        is_same = len(found) == len(mine)
        i = 0
        while is_same and i < len(mine):
            is_same = _is_same(found[i], mine[i])
            if is_same:
                mine[i] = found[i]  # its size may be another one
            i += 1
        if is_same:
            return False
        # Something began, ended or grew: what was there before keeps its beginning.
        since_s10 = []
        for finding in found:
            begun_s10 = now_s10
            for k in range(len(mine)):
                if _is_same(mine[k], finding):
                    begun_s10 = self.findings_since_s10[k]
            since_s10.append(begun_s10)
        self.findings = list(found)
        self.findings_since_s10 = since_s10
        return True

    # --- limits -------------------------------------------------------------------------------

    def _set_fixed(self):
        rules = self.rules
        rules.set(2 * CHG_FET_OFF, 1, 0, 0, _READINGS)
        rules.set(2 * DIS_FET_OFF + 1, 1, 0, 0, _READINGS)
        rules.set(2 * BMS_PROTECTION + 1, 1, 0, 0, _READINGS)
        # Its value is 0 while nothing is silent, and a time already: one look is enough.
        stale_s10 = self.battery.stale_s10
        rules.set(2 * STALE, stale_s10, 0, 0, 1)
        rules.set(2 * STALE + 1, stale_s10 + _STALE_ALARM_S10, 0, 0, 1)

    def _learn(self):
        sample = self.battery.sample
        if not self.limits.learn(sample):
            return
        series = sample.series
        for i in range(SOC_LOW + 1):
            limit = self.limits.values[i]
            before = _STEPS[i * _WIDTH]
            back = _STEPS[i * _WIDTH + 1]
            delay_s10 = _STEPS[i * _WIDTH + 2] * 10
            if i in (BATTERY_OV, BATTERY_UV):
                limit *= series
                before *= series
                back *= series
            self._set(2 * i, limit - before, back, delay_s10)
            if before:
                self._set(2 * i + 1, limit, back, delay_s10)
        self._set_spread()

    def _set_spread(self):
        # It warns at half of the limit.
        limit_mv = self.limits.values[SPREAD_REST + self.spread_state]
        self._set(2 * SPREAD, limit_mv // 2, limit_mv // 10, _SPREAD_DELAY_S10)
        self._set(2 * SPREAD + 1, limit_mv, limit_mv // 5, _SPREAD_DELAY_S10)

    def _set(self, row, trip, back, delay_s10):
        self.rules.set(row, trip, trip - back, delay_s10, _READINGS)

    def _choose_spread(self, now_s10):
        sample = self.battery.sample
        values = self.found.values
        if self.battery.is_alive(now_s10):
            if abs(sample.current_ma) >= max(_LEAST_LOAD_MA, sample.rated_mah // 20):
                self._busy_s10 = now_s10
        if values[SPREAD] == UNKNOWN:
            return
        if values[CELL_OV] > FULL_CELL_MV:
            state = _FULL
        elif now_s10 - self._busy_s10 < _SETTLED_S10:
            state = _LOAD
        elif values[CELL_UV] < _STEEP_LOW_MV:
            state = _FULL
        else:
            state = _REST
        if state != self.spread_state:
            # Judged anew: what was too much there may be nothing here.
            self.spread_state = state
            self.rules.clear(2 * SPREAD)
            self.rules.clear(2 * SPREAD + 1)
            self._set_spread()


def codes_text(mask: int) -> str:
    """Return the codes of the checks whose bits are set, separated by spaces."""
    return " ".join([CODES[check] for check in range(CHECKS) if mask & 1 << check])


def _level_of(finding):
    return 2 if finding.severity >= VERDICT_STOP else 1


def _is_same(a, b):
    return a.kind == b.kind and a.tap == b.tap and a.cell == b.cell and a.other == b.other
