"""MicroPython's own reader of manifests, tools/manifestfile.py of its sources, for a test.

It is in no package of its own, so it is taken out of the source archive of the MicroPython that
`make setup` provides (Debian's; 11 MB to fetch, once), or out of the sources that a frozen build
of the benchmarks has fetched already.
"""

import importlib.util
import shutil
import subprocess
import tarfile
from pathlib import Path

from tools.setup_micropython import apt_command, debian_mirror

_TOOLS = Path(__file__).resolve().parent.parent / ".tools"
_FILE = _TOOLS / "manifestfile.py"
_FROM_BENCH = _TOOLS / "frozen" / "source" / "tools" / "manifestfile.py"
_IN_ARCHIVE = "/tools/manifestfile.py"
_LIMIT_S = 300


class NoRules(Exception):
    """They could not be had; the text says why."""


def load():
    """Return the module; NoRules if it cannot be had here."""
    if not _FILE.exists():
        if _FROM_BENCH.exists():
            shutil.copyfile(_FROM_BENCH, _FILE)
        else:
            _fetch()
    spec = importlib.util.spec_from_file_location("manifestfile", _FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _fetch():
    uri = debian_mirror()
    if uri is None or shutil.which("apt-get") is None:
        raise NoRules("MicroPython's manifestfile.py comes from a Debian mirror, and here is none")
    apt = _TOOLS / "manifestfile"
    shutil.rmtree(apt, ignore_errors=True)
    command = apt_command(apt, "amd64", uri, "deb-src")
    if command is None:
        raise NoRules("no debian-archive-keyring")
    for words in (["update"], ["source", "--download-only", "micropython"]):
        try:
            done = subprocess.run(
                [*command, *words],
                cwd=apt / "debs",
                capture_output=True,
                text=True,
                timeout=_LIMIT_S,
            )
        except (OSError, subprocess.TimeoutExpired) as exc:
            raise NoRules(str(exc)) from exc
        if done.returncode:
            raise NoRules((done.stderr.strip().splitlines() or ["apt-get failed"])[-1])
    for archive in (apt / "debs").glob("*.orig.tar.*"):
        with tarfile.open(archive) as tar:
            for member in tar:
                if member.name.endswith(_IN_ARCHIVE):
                    _FILE.write_bytes(tar.extractfile(member).read())
                    shutil.rmtree(apt)
                    return
    raise NoRules("MicroPython's sources have no tools/manifestfile.py")


def frozen_files(manifest, variables):
    """Return {name in the image: path here} of what a manifest freezes."""
    rules = load()
    reader = rules.ManifestFile(rules.MODE_FREEZE, {"MPY_LIB_DIR": "", **variables})
    reader.execute(str(manifest))
    return {file.target_path: Path(file.full_path) for file in reader.files()}
