"""The computer's own network in the place of Wi-Fi, for `make run`: always there."""


class HostWifi:
    """The methods of baybridge.ports.wifi.Wifi for a board that is always online."""

    why_fixed = (
        "This bridge runs on a computer and uses its network; there is no Wi-Fi of its own to set."
    )

    def __init__(self, name, ssid, password):
        self.ssid = "the network of this computer"
        self.is_configured = True
        self.last_error = None

    def start(self):
        return True

    def stop(self):
        pass

    def connect(self):
        return True

    def disconnect(self):
        pass

    def is_connected(self):
        return True

    def scan(self):
        return [("made up: there is no radio here", -50, "wpa2", 6), ("made up 2", -80, "open", 1)]

    def failure(self):
        return "idle", "nothing failed"

    def ip(self):
        return "127.0.0.1"

    def gateway(self):
        return "127.0.0.1"

    def dns(self):
        return None

    def rssi_dbm(self):
        return None
