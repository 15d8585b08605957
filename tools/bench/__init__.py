"""`make bench`: how much, how fast, how reliably; one module of figures() for each group.

Files named vm_* run on MicroPython. Nothing is imported here: they are in this package too.
"""
