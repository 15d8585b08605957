"""The folder of a version while it is filled: what is removed first, what it takes."""

import os

from baybridge.ports.slot_files import SlotFiles
from host_tests.start.flash_rig import clear, get, make_folders, put

ROOT = "build/rehearse/slot_files"


def places():
    make_folders(ROOT)
    clear(ROOT)
    put(ROOT, "b/baybridge/web/guard.mpy", "old")
    put(ROOT, "b/aaa", "old")
    put(ROOT, "b/manifest.txt", "old")
    put(ROOT, "a/manifest.txt", "runs")
    put(ROOT, "token.txt", "secret")
    return SlotFiles(ROOT)


def test_folder_when_cleared_then_its_manifest_goes_first_and_nothing_else_of_the_flash():
    files = places()
    steps = files.clear("b")
    assert get(ROOT, "b/manifest.txt") is None
    assert get(ROOT, "b/aaa") == "old"
    left = sum([1 for _ in steps])
    # Two files and two folders, one at a time.
    assert left == 4
    assert os.listdir(ROOT + "/b") == []
    assert (get(ROOT, "a/manifest.txt"), get(ROOT, "token.txt")) == ("runs", "secret")


def test_folder_when_there_is_none_then_cleared_already():
    assert list(places().clear("c")) == []


def test_file_when_created_then_with_the_folders_above_it():
    files = places()
    with files.create("c", "baybridge/web/new.mpy") as file:
        file.write(b"new")
    assert get(ROOT, "c/baybridge/web/new.mpy") == "new"
    files.keep("c", [b"one\n", b"two\n"])
    assert get(ROOT, "c/manifest.txt") == "one\ntwo\n"


def test_room_when_asked_for_then_with_what_the_folder_will_free():
    files = places()
    stat = os.statvfs(ROOT)
    # Three files of a block each, two folders of two.
    more = files.free_bytes("b") - files.free_bytes("c")
    assert more == 7 * stat[0]
    assert files.free_bytes("c") > 0
