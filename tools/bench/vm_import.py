"""What importing the firmware takes of the heap, with nothing else there: KIND [table].

The modules are those the board's main.py imports, and those the start enters and leaves again.
With "table" each one's own share: a module is charged with what it imports first.
"""

import json
import micropython
import sys

from tools.bench.vm_common import (
    firmware_modules,
    import_all,
    is_in_rom,
    stand_for_board_modules,
    use_code,
    used,
)


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


class NoFiles:
    """A flash without a configuration."""

    def read_text(self, name):
        return None


def start_rooms():
    """Enter what the start needs for a moment: the names in it stay in the table of names."""
    sys.modules["baybridge.app_config"].read_config(NoFiles())


def main():
    kind = sys.argv[1]
    stand_for_board_modules(with_fakes=False)
    use_code(kind)
    names = firmware_modules()
    if "table" in sys.argv:
        print(json.dumps({"shares": shares(names)}))
        return
    base = used()
    import_all(())
    asyncio_bytes = used() - base
    import_all(names)
    start_rooms()
    result = {
        "bytes": used() - base,
        "asyncio_bytes": asyncio_bytes,
        "modules": [name for name in sys.modules if name.startswith(("baybridge", "microdot"))],
        "file": getattr(sys.modules["baybridge.app"], "__file__", "frozen"),
        # Code cannot be asked where it is; a constant beside it can.
        "is_in_rom": is_in_rom(sys.modules["baybridge.protocol.checksum"]._TABLE),
    }
    micropython.qstr_info()
    print(json.dumps(result))


main()
