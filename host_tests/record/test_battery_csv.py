"""A battery's record, packed and as a line: literal texts."""

from baybridge.battery import sample as groups
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


def test_line_when_all_known_then_literal_text():
    battery = known_battery()
    battery.sample.protection[0] = 1
    # Checksum: see test_csv_line.py.
    assert line_of(battery) == (
        "2024-05-17T08:04:59Z,3,17,170000,13.120,-48.215,-632.6,54,111.240,37,"
        "3.269,3.270,3.263,3.264,-7,-3,0,1,1,0,01,,72264282\r\n"
    )


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


def test_pack_when_32_cells_then_they_fit():
    battery = known_battery()
    sample = battery.sample
    sample.nominal_mv = 102400
    sample.temp_count = 4
    sample.protection[15] = 1
    for k in range(8):
        sample.stamp(groups.CELLS + k, 1700)
    for i in range(32):
        sample.cells_mv[i] = 3200 + i
    buf = bytearray(battery_csv.MAX_BYTES)
    battery_csv.pack(battery, 1700, 1715933099, buf)
    assert (buf[0], battery_csv.columns(buf, 0)) == (113, (32, 4))
    assert battery_csv.line(buf, 0, 3, 17).split(",")[41] == "3.231"


def test_pack_when_twelve_volt_battery_then_39_bytes_and_no_allocation():
    battery = known_battery()
    buf = bytearray(battery_csv.MAX_BYTES)
    assert not allocates(battery_csv.pack, battery, 1700, 1715933099, buf)
    assert buf[0] == 39
