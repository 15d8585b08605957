"""The stored configuration: the part of the wiring in app.py that enters its room and leaves."""

import sys
from micropython import const

_CONFIG = const("config.json")


def read_config(files, chip="esp32"):
    """Return (config, problems) of the stored configuration."""
    from baybridge import config

    parsed = config.parse(files.read_text(_CONFIG), chip)
    _leave_config()
    return parsed


def store_config(files, chip, change):
    """Call change(config) on the stored configuration and write it.

    Returns the problems that writing would make final, and then nothing was written. Without a
    change it only looks for those.
    """
    from baybridge import config

    try:
        text = files.read_text(_CONFIG)
        parsed, problems = config.parse(text, chip)
        # At the first start there is no file, and nothing in it that could be lost.
        lost = [] if text is None else [one for one in problems if not config.is_kept(one)]
        if not lost and change is not None:
            change(parsed)
            files.write_pieces(_CONFIG, config.pieces(parsed))
        return lost
    finally:
        _leave_config()


def pieces_of_config(ports, has_secrets):
    """Return the stored configuration as text in pieces."""
    from baybridge import config
    from baybridge.tasks import change_config

    try:
        return change_config.pieces_of(config, ports.files, ports.board.chip, has_secrets)
    finally:
        _leave_config()


def put_config(app, given):
    """Store another configuration and use what can be used at once.

    Returns (problems, places that wait for a restart, places in force, warnings); with a problem
    nothing was changed.
    """
    from baybridge import config
    from baybridge.tasks import change_config

    ports = app.ports
    try:
        new, problems, warnings = change_config.put(config, ports.files, ports.board.chip, given)
        waiting = applied = ()
        if new is not None:
            waiting, applied = change_config.apply(
                config, new, app.config, app.batteries, app.holders
            )
        return problems, waiting, applied, warnings
    finally:
        _leave_config()


def _leave_config():
    # Its tables and checks are done with: 9 KB where code lies in RAM. Who imports a room again
    # gets it anew.
    for name in ("config", "config_kinds", "config_pins", "config_taps"):
        if "baybridge." + name in sys.modules:
            del sys.modules["baybridge." + name]
            delattr(sys.modules["baybridge"], name)
