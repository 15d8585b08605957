"""The board's figures: how much code, how soon it answers, and what an interrupted copy leaves."""

import http.client
import shutil
import statistics
import time

from tools.bench import update_cuts, vm
from tools.bench.foundation import free_port
from tools.bench.report import Figure, guarded
from tools.deploy import version
from tools.rehearse.deploys import Rehearsal, changed

_FOLDER = vm.BUILD / "board"
_STARTS = 7
_START_LIMIT_S = 20
_LOOK_S = 0.002
# Of the writes to the flash, half of which are tried in the middle too; a prime, so that it
# does not fall into step with the blocks of a file.
_POWER_STEP = 7
_CONFIG = (
    '{"batteries":[{"id":"house1","name":"House 1","address":"d6:6c:0a:62:9b:d6"}],'
    '"http":{"port":%d},"end":1}'
)


def figures():
    yield from guarded(("mpy_total_bytes",), _size_figure)
    yield from guarded(("start_to_http_s",), _start_figure)
    yield from guarded(("deploy_interruptions_tried", "deploy_mixed"), _deploy_figures)
    yield from guarded(("update_cuts_tried", "update_bricked"), update_cuts.figures)


def _size_figure():
    new = version.build()
    page = sum(len(raw) for path, raw in new.files.items() if path.startswith("www/"))
    beside = sum(len(raw) for _, raw in new.beside)
    whole = sum(len(raw) for raw in new.files.values())
    yield Figure(
        "mpy_total_bytes",
        new.mpy_bytes,
        [
            f"{len(new.files)} files with microdot; {page} bytes more for the page, {whole} in "
            f"all; {beside} beside the versions, as source",
        ],
    )


# --- the start --------------------------------------------------------------------------------


def _start_figure():
    """From a MicroPython that is started to its first answer, through main.py's own start."""
    vm.build_code()
    ram = [start_s("slot") for _ in range(_STARTS)]
    rom = [start_s("rom") for _ in range(_STARTS)]
    yield Figure(
        "start_to_http_s",
        round(statistics.median(ram), 3),
        [
            f"the middle one of {_STARTS}, from {min(ram):.3f} to {max(ram):.3f}, .mpy files in a "
            f"folder; code in ROM {statistics.median(rom):.3f}; this computer's time, not a "
            "board's",
            "not in it: the 3 s in which boot.py looks for the button after power-on or a crash",
        ],
    )


def start_s(kind):
    """Return the seconds until GET /healthz is answered; "slot" or "rom"."""
    shutil.rmtree(_FOLDER, ignore_errors=True)
    root = _FOLDER / "flash"
    root.mkdir(parents=True)
    port = free_port()
    (root / "config.json").write_text(_CONFIG % port)
    new = version.build()
    for name, raw in new.beside:
        (root / name).write_bytes(raw)
    if kind == "slot":
        _fill(root / "a", new)
    begun = time.perf_counter()
    process = vm.start("vm_start.py", kind, str(root.relative_to(vm.ROOT)))
    try:
        while time.perf_counter() - begun < _START_LIMIT_S:
            if _is_answered(port):
                return time.perf_counter() - begun
            if process.poll() is not None:
                break
            time.sleep(_LOOK_S)
    finally:
        process.kill()
        said = process.stdout.read()
        process.wait()
    raise RuntimeError(f"vm_start.py {kind} did not answer:\n{said}")


def _fill(folder, new):
    for path, raw in new.files.items():
        at = folder / path
        at.parent.mkdir(parents=True, exist_ok=True)
        at.write_bytes(raw)
    (folder / version.MANIFEST).write_text(new.manifest)


def _is_answered(port):
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        link.request("GET", "/healthz")
        # It has no battery, so it says that all is not well; but it says so.
        return link.getresponse().status in (200, 503)
    except (OSError, http.client.HTTPException):
        return False
    finally:
        link.close()


# --- interrupted deployments ------------------------------------------------------------------


def _deploy_figures():
    new = version.build()
    play = Rehearsal(vm.command(), _FOLDER / "deploy", new, changed(new))
    begun = time.monotonic()
    play.record(is_flushed=True)
    play.cut_power(_POWER_STEP)
    power, power_s = play.tried, time.monotonic() - begun
    begun = time.monotonic()
    commands, opened = play.record()
    # By turns when a file was opened and when a piece of it was written.
    play.cut_cables([at + i % 2 for i, (at, _) in enumerate(opened)])
    cables, cables_s = len(opened), time.monotonic() - begun
    seen = ", ".join(f"{what} {count}" for what, count in sorted(play.seen.items()))
    yield Figure(
        "deploy_interruptions_tried",
        power + cables,
        [
            f"{power} power cuts, at every {_POWER_STEP}th write and in its middle, "
            f"{power_s:.0f} s",
            f"{cables} cables pulled, one at each file of {commands} commands, {cables_s:.0f} s",
            f"what started: {seen}",
        ],
    )
    yield Figure("deploy_mixed", len(play.wrong), play.wrong[:10])
