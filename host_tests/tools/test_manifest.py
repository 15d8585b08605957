"""firmware/manifest.py, walked with MicroPython's own rules: all of the firmware, nothing else."""

import pytest

from host_tests.conftest import ROOT
from tools import manifest_rules
from tools.deploy.version import beside_files

BOARD_MANIFEST = 'freeze("$(PORT_DIR)/modules")\n'


@pytest.fixture
def port(tmp_path):
    """Give a build tree's port as far as a manifest sees it."""
    (tmp_path / "boards").mkdir()
    (tmp_path / "boards" / "manifest.py").write_text(BOARD_MANIFEST)
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "_boot.py").write_text("pass\n")
    return tmp_path


def frozen(manifest, port):
    try:
        return manifest_rules.frozen_files(manifest, {"PORT_DIR": str(port)})
    except manifest_rules.NoRules as exc:
        pytest.skip(str(exc))


@pytest.mark.time_limit_s(400)
def test_manifest_when_walked_then_every_module_of_the_firmware_is_in_it(port):
    files = frozen(ROOT / "firmware" / "manifest.py", port)
    ours = {
        path.relative_to(ROOT / "firmware").as_posix(): path
        for path in (ROOT / "firmware" / "baybridge").rglob("*.py")
    }
    assert len(ours) > 80
    assert {name: path for name, path in files.items() if name.startswith("baybridge")} == ours
    assert {name for name in files if name.startswith("microdot")} == {
        "microdot/__init__.py",
        "microdot/microdot.py",
    }
    beside = [name for name, _ in beside_files()]
    assert {"boot.py", "main.py", "slots.py", "safe_mode.py", "black_box.py"} <= set(beside)
    rest = {name for name in files if "/" not in name}
    # What the board itself brings, and what a deployment would copy beside the slots.
    assert rest == {"_boot.py", *beside}


@pytest.mark.time_limit_s(400)
def test_manifest_when_walked_then_nothing_of_the_host_is_in_it(port):
    files = frozen(ROOT / "firmware" / "manifest.py", port)
    for name, path in files.items():
        inside = path.resolve().relative_to(port if name == "_boot.py" else ROOT)
        assert inside.parts[0] in ("modules", "firmware", ".tools", "boot.py"), name
        assert not name.startswith(("host_tests", "tools", "manifest")), name


@pytest.mark.time_limit_s(400)
def test_manifest_when_it_names_what_is_not_there_then_the_rules_refuse_it(tmp_path, port):
    manifest = tmp_path / "manifest.py"
    manifest.write_text('module("nowhere.py", base_path=".")\n')
    rules = manifest_rules
    frozen(ROOT / "firmware" / "manifest.py", port)  # skips where they cannot be had
    with pytest.raises(Exception, match=r"nowhere\.py"):
        rules.frozen_files(manifest, {"PORT_DIR": str(port)})
