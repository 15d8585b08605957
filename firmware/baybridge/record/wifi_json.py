"""Wi-Fi as JSON: how the bridge is reached, the test of a network, the networks in the air."""

from baybridge.record.json_text import array, fixed, object_of, text


def wifi_json(network) -> str:
    """The way in there is now; network is the tasks.network.Network."""
    keeper = network.keeper
    wifi = keeper.wifi
    is_joined = keeper.state == "connected"
    if is_joined:
        mode = "station"
    elif network.is_access_on:
        mode = "access_point"
    else:
        # It is on its way, or has not been gone for long.
        mode = "station" if wifi.is_configured else "off"
    return object_of(
        (
            ("mode", text(mode)),
            (
                "station",
                object_of(
                    (
                        ("state", text(keeper.state)),
                        ("ssid", text(wifi.ssid or None)),
                        ("ip", text(wifi.ip() if is_joined else None)),
                        ("rssi_dbm", fixed(wifi.rssi_dbm() if is_joined else None, 0)),
                        ("last_error", text(keeper.last_error)),
                    )
                ),
            ),
            ("access_point", _access(network.access) if network.is_access_on else "null"),
            ("test", "null" if network.trial is None else _trial(network.trial)),
        )
    )


def networks_json(networks) -> str:
    """The networks of Wifi.scan(), in its order."""
    rows = []
    for ssid, rssi_dbm, security, channel in networks:
        rows.append(
            object_of(
                (
                    ("ssid", text(ssid)),
                    ("rssi_dbm", fixed(rssi_dbm, 0)),
                    ("security", text(security)),
                    ("channel", fixed(channel, 0)),
                )
            )
        )
    return array(rows)


def _access(keeper):
    return object_of(
        (
            ("ssid", text(keeper.access_point.ssid)),
            ("ip", text(keeper.access_point.ip())),
            ("clients", fixed(keeper.clients, 0)),
        )
    )


def _trial(trial):
    return object_of(
        (
            ("state", text(trial.state)),
            ("ssid", text(trial.ssid)),
            ("ip", text(trial.ip)),
            ("message", text(trial.message)),
        )
    )
