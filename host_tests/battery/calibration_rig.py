"""What the tests of calibration share: a battery at rest with four taps of ratios 2, 4, 6 and 8.

A pin at 1650 mV is then a tap at 3.3, 6.6, 9.9 or 13.2 V, with no calibration.
"""

from array import array

from baybridge.battery import sample as groups
from baybridge.battery.battery import Battery
from baybridge.battery.taps import Harness
from baybridge.protocol import abc

DIVIDERS = ((32, 100000), (33, 300000), (34, 500000), (35, 700000))


def tap(pin, top_ohm):
    """Return a record of the configuration of a tap that was never calibrated."""
    return {
        "pin": pin,
        "top_ohm": top_ohm,
        "bottom_ohm": 100000,
        "gain_ppm": 1000000,
        "offset_uv": 0,
        "calibrated_time": None,
        "calibrated_against": None,
        "calibrated_divider": None,
        "previous_gain_ppm": None,
        "previous_offset_uv": None,
        "previous_time": None,
        "previous_against": None,
    }


def four_taps():
    return [tap(pin, top_ohm) for pin, top_ohm in DIVIDERS]


def wired_battery(taps, cells_mv=(3300, 3300, 3300, 3300)):
    """Return a battery at rest whose BMS has said everything at uptime 0, taps not yet read."""
    battery = Battery("house1", "House 1", 200, abc.REASONS)
    battery.harness = Harness(taps, 200)
    battery.sample.nominal_mv = 12800
    hear(battery, cells_mv, 0)
    return battery


def hear(battery, cells_mv, now_s10, current_ma=0):
    """Let the BMS say this at a moment."""
    sample = battery.sample
    sample.current_ma = current_ma
    for i in range(len(cells_mv)):
        sample.cells_mv[i] = cells_mv[i]
    for group in (groups.STATUS, groups.SENSORS, groups.PACK, groups.CELLS):
        sample.stamp(group, now_s10)


def burst(battery, pins_mv, now_s10):
    """Read the taps at a moment; a pin of None reads as ground does."""
    for k in range(1, len(pins_mv) + 1):
        pin_mv = pins_mv[k - 1]
        readings = array("H", [142 if pin_mv is None else pin_mv] * 8)
        battery.harness.evaluate(k, readings, 8)
    battery.harness.finish(now_s10)


def read_steadily(calibration, pin_mv, now_s10=0, bursts=8):
    """Feed a calibration bursts of equal pins; return the moment of the last."""
    for _ in range(bursts):
        now_s10 += 50
        burst(calibration.battery, [pin_mv] * len(calibration.taps), now_s10)
        calibration.feed(now_s10)
    return now_s10


def rest(calibration, pins_mv, now_s10=0):
    """Feed bursts at rest, one of each of these pins, the BMS's cells in step; return the end.

    pins_mv gives (pin of all taps, cells of the BMS) of each burst.
    """
    for pin_mv, cells_mv in pins_mv:
        now_s10 += 50
        hear(calibration.battery, cells_mv, now_s10)
        burst(calibration.battery, [pin_mv] * len(calibration.taps), now_s10)
        calibration.feed(now_s10)
    return now_s10
