"""Whether this version can run on a board that has answered; a sentence when it cannot."""

from tools.deploy.errors import DeployError

# platform.md 0, 4.4: before 1.26 the parser of JSON takes half an object for a whole one; from
# 1.29 on a card that does not start is reported as one that did.
FROM = (1, 26)
BEFORE = (1, 29)
BEST = "1.28.0"
_BOARDS = {
    "esp32": "ESP32_GENERIC",
    "esp32s3": "ESP32_GENERIC_S3",
    "esp32c3": "ESP32_GENERIC_C3",
}
# Stock images that look for PSRAM of a kind the plain one does not (MicroPython's mpconfigvariant
# files): with the plain one such a board seems to have none.
_PSRAM_VARIANTS = {
    "esp32": "a WROVER needs the variant SPIRAM",
    "esp32s3": "eight-line PSRAM, as on modules named N8R8 or N16R8, needs the variant SPIRAM_OCT",
}
# platform.md 6.5: only LittleFS keeps the old file until the new one has its name.
_FILE_SYSTEMS = ("VfsLfs2", "VfsLfs1", "")


def chip_of(machine):
    """Return which chip a board's own description is about, or "" for one we do not know."""
    words = machine.lower().replace("-", "")
    for chip in ("esp32s3", "esp32c3", "esp32s2", "esp32c6", "esp32c2", "esp32c5", "esp32p4"):
        if chip in words:
            return chip
    return "esp32" if "esp32" in words else ""


def board_name(chip):
    """Return MicroPython's name for the usual board with a chip."""
    return _BOARDS.get(chip, _BOARDS["esp32"])


class Board:
    """What a board said of itself (on_board.ask)."""

    def __init__(self, said):
        self.said = said
        self.chip = chip_of(said["machine"])
        self.version = ".".join(said["version"][:3])
        self.mpy = said["mpy"]
        self.has_psram = said["has_psram"]
        # The version that is frozen into its image, or None.
        self.frozen = said["frozen"]
        self.hostname = said["hostname"]
        self.block_bytes = said["block_bytes"]
        self.free_bytes = said["free_bytes"]

    @property
    def runs_frozen_only(self):
        """Tell whether code has to stay in the image: the memory does not take it.

        In files it takes some 230 KB of heap, 80 KB more once everything was asked for
        (heap_ram_bytes of `make bench`), and the radios 100 KB beside it. An ESP32 has 250 KB
        (micropython/micropython#18859), and no chip without PSRAM has enough.
        """
        return not self.has_psram

    def line(self):
        """Return what is there, in one line."""
        memory = "PSRAM" if self.has_psram else "no PSRAM"
        frozen = f", Bay Bridge {self.frozen} in its image" if self.frozen else ""
        return f"{self.said['machine']}, {memory}, MicroPython {self.version}{frozen}"


def check(board, version):
    """Raise DeployError unless this version can run on this board."""
    _check_micropython(board)
    if board.chip not in _BOARDS:
        raise DeployError(
            "Bay Bridge runs on the ESP32, the ESP32-S3 and the ESP32-C3; this board is another: "
            f"{board.said['machine'] or 'it does not say which'}."
        )
    if board.said["file_system"] not in _FILE_SYSTEMS:
        raise DeployError(
            f"The board's flash is formatted as {board.said['file_system']}, which cannot replace "
            "a file in one step. `make flash` erases it, and MicroPython formats it as LittleFS. "
            "`make backup` first, if there is something of yours on it."
        )
    if board.mpy != version.mpy and not (board.runs_frozen_only and board.frozen):
        raise DeployError(
            f"MicroPython {board.version} on the board takes .mpy files of version {board.mpy}, "
            f"and mpy-cross writes version {version.mpy}. `make flash` with MicroPython {BEST} "
            "puts that right."
        )
    if board.runs_frozen_only and not board.frozen:
        raise DeployError(
            f"This board ({board.said['machine']}) has no PSRAM that its MicroPython knows, and "
            f"the code would not leave its memory enough for the radios. "
            f"{_psram_hint(board.chip)}Without PSRAM its code has to be in the flash: "
            f"`make image BUILD=... BOARD={board_name(board.chip)}` makes such a MicroPython, "
            "`make flash IMAGE=...` puts it on the board."
        )


def _psram_hint(chip):
    variant = _PSRAM_VARIANTS.get(chip)
    return f"If there is some on the module: {variant} of the stock image. " if variant else ""


def _check_micropython(board):
    if board.said["name"] != "micropython":
        raise DeployError(f"{board.said['name']} runs on the board; Bay Bridge needs MicroPython.")
    try:
        number = tuple(int(part) for part in board.said["version"][:2])
    except ValueError:
        number = (0, 0)
    if not FROM <= number < BEFORE:
        why = (
            "too old: it has faults that lose a configuration or hang the radio"
            if number < FROM
            else "too new: there a card that fails is reported as one that works, and what was "
            "logged would be lost"
        )
        raise DeployError(
            f"MicroPython {board.version} on the board is {why}. Bay Bridge runs on "
            f"{FROM[0]}.{FROM[1]} to {BEST}: `make flash` with MicroPython {BEST} for "
            f"{board_name(board.chip)}."
        )
