"""Which of the two folders with a whole version of the firmware runs: a, b, or the frozen one.

slots.txt beside main.py says it in one line, replaced as a whole:
    run=a try=b tried=1 failed=- why=- crc=1a2b3c4d
run is known good; try is a new one on trial, tried so often; failed is the one left last, and
why. A trial that crashes, or has not proved itself in three starts, goes back to the one before
without anybody there. Used by main.py at the start, by the application that is well (confirm),
and by whatever installs a version; on the host too, so there is nothing of the board in it.

A folder is chosen only with its manifest.txt: "baybridge 0.1.0 mpy=6 chip=any", one line
"sha256 size path" for each file, "end" and the CRC-32 of all lines before it.
"""

import binascii
import os
import sys
from micropython import const

NAMES = ("a", "b")
# Starts a trial has to show that it is well.
MAX_TRIES = const(3)

_FILE = const("slots.txt")
_MANIFEST = const("manifest.txt")
_MAX_LINE = const(300)


class State:
    """What slots.txt says; "" stands for no folder, which is the frozen firmware."""

    def __init__(self, run="", trial="", tried=0, failed="", why=""):
        self.run = run
        self.trial = trial
        self.tried = tried
        # The folder that was left last, and in a word why: crashed, not_well, damaged, asked.
        self.failed = failed
        self.why = why
        # Set by choose(): what runs now.
        self.slot = run


def to_text(state) -> str:
    """Return the line of slots.txt."""
    line = "run=%s try=%s tried=%d failed=%s why=%s" % (
        state.run or "-",
        state.trial or "-",
        state.tried,
        state.failed or "-",
        state.why or "-",
    )
    return "%s crc=%08x\n" % (line, binascii.crc32(line.encode()))


def parse(text):
    """Return the State of a text, or None when it is damaged."""
    line, _, crc = text.strip().rpartition(" crc=")
    if crc != "%08x" % binascii.crc32(line.encode()):
        return None
    values = {}
    for word in line.split(" "):
        key, _, value = word.partition("=")
        values[key] = "" if value == "-" else value
    run, trial = values.get("run"), values.get("try", "")
    if run not in NAMES + ("",) or trial not in NAMES + ("",) or (trial and trial == run):
        return None
    try:
        tried = int(values.get("tried", "0"))
    except ValueError:
        return None
    return State(run, trial, tried, values.get("failed", ""), values.get("why", ""))


def read(root=""):
    """Return the State below a folder; where there is none that holds, one that works."""
    state = parse(_stored(root))
    if state is None:
        state = State()
        for slot in NAMES:
            if is_sound(slot, root):
                return State(slot)
    return state


def _stored(root):
    try:
        with open("%s/%s" % (root, _FILE), "rb") as file:
            return file.read(_MAX_LINE).decode()
    except (OSError, UnicodeError):
        return ""


def write(state, root=""):
    """Store a State as a whole; OSError leaves the old one in place."""
    path = "%s/%s" % (root, _FILE)
    with open(path + ".new", "wb") as file:
        file.write(to_text(state).encode())
        file.flush()
    os.rename(path + ".new", path)


def other(slot):
    """Return the folder beside this one: where a new version goes."""
    return "b" if slot == "a" else "a"


def is_sound(slot, root=""):
    """Tell whether a folder holds a whole version that this board can run; looks at sizes."""
    return problem_of(slot, root) is None


def problem_of(slot, root="", has_hashes=False):
    """Return why a folder cannot run in a few words, or None; has_hashes reads every byte."""
    folder = "%s/%s" % (root, slot)
    crc = 0
    is_first = True
    try:
        # Line by line: at this point of a start the radios do not have their memory yet.
        with open("%s/%s" % (folder, _MANIFEST), "rb") as file:
            while True:
                raw = file.readline(_MAX_LINE)
                if not raw.endswith(b"\n"):
                    return "its manifest is cut off"
                words = raw.decode().split()
                if len(words) == 2 and words[0] == "end":
                    if is_first or words[1] != "%08x" % crc:
                        return "its manifest is damaged"
                    return None
                crc = binascii.crc32(raw, crc)
                if is_first:
                    problem = _head_problem(words)
                elif len(words) == 3:
                    problem = _file_problem(folder, words, has_hashes)
                else:
                    problem = "its manifest is damaged"
                if problem:
                    return problem
                is_first = False
    except (OSError, UnicodeError):
        return "it has no manifest that can be read"


def _head_problem(words):
    if len(words) < 2 or words[0] != "baybridge":
        return "its manifest is damaged"
    for word in words[2:]:
        key, _, value = word.partition("=")
        mpy = getattr(sys.implementation, "_mpy", None)
        # CPython has none and runs anything.
        if key == "mpy" and mpy is not None and value != str(mpy & 0xFF):
            return "it is compiled for another MicroPython"
        if key == "chip" and value != "any" and value != _chip():
            return "it is for another chip"
    return None


def _chip():
    machine = getattr(sys.implementation, "_machine", "").lower().replace("-", "")
    for chip in ("esp32s3", "esp32c3"):
        if chip in machine:
            return chip
    return "esp32"


def _file_problem(folder, words, has_hashes):
    sha256, size, name = words
    if name.startswith("/") or ".." in name.split("/"):
        return "its manifest is damaged"
    path = "%s/%s" % (folder, name)
    try:
        if str(os.stat(path)[6]) != size:
            return "%s has another size" % name
        if has_hashes and _hash(path) != sha256:
            return "%s is damaged" % name
    except OSError:
        return "%s is missing" % name
    return None


def _hash(path):
    import hashlib

    digest = hashlib.sha256()
    buf = bytearray(1024)
    view = memoryview(buf)
    with open(path, "rb") as file:
        n = file.readinto(buf)
        while n:
            digest.update(view[:n])
            n = file.readinto(buf)
    return binascii.hexlify(digest.digest()).decode()


def choose(root="", is_crash=False, is_wake=False):
    """Decide what this start runs and store the count of a trial first; return the State.

    is_crash: the start before this one ended in a crash or by the watchdog. is_wake: this is a
    wake from deep sleep, which proves nothing either way. Never raises OSError.
    """
    state = read(root)
    slot = state.trial
    if slot:
        if is_crash and state.tried:
            end_trial(state, "crashed")
        elif state.tried >= MAX_TRIES and not is_wake:
            end_trial(state, "not_well")
        elif not is_sound(slot, root):
            end_trial(state, "damaged")
        elif not is_wake:
            state.tried += 1
        slot = state.trial
    if not slot:
        _find_sound(state, root)
    state.slot = slot or state.run
    text = to_text(state)
    if text != _stored(root) and text != to_text(State()):
        try:
            write(state, root)
        except OSError:
            # A trial that nobody counts could hang the board for ever.
            if slot:
                state.slot = state.run
    if state.slot and state.slot != slot and not is_sound(state.slot, root):
        state.slot = ""  # never half of one version over another
    return state


def _find_sound(state, root):
    if state.run and not is_sound(state.run, root):
        spare = other(state.run)
        if is_sound(spare, root):
            state.failed, state.why, state.run = state.run, "damaged", spare


def end_trial(state, why):
    """Give a trial up; not stored yet."""
    if state.trial:
        state.failed, state.why = state.trial, why
        state.trial, state.tried = "", 0


def begin_trial(slot, root=""):
    """Have the next start try a folder; ValueError with a sentence if it cannot run."""
    problem = problem_of(slot, root, True)
    if problem:
        raise ValueError("The version in %s cannot run: %s." % (slot, problem))
    state = read(root)
    if slot == state.run:
        raise ValueError("The version in %s is the one that is known good." % slot)
    write(State(state.run, slot), root)


def confirm(slot, root=""):
    """Note that the version in a folder is well; a trial becomes the one that runs."""
    state = read(root)
    if state.trial and state.trial == slot:
        write(State(slot), root)


def crashed(slot, root=""):
    """Note that the version in a folder crashed; a trial is over. Return whether it was one."""
    state = read(root)
    if not state.trial or state.trial != slot:
        return False
    end_trial(state, "crashed")
    write(state, root)
    return True


def roll_back(root="", has_frozen=False):
    """Have the next start run the other version; ValueError with a sentence without one.

    has_frozen: the firmware image has one in it, which serves when no folder does.
    """
    state = read(root)
    if state.trial:
        end_trial(state, "asked")
    else:
        spare = other(state.run)
        problem = problem_of(spare, root)
        if problem and (not has_frozen or not state.run):
            raise ValueError("There is no other version: %s." % problem)
        state = State("" if problem else spare, failed=state.run, why="asked")
    write(state, root)
