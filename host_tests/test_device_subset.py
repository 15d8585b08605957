"""Firmware uses only what MicroPython has; and each rule is seen to fail, on MicroPython too."""

import json

import pytest

from host_tests.conftest import ROOT
from host_tests.device_subset import problems
from tools.size import firmware_files

# (what must be named, source). Each of these also fails on MicroPython 1.25 when it runs.
REFUSED = [
    ("match", "match 3:\n    case 3: pass"),
    ("except*", "try:\n    pass\nexcept* ValueError:\n    pass"),
    ("positional-only", "def f(a, /): pass"),
    ("* inside a list", "a = [*(1, 2), 3]"),
    ("** inside a dict", "a = {**{}, 'a': 1}"),
    ("slice with a step", "a = 'abc'[::-1]"),
    ("class keywords", "class A(metaclass=type): pass"),
    ("asynchronous comprehension", "async def f(x):\n    return [i async for i in x]"),
    ("asyncio.Queue", "import asyncio\nasyncio.Queue()"),
    ("asyncio.TaskGroup", "import asyncio\nasyncio.TaskGroup()"),
    ("asyncio.timeout", "import asyncio\nasyncio.timeout(1)"),
    ("asyncio.to_thread", "from asyncio import to_thread"),
    ("asyncio.shield", "from asyncio import shield"),
    ("asyncio.IncompleteReadError", "import asyncio\nasyncio.IncompleteReadError"),
    ("no module typing", "import typing"),
    ("no module enum", "from enum import Enum"),
    ("no module dataclasses", "import dataclasses"),
    ("no module abc", "import abc"),
    ("no module functools", "import functools"),
    ("no module logging", "def f():\n    import logging\nf()"),
    ("no module unittest", "import unittest"),
    ("no module collections.abc", "import collections.abc"),
    ("TimeoutError is not", "x = TimeoutError"),
    ("ConnectionError is not", "try:\n    1 // 0\nexcept ConnectionError: pass"),
    ("PermissionError is not", "x = PermissionError"),
    ("FileNotFoundError is not", "x = (OSError, FileNotFoundError)"),
    ("UnicodeDecodeError is not", "x = UnicodeDecodeError"),
    ("format is not", "x = format(3, 'x')"),
    ("private const", "from micropython import const\nclass A:\n    _X = const(1)\nA()._X"),
    (".zfill()", "'1'.zfill(3)"),
    (".isprintable()", "'1'.isprintable()"),
    (".removeprefix()", "'1'.removeprefix('1')"),
    (".ljust()", "'1'.ljust(3)"),
    (".bit_length()", "x = 3\nx.bit_length()"),
    (".tobytes()", "memoryview(b'a').tobytes()"),
    ("from_bytes(signed=)", "int.from_bytes(b'a', 'big', signed=True)"),
    ("to_bytes(signed=)", "x = 3\nx.to_bytes(2, 'big', signed=True)"),
    ("split(sep=)", "'a,b'.split(sep=',')"),
    ("decode(errors=)", "b'a'.decode(errors='ignore')"),
    ("zip(strict=)", "zip((1,), (2,), strict=True)"),
    ("print(flush=)", "print(flush=True)"),
    ("dumps(indent=)", "import json\njson.dumps({}, indent=1)"),
]

# It does not fail there; it does something else than on CPython.
MISLEADING = [
    ("raise ... from", "raise ValueError from None"),
    ("bare except", "try:\n    f()\nexcept:\n    pass"),
    ("asynchronous generator", "async def f():\n    yield 1"),
    ("_X: a private constant", "from baybridge.protocol.abc import _X"),
    ("__del__ is never called", "class A:\n    def __del__(self): pass"),
]

ALLOWED = [
    "from baybridge.protocol import abc",
    "import asyncio\nx = asyncio.TimeoutError",
    "from micropython import const\n_X = const(1)\ny = _X",
    "class A:\n    X = 1\n    _y = 2",
    "if (n := 3) > 2: pass",
    "def f(a, *, b=1): return [i for i in a if i]\nf((), **{})",
    "a = b = 1\nx = f'{a!r} {a:>5} {a=}'",
    "a, *b = (1, 2, 3)\nprint(*b, sep='')",
    "x: int | None = 3\ny: list[int] = []",
    "def ascii(x): return x\nascii(3)",
    "def f():\n    yield from (1, 2)",
    "a = bytearray(3)\na[0:2] = b'ab'",
    "b'a'.hex(); bytes.fromhex('00'); 'a'.center(3); 'a b'.partition(' ')",
]

RUN_EACH = """
import json, sys
for number, source in enumerate(json.loads(open(sys.argv[1]).read())):
    try:
        exec(source, {})
        print("#", number, "ran")
    except Exception:
        print("#", number, "failed")
"""


@pytest.mark.parametrize("path", firmware_files(), ids=lambda path: path.stem)
def test_firmware_when_read_then_uses_only_what_the_board_has(path):
    assert [f"{path.relative_to(ROOT)}:{why}" for why in problems(path.read_text())] == []


@pytest.mark.parametrize(("named", "source"), REFUSED + MISLEADING)
def test_source_when_the_board_lacks_something_then_it_is_named(named, source):
    found = problems(source)
    assert len(found) == 1
    assert named in found[0]


@pytest.mark.parametrize("source", ALLOWED)
def test_source_when_the_board_has_it_then_nothing_is_found(source):
    assert problems(source) == []


def run_each(micropython, tmp_path, sources):
    (tmp_path / "run.py").write_text(RUN_EACH)
    (tmp_path / "sources.json").write_text(json.dumps(sources))
    status, output = micropython(str(tmp_path / "run.py"), str(tmp_path / "sources.json"))
    assert status == 0, output
    return [line.split()[2] for line in output.splitlines() if line.startswith("# ")]


def test_rules_when_tried_on_micropython_then_what_is_refused_fails(micropython, tmp_path):
    results = run_each(micropython, tmp_path, [source for _, source in REFUSED])
    assert len(results) == len(REFUSED)
    ran = [REFUSED[i] for i, result in enumerate(results) if result == "ran"]
    assert ran == []


def test_rules_when_tried_on_micropython_then_what_is_allowed_runs(micropython, tmp_path):
    # The first names a module that may not be there yet.
    results = run_each(micropython, tmp_path, ALLOWED[1:])
    assert results == ["ran"] * (len(ALLOWED) - 1)
