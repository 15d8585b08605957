"""Kills the logging firmware at random moments, again and again on the same card.

The process is MicroPython with the firmware's own writer and card port, the card a file. What it
had reported as flushed before it was killed has to be there at every later start.
"""

import os
import random
import shutil
import subprocess
import time
from pathlib import Path

_SCRIPT = "tools/rehearse/log_until_killed.py"
_ROOT = Path(__file__).resolve().parents[2]
_PATH = "firmware:host_tests/fakes:.tools/lib:.:.frozen"
_CARD_BYTES = 64 * 1024 * 1024
_UNIX_S = 1715947200  # 2024-05-17T12:00:00Z
_LIFE_S = 20000  # from one start to the next, so that several of them share a file
_LONGEST_S = 0.25
_LIMIT_S = 60


class Killed:
    """What came of so many kills."""

    def __init__(self):
        self.kills = 0
        # Kills before the first record of that start was flushed: its recovery, mostly.
        self.early = 0
        self.flushed = 0
        self.lost = 0
        self.faults = []


def play(micropython, kills, folder, seed=1, script=_SCRIPT):
    """Kill it so many times; return Killed."""

    def start(*args):
        return _start(micropython, script, card, *args)

    shutil.rmtree(folder, ignore_errors=True)
    Path(folder).mkdir(parents=True)
    card = str(Path(folder) / "card.img")
    with open(card, "wb") as file:
        file.truncate(_CARD_BYTES)
    rng = random.Random(seed)
    result = Killed()
    promised = {}
    for boot in range(1, kills + 1):
        process = start(str(boot), str(_UNIX_S + boot * _LIFE_S))
        try:
            _compare(result, f"start {boot}", promised, _until_started(process))
            # Early moments more often: there it reads and repairs.
            time.sleep(_LONGEST_S * rng.random() ** 2)
        finally:
            process.kill()
        output, _ = process.communicate(timeout=_LIMIT_S)
        # What follows the last line end was not said.
        reports = output.split("\n")[:-1]
        if process.returncode != -9 or not all(line.startswith("flushed ") for line in reports):
            raise RuntimeError(f"it failed by itself, with {process.returncode}:\n{output}")
        promised[boot] = int(reports[-1].split()[1]) if reports else 0
        result.kills += 1
        result.early += not reports
        result.flushed += promised[boot]
    process = start(str(kills + 1))
    output, _ = process.communicate(timeout=_LIMIT_S)
    if process.returncode:
        raise RuntimeError(f"the card cannot be read:\n{output}")
    _compare(result, "the end", promised, output.splitlines())
    shutil.rmtree(folder)
    return result


def _start(micropython, *args):
    return subprocess.Popen(
        [micropython, "-X", "heapsize=32M", *args],
        cwd=_ROOT,
        env={**os.environ, "MICROPYPATH": _PATH},
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def _until_started(process):
    lines = []
    for line in process.stdout:
        if line == "started\n":
            return lines
        lines.append(line)
    raise RuntimeError("it did not start:\n" + "".join(lines))


def _compare(result, where, promised, lines):
    there = {}
    for line in lines:
        _, boot, records = line.split()
        there[int(boot)] = int(records)
    for boot, records in promised.items():
        missing = records - there.get(boot, 0)
        if missing > 0:
            result.lost += missing
            result.faults.append(f"{where}: of start {boot} {missing} of {records} are missing")
            # Each is counted once.
            promised[boot] = there.get(boot, 0)
