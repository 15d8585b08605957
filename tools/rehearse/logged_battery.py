"""A battery whose values say by themselves whether a record of it is true.

All of them follow from the time: minutes in which they move with every poll, others in which they
drift, and a rest, as a boat's do; and a FET that opens now and then.
"""

import binascii

from baybridge.battery import sample as groups
from baybridge.battery.battery import Battery

POLL_S = 2
_TURN_S = 1200
_QUICK_S = 200
_SLOW_S = 500
_MOMENTS = 400
_FET_TURN_S = 5000
_FET_OPEN_S = 100
_STALE_S10 = 10000000


class LoggedBattery:
    """The battery, at follow(seconds of uptime); is_true() tells a record's fields from others."""

    def __init__(self, id="house1"):
        self.battery = Battery(id, "House 1", _STALE_S10, ("bad_checksum",))
        sample = self.battery.sample
        sample.field11_mah = 206000
        sample.cycles = 37
        sample.nominal_mv = 12800
        sample.temp_count = 2
        sample.chg_fet = True
        self.follow(0)

    def follow(self, uptime_s):
        """Take the values of this moment."""
        sample = self.battery.sample
        k = self.moment(uptime_s)
        sample.battery_mv = 12900 + k
        sample.current_ma = _current_ma(k)
        sample.soc_pct = 20 + k // 20
        for i in range(4):
            sample.cells_mv[i] = 3225 + i + k // 4
        sample.temps_c[0] = -7 + k // 40
        sample.temps_c[1] = -3
        sample.dis_fet = _is_closed(uptime_s)
        for group in (groups.STATUS, groups.SENSORS, groups.PACK, groups.CELLS):
            sample.stamp(group, uptime_s * 10)
        self.battery.touch()

    def moment(self, uptime_s):
        """Return 0..399, of which all values are made."""
        return _moment(uptime_s)


class SteadyBattery(LoggedBattery):
    """One without load steps that never rests: a record in each period, and none between."""

    def moment(self, uptime_s):
        # Up and down, 120 mA in ten seconds.
        return abs(uptime_s // 10 % (2 * _MOMENTS - 2) - _MOMENTS + 1)


def _moment(uptime_s):
    uptime_s -= uptime_s % POLL_S
    in_turn = uptime_s % _TURN_S
    moved = min(in_turn, _QUICK_S) * 37
    if in_turn > _QUICK_S:
        moved += min(in_turn - _QUICK_S, _SLOW_S) // 10
    return (uptime_s // _TURN_S * 131 + moved) % _MOMENTS


def _current_ma(k):
    return k * 120 - 40000


def _is_closed(uptime_s):
    return uptime_s % _FET_TURN_S >= _FET_OPEN_S


def is_whole(line):
    """Tell whether a line is a record with the right checksum at its end; line has no CRLF."""
    # Not with the firmware's own check: it is what is on trial.
    comma = line.rfind(b",")
    return comma > 0 and line[comma + 1 :] == b"%08x" % binascii.crc32(line[:comma])


def boot_and_seq(line):
    """Return both numbers of a whole record."""
    fields = line.split(b",", 3)
    return int(fields[1]), int(fields[2])


def is_true(line):
    """Tell whether a whole record says what the battery said then, or one poll before."""
    fields = line.decode().split(",")
    uptime_s = int(fields[3]) // 1000
    for before_s in (0, POLL_S):
        k = _moment(max(uptime_s - before_s, 0))
        wanted = [12900 + k, abs(_current_ma(k)), 3225 + k // 4, 3228 + k // 4]
        if [_thousandths(fields[i]) for i in (4, 5, 10, 13)] == wanted:
            return fields[5].startswith("-") == (_current_ma(k) < 0)
    return False


def _thousandths(text):
    return int(text.replace("-", "").replace(".", "")) if text else None
