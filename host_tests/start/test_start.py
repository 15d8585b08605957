"""boot.py and main.py from power-up to power-up: crashes, hangs, the button, damaged memory."""

from host_tests.fakes.hardware import BOARD
from host_tests.start.flash_rig import A_RUNS, B_ON_TRIAL, get, put, put_version
from host_tests.start.start_rig import (
    DEEPSLEEP,
    HARD,
    PWRON,
    SOFT,
    WDT,
    Board,
    crash,
    hang,
)


def good(box, root):
    # What tasks/confirm_start.py does after ten good minutes.
    box.clear_crashes()


def planned(reason):
    def act(box, root):
        import machine

        box.plan_reset(reason)
        machine.reset()

    return act


def starts(board, *acts):
    """Start once for each (cause, what the application does); return how each went."""
    went = []
    for cause, act in acts:
        board.app.plan = [act]
        went.append(board.start(cause))
    return went


def test_start_when_all_is_well_then_the_watchdog_runs_before_the_application():
    board = Board()
    seen = []
    board.app.plan = [lambda box, root: seen.append(BOARD.wdt_timeout_ms)]
    assert board.power_up() == "app"
    assert seen == [60000]
    assert board.app.slots == [""]


def test_crash_when_three_in_a_row_then_safe_mode_and_then_normal_again():
    board = Board()
    assert board.crash_loop(3) == ["app", "app", "app"]
    assert BOARD.resets == 3
    before_s = board.time.now_s
    assert board.start(HARD) == "safe"
    assert board.time.now_s - before_s == 900
    # The watchdog ends nothing here: safe mode says why it starts the board again.
    assert board.start(HARD) == "app"
    assert board.box().crashes == 0


def test_crash_when_it_goes_on_after_safe_mode_then_three_more_until_the_next():
    board = Board()
    board.crash_loop(3)
    went = starts(board, *[(HARD, crash)] * 9)
    assert went == ["safe", "app", "app", "app", "safe", "app", "app", "app", "safe"]


def test_crash_when_ten_good_minutes_lie_between_then_never_safe_mode():
    board = Board()

    def well_then_crash(box, root):
        good(box, root)
        crash(box, root)

    board.power_up()
    assert starts(board, *[(HARD, well_then_crash)] * 8) == ["app"] * 8


def test_crash_when_the_power_was_off_then_counted_afresh():
    board = Board()
    for _ in range(5):
        board.app.plan = [crash]
        assert board.power_up() == "app"


def test_brown_out_when_it_looks_like_power_on_then_no_crash_and_no_pardon():
    board = Board()
    board.crash_loop(2)
    # The RTC's memory may survive what this port calls power-on.
    board.start(HARD)
    assert board.box().crashes == 2
    assert starts(board, *[(PWRON, hang)] * 10) == ["hung"] * 10
    assert board.box().crashes == 2


def test_watchdog_when_it_ends_three_starts_then_safe_mode():
    board = Board()
    board.app.plan = [hang]
    board.power_up()
    assert starts(board, (WDT, hang), (WDT, hang)) == ["hung", "hung"]
    assert board.start(WDT) == "safe"


def test_watchdog_when_it_ends_safe_mode_then_normal_again():
    board = Board()
    board.crash_loop(3)

    def stuck():
        from host_tests.start.start_rig import Hung

        raise Hung

    board.safe.act = stuck
    assert board.start(HARD) == "hung"
    assert board.start(WDT) == "app"


def test_panic_when_nobody_announced_the_reset_then_a_crash():
    board = Board()
    went = starts(board, (PWRON, hang), (HARD, hang), (HARD, hang))
    assert went == ["hung", "hung", "hung"]
    assert board.box().crashes == 2
    assert board.start(HARD) == "safe"


def test_reset_when_somebody_decided_it_then_no_crash_and_the_reason_is_kept():
    board = Board()
    board.app.plan = [planned("the radio is stuck")]
    board.power_up()
    reasons = []

    def look(box, root):
        reasons.append(box.reason)
        planned("again")(box, root)

    assert starts(board, *[(HARD, look)] * 6) == ["app"] * 6
    assert reasons == ["the radio is stuck", "again", "again", "again", "again", "again"]
    assert board.box().crashes == 0
    # It is of the start before this one, no other.
    board.app.plan = [hang]
    board.start(HARD)
    starts(board, (WDT, look))
    assert reasons[-1] == ""


def test_sleep_when_the_board_wakes_then_no_crash_and_no_look_at_the_button():
    board = Board()
    board.app.plan = [hang]
    board.power_up()
    board.press(True)
    before_s = board.time.now_s
    assert starts(board, *[(DEEPSLEEP, hang)] * 5) == ["hung"] * 5
    assert board.time.now_s == before_s
    assert board.box().crashes == 0


def test_button_when_held_then_safe_mode_and_then_normal_even_if_it_sticks():
    board = Board()
    board.press(True)
    assert board.power_up() == "safe"
    assert board.start(HARD) == "app"
    assert board.start(PWRON) == "safe"


def test_button_when_pressed_within_three_seconds_then_safe_mode():
    board = Board()
    before_s = board.time.now_s

    def press_late(s):
        if board.time.now_s - before_s > 2.8:
            board.press(True)

    board.time.on_sleep = press_late
    assert board.power_up() == "safe"


def test_button_when_it_bounces_or_nobody_presses_then_normal_after_three_seconds():
    board = Board()
    before_s = board.time.now_s
    looks = []

    def bounce(s):
        looks.append(s)
        board.press(len(looks) % 5 != 0)

    board.time.on_sleep = bounce
    assert board.power_up() == "app"
    assert 2.99 < board.time.now_s - before_s < 3.01
    assert len(looks) == 300


def test_memory_when_any_bit_is_damaged_then_it_starts_as_if_switched_on():
    board = Board()
    board.crash_loop(3)
    whole = BOARD.rtc_memory
    assert len(whole) < 2048
    board.safe.act = lambda: None
    for at in range(0, len(whole) * 8, 7):
        broken = bytearray(whole)
        broken[at // 8] ^= 1 << at % 8
        BOARD.rtc_memory = bytes(broken)
        assert board.box().crashes == 0, at
        assert board.box().record == "", at
    for n in range(len(whole)):
        BOARD.rtc_memory = whole[:n]
        assert board.box().crashes == 0, n
    BOARD.rtc_memory = b"\xff" * 2048
    assert board.start(HARD) == "app"
    BOARD.rtc_memory = whole
    assert board.start(HARD) == "safe"


def test_memory_when_it_cannot_be_had_then_the_application_runs_all_the_same():
    import machine

    board = Board()
    real = machine.RTC

    class Broken:
        def memory(self, *data):
            raise OSError(5)

    machine.RTC = Broken
    try:
        assert board.power_up() == "app"
        assert board.crash_loop(4) == ["app"] * 4
    finally:
        machine.RTC = real


def test_boot_when_everything_it_needs_fails_then_it_returns():
    import machine

    board = Board()
    watchdog, pin = machine.WDT, machine.Pin

    def broken(*args, **named):
        raise OSError(19)

    machine.WDT = machine.Pin = broken
    BOARD.wdt_timeout_ms = 60000
    try:
        namespace = {"__name__": "__main__"}
        exec(board.boot_text, namespace)
    finally:
        machine.WDT, machine.Pin = watchdog, pin
    board.power_up()


def test_interrupt_when_the_application_runs_then_the_prompt_and_no_crash_afterwards():
    board = Board()

    def interrupt(box, root):
        raise KeyboardInterrupt

    for cause in (PWRON, WDT, SOFT, WDT, WDT, WDT):
        board.app.plan = [interrupt]
        assert board.start(cause) == "prompt"
    assert BOARD.resets == 0
    assert board.start(WDT) == "app"
    assert board.box().crashes == 0


def test_interrupt_when_a_crash_rests_then_the_prompt_and_the_crash_counts():
    board = Board()
    board.app.plan = [crash]

    def interrupt(s):
        if s == 5:
            raise KeyboardInterrupt

    board.time.on_sleep = interrupt
    assert board.power_up() == "prompt"
    assert BOARD.resets == 0
    board.app.plan = [hang]
    board.start(WDT)
    assert board.box().crashes == 1


def test_end_when_the_application_returns_then_a_planned_reset():
    board = Board()
    assert [board.start(HARD) for _ in range(5)] == ["app"] * 5
    assert board.box().reason == "the application ended"
    assert BOARD.resets == 5


# --- the record -------------------------------------------------------------------------------


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


# --- slots ------------------------------------------------------------------------------------


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
