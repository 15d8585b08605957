"""The BMS's settings as JSON, grouped by how sure their meaning is; rendered once a connection."""

from baybridge.battery.settings import CONFIDENCES, FIELDS, contradiction, has_settings
from baybridge.record.json_text import fixed, object_of, text


def settings_json(sample) -> str:
    """Return the settings object: null before they came, withheld with the reason if odd."""
    if not has_settings(sample):
        return "null"
    reason = contradiction(sample)
    if reason:
        return '{"withheld":%s}' % text(reason)
    by_confidence = []
    for confidence in CONFIDENCES:
        pairs = []
        for i in range(len(FIELDS)):
            name, decimals, its = FIELDS[i]
            if its == confidence:
                pairs.append((name, fixed(sample.settings[i], decimals)))
        by_confidence.append((confidence, object_of(pairs)))
    return object_of(by_confidence)
