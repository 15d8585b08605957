"""Both radios switched on early, for the memory they take.

The stacks need large pieces at once, which are there before the application is loaded and may not
be afterwards (platform.md 3, micropython#14293). What they do, and to switch them on again, is
the business of wifi.py and ble.py, for which it then costs nothing.
"""

import bluetooth
import network


def power_up():
    """Switch on Wi-Fi, then Bluetooth; return a sentence of what did not start, or None."""
    problem = None
    try:
        network.WLAN(network.STA_IF).active(True)
    except (OSError, RuntimeError) as exc:
        problem = "Wi-Fi does not start: %s" % exc
    try:
        bluetooth.BLE().active(True)
    except OSError as exc:
        problem = "Bluetooth does not start: %s" % exc
    return problem
