"""tools/rehearse/log_until_killed.py with a writer that reports what is still in RAM."""

import sys

# First: imported through the rehearsal it would nest too deep for MicroPython's stack.
import host_tests.fakes.world  # noqa: F401
from host_tests.tasks.test_power_cut import HastyWriter
from tools.rehearse.log_until_killed import main

if __name__ == "__main__":
    main(*sys.argv[1:], make_writer=HastyWriter)
