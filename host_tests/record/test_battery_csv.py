"""A battery's record, packed and as a line: literal texts."""

from baybridge.battery import alarms, finding
from baybridge.battery import sample as groups
from baybridge.battery.taps import TAP_NOT_CONNECTED, TAP_OK, Harness
from baybridge.record import battery_csv
from host_tests.data.batteries import cold_battery
from host_tests.upy.heap import allocates

ALL = (groups.STATUS, groups.SENSORS, groups.PACK, groups.PROTECTION, groups.CELLS)


def known_battery():
    return cold_battery(200, ALL, 1700)


def line_of(battery, now_s10=1700, unix_s=1715933099, boot=3, seq=17):
    buf = bytearray(battery_csv.MAX_BYTES)
    battery_csv.pack(battery, now_s10, unix_s, buf)
    return battery_csv.line(buf, 0, boot, seq)


def columns_of(battery):
    buf = bytearray(battery_csv.MAX_BYTES)
    battery_csv.pack(battery, 1700, None, buf)
    return battery_csv.columns(buf, 0)


def wire(battery, taps_uv=(3268499, 6540500, 9803000, 13068000)):
    """Give a battery a harness that was read at second 170; return it."""
    tap = {"top_ohm": 100000, "bottom_ohm": 100000, "gain_ppm": 1000000, "offset_uv": 0}
    tap.update({"calibrated_against": None, "calibrated_time": None})
    harness = battery.harness = Harness([tap] * len(taps_uv), 200)
    for i in range(len(taps_uv)):
        harness.taps_uv[i] = taps_uv[i]
        harness.states[i] = TAP_OK
    harness.taken_s10 = 1700
    return harness


def set_alarms(battery, checks, kinds):
    """Let these checks and findings of a battery stand."""
    battery.alarms = alarms.Alarms(battery, {})
    for check in checks:
        battery.alarms.mask |= 1 << check
    battery.alarms.findings = [finding.Finding(kind, 1, None, None, None) for kind in kinds]


def crowded_battery():
    battery = known_battery()
    sample = battery.sample
    sample.nominal_mv = 102400
    sample.temp_count = 4
    sample.protection[15] = 0x81
    for k in range(8):
        sample.stamp(groups.CELLS + k, 1700)
    for i in range(32):
        sample.cells_mv[i] = 3200 + i
    for i in range(4):
        sample.temps_c[i] = -40
    wire(battery, [3300000 * k for k in range(1, 11)])
    set_alarms(battery, range(len(alarms.CODES)), range(len(finding.CODES)))
    return battery


def test_line_when_all_known_then_literal_text():
    battery = known_battery()
    battery.sample.protection[0] = 1
    # Checksum: see test_csv_line.py.
    assert line_of(battery) == (
        "2024-05-17T08:04:59Z,3,17,170000,13.120,-48.215,-632.6,54,111.240,37,"
        "3.269,3.270,3.263,3.264,-7,-3,0,1,1,0,01,,,e31e4720\r\n"
    )
    assert columns_of(battery) == (4, 2, 0)


def test_line_when_taps_are_wired_and_alarms_stand_then_literal_text():
    battery = known_battery()
    battery.sample.protection[0] = 1
    wire(battery)
    set_alarms(battery, (1, 12), (finding.TAP_OPEN,))
    # Checksum: see test_csv_line.py.
    assert line_of(battery) == (
        "2024-05-17T08:04:59Z,3,17,170000,13.120,-48.215,-632.6,54,111.240,37,"
        "3.269,3.270,3.263,3.264,-7,-3,3.268,6.541,9.803,13.068,0,1,1,0,01,"
        "cell_uv bms_protection harness_tap_open,,9479f7e9\r\n"
    )
    assert columns_of(battery) == (4, 2, 4)


def test_line_when_a_tap_is_not_measured_or_the_burst_is_old_then_its_field_is_empty():
    battery = known_battery()
    harness = wire(battery)
    harness.states[1] = TAP_NOT_CONNECTED
    # Below nothing and beyond what two bytes hold: an absurd calibration.
    harness.taps_uv[2] = -1000
    harness.taps_uv[3] = 65535000
    assert line_of(battery).split(",")[16:20] == ["3.268", "", "", ""]
    harness = wire(battery)
    harness.taken_s10 = 1499
    assert line_of(battery).split(",")[16:20] == [""] * 4
    assert columns_of(battery) == (4, 2, 4)


def test_line_when_the_bms_is_silent_then_the_taps_are_there():
    battery = cold_battery(200, (), 1700)
    assert not battery_csv.has_values(battery)
    harness = wire(battery)
    assert battery_csv.has_values(battery)
    assert line_of(battery) == (
        "2024-05-17T08:04:59Z,3,17,170000,,,,,,,,,3.268,6.541,9.803,13.068,,,,,,,,c61ae8fb\r\n"
    )
    harness.taken_s10 = -1
    assert not battery_csv.has_values(battery)


def test_line_when_each_check_or_finding_stands_then_its_code():
    assert (len(alarms.CODES), len(finding.CODES)) <= (16, 16)
    for i in range(len(alarms.CODES)):
        battery = known_battery()
        set_alarms(battery, (i,), ())
        assert line_of(battery).split(",")[21] == alarms.CODES[i]
    for kind in range(len(finding.CODES)):
        set_alarms(battery, (), (kind,))
        assert line_of(battery).split(",")[21] == "harness_" + finding.CODES[kind]
    # The same of two cells is one code.
    set_alarms(battery, (0, 13), (finding.BMS_CELL, finding.TAP_OPEN, finding.BMS_CELL))
    assert line_of(battery).split(",")[21] == "cell_ov stale harness_tap_open harness_bms_cell"


def test_line_when_everything_stands_then_shorter_than_what_is_read_in_one_go():
    battery = crowded_battery()
    sample = battery.sample
    sample.battery_mv = 0xFFFFFF
    sample.current_ma = -0x800000
    sample.cycles = 65535
    line = line_of(battery, 1700, 4102444799, 0xFFFFFF, 0xFFFFFFF)
    assert line.split(",")[56:61] == ["0", "1", "1", "0", "00" * 15 + "81"]
    # Recovery and history read 1024 bytes at a time; uptime_ms may have eight digits more.
    assert 800 < len(line) < 1000


def test_line_when_protection_is_calm_unknown_or_late_then_told_apart():
    battery = known_battery()
    assert line_of(battery).split(",")[20] == "00"
    battery.sample.protection[15] = 0x80
    assert line_of(battery).split(",")[20] == "00" * 15 + "80"
    battery.sample.protection[16] = 1  # no byte of it
    battery.sample.protection[15] = 0
    assert line_of(battery).split(",")[20] == "00"
    battery.sample.forget(groups.PROTECTION)
    assert line_of(battery).split(",")[20] == ""


def test_line_when_groups_are_stale_then_their_fields_are_empty():
    battery = known_battery()
    for group, fields in (
        (groups.SENSORS, (14, 15, 16, 17)),
        (groups.PACK, (18, 19)),
        (groups.CELLS, (10, 11, 12, 13)),
        (groups.PROTECTION, (20,)),
        (groups.STATUS, tuple(range(4, 21))),
    ):
        battery.sample.stamp(group, 1499)
        got = line_of(battery).split(",")
        assert [i for i in range(21) if not got[i]] == list(fields), group
        battery.sample.stamp(group, 1700)


def test_line_when_time_is_unknown_then_empty_and_no_date():
    battery = known_battery()
    assert line_of(battery, unix_s=None).startswith(",3,17,170000,13.120,")
    buf = bytearray(battery_csv.MAX_BYTES)
    battery_csv.pack(battery, 1700, None, buf)
    assert battery_csv.date(buf, 0) is None
    battery_csv.pack(battery, 1700, 4102444799, buf)
    assert battery_csv.date(buf, 0) == "2099-12-31"


def test_line_when_values_are_extreme_then_every_digit():
    battery = known_battery()
    sample = battery.sample
    sample.battery_mv = 0xFFFFFF
    sample.current_ma = -0x800000
    sample.field11_mah = 0xFFFFFF
    sample.soc_pct = 100
    sample.cycles = 65535
    sample.temps_c[0] = -40
    sample.temps_c[1] = 90
    sample.cells_mv[0] = 0
    sample.cells_mv[1] = 65534
    assert line_of(battery).split(",")[4:16] == [
        "16777.215",
        "-8388.608",
        "-140737480.0",
        "100",
        "16777.215",
        "65535",
        "0.000",
        "65.534",
        "3.263",
        "3.264",
        "-40",
        "90",
    ]


def test_line_when_temperature_or_charge_is_absurd_then_empty():
    battery = known_battery()
    battery.sample.temps_c[1] = 91
    battery.sample.soc_pct = 101
    fields = line_of(battery).split(",")
    assert fields[14:16] == ["-7", ""]
    assert fields[7:9] == ["", ""]


def test_pack_when_32_cells_ten_taps_and_every_alarm_then_they_fit():
    battery = crowded_battery()
    buf = bytearray(battery_csv.MAX_BYTES)
    battery_csv.pack(battery, 1700, 1715933099, buf)
    assert (buf[0], battery_csv.columns(buf, 0)) == (137, (32, 4, 10))
    fields = battery_csv.line(buf, 0, 3, 17).split(",")
    assert (fields[41], fields[46], fields[55]) == ("3.231", "3.300", "33.000")
    battery.harness.count = 11  # more than any chip has pins for
    battery_csv.pack(battery, 1700, 1715933099, buf)
    assert (buf[0], battery_csv.columns(buf, 0)) == (137, (32, 4, 10))


def test_pack_when_twelve_volt_battery_then_39_bytes_and_no_allocation():
    battery = known_battery()
    battery.alarms = alarms.Alarms(battery, {})
    buf = bytearray(battery_csv.MAX_BYTES)
    assert not allocates(battery_csv.pack, battery, 1700, 1715933099, buf)
    assert buf[0] == 39


def test_pack_when_taps_are_wired_and_alarms_stand_then_51_bytes_and_no_allocation():
    battery = known_battery()
    wire(battery)
    set_alarms(battery, (1, 12), (finding.TAP_OPEN, finding.BMS_CELL))
    buf = bytearray(battery_csv.MAX_BYTES)
    assert not allocates(battery_csv.pack, battery, 1700, 1715933099, buf)
    assert buf[0] == 51
