"""The programs of Debian that some tests need: fetched by `make test` and `make bench` only.

Chromium, and npm for the page, are installed, as root or where sudo asks for no password; promtool
is only unpacked below .tools, because installing the package it comes with would start a
Prometheus server. A machine where neither goes is told what to install, and its tests name what
they left out.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / ".tools" / "debian"
# Program -> the package it is in.
INSTALLED = {"chromium": "chromium", "npm": "npm"}
UNPACKED = {"promtool": "prometheus"}
LIMIT_S = 900
LINES = 3


def find(name, folder=FOLDER, which=shutil.which):
    """Return the path of a program, installed or unpacked, or None."""
    unpacked = folder / "usr" / "bin" / name
    return which(name) or (str(unpacked) if os.access(unpacked, os.X_OK) else None)


def what_to_install(names):
    """Return the sentence for a person who has to do it."""
    packages = " ".join(sorted((INSTALLED | UNPACKED)[name] for name in names))
    return f"no {' and no '.join(sorted(names))}; on Debian: apt install {packages}"


class Apt:
    """apt-get with the rights of this user; `why` is the last thing that went wrong."""

    def __init__(self, run=subprocess.run, which=shutil.which, user_id=os.geteuid):
        self._run = run
        self._which = which
        self._user_id = user_id
        self.why = ""

    def rights(self):
        """Return the words before a command that needs root, or None without a way there."""
        if self._which("apt-get") is None or self._which("dpkg") is None:
            self.why = "this machine has no apt-get"
            return None
        if self._user_id() == 0:
            return []
        if self._which("sudo") and self.does(["sudo", "-n", "true"]):
            return ["sudo", "-n"]
        self.why = "neither root nor a sudo without a password"
        return None

    def does(self, command, folder=None):
        """Run a command; tell whether it went well."""
        try:
            done = self._run(
                command,
                cwd=folder,
                text=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=LIMIT_S,
            )
        except (OSError, subprocess.TimeoutExpired) as exc:
            self.why = str(exc)
            return False
        if done.returncode:
            lines = done.stdout.strip().splitlines() or [f"{command[0]} failed"]
            self.why = " / ".join(lines[-LINES:])
        return done.returncode == 0

    def install(self, rights, package):
        words = [*rights, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qy", "install"]
        return self.does([*words, "--no-install-recommends", package])

    def unpack(self, package, folder):
        """Put the files of a package below folder; nothing of it is run."""
        fetched = folder / "debs"
        shutil.rmtree(fetched, ignore_errors=True)
        fetched.mkdir(parents=True)
        try:
            if not self.does(["apt-get", "-q", "download", package], fetched):
                return False
            debs = sorted(str(path) for path in fetched.glob("*.deb"))
            return all(self.does(["dpkg", "-x", deb, str(folder)]) for deb in debs)
        finally:
            shutil.rmtree(fetched)


def provide(apt=None, find=find, folder=FOLDER):
    """Fetch what is missing; return the names that are missing still."""
    missing = [name for name in INSTALLED | UNPACKED if find(name) is None]
    if not missing:
        return []
    apt = apt or Apt()
    rights = apt.rights()
    if rights is not None:
        print(f"setup: {', '.join(missing)} from this machine's Debian", flush=True)
        # A fresh machine has no lists, an old one has lists of files that are gone. One source
        # of several that does not answer need not be the one that matters.
        apt.does([*rights, "apt-get", "-q", "update"])
        # One by one: what cannot be had takes nothing else with it.
        for name in missing:
            if name in UNPACKED:
                apt.unpack(UNPACKED[name], folder)
            else:
                apt.install(rights, INSTALLED[name])
    missing = [name for name in missing if find(name) is None]
    if missing:
        print(f"setup: {what_to_install(missing)} [{apt.why}]", file=sys.stderr)
    return missing
