"""Prometheus text of batteries and bridge, literally; and how little of it is in memory."""

import gc
import sys

from baybridge.battery.alarms import Alarms
from baybridge.battery.battery import Battery
from baybridge.battery.finding import Finding
from baybridge.battery.sample import CELLS, PACK, PROTECTION, SENSORS, STATUS
from baybridge.record import metrics
from baybridge.record.battery_metrics import battery_lines
from baybridge.record.metric_text import family, label
from baybridge.tasks.supervise import Supervisor
from host_tests.fakes.clock import FakeClock

NOW_S10 = 5000


class Taps:
    """What the metrics ask of a harness: four taps, the third of them unread."""

    count = 4

    def tap_mv(self, k, now_s10):
        return (0, 3300, 6601, None, 13204)[k]

    def cell_mv(self, n, now_s10):
        return (None, 3300, 3301, None, None)[n]


def battery_of(id="house1"):
    battery = Battery(id, "House 1", 200, ("bad_crc", "wrong_command"))
    sample = battery.sample
    for group in (STATUS, SENSORS, PACK, PROTECTION, CELLS):
        sample.stamp(group, NOW_S10 - 12)
    sample.battery_mv = 13120
    sample.current_ma = -48215
    sample.rated_mah = 206000
    sample.field11_mah = 206000
    sample.cycles = 37
    sample.soc_pct = 54
    sample.nominal_mv = 12800
    sample.dis_fet = True
    sample.temp_count = 2
    sample.temps_c[0] = -7
    sample.temps_c[1] = 127  # no thermistor
    sample.heater = True
    sample.protection[0] = 1
    for i in range(4):
        sample.cells_mv[i] = (3269, 3270, 3063, 3264)[i]
    link = battery.link
    link.state = 0
    link.address = "02:12:34:00:20:61"
    link.rssi_dbm = -62
    link.polls = 812
    link.failed_polls = 3
    link.disconnects = 1
    link.reject(0)
    link.reject(1)
    return battery


def text_of(batteries, now_s10=NOW_S10, unix_s=1763000000):
    return "".join(battery_lines(batteries, now_s10, unix_s))


def samples_of(text):
    return [line for line in text.split("\n") if line and line[0] != "#"]


def named(text, name):
    return [line for line in samples_of(text) if line.startswith(name)]


def test_battery_when_fresh_then_every_value_in_base_units_and_exact():
    battery = battery_of()
    battery.counters.charge_in.restore((2, 3, 5, 0, 0))
    battery.counters.charge_out.restore((0, 7199, 999, 999, 999))
    battery.counters.energy_in.restore((1234567, 0, 0, 0, 0))
    battery.counters.gap_s = 77
    assert samples_of(text_of([battery])) == [
        'sok_battery_info{battery="house1",name="House 1",address="02:12:34:00:20:61"} 1',
        'sok_battery_voltage_volts{battery="house1",source="bms"} 13.12',
        'sok_cell_voltage_volts{battery="house1",cell="1",source="bms"} 3.269',
        'sok_cell_voltage_volts{battery="house1",cell="2",source="bms"} 3.27',
        'sok_cell_voltage_volts{battery="house1",cell="3",source="bms"} 3.063',
        'sok_cell_voltage_volts{battery="house1",cell="4",source="bms"} 3.264',
        'sok_battery_current_amperes{battery="house1"} -48.215',
        'sok_battery_power_watts{battery="house1"} -632.581',
        'sok_state_of_charge_ratio{battery="house1"} 0.54',
        'sok_remaining_charge_coulombs{battery="house1"} 400464.0',
        'sok_rated_charge_coulombs{battery="house1"} 741600.0',
        'sok_temperature_celsius{battery="house1",sensor="1"} -7',
        'sok_cycles_total{battery="house1"} 37',
        'sok_fet_on{battery="house1",fet="charge"} 0',
        'sok_fet_on{battery="house1",fet="discharge"} 1',
        'sok_heater_on{battery="house1"} 1',
        'sok_balancing_active{battery="house1"} 0',
        'sok_protection_active{battery="house1"} 1',
        'sok_charge_in_coulombs_total{battery="house1"} 7201.502',
        'sok_charge_out_coulombs_total{battery="house1"} 3599.999',
        'sok_energy_in_joules_total{battery="house1"} 4444441200.0',
        'sok_energy_out_joules_total{battery="house1"} 0.0',
        'sok_uncounted_seconds_total{battery="house1"} 77',
        'sok_ble_link_up{battery="house1"} 1',
        'sok_ble_rssi_dbm{battery="house1"} -62',
        'sok_ble_polls_total{battery="house1"} 812',
        'sok_ble_failed_polls_total{battery="house1"} 3',
        'sok_ble_disconnects_total{battery="house1"} 1',
        'sok_ble_rejected_frames_total{battery="house1"} 2',
        'sok_battery_last_update_timestamp_seconds{battery="house1"} 1762999999',
    ]


def test_families_when_two_batteries_then_each_once_with_its_samples_together():
    text = text_of([battery_of("house1"), battery_of("house2")])
    assert text.startswith(
        "# HELP sok_battery_info Name and Bluetooth address of the battery.\n"
        "# TYPE sok_battery_info gauge\n"
        'sok_battery_info{battery="house1",'
    )
    begun = []
    for line in text.split("\n")[:-1]:
        if line.startswith("# HELP "):
            begun.append(line.split(" ")[2])
        elif line.startswith("# TYPE "):
            name, kind = line.split(" ")[2:]
            assert name == begun[-1]
            assert kind == ("counter" if name.endswith("_total") else "gauge"), name
        else:
            assert line.split("{")[0] == begun[-1], line
    assert len(begun) == len(set(begun)) == 26
    assert named(text, "sok_ble_polls_total") == [
        'sok_ble_polls_total{battery="house1"} 812',
        'sok_ble_polls_total{battery="house2"} 812',
    ]


def test_battery_when_stale_then_only_what_is_true_all_the_same():
    battery = battery_of()
    battery.link.state = 2
    text = text_of([battery], NOW_S10 + 189)
    assert [line.split("{")[0] for line in samples_of(text)] == [
        "sok_battery_info",
        "sok_charge_in_coulombs_total",
        "sok_charge_out_coulombs_total",
        "sok_energy_in_joules_total",
        "sok_energy_out_joules_total",
        "sok_uncounted_seconds_total",
        "sok_ble_link_up",
        "sok_ble_polls_total",
        "sok_ble_failed_polls_total",
        "sok_ble_disconnects_total",
        "sok_ble_rejected_frames_total",
        "sok_battery_last_update_timestamp_seconds",
    ]
    assert 'sok_ble_link_up{battery="house1"} 0\n' in text
    assert "voltage" not in text
    # At the very last moment it is still believed.
    assert "sok_battery_voltage_volts" in text_of([battery], NOW_S10 + 188)


def test_group_when_only_it_is_stale_then_only_it_is_missing():
    battery = battery_of()
    battery.sample.taken_s10[CELLS] = NOW_S10 - 201
    text = text_of([battery])
    assert named(text, "sok_cell_voltage_volts") == []
    assert "sok_battery_voltage_volts" in text


def test_update_when_the_time_is_unknown_or_nothing_came_then_it_is_missing():
    assert "last_update" not in text_of([battery_of()], NOW_S10, None)
    never = Battery("a", "A", 200, ())
    assert "last_update" not in text_of([never])
    assert named(text_of([never]), "sok_ble_link_up") == ['sok_ble_link_up{battery="a"} 0']


def test_taps_when_wired_then_beside_the_bms_less_what_is_not_measured():
    battery = battery_of()
    battery.harness = Taps()
    text = text_of([battery])
    assert named(text, "sok_battery_voltage")[1:] == [
        'sok_battery_voltage_volts{battery="house1",source="tap"} 13.204'
    ]
    assert named(text, "sok_cell_voltage")[4:] == [
        'sok_cell_voltage_volts{battery="house1",cell="1",source="tap"} 3.3',
        'sok_cell_voltage_volts{battery="house1",cell="2",source="tap"} 3.301',
    ]
    # Of four taps on eight cells the highest is the middle of the battery.
    battery.sample.nominal_mv = 25600
    assert len(named(text_of([battery]), "sok_battery_voltage")) == 1


class Found:
    findings = ()


def test_alarms_then_a_level_for_each_code_the_worst_of_its_kind():
    battery = battery_of()
    battery.alarms = Alarms(battery, {})
    battery.alarms.levels[0] = 2
    battery.alarms.levels[13] = 1
    levels = named(text_of([battery]), "sok_alarm_level")
    assert len(levels) == 14
    assert levels[0] == 'sok_alarm_level{battery="house1",code="cell_ov"} 2'
    assert levels[1] == 'sok_alarm_level{battery="house1",code="cell_uv"} 0'
    assert levels[13] == 'sok_alarm_level{battery="house1",code="stale"} 1'
    battery.crosscheck = Found()
    # bms_cell stops, cells_differ is to be looked at, and at two cells it is one alarm.
    battery.alarms.findings = [
        Finding(8, None, 1, None, 30),
        Finding(13, None, 1, None, 30),
        Finding(13, None, 2, None, 30),
    ]
    levels = named(text_of([battery]), "sok_alarm_level")
    assert len(levels) == 28
    assert [line for line in levels if not line.endswith(" 0")] == [
        'sok_alarm_level{battery="house1",code="cell_ov"} 2',
        'sok_alarm_level{battery="house1",code="stale"} 1',
        'sok_alarm_level{battery="house1",code="harness_bms_cell"} 2',
        'sok_alarm_level{battery="house1",code="harness_cells_differ"} 1',
    ]


def test_label_when_it_has_quotes_backslashes_or_line_breaks_then_escaped():
    assert label('a"b\\c\nd') == 'a\\"b\\\\c\\nd'
    battery = battery_of()
    battery.name = 'Bow "port"\\\n}'
    assert named(text_of([battery]), "sok_battery_info") == [
        'sok_battery_info{battery="house1",name="Bow \\"port\\"\\\\\\n}",'
        'address="02:12:34:00:20:61"} 1'
    ]


def test_family_when_it_has_no_sample_then_no_head_either():
    assert list(family("a", "gauge", "It.", [("", None)])) == []
    assert "".join(family("a", "gauge", "It.", [("", None), ("{b}", "1"), ("", "2")])) == (
        "# HELP a It.\n# TYPE a gauge\na{b} 1\na 2\n"
    )


class Board:
    machine = "ESP32 module"
    micropython = "1.28.0"

    def heap_used(self):
        return 91232

    def heap_free(self):
        return None


class Wifi:
    address = "192.168.1.7"

    def ip(self):
        return self.address

    def rssi_dbm(self):
        return -71


class Keeper:
    connects = 2
    disconnects = 1

    def __init__(self):
        self.wifi = Wifi()


class Guard:
    connections = 1
    served = 812
    refused = 2
    timed_out = 3
    dropped = 4
    failures = 5


class Gate:
    wrong = 6


class Card:
    is_mounted = True


class Watch:
    state = 2


class Log:
    battery_id = "house1"
    flushed = 1000
    dropped = 7
    errors = 8
    waiting = 9


class Ports:
    def __init__(self, clock):
        self.clock = clock
        self.board = Board()


class Shown:
    card_watch = None


class Bridge:
    """What the metrics ask of the App."""

    def __init__(self, batteries=()):
        self.ports = Ports(FakeClock())
        self.batteries = list(batteries)
        self.boot = 7
        self.problems = ["poll_ms: ..."]
        self.supervisor = Supervisor(self.ports.clock, None)
        self.supervisor.add("judge", None, 30).restarts = 3
        self.guard = Guard()
        self.gate = Gate()
        self.wifi = Keeper()
        self.card = Card()
        self.bridge = Shown()
        self.logs = [Log()]


def test_bridge_then_its_own_figures_less_what_the_board_does_not_know():
    app = Bridge()
    app.bridge.card_watch = Watch()
    assert samples_of("".join(metrics.lines(app, "0.1.0"))) == [
        'baybridge_build_info{version="0.1.0",board="ESP32 module",interpreter="1.28.0"} 1',
        "baybridge_uptime_seconds 0.0",
        "baybridge_starts_total 7",
        "baybridge_healthy 1",
        'baybridge_task_restarts_total{task="judge"} 3',
        "baybridge_time_known 0",
        "baybridge_heap_used_bytes 91232",
        "baybridge_config_problems 1",
        "baybridge_http_connections 1",
        "baybridge_http_answers_total 812",
        "baybridge_http_turned_away_total 2",
        "baybridge_http_timeouts_total 3",
        "baybridge_http_aborted_total 4",
        "baybridge_http_failures_total 5",
        "baybridge_http_wrong_tokens_total 6",
        "baybridge_wifi_up 1",
        "baybridge_wifi_rssi_dbm -71",
        "baybridge_wifi_connects_total 2",
        "baybridge_wifi_disconnects_total 1",
        "baybridge_card_mounted 1",
        'baybridge_card_alarm{code="card_missing"} 0',
        'baybridge_card_alarm{code="card_full"} 1',
        'baybridge_card_alarm{code="card_not_writable"} 0',
        'baybridge_log_records_total{battery="house1"} 1000',
        'baybridge_log_dropped_total{battery="house1"} 7',
        'baybridge_log_errors_total{battery="house1"} 8',
        'baybridge_log_waiting{battery="house1"} 9',
    ]


def test_network_when_there_is_none_then_no_signal_either():
    app = Bridge()
    app.wifi.wifi.address = None
    text = "".join(metrics.lines(app, "0.1.0"))
    assert "baybridge_wifi_up 0\n" in text
    assert "wifi_rssi" not in text


def test_lines_when_sent_one_by_one_then_a_kilobyte_of_them_is_in_memory():
    batteries = []
    for i in range(4):
        batteries.append(battery_of("house%d" % i))
        batteries[i].sample.nominal_mv = 51200
        for block in range(4):
            batteries[i].sample.stamp(CELLS + block, NOW_S10 - 12)
    app = Bridge(batteries)
    # The names of both are looked up, and whatever a first call keeps.
    size = len("".join(metrics.lines(app, "0.1.0")))
    assert size > 12000
    if sys.implementation.name != "micropython":
        return
    gc.collect()
    before = gc.mem_alloc()
    highest = 0
    for _ in metrics.lines(app, "0.1.0"):
        gc.collect()
        highest = max(highest, gc.mem_alloc() - before)
    assert highest < 1300, highest
