"""Finds or fetches a real MicroPython of 1.25 or newer, 32-bit if there is any way.

A 32-bit one has the ESP32's object sizes, so its heap figures are the board's. Debian 13 has
the packages; they run unpacked, without being installed, on an older system too. No file
outside the given folder is written, and the mirror is the one this machine already uses.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

SUITE = "trixie"
PACKAGES = ("micropython", "libc6", "libffi8", "libmbedcrypto16", "libmbedtls21", "libmbedx509-7")
# Machine -> Debian architectures that may run on it, the preferred one first.
ARCHITECTURES = {"x86_64": ("i386", "amd64"), "i686": ("i386",), "aarch64": ("armhf", "arm64")}
# Debian architecture -> folder of the libraries, name of the loader in it.
LOADERS = {
    "i386": ("i386-linux-gnu", "ld-linux.so.2"),
    "amd64": ("x86_64-linux-gnu", "ld-linux-x86-64.so.2"),
    "armhf": ("arm-linux-gnueabihf", "ld-linux-armhf.so.3"),
    "arm64": ("aarch64-linux-gnu", "ld-linux-aarch64.so.1"),
}
KEYRINGS = (
    "/usr/share/keyrings/debian-archive-keyring.gpg",
    "/usr/share/keyrings/debian-archive-keyring.pgp",
)
_DEBIAN_SUITE = re.compile(
    r"(bullseye|bookworm|trixie|forky|sid|oldstable|stable|testing|unstable)$"
)
_PROBE = (
    "import sys, vfs, asyncio; vfs.VfsFat; v = sys.implementation.version;"
    "print(sys.implementation.name, v[0], v[1], 32 if sys.maxsize < 2 ** 31 else 64)"
)
WHAT_TO_INSTALL = (
    "no MicroPython 1.25 or newer; install one: apt install micropython"
    " (Debian 13, a recent Ubuntu)"
)


def probe(command):
    """Return the word size of a usable MicroPython, or 0."""
    try:
        done = subprocess.run([command, "-c", _PROBE], capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    words = done.stdout.split()
    if done.returncode or len(words) != 4 or words[0] != "micropython":
        return 0
    return int(words[3]) if (int(words[1]), int(words[2])) >= (1, 25) else 0


def one_line_sources(text):
    """Yield (uri, suites, components) of the `deb` lines of a sources.list."""
    for line in text.splitlines():
        words = re.sub(r"\[[^]]*\]", " ", line.split("#")[0]).split()
        if len(words) >= 4 and words[0] == "deb":
            yield words[1], [words[2]], words[3:]


def deb822_sources(text):
    """Yield (uri, suites, components) of the stanzas of a .sources file."""
    for stanza in re.split(r"\n\s*\n", text):
        fields: dict[str, list[str]] = {}
        key = ""
        for line in stanza.splitlines():
            if line.startswith("#"):
                continue
            if not line[:1].isspace() and ":" in line:
                key, _, line = line.partition(":")
                key = key.lower()
            fields.setdefault(key, []).extend(line.split())
        if "deb" in fields.get("types", ()) and fields.get("enabled") != ["no"]:
            for uri in fields.get("uris", ()):
                yield uri, fields.get("suites", []), fields.get("components", [])


def debian_mirror(apt=Path("/etc/apt")):
    """Return the address this machine fetches Debian's main archive from, or None.

    It may be any form apt takes, mirror+file:/etc/apt/mirrors/... too. A security archive has
    suites like bookworm-security and is passed over for that.
    """
    folder = apt / "sources.list.d"
    for path in (apt / "sources.list", *sorted(folder.glob("*"))):
        if path.suffix not in (".list", ".sources") or not path.is_file():
            continue
        parse = deb822_sources if path.suffix == ".sources" else one_line_sources
        for uri, suites, components in parse(path.read_text()):
            if "main" in components and any(_DEBIAN_SUITE.match(suite) for suite in suites):
                return uri
    return None


def apt_command(apt, arch, uri, types="deb"):
    """Return the words of an apt-get that knows SUITE only and writes below apt only.

    None without Debian's keys.
    """
    keyring = next((name for name in KEYRINGS if os.path.exists(name)), None)
    if keyring is None:
        return None
    for part in ("lists/partial", "cache/archives/partial", "debs"):
        (apt / part).mkdir(parents=True, exist_ok=True)
    (apt / "debian.sources").write_text(
        f"Types: {types}\nURIs: {uri}\nSuites: {SUITE}\nComponents: main\n"
        f"Architectures: {arch}\nSigned-By: {keyring}\n"
    )
    options = {
        "Dir::Etc::sourcelist": apt / "debian.sources",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::State::lists": apt / "lists",
        "Dir::Cache": apt / "cache",
        "Acquire::Languages": "none",
        # Without this an update that reached nobody counts as done.
        "APT::Update::Error-Mode": "any",
        # As root apt would drop to a user who cannot write here.
        "APT::Sandbox::User": "root",
    }
    command = ["apt-get", "-q"]
    for name, value in options.items():
        command += ["-o", f"{name}={value}"]
    return command


def fetch(folder, arch, uri):
    """Download and unpack the packages of one architecture; tell what failed, or ''."""
    apt = folder / "apt"
    command = apt_command(apt, arch, uri)
    if command is None:
        return "no debian-archive-keyring"
    wanted = [f"{name}:{arch}" for name in PACKAGES]
    for step in ([*command, "update"], [*command, "download", *wanted]):
        try:
            done = subprocess.run(
                step, cwd=apt / "debs", capture_output=True, text=True, timeout=300
            )
        except (OSError, subprocess.TimeoutExpired) as exc:
            return str(exc)
        if done.returncode:
            return (done.stderr.strip().splitlines() or ["apt-get failed"])[-1]
    for deb in sorted((apt / "debs").glob("*.deb")):
        subprocess.run(["dpkg", "-x", str(deb), str(folder / "root")], check=True)
    shutil.rmtree(apt)
    return ""


def write_launcher(path, text):
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)


def provide_from_debian(folder):
    """Fetch the first architecture that runs here; tell what failed, or ''."""
    uri = debian_mirror()
    if uri is None or shutil.which("apt-get") is None or shutil.which("dpkg") is None:
        return "this machine has no Debian mirror"
    failed = "no package for " + os.uname().machine
    for arch in ARCHITECTURES.get(os.uname().machine, ()):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        failed = fetch(folder, arch, uri)
        if failed:
            continue
        libraries, loader = LOADERS[arch]
        # Everything relative to the launcher, so the folder can be moved.
        write_launcher(
            folder / "micropython",
            f"here=${{0%/*}}\nlib=$here/root/usr/lib/{libraries}\n"
            f'exec "$lib/{loader}" --library-path "$lib" "$here/root/usr/bin/micropython" "$@"\n',
        )
        if probe(str(folder / "micropython")):
            return ""
        failed = f"the {arch} package does not run on this machine"
    shutil.rmtree(folder, ignore_errors=True)
    return failed


def provide(folder):
    """Put a launcher `micropython` into folder; return whether there is one.

    In this order: what is there already, a 32-bit one on PATH, Debian's packages, a 64-bit
    one on PATH.
    """
    launcher = folder / "micropython"
    if probe(str(launcher)):
        return True
    installed = shutil.which("micropython")
    bits = probe(installed) if installed else 0
    if bits != 32:
        print("setup: MicroPython into .tools/micropython")
        failed = provide_from_debian(folder)
        if not failed:
            return True
        if not bits:
            print(f"setup: {WHAT_TO_INSTALL} [{failed}]")
            return False
    folder.mkdir(parents=True, exist_ok=True)
    write_launcher(launcher, f"exec '{installed}' \"$@\"\n")
    return True
