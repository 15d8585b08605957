"""An LED that shows how the bridge is: part of the wiring in app.py, loaded where one is set."""

from micropython import const

from baybridge.tasks.show_led import LedShower

_LIMIT_S = const(30)


def add(app):
    """Give the app the task that blinks."""
    led = app.config["led"]
    try:
        light = app.ports.make_led(led["pin"], led["active_low"])
    except ValueError:
        app.problems.append("led.pin: this board has no GPIO %d; no LED is used" % led["pin"])
        return
    network = app.network
    shower = LedShower(light, app.batteries, lambda: network.is_access_on, app.ports.clock)
    app.supervisor.add("led", shower.run, _LIMIT_S)
