"""`make page`: the dashboard, from firmware/www to one packed file in build/www.

npm fetches what its lock file names into firmware/www/node_modules and runs nothing of it while
doing so; build.mjs bundles. A stamp keeps what the page was made from, so that a second run does
nothing. `check` and `format` are about the sources' form.
"""

import fcntl
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "firmware" / "www"
TARGET = ROOT / "build" / "www"
TOOLS = ROOT / ".tools"
CHECKED = ("js", "css", "build.mjs", "../../host_tests/www")
MADE = ("index.html.gz", "index.etag")
# esbuild's own requirement (engines in its package.json).
LEAST_NODE = 18
LINES = 12
WITHOUT = "Without it a bridge serves a plain list of its addresses; everything else works."


class PageError(Exception):
    """The page cannot be built; the text says why and what to do."""


def sources():
    """Return the files a page is made from, in a fixed order."""
    found = [path for name in ("js", "css") for path in (SOURCE / name).rglob("*")]
    found += [path for path in SOURCE.iterdir() if path.is_file()]
    return sorted(path for path in found if path.is_file())


def fingerprint(paths):
    """Return a hash of the files' names and contents."""
    total = hashlib.sha256()
    for path in paths:
        content = path.read_bytes()
        total.update(f"{path.relative_to(ROOT)} {len(content)}\n".encode())
        total.update(content)
    return total.hexdigest()


def is_done(name, made_from):
    """Tell whether a step was already done from exactly this."""
    stamp = TOOLS / f"stamp-page-{name}"
    return stamp.exists() and stamp.read_text() == made_from


def mark_done(name, made_from):
    (TOOLS / f"stamp-page-{name}").write_text(made_from)


def need_node(which=shutil.which, run=subprocess.run):
    """Raise PageError if node or npm is missing or too old."""
    for name in ("node", "npm"):
        if which(name) is None:
            raise PageError(f"there is no {name}; on Debian and Ubuntu: apt install npm")
    told = run(["node", "--version"], text=True, capture_output=True).stdout.strip()
    major = told.lstrip("v").split(".")[0]
    if not major.isdigit() or int(major) < LEAST_NODE:
        raise PageError(f"node {LEAST_NODE} or newer is needed, this is {told or 'none'}")


def run_in_source(command, what_failed):
    """Run a command beside the sources; PageError with its last lines if it fails."""
    done = subprocess.run(command, cwd=SOURCE, text=True, capture_output=True)
    if done.returncode:
        # npm says first what is wrong and then how it is called.
        lines = [
            line for line in (done.stdout + done.stderr).splitlines() if "npm warn" not in line
        ]
        raise PageError("\n  ".join([what_failed, *lines[:LINES]]))
    return done.stdout.strip()


def fetch():
    """Have npm fetch what the lock file names."""
    lock = fingerprint([SOURCE / "package.json", SOURCE / "package-lock.json"])
    if (SOURCE / "node_modules").is_dir() and is_done("modules", lock):
        return
    print("page: npm fetches its tools into firmware/www/node_modules")
    run_in_source(
        ["npm", "ci"],
        "npm could not fetch the page's tools: is there a network, and a registry it may use?",
    )
    mark_done("modules", lock)


def build():
    """Build the page if it is not the one of these sources."""
    made_from = fingerprint(sources())
    if is_done("built", made_from) and all((TARGET / name).exists() for name in MADE):
        return
    need_node()
    fetch()
    print(run_in_source(["node", "build.mjs", str(TARGET)], "the page could not be built:"))
    mark_done("built", made_from)


def check(option="--check"):
    """Check the style of the sources, or with --write repair it."""
    need_node()
    fetch()
    run_in_source(
        ["node_modules/.bin/prettier", option, "--log-level=warn", *CHECKED],
        "the page's sources are not in their form (make format):",
    )


STEPS = {"build": build, "check": check, "format": lambda: check("--write")}


def main(args):
    """Do one step; the status is 1 if it could not be done."""
    step = args[0] if args else "build"
    TOOLS.mkdir(exist_ok=True)
    with open(TOOLS / "page.lock", "w") as lock:
        # npm empties its folder first: two at a time would take it from each other.
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            STEPS[step]()
        except PageError as exc:
            print(f"page: {exc}", file=sys.stderr)
            if step == "build":
                print(f"page: {WITHOUT}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
