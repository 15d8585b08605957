"""An update from the owner's key to the version that stays, or goes: the whole chain.

The firmware as it is compiled for a board runs from boot.py on, on MicroPython with LittleFS as
its flash (tools/rehearse/pty_board.py), and tools/update talks to it as it would to a board.
"""

import shutil
import socket
import subprocess
import time

import pytest

from host_tests.conftest import NO_MICROPYTHON, ROOT, micropython_command
from tools.deploy import version
from tools.rehearse.pty_board import PtyBoard, make_flash
from tools.update import archive
from tools.update.errors import UpdateError
from tools.update.send import Bridge

TOKEN = "the-token-of-the-test"
CONFIG = """{"batteries": [{"id": "house1", "address": "02:12:34:00:20:61"}],
 "http": {"port": %d, "token": "%s"}, "log": {"enabled": false}, "end": 1}"""
HALF = 200000


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def firmware():
    if micropython_command() is None:
        pytest.skip(NO_MICROPYTHON)
    return version.build()


@pytest.fixture
def keys():
    # Without it, `make test` says what to fetch.
    pytest.importorskip("cryptography", reason="no cryptography; `make update-key` fetches it")
    from tools.update import keys

    return keys


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


def switch_on(tmp_path, firmware, public):
    """Return a board that has the firmware in folder a, and where it answers."""
    port = free_port()
    flash = tmp_path / "flash"
    for path, raw in [*firmware.files.items()]:
        target = flash / "a" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(raw)
    (flash / "a" / "manifest.txt").write_text(firmware.manifest)
    for name, raw in firmware.beside:
        (flash / name).write_bytes(raw)
    (flash / "config.json").write_text(CONFIG % (port, TOKEN))
    if public:
        (flash / "update_key.txt").write_text(public)
    image = tmp_path / "flash.img"
    make_flash(image)
    subprocess.run(
        [
            micropython_command(),
            "-X",
            "heapsize=8M",
            "tools/rehearse/flash_image.py",
            image,
            flash,
        ],
        cwd=ROOT,
        check=True,
        timeout=60,
    )
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


@pytest.mark.time_limit_s(150)
def test_update_when_it_is_well_then_it_runs_and_when_it_crashes_the_old_one(
    tmp_path, firmware, keys
):
    key = keys.make(tmp_path / "key.pem")
    public = keys.public_text(key)
    board, url = switch_on(tmp_path, firmware, None)
    bad = archive.build(
        "0.3.0",
        firmware.mpy,
        numbered(tmp_path, firmware, "0.3.0", app_start="def run(slot, box, root):\n    1 / 0\n"),
        key,
    )
    good = archive.build("0.2.0", firmware.mpy, numbered(tmp_path, firmware, "0.2.0"), key)
    said = []
    bridge = Bridge(url, TOKEN)
    with board:
        now = state_of(bridge, board)
        assert (now["version"], now["slot"], now["key_set"]) == (firmware.number, "a", False)
        with pytest.raises(UpdateError, match="There is no owner's key"):
            bridge.send(good, False, lambda sent: None)
        bridge.put("/api/v1/firmware/key", public.encode())

        # The power fails half-way.
        def cut(sent):
            if sent > HALF:
                board.cut_power()

        with pytest.raises(UpdateError, match="What ran there goes on running"):
            bridge.send(good, False, cut)
    with board:
        now = state_of(bridge, board)
        assert (now["version"], now["slot"], now["other"]) == (firmware.number, "a", None)
        assert now["key_set"]

        # A version that crashes is left again.
        assert bridge.send(bad, False, lambda sent: None) == "0.3.0"
        with pytest.raises(UpdateError, match=r"the new version failed \(crashed\)"):
            bridge.watch("0.3.0", "a", said.append, look_s=0.2)
        now = state_of(bridge, board)
        assert (now["version"], now["failed"]) == (
            firmware.number,
            {"slot": "b", "why": "crashed"},
        )
        assert "ZeroDivisionError" in bytes(board.said).decode(errors="replace")

        # And one that is well takes over.
        assert bridge.send(good, False, lambda sent: None) == "0.2.0"
        bridge.watch("0.2.0", "a", said.append, look_s=0.2)
        now = state_of(bridge, board)
        assert now == {
            "version": "0.2.0",
            "slot": "b",
            "trial": {"slot": "b", "tried": 1, "tries": 3},
            "failed": None,
            "other": {"slot": "a", "version": firmware.number},
            "key_set": True,
            "updating": False,
        }
        assert said == ["0.2.0 runs and is well; it stays if it is for ten minutes"]
        with pytest.raises(UpdateError, match="The version that runs is on trial itself"):
            bridge.send(good, True, lambda sent: None)
