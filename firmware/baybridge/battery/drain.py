"""What the bridge itself draws from the battery, awake and asleep, and when it should sleep.

Pure. The figures are estimates for a development board behind a buck converter at 13 V
(platform.md 1.8: about 100 mA at 3.3 V with both radios); asleep the chip takes microamperes and
what is around it (converter, USB bridge, LED) a milliampere. Nobody has measured a board yet.
"""

from micropython import const

AWAKE_UA = const(35000)
ASLEEP_UA = const(1000)
# A wake-up, from the start of the radios to the record on the card.
WAKE_S = const(60)
# What is more than the BMS's own zero error is a charger, and then there is no shortage.
_CHARGING_MA = const(300)
_HOURS_A_MONTH = const(730)


def mean_ua(wake_min: int) -> int:
    """Return the mean draw of a bridge that wakes so often; 0 stands for always awake."""
    if not wake_min:
        return AWAKE_UA
    asleep_s = wake_min * 60
    return (AWAKE_UA * WAKE_S + ASLEEP_UA * asleep_s) // (WAKE_S + asleep_s)


def month_mah(mean_ua: int) -> int:
    """Return what a mean draw takes out of a battery in a month."""
    return mean_ua * _HOURS_A_MONTH // 1000


def is_enabled(power: dict) -> bool:
    """Tell whether the owner has set a limit below which the bridge sleeps."""
    return power["sleep_below_soc_pct"] is not None or power["sleep_below_cell_mv"] is not None


def why_awake(power: dict, batteries: list, now_s10: int):
    """Return why these batteries want the bridge awake, as part of a sentence; None: it may sleep.

    One battery that is charged, or has enough, is enough to stay awake for. One that is not heard
    says nothing; if none is heard, that is a reason by itself.
    """
    heard = 0
    for battery in batteries:
        if not battery.is_alive(now_s10):
            continue
        heard += 1
        if battery.sample.current_ma > _CHARGING_MA:
            return "%s is charging" % battery.name
        if not _is_low(power, battery, now_s10):
            return "%s has enough charge" % battery.name
    return None if heard else "no battery is heard"


def _is_low(power, battery, now_s10):
    soc_pct = battery.soc_pct(now_s10)
    least_pct = power["sleep_below_soc_pct"]
    if least_pct is not None and soc_pct is not None and soc_pct < least_pct:
        return True
    least_mv = power["sleep_below_cell_mv"]
    series = battery.sample.series
    return bool(least_mv and series) and battery.sample.battery_mv < least_mv * series
