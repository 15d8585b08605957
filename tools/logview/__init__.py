"""Reads, checks, plots, converts and merges the logs of the card: `python -m tools.logview`.

A program of the host's CPython; what a line is, what its checksum covers and how a boot is
placed in time it takes from the firmware's own record/. docs/logview.md is for its user.
"""
