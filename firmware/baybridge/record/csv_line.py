"""One line of the log: RFC 4180, columns in a stated order, a checksum of its own at the end.

Pure. A value that is not known is an empty field; numbers are printed from integers, so what the
BMS said is what stands there. The last column of a record is the CRC-32 (that of zip and PNG) of
the line's bytes before the last comma, as 8 small hex digits: a torn or rotten line is known as
such. The header line carries the word `crc` in that place and no checksum: it is not a record.
The column before it is always empty: its name is a note of firmware and schedule, so that a file
has them in its only header line.
"""

import binascii
from micropython import const

_FIRST = const("time,boot,seq,uptime_ms,voltage_v,current_a,power_w,soc_pct,remaining_ah,cycles")
_FLAGS = const("charge_fet,discharge_fet,heater,balancing,protection,alarms")
# What the note's name begins with; a reader that joins files leaves such a column out.
NOTE = "baybridge"


def note(version: str, record_s: int, fast_s: int, rest_s: int, flush_s: int) -> str:
    """Return the name of the empty column: the firmware's version and the schedule."""
    schedule = "record_%ds_fast_%ds_rest_%ds_flush_%ds" % (record_s, fast_s, rest_s, flush_s)
    return "%s_%s_%s" % (NOTE, version, schedule)


def header(series: int, temp_count: int, tap_count: int, note: str = NOTE) -> str:
    """Return the header line of a battery with so many of each, with its CRLF."""
    names = [_FIRST]
    for n in range(series):
        names.append("cell_%d_v" % (n + 1))
    for n in range(temp_count):
        names.append("temperature_%d_c" % (n + 1))
    # Behind the temperatures: a reader that lost the header tells all three by the decimal point.
    for n in range(tap_count):
        names.append("tap_%d_v" % (n + 1))
    names.append(_FLAGS)
    names.append(note)
    names.append("crc\r\n")
    return ",".join(names)


def line(
    time, boot, seq, uptime_ms, values, cells_mv, temps_c, taps_mv, flags, protection, alarms
) -> str:
    """Return one record with its CRLF; None anywhere is an empty field.

    time: text as calendar.iso_utc gives it. values: (battery_mv, current_ma, power_w10,
    soc_pct, remaining_mah, cycles). cells_mv, temps_c, taps_mv: as many as the header has
    columns. flags: truth of (charge FET, discharge FET, heater, balancing). protection: hex text,
    without the zero bytes at its end. alarms: codes with spaces between.
    """
    battery_mv, current_ma, power_w10, soc_pct, remaining_mah, cycles = values
    fields = [time or "", "%d" % boot, "%d" % seq, "%d" % uptime_ms]
    fields.append(decimal(battery_mv, 3))
    fields.append(decimal(current_ma, 3))
    fields.append(decimal(power_w10, 1))
    fields.append(decimal(soc_pct, 0))
    fields.append(decimal(remaining_mah, 3))
    fields.append(decimal(cycles, 0))
    for mv in cells_mv:
        fields.append(decimal(mv, 3))
    for c in temps_c:
        fields.append(decimal(c, 0))
    for mv in taps_mv:
        fields.append(decimal(mv, 3))
    for flag in flags:
        fields.append("" if flag is None else "1" if flag else "0")
    fields.append(protection or "")
    fields.append(alarms or "")
    fields.append("")  # the note's
    text = ",".join(fields)
    return "%s,%08x\r\n" % (text, binascii.crc32(text.encode()))


def check(record: bytes) -> bool:
    """Tell whether a record, with or without its CRLF, is as it was written."""
    if isinstance(record, str):
        record = record.encode()
    record = bytes(record)
    if record.endswith(b"\r\n"):
        record = record[:-2]
    comma = record.rfind(b",")
    return comma > 0 and record[comma + 1 :] == b"%08x" % binascii.crc32(record[:comma])


def decimal(value, digits: int) -> str:
    """Return an integer of 10^-digits units as a decimal number; "" for None."""
    if value is None:
        return ""
    if digits == 0:
        return "%d" % value
    unit = 10**digits
    sign = "-" if value < 0 else ""
    whole, rest = divmod(abs(value), unit)
    return "%s%d.%0*d" % (sign, whole, digits, rest)
