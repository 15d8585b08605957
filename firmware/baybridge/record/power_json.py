"""What the bridge draws and whether it sleeps, as JSON for the diagnostics."""

from baybridge.battery import drain
from baybridge.record.json_text import fixed, flag, object_of, text


def power_json(power: dict, reason) -> str:
    """Return the section; power is the configuration's, reason why it is awake or None."""
    is_enabled = drain.is_enabled(power)
    wake_min = power["wake_min"]
    awake_ua = drain.mean_ua(0)
    asleep_ua = drain.mean_ua(wake_min)
    return object_of(
        (
            ("sleeps_when_low", flag(is_enabled)),
            ("awake_because", text(reason)),
            ("wake_min", fixed(wake_min, 0)),
            # Estimates at the battery's side of a converter; see docs/power.md.
            ("draw_awake_ma", fixed(awake_ua, 3)),
            ("draw_sleeping_ma", fixed(asleep_ua, 3)),
            ("month_awake_ah", fixed(drain.month_mah(awake_ua), 3)),
            ("month_sleeping_ah", fixed(drain.month_mah(asleep_ua), 3)),
        )
    )
