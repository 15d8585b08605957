"""Starts with two versions on the flash: the one on trial stays or goes back by itself."""

from host_tests.start.flash_rig import A_RUNS, B_ON_TRIAL, get, put, put_version
from host_tests.start.start_rig import HARD, WDT, Board, crash, hang, starts


def versions(line):
    board = Board()
    put_version(board.root, "a")
    put_version(board.root, "b")
    put(board.root, "slots.txt", line)
    return board


def test_slot_when_chosen_then_before_everything_else_on_the_path():
    board = versions(A_RUNS)
    board.power_up()
    assert board.app.slots == ["a"]
    assert board.path[0] == board.root + "/a"


def test_slot_when_none_is_sound_then_the_path_is_left_alone():
    board = versions(A_RUNS)
    put(board.root, "a/manifest.txt", "")
    put(board.root, "b/manifest.txt", "")
    board.power_up()
    assert board.app.slots == [""]
    assert not board.path[0].endswith("/a")


def test_trial_when_it_crashes_then_rolled_back_with_the_next_start():
    board = versions(B_ON_TRIAL)
    board.app.plan = [crash]
    board.power_up()
    assert get(board.root, "slots.txt") == (
        "run=a try=- tried=0 failed=b why=crashed crc=a2d2629a\n"
    )
    board.start(HARD)
    assert board.app.slots == ["b", "a"]
    assert "slot: b\n" in get(board.root, "crash.txt")


def test_trial_when_it_hangs_then_rolled_back_after_the_watchdog():
    board = versions(B_ON_TRIAL)
    board.app.plan = [hang]
    board.power_up()
    starts(board, (WDT, hang), (WDT, hang))
    assert board.app.slots == ["b", "a", "a"]


def test_trial_when_it_crashes_while_it_is_imported_then_rolled_back():
    board = versions(B_ON_TRIAL)

    def no_import(box, root):
        raise ImportError("no module named 'baybridge.web'")

    board.app.plan = [no_import]
    board.power_up()
    board.start(HARD)
    assert board.app.slots == ["b", "a"]


def test_trial_when_the_power_goes_again_and_again_then_rolled_back_after_three():
    board = versions(B_ON_TRIAL)
    for _ in range(4):
        board.app.plan = [hang]
        board.power_up()
    assert board.app.slots == ["b", "b", "b", "a"]


def test_trial_when_confirmed_then_its_later_crashes_roll_nothing_back():
    import slots

    board = versions(B_ON_TRIAL)
    board.app.plan = [lambda box, root: slots.confirm("b", root)]
    board.power_up()
    starts(board, (HARD, crash), (HARD, hang), (WDT, hang))
    assert board.app.slots == ["b", "b", "b", "b"]


def test_slots_txt_when_damaged_at_a_start_then_a_sound_slot_runs():
    board = versions("run=b try=- tried=0 failed=- why=- crc=00000000\n")
    put(board.root, "a/baybridge/app.mpy", b"on")
    board.power_up()
    assert board.app.slots == ["b"]
    assert get(board.root, "slots.txt") == "run=b try=- tried=0 failed=- why=- crc=ff072fe0\n"
