"""A battery as a record of the log: packed small when it is made, a line when it is written.

Pure. What may be said of this moment is decided in battery.py. Packed, a record of a 12 V battery
has 39 bytes (a cell or a tap 2, a temperature 1, a protection as many as it needs, alarms 4 while
there are any), as a line about 120: that is what lets a quarter of an hour of them wait for a
card. The columns are those of the cells, temperatures and taps a battery has, so a log can begin
once it said both.
"""

import struct
from micropython import const

from baybridge.battery import sample as groups
from baybridge.record import calendar, csv_line
from baybridge.record.json_text import tenths

# Bytes: this record, cells, temperatures, protection; flags; SoC; uptime_s10, unix_s (0: not
# known), current_ma, battery_mv, remaining_mah, cycles. Then temperatures, cells, taps,
# protection, and two bytes each of the checks and of the harness's findings that stand, a bit for
# each.
_LAYOUT = const("<BBBBHBIIiIIH")
_FIXED_BYTES = const(29)
# Four temperatures, 32 cells, 10 taps, 16 bytes of protection, alarms.
MAX_BYTES = const(137)
# As many as any chip has pins for.
_MAX_TAPS = const(10)
_NO_CELL = const(0xFFFF)
_NO_TEMP = const(128)  # as a byte: -128

_STATUS = const(1)
_SENSORS = const(2)
_PACK = const(4)
_PROTECTION = const(8)
_CHG_FET = const(16)
_DIS_FET = const(32)
_HEATER = const(64)
_BALANCING = const(128)
_SOC = const(256)
_ALARMS = const(512)
# The bits of the flags from here on are the number of taps.
_TAPS_AT = const(11)


def has_values(battery) -> bool:
    """Tell whether there is anything to log: BMS or harness was read since the start."""
    harness = battery.harness
    return battery.sample.taken_s10[groups.STATUS] >= 0 or (
        harness is not None and harness.taken_s10 >= 0
    )


def are_columns_known(battery) -> bool:
    """Tell whether its numbers of cells and temperatures have come."""
    taken_s10 = battery.sample.taken_s10
    return taken_s10[groups.PACK] >= 0 and taken_s10[groups.SENSORS] >= 0


# Hot path: no allocation; host_tests/record checks it.
def pack(battery, now_s10: int, unix_s, buf):
    """Write the record of this moment into buf, of MAX_BYTES; unix_s is None while unknown."""
    sample = battery.sample
    flags = 0
    protection_bytes = 0
    soc_pct = remaining_mah = 0
    if battery.is_alive(now_s10):
        flags = _STATUS
        if sample.soc_pct <= 100:
            flags |= _SOC
            soc_pct = sample.soc_pct
            remaining_mah = battery.remaining_mah(now_s10)
        if battery.is_fresh(groups.SENSORS, now_s10):
            flags |= _SENSORS
            if sample.chg_fet:
                flags |= _CHG_FET
            if sample.dis_fet:
                flags |= _DIS_FET
        if battery.is_fresh(groups.PACK, now_s10):
            flags |= _PACK
            if sample.heater:
                flags |= _HEATER
            if sample.balancer:
                flags |= _BALANCING
        if battery.is_fresh(groups.PROTECTION, now_s10):
            flags |= _PROTECTION
            protection_bytes = 16
            while protection_bytes and not sample.protection[protection_bytes - 1]:
                protection_bytes -= 1
    harness = battery.harness
    tap_count = 0 if harness is None else min(harness.count, _MAX_TAPS)
    flags |= tap_count << _TAPS_AT
    alarms = battery.alarms
    alarm_bytes = 0
    if alarms is not None and alarms.is_any:
        flags |= _ALARMS
        alarm_bytes = 4
    series = sample.series
    temp_count = min(sample.temp_count, len(sample.temps_c))
    size = _FIXED_BYTES + temp_count + 2 * (series + tap_count) + protection_bytes + alarm_bytes
    struct.pack_into(
        _LAYOUT,
        buf,
        0,
        size,
        series,
        temp_count,
        protection_bytes,
        flags,
        soc_pct,
        now_s10,
        unix_s or 0,
        sample.current_ma,
        sample.battery_mv,
        remaining_mah,
        sample.cycles,
    )
    at = _FIXED_BYTES
    for i in range(temp_count):
        temp_c = battery.temp_c(i, now_s10)
        buf[at + i] = _NO_TEMP if temp_c is None else temp_c & 255
    at += temp_count
    for i in range(series):
        mv = battery.cell_mv(i, now_s10)
        if mv is None:
            mv = _NO_CELL
        buf[at] = mv & 255
        buf[at + 1] = mv >> 8
        at += 2
    for k in range(1, tap_count + 1):
        mv = harness.tap_mv(k, now_s10)
        if mv is None or mv < 0 or mv > _NO_CELL:
            mv = _NO_CELL
        buf[at] = mv & 255
        buf[at + 1] = mv >> 8
        at += 2
    for i in range(protection_bytes):
        buf[at + i] = sample.protection[i]
    if alarm_bytes:
        at += protection_bytes
        found = 0
        for i in range(len(alarms.findings)):
            found |= 1 << alarms.findings[i].kind
        buf[at] = alarms.mask & 255
        buf[at + 1] = alarms.mask >> 8
        buf[at + 2] = found & 255
        buf[at + 3] = found >> 8


def columns(buf, at: int) -> tuple:
    """Return (cells, temperatures, taps) of the record at a place: its columns."""
    # The taps are in the upper byte of the flags.
    return buf[at + 1], buf[at + 2], buf[at + 5] >> _TAPS_AT - 8


def date(buf, at: int):
    """Return the day of the record at a place, like 2024-05-17; None if it is not known."""
    unix_s = struct.unpack_from("<I", buf, at + 11)[0]
    return calendar.date_utc(unix_s) if unix_s else None


def line(buf, at: int, boot: int, seq: int) -> str:
    """Return the record at a place as its line of the log."""
    fields = struct.unpack_from(_LAYOUT, buf, at)
    _, series, temp_count, protection_bytes, flags, soc_pct, s10, unix_s, ma, mv, mah, cycles = (
        fields
    )
    values = (None,) * 6
    if flags & _STATUS:
        has_soc = flags & _SOC
        values = (
            mv,
            ma,
            tenths(mv * ma // 1000),
            soc_pct if has_soc else None,
            mah if has_soc else None,
            cycles,
        )
    at += _FIXED_BYTES
    temps_c = [None if b == _NO_TEMP else b - (b & 128) * 2 for b in buf[at : at + temp_count]]
    at += temp_count
    cells_mv = _voltages(buf, at, series)
    at += 2 * series
    tap_count = flags >> _TAPS_AT
    taps_mv = _voltages(buf, at, tap_count)
    at += 2 * tap_count
    protection = None
    if flags & _PROTECTION:
        # Without the zeros behind the last byte that is none, but never empty: that is unknown.
        protection = "".join(["%02x" % b for b in buf[at : at + protection_bytes]]) or "00"
    return csv_line.line(
        calendar.iso_utc(unix_s) if unix_s else None,
        boot,
        seq,
        s10 * 100,
        values,
        cells_mv,
        temps_c,
        taps_mv,
        (
            _flag(flags, _SENSORS, _CHG_FET),
            _flag(flags, _SENSORS, _DIS_FET),
            _flag(flags, _PACK, _HEATER),
            _flag(flags, _PACK, _BALANCING),
        ),
        protection,
        _alarms_text(buf, at + protection_bytes) if flags & _ALARMS else None,
    )


def _voltages(buf, at, count):
    found = []
    for _ in range(count):
        mv = buf[at] | buf[at + 1] << 8
        found.append(None if mv == _NO_CELL else mv)
        at += 2
    return found


def _alarms_text(buf, at):
    # Loaded with the first alarm and not before: most batteries never have one.
    from baybridge.battery.alarms import codes_text
    from baybridge.battery.finding import CODES

    codes = codes_text(buf[at] | buf[at + 1] << 8).split()
    found = buf[at + 2] | buf[at + 3] << 8
    codes += ["harness_" + CODES[kind] for kind in range(len(CODES)) if found & 1 << kind]
    return " ".join(codes)


def _flag(flags, group, bit):
    return None if not flags & group else bool(flags & bit)
