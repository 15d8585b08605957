"""A battery as a line of the log; what it may say of this moment is decided in battery.py.

The columns are those of the cells and temperatures it has, so a log can begin once it said both.
"""

from baybridge.battery import sample as groups
from baybridge.record import csv_line
from baybridge.record.json_text import tenths


def has_answered(battery) -> bool:
    """Tell whether there is anything to log: its status came at least once since the start."""
    return battery.sample.taken_s10[groups.STATUS] >= 0


def are_columns_known(battery) -> bool:
    """Tell whether its numbers of cells and temperatures have come."""
    taken_s10 = battery.sample.taken_s10
    return taken_s10[groups.PACK] >= 0 and taken_s10[groups.SENSORS] >= 0


def header(battery) -> str:
    """Return the header line for the columns it has by now."""
    return csv_line.header(battery.sample.series, battery.sample.temp_count)


def line(battery, now_s10: int, time, boot: int, seq: int) -> str:
    """Return the record of this moment; time is text or None."""
    sample = battery.sample

    def known(group, value):
        return battery.known(group, value, now_s10)

    values = (
        known(groups.STATUS, sample.battery_mv),
        known(groups.STATUS, sample.current_ma),
        tenths(battery.power_mw(now_s10)),
        battery.soc_pct(now_s10),
        battery.remaining_mah(now_s10),
        known(groups.STATUS, sample.cycles),
    )
    flags = (
        known(groups.SENSORS, sample.chg_fet),
        known(groups.SENSORS, sample.dis_fet),
        known(groups.PACK, sample.heater),
        known(groups.PACK, sample.balancer != 0),
    )
    payload = known(groups.PROTECTION, sample.protection)
    return csv_line.line(
        time,
        boot,
        seq,
        now_s10 * 100,
        values,
        battery.cells_mv(now_s10),
        battery.temps_c(now_s10),
        flags,
        None if payload is None else "".join(["%02x" % b for b in payload[:16]]),
    )
