"""The board's main.py: builds the application, runs it, and starts the board again if it ends.

Not in boot.py, so that a tool can stop it with a soft reset (house.md 3).
"""

from baybridge.app import App
from baybridge.app_ports import board_ports


def main():
    """Run the bridge until it fails, then say why and reset."""
    ports = board_ports()
    try:
        app = App(ports)
        print("Bay Bridge: boot %d, http on port %d" % (app.boot, app.config["http"]["port"]))
        # The console is a cable away: whoever reads this has the board in hand.
        print("token for changes:", app.bridge.token)
        print("password of its own Wi-Fi, %s: %s" % (app.access_ssid, app.access_password))
        for problem in app.problems:
            print("config:", problem)
        app.run_forever()
        ports.board.reset("the application ended")
    except KeyboardInterrupt:
        # Somebody at the console wants the prompt; the watchdog will start us again.
        print("stopped; the watchdog resets the board within a minute")
    except Exception as exc:
        ports.board.reset("main: %s: %s" % (type(exc).__name__, exc))


main()
