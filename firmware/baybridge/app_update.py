"""What an update over Wi-Fi works on: part of the wiring in app.py, loaded when asked for.

Safe mode loads this without an App, from whichever version can be: keep what it imports small.
"""

from baybridge.ports.board import Board
from baybridge.ports.files import Files
from baybridge.ports.slot_files import SlotFiles
from baybridge.tasks.update import Updater
from baybridge.version import VERSION
from baybridge.web.head import Refusal


class Slots:
    """The folders with versions; start is app_start.Start, None where main.py did not start us."""

    def __init__(self, start):
        self._start = start

    @property
    def running(self):
        """Return the folder that runs; "" is the frozen firmware."""
        return self._start.slot if self._start else ""

    def state(self):
        """Return slots.State, None where there are no folders."""
        return self._start.slots() if self._start else None

    def target(self):
        """Return the folder a new version goes into; ValueError with a sentence if none may."""
        import slots

        state = self.state()
        if state is None:
            raise ValueError("This bridge was not started by main.py, so it cannot be updated.")
        if state.trial and state.trial == self.running:
            raise ValueError(
                "The version that runs is on trial itself. It has to be well for ten minutes"
                " before it may replace the one before it."
            )
        if state.trial:
            raise ValueError("A new version waits for a restart already.")
        slot = slots.other(self.running or state.run)
        if slot == state.run:
            raise ValueError("The other folder holds the version that is known good.")
        return slot

    def leave(self, slot):
        """Do nothing: target() never is a folder that a start would choose."""

    def begin_trial(self, slot):
        """Have the next start try a folder; ValueError if it cannot run, or OSError."""
        import slots

        slots.begin_trial(slot, self._start.root)

    def other_version(self):
        """Return (folder, version) of the folder that does not run; None if that is no version."""
        import slots

        state = self.state()
        if state is None:
            return None
        root = self._start.root
        slot = slots.other(self.running or state.run)
        if not slots.is_sound(slot, root):
            return None
        with open("%s/%s/manifest.txt" % (root, slot), "rb") as file:
            return slot, file.readline(100).decode().split()[1]


def make_updater(app):
    """Return the tasks.update.Updater of an App."""
    start = app.start
    root = start.root if start else ""
    ports = app.ports
    return Updater(Slots(start), SlotFiles(root), ports.files, ports.board, ports.clock, VERSION)


class _Alone:
    # The clock and the body of an Updater while nothing else runs: nobody waits for anybody.
    def __init__(self, request, feed):
        self.length = request.length
        self.renew = feed
        self._request = request

    async def read(self, n):
        piece = self._request.read(n)
        self.renew()
        return piece

    async def sleep_ms(self, ms):
        self.renew()


def take(slots, root, request, feed, is_forced):
    """Take an archive in safe mode; return (202, its version), or (status, sentence).

    All that safe_update.py knows of a version, because an update replaces this and not that.
    slots is like Slots, with the version to be newer than or None; request has length and
    read(n); feed() keeps the watchdog waiting.
    """
    alone = _Alone(request, feed)
    updater = Updater(
        slots, SlotFiles(root), Files(root), Board(), alone, slots.version or VERSION
    )
    receiving = updater.receive(alone, is_forced)
    try:
        while True:
            receiving.send(None)
    except StopIteration as done:
        return 202, done.value
    except Refusal as exc:
        return exc.status, exc.detail
