"""The BMS's own limits: what they are called, how sure their meaning is, whether they agree.

Only one battery's settings frames were ever captured, so each value carries the confidence it
has in protocol.md section 3, and all are withheld when they contradict each other.
"""

from micropython import const

from baybridge.battery import sample as groups

# What the fields of Sample.settings are called, in its order, and how sure their meaning is. The
# last letters of a name are its unit: V and A are kept in thousandths, the others as they are.
# One string each stays in flash; a tuple for each field would be built in RAM.
FIELDS = (
    (
        "high",
        "cell_ov_v cell_ov_release_v cell_uv_v cell_uv_release_v"
        " battery_ov_v battery_ov_release_v"
        " charge_ot_c charge_ot_release_c charge_ut_c charge_ut_release_c"
        " battery_uv_v battery_uv_release_v"
        " discharge_ot_c discharge_ot_release_c discharge_ut_c discharge_ut_release_c"
        " nominal_v",
    ),
    ("medium", "balance_start_v balance_difference_mv"),
    ("low", "charge_oc_a discharge_oc_a empty_v full_v taper_a sleep_raw"),
)
# Indexes into Sample.settings.
_CELL_OV_MV = const(0)
_CELL_UV_MV = const(2)
_BATTERY_OV_MV = const(4)
_BATTERY_UV_MV = const(10)
_NOMINAL_MV = const(16)


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
    if settings[_BATTERY_OV_MV] != series * settings[_CELL_OV_MV]:
        return "the battery's over-voltage limit is not %d times a cell's" % series
    if settings[_BATTERY_UV_MV] != series * settings[_CELL_UV_MV]:
        return "the battery's under-voltage limit is not %d times a cell's" % series
    if settings[_NOMINAL_MV] != sample.nominal_mv:
        return "two frames name different nominal voltages"
    return None
