"""`make image`: a MicroPython with the firmware in it, built by the user's own build tree.

For boards without PSRAM, where code has to stay in the flash. ESP-IDF and MicroPython's sources
are large, and whose build they are is the user's to choose; this only hands the manifest over.
"""

import shutil
import subprocess
from pathlib import Path

from tools.deploy.errors import DeployError

ROOT = Path(__file__).resolve().parents[2]
MANIFEST = ROOT / "firmware" / "manifest.py"
_OUTPUT = ROOT / "build" / "image"
_HOW = (
    "BUILD is the folder of MicroPython's sources, prepared to build for the ESP32 "
    "(ports/esp32/README.md there): make image BUILD=../micropython BOARD=ESP32_GENERIC"
)


def build(tree, board, run=subprocess.run, which=shutil.which):
    """Build for a board of the tree's; return the image's path in build/image."""
    if not tree:
        raise DeployError(f"{_HOW}.")
    port = Path(tree).resolve() / "ports" / "esp32"
    if not (port / "boards").is_dir():
        raise DeployError(f"{tree} holds no MicroPython for the ESP32: no ports/esp32. {_HOW}.")
    board = board or "ESP32_GENERIC"
    if not (port / "boards" / board).is_dir():
        known = sorted(path.name for path in (port / "boards").glob("ESP32_GENERIC*"))
        raise DeployError(f"MicroPython knows no board {board}; there are {', '.join(known)}, ...")
    if which("idf.py") is None:
        raise DeployError(
            "there is no idf.py: in this terminal, first `. export.sh` in the folder of ESP-IDF "
            "(v5.5 for MicroPython 1.28), or run this in its container."
        )
    command = ["make", "-C", str(port), f"BOARD={board}", f"FROZEN_MANIFEST={MANIFEST}"]
    if run(command).returncode:
        raise DeployError(
            "MicroPython's build failed; what it said is above. If the app partition is too "
            "small: docs/deploy.md has the lines that make it larger."
        )
    made = port / f"build-{board}" / "firmware.bin"
    if not made.exists():
        raise DeployError(f"the build left no {made}.")
    _OUTPUT.mkdir(parents=True, exist_ok=True)
    image = _OUTPUT / f"{board}.bin"
    shutil.copyfile(made, image)
    print(f"{image}; put it on the board: make flash DEVICE=... IMAGE={image}")
    return image
