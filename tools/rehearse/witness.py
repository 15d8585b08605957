"""A battery whose every value tells when it was sent, and the judge of what is served of it.

The firmware's own ages are what is on trial, so they are not asked: voltage, current, cycles,
temperatures, date, cells and protection are the tenths of a second of uptime at which the
battery answered, written in digits that fit the field and look like a battery.
"""

from tools.sim import frames

# The value's true age may exceed the one the firmware can know by its time on the air (three
# connection events of 50 ms) and by rounding to a tenth at both ends.
ON_AIR_S10 = 4

_REQUESTS = {frames.make_request(command): command for command in range(0xC0, 0xC5)}
_GAP_MS = 30

# How the tenths are written into each group, least significant digit first.
_MV_SPAN = 5000
_MA_SPAN = 400000
_HOUR_S10 = 36000
_HOURS = 60000
_TEMP_SPAN = 100
_CELL_SPAN = 500

# Values of one frame: known together or not at all.
_STATUS = ("voltage_v", "current_a", "power_w", "soc_pct", "rated_ah", "remaining_ah", "cycles")
_SENSORS = ("temperatures_c", "charge_fet", "discharge_fet")
_PACK = ("date", "heater", "balancing", "nominal_v")


class Witness:
    """A battery of 4 or 8 cells; `number` makes its name and address."""

    addr_type = 0

    def __init__(self, number, series, clock):
        self.name = "SOK-AA2060%d" % number
        self.address = "02:12:34:00:20:6%d" % number
        self.series = series
        self.sent_s10 = -1  # when it last answered anything
        self._clock = clock
        self._name_frame = frames.encode_name("SOK-BMS")
        self._settings = (
            frames.encode_cell_limits(3650, 3600, 2500, 2550, 100000, 200000),
            frames.encode_charge_limits(3650 * series, 3600 * series, 55, 50, 0, 5),
            frames.encode_discharge_limits(2500 * series, 2600 * series, 75, 70, -20, -15),
            frames.encode_levels(3200 * series, 2800 * series, 3600 * series, 20600),
            frames.encode_balance_limits(3400, 20, 9999),
        )

    def reply(self, request, now_ms):
        """Answer as a SOK battery does: a list of (delay_ms, frame)."""
        command = _REQUESTS.get(bytes(request))
        if command is None:
            return []
        self.sent_s10 = self._clock.uptime_s10()
        made = self._frames(command, self.sent_s10)
        return [(_GAP_MS * (i + 1), made[i]) for i in range(len(made))]

    def _frames(self, command, t):
        if command == 0xC0:
            return (self._name_frame,)
        if command == 0xC3:
            return self._settings
        if command == 0xC4:
            return (frames.encode_protection((t & 0xFF, t >> 8 & 0xFF, t >> 16 & 0xFF, 1)),)
        status = frames.encode_status(
            10000 + t % _MV_SPAN,
            t % _MA_SPAN - _MA_SPAN // 2,
            206000,
            206000,
            t // _HOUR_S10 % _HOURS,
            54,
        )
        if command == 0xC1:
            temps_c = [t % 100 - 20, t // 100 % 100 - 20, t // 10000 % 100 - 20]
            return status, frames.encode_sensors(True, True, temps_c, 1)
        s = t // 10
        date = (2000 + s // 336 % 100, 1 + s // 28 % 12, 1 + s % 28)
        made = [status, frames.encode_pack(date, 3200 * self.series, False, 0)]
        cells_mv = _digits_mv(t) * (self.series // 4)
        for first in range(1, self.series + 1, 4):
            made.append(frames.encode_cells(first, cells_mv))
        return made


def _digits_mv(t):
    low, high = t % _CELL_SPAN, t // _CELL_SPAN % _CELL_SPAN
    # The last one ties the others together: four cells of two different answers do not fit.
    return [3000 + low, 3000 + high, 3000 + t // 250000 % _CELL_SPAN, 3000 + (low + high) % 500]


def age_of(code, span, now_s10):
    """Return the age of a value that is t % span of a t not after now."""
    return (now_s10 - code) % span


class Judge:
    """Reads what the bridge serves of one Witness and holds it against the truth.

    slack_s10 is what a value's age may exceed stale_s by before it counts, see ON_AIR_S10.
    """

    def __init__(self, stale_s10, slack_s10=ON_AIR_S10):
        self.limit_s10 = stale_s10 + slack_s10
        self.slack_s10 = slack_s10
        self.answers = 0  # documents judged
        self.stale_served = 0  # values older than they may be, shown as if they were not
        self.first_wrong = None  # the first of them, as a sentence
        self.oldest_s10 = 0  # the oldest value that was shown
        # When the battery sent the status that was shown last, -1 while none is shown.
        self.status_s10 = -1

    def judge(self, bms, now_s10):
        """Look at the "bms" object of one answer."""
        self.answers += 1
        self.status_s10 = -1
        if bms["voltage_v"] is not None:
            self._judge_status(bms, now_s10)
        self._agree(bms, _STATUS, bms["voltage_v"] is not None, now_s10)
        if bms["stale"] != (bms["voltage_v"] is None):
            self._wrong("stale is %s beside %s" % (bms["stale"], bms["voltage_v"]), now_s10)
        temps_c = bms["temperatures_c"]
        if temps_c:
            t = [temp_c + 20 for temp_c in temps_c]
            code = t[0] + t[1] * 100 + t[2] * 10000
            self._shown("temperatures_c", age_of(code, 1000000, now_s10), now_s10)
        self._agree(bms, _SENSORS, bool(temps_c), now_s10)
        if bms["date"] is not None:
            year, month, day = [int(part) for part in bms["date"].split("-")]
            code = (year - 2000) * 336 + (month - 1) * 28 + day - 1
            # Only whole seconds are in it: it looks up to 0.9 s older than it is.
            age_s10 = age_of(code, 33600, now_s10 // 10) * 10
            self._shown("date", max(age_s10 - 9, 0), now_s10)
        self._agree(bms, _PACK, bms["date"] is not None, now_s10)
        cells_v = bms["cells_v"]
        for at in range(0, len(cells_v), 4):
            self._judge_cells(cells_v[at : at + 4], at, now_s10)
        if bms["protection"] is not None:
            raw = bms["protection"]["raw"]
            code = int(raw[0:2], 16) | int(raw[2:4], 16) << 8 | int(raw[4:6], 16) << 16
            self._shown("protection", age_of(code, 1 << 24, now_s10), now_s10)

    def _judge_status(self, bms, now_s10):
        sent_ma = _milli(bms["current_a"]) + _MA_SPAN // 2
        age_s10 = age_of(sent_ma, _MA_SPAN, now_s10)
        self.status_s10 = now_s10 - age_s10
        if (now_s10 - age_s10) // _HOUR_S10 % _HOURS != bms["cycles"]:
            self._wrong("current_a and cycles are hours old or of two answers", now_s10)
        self._shown("current_a", age_s10, now_s10)
        sent_mv = _milli(bms["voltage_v"]) - 10000
        self._shown("voltage_v", age_of(sent_mv, _MV_SPAN, now_s10), now_s10)
        # Not younger than the truth; nor much older, or a value is given up too early.
        told_s10 = int(bms["age_s"] * 10 + 0.5)
        if not 0 <= age_s10 - told_s10 <= self.slack_s10:
            self._wrong("age_s %d/10 for %d/10" % (told_s10, age_s10), now_s10)

    def _judge_cells(self, cells_v, at, now_s10):
        what = "cells_v from %d" % (at + 1)
        if None in cells_v:
            if cells_v != [None] * 4:
                self._wrong(what + " come from more than one frame", now_s10)
            return
        digits = [_milli(cell_v) - 3000 for cell_v in cells_v]
        if (digits[0] + digits[1]) % 500 != digits[3]:
            self._wrong(what + " do not belong together", now_s10)
        code = digits[0] + digits[1] * _CELL_SPAN + digits[2] * 250000
        self._shown(what, age_of(code, 125000000, now_s10), now_s10)

    def _agree(self, bms, names, is_known, now_s10):
        for name in names:
            if (bms[name] is not None) != is_known:
                self._wrong("%s is %s beside others of its frame" % (name, bms[name]), now_s10)

    def _shown(self, what, age_s10, now_s10):
        self.oldest_s10 = max(self.oldest_s10, age_s10)
        if age_s10 > self.limit_s10:
            self._wrong("%s is %d/10 s old" % (what, age_s10), now_s10)

    def _wrong(self, why, now_s10):
        self.stale_served += 1
        if self.first_wrong is None:
            self.first_wrong = "at %d/10 s: %s" % (now_s10, why)


def _milli(value):
    # Rounded: 13.119 is not a binary fraction.
    return int(value * 1000 + (0.5 if value >= 0 else -0.5))
