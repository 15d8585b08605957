"""A line of the log: literal texts, checksums computed elsewhere, every bit flipped."""

from baybridge.record import csv_line, names

# `printf '%s' "$line_before_the_last_comma" | gzip -c | tail -c8 | od -An -N4 -tx4`
LINE = (
    b"2024-05-17T08:04:59Z,3,17,170000,13.120,-48.215,-632.6,54,111.240,37,"
    b"3.269,3.270,3.263,3.264,-7,-3,3.268,6.541,9.803,13.068,0,1,1,0,01,"
    b"cell_uv bms_protection harness_tap_open,,9479f7e9\r\n"
)


def known_line():
    return csv_line.line(
        "2024-05-17T08:04:59Z",
        3,
        17,
        170000,
        (13120, -48215, -6326, 54, 111240, 37),
        (3269, 3270, 3263, 3264),
        (-7, -3),
        (3268, 6541, 9803, 13068),
        (False, True, True, False),
        "01",
        "cell_uv bms_protection harness_tap_open",
    )


def test_header_when_four_cells_two_temperatures_and_four_taps_then_all_columns():
    assert csv_line.header(4, 2, 4) == (
        "time,boot,seq,uptime_ms,voltage_v,current_a,power_w,soc_pct,remaining_ah,cycles,"
        "cell_1_v,cell_2_v,cell_3_v,cell_4_v,temperature_1_c,temperature_2_c,"
        "tap_1_v,tap_2_v,tap_3_v,tap_4_v,"
        "charge_fet,discharge_fet,heater,balancing,protection,alarms,baybridge,crc\r\n"
    )


def test_header_when_no_harness_is_wired_then_no_columns_of_taps():
    assert csv_line.header(1, 0, 0).endswith(
        ",cycles,cell_1_v,charge_fet,discharge_fet,"
        "heater,balancing,protection,alarms,baybridge,crc\r\n"
    )


def test_header_when_it_has_a_note_then_firmware_and_schedule_stand_before_the_crc():
    note = csv_line.note("0.1.0", 10, 2, 60, 30)
    assert csv_line.header(0, 0, 0, note).endswith(
        ",protection,alarms,baybridge_0.1.0_record_10s_fast_2s_rest_60s_flush_30s,crc\r\n"
    )


def test_line_when_all_known_then_literal_text():
    assert known_line().encode() == LINE


def test_line_when_columns_counted_then_as_many_as_the_header():
    assert known_line().count(",") == csv_line.header(4, 2, 4).count(",") == 27


def test_line_when_nothing_known_then_empty_fields():
    none = (None,) * 4
    text = csv_line.line(None, 1, 0, 0, (None,) * 6, none, (None, None), (), none, None, None)
    assert text == ",1,0,0,,,,,,,,,,,,,,,,,,,,dab7d34b\r\n"
    assert csv_line.check(text)


def test_line_when_zero_then_zero_and_not_empty():
    text = csv_line.line("", 1, 2, 3, (0,) * 6, (0,), (0,), (0,), (0, 0, 0, 0), "", "")
    assert text.startswith(",1,2,3,0.000,0.000,0.0,0,0.000,0,0.000,0,0.000,0,0,0,0,,,,")


def test_decimal_when_negative_or_small_then_every_digit():
    cases = ((13120, "13.120"), (5, "0.005"), (-5, "-0.005"), (-1000, "-1.000"), (0, "0.000"))
    for value, text in cases:
        assert csv_line.decimal(value, 3) == text
    assert csv_line.decimal(1234567890123, 3) == "1234567890.123"
    assert csv_line.decimal(-7, 0) == "-7"
    assert csv_line.decimal(None, 3) == ""


def test_check_when_whole_line_then_true_as_text_or_bytes():
    assert csv_line.check(LINE)
    assert csv_line.check(LINE[:-2])
    assert csv_line.check(LINE.decode())
    assert csv_line.check(memoryview(LINE))


def test_check_when_cut_anywhere_then_false():
    for n in range(len(LINE) - 2):
        assert not csv_line.check(LINE[:n]), n


def test_check_when_any_bit_flips_then_false():
    for bit in range((len(LINE) - 2) * 8):
        broken = bytearray(LINE)
        broken[bit // 8] ^= 1 << bit % 8
        assert not csv_line.check(broken), bit


def test_check_when_header_or_rubbish_then_false():
    for bad in (b"", b",", b"\r\n", b"\xff\xfe", csv_line.header(4, 2, 0), LINE + LINE):
        assert not csv_line.check(bad), bad


def test_log_name_when_date_known_or_not_then_file():
    assert names.log_file(names.log_stem("2024-05-17", 3)) == "2024-05-17.csv"
    assert names.log_file(names.log_stem("2024-05-17", 3), 2) == "2024-05-17-2.csv"
    assert names.log_file(names.log_stem(None, 3)) == "boot-3.csv"


def test_is_log_name_when_ours_then_true():
    for name in (
        "house1/2024-05-17.csv",
        "house1/2024-05-17-2.csv",
        "a/boot-3.csv",
        "a/boot-3-2.csv",
    ):
        assert names.is_log_name(name), name


def test_is_log_name_when_it_leads_elsewhere_then_false():
    for name in (
        "",
        "2024-05-17.csv",
        "../2024-05-17.csv",
        "house1/../config.json",
        "house1/x/2024-05-17.csv",
        "/2024-05-17.csv",
        "House1/2024-05-17.csv",
        "house1/2024-05-17.csv.new",
        "house1/2024-05-17",
        "house1/2024-5-17.csv",
        "house1/2024-05-17-222.csv",
        "house1/2024-05-17-.csv",
        "house1/.csv",
        "house1/boot.csv",
        "house1/boot-.csv",
        "house1/boot-x.csv",
        "house1/boot-1234567890.csv",
        "house1\\2024-05-17.csv",
        "abcdefghijklmnopq/2024-05-17.csv",
    ):
        assert not names.is_log_name(name), name
