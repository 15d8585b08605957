"""app_start: what the real application leaves behind when it fails, hangs or does well."""

# First: imported through anything else it would nest too deep for MicroPython's stack.
import host_tests.fakes.world  # noqa: F401, I001
import asyncio
import os

import black_box
import slots
from baybridge import app_start
from host_tests.fakes.clock import FakeClock, HostClock
from host_tests.fakes.hardware import BOARD, SLOT
from host_tests.fakes.job import stop
from host_tests.fakes.world import IS_UPY, World
from host_tests.start.flash_rig import B_ON_TRIAL, empty_flash, get, put, put_version
from host_tests.web.loopback import free_port
from tools.sim.battery import SimBattery

CONFIG = (
    '{"batteries":[{"id":"house1","address":"02:12:34:00:20:61"}],'
    '"http":{"port":%d},"log":{"enabled":true,"flush_s":3600},"end":1}'
)


class Rig:
    def __init__(self, clock):
        BOARD.reset()
        take_card_out()
        self.root = empty_flash("app_start")
        self.world = World(clock, self.root)
        self.world.add(SimBattery(noise=False))
        self.root += "/flash"
        put(self.root, "slots.txt", B_ON_TRIAL)
        put_version(self.root, "a")
        put_version(self.root, "b")
        slots.choose(self.root)
        self.app = self.world.start(CONFIG % free_port())
        assert self.app.problems == []
        self.box = black_box.BlackBox()
        self.start = app_start.Start("b", self.box, self.root)

    def run(self, play=None):
        """Run the application as main.py has it run; play() meanwhile, in virtual time."""
        clock = self.world.clock

        async def main():
            task = asyncio.create_task(self.app.run())
            try:
                await play()
            finally:
                await stop(task)

        if play is not None:
            self.app.run_forever = lambda: clock.run(main())
        app_start.run_app(self.app, self.start)


def take_card_out():
    SLOT.reset()
    if IS_UPY:
        import vfs

        try:
            vfs.umount("/sd")
        except OSError:
            pass  # it was not in


def lines_on_card(rig):
    path = rig.world.card_folder + "/baybridge/house1"
    try:
        names = os.listdir(path)
    except OSError:
        return None  # an image, on MicroPython
    with open(path + "/" + names[0], "rb") as file:
        return file.read().count(b"\n")


def test_crash_when_the_loop_fails_then_notes_counters_and_log_are_kept():
    rig = Rig(HostClock(100))
    feeds = []

    def feed():
        feeds.append(1)
        if len(feeds) == 45:
            raise RuntimeError("the supervisor itself")

    rig.world.watchdog.feed = feed
    try:
        rig.run()
        raised = None
    except RuntimeError as exc:
        raised = exc
    assert str(raised) == "the supervisor itself"
    assert get(rig.root, "counters.json") is not None
    log = rig.app.logs[0]
    assert log.records >= 3
    assert log.waiting == 0
    assert lines_on_card(rig) in (None, 1 + log.records)
    notes = rig.box.notes
    # The clock runs a hundred times as fast: how far it got is the machine's affair.
    head, _, rest = notes.partition("uptime_s: ")
    assert head == "version: 0.1.0\nboot: 1\n"
    assert 40 <= int(rest.split("\n")[0]) < 1000
    assert "\nstarted_by: power_on\n" in notes
    assert "tasks: poll house1 " in notes
    assert len(notes) <= 450


def test_crash_when_even_the_notes_fail_then_the_first_failure_goes_on():
    rig = Rig(HostClock(100))

    def fails():
        raise ValueError("first")

    rig.app.run_forever = fails
    rig.app.save_now = rig.app.supervisor.ages = lambda: 1 // 0
    try:
        app_start.run_app(rig.app, rig.start)
        raised = None
    except Exception as exc:
        raised = exc
    assert str(raised) == "first"


def test_hang_when_the_watchdog_starves_then_the_black_box_knows_which_task():
    rig = Rig(FakeClock())

    async def stuck(job):
        while True:
            try:
                await rig.world.clock.sleep_ms(1000)
            except asyncio.CancelledError:
                if is_over:
                    raise

    is_over = []
    rig.app.supervisor.add("deaf", stuck, 10)
    seen = []

    async def play():
        await rig.world.clock.sleep_ms(15000)
        seen.append(black_box.BlackBox().record)
        await rig.world.clock.sleep_ms(10000)
        seen.append(black_box.BlackBox().record)
        is_over.append(True)

    rig.run(play)
    assert seen[0] == ""
    assert seen[1].startswith("the watchdog starved: ")
    assert ", deaf 2" in seen[1] and "/10 s" in seen[1]


def test_start_when_ten_minutes_go_well_then_crashes_forgotten_and_the_trial_confirmed():
    rig = Rig(FakeClock())
    rig.box.crashes = 2

    async def play():
        await rig.world.clock.sleep_ms(590000)
        assert slots.read(rig.root).trial == "b"
        assert rig.box.crashes == 2
        assert rig.world.board.is_collecting_early
        await rig.world.clock.sleep_ms(30000)

    rig.run(play)
    state = slots.read(rig.root)
    assert (state.run, state.trial) == ("b", "")
    assert black_box.BlackBox().crashes == 0


def test_diagnostics_when_started_by_main_then_the_start_and_the_crashes():
    rig = Rig(FakeClock())
    put(rig.root, "crash.txt", "=== crash\nslot: b\nValueError: no\n")
    seen = []

    async def play():
        await rig.world.clock.sleep_ms(1000)
        seen.append("".join(rig.app.bridge.diagnostics_pieces()))

    rig.run(play)
    assert '"start":{"slot":"b","known_good":"a","on_trial":"b","tried":1,' in seen[0]
    assert '"crashes":["slot: b\\nValueError: no"]' in seen[0]


def test_crashes_when_the_flash_is_full_then_also_the_one_in_the_box():
    rig = Rig(FakeClock())
    put(rig.root, "crash.txt", "=== crash\nold\n")
    rig.box.note_crash("new")
    assert rig.start.crashes() == ["old", "new"]


def test_console_when_it_starts_then_token_and_password_for_who_has_the_cable():
    rig = Rig(FakeClock())
    lines = list(app_start.console_lines(rig.app))
    assert lines[0].startswith("Bay Bridge: boot 1, http on port ")
    assert lines[1] == "token for changes: " + get(rig.root, "token.txt").strip()
    password = get(rig.root, "access.txt").strip()
    assert lines[2] == "password of its own Wi-Fi, baybridge-0001: " + password


def test_page_when_a_version_runs_in_a_folder_then_it_is_that_versions():
    from baybridge.app import App

    rig = Rig(FakeClock())
    take_card_out()
    app = App(rig.world.ports(), "b")
    put(rig.root, "b/www/only-here", b"12345")
    assert app.bridge.files.size("www/only-here") == 5
    assert rig.app.bridge.files.size("www/only-here") is None


# --- main.py, the wiring and the board's own ports, on the fake hardware ------------------------


def start_main(fails):
    """Run main.py with an application whose loop does fails(); return the flash's folder."""
    import sys

    import main
    from baybridge import app_ports
    from baybridge.app import App

    BOARD.reset()
    take_card_out()
    root = empty_flash("app_start") + "/flash"
    real_ports = app_ports.board_ports
    if not IS_UPY:
        # CPython has no ticks, and therefore not the board's own clock.
        world = World(FakeClock(), root[:-6])
        app_ports.board_ports = lambda box, root: world.ports()
    put(root, "config.json", CONFIG % free_port())
    put_version(root, "b")
    put(root, "slots.txt", "run=b try=- tried=0 failed=- why=- crc=ff072fe0\n")
    path = sys.path[:]
    real, App.run_forever = App.run_forever, lambda self: fails(self)
    rest, main._REST_S = main._REST_S, 0
    try:
        main.start(root)
    except SystemExit:
        pass
    finally:
        sys.path[:] = path
        App.run_forever = real
        app_ports.board_ports = real_ports
        main._REST_S = rest
    return root


def test_main_when_the_loop_fails_then_a_whole_record_and_a_reset():
    def fails(app):
        raise ValueError("password is " + app.access_password)

    root = start_main(fails)
    assert BOARD.resets == 1
    record = black_box.BlackBox().record
    assert record.startswith("slot: b\nversion: 0.1.0\nboot: 1\nuptime_s: 0\n")
    assert "\nstarted_by: power_on\nheap: " in record
    assert "\ntasks: poll house1 0/180 s, log house1 0/60 s, judge " in record
    assert record.endswith("ValueError: password is ***\n")
    assert get(root, "access.txt").strip() not in record
    assert get(root, "token.txt").strip() not in record


def test_main_when_the_board_is_reset_on_purpose_then_the_reason_is_there_afterwards():
    from baybridge.ports.board import Board

    if not IS_UPY:
        return  # there is no sys.implementation._machine to be a board

    def resets(app):
        app.ports.board.reset("the radio is stuck")

    start_main(resets)
    assert BOARD.resets == 1
    BOARD.reset_cause = 2
    black_box.decide()
    board = Board(black_box.BlackBox())
    assert (board.reset_cause, board.reset_reason) == ("hard", "the radio is stuck")
    assert black_box.BlackBox().crashes == 0
