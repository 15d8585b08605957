"""The dependency rule and the habits that can be read off the source (ast only, no import).

main -> app -> tasks -> web -> record -> battery; tasks -> protocol -> battery; only app imports
ports; ports import nothing of ours; the pure rooms know no time and no I/O; importing a module
defines names and does nothing else.
"""

import ast
from pathlib import PurePath

import pytest

from host_tests.conftest import ROOT

FIRMWARE = ROOT / "firmware"

# Room -> the rooms it may import. A file right below baybridge/ is a room of its own.
MAY_IMPORT = {
    "main": {"app", "slots", "black_box", "crash_record", "safe_mode"},
    "boot": {"black_box"},
    # Beside main.py, and not part of the version that is replaced. What of a version they need
    # is loaded when it is known which one runs.
    "slots": set(),
    "black_box": set(),
    "crash_record": set(),
    "safe_http": set(),
    "safe_mode": {"slots", "black_box", "crash_record", "safe_http", "safe_update"},
    # Of a version only app_update.take(), and only while an update is taken.
    "safe_update": {"slots", "black_box", "safe_http", "safe_mode", "app"},
    "app": {
        "tasks",
        "web",
        "record",
        "protocol",
        "battery",
        "ports",
        "config",
        "version",
        "slots",
        "crash_record",
    },
    "tasks": {"web", "record", "protocol", "battery", "config", "version"},
    "web": {"record", "battery", "config", "version"},
    "record": {"battery"},
    "protocol": {"battery"},
    "battery": set(),
    "config": {"battery", "version"},
    "version": set(),
    "ports": set(),
}
PURE = {"battery", "protocol", "record", "config", "version"}
PURE_STDLIB = {"array", "binascii", "json", "math", "micropython", "struct"}
BESIDE_MAIN = {
    "boot", "main", "slots", "black_box", "crash_record", "safe_http", "safe_mode", "safe_update",
}  # fmt: skip
HARDWARE = {"bluetooth", "esp", "esp32", "espnow", "machine", "network", "ntptime", "vfs"}
# Outside ports all waiting goes through the clock that was handed in.
TIMED = {"sleep", "sleep_ms", "wait_for", "wait_for_ms"}

# What a module body may call: it makes a value and touches nothing.
HARMLESS_CALLS = {
    "array", "bytearray", "bytes", "const", "dict", "frozenset", "int", "len", "max", "min",
    "namedtuple", "range", "set", "tuple",
    "array.array", "struct.calcsize", "binascii.unhexlify", "time.gmtime",
}  # fmt: skip
HARMLESS_DECORATORS = {"property", "staticmethod", "classmethod", "native", "viper"}

MAX_LINES = 400
CODE_SUFFIXES = {".py", ".js", ".mjs", ".css", ".html", ".sh"}
# Fetched, not ours.
NOT_OURS = {"data", "node_modules"}


def room_of(path):
    """Return the room of a path relative to firmware/."""
    parts = path.with_suffix("").parts
    if parts[0] != "baybridge":
        return parts[0]
    room = parts[1] if len(parts) > 1 else "__init__"
    for wide in ("app", "config"):
        if room.startswith(wide):
            return wide
    return room


def imported_names(tree):
    """Yield (line, dotted name) of every import, inside functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            for alias in node.names:
                yield node.lineno, f"{base}.{alias.name}"


def import_problems(room, tree):
    """Yield what a file of this room imports against the rule."""
    for line, name in imported_names(tree):
        top = name.split(".")[0]
        if name.startswith("."):
            yield f"{line}: relative import {name}"
        elif top == "baybridge":
            target = (name.split(".") + [""])[1]
            target = room_of(PurePath("baybridge", target)) if target else target
            if target != room and target not in MAY_IMPORT.get(room, set()):
                yield f"{line}: {room} must not import {name}"
            elif room == target == "ports":
                yield f"{line}: ports import nothing of ours: {name}"
        elif top in BESIDE_MAIN:
            if top not in MAY_IMPORT.get(room, set()):
                yield f"{line}: {room} must not import {name}"
        elif top in HARDWARE:
            is_start = top == "machine" and room in ("main", "boot", "black_box", "safe_mode")
            if room != "ports" and not is_start and (room, top) != ("safe_mode", "network"):
                yield f"{line}: only ports import {top}"
        elif top == "time":
            if room not in ("ports", "main", "boot", "black_box", "safe_http", "safe_mode"):
                yield f"{line}: {room} must not import time"
        elif room in PURE and top not in PURE_STDLIB:
            yield f"{line}: {room} is pure and must not import {top}"


def wait_problems(room, tree):
    """Yield waits that go past the clock."""
    for node in ast.walk(tree):
        if room != "ports" and dotted(node) in {f"asyncio.{name}" for name in TIMED}:
            yield f"{node.lineno}: {dotted(node)}: wait through the clock that was handed in"


def dotted(node):
    """Return `a.b.c` of a name or attribute node, else an empty text."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        base = dotted(node.value)
        return base and f"{base}.{node.attr}"
    return ""


def call_problems(node):
    """Yield calls in an expression that a module body may not make."""
    if isinstance(node, ast.Lambda):
        return
    if isinstance(node, ast.Call) and dotted(node.func) not in HARMLESS_CALLS:
        yield f"{node.lineno}: calls {dotted(node.func) or 'something'} when imported"
    for child in ast.iter_child_nodes(node):
        yield from call_problems(child)


def effect_problems(body):
    """Yield the statements of a module or class body that do more than define names."""
    for i, node in enumerate(body):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and i == 0:
            continue
        if isinstance(node, ast.Import | ast.ImportFrom | ast.Pass):
            continue
        if isinstance(node, ast.Assign | ast.AnnAssign):
            yield from call_problems(node)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from decorator_problems(node)
            yield from call_problems(node.args)
        elif isinstance(node, ast.ClassDef):
            yield from decorator_problems(node)
            yield from effect_problems(node.body)
        elif isinstance(node, ast.If):
            yield from call_problems(node.test)
            yield from effect_problems(node.body + node.orelse)
        elif isinstance(node, ast.Try):
            handlers = [line for handler in node.handlers for line in handler.body]
            yield from effect_problems(node.body + handlers + node.orelse + node.finalbody)
        else:
            yield f"{node.lineno}: {type(node).__name__} runs when imported"


def decorator_problems(node):
    for decorator in node.decorator_list:
        name = dotted(decorator)
        if name.split(".")[-1] not in HARMLESS_DECORATORS | {"setter"}:
            yield f"{decorator.lineno}: decorator {name or '(call)'} runs when imported"


def docstring_problems(tree, room):
    """Yield what lacks a docstring: every module; in pure rooms also what is public."""
    if tree.body and not ast.get_docstring(tree):
        yield "1: the module has no docstring"
    for node in tree.body if room in PURE else ():
        is_def = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        if is_def and not node.name.startswith("_") and not ast.get_docstring(node):
            yield f"{node.lineno}: {node.name} has no docstring"


def firmware_sources():
    """Return [(path relative to firmware/, room, tree)] of all firmware modules."""
    found = []
    for path in sorted(FIRMWARE.rglob("*.py")):
        name = path.relative_to(FIRMWARE)
        # The manifest is a recipe for the build of an image, not a module of the board.
        if name.name != "manifest.py":
            found.append((name, room_of(name), ast.parse(path.read_text())))
    assert len(found) > 5
    return found


def problems_of(check):
    return [
        f"firmware/{name}:{problem}"
        for name, room, tree in firmware_sources()
        for problem in check(name, room, tree)
    ]


def test_imports_when_read_off_the_source_then_they_follow_the_dependency_rule():
    assert problems_of(lambda name, room, tree: import_problems(room, tree)) == []


def test_rooms_when_read_off_the_source_then_each_has_a_rule():
    assert {room for _, room, _ in firmware_sources()} <= set(MAY_IMPORT) | {"__init__"}


def test_waits_when_read_off_the_source_then_all_go_through_the_clock():
    assert problems_of(lambda name, room, tree: wait_problems(room, tree)) == []


def test_module_bodies_when_imported_then_they_only_define_names():
    def check(name, room, tree):
        # main.py and boot.py are scripts: the board runs them, nobody imports them.
        return () if room in ("main", "boot") else effect_problems(tree.body)

    assert problems_of(check) == []


def test_docstrings_when_read_off_the_source_then_none_is_missing():
    assert problems_of(lambda name, room, tree: docstring_problems(tree, room)) == []
    for path in [*(ROOT / "tools").rglob("*.py"), *(ROOT / "host_tests" / "fakes").rglob("*.py")]:
        assert not list(docstring_problems(ast.parse(path.read_text()), "")), path


def test_files_when_counted_then_none_has_more_than_400_lines():
    long = {}
    for folder in ("firmware", "tools", "host_tests"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in CODE_SUFFIXES and NOT_OURS.isdisjoint(path.parts):
                lines = len(path.read_text().splitlines())
                if lines > MAX_LINES:
                    long[str(path.relative_to(ROOT))] = lines
    assert long == {}


# --- each check is seen to fail ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("room", "source"),
    [
        ("battery", "import time"),
        ("battery", "import asyncio"),
        ("battery", "def f():\n    import os"),
        ("battery", "from baybridge.record import csv_line"),
        ("protocol", "import baybridge.record.csv_line"),
        ("protocol", "from io import BytesIO"),
        ("record", "from baybridge.protocol.abc import decode"),
        ("record", "import socket"),
        ("web", "from baybridge.protocol import abc"),
        ("web", "from baybridge.tasks import serve"),
        ("web", "from time import time"),
        ("web", "from baybridge.ports.clock import Clock"),
        ("tasks", "from baybridge.ports import ble"),
        ("tasks", "from baybridge import app"),
        ("tasks", "import machine"),
        ("app", "import network"),
        ("app", "from vfs import VfsFat"),
        ("config", "from baybridge.web import routes"),
        ("ports", "from baybridge.battery import sample"),
        ("ports", "from baybridge.ports import files"),
        ("main", "from baybridge.tasks import serve"),
        ("main", "import bluetooth"),
        ("boot", "from baybridge import version"),
        ("boot", "import slots"),
        ("slots", "import machine"),
        ("safe_mode", "from baybridge import version"),
        ("safe_mode", "import bluetooth"),
        ("safe_update", "from baybridge.tasks import update"),
        ("tasks", "import slots"),
        ("record", "import black_box"),
        ("web", "from . import guard"),
    ],
)
def test_imports_when_one_breaks_the_rule_then_it_is_found(room, source):
    assert len(list(import_problems(room, ast.parse(source)))) == 1


@pytest.mark.parametrize(
    ("room", "source"),
    [
        ("battery", "from micropython import const\nimport struct"),
        ("record", "from baybridge.battery import sample\nimport json"),
        ("tasks", "from baybridge.protocol import abc\nimport asyncio"),
        ("tasks", "from baybridge.battery.sample import Sample"),
        ("app", "from baybridge.ports import ble\nfrom baybridge import config"),
        ("ports", "import machine, time, asyncio"),
        ("boot", "import machine\nimport black_box"),
        ("safe_mode", "import machine, network, time, socket\nimport slots"),
        ("app", "import slots"),
        ("main", "from baybridge.app import App\nimport machine"),
    ],
)
def test_imports_when_they_keep_the_rule_then_nothing_is_found(room, source):
    assert list(import_problems(room, ast.parse(source))) == []


@pytest.mark.parametrize(
    "source",
    [
        "print(1)",
        "x = open('a')",
        "x = [f(i) for i in y]",
        "for i in y:\n    pass",
        "class A:\n    x = f()",
        "def f(x=g()):\n    pass",
        "@app.get('/')\ndef f():\n    pass",
        "if f():\n    pass",
        "if x:\n    print(1)",
        "try:\n    import a\nexcept ImportError:\n    print(1)",
        "'doc'\n'again'",
        "x += 1",
        "with x:\n    pass",
    ],
)
def test_module_body_when_it_does_something_then_it_is_found(source):
    assert len(list(effect_problems(ast.parse(source).body))) == 1


def test_module_body_when_it_defines_names_then_nothing_is_found():
    source = (
        "'doc'\nimport a\nX = const(1)\nY: int = -X | 2\nZ = (1, [2], {'a': bytes(3)})\n"
        "K = lambda: f()\n"
        "class A:\n    'doc'\n    x = 1\n    @property\n    def y(self):\n        print(1)\n"
        "async def f(a=1):\n    await g()\n"
        "try:\n    import b\nexcept ImportError:\n    b = None\n"
    )
    assert list(effect_problems(ast.parse(source).body)) == []


def test_docstrings_when_missing_then_each_is_found():
    source = "def a():\n    pass\ndef _b():\n    pass\nclass C:\n    'doc'\n"
    found = list(docstring_problems(ast.parse(source), "battery"))
    assert found == ["1: the module has no docstring", "1: a has no docstring"]


def test_waits_when_past_the_clock_then_found():
    source = "async def f():\n    await asyncio.sleep_ms(1)\n    await clock.sleep_ms(1)\n"
    assert len(list(wait_problems("tasks", ast.parse(source)))) == 1
    assert list(wait_problems("ports", ast.parse(source))) == []
