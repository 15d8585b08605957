"""Does a call allocate? Asked of MicroPython with the heap locked; CPython cannot tell."""

import gc
import micropython
import sys

IS_MICROPYTHON = sys.implementation.name == "micropython"


def allocates(fn, *args):
    """Call fn with up to four arguments, heap locked; tell whether it asked for memory.

    What fn allocates only the first time (a lazy import, a growing list) counts too: call it
    once before, if that is not meant. On CPython fn just runs: always False.
    """
    gc.collect()
    micropython.heap_lock()
    try:
        _call(fn, args)
    except MemoryError:
        return IS_MICROPYTHON
    finally:
        micropython.heap_unlock()
    return False


def _call(fn, args):
    # Spelled out, because fn(*args) itself allocates.
    n = len(args)
    if n == 0:
        fn()
    elif n == 1:
        fn(args[0])
    elif n == 2:
        fn(args[0], args[1])
    elif n == 3:
        fn(args[0], args[1], args[2])
    elif n == 4:
        fn(args[0], args[1], args[2], args[3])
    else:
        raise TypeError("too many arguments")
