"""Batteries as Prometheus text, line by line.

Base units, as Prometheus wants them: volts, amperes, coulombs and joules instead of Ah and Wh,
ratios instead of percent. They are exact, because 1 mAh is 3.6 C and nothing here is a float. What
is stale or not known has no sample at all: a graph then shows a gap, and an old value cannot pass
as new.
"""

from baybridge.battery import alarms, finding
from baybridge.battery import sample as groups
from baybridge.battery.link import CONNECTED
from baybridge.record.json_text import fixed
from baybridge.record.metric_text import family, flag, label, number


def battery_lines(batteries, now_s10: int, unix_s):
    """Yield the lines of all batteries; unix_s is None while nobody knows the time."""
    for name, kind, about, samples_of in _FAMILIES:
        yield from family(name, kind, about, _of_all(batteries, samples_of, now_s10))
    yield from family(
        "sok_battery_last_update_timestamp_seconds",
        "gauge",
        "Unix time of the battery's last status.",
        _of_all(batteries, lambda battery, now_s10: _updated(battery, now_s10, unix_s), now_s10),
    )


def _of_all(batteries, samples_of, now_s10):
    for battery in batteries:
        id = label(battery.id)
        samples = samples_of(battery, now_s10)
        # One value, or pairs of the labels that are not the battery's and a value.
        if samples is None or isinstance(samples, str):
            yield '{battery="%s"}' % id, samples
            continue
        for more, value in samples:
            yield '{battery="%s",%s}' % (id, more), value


# --- values ---------------------------------------------------------------------------------


def _coulombs(mah):
    return None if mah is None else fixed(mah * 36, 1)


def _total(total):
    # Coulombs of amperes held, joules of watts held: whole thousandths, rounded down.
    thousandths = total.hours * 3600000 + (total.halves * 1000 + total.milli) // 2
    return fixed(thousandths, 3)


def _info(battery, now_s10):
    link = battery.link
    labels = 'name="%s",address="%s"' % (label(battery.name), label(link.address or ""))
    return ((labels, "1"),)


def _updated(battery, now_s10, unix_s):
    age_s10 = battery.sample.age_s10(groups.STATUS, now_s10)
    return None if age_s10 is None or unix_s is None else "%d" % (unix_s - (age_s10 + 5) // 10)


def _status(battery, now_s10, value, decimals):
    return number(battery.known(groups.STATUS, value, now_s10), decimals)


def _voltages(battery, now_s10):
    yield 'source="bms"', _status(battery, now_s10, battery.sample.battery_mv, 3)
    harness = battery.harness
    # The taps see the whole battery only if there is one for every cell.
    if harness is not None and harness.count == battery.sample.series:
        yield 'source="tap"', number(harness.tap_mv(harness.count, now_s10), 3)


def _cells(battery, now_s10):
    for i in range(battery.sample.series):
        yield 'cell="%d",source="bms"' % (i + 1), number(battery.cell_mv(i, now_s10), 3)
    harness = battery.harness
    if harness is not None:
        for n in range(1, harness.count + 1):
            yield 'cell="%d",source="tap"' % n, number(harness.cell_mv(n, now_s10), 3)


def _temperatures(battery, now_s10):
    for i in range(battery.sample.temp_count):
        yield 'sensor="%d"' % (i + 1), number(battery.temp_c(i, now_s10))


def _fets(battery, now_s10):
    sample = battery.sample
    for name, value in (("charge", sample.chg_fet), ("discharge", sample.dis_fet)):
        yield 'fet="%s"' % name, flag(battery.known(groups.SENSORS, value, now_s10))


def _pack_flag(battery, now_s10, value):
    return flag(battery.known(groups.PACK, value, now_s10))


def _protection(battery, now_s10):
    payload = battery.known(groups.PROTECTION, battery.sample.protection, now_s10)
    return None if payload is None else flag(any(payload))


def _alarms(battery, now_s10):
    judged = battery.alarms
    if judged is None:
        return
    for check in range(len(alarms.CODES)):
        yield 'code="%s"' % alarms.CODES[check], "%d" % judged.levels[check]
    if battery.crosscheck is None:
        return
    for kind in range(len(finding.CODES)):
        level = 0
        for found in judged.findings:
            # One kind may be found at several cells.
            if found.kind == kind:
                level = max(level, 2 if found.severity == finding.VERDICT_STOP else 1)
        yield 'code="harness_%s"' % finding.CODES[kind], "%d" % level


def _rssi(battery, now_s10):
    link = battery.link
    return number(link.rssi_dbm) if link.state == CONNECTED else None


_FAMILIES = (
    ("sok_battery_info", "gauge", "Name and Bluetooth address of the battery.", _info),
    (
        "sok_battery_voltage_volts",
        "gauge",
        "Voltage of the whole battery, by its BMS or by the highest tap.",
        _voltages,
    ),
    (
        "sok_cell_voltage_volts",
        "gauge",
        "Voltage of a cell, 1 at battery negative, by the BMS or between the wired taps.",
        _cells,
    ),
    (
        "sok_battery_current_amperes",
        "gauge",
        "Current, positive while charging.",
        lambda battery, now_s10: _status(battery, now_s10, battery.sample.current_ma, 3),
    ),
    (
        "sok_battery_power_watts",
        "gauge",
        "Power, positive while charging.",
        lambda battery, now_s10: number(battery.power_mw(now_s10), 3),
    ),
    (
        "sok_state_of_charge_ratio",
        "gauge",
        "State of charge, 0 to 1.",
        lambda battery, now_s10: number(battery.soc_pct(now_s10), 2),
    ),
    (
        "sok_remaining_charge_coulombs",
        "gauge",
        "Charge that is left; 3600 C are 1 Ah.",
        lambda battery, now_s10: _coulombs(battery.remaining_mah(now_s10)),
    ),
    (
        "sok_full_charge_coulombs",
        "gauge",
        "Charge when full, as the BMS has learnt it.",
        lambda battery, now_s10: _coulombs(battery.full_mah(now_s10)),
    ),
    (
        "sok_rated_charge_coulombs",
        "gauge",
        "Charge the battery was sold with.",
        lambda battery, now_s10: _coulombs(
            battery.known(groups.STATUS, battery.sample.rated_mah, now_s10)
        ),
    ),
    ("sok_temperature_celsius", "gauge", "Temperature at a sensor of the BMS.", _temperatures),
    (
        "sok_cycles_total",
        "counter",
        "Charge cycles the BMS has counted.",
        lambda battery, now_s10: _status(battery, now_s10, battery.sample.cycles, 0),
    ),
    ("sok_fet_on", "gauge", "Whether the BMS lets a current through: 1 yes, 0 no.", _fets),
    (
        "sok_heater_on",
        "gauge",
        "Whether the heater is on.",
        lambda battery, now_s10: _pack_flag(battery, now_s10, battery.sample.heater),
    ),
    (
        "sok_balancing_active",
        "gauge",
        "Whether the BMS balances cells.",
        lambda battery, now_s10: _pack_flag(battery, now_s10, battery.sample.balancer != 0),
    ),
    ("sok_protection_active", "gauge", "Whether a protection of the BMS tripped.", _protection),
    ("sok_alarm_level", "gauge", "An alarm of the bridge: 0 none, 1 warning, 2 alarm.", _alarms),
    (
        "sok_charge_in_coulombs_total",
        "counter",
        "Charge that went in.",
        lambda battery, now_s10: _total(battery.counters.charge_in),
    ),
    (
        "sok_charge_out_coulombs_total",
        "counter",
        "Charge that came out.",
        lambda battery, now_s10: _total(battery.counters.charge_out),
    ),
    (
        "sok_energy_in_joules_total",
        "counter",
        "Energy that went in.",
        lambda battery, now_s10: _total(battery.counters.energy_in),
    ),
    (
        "sok_energy_out_joules_total",
        "counter",
        "Energy that came out.",
        lambda battery, now_s10: _total(battery.counters.energy_out),
    ),
    (
        "sok_uncounted_seconds_total",
        "counter",
        "Time in which charge and energy could not be counted.",
        lambda battery, now_s10: "%d" % battery.counters.gap_s,
    ),
    (
        "sok_ble_link_up",
        "gauge",
        "Whether the Bluetooth link stands.",
        lambda battery, now_s10: flag(battery.link.state == CONNECTED),
    ),
    (
        "sok_ble_rssi_dbm",
        "gauge",
        "Signal of the battery's last advertisement before this link.",
        _rssi,
    ),
    (
        "sok_ble_polls_total",
        "counter",
        "Rounds of questions to the BMS.",
        lambda battery, now_s10: "%d" % battery.link.polls,
    ),
    (
        "sok_ble_failed_polls_total",
        "counter",
        "Rounds that were not answered in full.",
        lambda battery, now_s10: "%d" % battery.link.failed_polls,
    ),
    (
        "sok_ble_disconnects_total",
        "counter",
        "Links that broke.",
        lambda battery, now_s10: "%d" % battery.link.disconnects,
    ),
    (
        "sok_ble_rejected_frames_total",
        "counter",
        "Frames that were refused: torn, wrong or not asked for.",
        lambda battery, now_s10: "%d" % battery.link.rejected_frames,
    ),
)
