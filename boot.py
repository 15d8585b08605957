"""The board's boot.py: what has to be there before anything can go wrong. It returns."""

import machine
import micropython

# An exception in an interrupt has no heap to be reported on.
micropython.alloc_emergency_exception_buf(100)
# First of all: whatever hangs from here on ends in a reset (platform.md 6.1). The application's
# supervisor feeds it, and only while every task makes progress.
machine.WDT(timeout=60000)
