"""The BMS's own limits: what they are called, how sure their meaning is, whether they agree.

Only one battery's settings frames were ever captured, so each value carries the confidence it
has in protocol.md section 3, and all are withheld when they contradict each other.
"""

from micropython import const

from baybridge.battery import sample as groups

# Indexes into Sample.settings, in the order of FIELDS.
CELL_OV_MV = const(0)
CELL_UV_MV = const(2)
BATTERY_OV_MV = const(4)
BATTERY_UV_MV = const(10)
NOMINAL_MV = const(16)

HIGH = "high"
MEDIUM = "medium"
LOW = "low"
CONFIDENCES = (HIGH, MEDIUM, LOW)

# (name, decimals that make the integer the name's unit, confidence)
FIELDS = (
    ("cell_ov_v", 3, HIGH),
    ("cell_ov_release_v", 3, HIGH),
    ("cell_uv_v", 3, HIGH),
    ("cell_uv_release_v", 3, HIGH),
    ("battery_ov_v", 3, HIGH),
    ("battery_ov_release_v", 3, HIGH),
    ("charge_ot_c", 0, HIGH),
    ("charge_ot_release_c", 0, HIGH),
    ("charge_ut_c", 0, HIGH),
    ("charge_ut_release_c", 0, HIGH),
    ("battery_uv_v", 3, HIGH),
    ("battery_uv_release_v", 3, HIGH),
    ("discharge_ot_c", 0, HIGH),
    ("discharge_ot_release_c", 0, HIGH),
    ("discharge_ut_c", 0, HIGH),
    ("discharge_ut_release_c", 0, HIGH),
    ("nominal_v", 3, HIGH),
    ("balance_start_v", 3, MEDIUM),
    ("balance_difference_mv", 0, MEDIUM),
    ("charge_oc_a", 3, LOW),
    ("discharge_oc_a", 3, LOW),
    ("empty_v", 3, LOW),
    ("full_v", 3, LOW),
    ("taper_a", 3, LOW),
    ("sleep_raw", 0, LOW),
)


def has_settings(sample) -> bool:
    """Tell whether all five settings frames have come."""
    taken_s10 = sample.taken_s10
    return all(taken_s10[group] >= 0 for group in range(groups.CELL_LIMITS, groups.BALANCE + 1))


def contradiction(sample):
    """Return a sentence if the settings contradict each other, else None.

    The battery's limits have to be the cells' times their number. Releases need not be: in the
    one capture they are 2.55 V for a cell and 2.6 V a cell for the whole.
    """
    series = sample.series
    settings = sample.settings
    if not series:
        return "the number of cells is not known"
    if settings[BATTERY_OV_MV] != series * settings[CELL_OV_MV]:
        return "the battery's over-voltage limit is not %d times a cell's" % series
    if settings[BATTERY_UV_MV] != series * settings[CELL_UV_MV]:
        return "the battery's under-voltage limit is not %d times a cell's" % series
    if settings[NOMINAL_MV] != sample.nominal_mv:
        return "two frames name different nominal voltages"
    return None
