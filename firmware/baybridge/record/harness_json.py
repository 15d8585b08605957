"""The harness of a battery as JSON, with what the crosscheck found; loaded when taps are wired."""

from baybridge.battery.finding import STATES as VERDICTS
from baybridge.battery.finding import VERDICT_UNKNOWN
from baybridge.battery.taps import STATES, TAP_OK
from baybridge.record.json_text import array, fixed, flag, object_of, text, texts

_NOT_CALIBRATED = "The taps are not calibrated: only gross faults are looked for."
_NOT_INDEPENDENT = (
    "The taps were calibrated against the BMS: what was wrong then cannot be seen, only what has"
    " changed since."
)
_READY = "No comparison yet, or too few: it takes half a minute of steady current."
# Why there is no verdict, in the order of battery/pairing.
_REASONS = (
    _READY,
    _READY,
    "The taps have not been read lately.",
    "The BMS does not send its cells soon enough after the taps are read.",
    "The current is not steady enough for a comparison.",
    "The BMS is balancing, which shifts what its sense leads carry.",
)


def until_s10(battery, now_s10: int) -> int:
    """Return until when the members hold if nothing is read meanwhile."""
    harness = battery.harness
    ends_s10 = [harness.taken_s10 + harness.stale_s10]
    if battery.crosscheck is not None:
        ends_s10.append(battery.crosscheck.fresh_until_s10)
    return min([end_s10 for end_s10 in ends_s10 if end_s10 >= now_s10] or [1 << 29])


def harness_members(battery, now_s10: int) -> str:
    """Return all of the "harness" object that follows its age."""
    harness = battery.harness
    crosscheck = battery.crosscheck
    count = harness.count
    taps = range(1, count + 1)
    is_fresh = harness.is_fresh(now_s10)
    noise_mv = []
    states = []
    for i in range(count):
        is_known = is_fresh and harness.states[i] == TAP_OK
        noise_mv.append(fixed((harness.noise_uv[i] + 50) // 100 if is_known else None, 1))
        states.append(STATES[harness.states[i]] if is_fresh else None)
    if crosscheck is None:
        differences = ["null"] * count
    else:
        differences = [fixed(crosscheck.difference_mv(n, now_s10), 0) for n in taps]
    return '"stale":%s,"taps_v":%s,"cells_v":%s,"noise_mv":%s,"states":%s,' % (
        flag(not is_fresh),
        array([fixed(harness.tap_mv(k, now_s10), 3) for k in taps]),
        array([fixed(mv, 3) for mv in harness.cells_mv(now_s10)]),
        array(noise_mv),
        texts(states),
    ) + '"calibrated":%s,"independent":%s,"difference_mv":%s,"verdict":%s' % (
        flag(harness.is_calibrated),
        flag(harness.is_independent),
        array(differences),
        "null" if crosscheck is None else _verdict(harness, crosscheck),
    )


def _verdict(harness, crosscheck):
    findings = []
    if crosscheck.findings:
        # Loaded with the first finding: most harnesses never have one.
        from baybridge.record.finding_text import sentence
    for one in crosscheck.findings:
        pairs = (
            ("code", text(one.code)),
            ("severity", text(VERDICTS[one.severity])),
            ("tap", fixed(one.tap, 0)),
            ("cell", fixed(one.cell, 0)),
            ("message", text(sentence(one))),
        )
        findings.append(object_of(pairs))
    notes = []
    if crosscheck.state == VERDICT_UNKNOWN:
        notes.append(_REASONS[crosscheck.reason])
    if not harness.is_calibrated:
        notes.append(_NOT_CALIBRATED)
    elif not harness.is_independent:
        notes.append(_NOT_INDEPENDENT)
    return object_of(
        (
            ("state", text(VERDICTS[crosscheck.state])),
            ("findings", array(findings)),
            ("note", text(" ".join(notes) or None)),
        )
    )
