"""Run the test_* functions of one file under MicroPython: runner.py FILE [NAME ...].

Prints `ok NAME` or `FAIL NAME` after each test; what a test printed, or its traceback, stands
above its line. host_tests/conftest.py reads that. Ends with 1 if a test failed.
"""

import gc
import sys


def test_names(path):
    """Return the names in the order of the file: a dict has no order here."""
    names = []
    with open(path) as file:
        for line in file:
            if line.startswith("def test_"):
                names.append(line[4 : line.index("(")])
    return names


def import_file(path):
    """Import a file by its module name below the current folder, which is on sys.path."""
    name = path[:-3].replace("/", ".")
    __import__(name)
    return sys.modules[name]


def main(path, only):
    module = import_file(path)
    failed = 0
    for name in test_names(path):
        if only and name not in only:
            continue
        gc.collect()
        try:
            getattr(module, name)()
        except Exception as exc:
            failed += 1
            sys.print_exception(exc, sys.stdout)
            print("FAIL " + name)
        else:
            print("ok " + name)
    return 1 if failed else 0


sys.exit(main(sys.argv[1], sys.argv[2:]))
