"""tools/update against a bridge in safe mode, from the crash loop to the version that is well."""

import pytest

from host_tests.tools.update_rig import TOKEN, numbered, state_of, switch_on
from tools.update import archive
from tools.update.__main__ import sentences_about
from tools.update.errors import UpdateError
from tools.update.send import Bridge

CRASHES = "def run(slot, box, root):\n    1 / 0\n"
HALF = 200000
A_RUNS = "run=a try=- tried=0 failed=- why=- crc=bba60af8\n"


@pytest.mark.time_limit_s(150)
def test_update_when_the_bridge_crashes_again_and_again_then_taken_in_safe_mode(
    tmp_path, firmware, keys
):
    key = keys.make(tmp_path / "key.pem")
    crashing = numbered(tmp_path, firmware, "0.2.0", app_start=CRASHES)
    older = numbered(tmp_path, firmware, "0.1.0")
    # What the older one brings beside its code does not matter here, and two are a lot of flash.
    older = {path: raw for path, raw in older.items() if not path.startswith("www/")}
    versions = {"a": ("0.2.0", crashing), "b": ("0.1.0", older)}
    board, url = switch_on(tmp_path, firmware, keys.public_text(key), versions, A_RUNS)
    worse = numbered(tmp_path, firmware, "0.2.1", app_start=CRASHES)
    worse = archive.build("0.2.1", firmware.mpy, worse, key)
    good = numbered(tmp_path, firmware, "0.2.2")
    good = archive.build("0.2.2", firmware.mpy, good, key)
    bridge = Bridge(url, TOKEN)
    said = []
    with board:
        now = state_of(bridge, board)
        assert now == {
            "version": "0.2.0",
            "slot": "a",
            "trial": None,
            "failed": None,
            "other": {"slot": "b", "version": "0.1.0"},
            "key_set": True,
            "updating": False,
            "safe_mode": True,
            "kept": "b",
        }
        assert list(sentences_about("bay", now)) == [
            "bay is in safe mode; 0.2.0 ran before",
            "that one is replaced; the other one on its flash stays, should the new one fail",
        ]
        with pytest.raises(UpdateError, match="This is not the token"):
            Bridge(url, "wrong").send(good, False, lambda sent: None)
        other = keys.make(tmp_path / "other.pem")
        forged = archive.build("0.2.2", firmware.mpy, older, other)
        with pytest.raises(UpdateError, match="is not signed with the owner's key"):
            bridge.send(forged, False, lambda sent: None)
        assert bridge.state() == now

        # One that crashes, too: the older one runs again.
        assert bridge.send(worse, False, lambda sent: None) == "0.2.1"
        with pytest.raises(UpdateError, match=r"failed \(crashed\), so 0\.1\.0 runs again"):
            bridge.watch("0.2.1", now["kept"], said.append, look_s=0.2, is_safe=True)
        now = state_of(bridge, board)
        assert (now["slot"], now["failed"]) == ("b", {"slot": "a", "why": "crashed"})


@pytest.mark.time_limit_s(150)
def test_update_when_the_power_fails_in_safe_mode_then_safe_mode_again_and_the_fix_is_taken(
    tmp_path, firmware, keys
):
    key = keys.make(tmp_path / "key.pem")
    crashing = numbered(tmp_path, firmware, "0.2.0", app_start=CRASHES)
    versions = {"a": ("0.2.0", crashing)}
    board, url = switch_on(tmp_path, firmware, keys.public_text(key), versions, A_RUNS)
    good = numbered(tmp_path, firmware, "0.2.1")
    good = archive.build("0.2.1", firmware.mpy, good, key)
    bridge = Bridge(url, TOKEN)
    said = []
    with board:
        assert state_of(bridge, board)["kept"] == "a"

        def cut(sent):
            if sent > HALF:
                board.cut_power()

        with pytest.raises(UpdateError, match="What ran there goes on running"):
            bridge.send(good, False, cut)
    with board:
        # It crashes as before, and safe mode is there again.
        now = state_of(bridge, board)
        assert (now["version"], now["safe_mode"], now["kept"]) == ("0.2.0", True, "a")
        assert bridge.send(good, False, lambda sent: None) == "0.2.1"
        bridge.watch("0.2.1", "a", said.append, look_s=0.2, is_safe=True)
        now = state_of(bridge, board)
        assert (now["version"], now["slot"]) == ("0.2.1", "b")
        assert now["trial"] == {"slot": "b", "tried": 1, "tries": 3}
        assert said == ["0.2.1 runs and is well; it stays if it is for ten minutes"]
