"""The board's boot.py: what has to be there before anything can go wrong.

It returns, whatever happens: a boot.py that raises would keep main.py from running at all. Only
somebody at the console who interrupts it is meant to get that far.
"""


def boot():
    """Start the watchdog, and decide how this start goes."""
    try:
        import machine

        # First of all: whatever hangs from here on ends in a reset (platform.md 6.1). The
        # application's supervisor feeds it, and only while every task makes progress.
        machine.WDT(timeout=60000)
    except Exception as exc:
        print("boot: no watchdog:", exc)
    try:
        import micropython

        # An exception in an interrupt has no heap to be reported on.
        micropython.alloc_emergency_exception_buf(100)
    except Exception as exc:
        print("boot:", exc)
    try:
        import black_box

        black_box.decide()
    except Exception as exc:
        print("boot: no counting of crashes:", exc)


boot()
