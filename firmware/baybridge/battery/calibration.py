"""Gain and offset of each tap, from a multimeter's readings or the BMS's cells; nothing absurd.

A tap's voltage is its raw voltage (pin times the divider's ratio) times gain plus offset. One
point gives the gain, two that are far enough apart the offset too. Not a hot path: integers, but
big ones where the arithmetic needs them, because a single float has no microvolts of 14 V.

Refusals are sentences: ValueError about what the owner gave, NotNow about the present state.
"""

from array import array
from micropython import const

from baybridge.battery.calibration_fit import BURSTS_NEEDED, Fit
from baybridge.battery.sample import STATUS
from baybridge.battery.taps import STATES, TAP_OK

# Bursts a calibration is the mean of at least: one alone is noisy by some millivolts at the top
# tap. Older ones count less from the second number on.
BURSTS = const(8)
_MOST_BURSTS = const(16)
# A pin that moves more between two bursts has seen the battery move: ten times a burst's noise.
_JUMP_UV = const(5000)

# Within this a gain makes up for resistors and converter: 2 % of two 1 % resistors and up to 5 %
# of a chip without factory calibration (platform.md 1.4). Beyond it something else is wrong.
_LEAST_PPM = const(900000)
_MOST_PPM = const(1100000)
# At the pin; the tap's is as many times that as its divider divides. It is the straight line
# through two points near 1.6 V carried on to 0 V, so the bend of the converter is in it: of 600
# simulated chips 99 % stayed within 90 mV.
_MOST_OFFSET_UV = const(150000)
# Bridge and meter do not look at the same moment.
_MOST_MA = const(2000)
# No LiFePO4 cell that can still be used is outside.
_LEAST_CELL_UV = const(1500000)
_MOST_CELL_UV = const(4500000)
_MOST_METER_UV = const(100000000)
# What cells are, and already the lowest tap but one of a battery is not.
_CELL_LOOK_UV = const((2000000, 3900000))
# If taps and BMS part by more than this over a fit, one of them is not what it seems.
_MOST_RESIDUAL_UV = const(20000)

_INDEPENDENCE = const(
    "Calibrated against the BMS, the taps are no second opinion on its cells any more; they still "
    "show what changes from now on."
)
_CURRENT_UNKNOWN = const(
    "The BMS is silent, so the bridge cannot tell whether a current flowed meanwhile."
)


class NotNow(Exception):
    """A calibration cannot be made or kept at present; the text is a sentence."""


class Proposal:
    """New coefficients, not in force; arrays of one value for each tap."""

    def __init__(self, against, points, bursts, raws_uv, references_uv):
        self.against = against
        self.points = points
        self.bursts = bursts
        self.raws_uv = raws_uv
        self.references_uv = references_uv
        self.gains_ppm = []
        self.offsets_uv = []
        # How far the fit is from its points in the mean; None where there is no such thing.
        self.residuals_uv = None
        self.notes = []


class Calibration:
    """What is needed to calibrate one battery's taps; taps are its records in the configuration.

    feed() has to be called after every burst.
    """

    def __init__(self, battery, taps: list):
        self.battery = battery
        self.taps = taps
        # The first of two points, empty before there is one, and when it was.
        self.first_raws_uv = []
        self.first_meters_uv = []
        self.first_s10 = 0
        # How many bursts the means below are of.
        self.bursts = 0
        self.fit = Fit(battery, taps)
        self._pins_uv = array("i", [0] * len(taps))
        self._taken_s10 = -1

    def feed(self, now_s10: int):
        """Take the harness's last burst, if it is a new one."""
        harness = self.battery.harness
        if harness is None or harness.taken_s10 == self._taken_s10:
            return
        self._taken_s10 = harness.taken_s10
        pins_uv = harness.pins_uv
        means_uv = self._pins_uv
        for i in range(harness.count):
            if harness.states[i] != TAP_OK or abs(pins_uv[i] - means_uv[i]) > _JUMP_UV:
                self.bursts = 0
        self.bursts = min(self.bursts + 1, _MOST_BURSTS)
        for i in range(harness.count):
            means_uv[i] += (pins_uv[i] - means_uv[i]) // self.bursts
        self.fit.feed(now_s10)

    @property
    def is_settled(self) -> bool:
        """Tell whether enough bursts agreed for the taps' means to be worth something."""
        return self.bursts >= BURSTS

    def hindrance(self, now_s10: int):
        """Return a sentence on why the taps cannot be calibrated now, or None."""
        harness = self.battery.harness
        if harness is None or not self.taps:
            return (
                "No taps are wired to %s, or the bridge refused them; its diagnostics say why, "
                "and `taps` in the configuration describes them." % self.battery.name
            )
        if not harness.is_fresh(now_s10):
            return "The taps were not read in the last %d s." % (harness.stale_s10 // 10)
        for i in range(harness.count):
            if harness.states[i] != TAP_OK:
                state = STATES[harness.states[i]].replace("_", " ")
                return "Tap %d cannot be calibrated: it is %s. Look at its wire." % (i + 1, state)
        current_ma = self._current_ma(now_s10)
        if current_ma is not None and abs(current_ma) > _MOST_MA:
            return (
                "A current of %s A flows, and meter and bridge do not look at the same moment; "
                "switch off loads and chargers until it is below 2 A." % _in(current_ma, 1000, 1)
            )
        return None

    def check_meter(self, meters_uv: list):
        """Refuse readings that cannot be those of the taps, with a ValueError."""
        if len(meters_uv) != len(self.taps):
            sentence = "there are %d readings for %d taps; give one of each, the lowest tap first."
            raise ValueError(sentence % (len(meters_uv), len(self.taps)))
        for meter_uv in meters_uv:
            if meter_uv > _MOST_METER_UV:
                raise ValueError("%s V is no voltage of a tap; give volts." % _volts(meter_uv))
        low, high = _CELL_LOOK_UV
        if len(meters_uv) > 1 and min(meters_uv) >= low and max(meters_uv) <= high:
            raise ValueError(
                "these look like the voltages of single cells. Leave the black probe on B- and "
                "put the red one on tap 1, then on tap 2, and so on."
            )
        below_uv = 0
        for i in range(len(meters_uv)):
            cell_uv = meters_uv[i] - below_uv
            if cell_uv <= 0:
                sentence = "tap %d reads %s V, which is not above %s; was the right tap measured?"
                under = "tap %d with %s V" % (i, _volts(below_uv)) if i else "zero"
                raise ValueError(sentence % (i + 1, _volts(meters_uv[i]), under))
            if not _LEAST_CELL_UV <= cell_uv <= _MOST_CELL_UV:
                sentence = (
                    "cell %d would have %s V, which no LiFePO4 cell has; was tap %d measured "
                    "right, with the black probe on B-?"
                )
                raise ValueError(sentence % (i + 1, _volts(cell_uv), i + 1))
            below_uv = meters_uv[i]

    def meter(self, meters_uv: list, point: int, now_s10: int) -> Proposal:
        """Return what a multimeter's readings make of the taps.

        As point 1 they are remembered; as point 2 they go together with that one.
        """
        if self.taps:
            self.check_meter(meters_uv)
        why = self.hindrance(now_s10)
        if why is not None:
            raise NotNow(why)
        if not self.is_settled:
            raise NotNow(
                "The taps move: of the last %d bursts that should agree, only %d do. Switch off "
                "loads that come and go, and see that each pin has its capacitor of 100 nF."
                % (BURSTS, self.bursts)
            )
        if point == 2 and not self.first_raws_uv:
            raise NotNow(
                "There is no first point since the bridge was started; give these readings as "
                "point 1."
            )
        raws_uv = [raw_uv(self._pins_uv[i], self.taps[i]) for i in range(len(self.taps))]
        proposal = Proposal("multimeter", point, self.bursts, raws_uv, meters_uv)
        for i in range(len(raws_uv)):
            if point == 2:
                first_uv, first_meter_uv = self.first_raws_uv[i], self.first_meters_uv[i]
                _check_apart(i + 1, first_meter_uv, meters_uv[i])
                gain_ppm = _ratio_ppm(meters_uv[i] - first_meter_uv, raws_uv[i] - first_uv)
                offset_uv = first_meter_uv - _times(first_uv, gain_ppm)
            else:
                gain_ppm, offset_uv = _ratio_ppm(meters_uv[i], raws_uv[i]), 0
            proposal.gains_ppm.append(gain_ppm)
            proposal.offsets_uv.append(offset_uv)
            self._check_coefficients(i, gain_ppm, offset_uv)
        if self._current_ma(now_s10) is None:
            proposal.notes.append(_CURRENT_UNKNOWN)
        # Only now: readings that were refused are not to be half of anything.
        if point == 1:
            self.first_raws_uv = raws_uv
            self.first_meters_uv = meters_uv
            self.first_s10 = now_s10
        return proposal

    def bms(self, now_s10: int) -> Proposal:
        """Return what the BMS's cells at rest make of the taps."""
        fit = self.fit
        if self.battery.harness is None or not self.taps:
            raise NotNow(self.hindrance(now_s10))
        if fit.count < BURSTS_NEEDED:
            waiting = " It waits for %s." % fit.waiting if fit.waiting else ""
            sentence = "The comparison has %d of %d bursts at rest.%s"
            raise NotNow(sentence % (fit.count, BURSTS_NEEDED, waiting))
        count = len(self.taps)
        raws_uv = [fit.mean_raw_uv(i) for i in range(count)]
        references_uv = [fit.mean_reference_uv(i) for i in range(count)]
        proposal = Proposal("bms", 1, fit.count, raws_uv, references_uv)
        proposal.residuals_uv = []
        for i in range(count):
            gain_ppm, offset_uv, residual_uv, points = fit.solve(i)
            proposal.gains_ppm.append(gain_ppm)
            proposal.offsets_uv.append(offset_uv)
            proposal.residuals_uv.append(residual_uv)
            proposal.points = max(points, proposal.points)
            if residual_uv > _MOST_RESIDUAL_UV:
                sentence = (
                    "Tap %d and the BMS part by %s mV in the mean even at rest, so one of them is "
                    "not to be trusted; look at the wire before calibrating."
                )
                raise NotNow(sentence % (i + 1, _in(residual_uv, 1000, 0)))
            try:
                self._check_coefficients(i, gain_ppm, offset_uv)
            except ValueError as exc:
                sentence = str(exc)
                raise NotNow(sentence[0].upper() + sentence[1:])
        proposal.notes.append(_INDEPENDENCE)
        return proposal

    def records(self, proposal: Proposal, time) -> list:
        """Return the taps' records with a proposal in them; time is ISO text or None."""
        records = []
        for i in range(len(self.taps)):
            record = _with_previous(self.taps[i])
            record["gain_ppm"] = proposal.gains_ppm[i]
            record["offset_uv"] = proposal.offsets_uv[i]
            record["calibrated_time"] = time
            record["calibrated_against"] = proposal.against
            record["calibrated_divider"] = divider_text(record)
            records.append(record)
        return records

    def previous_records(self) -> list:
        """Return the taps' records with the calibration before in them, the present one kept."""
        if all(tap["previous_gain_ppm"] is None for tap in self.taps):
            raise NotNow("There is no earlier calibration to go back to.")
        records = []
        for tap in self.taps:
            record = _with_previous(tap)
            if tap["previous_gain_ppm"] is None:
                record["gain_ppm"], record["offset_uv"] = 1000000, 0
            else:
                record["gain_ppm"] = tap["previous_gain_ppm"]
                record["offset_uv"] = tap["previous_offset_uv"] or 0
            record["calibrated_time"] = tap["previous_time"]
            record["calibrated_against"] = tap["previous_against"]
            is_none = tap["previous_against"] is None and record["gain_ppm"] == 1000000
            is_none = is_none and record["offset_uv"] == 0
            record["calibrated_divider"] = None if is_none else divider_text(tap)
            records.append(record)
        return records

    def put_in_force(self, records: list):
        """Use these records from now on."""
        for i in range(len(records)):
            record = records[i]
            # In place: the configuration in use holds the same records.
            self.taps[i].update(record)
            self.battery.harness.recalibrate(
                i + 1,
                record["gain_ppm"],
                record["offset_uv"],
                record["calibrated_against"],
                record["calibrated_time"],
            )
        self.battery.touch()

    def _current_ma(self, now_s10):
        battery = self.battery
        return battery.known(STATUS, battery.sample.current_ma, now_s10)

    def _check_coefficients(self, i, gain_ppm, offset_uv):
        tap = self.taps[i]
        if not _LEAST_PPM <= gain_ppm <= _MOST_PPM:
            raise ValueError(
                "tap %d would need a gain of %s, and a good divider needs 0.9 to 1.1. Was it "
                "this tap that was measured, and are its resistors %d and %d ohm, as the "
                "configuration says?"
                % (i + 1, _in(gain_ppm, 1000000, 3), tap["top_ohm"], tap["bottom_ohm"])
            )
        most_uv = raw_uv(_MOST_OFFSET_UV, tap)
        if abs(offset_uv) > most_uv:
            raise ValueError(
                "tap %d would need an offset of %s mV, more than %s mV; one of the two points "
                "was not measured right." % (i + 1, _in(offset_uv, 1000, 0), _in(most_uv, 1000, 0))
            )


def divider_text(tap) -> str:
    """Return what a calibration belongs to, like 32:103000/100000; config_taps.py checks it."""
    return "%d:%d/%d" % (tap["pin"], tap["top_ohm"], tap["bottom_ohm"])


def raw_uv(pin_uv: int, tap: dict) -> int:
    """Return what a tap would read without any calibration."""
    top, bottom = tap["top_ohm"], tap["bottom_ohm"]
    return (pin_uv * (top + bottom) + bottom // 2) // bottom


def corrected_uv(raw_uv: int, gain_ppm: int, offset_uv: int) -> int:
    """Return what a tap reads with these coefficients."""
    return _times(raw_uv, gain_ppm) + offset_uv


def _with_previous(tap):
    record = dict(tap)
    record["previous_gain_ppm"] = tap["gain_ppm"]
    record["previous_offset_uv"] = tap["offset_uv"]
    record["previous_time"] = tap["calibrated_time"]
    record["previous_against"] = tap["calibrated_against"]
    return record


def _check_apart(number, first_uv, second_uv):
    apart_uv = abs(second_uv - first_uv)
    least_uv = min(first_uv, second_uv)
    if apart_uv * 10 < least_uv:
        raise ValueError(
            "tap %d reads %s V, only %s %% from the first point's %s V; points less than 10 %% "
            "apart make an offset out of noise. Take one nearly empty and one nearly full."
            % (number, _volts(second_uv), _in(apart_uv * 100, least_uv, 1), _volts(first_uv))
        )


def _times(value_uv, gain_ppm):
    return (value_uv * gain_ppm + 500000) // 1000000


def _ratio_ppm(reference_uv, raw_uv):
    # A difference of raws may be nothing at all, or go the other way; that gain is refused.
    return (reference_uv * 1000000 + raw_uv // 2) // raw_uv if raw_uv else 0


def _in(value, unit, decimals):
    """Return value / unit with so many decimals, rounded half up; no float is involved."""
    scale = 10**decimals
    whole, part = divmod((abs(value) * scale + unit // 2) // unit, scale)
    sign = "-" if value < 0 else ""
    return "%s%d.%0*d" % (sign, whole, decimals, part) if decimals else "%s%d" % (sign, whole)


def _volts(value_uv):
    return _in(value_uv, 1000000, 3)
