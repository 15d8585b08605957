"""What a version consists of, and the other commands about a board: backup, logs, flash, image."""

import os
import pty
import subprocess
import sys
import tty

import pytest

from host_tests.conftest import NO_MICROPYTHON, ROOT, micropython_command
from host_tests.tools.deploy_rig import blank_board
from tools.deploy import backup, console, image, version
from tools.deploy.errors import DeployError
from tools.deploy.flash import check_image, chip_named, flash
from tools.deploy.link import Link

MANIFEST = (
    "baybridge 0.1.0 mpy=6 chip=any\n"
    "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed 3 baybridge/app.mpy\n"
    "3660315a9af3df255d8f19ab077e4797822b41488a0e2a04bc6af71213c23274 4 www/index.html.gz\n"
    "end 821b1fd7\n"
)


def test_manifest_when_made_then_it_is_the_one_slots_reads():
    files = {"www/index.html.gz": b"page", "baybridge/app.mpy": b"one"}
    assert version.manifest_text("0.1.0", 6, files) == MANIFEST


def test_manifest_when_read_then_only_a_whole_one_counts():
    number, hashes = version.read_manifest(MANIFEST)
    assert number == "0.1.0"
    assert sorted(hashes) == ["baybridge/app.mpy", "www/index.html.gz"]
    for cut in range(len(MANIFEST)):
        assert version.read_manifest(MANIFEST[:cut]) == (None, {}), cut
    assert version.read_manifest(MANIFEST.replace("0.1.0", "0.1.1")) == (None, {})
    assert version.read_manifest(None) == (None, {})


def test_version_when_built_twice_then_it_is_the_same_and_whole():
    built = version.build()
    assert built.manifest == version.build().manifest
    assert "baybridge/app.mpy" in built.files and "microdot/microdot.mpy" in built.files
    sources = list((ROOT / "firmware" / "baybridge").rglob("*.py"))
    assert sum(path.startswith("baybridge/") for path in built.files) == len(sources)
    # boot.py last: until then MicroPython's own prompt comes up.
    assert [name for name, _ in built.beside][-2:] == ["main.py", "boot.py"]
    assert "manifest.py" not in dict(built.beside)
    assert built.mpy == 6


# --- flash ------------------------------------------------------------------------------------


def image_of(chip_id, table_at):
    raw = bytearray(b"\xff" * 0x9000)
    raw[0] = 0xE9
    raw[12:14] = chip_id.to_bytes(2, "little")
    raw[table_at : table_at + 2] = b"\xaa\x50"
    return bytes(raw)


@pytest.mark.parametrize(
    ("chip_id", "table_at", "found"),
    [(0, 0x7000, ("esp32", 0x1000)), (9, 0x8000, ("esp32s3", 0)), (5, 0x8000, ("esp32c3", 0))],
)
def test_image_when_it_is_whole_then_its_chip_and_place_are_known(
    tmp_path, chip_id, table_at, found
):
    path = tmp_path / "image.bin"
    path.write_bytes(image_of(chip_id, table_at))
    assert check_image(path) == found


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"", "is no image of an ESP32"),
        (b"PK\x03\x04" + bytes(100), "is no image of an ESP32"),
        (image_of(2, 0x7000), r"a chip Bay Bridge does not know \(number 2\)"),
        # An application alone begins the same and has no table of partitions.
        (image_of(0, 0x6000), "only the application, without a boot loader"),
        (image_of(9, 0x8000)[:0x8000], "only the application, without a boot loader"),
    ],
)
def test_image_when_it_is_none_then_refused(tmp_path, raw, sentence):
    path = tmp_path / "image.bin"
    path.write_bytes(raw)
    with pytest.raises(DeployError, match=sentence):
        check_image(path)


def test_image_when_none_is_given_then_it_says_which_one_to_get():
    with pytest.raises(DeployError, match=r"download page, under ESP32_GENERIC.*version 1\.28\.0"):
        check_image("")
    with pytest.raises(DeployError, match=r"/none\.bin cannot be read: No such file"):
        check_image("/none.bin")


@pytest.mark.parametrize(
    ("said", "chip"),
    [
        ("Chip type:          ESP32-D0WD-V3 (revision v3.1)\n", "esp32"),
        ("Chip type:          ESP32-PICO-D4 (revision v1.0)\n", "esp32"),
        ("Chip type:          ESP32-U4WDH (revision v3.0)\n", "esp32"),
        (
            "Detecting chip type... ESP32-S3\nChip type:   ESP32-S3 (QFN56) (revision v0.2)",
            "esp32s3",
        ),
        ("Chip is ESP32-C3 (QFN32) (revision v0.4)\n", "esp32c3"),
        ("Chip type:          ESP32-C6FH4 (QFN32) (revision v0.0)\n", "esp32c6"),
        ("A fatal error occurred: no serial data received\n", ""),
    ],
)
def test_chip_when_esptool_names_it_then_known(said, chip):
    assert chip_named(said) == chip


class Esptool:
    """Answers as one chip, and keeps what it was asked to do."""

    def __init__(self, chip):
        self.chip = chip
        self.asked = []

    def __call__(self, *words):
        self.asked.append(words)
        return f"Chip type:          {self.chip} (revision v0.2)\n"


def test_flash_when_the_image_is_for_the_chip_then_erased_and_written(tmp_path):
    path = tmp_path / "image.bin"
    path.write_bytes(image_of(0, 0x7000))
    esptool = Esptool("ESP32-D0WD-V3")
    flash("/dev/ttyUSB0", path, print, esptool)
    to = ("--port", "/dev/ttyUSB0", "--chip", "esp32")
    assert esptool.asked == [
        ("--port", "/dev/ttyUSB0", "chip-id"),
        (*to, "erase-flash"),
        (*to, "--baud", "460800", "write-flash", "0x1000", str(path)),
    ]


def test_flash_when_the_image_is_for_another_chip_then_nothing_is_erased(tmp_path):
    path = tmp_path / "image.bin"
    path.write_bytes(image_of(0, 0x7000))
    esptool = Esptool("ESP32-S3 (QFN56)")
    with pytest.raises(
        DeployError, match=r"is for esp32, and the chip on .* is esp32s3\. Nothing"
    ):
        flash("/dev/ttyUSB0", path, print, esptool)
    assert len(esptool.asked) == 1


# --- image ------------------------------------------------------------------------------------


class Make:
    """A build that leaves an image, or fails."""

    def __init__(self, made=None):
        self.made = made
        self.command = None
        self.returncode = 0 if made else 2

    def __call__(self, command):
        self.command = command
        if self.made:
            self.made.parent.mkdir()
            self.made.write_bytes(b"image")
        return self


def build_tree(folder):
    (folder / "ports" / "esp32" / "boards" / "ESP32_GENERIC").mkdir(parents=True)
    return folder


def test_image_when_the_tree_builds_then_it_gets_our_manifest(tmp_path, monkeypatch):
    monkeypatch.setattr(image, "_OUTPUT", tmp_path / "out")
    port = build_tree(tmp_path).resolve() / "ports" / "esp32"
    make = Make(port / "build-ESP32_GENERIC" / "firmware.bin")
    made = image.build(str(tmp_path), "", make, lambda name: name)
    assert made.read_bytes() == b"image"
    manifest = f"FROZEN_MANIFEST={ROOT / 'firmware' / 'manifest.py'}"
    assert make.command == ["make", "-C", str(port), "BOARD=ESP32_GENERIC", manifest]


@pytest.mark.parametrize(
    ("board", "idf", "sentence"),
    [
        ("NOPE", "idf.py", "knows no board NOPE; there are ESP32_GENERIC"),
        ("", None, r"there is no idf\.py"),
        ("", "idf.py", "build failed"),
    ],
)
def test_image_when_it_cannot_be_built_then_said_why(tmp_path, board, idf, sentence):
    with pytest.raises(DeployError, match=sentence):
        image.build(str(build_tree(tmp_path)), board, Make(), lambda name: idf)


def test_image_when_there_is_no_tree_then_said_what_build_is(tmp_path):
    for tree in ("", str(tmp_path)):
        with pytest.raises(DeployError, match="BUILD is the folder of MicroPython's sources"):
            image.build(tree, "")


# --- backup, logs -----------------------------------------------------------------------------


@pytest.mark.skipif(micropython_command() is None, reason=NO_MICROPYTHON)
def test_backup_when_made_then_it_has_the_owners_files_and_nobody_else_reads_it(tmp_path):
    with blank_board(tmp_path) as board:
        link = Link(board.device)
        link.put(b"0123456789abcdef\n", "/token.txt")
        link.put(bytes(range(256)) * 9, "/config.json")
        link.put(b"code", "/main.py")
        link.put(b"half", "/boots.txt.new")
        link.put(b"run=a try=- tried=0 failed=- why=- crc=23bd8bf0\n", "/slots.txt")
        link.put(b"code", "/a/baybridge/app.mpy")
        assert backup.fetch(link, tmp_path / "kept", print) == ["config.json", "token.txt"]
        link.close()
    assert (tmp_path / "kept" / "config.json").read_bytes() == bytes(range(256)) * 9
    assert (tmp_path / "kept" / "token.txt").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "kept").stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(micropython_command() is None, reason=NO_MICROPYTHON)
def test_backup_when_the_board_is_blank_then_said_so(tmp_path):
    with blank_board(tmp_path) as board:
        link = Link(board.device)
        with pytest.raises(DeployError, match="nothing of yours"):
            backup.fetch(link, tmp_path / "kept", print)
        link.close()


@pytest.mark.skipif(micropython_command() is None, reason=NO_MICROPYTHON)
def test_restore_when_a_backup_is_put_back_then_its_files_are_there(tmp_path):
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "config.json").write_bytes(b"old settings")
    (kept / "token.txt").write_bytes(b"0123456789abcdef\n")
    with blank_board(tmp_path) as board:
        link = Link(board.device)
        link.put(b"new settings", "/config.json")
        link.put(b"code", "/main.py")
        assert backup.put_back(link, str(kept), print) == ["config.json", "token.txt"]
        there = ["/config.json", "/token.txt", "/main.py", "/config.json.new"]
        assert [text for _, text in link.call("texts", there)] == [
            "old settings",
            "0123456789abcdef\n",
            "code",
            None,
        ]
        assert backup.put_back(link, str(kept / "token.txt"), print) == ["token.txt"]
        link.close()


def test_restore_when_it_is_no_backup_then_said_why(tmp_path):
    def refused(source):
        with pytest.raises(DeployError) as raised:
            backup.files_of(source)
        return str(raised.value)

    assert refused("").startswith("FROM says what is put back")
    assert refused(str(tmp_path / "gone")) == f"there is no {tmp_path}/gone."
    assert refused(str(tmp_path)) == (
        f"{tmp_path} is no backup: there is no file. Nothing was written."
    )
    (tmp_path / "main.py").write_text("code")
    assert refused(str(tmp_path)) == (
        f"{tmp_path} is no backup: main.py is no file of yours. Nothing was written."
    )


def test_console_when_listened_to_then_lines_come_whole(tmp_path):
    master, slave = pty.openpty()
    tty.setraw(slave)
    lines = console.Console(os.ttyname(slave)).lines(20)
    assert next(lines) is None
    os.write(master, b"one\r\ntw")
    heard = [next(line for line in lines if line is not None)]
    os.write(master, b"o\r\n\xff\r\n")
    heard += [next(line for line in lines if line is not None) for _ in range(2)]
    assert heard == ["one", "two", "\ufffd"]
    lines.close()
    os.close(slave)
    os.close(master)


def test_logs_when_interrupted_then_what_was_heard_is_kept(tmp_path):
    master, slave = pty.openpty()
    tty.setraw(slave)
    script = (
        "import sys, pathlib; from tools.deploy import console\n"
        "console.follow(sys.argv[1], sys.stdout, pathlib.Path(sys.argv[2]))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, os.ttyname(slave), str(tmp_path)],
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
    )
    assert process.stdout.readline().startswith("listening to ")
    os.write(master, b"Bay Bridge: boot 1\r\n")
    assert process.stdout.readline().endswith(" Bay Bridge: boot 1\n")
    process.send_signal(2)
    assert process.wait(20) == 0
    [kept] = tmp_path.glob("console-*.txt")
    assert kept.read_text().endswith(" Bay Bridge: boot 1\n")
    process.stdout.close()
    os.close(slave)
    os.close(master)
