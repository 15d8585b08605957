"""`make flash`: erases a board and writes a MicroPython onto it, with esptool.

Before anything is erased: the image has to be one for this chip, and a whole one, which begins
with the boot loader. esptool and not mpflash, because the image may be one that `make image` made,
and because what is erased is looked at by us first.
"""

import re
import subprocess
import sys
from pathlib import Path

from tools.deploy.errors import DeployError
from tools.deploy.fit import BEST, board_name

# Chip id in an image's extended header (esptool, IMAGE_CHIP_ID of its targets) -> our name of the
# chip, and where its boot loader is (platform.md 8.4).
CHIPS = {0: ("esp32", 0x1000), 9: ("esp32s3", 0), 5: ("esp32c3", 0)}
_MAGIC = 0xE9
_CHIP_ID_AT = 12
# ESP-IDF's table of partitions is here in the flash, and begins so.
_TABLE_AT = 0x8000
_TABLE_MAGIC = b"\xaa\x50"
_LIMIT_S = 300
_NO_IMAGE = (
    "IMAGE says which MicroPython is written: make flash DEVICE=... IMAGE=file.bin\n"
    "The stock one is on MicroPython's download page, under {board}{variant}: version {version}, "
    "the .bin file, not .app-bin. For a WROOM-32 without PSRAM make one: make image."
)


def check_image(path, board=None):
    """Return (chip, offset) of an image file; DeployError with a sentence if it is none."""
    if not path:
        variants = (
            " (variant SPIRAM for a WROVER), ESP32_GENERIC_S3 (variant SPIRAM_OCT for modules "
            "named N8R8 or N16R8) or ESP32_GENERIC_C3"
        )
        raise DeployError(
            _NO_IMAGE.format(board=board or board_name("esp32"), variant=variants, version=BEST)
        )
    try:
        raw = Path(path).read_bytes()
    except OSError as exc:
        raise DeployError(f"{path} cannot be read: {exc.strerror}.") from exc
    if len(raw) < 32 or raw[0] != _MAGIC:
        raise DeployError(f"{path} is no image of an ESP32: a .bin file begins with E9.")
    chip_id = int.from_bytes(raw[_CHIP_ID_AT : _CHIP_ID_AT + 2], "little")
    if chip_id not in CHIPS:
        raise DeployError(f"{path} is for a chip Bay Bridge does not know (number {chip_id}).")
    chip, offset = CHIPS[chip_id]
    table_at = _TABLE_AT - offset
    if raw[table_at : table_at + 2] != _TABLE_MAGIC:
        raise DeployError(
            f"{path} is only the application, without a boot loader; take the .bin file."
        )
    return chip, offset


def chip_named(said):
    """Return our name of the chip esptool found, or "" when it named none."""
    found = re.search(r"Chip (?:type:|is)\s+(ESP32\S*)", said)
    if not found:
        return ""
    name = found[1].lower().replace("-", "")
    # "ESP32-D0WD-V3", "ESP32-PICO-D4" are the first chip; "ESP32-S3", "ESP32-C3" are others.
    other = re.match(r"esp32([schp]\d+)", name)
    return f"esp32{other[1]}" if other else "esp32"


def run_esptool(*words):
    """Run esptool; return its output, or raise DeployError with its last words."""
    command = [sys.executable, "-m", "esptool", *words]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT_S)
    except subprocess.TimeoutExpired:
        raise DeployError(f"esptool was not done after {_LIMIT_S} s.") from None
    said = done.stdout + done.stderr
    if done.returncode:
        lines = [line.strip() for line in said.splitlines() if line.strip()] or ["no word"]
        raise DeployError(
            f"esptool: {' / '.join(lines[-2:])}\nIf the board did not answer: hold its BOOT "
            "button, press reset, let go of BOOT, and try again."
        )
    return said


def flash(device, image, say=print, esptool=run_esptool):
    """Erase the board and write the image; return the chip."""
    chip, offset = check_image(image)
    found = chip_named(esptool("--port", device, "chip-id"))
    if not found:
        raise DeployError(f"esptool does not say which chip is on {device}.")
    if found != chip:
        raise DeployError(
            f"{image} is for {chip}, and the chip on {device} is {found}. Nothing was erased."
        )
    say(f"{found}: erasing the flash, with all that was on it; half a minute")
    esptool("--port", device, "--chip", chip, "erase-flash")
    say(f"writing {image} to {offset:#x}; a minute or two")
    words = ["--port", device, "--chip", chip, "--baud", "460800"]
    esptool(*words, "write-flash", f"{offset:#x}", str(image))
    return chip
