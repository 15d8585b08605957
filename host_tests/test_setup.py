"""The setup finds this machine's own Debian mirror in every form apt takes."""

import os

import pytest

from host_tests.conftest import ROOT
from tools.setup_micropython import debian_mirror, probe, write_launcher

DEB822 = """\
# a comment
Types: deb deb-src
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main

Types: deb
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
"""


@pytest.mark.parametrize(
    ("name", "text", "mirror"),
    [
        ("sources.list.d/debian.sources", DEB822, "http://mirror.example/debian"),
        (
            "sources.list.d/debian.sources",
            "Types: deb\nURIs: mirror+file:///etc/apt/mirrors/debian.list\n"
            "Suites: trixie\n trixie-updates\nComponents: main\n",
            "mirror+file:///etc/apt/mirrors/debian.list",
        ),
        ("sources.list.d/debian.sources", DEB822.replace("Types: deb", "Types: deb-src"), None),
        ("sources.list.d/debian.sources", "Enabled: no\n" + DEB822.split("\n\n")[1], None),
        (
            "sources.list",
            "# deb http://old.example/debian bookworm main\n"
            "deb [arch=amd64 signed-by=/x.gpg] https://m.example/debian/ bookworm main  # here\n",
            "https://m.example/debian/",
        ),
        ("sources.list.d/a.list", "deb http://m.example/ubuntu noble main\n", None),
        ("sources.list.d/a.list.disabled", "deb http://m.example/debian bookworm main\n", None),
    ],
)
def test_mirror_when_apt_names_it_in_this_form_then_it_is_found(tmp_path, name, text, mirror):
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / name).write_text(text)
    assert debian_mirror(tmp_path) == mirror


@pytest.mark.parametrize(
    ("says", "bits"),
    [
        ("echo micropython 1 25 32", 32),
        ("echo micropython 1 28 64", 64),
        ("echo micropython 1 24 32", 0),
        ("echo cpython 3 11 64", 0),
        ("echo micropython 1 25 32; exit 1", 0),
        ("echo", 0),
    ],
)
def test_probe_when_a_program_answers_then_only_a_new_enough_micropython_counts(
    tmp_path, says, bits
):
    write_launcher(tmp_path / "micropython", says + "\n")
    assert probe(str(tmp_path / "micropython")) == bits


def test_probe_when_there_is_nothing_then_it_is_no_micropython(tmp_path):
    assert probe(str(tmp_path / "micropython")) == 0


def test_micropython_when_set_up_then_it_is_one_and_has_fat(micropython):
    status, output = micropython(
        "-c", "import sys, vfs; print(sys.implementation.name, vfs.VfsFat)"
    )
    assert (status, output) == (0, "micropython <class 'VfsFat'>\n")


def test_ci_when_started_then_it_can_be(tmp_path):
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
