"""What a crash leaves: in the RTC's memory at once, in crash.txt with the next start."""

from host_tests.fakes.hardware import BOARD
from host_tests.start.flash_rig import get, put
from host_tests.start.start_rig import HARD, PWRON, WDT, Board, crash, hang, planned, starts


def test_record_when_it_crashed_then_in_the_file_with_the_next_start():
    board = Board()

    def crash_with_notes(box, root):
        box.notes = "version: 0.1.0\nuptime_s: 12\n"
        crash(box, root)

    board.app.plan = [crash_with_notes]
    board.power_up()
    assert get(board.root, "crash.txt") is None
    board.start(HARD)
    text = get(board.root, "crash.txt")
    assert text.startswith("=== crash\nended by: reset\nslot: -\nversion: 0.1.0\nuptime_s: 12\n")
    assert text.endswith("ValueError: no such cell\n")
    assert board.box().record == ""
    board.start(HARD)
    assert get(board.root, "crash.txt") == text


def test_record_when_the_watchdog_ended_it_then_what_hung():
    board = Board()

    def hang_with_note(box, root):
        box.note_hang("the watchdog starved: serve 75/30 s")
        hang(box, root)

    board.app.plan = [hang_with_note]
    board.power_up()
    board.start(WDT)
    assert get(board.root, "crash.txt") == (
        "=== crash\nended by: watchdog\nthe watchdog starved: serve 75/30 s\n"
    )


def test_record_when_what_hung_went_on_then_none():
    board = Board()

    def recover(box, root):
        box.note_hang("the watchdog starved: serve 75/30 s")
        box.note_hang(None)
        planned("asked")(box, root)

    def note_only(box, root):
        box.note_hang("the watchdog starved: serve 75/30 s")
        hang(box, root)

    starts(board, (PWRON, recover), (HARD, note_only), (PWRON, hang))
    assert get(board.root, "crash.txt") is None
    assert board.box().record == ""


def test_record_when_nobody_could_write_one_then_says_so():
    board = Board()
    board.app.plan = [hang]
    board.power_up()
    board.start(HARD)
    assert get(board.root, "crash.txt") == (
        "=== crash\nended by: reset\nNo record: the chip itself failed, or the supply did.\n"
    )


def test_record_when_the_flash_is_full_then_it_waits_in_the_rtcs_memory():
    board = Board()
    put(board.root, "crash.txt.new/x", b"")
    board.app.plan = [crash]
    board.power_up()
    board.start(HARD)
    board.start(HARD)
    assert get(board.root, "crash.txt") is None
    assert board.box().record.endswith("ValueError: no such cell\n")
    assert board.box().crashes == 1


def test_record_when_there_are_more_then_the_last_three_in_4_kb():
    board = Board()

    def crash_number(number):
        def act(box, root):
            box.notes = "n" * 5000
            raise ValueError("number %d %s" % (number, "x" * 3000))

        return act

    for number in range(7):
        board.app.plan = [crash_number(number)]
        board.power_up() if number == 0 else board.start(HARD)
    board.start(HARD)
    text = get(board.root, "crash.txt")
    assert text.count("=== crash\n") == 3
    assert len(text) < 4800


def test_record_when_longer_than_the_memory_then_cut_at_a_whole_character():
    board = Board()
    board.power_up()
    box = board.box()
    box.note_crash("K\xfc" * 3000)
    box.plan_reset("\u2600" * 300)
    assert len(BOARD.rtc_memory) <= 2048
    assert board.box().record == "K\xfc" * 500
    assert board.box().reason == "\u2600" * 66
