"""`make setup`: puts everything the commands need under .tools/, from nothing.

A virtual environment with the host's programs, microdot's two files for the board, the type
stubs, and a real MicroPython (setup_micropython). Each step keeps a stamp of what it was made
from, so a second run does nothing and a changed version redoes only its own step.
"""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"
VENV = TOOLS / "venv"
PYTHON = VENV / "bin" / "python"
MICRODOT_FILES = ("__init__.py", "microdot.py")
# Groups that `make run` does without, because they are large: what is said while fetching one.
EXTRAS = {
    "logview": "polars and Pillow for tools/logview into .tools/venv (60 MB to fetch)",
    "update": "cryptography for tools/update into .tools/venv (5 MB to fetch)",
    "checks": "schemathesis and Playwright for the tests into .tools/venv (60 MB to fetch)",
    "flash": "esptool for make flash into .tools/venv (20 MB to fetch)",
}
# esptool and what it needs are there as source only, pure Python.
FROM_SOURCE = ("flash",)


class SetupError(Exception):
    """A step failed; the text tells a person what to do."""


def dependency_groups():
    """Return the pinned requirements of pyproject.toml, by group."""
    import tomllib

    with open(ROOT / "pyproject.toml", "rb") as file:
        return tomllib.load(file)["dependency-groups"]


def run(command, what_failed, quiet=True):
    """Run a command; SetupError with its last lines if it fails."""
    done = subprocess.run(command, cwd=ROOT, text=True, capture_output=quiet)
    if done.returncode:
        lines = ((done.stderr or "") + (done.stdout or "")).strip().splitlines()
        raise SetupError(what_failed + "\n" + "\n".join("  " + line for line in lines[-6:]))


def is_done(name, made_from):
    """Tell whether a step was already done from exactly these values."""
    stamp = TOOLS / ("stamp-" + name)
    return stamp.exists() and stamp.read_text() == fingerprint(made_from)


def mark_done(name, made_from):
    (TOOLS / ("stamp-" + name)).write_text(fingerprint(made_from))


def fingerprint(value):
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()


def make_venv(packages):
    # The place belongs to the stamp: a virtual environment does not survive being moved.
    made_from = [packages, str(ROOT), sys.version]
    if PYTHON.exists() and is_done("venv", made_from):
        return
    print("setup: host programs into .tools/venv")
    shutil.rmtree(VENV, ignore_errors=True)
    for name in EXTRAS:
        (TOOLS / name).unlink(missing_ok=True)  # what it stood for is gone with the rest
    run(
        [sys.executable, "-m", "venv", str(VENV)],
        "no virtual environment; on Debian and Ubuntu: apt install python3-venv",
    )
    pip_install(packages)
    mark_done("venv", made_from)


def pip_install(packages, *options):
    run(
        [str(PYTHON), "-m", "pip", "install", "-q", "--no-input", *options, *packages],
        "pip could not install the packages: is there a network, and a package index pip may use?",
    )


def copy_microdot(packages):
    target = TOOLS / "lib" / "microdot"
    made_from = [name for name in packages if name.startswith("microdot=")]
    if is_done("microdot", made_from) and all((target / n).exists() for n in MICRODOT_FILES):
        return
    source = next((VENV / "lib").glob("python*/site-packages/microdot"))
    target.mkdir(parents=True, exist_ok=True)
    for name in MICRODOT_FILES:
        shutil.copyfile(source / name, target / name)
    mark_done("microdot", made_from)


def install_typings(packages):
    target = TOOLS / "typings"
    if target.exists() and is_done("typings", packages):
        return
    print("setup: MicroPython type stubs into .tools/typings")
    shutil.rmtree(target, ignore_errors=True)
    pip_install(packages, "--no-deps", "--target", str(target))
    mark_done("typings", packages)


def install_extra(name, packages):
    """Put one more group of pyproject.toml into the virtual environment."""
    made_from = [packages, str(ROOT), sys.version]
    if (TOOLS / name).exists() and is_done(name, made_from):
        return
    print("setup: " + EXTRAS[name])
    pip_install(packages, *([] if name in FROM_SOURCE else ["--only-binary", ":all:"]))
    mark_done(name, made_from)


def main(args=()):
    if sys.version_info < (3, 11):  # noqa: UP036 - the machine's own Python runs this
        print("setup: Python 3.11 or newer is needed, this is " + sys.version.split()[0])
        return 1
    from tools import setup_debian, setup_micropython

    groups = dependency_groups()
    TOOLS.mkdir(exist_ok=True)
    if args == ["debian"]:
        # No failure without them: the tests name what they had to leave out.
        setup_debian.provide()
        return 0
    if args:
        # The Makefile has run the rest before.
        try:
            for name in args:
                install_extra(name, groups[name])
                (TOOLS / name).touch()
        except SetupError as exc:
            print(f"setup: {exc}", file=sys.stderr)
            return 1
        return 0
    try:
        make_venv(groups["host"])
        copy_microdot(groups["host"])
        install_typings(groups["typings"])
    except SetupError as exc:
        print(f"setup: {exc}", file=sys.stderr)
        return 1
    # Without MicroPython everything else still works, so this is no failure; the tests name
    # what they had to leave out. No stamp then: the next command tries again.
    if setup_micropython.provide(TOOLS / "micropython"):
        (TOOLS / "stamp").touch()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
