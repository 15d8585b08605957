"""One line of the log: RFC 4180, columns in a stated order, a checksum of its own at the end.

Pure. A value that is not known is an empty field; numbers are printed from integers, so what the
BMS said is what stands there. The last column of a record is the CRC-32 (that of zip and PNG) of
the line's bytes before the last comma, as 8 small hex digits: a torn or rotten line is known as
such. The header line carries the word `crc` in that place and no checksum: it is not a record.
"""

import binascii
from micropython import const

_FIRST = const("time,boot,seq,uptime_ms,voltage_v,current_a,power_w,soc_pct,remaining_ah,cycles")
_LAST = const("charge_fet,discharge_fet,heater,balancing,protection,crc\r\n")


def header(series: int, temp_count: int) -> str:
    """Return the header line of a battery with so many cells and temperatures, with its CRLF."""
    names = [_FIRST]
    for n in range(series):
        names.append("cell_%d_v" % (n + 1))
    for n in range(temp_count):
        names.append("temperature_%d_c" % (n + 1))
    names.append(_LAST)
    return ",".join(names)


def line(time, boot, seq, uptime_ms, values, cells_mv, temps_c, flags, protection) -> str:
    """Return one record with its CRLF; None anywhere is an empty field.

    time: text as calendar.iso_utc gives it. values: (battery_mv, current_ma, power_w10,
    soc_pct, remaining_mah, cycles). cells_mv, temps_c: as many as the header has columns.
    flags: truth of (charge FET, discharge FET, heater, balancing). protection: hex text.
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
    for flag in flags:
        fields.append("" if flag is None else "1" if flag else "0")
    fields.append(protection or "")
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
