"""A bridge with versions on its flash, as tools/update meets it: for the whole chain's tests.

The firmware as it is compiled for a board runs from boot.py on, on MicroPython with LittleFS as
its flash (tools/rehearse/pty_board.py).
"""

import shutil
import socket
import subprocess
import time

from host_tests.conftest import ROOT, micropython_command
from tools.deploy import version
from tools.rehearse.pty_board import PtyBoard, make_flash
from tools.update.errors import UpdateError

TOKEN = "the-token-of-the-test"
CONFIG = """{"batteries": [{"id": "house1", "address": "02:12:34:00:20:61"}],
 "http": {"port": %d, "token": "%s"}, "log": {"enabled": false}, "end": 1}"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def module(tmp_path, name, source):
    """Return a module of the firmware with another text, compiled."""
    path = tmp_path / name
    path.write_text(source)
    made = tmp_path / "made"
    return version._compile(path, path.relative_to(tmp_path), made)[1]


def numbered(tmp_path, firmware, number, **others):
    """Return the files of the firmware as another version; others are modules' sources."""
    files = dict(firmware.files)
    source = f'VERSION = "{number}"\n'
    files["baybridge/version.mpy"] = module(tmp_path, "version.py", source)
    for name, source in others.items():
        files[f"baybridge/{name}.mpy"] = module(tmp_path, f"{name}.py", source)
    return files


def switch_on(tmp_path, firmware, public, versions=None, slots=None):
    """Return a board with {folder: (number, files)}, by default the firmware in a.

    And where it answers. slots is the text of slots.txt, if there is one.
    """
    port = free_port()
    flash = tmp_path / "flash"
    for slot, (number, files) in (versions or {"a": (firmware.number, firmware.files)}).items():
        for path, raw in files.items():
            target = flash / slot / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(raw)
        text = version.manifest_text(number, firmware.mpy, files)
        (flash / slot / "manifest.txt").write_text(text)
    for name, raw in firmware.beside:
        # Port 80 is not to be had here.
        raw = raw.replace(b"\nPORT = 80\n", b"\nPORT = %d\n" % port)
        (flash / name).write_bytes(raw)
    (flash / "config.json").write_text(CONFIG % (port, TOKEN))
    for name, text in (("update_key.txt", public), ("slots.txt", slots)):
        if text:
            (flash / name).write_text(text)
    image = tmp_path / "flash.img"
    make_flash(image)
    micropython = [micropython_command(), "-X", "heapsize=8M"]
    command = [*micropython, "tools/rehearse/flash_image.py", image, flash]
    subprocess.run(command, cwd=ROOT, check=True, timeout=60)
    shutil.rmtree(flash)
    return PtyBoard(micropython_command(), image), f"http://127.0.0.1:{port}"


def state_of(bridge, board, within_s=30):
    """Return what the bridge says of its versions as soon as it says something."""
    end_s = time.monotonic() + within_s
    while True:
        try:
            return bridge.state()
        except UpdateError:
            assert time.monotonic() < end_s, bytes(board.said).decode(errors="replace")
            time.sleep(0.2)
