"""The card on both interpreters: real FAT under MicroPython, a folder under CPython."""

import gc
import os
import sys

from baybridge import config
from baybridge.ports.card import Card
from host_tests.fakes.card import card_and_hand
from host_tests.fakes.hardware import SLOT, MemoryImage
from host_tests.support import raises

IS_UPY = sys.implementation.name == "micropython"


def write(card, name, content):
    with open("%s/%s" % (card.path, name), "wb") as file:
        file.write(content)


def read(card, name):
    with open("%s/%s" % (card.path, name), "rb") as file:
        return file.read()


def test_mount_when_card_is_there_then_mounted_once():
    card, _ = card_and_hand()
    assert not card.is_mounted
    assert card.free_bytes() is None
    assert card.mount() and card.mount()
    assert (card.is_mounted, card.last_error, card.mounts) == (True, None, 1)
    assert card.free_bytes() > 500000
    card.unmount()
    card.unmount()
    assert not card.is_mounted


def test_mount_when_no_card_then_false_and_a_sentence_and_later_true():
    card, hand = card_and_hand()
    hand.pull()
    assert not card.mount()
    assert not card.is_mounted
    assert len(card.last_error) > 20
    hand.insert()
    assert card.mount()
    assert card.last_error is None


def test_card_when_pulled_and_put_back_then_files_are_there():
    card, hand = card_and_hand()
    card.mount()
    write(card, "a.txt", b"first")
    hand.pull()
    card.fail(raises(OSError, write, card, "b.txt", b"second" * 1000))
    assert not card.is_mounted
    assert card.last_error
    assert not card.mount()
    hand.insert()
    assert card.mount()
    assert card.mounts == 2
    assert read(card, "a.txt") == b"first"


def lose_card_while_writing(card, hand):
    try:
        with open("/sd/a.txt", "wb") as file:
            file.write(b"x" * 700)
            hand.pull()
    except OSError as exc:
        card.fail(exc)


def overwrite_stack(n):
    # The collector takes what it finds on the C stack for references, old frames too.
    return n and overwrite_stack(n - 1)


def test_card_when_device_is_given_up_then_never_touched_again():
    if not IS_UPY:
        return  # there is no device behind a folder
    card, hand = card_and_hand()
    card.mount()
    lose_card_while_writing(card, hand)
    overwrite_stack(30)
    hand.insert()
    assert card.mount()
    write(card, "b.txt", b"y" * 700)
    overwrite_stack(30)
    gc.collect()
    gc.collect()
    assert read(card, "b.txt") == b"y" * 700
    assert SLOT.used_after_deinit == 0
    assert SLOT.hosts == {2}


def test_mount_when_card_is_blank_then_not_formatted():
    if not IS_UPY:
        return  # a folder is never blank
    card, _ = card_and_hand()
    blank = MemoryImage(2048)
    SLOT.insert(blank)
    assert not card.mount()
    assert card.last_error == (
        "the card has no FAT file system: format it as FAT32 (cards of 64 GB are not)"
    )
    assert SLOT.blocks_written == 0
    assert not any(blank.raw)


def test_fail_when_card_is_full_then_still_mounted_for_readers():
    card, _ = card_and_hand()
    card.mount()
    card.fail(OSError(28, "full"))
    assert card.is_mounted
    assert card.last_error
    card.unmount()


def test_fail_when_known_code_then_a_sentence_that_says_what_to_do():
    card = Card(config.check({})[0]["card"])
    for code, words in (
        (5, "push it in"),
        (-5, "push it in"),
        (16, "there is no card"),
        (28, "full"),
        (263, "in time"),
        (-264, "shorten its wires"),
    ):
        card.fail(OSError(code, "code"))
        assert words in card.last_error, code
    card.fail(OSError(99, "code"))
    assert card.last_error.startswith("the card failed: OSError(99")


def test_mount_when_pin_does_not_exist_then_a_sentence():
    if not IS_UPY:
        return  # the firmware's Card mounts only where vfs is
    card_and_hand()
    # The chip has it, this module does not bring it out.
    card = Card(config.check({"card": {"cs": 45}}, None, "esp32s3")[0]["card"])
    assert not card.mount()
    assert "invalid pin" in card.last_error
    assert os.listdir("/").count("sd") == 0


def test_ready_when_card_is_away_then_asked_again_ever_more_rarely():
    card, hand = card_and_hand()
    hand.pull()
    tries = []
    for now_s10 in range(0, 20000, 10):
        before = card.wait_s10(now_s10) == 0
        assert not card.ready(now_s10)
        if before:
            tries.append(now_s10 // 10)
    # 5 s after the first failure, then twice as long each time, 5 minutes at the most.
    assert tries[:9] == [0, 5, 15, 35, 75, 155, 315, 615, 915]
    hand.insert()
    assert not card.ready(20000)
    assert card.ready(20000 + card.wait_s10(20000))
    # It may fail at the first write again: only that ends the waiting.
    card.fail(OSError(5, "EIO"))
    assert card.wait_s10(30000) == 3000
    assert card.ready(33000)
    card.wrote()
    card.fail(OSError(5, "EIO"))
    assert card.wait_s10(40000) == 50


def test_ready_when_card_is_full_then_it_waits_too_but_stays_mounted():
    card, _ = card_and_hand()
    assert card.ready(0)
    card.fail(OSError(28, "full"))
    assert card.is_mounted
    assert not card.ready(10)
    assert card.wait_s10(10) == 50
    assert card.ready(60)
    assert card.mounts == 1


def test_names_when_asked_then_one_after_the_other():
    card, _ = card_and_hand()
    card.mount()
    for name in ("a.txt", "b.txt"):
        write(card, name, b"x")
    found = card.names(card.path)
    assert sorted([next(found), next(found)]) == ["a.txt", "b.txt"]
    assert list(found) == []


def test_mount_when_card_is_blank_and_the_owner_said_so_then_formatted():
    if not IS_UPY:
        return  # a folder is never blank
    card_and_hand()
    card = Card(config.check({"card": {"format": "if_unreadable"}})[0]["card"])
    SLOT.insert(MemoryImage(2048))
    assert card.mount()
    write(card, "a.txt", b"first")
    # A card that has a file system is left alone, and so is one that does not answer.
    card.unmount()
    assert card.mount()
    assert read(card, "a.txt") == b"first"
    card.unmount()
    image = SLOT.pull()
    assert not card.mount()
    SLOT.insert(image)
    assert card.mount()
    assert read(card, "a.txt") == b"first"
