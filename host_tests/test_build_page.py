"""What `make page` builds, and what it says when it cannot."""

import base64
import gzip
import hashlib
import json
import re
import subprocess

import pytest

from host_tests.conftest import ROOT
from tools import build_page

SOURCE = ROOT / "firmware" / "www"


def page():
    """Return the built page as text."""
    try:
        build_page.need_node()
    except build_page.PageError as exc:
        pytest.skip(str(exc))
    # `make test` has built it: what is missing here is a failure, not a reason to pass over it.
    return gzip.decompress((ROOT / "build/www/index.html.gz").read_bytes()).decode()


def test_page_when_built_then_it_fits_and_its_tag_is_its_own():
    page()
    packed = (ROOT / "build/www/index.html.gz").read_bytes()
    assert len(packed) <= 49152
    etag = (ROOT / "build/www/index.etag").read_text()
    assert etag == hashlib.sha256(packed).hexdigest()[:16] + "\n"


def test_page_when_built_then_it_names_no_other_address():
    text = page()
    links = re.findall(r'\b(?:src|href)="([^"]*)"', text.split("<script>")[0])
    assert links and all(link.startswith(("#", "data:")) for link in links)
    addresses = set(re.findall(r"https?://[^\s\"'`<>){]*", text))
    # A namespace, an example in a hint, and the address a bridge says it got.
    assert addresses <= {"http://www.w3.org/2000/svg", "http://", "http://$"}


def test_page_when_built_then_its_policy_allows_what_is_in_it_and_nothing_else():
    text = page()
    policy = re.search(r'http-equiv=Content-Security-Policy content="([^"]*)"', text)[1]
    for tag, rule in (("script", "script-src"), ("style", "style-src")):
        (inside,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.S)
        digest = hashlib.sha256(inside.encode()).digest()
        hashed = base64.b64encode(digest).decode()
        assert f"{rule} 'sha256-{hashed}';" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy


def test_lock_when_read_then_it_names_no_registry():
    lock = json.loads((SOURCE / "package-lock.json").read_text())
    assert lock["lockfileVersion"] == 3
    for name, package in lock["packages"].items():
        assert "resolved" not in package, name
        assert name == "" or package["integrity"].startswith("sha512-"), name
    wanted = json.loads((SOURCE / "package.json").read_text())["devDependencies"]
    for name, version in wanted.items():
        assert lock["packages"][f"node_modules/{name}"]["version"] == version


@pytest.mark.parametrize(
    ("version", "sentence"),
    [
        ("v16.20.2", "node 18 or newer is needed, this is v16.20.2"),
        ("", "node 18 or newer is needed, this is none"),
        ("v18.0.0", None),
        ("v120.1.0", None),
    ],
)
def test_node_when_it_is_too_old_then_it_says_so(version, sentence):
    def run(command, **options):
        return subprocess.CompletedProcess(command, 0, version + "\n", "")

    if sentence is None:
        build_page.need_node(str, run)
    else:
        with pytest.raises(build_page.PageError, match=sentence):
            build_page.need_node(str, run)


def test_node_when_there_is_none_then_it_says_what_to_install():
    with pytest.raises(build_page.PageError, match="there is no npm; on Debian .* apt install"):
        build_page.need_node(lambda name: None if name == "npm" else name)


def test_build_when_it_cannot_be_then_a_sentence_and_no_traceback(monkeypatch, tmp_path, capsys):
    def fail():
        raise build_page.PageError("there is no npm")

    monkeypatch.setattr(build_page, "TOOLS", tmp_path)
    monkeypatch.setitem(build_page.STEPS, "build", fail)
    assert build_page.main([]) == 1
    told = capsys.readouterr().err
    assert told.startswith("page: there is no npm\n")
    assert "a bridge serves a plain list of its addresses" in told
