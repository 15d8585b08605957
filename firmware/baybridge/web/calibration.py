"""Calibration of taps over HTTP: what is in force, what would be, keep it, go back.

Imported at the first question. What is absurd is battery/calibration.py's; here sentences become
statuses: 422 for what was given, 409 for the state the battery is in.
"""

from micropython import const

from microdot import Response

from baybridge.battery.calibration import NotNow, corrected_uv, divider_text, raw_uv
from baybridge.battery.calibration_fit import BURSTS_NEEDED
from baybridge.battery.taps import STATES, TAP_OK
from baybridge.record.json_text import array, fixed, flag, object_of, text, texts
from baybridge.web.changes import body_of
from baybridge.web.head import Refusal
from baybridge.web.problem import problem

_KEYS = const(("against", "taps_v", "point", "keep", "undo"))
# Longer than tasks/calibrate.py waits for bursts that agree.
_WAIT_MS = const(70000)
_MOST_V = const(1000)


def state(bridge, request, id):
    """Return how the taps of a battery are calibrated, and how far the comparison has come.

    None if there is no battery of this id.
    """
    calibrator = bridge.calibrator()
    calibration = calibrator.of(id)
    if calibration is None:
        return None
    harness = calibration.battery.harness
    now_s10 = bridge.clock.uptime_s10()
    taps = []
    if harness is not None:
        for i in range(len(calibration.taps)):
            taps.append(_tap(calibration.taps[i], harness, i, now_s10))
    fit = calibration.fit
    first = None
    if calibration.first_raws_uv:
        first = object_of(
            (
                ("age_s", fixed(now_s10 - calibration.first_s10, 1)),
                ("taps_v", _volts(calibration.first_meters_uv)),
            )
        )
    return _answer(
        (
            ("id", text(id)),
            ("calibrated", flag(harness.is_calibrated if harness else None)),
            ("independent", flag(harness.is_independent if harness else None)),
            ("hindrance", text(calibration.hindrance(now_s10))),
            ("bursts", fixed(calibration.bursts, 0)),
            ("first_point", first or "null"),
            (
                "fit",
                object_of(
                    (
                        ("bursts", fixed(fit.count, 0)),
                        ("bursts_needed", fixed(BURSTS_NEEDED, 0)),
                        ("waiting_for", text(fit.waiting)),
                    )
                ),
            ),
            ("taps", array(taps)),
        )
    )


async def change(bridge, request, id):
    """Propose coefficients, keep them, or go back to those before; None without such a battery."""
    try:
        calibration = bridge.calibrator().of(id)
        return None if calibration is None else await _change(bridge, request, calibration)
    except NotNow as exc:
        return problem(409, str(exc), request.path)
    except OSError as exc:
        sentence = "The calibration could not be kept, the flash failed (%s)." % exc
        return problem(503, sentence, request.path, {"Retry-After": "10"})
    except Refusal as exc:
        return problem(exc.status, exc.detail, request.path)


async def _change(bridge, request, calibration):
    body = body_of(request, _KEYS)
    calibrator = bridge.calibrator()
    old = [dict(tap) for tap in calibration.taps]
    if "undo" in body:
        if body["undo"] is not True or len(body) > 1:
            raise Refusal(422, "undo: has to be true, and the only key.")
        if not calibration.taps:
            raise NotNow(calibration.hindrance(0))
        calibrator.undo(calibration)
        pairs = [("id", text(calibration.battery.id)), ("undone", "true")]
        changes = [_coefficients(i, old[i], calibration.taps[i]) for i in range(len(old))]
        return _answer(pairs + [("taps", array([object_of(one) for one in changes]))])
    is_kept = body.get("keep", False)
    if not isinstance(is_kept, bool):
        raise Refusal(422, "keep: has to be true or false.")
    proposal = await _proposal(bridge, request, calibration, body)
    if is_kept:
        calibrator.keep(calibration, proposal)
    return _proposed(calibration, proposal, old, is_kept)


async def _proposal(bridge, request, calibration, body):
    against = body.get("against")
    if against == "bms":
        for key in ("taps_v", "point"):
            if key in body:
                raise Refusal(422, '%s: has no place beside "against": "bms".' % key)
        return calibration.bms(bridge.clock.uptime_s10())
    if against != "multimeter":
        raise Refusal(422, 'against: has to be "multimeter" or "bms".')
    point = body.get("point", 1)
    if isinstance(point, bool) or point not in (1, 2):
        raise Refusal(422, "point: has to be 1 or 2.")
    meters_uv = _meters_uv(body.get("taps_v"))
    try:
        # Before the wait: what is absurd is absurd without it.
        if calibration.taps:
            calibration.check_meter(meters_uv)
        if not calibration.is_settled:
            request.sock[1].renew(_WAIT_MS)
            await bridge.calibrator().settle(calibration)
        return calibration.meter(meters_uv, point, bridge.clock.uptime_s10())
    except ValueError as exc:
        raise Refusal(422, "taps_v: " + str(exc))


def _meters_uv(volts):
    if not isinstance(volts, list) or not volts:
        raise Refusal(
            422,
            "taps_v: has to be a list of what the multimeter reads in volts, lowest tap first.",
        )
    for one in volts:
        is_number = isinstance(one, (int, float)) and not isinstance(one, bool)
        if not is_number or not -_MOST_V < one < _MOST_V:
            raise Refusal(422, "taps_v: every reading has to be a number of volts.")
    return [int(one * 1000000 + 0.5) for one in volts]


def _proposed(calibration, proposal, old, is_kept):
    taps = []
    cells_uv = []
    below_uv = 0
    for i in range(len(old)):
        raw = proposal.raws_uv[i]
        reference_uv = proposal.references_uv[i]
        new = {"gain_ppm": proposal.gains_ppm[i], "offset_uv": proposal.offsets_uv[i]}
        reads_uv = corrected_uv(raw, old[i]["gain_ppm"], old[i]["offset_uv"])
        would_uv = corrected_uv(raw, new["gain_ppm"], new["offset_uv"])
        cells_uv.append(would_uv - below_uv)
        below_uv = would_uv
        pairs = _coefficients(i, old[i], new)
        pairs += (
            ("reference_v", _volt(reference_uv)),
            ("reads_v", _volt(reads_uv)),
            ("would_read_v", _volt(would_uv)),
            ("difference_mv", _millivolts(reads_uv - reference_uv)),
        )
        if proposal.residuals_uv is not None:
            pairs += (("residual_mv", _millivolts(proposal.residuals_uv[i])),)
        taps.append(object_of(pairs))
    return _answer(
        (
            ("id", text(calibration.battery.id)),
            ("against", text(proposal.against)),
            ("point", fixed(proposal.points, 0)),
            ("bursts", fixed(proposal.bursts, 0)),
            ("kept", flag(is_kept)),
            ("cells_v", _volts(cells_uv)),
            ("notes", texts(proposal.notes)),
            ("taps", array(taps)),
        )
    )


def _coefficients(i, old, new):
    return (
        ("tap", fixed(i + 1, 0)),
        ("old_gain", fixed(old["gain_ppm"], 6)),
        ("gain", fixed(new["gain_ppm"], 6)),
        ("old_offset_mv", fixed(old["offset_uv"], 3)),
        ("offset_mv", fixed(new["offset_uv"], 3)),
    )


def _tap(tap, harness, i, now_s10):
    is_known = harness.states[i] == TAP_OK and harness.is_fresh(now_s10)
    reads_uv = harness.taps_uv[i] if is_known else None
    raw = raw_uv(harness.pins_uv[i], tap) if is_known else None
    return object_of(
        (
            ("tap", fixed(i + 1, 0)),
            ("divider", text(divider_text(tap))),
            ("state", text(STATES[harness.states[i]])),
            ("reads_v", _volt(reads_uv)),
            ("uncalibrated_v", _volt(raw)),
            ("noise_mv", _millivolts(harness.noise_uv[i] if is_known else None)),
            ("gain", fixed(tap["gain_ppm"], 6)),
            ("offset_mv", fixed(tap["offset_uv"], 3)),
            ("calibrated_time", text(tap["calibrated_time"])),
            ("calibrated_against", text(tap["calibrated_against"])),
            ("previous_gain", fixed(tap["previous_gain_ppm"], 6)),
            ("previous_offset_mv", fixed(tap["previous_offset_uv"], 3)),
            ("previous_time", text(tap["previous_time"])),
            ("previous_against", text(tap["previous_against"])),
        )
    )


def _volt(value_uv):
    return fixed(None if value_uv is None else (value_uv + 500) // 1000, 3)


def _volts(values_uv):
    return array([_volt(value_uv) for value_uv in values_uv])


def _millivolts(value_uv):
    # A tenth is below what one burst knows.
    return fixed(None if value_uv is None else (value_uv + 50) // 100, 1)


def _answer(pairs):
    fields = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    return Response(object_of(pairs), 200, fields)
