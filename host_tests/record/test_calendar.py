"""Calendar arithmetic against dates known from elsewhere (`date -u -d @N`)."""

from baybridge.record import calendar


def test_iso_utc_when_known_seconds_then_known_text():
    cases = (
        (0, "1970-01-01T00:00:00Z"),
        (946684799, "1999-12-31T23:59:59Z"),
        (951782400, "2000-02-29T00:00:00Z"),
        (1715933099, "2024-05-17T08:04:59Z"),
        (1709164799, "2024-02-28T23:59:59Z"),
        (1709251199, "2024-02-29T23:59:59Z"),
        (1740787200, "2025-03-01T00:00:00Z"),
        (2147483648, "2038-01-19T03:14:08Z"),
        (4107542400, "2100-03-01T00:00:00Z"),
    )
    for seconds, text in cases:
        assert calendar.iso_utc(seconds) == text
        assert calendar.unix_s(text) == seconds


def test_days_when_every_day_of_500_years_then_no_gap_and_back():
    expected = (1900, 1, 1)
    lengths = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    for n in range(-25567, -25567 + 182622, 1):
        assert calendar.civil(n) == expected
        year, month, day = expected
        assert calendar.days(year, month, day) == n
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        day += 1
        if day > lengths[month - 1] + (1 if leap and month == 2 else 0):
            month, day = month + 1, 1
        if month > 12:
            year, month = year + 1, 1
        expected = (year, month, day)


def test_unix_s_when_offset_or_fraction_then_utc():
    assert calendar.unix_s("2024-05-17T10:04:59+02:00") == 1715933099
    assert calendar.unix_s("2024-05-17T02:34:59-05:30") == 1715933099
    assert calendar.unix_s("2024-05-17T08:04:59.987Z") == 1715933099
    assert calendar.unix_s("2024-05-17 08:04:59.1+00:00") == 1715933099


def test_unix_s_when_not_a_time_then_none():
    for bad in (
        "",
        "2024-05-17",
        "2024-05-17T08:04:59",
        "2024-13-17T08:04:59Z",
        "2024-04-31T08:04:59Z",
        "2023-02-29T08:04:59Z",
        "2024-05-00T08:04:59Z",
        "2024-05-17T24:00:00Z",
        "2024-05-17T08:60:00Z",
        "2024-05-17T08:04:60Z",
        "2024-05-17T08:04:59.Z",
        "2024-05-17T08:04:59ZZ",
        "2024-05-17T08:04:59+0200",
        "2024-05-17T08:04:59+24:00",
        "2024/05/17T08:04:59Z",
        "2024-05-17T08.04.59Z",
        "+024-05-17T08:04:59Z",
        "2024-05-17T 8:04:59Z",
    ):
        assert calendar.unix_s(bad) is None, bad
