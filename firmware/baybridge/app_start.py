"""How main.py runs a version: the radios first, then the application, and what it leaves behind.

Part of the wiring in app.py. run(slot, box, root) is all that main.py knows of a version, because
an update replaces this and not that.
"""

from micropython import const

_CONFIRM_LIMIT_S = const(60)


class Start:
    """What there is to know of this start; slot is the folder that runs, "" the frozen one."""

    def __init__(self, slot, box, root):
        self.slot = slot
        self.box = box
        self.root = root

    def slots(self):
        """Return slots.State as it is now."""
        import slots

        return slots.read(self.root)

    def crashes(self):
        """Return the records of the last crashes, the oldest first."""
        import crash_record

        records = crash_record.read(self.root)
        # Where the flash takes nothing, the last one is still in the box.
        return records + [self.box.record] if self.box.record else records

    def confirm(self):
        """Note that this version is well; OSError if the flash does not take it."""
        import slots

        slots.confirm(self.slot, self.root)


def run(slot, box, root=""):
    """Run the bridge in the folder slot; box is black_box.BlackBox. Raises what it fails with."""
    from baybridge.ports import radios

    problem = radios.power_up()
    if problem:
        # HTTP and the log are of use without a radio too; whose it is goes on trying.
        print(problem)
    # Only now: what this loads must not take what the radios need.
    from baybridge.app import App
    from baybridge.app_ports import board_ports

    app = App(board_ports(box, root), slot)
    for line in console_lines(app):
        print(line)
    run_app(app, Start(slot, box, root))


def run_app(app, start):
    """Run an App; when it fails, what is in memory is kept before the failure goes on."""
    from baybridge.tasks.confirm_start import StartConfirmer

    app.start = start
    supervisor = app.supervisor
    supervisor.on_starving = start.box.note_hang
    confirmer = StartConfirmer(
        app.ports.clock,
        supervisor.is_well,
        lambda: has_proof(app),
        start.box.clear_crashes,
        start.confirm,
    )
    supervisor.add("confirm start", confirmer.run, _CONFIRM_LIMIT_S)
    # All that stays has been built by now.
    app.ports.board.collect_early()
    try:
        app.run_forever()
    except Exception:
        try:
            start.box.notes = notes_of(app)
            app.save_now()
        except Exception as exc:
            print("not all could be kept:", exc)
        raise


def has_proof(app):
    """Tell whether somebody was answered, or a battery was read: this version does its work."""
    if app.guard.served:
        return True
    return any(one.link.polls > one.link.failed_polls for one in app.batteries)


def console_lines(app):
    """Yield what the console shows at the start; it is a cable away: who reads has the board."""
    yield "Bay Bridge: boot %d, http on port %d" % (app.boot, app.config["http"]["port"])
    yield "token for changes: " + app.bridge.token
    yield "password of its own Wi-Fi, %s: %s" % (app.access_ssid, app.access_password)
    for problem in app.problems:
        yield "config: " + problem


def notes_of(app):
    """Return what a crash record says besides the traceback."""
    from baybridge.version import VERSION

    board = app.ports.board
    clock = app.ports.clock
    return (
        "version: %s\nboot: %d\nuptime_s: %d\nunix_s: %s\nstarted_by: %s\n"
        "heap: %s used, %s free\ntasks: %s\n"
        % (
            VERSION,
            app.boot,
            clock.uptime_s10() // 10,
            clock.unix_s(),
            board.reset_cause,
            board.heap_used(),
            board.heap_free(),
            app.supervisor.ages(),
        )
    )
