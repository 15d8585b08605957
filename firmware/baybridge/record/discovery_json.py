"""The batteries in the air as JSON."""

from baybridge.record.json_text import array, fixed, flag, object_of, text


def discovery_json(rows) -> bytes:
    """Return a list of (name, address, address_type, rssi_dbm, protocol, battery id, note).

    rssi_dbm is None for what was not heard, the battery's id None for what is not configured.
    """
    items = []
    for name, address, address_type, rssi_dbm, protocol, battery_id, note in rows:
        items.append(
            object_of(
                (
                    ("name", text(name)),
                    ("address", text(address)),
                    ("address_type", text(address_type)),
                    ("rssi_dbm", fixed(rssi_dbm, 0)),
                    ("protocol", text(protocol)),
                    ("configured", flag(battery_id is not None)),
                    ("battery", text(battery_id)),
                    ("note", text(note)),
                )
            )
        )
    return array(items).encode()
