"""What stops a deployment, each with a sentence that says what to do."""

import os
import pty
import threading
import tty

import pytest
import serial

from host_tests.conftest import NO_MICROPYTHON, micropython_command
from host_tests.tools.deploy_rig import Deployment, blank_board, small_version
from tools.deploy import __main__ as command
from tools.deploy import console, fit, link, version
from tools.deploy.__main__ import main
from tools.deploy.errors import DeployError
from tools.deploy.link import Link, check_device
from tools.deploy.watch import watch

S3 = {
    "name": "micropython",
    "version": ["1", "28", "0", ""],
    "mpy": 6,
    "machine": "Generic ESP32S3 module with ESP32S3",
    "has_psram": True,
    "frozen": None,
    "file_system": "VfsLfs2",
    "block_bytes": 4096,
    "free_bytes": 2000000,
    "hostname": "baybridge",
}
WROOM = "Generic ESP32 module with ESP32"
WROVER = "Generic ESP32 module with SPIRAM with ESP32"
C3 = "ESP32C3 module with ESP32C3"
VERSION = version.Version("0.1.0", 6, {"baybridge/app.mpy": b"code"})


def refusal(**said):
    with pytest.raises(DeployError) as raised:
        fit.check(fit.Board({**S3, **said}), VERSION)
    return str(raised.value)


def none():
    return []


def two():
    return [("/dev/ttyUSB0", "CP2102 USB to UART"), ("/dev/ttyACM0", "USB JTAG")]


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"version": ["1", "26", "0", ""]},
        {"version": ["1", "27", "1", ""]},
        {"machine": WROVER},
        {"machine": WROOM, "has_psram": False, "frozen": "0.1.0"},
        {"has_psram": False, "frozen": "0.1.0"},
        # The code in an image is not ours to refuse for what mpy-cross writes.
        {"machine": C3, "has_psram": False, "frozen": "0.1.0", "mpy": 5},
    ],
)
def test_fit_when_the_board_can_run_it_then_nothing_is_said(said):
    fit.check(fit.Board({**S3, **said}), VERSION)


@pytest.mark.parametrize("number", [["1", "25", "0", ""], ["1", "9", "3", ""], ["0", "1", "0"]])
def test_fit_when_micropython_is_too_old_then_refused(number):
    said = refusal(version=number)
    assert said.startswith(f"MicroPython {'.'.join(number[:3])} on the board is too old")
    assert "`make flash` with MicroPython 1.28.0 for ESP32_GENERIC_S3" in said


def test_fit_when_micropython_is_too_new_then_refused():
    assert "1.29.0 on the board is too new" in refusal(version=["1", "29", "0", "preview"])
    assert "2.0.0 on the board is too new" in refusal(version=["2", "0", "0", ""])


def test_fit_when_the_mpy_version_is_another_then_refused():
    said = refusal(mpy=7)
    assert "takes .mpy files of version 7, and mpy-cross writes version 6" in said


@pytest.mark.parametrize(
    ("machine", "board"),
    [(WROOM, "ESP32_GENERIC"), (C3, "ESP32_GENERIC_C3"), (S3["machine"], "ESP32_GENERIC_S3")],
)
def test_fit_when_the_memory_is_too_small_then_it_says_make_image(machine, board):
    said = refusal(machine=machine, has_psram=False)
    assert "has no PSRAM that its MicroPython knows" in said
    assert f"`make image BUILD=... BOARD={board}`" in said


def test_fit_when_psram_may_only_be_unknown_to_the_image_then_the_variant_is_named():
    assert "N16R8, needs the variant SPIRAM_OCT" in refusal(has_psram=False)
    assert "a WROVER needs the variant SPIRAM of" in refusal(machine=WROOM, has_psram=False)
    assert "variant" not in refusal(machine=C3, has_psram=False)


def test_fit_when_it_is_another_chip_then_refused():
    assert refusal(machine="Raspberry Pi Pico with RP2040") == (
        "Bay Bridge runs on the ESP32, the ESP32-S3 and the ESP32-C3; this board is another: "
        "Raspberry Pi Pico with RP2040."
    )
    assert "ESP32S2" in refusal(machine="Generic ESP32S2 module with ESP32S2")
    assert "ESP32C6" in refusal(machine="ESP32C6 module with ESP32C6")


def test_fit_when_something_else_answers_then_refused():
    assert refusal(name="circuitpython").startswith("circuitpython runs on the board")


def test_fit_when_the_flash_has_fat_then_refused():
    assert "formatted as VfsFat" in refusal(file_system="VfsFat")


def test_chip_when_described_by_the_firmware_then_known():
    assert fit.chip_of(WROOM) == "esp32"
    assert fit.chip_of("Generic ESP32S3 module with Octal-SPIRAM with ESP32S3") == "esp32s3"
    assert fit.chip_of("Some board with ESP32-C3") == "esp32c3"
    assert fit.chip_of("linux") == ""


# --- the device -------------------------------------------------------------------------------


def test_device_when_none_is_given_then_those_there_are_named():
    with pytest.raises(DeployError, match=r"make deploy DEVICE=/dev/ttyUSB0    CP2102"):
        check_device("", ports=two)
    with pytest.raises(DeployError, match="No board is to be seen"):
        check_device("", ports=none)


def test_device_when_it_is_absent_then_said_so():
    with pytest.raises(DeployError, match=r"There is no /dev/ttyNONE\..* /dev/ttyACM0\."):
        check_device("/dev/ttyNONE", ports=two)
    with pytest.raises(DeployError, match="no board at all"):
        check_device("/dev/null/x", ports=none)


def test_device_when_it_is_a_file_then_refused(tmp_path):
    (tmp_path / "port").write_text("")
    with pytest.raises(DeployError, match="is no serial port"):
        check_device(str(tmp_path / "port"))


def test_device_when_it_may_not_be_used_then_the_group_is_named(monkeypatch):
    # Whoever is root may use everything, so the answer is made up.
    monkeypatch.setattr(link.os, "access", lambda path, mode: False)
    with pytest.raises(DeployError, match=r"usermod -aG dialout"):
        check_device("/dev/null")


def test_device_when_it_cannot_be_opened_as_a_port_then_said_so():
    with pytest.raises(DeployError, match="/dev/null cannot be opened: it is no serial port"):
        Link("/dev/null")


@pytest.mark.parametrize("answer", [b"", b"AT+OK\r\n"])
def test_device_when_no_micropython_answers_then_said_so(answer):
    master, slave = pty.openpty()
    tty.setraw(slave)

    def speak():
        try:
            while os.read(master, 100):
                os.write(master, answer)
        except OSError:
            pass  # the test is over

    threading.Thread(target=speak, daemon=True).start()
    try:
        with pytest.raises(DeployError, match="does not answer as MicroPython does"):
            Link(os.ttyname(slave), patience_s=0.3)
    finally:
        os.close(slave)
        os.close(master)


def test_command_when_it_cannot_be_done_then_the_status_says_so(capsys):
    assert main(["deploy", "/dev/ttyNONE"]) == 1
    assert capsys.readouterr().err.startswith("deploy: There is no /dev/ttyNONE.")
    assert main([]) == 2
    assert main(["fly"]) == 2


# --- on the board -----------------------------------------------------------------------------


@pytest.mark.skipif(micropython_command() is None, reason=NO_MICROPYTHON)
@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"version": "1.25.0"}, "1.25.0 on the board is too old"),
        ({"mpy": "5"}, "takes .mpy files of version 5"),
        ({"machine": WROOM, "psram": "0"}, "make image"),
    ],
)
def test_deploy_when_the_board_does_not_fit_then_nothing_is_written(tmp_path, settings, sentence):
    with blank_board(tmp_path, **settings) as board:
        with pytest.raises(DeployError, match=sentence):
            Deployment(board, small_version(tmp_path))
        device = Link(board.device)
        assert device.run("print(sorted(os.listdir('/')))").strip() == "['host']"
        device.close()


@pytest.mark.skipif(micropython_command() is None, reason=NO_MICROPYTHON)
def test_deploy_when_the_flash_is_too_full_then_nothing_is_removed(tmp_path):
    with blank_board(tmp_path) as board:
        new = small_version(tmp_path)
        Deployment(board, new)
        big = version.Version("0.3.0", 6, {**new.files, "www/big": b"x" * 1900000}, new.beside)
        with pytest.raises(DeployError, match=r"KB free, and this version needs 1\d\d\d KB"):
            Deployment(board, big)
        device = Link(board.device)
        assert device.call("texts", ["/a/manifest.txt"])[0][1] == new.manifest
        device.close()


def test_console_when_a_port_is_opened_then_neither_reset_nor_boot_line_moves(monkeypatch):
    # Linux has set both when pyserial comes to it; one line alone resets the board.
    moved = []

    class Lines(serial.Serial):
        is_set = (True, True)

        def _update_dtr_state(self):
            self.note(self._dtr_state, self.is_set[1])

        def _update_rts_state(self):
            self.note(self.is_set[0], self._rts_state)

        def note(self, *lines):
            if lines != self.is_set:
                moved.append(lines)
            self.is_set = lines

    monkeypatch.setattr(serial, "serial_for_url", lambda *args, do_not_open, **kw: made(kw))
    monkeypatch.setattr(console.os, "name", "posix")

    def made(settings):
        port = Lines(**settings)
        port.port = os.ttyname(ends[1])
        return port

    ends = pty.openpty()
    try:
        console.open_quietly("/dev/ttyACM0").close()
    finally:
        os.close(ends[0])
        os.close(ends[1])
    assert moved == []


def test_watch_when_nothing_comes_then_the_last_words_are_shown():
    def lines(wait_s):
        yield from ("Traceback:", "  File main.py", None, "OSError: 5")

    with pytest.raises(DeployError) as raised:
        watch(lines, "bay", print, limit_s=1)
    assert "did not come up within 1 s" in str(raised.value)
    assert "  | OSError: 5" in str(raised.value)
    with pytest.raises(DeployError, match="nothing; a board with USB of its own may be up"):
        watch(lambda wait_s: iter([None, ""]), "bay", print, limit_s=1)


def test_flash_when_the_board_stays_in_its_loader_then_the_reset_button_is_named(
    monkeypatch, capsys
):
    def silent(device):
        raise DeployError("it does not answer")

    for name in ("check_image", "check_device", "flash"):
        monkeypatch.setattr(command, name, lambda *args: None)
    monkeypatch.setattr(command, "_FORMAT_S", 0)
    monkeypatch.setattr(command, "deploy", silent)
    assert main(["flash", "/dev/ttyACM0", "image.bin"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("flash: it does not answer\nThe image is written.")
    assert "press its reset button and go on: make deploy DEVICE=/dev/ttyACM0" in said
