"""One battery as the JSON of the public contract (product.md), rendered once per change.

A battery's text is kept until its revision grows or a value in it goes stale; only ages, which
differ with every request, are put in then.
"""

from baybridge.battery import sample as groups
from baybridge.battery.charge import NAMES, REMAINING
from baybridge.battery.link import STATES
from baybridge.record.counters_json import counters_json
from baybridge.record.json_text import array, fixed, flag, members, object_of, tenths, text
from baybridge.record.settings_json import settings_json

_FOR_EVER_S10 = 1 << 29


class BatteryText:
    """Renders one battery."""

    def __init__(self, battery):
        # Grows whenever the text is another one; ages, and what stands under alarms, are no part
        # of it.
        self.version = 0
        self._battery = battery
        self._revision = -1
        self._until_s10 = 0
        self._harness_revision = -1
        self._head = b""
        self._tail = b""
        # What follows the age of the harness; empty without one.
        self._harness = b""

    def render(self, now_s10: int) -> bytes:
        """Return the battery's JSON object with its ages as of now."""
        self.refresh(now_s10)
        battery = self._battery
        harness = battery.harness
        age_s10 = battery.sample.age_s10(groups.STATUS, now_s10)
        harness_age = fixed(harness.age_s10(now_s10), 1) if harness is not None else ""
        alarms = _alarms(battery.alarms, now_s10)
        return b'%s%s%s%s%s,"alarms":%s}' % (
            self._head,
            fixed(age_s10, 1).encode(),
            self._tail,
            harness_age.encode(),
            self._harness,
            alarms.encode(),
        )

    def alarms(self, now_s10: int) -> bytes:
        """Return what stands under "alarms"."""
        return _alarms(self._battery.alarms, now_s10).encode()

    def refresh(self, now_s10: int):
        """Make the text anew if it is not true any more; version tells."""
        battery = self._battery
        harness = battery.harness
        if harness is not None and harness.revision != self._harness_revision:
            self._until_s10 = -1
        if battery.revision != self._revision or now_s10 > self._until_s10:
            self._build(now_s10)

    def _build(self, now_s10):
        battery = self._battery
        sample = battery.sample
        self.version += 1
        self._revision = battery.revision
        self._until_s10 = _FOR_EVER_S10
        for taken_s10 in sample.taken_s10:
            expires_s10 = taken_s10 + battery.stale_s10
            if taken_s10 >= 0 and expires_s10 >= now_s10:
                self._until_s10 = min(self._until_s10, expires_s10)
        who = members(
            (
                ("id", text(battery.id)),
                ("name", text(battery.name)),
                ("cell_count", fixed(sample.series or None, 0)),
                ("link", _link(battery.link)),
            )
        )
        self._head = ('{%s,"bms":{"age_s":' % who).encode()
        bms = self._bms(now_s10)
        tail = ',%s},"counters":%s,"harness":' % (members(bms), counters_json(battery.counters))
        if battery.harness is None:
            self._tail = (tail + "null").encode()
        else:
            self._tail = (tail + '{"age_s":').encode()
            self._build_harness(now_s10)

    def _build_harness(self, now_s10):
        # Entered only where taps are wired.
        from baybridge.record.harness_json import harness_members, until_s10

        battery = self._battery
        self._harness_revision = battery.harness.revision
        self._until_s10 = min(self._until_s10, until_s10(battery, now_s10))
        self._harness = (",%s}" % harness_members(battery, now_s10)).encode()

    def _bms(self, now_s10):
        battery = self._battery
        sample = battery.sample
        is_alive = battery.is_alive(now_s10)
        soc_pct = battery.soc_pct(now_s10)

        def known(group, value):
            return battery.known(group, value, now_s10)

        has_sensors = known(groups.SENSORS, True)
        temps_c = [fixed(temp_c, 0) for temp_c in battery.temps_c(now_s10)]
        return (
            ("stale", flag(not is_alive)),
            ("voltage_v", fixed(known(groups.STATUS, sample.battery_mv), 3)),
            ("current_a", fixed(known(groups.STATUS, sample.current_ma), 3)),
            ("power_w", fixed(tenths(battery.power_mw(now_s10)), 1)),
            ("soc_pct", fixed(soc_pct, 0)),
            ("rated_ah", fixed(known(groups.STATUS, sample.rated_mah), 3)),
            ("full_ah", fixed(battery.full_mah(now_s10), 3)),
            ("remaining_ah", fixed(tenths(battery.remaining_mah(now_s10)), 1)),
            ("remaining_from", text(None if soc_pct is None else _remaining_from(battery))),
            ("cycles", fixed(known(groups.STATUS, sample.cycles), 0)),
            ("cells_v", array([fixed(mv, 3) for mv in battery.cells_mv(now_s10)])),
            ("spread_mv", fixed(battery.spread_mv(now_s10), 0)),
            ("temperatures_c", array(temps_c) if has_sensors else "null"),
            ("charge_fet", flag(known(groups.SENSORS, sample.chg_fet))),
            ("discharge_fet", flag(known(groups.SENSORS, sample.dis_fet))),
            ("heater", flag(known(groups.PACK, sample.heater))),
            ("balancing", flag(known(groups.PACK, sample.balancer != 0))),
            ("nominal_v", fixed(known(groups.PACK, sample.nominal_mv), 3)),
            ("protection", _protection(known(groups.PROTECTION, sample.protection))),
            ("model", text(_model(sample) if is_alive else None)),
            ("date", text(known(groups.PACK, _date(sample)))),
            ("settings", settings_json(sample) if is_alive else "null"),
            ("raw", self._raw(known)),
        )

    def _raw(self, known):
        # What nobody has explained yet, as it came, so that it can be learned.
        sample = self._battery.sample
        return object_of(
            (
                ("f0_11_mah", fixed(known(groups.STATUS, sample.field11_mah), 0)),
                ("f0_11_meaning", text(NAMES[self._battery.charge.meaning])),
                ("f2_13", fixed(known(groups.SENSORS, sample.f2_13), 0)),
                ("f3_9", fixed(known(groups.PACK, sample.f3_9), 0)),
                ("f3_10", fixed(known(groups.PACK, sample.balancer), 0)),
            )
        )


def _alarms(alarms, now_s10):
    # Never kept: what they say changes by itself, each second, and mostly there is none.
    if alarms is None or not alarms.is_any:
        return "[]"
    from baybridge.record.alarm_json import alarms_json

    return alarms_json(alarms, now_s10)


def _link(link):
    pairs = (
        ("state", text(STATES[link.state])),
        ("address", text(link.address)),
        ("rssi_dbm", fixed(link.rssi_dbm, 0)),
        ("polls", fixed(link.polls, 0)),
        ("failed_polls", fixed(link.failed_polls, 0)),
        ("disconnects", fixed(link.disconnects, 0)),
        ("quality_pct", fixed(link.quality_pct, 0)),
        ("rejected_frames", fixed(link.rejected_frames, 0)),
        ("last_error", text(link.last_error)),
    )
    return object_of(pairs)


def _remaining_from(battery):
    # "soc": the SoC's share of the BMS's charge figure. "bms": that figure itself, once it has
    # been seen to follow the SoC. full_ah stays null until it is known to be the full charge.
    return "bms" if battery.charge.meaning == REMAINING else "soc"


def _protection(payload):
    if payload is None:
        return "null"
    flags = "".join(["%02x" % b for b in payload[:16]])
    return '{"active":%s,"raw":"%s"}' % (flag(any(payload)), flags)


def _model(sample):
    if sample.taken_s10[groups.NAME] < 0:
        return None
    name = ""
    for b in sample.model:
        if not 32 <= b < 127:
            break
        name += chr(b)
    return name or None


def _date(sample):
    if not (1 <= sample.month <= 12 and 1 <= sample.day <= 31):
        return None
    return "%04d-%02d-%02d" % (sample.year, sample.month, sample.day)
