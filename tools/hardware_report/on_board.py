"""The board's side of a hardware report: MicroPython runs this at its prompt, out of memory.

Sent after tools/deploy/on_board.py, whose feed() and texts() it uses. Each check is called as
check(function) and prints lines of JSON, [state, sentence]: "ok", "not there" where this board or
its firmware has no such thing, "failed" with what it said. No secret, no network's name and no
whole address is printed. What is written is removed again.
"""

import gc
import json
import os
import sys
import time

_TEMPORARY = "report.tmp"
_ADC1 = {
    "esp32": (32, 33, 34, 35, 36, 39),
    "esp32s3": (1, 2, 4, 5, 6, 7, 8, 9, 10),
    "esp32c3": (0, 1, 3, 4),
}
# sck, miso, mosi, cs where the configuration does not say: baybridge/config_pins.py. On an S3 the
# ESP32's would take the USB socket away that this is said through.
_CARD_PINS = {
    "esp32": (18, 19, 23, 5),
    "esp32s3": (12, 13, 11, 14),
    "esp32c3": (6, 5, 7, 10),
}
_PSRAM_BYTES = 1 << 20
_READINGS = 200
_WRITES = 20
_SCAN_MS = 5000
# As ports/ble.py listens: a third of the time, because Wi-Fi needs the radio too.
_INTERVAL_US = 90000
_WINDOW_US = 30000
_BATTERY_NAMES = ("SOK-", "ABC-", "NB-", "Hoover")


def say(sentence, state="ok"):
    print(json.dumps([state, sentence]))


def check(function):
    """Run one check; whatever it ends with becomes a line."""
    try:
        function()
    except (ImportError, AttributeError) as exc:
        say("this board or its MicroPython has no such thing: %s" % exc, "not there")
    except Exception as exc:
        say("%s: %s" % (type(exc).__name__, exc), "failed")


def chip():
    words = getattr(sys.implementation, "_machine", "").lower().replace("-", "")
    for name in ("esp32s3", "esp32c3"):
        if name in words:
            return name
    return "esp32"


def stored(section):
    """Return a section of config.json, or an empty one."""
    try:
        with open("/config.json") as file:
            return json.load(file).get(section) or {}
    except (OSError, ValueError, AttributeError):
        return {}


def board():
    import machine

    say("clock %d MHz, reset cause %d" % (machine.freq() // 1000000, machine.reset_cause()))
    say("RTC memory holds %d bytes" % len(machine.RTC().memory()))


def memory(when):
    gc.collect()
    say("%s: heap used %d, free %d bytes" % (when, gc.mem_alloc(), gc.mem_free()))
    import esp32

    # Of the chip's own: radios cannot live on PSRAM, which would hide that this runs out.
    heaps = [heap for heap in esp32.idf_heap_info(esp32.HEAP_DATA) if heap[0] < _PSRAM_BYTES]
    free = sum([heap[1] for heap in heaps])
    largest = max([heap[2] for heap in heaps])
    least = sum([heap[3] for heap in heaps])
    sentence = "%s: ESP-IDF free %d, largest block %d, least ever %d bytes"
    say(sentence % (when, free, largest, least))


def radios():
    """Wi-Fi, then Bluetooth: the order of the firmware."""
    memory("before the radios")
    import network

    wlan = network.WLAN(network.STA_IF)
    say("Wi-Fi was %s before" % ("on, from what ran" if wlan.active() else "off"))
    wlan.active(True)
    memory("with Wi-Fi")
    import bluetooth

    bluetooth.BLE().active(True)
    memory("with Wi-Fi and Bluetooth")


def adc():
    """Each pin for taps as it is now: noise and range, with calibration by eFuse."""
    import machine

    for number in _ADC1[chip()]:
        pin = machine.ADC(machine.Pin(number), atten=machine.ADC.ATTN_11DB)
        began = time.ticks_us()
        uv = [pin.read_uv() for _ in range(_READINGS)]
        us = time.ticks_diff(time.ticks_us(), began)
        mean = sum(uv) // _READINGS
        sentence = "GPIO %d: mean %d uV, least %d, most %d, %d us a reading"
        say(sentence % (number, mean, min(uv), max(uv), us // _READINGS))


def _time_writes(path):
    # Each line is flushed, which is what a power cut leaves (platform.md 4.3).
    line = "x" * 511 + "\n"
    times = []
    try:
        with open(path, "w") as file:
            for _ in range(_WRITES):
                began = time.ticks_us()
                file.write(line)
                file.flush()
                times.append(time.ticks_diff(time.ticks_us(), began) // 100)
                feed()  # noqa: F821 - of the script before
    finally:
        try:
            os.remove(path)
        except OSError:
            pass
    times.sort()
    half, most = times[_WRITES // 2], times[-1]
    sentence = "write and flush 512 bytes: median %d.%d ms, longest %d.%d ms"
    say(sentence % (half // 10, half % 10, most // 10, most % 10))


def flash():
    block, _, blocks, free = os.statvfs("/")[:4]
    say("flash file system: %d KB, %d KB free" % (block * blocks // 1024, block * free // 1024))
    _time_writes("/" + _TEMPORARY)


def card():
    import machine
    import vfs

    given = stored("card")
    usual = _CARD_PINS[chip()]
    sck, miso, mosi, cs = [
        given.get(key, usual[i]) for i, key in enumerate(("sck", "miso", "mosi", "cs"))
    ]
    say("card on sck %d, miso %d, mosi %d, cs %d" % (sck, miso, mosi, cs))
    device = machine.SDCard(
        slot=given.get("slot", 2),
        sck=sck,
        miso=miso,
        mosi=mosi,
        cs=cs,
        freq=given.get("freq_hz", 10000000),
    )
    try:
        _try_card(vfs, device)
    finally:
        device.deinit()


def _try_card(vfs, device):
    for turn in ("mounted", "mounted again after ioctl(2, 0)"):
        began = time.ticks_ms()
        vfs.mount(vfs.VfsFat(device), "/card")
        try:
            ms = time.ticks_diff(time.ticks_ms(), began)
            size = os.statvfs("/card")
            mb = size[0] * size[2] >> 20
            say("card %s in %d ms, %d MB" % (turn, ms, mb))
            _time_writes("/card/" + _TEMPORARY)
        finally:
            vfs.umount("/card")
        device.ioctl(2, 0)


def wifi():
    """Who is on the air, without names; whether ours is."""
    import network

    wlan = network.WLAN(network.STA_IF)
    wlan.active(True)
    ours = stored("wifi").get("ssid") or None
    found = wlan.scan()
    say("%d networks" % len(found))
    for ssid, _, channel, rssi in [one[:4] for one in found]:
        if ours and bytes(ssid) == ours.encode():
            say("the one that is configured: channel %d, %d dBm" % (channel, rssi))
            return
    say("the one that is configured is not among them" if ours else "none is configured")


def name_of(payload):
    """Return the name in an advertisement, or an empty text."""
    at = 0
    while at + 1 < len(payload):
        length = payload[at]
        if payload[at + 1] in (8, 9):
            try:
                return bytes(payload[at + 2 : at + 1 + length]).decode()
            except UnicodeError:
                return ""
        at += 1 + length
    return ""


def ble():
    """Listen for five seconds without asking anybody; only batteries are named."""
    import bluetooth

    radio = bluetooth.BLE()
    radio.active(True)
    heard = {}
    ended = []

    def on_event(event, data):
        # A handler that raises is removed for good (platform.md 2.1).
        try:
            if event == 5:
                key = (data[0], bytes(data[1]))
                heard[key] = (data[3], name_of(data[4]) or heard.get(key, (0, ""))[1])
            elif event == 6:
                ended.append(1)
        except Exception:
            pass

    radio.irq(on_event)
    radio.gap_scan(_SCAN_MS, _INTERVAL_US, _WINDOW_US, False)
    began = time.ticks_ms()
    while not ended and time.ticks_diff(time.ticks_ms(), began) < _SCAN_MS + 1000:
        time.sleep_ms(100)
        feed()  # noqa: F821 - of the script before
    radio.irq(lambda event, data: None)
    say("%d devices advertise" % len(heard))
    if not ended:
        say("the end of the scan was not reported", "failed")
    batteries = 0
    for kind, address in heard:
        rssi, name = heard[(kind, address)]
        if name.startswith(_BATTERY_NAMES):
            batteries += 1
            begin = ":".join(["%02x" % byte for byte in address[:3]])
            sentence = "%s: %d dBm, address %s:.. (type %d)"
            say(sentence % (name, rssi, begin, kind))
    if not batteries:
        say("none of them is a battery that is awake and not held by a phone")


def records():
    """What the bridge keeps over a restart, secrets taken out."""
    hidden = [stored("wifi").get(key) for key in ("ssid", "password")]
    hidden += [stored("http").get(key) for key in ("token", "read_token")]
    for name in ("token.txt", "access.txt"):
        hidden.append((_text(name) or "").strip())
    for name in ("slots.txt", "boots.txt", "crash.txt"):
        text = _text(name)
        if text is None:
            say("no %s" % name)
            continue
        for secret in hidden:
            if secret:
                text = text.replace(secret, "***")
        for line in text.strip().split("\n"):
            say("%s: %s" % (name, line))


def _text(name):
    try:
        with open("/" + name) as file:
            return file.read()
    except (OSError, UnicodeError):
        return None
