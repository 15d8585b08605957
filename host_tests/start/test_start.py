"""boot.py and main.py from power-up to power-up: crashes, hangs, the button, damaged memory."""

from host_tests.fakes.hardware import BOARD
from host_tests.start.start_rig import (
    DEEPSLEEP,
    HARD,
    PWRON,
    SOFT,
    WDT,
    Board,
    Hung,
    crash,
    hang,
    planned,
    starts,
)


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
        box.clear_crashes()
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
