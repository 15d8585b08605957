"""The foundation's figures: heap, HTTP rate, decoder.

Heap figures are of the 32-bit MicroPython that `make setup` provides, whose objects have the
ESP32's sizes. heap_rom_bytes and heap_ram_bytes are the sum of two runs: what importing the
firmware takes with nothing else there (vm_import.py), asyncio and microdot included, and what
10 minutes of polling add with the world already built (vm_run.py). One run alone would have
the stand-ins share interned names with the firmware.
"""

import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
from pathlib import Path

from tools.bench import frozen, http_load, vm
from tools.bench.report import CannotMeasure, Figure, guarded

_VENV = vm.ROOT / ".tools" / "bench-venv"
_PACKAGES = ("sok-ble==0.1.9", "aiobmsble==0.31.0")
_MIN_PYTHON = (3, 12)  # aiobmsble's own
# Short blocks, so that whatever else the machine does meets both of a pair.
_HTTP_PAIRS = 24
_HTTP_BLOCK_S = 0.3


_HEAP = ("heap_rom_bytes", "heap_ram_bytes", "heap_drift_10min_bytes")
_DECODE = ("decode_vs_sok_ble_ratio", "decode_vs_aiobmsble_ratio")


def figures():
    yield from guarded(_HEAP, _heap_figures)
    yield from guarded(("heap_per_poll_bytes",), _poll_figure)
    yield from guarded(("http_batteries_ratio",), _http_figure)
    yield from guarded(_DECODE, _decode_figures)


# --- heap -------------------------------------------------------------------------------------


def _heap_figures():
    sizes = vm.build_code()
    imported = {kind: vm.run("vm_import.py", kind) for kind in ("rom", "ram")}
    ran = {kind: vm.run("vm_run.py", kind, str(free_port())) for kind in ("rom", "ram")}
    check_rom(imported, sizes)
    for kind in ("rom", "ram"):
        check_run(ran[kind])
        yield Figure(
            f"heap_{kind}_bytes",
            imported[kind]["bytes"] + ran[kind]["bytes"],
            details=[*_heap_details(imported[kind], ran[kind]), *_shares(kind), *_others(kind)],
        )
    drift = ran["rom"]["drift_bytes"]
    other = ran["ram"]["drift_bytes"]
    details = [f"alive in minute 20 less minute 10, code in ROM; with code in RAM {other}"]
    yield Figure("heap_drift_10min_bytes", drift, details)


def check_rom(imported, sizes):
    """RuntimeError unless the code of the ROM run really stayed in ROM."""
    rom, ram = imported["rom"], imported["ram"]
    if not rom["file"].startswith("/rom/") or not rom["is_in_rom"]:
        raise RuntimeError(f"the firmware was not run from ROM but from {rom['file']}")
    if ram["file"].startswith("/rom/") or ram["is_in_rom"]:
        raise RuntimeError("the firmware was run from ROM where it should not")
    saved = ram["bytes"] - rom["bytes"]
    mpy_bytes = sum(sizes[name] for name in rom["modules"])
    # Byte code is most of a .mpy file; some of the rest is read into the heap either way.
    if not mpy_bytes // 2 < saved < mpy_bytes:
        raise RuntimeError(f"ROM saves {saved} bytes of heap, the code has {mpy_bytes}")


def check_run(ran):
    """RuntimeError if the firmware did not do what the figure is about."""
    has_failed = ran["failures"] or ran["failed_polls"] or ran["refused"] != ["GET /nothing"]
    if ran["polls"] < 550 or ran["answers"] < 1100 or has_failed:
        raise RuntimeError(f"the firmware did not run as it should: {ran}")


def _heap_details(imported, ran):
    return [
        f"{imported['bytes']} imported, {imported['asyncio_bytes']} of it asyncio; "
        + imported["printed"][-1],
        f"{ran['built']} more once built, {ran['polling']} when it polls, "
        f"{ran['bytes']} after 10 minutes with a client",
        f"{ran['asked_bytes']} more, not in the figure, once every route was asked: code that is "
        "loaded then",
    ]


def _others(kind):
    # Beside the figure with code in ROM: what a firmware image would hold.
    if kind == "rom":
        if not os.environ.get("FROZEN"):
            yield "FROZEN=1 adds what it is when frozen into an image, where names cost nothing"
            return
        try:
            micropython = frozen.build()
        except CannotMeasure as exc:
            yield f"frozen into an image: not measured, {exc}"
            return
        imported = vm.run("vm_import.py", "frozen", micropython=micropython)["bytes"]
        ran = vm.run("vm_run.py", "frozen", str(free_port()), micropython=micropython)
        check_run(ran)
        yield (
            f"frozen into an image: {imported + ran['bytes']}, of which {imported} imported; "
            f"{ran['asked_bytes']} more once every route was asked"
        )


def _shares(kind):
    shares = vm.run("vm_import.py", kind, "table")["shares"]
    ranked = sorted(shares.items(), key=lambda item: -item[1])
    cells = [f"{name.removeprefix('baybridge.')} {size}" for name, size in ranked]
    # The table of interned names grows in leaps, which fall on whoever is imported then.
    yield f"imports of {len(cells)} modules, largest first (two or three hold a leap of the"
    yield "table of names):"
    for i in range(0, 16, 4):
        yield "  " + ", ".join(cells[i : i + 4])


def _poll_figure():
    vm.build_code()
    result = vm.run("vm_poll.py", "rom", str(free_port()))
    if result["polls"] < 90 or result["failed_polls"]:
        raise RuntimeError(f"the firmware did not poll as it should: {result}")
    polls = result["polls"]
    yield Figure(
        "heap_per_poll_bytes",
        round(result["bytes"] / polls),
        [
            f"over {polls} cycles of 2 s with {result['requests']} requests, no collection: the "
            "poller and radio",
            "port, the supervisor's and the server's rounds; no log, no client",
        ],
    )


# --- HTTP -------------------------------------------------------------------------------------


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _http_figure():
    ratio, mine, theirs, length, pairs = http_ratio(http_load.BATTERIES)
    yield Figure(
        "http_batteries_ratio",
        ratio,
        [
            f"{mine:.0f} requests/s, microdot alone with {length} constant bytes {theirs:.0f}; "
            f"4 clients, {pairs} pairs of blocks"
        ],
    )


def http_ratio(request):
    """Compare the firmware with microdot alone on one request, in turns and in one process.

    Returns (the ratio of their rates, each one's median, the length of an answer, how many pairs
    of blocks there were).
    """
    vm.build_code()
    ours, stock = free_port(), free_port()
    process = vm.start("vm_http.py", "rom", str(ours), str(stock))
    try:
        said = []
        for line in process.stdout:
            if line.startswith("ready"):
                break
            said.append(line)
        else:
            raise RuntimeError("vm_http.py ended before it served:\n" + "".join(said))
        (head, body), (stock_head, stock_body) = [
            http_load.ask(port, request) for port in (ours, stock)
        ]
        if len(head) != len(stock_head):
            raise RuntimeError(f"not the same number of headers: {head}, {stock_head}")
        if not 0.9 < len(body) / len(stock_body) < 1.1:
            raise RuntimeError(f"not of a length: {len(body)}, {len(stock_body)}")
        rates = []
        for _ in range(_HTTP_PAIRS):
            rates.append(
                [
                    http_load.requests_per_s(
                        port, _HTTP_BLOCK_S, min_bytes=len(body) // 2, request=request
                    )
                    for port in (ours, stock)
                ]
            )
    finally:
        process.kill()
        process.wait()
    # The first pair warms both up.
    rates = rates[1:]
    mine, theirs = (statistics.median(column) for column in zip(*rates, strict=True))
    ratio = round(statistics.median(a / b for a, b in rates), 3)
    return ratio, mine, theirs, len(stock_body), len(rates)


# --- decoder ----------------------------------------------------------------------------------


def _decode_figures():
    python = bench_python()
    script = vm.ROOT / "tools" / "bench" / "decode.py"
    done = subprocess.run([python, script], capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise RuntimeError(done.stderr)
    result = json.loads(done.stdout)
    us = result["us"]
    values = [f"{who}: {json.dumps(found)}" for who, found in result["values"]]
    yield Figure(
        _DECODE[0],
        # Of the frames both decode, each once. sok-ble reads neither F9 nor F0 a second time.
        round(result["vs_sok_ble_fewer"], 2),
        [
            f"F0 F2 F3 F4: ours {us[3]:.1f} us with CRC, sok-ble {us[4]:.1f} us without "
            f"(Python {result['python']})",
            f"all 6 of a cycle, of which it skips 2: ours {us[0]:.1f} us, sok-ble {us[1]:.1f} us, "
            f"ratio {result['vs_sok_ble']:.2f}",
        ],
    )
    yield Figure(
        _DECODE[1],
        round(result["vs_aiobmsble"], 2),
        [f"ours {us[0]:.1f} us, aiobmsble {us[2]:.1f} us", *values],
    )


def bench_python():
    """Return the Python that has the other decoders; CannotMeasure if there can be none."""
    python = _VENV / "bin" / "python"
    stamp = _VENV / "stamp"
    made_from = " ".join(_PACKAGES) + f" at {vm.ROOT}"
    if stamp.exists() and stamp.read_text() == made_from and _version(python) >= _MIN_PYTHON:
        return python
    base = next((name for name in _pythons() if _version(name) >= _MIN_PYTHON), None)
    if base is None:
        wanted = ".".join(str(n) for n in _MIN_PYTHON)
        raise CannotMeasure(f"no Python {wanted} or newer, which aiobmsble needs")
    shutil.rmtree(_VENV, ignore_errors=True)
    for words in (
        [base, "-m", "venv", _VENV],
        [python, "-m", "pip", "install", "-q", "--no-input", *_PACKAGES],
    ):
        done = subprocess.run(words, capture_output=True, text=True, timeout=300)
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise CannotMeasure(f"sok-ble and aiobmsble could not be installed: {last}")
    stamp.write_text(made_from)
    return python


def _pythons():
    """Yield commands that may be a newer Python: our own, on PATH, pyenv's."""
    yield sys.executable
    for minor in (14, 13, 12):
        yield f"python3.{minor}"
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    for minor in (14, 13, 12):
        yield from sorted(root.glob(f"versions/3.{minor}.*/bin/python3"), reverse=True)


def _version(python):
    probe = "import sys; print(*sys.version_info[:2])"
    try:
        done = subprocess.run([python, "-c", probe], capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return (0, 0)
    # A shim on PATH may be there and still run nothing.
    return tuple(int(n) for n in done.stdout.split()) if done.returncode == 0 else (0, 0)
