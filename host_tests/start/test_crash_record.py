"""crash_record: what a record says, what it must not say, and that it never fails itself."""

import sys

import crash_record
from host_tests.start.flash_rig import empty_flash, get, put

IS_UPY = sys.implementation.name == "micropython"
CONFIG = (
    '{"name": "bay", "wifi": {"ssid": "boat", "password": "secret word"},'
    ' "http": {"token": "my token 1", "read_token": "my token 12"},'
    ' "mqtt": [{"password": "deep down"}], "end": 1}'
)


def flash(config=CONFIG):
    root = empty_flash("crash_record")
    put(root, "token.txt", "0123456789abcdef\n")
    put(root, "access.txt", "k3yk3yk3yk3y\n")
    if config is not None:
        put(root, "config.json", config)
    return root


def failure(fn):
    try:
        fn()
    except Exception as exc:
        return exc


def text_of(sentence, root, notes=""):
    def fails():
        raise ValueError(sentence)

    return crash_record.text_of(failure(fails), notes, root)


def test_text_when_an_exception_then_notes_traceback_and_its_words():
    text = text_of("no such cell", flash(), "uptime_s: 5\n")
    assert text.startswith("uptime_s: 5\n")
    assert text.endswith("ValueError: no such cell\n")
    if IS_UPY:
        assert text.startswith("uptime_s: 5\n  File ")
        assert ", in fails\n" in text


def test_text_when_it_names_secrets_then_none_of_them_is_in_it():
    secrets = (
        "secret word",
        "my token 1",
        "my token 12",
        "deep down",
        "0123456789abcdef",
        "k3yk3yk3yk3y",
    )
    text = text_of("tried " + ", ".join(secrets) + " at boat", flash())
    assert text.endswith("ValueError: tried ***, ***, ***, ***, ***, *** at boat\n")


def test_text_when_the_secrets_are_not_known_then_only_where_it_happened():
    for config in ("", "{", '{"wifi": {"password": "secret word"', '{"wifi": 3}', "[]", b"\xff{"):
        root = flash(config)
        if config == "":
            # There is a configuration, but it cannot be read.
            root = flash(None)
            put(root, "config.json/x", b"")
        text = text_of("the password is secret word\n  File secret word", root)
        assert "secret" not in text, config
        assert text.endswith("ValueError\n")
        if IS_UPY:
            assert ", in fails\n" in text


def test_text_when_there_is_no_configuration_then_its_words():
    assert text_of("no such cell", flash(None)).endswith("ValueError: no such cell\n")


def test_text_when_very_long_then_its_end_and_bounded():
    def deep(n):
        if n:
            deep(n - 1)
        raise ValueError("x" * 3000)

    text = crash_record.text_of(failure(lambda: deep(50)), "n" * 2000, flash())
    assert len(text) <= 450 + 600 + 320
    assert text.endswith("\nValueError: " + "x" * 300 + "\n" if IS_UPY else "x" * 300 + "\n")
    if IS_UPY:
        assert ", in deep\n" in text


def test_text_when_its_words_are_not_ascii_then_no_exception():
    text = text_of("K\xfcche \u2600" * 200, flash())
    assert text.endswith("ValueError: " + ("K\xfcche \u2600" * 200)[:300] + "\n")


def test_text_when_the_exception_cannot_say_itself_then_its_name():
    class Mute(Exception):
        def __str__(self):
            raise RuntimeError("not even that")

    def fails():
        raise Mute

    text = crash_record.text_of(failure(fails), "uptime_s: 5\n", flash())
    assert text.startswith("uptime_s: 5\n")
    assert "Mute" in text


def test_file_when_three_are_kept_then_the_oldest_goes():
    root = flash()
    assert crash_record.read(root) == []
    for number in range(5):
        crash_record.keep("slot: a\nnumber %d\n" % number, root)
    assert crash_record.read(root) == [
        "slot: a\nnumber 2",
        "slot: a\nnumber 3",
        "slot: a\nnumber 4",
    ]
    assert get(root, "crash.txt").startswith("=== crash\nslot: a\nnumber 2\n=== crash\n")


def test_file_when_damaged_or_foreign_then_replaced_piece_by_piece():
    for content in (b"\xff\xfe\x00", b"", b"no mark at all", b"=== cra", b"y" * 100000):
        root = flash()
        put(root, "crash.txt", content)
        crash_record.keep("new", root)
        assert crash_record.read(root) == ["new"], content[:10]
        assert len(get(root, "crash.txt")) < 100
