"""What wired taps have to be: a pin that can read, a divider it can bear, a calibration of it.

Pure. A battery's taps are used all together or not at all: a harness with a hole in it would
call its neighbours wrong. Pins and ranges at 11 dB are those of the chips (platform.md 1.1,
1.2: IDF v4.4 adc of the esp32, esp32s3, esp32c3); pins 36 and 39 couple into each other
(espressif/esp-idf#1517), 37 and 38 are not brought out on WROOM modules.
"""

from micropython import const

from baybridge.config_kinds import clip, inside, inside_name, shown, why_not

# chip: (its name, pins of ADC1, those to recommend, those that decide how the chip boots, mV that
# its 11 dB range reads up to).
_CHIPS = {
    "esp32": ("ESP32", (32, 33, 34, 35, 36, 37, 38, 39), (32, 33, 34, 35), (), 2450),
    "esp32s3": (
        "ESP32-S3",
        (1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
        (1, 2, 4, 5, 6, 7, 8, 9, 10),
        (3,),
        3100,
    ),
    "esp32c3": ("ESP32-C3", (0, 1, 2, 3, 4), (0, 1, 3, 4), (2,), 2500),
}
_NOT_BONDED = const((37, 38))
_NOISY = const((36, 39))

# A LiFePO4 cell is above 3.65 V only while a charger is out of control; the pin must still read.
_MOST_CELL_MV = const(3800)
_LEAST_CELL_MV = const(2500)
# Below 0.25 to 0.3 V the converter bends away, below 0.1 V it reads nothing (platform.md 1.4).
_LEAST_PIN_MV = const(250)

_REQUIRED = const(("pin", "top_ohm", "bottom_ohm"))


def divider_text(tap) -> str:
    """Return what a calibration belongs to, like 32:103000/100000."""
    return "%d:%d/%d" % (tap["pin"], tap["top_ohm"], tap["bottom_ohm"])


def check(given, place: str, rows, chip: str, used: dict, problems: list) -> list:
    """Return the checked taps, or an empty list when one of them cannot be used.

    rows are the table's of a tap. used maps a pin to the key that has it, and gets ours.
    """
    if not isinstance(given, list):
        problems.append("%s: not a list; no tap is read" % place)
        return []
    label, pins, good_pins, strapping, range_mv = _CHIPS[chip]
    if len(given) > len(pins):
        sentence = "%s: %d are more than the %d pins of ADC1 on the %s; no tap is read"
        problems.append(sentence % (place, len(given), len(pins), label))
        return []
    taps = []
    refused = []
    # Pins to recommend are those that no other tap of this battery wants.
    wanted = [one.get("pin") for one in given if isinstance(one, dict)]
    free = [pin for pin in good_pins if pin not in used and pin not in wanted]
    for i in range(len(given)):
        at = "%s[%d]" % (place, i)
        tap = _tap(given[i], at, rows, problems, refused)
        if tap is None:
            continue
        taps.append(tap)
        _check_pin(tap["pin"], at + ".pin", _CHIPS[chip], free, used, problems, refused)
        _check_divider(tap, i + 1, at, label, range_mv, refused)
        _check_calibration(tap, at, rows, problems)
    if refused:
        problems += refused
        problems.append("%s: no tap is read until that is put right" % place)
        return []
    return taps


def _tap(raw, at, rows, problems, refused):
    """Return one tap's values, or None; what cannot be used of a calibration costs all of it."""
    if not isinstance(raw, dict):
        refused.append('%s: not an object like {"pin": 32, ...}' % at)
        return None
    tap = {}
    keys = []
    is_usable = True
    is_calibration_good = True
    for row in rows:
        key = row[0][row[0].rfind(".") + 1 :]
        keys.append(key)
        value = raw.get(key, row[2])
        why = why_not(row[1], value, row[3], row[4], row[5])
        if key in _REQUIRED:
            if key not in raw:
                refused.append("%s.%s: is missing; it has to be given" % (at, key))
                is_usable = False
                continue
            if why is not None:
                refused.append("%s.%s: %s %s" % (at, key, shown(value), why))
                is_usable = False
                continue
        elif why is not None:
            sentence = "%s.%s: %s %s; this tap counts as not calibrated"
            problems.append(sentence % (at, key, shown(value), why))
            is_calibration_good = False
            value = row[2]
        tap[inside_name(row[0], row[1])] = inside(row[1], value)
    for key in sorted([key for key in raw if key not in keys]):
        problems.append("%s.%s: unknown key; left out" % (at, clip(key)))
    if not is_usable:
        return None
    if not is_calibration_good:
        _forget_calibration(tap, rows)
    return tap


def _check_pin(pin, at, chip, free, used, problems, refused):
    label, pins, _, strapping, _ = chip
    instead = " or ".join(["%d" % one for one in free]) or "another, but all good ones are in use"
    why = None
    if pin not in pins:
        why = "is not on ADC1 of the " + label
    elif pin in strapping:
        why = "decides how the %s boots, and a battery on it may keep it from booting" % label
    elif label == "ESP32" and pin in _NOT_BONDED:
        why = "is not brought out on WROOM modules"
    elif pin in used:
        why = "is in use already by " + used[pin]
    elif label == "ESP32" and pin in _NOISY:
        sentence = "%s: %d is a noisy pin of the ESP32; better %s; kept"
        problems.append(sentence % (at, pin, instead))
    if why is None:
        used[pin] = at
    else:
        refused.append("%s: %d %s; take %s" % (at, pin, why, instead))


def _check_divider(tap, number, at, label, range_mv, refused):
    """Refuse a divider that leaves the range the pin reads, at any voltage a cell may have."""
    top, bottom = tap["top_ohm"], tap["bottom_ohm"]
    most_mv = number * _MOST_CELL_MV * bottom // (top + bottom)
    if number * _MOST_CELL_MV * bottom > range_mv * (top + bottom):
        # Rounded up to a whole kiloohm, as resistors are sold.
        least = bottom * (number * _MOST_CELL_MV - range_mv) // range_mv // 1000 * 1000 + 1000
        sentence = (
            "%s.top_ohm: %d puts the pin at %d mV when a cell is at 3.8 V, and the %s reads up to "
            "%d mV; take at least %d"
        )
        refused.append(sentence % (at, top, most_mv, label, range_mv, least))
    least_mv = number * _LEAST_CELL_MV * bottom // (top + bottom)
    if least_mv < _LEAST_PIN_MV:
        most = bottom * (number * _LEAST_CELL_MV - _LEAST_PIN_MV) // _LEAST_PIN_MV // 1000 * 1000
        sentence = (
            "%s.top_ohm: %d leaves the pin %d mV when a cell is at 2.5 V, and below %d mV it "
            "measures nothing; take at most %d"
        )
        refused.append(sentence % (at, top, least_mv, _LEAST_PIN_MV, most))


def _check_calibration(tap, at, rows, problems):
    made_for = tap["calibrated_divider"]
    if made_for is None or made_for == divider_text(tap):
        return
    sentence = (
        "%s: was calibrated as %s, which is another divider than %s; counts as not calibrated, "
        "so calibrate it anew"
    )
    problems.append(sentence % (at, clip(made_for), divider_text(tap)))
    _forget_calibration(tap, rows)


def _forget_calibration(tap, rows):
    for row in rows:
        if not row[0].endswith("_ohm") and not row[0].endswith(".pin"):
            tap[inside_name(row[0], row[1])] = inside(row[1], row[2])
