"""The BMS's settings as JSON, grouped by how sure their meaning is; rendered once a connection."""

from baybridge.battery.settings import FIELDS, contradiction, has_settings
from baybridge.record.json_text import fixed, object_of, text


def settings_json(sample) -> str:
    """Return the settings object: null before they came, withheld with the reason if odd."""
    if not has_settings(sample):
        return "null"
    reason = contradiction(sample)
    if reason:
        return '{"withheld":%s}' % text(reason)
    settings = sample.settings
    by_confidence = []
    i = 0
    for confidence, names in FIELDS:
        pairs = []
        for name in names.split():
            pairs.append((name, fixed(settings[i], 3 if name[-2:] in ("_v", "_a") else 0)))
            i += 1
        by_confidence.append((confidence, object_of(pairs)))
    return object_of(by_confidence)
