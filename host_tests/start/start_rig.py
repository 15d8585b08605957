"""A board that is switched on, crashes, hangs and is reset: boot.py and main.py as it runs them.

Each start runs in modules loaded afresh, as on the board, on the fake `machine`. The application
is a stand-in that does what a test says; time is virtual.
"""

import machine
import sys

from host_tests.fakes.hardware import BOARD
from host_tests.start.flash_rig import empty_flash

PWRON, HARD, WDT, DEEPSLEEP, SOFT = 1, 2, 3, 4, 5
_BESIDE = ("black_box", "slots", "crash_record", "safe_mode", "main")


class FakeTime:
    """`time` as far as boot.py, main.py and safe_mode use it."""

    def __init__(self):
        self.now_s = 1000.0
        # Called before each sleep; may raise KeyboardInterrupt.
        self.on_sleep = lambda s: None

    def sleep(self, s):
        self.on_sleep(s)
        self.now_s += s

    def time(self):
        return self.now_s


class AppStart:
    """In place of baybridge.app_start: what the application does in each start to come."""

    def __init__(self):
        self.plan = []
        self.slots = []

    def run(self, slot, box, root):
        self.slots.append(slot)
        act = self.plan.pop(0) if self.plan else None
        if act is not None:
            act(box, root)


class Hung(SystemExit):
    """The application stands still until the watchdog ends it; main.py lets this one through."""


class SafeMode:
    """In place of safe_mode: counts how often it is entered, and runs for its 15 minutes."""

    def __init__(self, time):
        self.time = time
        self.act = None

    def run(self, box, root):
        if self.act is not None:
            self.act()
        self.time.now_s += 900
        box.plan_reset("safe mode ended")
        machine.reset()


class Board:
    """One board with an empty flash, switched off; press(), then power_up() and start()."""

    def __init__(self, name="start"):
        BOARD.reset()
        self.root = empty_flash(name)
        self.time = FakeTime()
        self.app = AppStart()
        self.safe = SafeMode(self.time)
        self.path = []
        self.boot_text = read("boot.py")
        self.press(False)

    def press(self, is_pressed):
        """Hold the button or let it go."""
        BOARD.pins[0] = 0 if is_pressed else 1

    def power_up(self):
        """Switch the power off and on; return how that start went."""
        BOARD.rtc_memory = b""
        return self.start(PWRON)

    def start(self, cause):
        """Start the board for this reason; return safe, app or prompt, or what hung."""
        BOARD.reset_cause = cause
        saved = {}
        for name in _BESIDE + ("time", "baybridge.app_start"):
            if name in sys.modules:
                saved[name] = sys.modules[name]
                del sys.modules[name]
        path = sys.path[:]
        sys.modules["time"] = self.time
        sys.modules["baybridge.app_start"] = self.app
        import baybridge

        before = getattr(baybridge, "app_start", None)
        baybridge.app_start = self.app
        sys.modules["safe_mode"] = self.safe
        try:
            return self._run()
        finally:
            self.path = sys.path[:]
            sys.path[:] = path
            for name in _BESIDE + ("time", "baybridge.app_start"):
                if name in sys.modules:
                    del sys.modules[name]
                if name in saved:
                    sys.modules[name] = saved[name]
            baybridge.app_start = before

    def _run(self):
        # As the board runs it: a script.
        exec(self.boot_text, {"__name__": "__main__"})
        import black_box

        assert BOARD.wdt_timeout_ms == 60000
        kind = "safe" if black_box.BlackBox().is_safe else "app"
        import main

        try:
            main.start(self.root)
        except Hung:
            return "hung"
        except SystemExit:
            return kind
        return "prompt"

    def box(self):
        """Return what is in the RTC's memory now."""
        import black_box

        return black_box.BlackBox()

    def crash_loop(self, times):
        """Let the application crash in so many starts, the first from power-up."""
        went = []
        for i in range(times):
            self.app.plan = [crash]
            went.append(self.power_up() if i == 0 else self.start(HARD))
        return went


def crash(box, root):
    raise ValueError("no such cell")


def hang(box, root):
    raise Hung


def planned(reason):
    """Return an application that has the board started again."""

    def act(box, root):
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


def read(name):
    """Return a file of the repository."""
    with open(name) as file:
        return file.read()
