"""A stand-in offers what the real thing offers, under the same names, and nothing more.

1. Each port class (ports/x.py) against its Fake and Host classes (fakes/x.py).
2. Each fake of a MicroPython module against the type stubs of the real one.
Read with ast: a port imports hardware modules, so the host cannot import it.
"""

import ast

import pytest

from host_tests.conftest import ROOT

PORTS = ROOT / "firmware" / "baybridge" / "ports"
FAKES = ROOT / "host_tests" / "fakes"
TYPINGS = ROOT / ".tools" / "typings"

# Pairs whose names do not follow the rule ports/x.py:X <-> fakes/x.py:FakeX, HostX.
OTHER_PAIRS: list[tuple[str, str, str, str]] = []

MODULE_FAKES = ("bluetooth", "esp32", "machine", "network", "ntptime")

# What the host's radio model calls on a fake, never the firmware.
STEERING = {"bluetooth.BLE": {"attach", "fail_connect", "finish", "fire", "lose", "stop_scan"}}

# Where the stubs are known to be stricter than the module, with the source.
STUB_IS_WRONG = {
    # docs/library/bluetooth.rst: "pass None to cancel a connection attempt".
    "bluetooth.BLE.gap_connect: needs 2 arguments, the fake 1",
}


class Signature:
    """The arguments of one def: names by position, how many are required, * and **."""

    def __init__(self, node, is_method):
        args = node.args
        positional = [arg.arg for arg in args.posonlyargs + args.args]
        decorators = {getattr(item, "id", "") for item in node.decorator_list}
        skip = 1 if is_method and "staticmethod" not in decorators else 0
        self.is_async = isinstance(node, ast.AsyncFunctionDef)
        self.is_property = "property" in decorators
        self.names = positional[skip:]
        self.positional_only = len(args.posonlyargs) - skip
        self.required = max(len(self.names) - len(args.defaults), 0)
        self.keyword_only = {arg.arg for arg in args.kwonlyargs}
        self.has_star = args.vararg is not None
        self.has_keywords = args.kwarg is not None


def is_def(node):
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)


def methods_of(class_node):
    """Return {name: [Signature, ...]} of the public methods, one for each overload."""
    found = {}
    for node in class_node.body:
        if is_def(node) and not node.name.startswith("_"):
            found.setdefault(node.name, []).append(Signature(node, is_method=True))
    return found


def classes_of(tree):
    return {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}


def attributes_of(class_node):
    """Return the names a class sets on itself or its objects."""
    found = set()
    for node in ast.walk(class_node):
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            found.add(node.attr if isinstance(node, ast.Attribute) else node.id)
    return found


def pair_problems(port, fake):
    """Yield what of a port class the fake class lacks or has otherwise."""
    offered = methods_of(fake)
    for name, [wanted] in methods_of(port).items():
        if name not in offered:
            if not (wanted.is_property and name in attributes_of(fake)):
                yield f"{fake.name} has no {name}"
            continue
        got = offered[name][0]
        if got.is_async != wanted.is_async:
            yield f"{fake.name}.{name}: async in one of them only"
        if got.names != wanted.names or got.keyword_only != wanted.keyword_only:
            yield f"{fake.name}.{name}: arguments {got.names}, not {wanted.names}"
        if got.required != wanted.required:
            yield f"{fake.name}.{name}: {got.required} required arguments, not {wanted.required}"


def pairs():
    """Return [(port file, port class, fake file, fake class)] of everything that exists."""
    found = list(OTHER_PAIRS)
    for path in sorted(PORTS.glob("*.py")):
        fake = FAKES / path.name
        if fake.exists():
            fakes = classes_of(ast.parse(fake.read_text()))
            for name in classes_of(ast.parse(path.read_text())):
                for kind in ("Fake", "Host"):
                    if kind + name in fakes:
                        found.append((path.name, name, path.name, kind + name))
    return found


@pytest.mark.parametrize("pair", pairs(), ids=lambda pair: pair[3])
def test_port_when_compared_with_its_stand_in_then_they_agree(pair):
    port_file, port_class, fake_file, fake_class = pair
    port = classes_of(ast.parse((PORTS / port_file).read_text()))[port_class]
    fake = classes_of(ast.parse((FAKES / fake_file).read_text()))[fake_class]
    assert list(pair_problems(port, fake)) == []


def test_pairs_when_listed_then_the_clocks_are_among_them():
    assert {fake_class for _, _, _, fake_class in pairs()} >= {"FakeClock", "HostClock"}


# --- fakes of MicroPython's own modules -------------------------------------------------------


def signature_problems(what, got, overloads):
    """Yield where a fake's def takes more than every overload of the stub."""
    most = max(len(stub.names) for stub in overloads)
    least = min(stub.required for stub in overloads)
    has_star = any(stub.has_star for stub in overloads)
    if len(got.names) > most and not has_star:
        yield f"{what}: takes {most} arguments, the fake {len(got.names)}"
    if got.required < least and not got.has_star:
        yield f"{what}: needs {least} arguments, the fake {got.required}"
    if got.has_keywords and not any(stub.has_keywords for stub in overloads):
        yield f"{what}: takes no **"
    by_name = set()
    for stub in overloads:
        by_name |= set(stub.names[max(stub.positional_only, 0) :]) | stub.keyword_only
    by_position = max(max(stub.positional_only, 0) for stub in overloads)
    for name in [*got.names[by_position:], *got.keyword_only]:
        if name not in by_name and not has_star:
            yield f"{what}: has no argument {name}"


def stub_problems(module, fake, stub):
    """Yield what a fake module offers that the stub of the real one does not."""
    stub_names = {node.name for node in stub.body if is_def(node)} | set(classes_of(stub))
    for node in stub.body:
        if isinstance(node, ast.AnnAssign):
            stub_names.add(node.target.id)
    stub_defs = {}
    for node in stub.body:
        if is_def(node):
            stub_defs.setdefault(node.name, []).append(Signature(node, is_method=False))
    for node in fake.body:
        names = [node.name] if is_def(node) or isinstance(node, ast.ClassDef) else []
        if isinstance(node, ast.Assign):
            names = [name.id for name in ast.walk(node) if is_stored(name)]
        for name in names:
            if not name.startswith("_") and name not in stub_names:
                yield f"{module}.{name} does not exist"
        if is_def(node) and node.name in stub_defs:
            got = Signature(node, is_method=False)
            yield from signature_problems(f"{module}.{node.name}", got, stub_defs[node.name])
        if isinstance(node, ast.ClassDef) and node.name in classes_of(stub):
            what = f"{module}.{node.name}"
            yield from class_problems(what, node, classes_of(stub)[node.name])


def is_stored(node):
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def class_problems(what, fake, stub):
    stub_methods = methods_of(stub)
    for name, [got] in methods_of(fake).items():
        if name in STEERING.get(what, ()):
            continue
        if name not in stub_methods:
            yield f"{what}.{name} does not exist"
        else:
            yield from signature_problems(f"{what}.{name}", got, stub_methods[name])


def test_module_fakes_when_compared_with_the_stubs_then_none_is_kinder():
    found = []
    for module in MODULE_FAKES:
        if (FAKES / f"{module}.py").exists():
            fake = ast.parse((FAKES / f"{module}.py").read_text())
            stub = ast.parse((TYPINGS / f"{module}.pyi").read_text())
            found += stub_problems(module, fake, stub)
    assert set(found) - STUB_IS_WRONG == set()


# --- each check is seen to fail ---------------------------------------------------------------

PORT = (
    "class X:\n    async def a(self, x, y=1): pass\n    def b(self): pass\n"
    "    def _c(self): pass\n"
)


@pytest.mark.parametrize(
    ("fake", "named"),
    [
        ("class F:\n    async def a(self, x, y=1): pass", "has no b"),
        ("class F:\n    def a(self, x, y=1): pass\n    def b(self): pass", "async"),
        ("class F:\n    async def a(self, x, z=1): pass\n    def b(self): pass", "['x', 'z']"),
        ("class F:\n    async def a(self, x, y): pass\n    def b(self): pass", "2 required"),
        ("class F:\n    async def a(self, x, y=1): pass\n    def b(self, q): pass", "['q']"),
    ],
)
def test_pair_when_the_stand_in_differs_then_it_is_named(fake, named):
    [port_class] = classes_of(ast.parse(PORT)).values()
    [fake_class] = classes_of(ast.parse(fake)).values()
    found = list(pair_problems(port_class, fake_class))
    assert named in found[0]
    assert list(pair_problems(port_class, port_class)) == []


STUB = (
    "A: int = ...\ndef f(x: int, /, y: int = 1) -> None: ...\n"
    "class C:\n    def m(self, a, b=2, /): ...\n    @overload\n    def n(self): ...\n"
    "    @overload\n    def n(self, on: bool): ...\n    def o(self, **kw): ...\n"
)


@pytest.mark.parametrize(
    ("fake", "found"),
    [
        ("A = 1\n_B = 2\ndef f(q, y=1): pass", []),
        ("class C:\n    def m(self, x, y=1): pass\n    def n(self, on=None): pass", []),
        ("class C:\n    def o(self, **kw): pass\n    def _p(self): pass", []),
        ("B = 1", ["t.B does not exist"]),
        ("def g(): pass", ["t.g does not exist"]),
        ("class D: pass", ["t.D does not exist"]),
        ("class C:\n    def z(self): pass", ["t.C.z does not exist"]),
        ("def f(x, z=1): pass", ["t.f: has no argument z"]),
        ("def f(x, y, z): pass", ["t.f: takes 2 arguments, the fake 3", "t.f: has no argument z"]),
        ("class C:\n    def m(self, a=1): pass", ["t.C.m: needs 1 arguments, the fake 0"]),
        ("class C:\n    def n(self, **kw): pass", ["t.C.n: takes no **"]),
    ],
)
def test_module_fake_when_kinder_than_the_stub_then_it_is_named(fake, found):
    assert list(stub_problems("t", ast.parse(fake), ast.parse(STUB))) == found
