"""Advertisements: the bytes of a real one, strangers, and what a stranger may send."""

from baybridge.protocol.advert import (
    Adverts,
    address_text,
    names_to_hear,
    parse_address,
    protocol_of,
)
from host_tests.support import raises
from host_tests.upy.heap import allocates

# SOK-AA01308 as an ESPHome tracker logged it (BMS_BLE-HA #168): advertisement, scan response.
ADV = bytes.fromhex("0201060303f0ff0c09") + b"SOK-AA01308"
RESPONSE = bytes.fromhex("0c08") + b"SOK-AA01308"
ADDRESS = bytes.fromhex("d66c0a629bd6")


def test_a_recorded_advertisement_is_heard_by_its_name():
    adverts = Adverts((b"SOK-",))
    adverts.hear(0, ADDRESS, -62, ADV)
    assert adverts.heard() == [("SOK-AA01308", 0, ADDRESS, -62)]


def test_a_name_only_in_the_scan_response_is_heard():
    adverts = Adverts((b"SOK-",))
    adverts.hear(0, ADDRESS, -90, bytes.fromhex("0201060303f0ff"))
    adverts.hear(0, ADDRESS, -88, RESPONSE)
    assert adverts.heard() == [("SOK-AA01308", 0, ADDRESS, -88)]


def test_the_same_address_is_kept_once_with_its_last_rssi():
    adverts = Adverts((b"SOK-",))
    adverts.hear(0, ADDRESS, -62, ADV)
    adverts.hear(0, ADDRESS, -71, ADV)
    assert adverts.heard() == [("SOK-AA01308", 0, ADDRESS, -71)]


def test_strangers_do_not_take_a_slot_from_a_battery():
    adverts = Adverts((b"SOK-",))
    for i in range(100):
        adverts.hear(1, bytes([i] * 6), -40, bytes([2, 1, 6, 5, 9]) + b"Echo")
    adverts.hear(0, ADDRESS, -62, ADV)
    assert [one[0] for one in adverts.heard()] == ["SOK-AA01308"]


def test_more_batteries_than_slots_keep_the_first_eight_strongest_first():
    adverts = Adverts((b"SOK-",))
    for i in range(12):
        adverts.hear(0, bytes([0, 0, 0, 0, 0, i]), -90 + i, ADV)
    assert [one[3] for one in adverts.heard()] == [-83, -84, -85, -86, -87, -88, -89, -90]


def test_torn_and_lying_advertisements_are_survived():
    adverts = Adverts((b"SOK-", b"Hoover"))
    for n in range(len(ADV) - 11 + 4):
        adverts.hear(0, ADDRESS, -62, ADV[:n])
    adverts.hear(0, ADDRESS, -62, b"")
    adverts.hear(0, ADDRESS, -62, b"\xff\x09SO")
    adverts.hear(0, ADDRESS, -62, bytes(31))
    adverts.hear(0, ADDRESS, -62, b"\x01\x09")
    assert adverts.heard() == []


def test_unprintable_bytes_of_a_name_become_question_marks():
    adverts = Adverts((b"SOK-",))
    adverts.hear(0, ADDRESS, -62, b"\x09\x09SOK-\x00\xff<\n")
    assert adverts.heard()[0][0] == "SOK-??<?"


def test_clear_forgets():
    adverts = Adverts((b"SOK-",))
    adverts.hear(0, ADDRESS, -62, ADV)
    adverts.clear()
    assert adverts.heard() == []


def test_hear_allocates_nothing():
    adverts = Adverts((b"SOK-", b"ABC-"))
    payload = memoryview(ADV)
    address = memoryview(ADDRESS)
    assert not allocates(adverts.hear, 0, address, -62, payload)


def test_addresses_are_read_and_written_as_six_pairs():
    assert address_text(ADDRESS) == "d6:6c:0a:62:9b:d6"
    assert parse_address("D6:6C:0A:62:9B:D6") == ADDRESS
    for text in (
        "",
        "d6:6c:0a:62:9b",
        "d66c0a629bd6",
        "d6:6c:0a:62:9b:zz",
        "d6:6c:0a:62:9b:d6:00",
    ):
        raises(ValueError, parse_address, text)


def test_a_name_tells_the_protocol():
    for name, protocol in (
        ("SOK-AA01308", "abc"),
        ("SOK-48V0045", "abc"),
        ("ABC-1", "abc"),
        ("Hoover", "abc"),
        ("SK12V314H0012", "modbus"),
        ("SK12V324", "modbus"),
        ("SK12V100", "unknown"),
        ("SK48V100N3900089", "unknown"),
        ("My battery", "unknown"),
        ("sok-AA01308", "unknown"),
        ("", "unknown"),
    ):
        assert protocol_of(name) == protocol, name


def test_names_to_hear_are_all_families_and_the_owner_s_once():
    assert names_to_hear(("SOK-", "My")) == (
        b"SOK-",
        b"ABC-",
        b"NB-",
        b"Hoover",
        b"SK12V",
        b"SK24V",
        b"SK48V",
        b"My",
    )
