"""The board's side of a deployment: MicroPython runs this at its prompt, out of memory.

Sent as it is and called with one-line commands. What a function has to say it prints as JSON, one
line at a time, because the board's memory is small. Paths are the board's own.
"""

import binascii
import gc
import hashlib
import json
import os
import sys

_FOLDER = 0x4000
_PIECE = 1024
# Until a deployment that came to a halt ends in a reset, and the version that ran runs again.
# The watchdog of boot.py would bite within a minute, in the middle of a copy.
_PATIENCE_MS = 300000
_PSRAM_BYTES = 1 << 20
_GOODBYE_MS = 100

watchdog = None
file = None


def keep_awake():
    """Have the watchdog wait for the deployment; should it bite after all, that is no crash."""
    global watchdog
    plan_reset("a tool on the cable did not come to its end")
    try:
        import machine

        watchdog = machine.WDT(timeout=_PATIENCE_MS)
    except (ImportError, AttributeError):
        pass


def feed():
    """Show the watchdog that the deployment goes on."""
    if watchdog is not None:
        watchdog.feed()


def ask():
    """Print what has to be known before anything is copied."""
    block, _, blocks, free = os.statvfs("/")[:4]
    said = {
        "name": sys.implementation.name,
        "version": [str(part) for part in sys.implementation.version],
        "mpy": getattr(sys.implementation, "_mpy", 0) & 0xFF,
        "machine": getattr(sys.implementation, "_machine", ""),
        "build": getattr(sys.implementation, "_build", ""),
        "has_psram": has_psram(),
        "frozen": frozen_version(),
        "file_system": file_system(),
        "block_bytes": block,
        "flash_bytes": block * blocks,
        "free_bytes": block * free,
        "hostname": hostname(),
    }
    print(json.dumps(said))


def has_psram():
    """Tell whether there is memory beyond the chip's own."""
    try:
        import esp32

        heaps = esp32.idf_heap_info(esp32.HEAP_DATA)
    except (ImportError, AttributeError):
        return gc.mem_free() + gc.mem_alloc() > _PSRAM_BYTES
    # An image without PSRAM has heaps of 20 to 300 KB; one region of a megabyte is PSRAM.
    return any(heap[0] >= _PSRAM_BYTES for heap in heaps)


def frozen_version():
    """Return the version of the firmware frozen into the image, or None."""
    path = sys.path[:]
    sys.path[:] = [".frozen"]
    try:
        from baybridge.version import VERSION

        return VERSION
    except ImportError:
        return None
    finally:
        sys.path[:] = path
        for name in ("baybridge", "baybridge.version"):
            sys.modules.pop(name, None)


def file_system():
    """Return the kind of file system the board keeps its files on, or ""."""
    try:
        import vfs

        for mounted, path in vfs.mount():
            if path == "/":
                return type(mounted).__name__
    except (ImportError, TypeError):
        pass
    return ""


def hostname():
    """Return the name the bridge has in the network."""
    try:
        with open("/config.json") as config:
            return json.load(config)["name"]
    except (OSError, ValueError, KeyError, TypeError):
        return "baybridge"


def texts(paths):
    """Print what is in small files; null for one that is not there."""
    for path in paths:
        try:
            with open(path, "rb") as small:
                text = small.read().decode()
        except (OSError, UnicodeError):
            text = None
        print(json.dumps([path, text]))


def hashes(paths):
    """Print the hash and size of each file, and of every file below each folder."""
    for path in paths:
        try:
            mode = os.stat(path)[0]
        except OSError:
            continue
        if mode & _FOLDER:
            hashes(["%s/%s" % (path, entry[0]) for entry in os.ilistdir(path)])
        else:
            digest, size = hash_of(path)
            print(json.dumps([path, digest, size]))
        feed()


def hash_of(path):
    """Return a file's hash and size."""
    digest = hashlib.sha256()
    size = 0
    piece = memoryview(bytearray(_PIECE))
    with open(path, "rb") as whole:
        while True:
            n = whole.readinto(piece)
            if not n:
                break
            digest.update(piece[:n])
            size += n
    return binascii.hexlify(digest.digest()).decode(), size


def remove(paths):
    """Remove files; one that is not there is none to complain about."""
    for path in paths:
        try:
            os.remove(path)
        except OSError:
            pass


def remove_empty(path):
    """Remove the folders below a path in which nothing is left."""
    try:
        entries = list(os.ilistdir(path))
    except OSError:
        return
    for entry in entries:
        if entry[1] & _FOLDER:
            below = "%s/%s" % (path, entry[0])
            remove_empty(below)
            try:
                os.rmdir(below)
            except OSError:
                pass


def make_folders(path):
    """Make the folders a file is to be in."""
    at = path.find("/", 1)
    while at > 0:
        try:
            os.mkdir(path[:at])
        except OSError:
            pass
        at = path.find("/", at + 1)


def begin(path):
    """Open a file for what write() brings."""
    global file
    make_folders(path)
    file = open(path, "wb")  # noqa: SIM115 - done() closes it


def write(text):
    """Add a piece, in base64."""
    file.write(binascii.a2b_base64(text))
    feed()


def done(path, name=None):
    """Close the file, and give it its name in one step if it had another."""
    file.close()
    if name is not None:
        os.rename(path, name)
    feed()


def rename(path, name):
    """Give a file its name in one step."""
    os.rename(path, name)
    feed()


def copy(source, path):
    """Copy a file on the board itself."""
    make_folders(path)
    with open(source, "rb") as old, open(path, "wb") as new:
        while True:
            piece = old.read(_PIECE)
            if not piece:
                break
            new.write(piece)
    feed()


def root_files():
    """Print what lies in the board's own folder: names, and whether each is a file."""
    for entry in os.ilistdir("/"):
        print(json.dumps([entry[0], not entry[1] & _FOLDER]))


def pieces(path):
    """Print a file in pieces of base64."""
    with open(path, "rb") as whole:
        while True:
            piece = whole.read(_PIECE)
            if not piece:
                break
            print(json.dumps(binascii.b2a_base64(piece).decode()))
            feed()


def begin_trial(slot):
    """Have the next start try the version in a slot."""
    import slots

    slots.begin_trial(slot)


def settle(slot):
    """Have every start run the version in a slot, and none be tried; "" is the image's."""
    import slots

    problem = slot and slots.problem_of(slot, "", True)
    if problem:
        raise ValueError("the version in %s cannot run: %s" % (slot, problem))
    state = slots.read()
    if state.run != slot or state.trial:
        state = slots.State(slot)
        slots.write(state)
    elif not exists("/slots.txt"):
        slots.write(state)


def exists(path):
    """Tell whether there is such a file."""
    try:
        os.stat(path)
    except OSError:
        return False
    return True


def plan_reset(reason):
    """Note why the board starts again; what is not noted counts as a crash."""
    try:
        import black_box

        black_box.BlackBox().plan_reset(reason)
    except (ImportError, AttributeError):
        pass


def reset():
    """Start the board again."""
    import machine
    import time

    # USB of the chip's own has to say first that this was understood; then it is gone.
    time.sleep_ms(_GOODBYE_MS)
    machine.reset()
