"""Sleeping while the batteries are low: part of the wiring in app.py, loaded where it is set."""

from micropython import const

from baybridge.tasks.save_power import PowerSaver

_LIMIT_S = const(120)


def add(app):
    """Give the app the task that lets it sleep."""
    board = app.ports.board
    guard = app.guard

    def sleep(seconds, reason):
        app.end = lambda reason: board.sleep(seconds, reason)
        app.request_reset(reason)

    def is_trial():
        state = app.start.slots() if app.start else None
        return bool(state and state.trial and state.trial == app.start.slot)

    app.power = PowerSaver(
        app.config["power"],
        app.batteries,
        app.ports.clock,
        board.reset_cause == "deep_sleep",
        lambda: guard.served,
        lambda: guard.connections > 0 or app.network.has_clients(),
        is_trial,
        sleep,
    )
    app.supervisor.add("power", app.power.run, _LIMIT_S)
