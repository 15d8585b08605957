"""Deployments to a board on a pseudo-terminal, interrupted at every moment there is.

1. The power fails: every write to the flash of a whole deployment is recorded, and the board is
   started on the flash as it was after each of them, and in the middle (deploy_cuts.py).
2. The deployment ends: its process is killed or its cable pulled after each command; the board
   closes what is open, as a soft reset does, and is started.

What starts has to be the old version or the new one, every byte of it.
"""

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tools.deploy import fit
from tools.deploy.install import install
from tools.deploy.link import Link
from tools.deploy.version import Version
from tools.rehearse.pty_board import PtyBoard, make_flash

ROOT = Path(__file__).resolve().parents[2]
_SCRIPT = "tools/rehearse/deploy_cuts.py"
_LIMIT_S = 900
_HEAP = "24M"


class CableCut(Exception):
    """The deployment ends here."""


class CuttableLink(Link):
    """A link that is gone after so many commands; None: never."""

    left = None
    used = 0

    def __init__(self, device):
        # (command, file) for each file that is opened on the board.
        self.opened = []
        super().__init__(device)

    def flush_each_piece(self):
        """Have every piece of a file reach the flash, as if the deployment ended after it.

        A board that is reset softly closes what is open, with as much in it as had arrived.
        """
        super().run(
            "def write(text):\n file.write(binascii.a2b_base64(text))\n file.flush()\n feed()\n"
        )

    def run(self, script):
        if self.left is not None and self.used >= self.left:
            raise CableCut
        self.used += 1
        if script.startswith("begin("):
            self.opened.append((self.used, script[7:-2]))
        return super().run(script)


def silent(text):
    pass


def deploy(board, version, commands=None, is_flushed=False):
    """Deploy to a PtyBoard, without the restart.

    Return the number of commands it took, and of them those that opened a file.
    """
    link = CuttableLink(board.device)
    if is_flushed:
        link.flush_each_piece()
    link.left = commands and link.used + commands
    began = link.used
    try:
        described = fit.Board(link.call("ask")[0])
        fit.check(described, version)
        install(link, described, version, silent)
    finally:
        link.close()
    return link.used - began, [(at - began, path) for at, path in link.opened]


def changed(version):
    """Return a version of which every file is another one: nothing of it can be kept."""
    files = {path: raw + b"\n" for path, raw in version.files.items()}
    beside = [(name, raw + b"\n") for name, raw in version.beside]
    return Version("0.0.9", version.mpy, files, beside)


class Rehearsal:
    """One deployment, from what is on the flash at first to a new version."""

    def __init__(self, micropython, folder, new, old=None):
        self.micropython = micropython
        self.folder = Path(folder)
        self.new = new
        self.old = old
        self.tried = 0
        # What started, with how often; what should not have.
        self.seen = {}
        self.wrong = []
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.before = self.folder / "before.img"
        self.flash = self.folder / "flash.img"
        make_flash(self.before)
        with PtyBoard(micropython, self.before) as board:
            if old is not None:
                deploy(board, old)
            else:
                Link(board.device).close()  # formatted by its first start
        self.sought = self.folder / "sought.json"
        self.sought.write_text(json.dumps(self._sought()))

    def _sought(self):
        versions = {"new": self.new}
        if self.old is not None:
            versions["old"] = self.old
        beside = {}
        for version in versions.values():
            for name, raw in version.beside:
                beside.setdefault(name, []).append(hashlib.sha256(raw).hexdigest())
        hashes = {
            name: {
                **version.hashes,
                "manifest.txt": hashlib.sha256(version.manifest.encode()).hexdigest(),
            }
            for name, version in versions.items()
        }
        # On a blank board there is nothing to fall back to.
        allowed = ["new", "old" if self.old is not None else "nothing"]
        return {"versions": hashes, "beside": beside, "allowed": allowed}

    def board(self, flash=None, **settings):
        """Return a board with what was on the flash at first, not switched on."""
        flash = flash or self.flash
        shutil.copyfile(self.before, flash)
        return PtyBoard(self.micropython, flash, **settings)

    def record(self, is_flushed=False):
        """Deploy once without a fault; return what deploy() does."""
        journal = self.folder / "journal"
        journal.unlink(missing_ok=True)
        with self.board(journal=str(journal)) as board:
            told = deploy(board, self.new, None, is_flushed)
        self.look_at(self.flash)
        return told

    def cut_power(self, step=1, workers=2):
        """Start the board after every step-th write of the deployment that was recorded."""
        jobs = [
            self._started(self.before, self.folder / "journal", first, step * workers)
            for first in range(0, step * workers, step)
        ]
        for job in jobs:
            self._take(job)

    def cut_cables(self, counts, workers=2):
        """For each count: deploy anew, end it after so many commands, and start the board."""
        # Not threads: a Link takes the whole process's output while it looks for the prompt.
        with ProcessPoolExecutor(workers) as pool:
            for flash in pool.map(self._cut_cable, counts):
                self.look_at(flash)
                flash.unlink()

    def _cut_cable(self, commands):
        flash = self.folder / f"cut{commands}.img"
        with self.board(flash) as board:
            with contextlib.suppress(CableCut):
                deploy(board, self.new, commands)
            # Whoever comes next resets it softly: what was open is closed half written.
            Link(board.device).close()
        return flash

    def look_at(self, flash):
        """Start the board on a flash as it is."""
        nothing = self.folder / "nothing"
        nothing.write_bytes(b"")
        self._take(self._started(flash, nothing, 0, 1))

    def _started(self, flash, journal, first, step):
        words = [str(word) for word in (flash, journal, self.sought, first, step)]
        return subprocess.Popen(
            [self.micropython, "-X", f"heapsize={_HEAP}", _SCRIPT, *words],
            cwd=ROOT,
            # The fakes for slots.py's own imports; the firmware is on the flash.
            env={**os.environ, "MICROPYPATH": ".frozen"},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def _take(self, job):
        try:
            output, _ = job.communicate(timeout=_LIMIT_S)
        finally:
            job.kill()
        lines = output.strip().splitlines()
        if job.returncode or not lines:
            raise RuntimeError(f"{_SCRIPT} ended with {job.returncode}:\n{output}")
        result = json.loads(lines[-1])
        self.tried += result["tried"]
        for what, count in result["seen"].items():
            self.seen[what] = self.seen.get(what, 0) + count
        self.wrong += result["wrong"]
