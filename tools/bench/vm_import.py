"""What importing the firmware takes of the heap, with nothing else there: KIND [table].

The modules are those the board's main.py imports. With "table" each one's own share: a module
is charged with what it imports first.
"""

import gc
import micropython
import sys

from tools.bench.vm_common import use_code, used


class _Nothing:
    """Stands for a module only the board has: importing it costs our heap nothing there."""


def firmware_ports():
    """Return the names of the ports, which main.py imports one way or another."""
    import os

    folder = "/baybridge/ports"
    names = []
    for entry in os.ilistdir(sys.path[0] + folder):
        name = entry[0].rsplit(".", 1)[0]
        if name != "__init__":
            names.append("baybridge.ports." + name)
    return sorted(names)


def import_all(names):
    import asyncio

    # asyncio loads its parts when they are first named.
    for part in ("Event", "Lock", "gather", "start_server"):
        getattr(asyncio, part)
    for name in names:
        __import__(name)


def shares(names):
    """Return {module: bytes} while importing names."""
    import builtins

    real_import = builtins.__import__
    own = {}
    inner = [0]
    # asyncio finds its parts relative to who imports; that cannot be passed on from here.
    import_all(())

    def counting_import(name, *args):
        if name in sys.modules or not name.startswith(("baybridge", "microdot")):
            return real_import(name, *args)
        before = used()
        inner.append(0)
        try:
            return real_import(name, *args)
        finally:
            whole = used() - before
            own[name] = own.get(name, 0) + whole - inner.pop()
            inner[-1] += whole

    builtins.__import__ = counting_import
    import_all(names)
    builtins.__import__ = real_import
    return own


def main():
    import json

    kind = sys.argv[1]
    for name in ("bluetooth", "esp", "esp32", "machine", "network"):
        sys.modules[name] = _Nothing()
    use_code(kind)
    names = ["baybridge.app"] + firmware_ports()
    if "table" in sys.argv:
        print(json.dumps(shares(names)))
        return
    base = used()
    import_all(["asyncio"])
    asyncio_bytes = used() - base
    micropython.qstr_info()
    import_all(names)
    whole = used() - base
    micropython.qstr_info()
    from baybridge.protocol import checksum

    module = sys.modules["baybridge.app"]
    import uctypes

    heap_end = uctypes.addressof(bytearray(1))
    print(
        json.dumps(
            {
                "bytes": whole,
                "asyncio_bytes": asyncio_bytes,
                "file": module.__file__,
                "constant_at": uctypes.addressof(checksum._TABLE),
                "heap_at": heap_end,
            }
        )
    )


main()
