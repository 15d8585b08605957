"""baybridge.config on both interpreters: defaults, every kind of problem, text and back."""

from baybridge import config

DEFAULT_TEXT = """{
  "name": "baybridge",
  "batteries": [
    {"id": "battery1",
     "name": "Battery 1",
     "address": null,
     "address_type": "public",
     "match": "SOK-",
     "poll_s": 2,
     "stale_s": 20,
     "taps": []}],
  "http": {"port": 80, "read_token": null, "token": null},
  "radio": {"links": 4},
  "log": {"enabled": true, "record_s": 10, "flush_s": 30, "fast_s": 2, \
"rest_s": 60, "min_free_mb": 1, "delete_oldest": false, "rotate": "utc"},
  "alarms": {"cell_ov_mv": null, "cell_uv_mv": null, "battery_ov_per_cell_mv": null, \
"battery_uv_per_cell_mv": null, "spread_rest_mv": null, "spread_load_mv": null, \
"spread_full_mv": null, "charge_cold_c": null, "charge_hot_c": null, \
"discharge_cold_c": null, "discharge_hot_c": null, "soc_low_pct": null},
  "power": {"sleep_below_soc_pct": null, "sleep_below_cell_mv": null, "wake_min": 10},
  "led": {"pin": null, "active_low": false},
  "wifi": {"ssid": "", "password": ""},
  "card": {"slot": 2, "sck": 18, "miso": 19, "mosi": 23, "cs": 5, "freq_hz": 10000000, \
"format": "never"},
  "end": 1
}
"""


def defaults():
    return config.check({})[0]


def problems_of(text):
    return config.parse(text)[1]


def battery_problems(members):
    return problems_of('{"batteries": [{%s}], "end": 1}' % members)


def test_parse_when_file_missing_then_defaults_and_a_sentence():
    parsed, problems = config.parse(None)
    assert problems == ["config.json is missing; using the defaults"]
    assert config.to_text(parsed) == DEFAULT_TEXT
    assert parsed["batteries"][0]["poll_ms"] == 2000
    assert parsed["batteries"][0]["stale_s"] == 20


def test_parse_when_text_is_its_own_output_then_nothing_changes():
    text = """{"name": "bay-2", "batteries": [{"id": "house1", "name": "Küche \\u2600",
      "address": "02:12:34:00:20:61", "address_type": "random", "match": "SOK-AA02061",
      "poll_s": 0.7, "stale_s": 600}], "http": {"port": 8080, "token": "0123456789abcdef"},
      "log": {"enabled": false}, "wifi": {"ssid": "Sea \\"Star\\"", "password": "a b c d e"},
      "card": {"slot": 3, "cs": 15}, "end": 1}"""
    first, problems = config.parse(text)
    assert problems == []
    assert first["batteries"][0]["poll_ms"] == 700
    assert '"poll_s": 0.7,' in config.to_text(first)
    assert config.parse(config.to_text(first)) == (first, [])


def test_parse_when_text_unusable_then_one_problem_and_defaults():
    cases = (
        ("", "is empty or not UTF-8 text"),
        (" \n", "is empty or not UTF-8 text"),
        ("garbage", "is not JSON"),
        ("[]", "is not a JSON object"),
        ("7", "is not a JSON object"),
        ("{}", 'is cut off: "end": 1 is missing at its end'),
        ('{"end": true}', 'is cut off: "end": 1 is missing at its end'),
        ('{"end": "1"}', 'is cut off: "end": 1 is missing at its end'),
        ('{"end": 1}' + " " * 9000, "is longer than 8192 characters"),
    )
    for text, why in cases:
        parsed, problems = config.parse(text)
        assert parsed == defaults(), text
        assert problems == ["config.json %s; using the defaults" % why], text


def test_parse_when_cut_anywhere_then_defaults():
    text = DEFAULT_TEXT.replace("SOK-", "SOK-AA02061").strip()
    for n in range(len(text)):
        parsed, problems = config.parse(text[:n])
        # From the marker's 1 on, MicroPython 1.25 reads a whole object, and nothing is lost.
        if n >= len(text) - 2 and not problems:
            assert parsed["batteries"][0]["match"] == "SOK-AA02061"
        else:
            assert parsed == defaults(), n
            assert len(problems) == 1, n


def test_parse_when_any_byte_changes_then_never_an_exception():
    for i in range(len(DEFAULT_TEXT)):
        for c in ('"', "{", "]", "9", "-", "e", "\\", "\x00", "ä"):
            parsed, problems = config.parse(DEFAULT_TEXT[:i] + c + DEFAULT_TEXT[i + 1 :])
            assert config.parse(config.to_text(parsed))[0] == parsed, (i, c)


def test_parse_when_nested_deeply_then_never_an_exception():
    for n in (10, 500, 4000):
        parsed, problems = config.parse('{"name": ' + "[" * n + "]" * n + ', "end": 1}')
        assert parsed == defaults()
        assert len(problems) == 1


def test_battery_number_when_out_of_range_then_default_and_limit():
    assert battery_problems('"poll_s": 0.1') == [
        "batteries[0].poll_s: 0.1 is below 0.5; using 2",
    ]
    assert battery_problems('"poll_s": 3601') == [
        "batteries[0].poll_s: 3601 is above 3600; using 2",
    ]
    assert battery_problems('"poll_s": 1e999') == [
        "batteries[0].poll_s: inf is above 3600; using 2",
    ]
    assert battery_problems('"poll_s": "2"') == [
        'batteries[0].poll_s: "2" is not a number; using 2',
    ]
    assert battery_problems('"stale_s": 20.5') == [
        "batteries[0].stale_s: 20.5 is not a whole number; using 20",
    ]
    assert battery_problems('"stale_s": true') == [
        "batteries[0].stale_s: true is not a number; using 20",
    ]
    assert battery_problems('"stale_s": null') == [
        "batteries[0].stale_s: null is not a number; using 20",
    ]
    assert battery_problems('"stale_s": ' + "9" * 40) == [
        "batteries[0].stale_s: 99999999999999999999999999999999... is above 600; using 20",
    ]


def test_battery_number_when_whole_float_then_integer():
    parsed, problems = config.parse('{"batteries": [{"stale_s": 30.0, "poll_s": 5}], "end": 1}')
    assert problems == []
    assert (parsed["batteries"][0]["stale_s"], parsed["batteries"][0]["poll_ms"]) == (30, 5000)
    assert '"stale_s": 30,' in config.to_text(parsed)


def test_number_when_not_finite_then_default():
    for number in (float("nan"), float("inf"), -float("inf")):
        parsed, problems = config.check({"http": {"port": number}})
        assert parsed["http"]["port"] == 80
        assert len(problems) == 1


def test_battery_id_when_bad_then_numbered_id():
    for bad in ("House1", "", "a-b", "../x", "abcdefghijklmnopq", "ä"):
        parsed, problems = config.check({"batteries": [{"id": bad}]})
        assert parsed["batteries"][0]["id"] == "battery1", bad
        assert len(problems) == 1 and problems[0].startswith("batteries[0].id: "), bad


def test_battery_id_when_duplicate_then_a_free_one():
    raw = [
        {"id": "battery3", "match": "SOK-A"},
        {"id": "house", "match": "SOK-B"},
        {"id": "house", "match": "SOK-C"},
    ]
    parsed, problems = config.check({"batteries": raw})
    assert [b["id"] for b in parsed["batteries"]] == ["battery3", "house", "battery4"]
    assert problems == [
        'batteries[2].id: "house" is the id of another battery; using battery4',
    ]


def test_battery_address_when_bad_then_null():
    for bad in ("", "02:12:34:00:20", "02:12:34:00:20:6g", "02-12-34-00-20-61", 7, [], "0x:12"):
        parsed, problems = config.check({"batteries": [{"address": bad}]})
        assert parsed["batteries"][0]["address"] is None, bad
        assert problems[0].endswith("is not like 02:12:34:00:20:61; using null"), bad


def test_battery_address_when_capitals_then_small():
    parsed, problems = config.check({"batteries": [{"address": "D6:6C:0A:62:9B:D6"}]})
    assert problems == []
    assert parsed["batteries"][0]["address"] == "d6:6c:0a:62:9b:d6"


def test_batteries_when_same_address_then_second_has_none():
    raw = [{"address": "02:12:34:00:20:61"}, {"address": "02:12:34:00:20:61"}]
    parsed, problems = config.check({"batteries": raw})
    assert parsed["batteries"][1]["address"] is None
    assert problems == [
        "batteries[1].address: 02:12:34:00:20:61 is the address of another battery; using null",
    ]


def test_batteries_when_names_overlap_then_said_but_kept():
    parsed, problems = config.check({"batteries": [{"match": "SOK-AA1"}, {"match": "SOK-"}]})
    assert [b["match"] for b in parsed["batteries"]] == ["SOK-AA1", "SOK-"]
    assert problems == [
        'batteries[1].match: may find the same battery as "battery1"; give both an address',
    ]


def test_batteries_when_five_then_four():
    raw = [{"match": "SOK-%d" % n} for n in range(5)]
    parsed, problems = config.check({"batteries": raw})
    assert [b["id"] for b in parsed["batteries"]] == [
        "battery1",
        "battery2",
        "battery3",
        "battery4",
    ]
    assert problems == ["batteries: 5 are more than 4; the last are left out"]


def test_batteries_when_not_a_list_then_one_battery():
    for bad in ([], {}, "x", 3):
        parsed, problems = config.check({"batteries": bad})
        assert [b["id"] for b in parsed["batteries"]] == ["battery1"], bad
        assert problems == [
            "batteries: not a list of at least one battery; using one battery",
        ], bad
    parsed, problems = config.check({"batteries": [3]})
    assert [b["id"] for b in parsed["batteries"]] == ["battery1"]
    assert problems == ["batteries[0]: not an object; left out"]


def test_choice_when_equal_but_of_another_type_then_default():
    for bad in (2.5, "2", True, None, 1):
        parsed, problems = config.check({"card": {"slot": bad}})
        assert parsed["card"]["slot"] == 2
        assert problems[0].endswith(" is not 2 or 3; using 2"), bad


def test_card_when_a_pin_is_used_twice_then_all_default():
    parsed, problems = config.check({"card": {"sck": 14, "cs": 23}})
    assert parsed["card"]["sck"] == 18
    assert problems == [
        "card: a pin is used twice; using sck 18, miso 19, mosi 23, cs 5",
    ]


def test_alarm_limit_when_set_then_an_integer_and_null_otherwise():
    raw = {"alarms": {"cell_ov_mv": 3600.0, "charge_cold_c": -5, "soc_low_pct": None}}
    parsed, problems = config.check(raw)
    assert problems == []
    assert parsed["alarms"]["cell_ov_mv"] == 3600
    assert parsed["alarms"]["charge_cold_c"] == -5
    assert parsed["alarms"]["soc_low_pct"] is None
    assert '"cell_ov_mv": 3600, "cell_uv_mv": null,' in config.to_text(parsed)


def test_alarm_limit_when_bad_then_null():
    cases = (
        ("cell_ov_mv", 3299, "3299 is below 3300"),
        ("cell_uv_mv", 3201, "3201 is above 3200"),
        ("spread_rest_mv", "20", '"20" is not a number'),
        ("charge_cold_c", 0.5, "0.5 is not a whole number"),
        ("discharge_hot_c", True, "true is not a number"),
    )
    for key, bad, why in cases:
        parsed, problems = config.check({"alarms": {key: bad}})
        assert parsed["alarms"][key] is None, key
        assert problems == ["alarms.%s: %s; using null" % (key, why)], key


def test_host_name_when_not_one_then_default():
    for bad in ("Bay", "a_b", "-a", "a-", "", "a" * 33, None):
        parsed, problems = config.check({"name": bad})
        assert parsed["name"] == "baybridge", bad
        assert len(problems) == 1, bad


def test_text_when_too_many_bytes_or_unprintable_then_default():
    for bad in ("ä" * 17, "a\nb", "a\x7fb", "\ud800"):
        parsed, problems = config.check({"wifi": {"ssid": bad}})
        assert parsed["wifi"]["ssid"] == "", bad
        assert len(problems) == 1, bad


def test_unknown_keys_when_present_then_named_without_values():
    raw = {"naem": "x", "http": {"tokn": "sesame-open"}, "batteries": [{"pol_s": 3}]}
    assert config.check(raw)[1] == [
        "batteries[0].pol_s: unknown key; left out",
        "http.tokn: unknown key; left out",
        "naem: unknown key; left out",
    ]


def test_problems_when_very_many_then_counted():
    raw = {}
    for n in range(50):
        raw["k%02d" % n] = 1
    problems = config.check(raw)[1]
    assert len(problems) == 21
    assert problems[20] == "and 30 more problems"


def test_secret_when_wrong_then_not_repeated():
    for section, key, bad in (
        ("http", "token", "sesame"),
        ("http", "read_token", "open sesame"),
        ("wifi", "password", "sesame"),
        ("wifi", "password", "sesame" * 20),
    ):
        parsed, problems = config.check({section: {key: bad}})
        assert not parsed[section][key]
        assert len(problems) == 1
        assert "sesame" not in problems[0]


def test_masked_when_secrets_set_then_hidden_and_original_kept():
    parsed, _ = config.check({"http": {"token": "0123456789"}, "wifi": {"password": "12345678"}})
    shown = config.masked(parsed)
    assert shown["http"] == {"port": 80, "read_token": None, "token": "***"}
    assert shown["wifi"]["password"] == "***"
    assert parsed["http"]["token"] == "0123456789"
    assert "01234567" not in config.to_text(shown)
    assert "12345678" not in config.to_text(shown)


def test_check_when_hidden_secret_comes_back_then_current_kept():
    current, _ = config.check({"http": {"token": "0123456789"}, "wifi": {"password": "12345678"}})
    raw = {"http": {"token": "***"}, "wifi": {"password": "***"}}
    parsed, problems = config.check(raw, current)
    assert problems == []
    assert parsed["http"]["token"] == "0123456789"
    assert parsed["wifi"]["password"] == "12345678"


def test_check_when_hidden_secret_but_none_to_keep_then_problem():
    parsed, problems = config.check({"http": {"token": "***"}})
    assert parsed["http"]["token"] is None
    assert problems == ["http.token: the value stands for a hidden one; using null"]


def test_check_when_secret_null_then_removed():
    current, _ = config.check({"http": {"token": "0123456789"}})
    for empty in (None, ""):
        parsed, problems = config.check({"http": {"token": empty}}, current)
        assert (parsed["http"]["token"], problems) == (None, [])


def test_is_kept_when_something_was_left_out_or_replaced_then_not():
    assert not config.is_kept("naem: unknown key; left out")
    assert not config.is_kept("batteries[0].poll_s: 0.1 is below 0.5; using 2")
    assert config.is_kept('batteries[1].match: may find the same as "a"; give both an address')
