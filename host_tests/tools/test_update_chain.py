"""An update from the owner's key to the version that stays, or goes: the whole chain."""

import pytest

from host_tests.tools.update_rig import TOKEN, numbered, state_of, switch_on
from tools.update import archive
from tools.update.errors import UpdateError
from tools.update.send import Bridge

HALF = 200000


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
