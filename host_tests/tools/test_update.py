"""tools/update: the key, the archive as the board takes it, and what stops a command."""

import hashlib

import pytest

from baybridge.record.archive import Head, is_signed, modulus_of
from host_tests.conftest import NO_MICROPYTHON, micropython_command
from tools.update import archive
from tools.update.__main__ import main, sentences_about
from tools.update.errors import UpdateError
from tools.update.send import Bridge

FILES = {"www/index.html.gz": b"page", "baybridge/app.mpy": bytes(4097), "baybridge/b/c.mpy": b""}


@pytest.fixture
def keys():
    pytest.importorskip("cryptography", reason="no cryptography; `make update-key` fetches it")
    from tools.update import keys

    return keys


def test_archive_when_built_then_the_board_takes_it(tmp_path, keys):
    key = keys.make(tmp_path / "key.pem")
    raw = archive.build("1.2.3", 6, FILES, key)
    head = Head()
    assert head.feed(raw) == bytes(4097) + b"" + b"page"
    assert (head.version, head.mpy, head.chip, head.size) == ("1.2.3", 6, "any", 4101)
    # Two blocks and one, none for an empty file, two each for four folders, and 16 to spare.
    assert head.free_bytes == (2 + 1 + 8 + 16) * 4096
    assert head.heap_bytes == 348160
    digest = hashlib.sha256(b"".join(head.lines)).digest()
    assert is_signed(digest, head.signature, modulus_of(keys.public_text(key)))
    other = keys.make(tmp_path / "other.pem")
    assert not is_signed(digest, head.signature, modulus_of(keys.public_text(other)))


def test_archive_when_more_than_a_bridge_takes_then_refused(tmp_path, keys):
    key = keys.make(tmp_path / "key.pem")
    with pytest.raises(UpdateError, match="1 files of 10.* bytes are more than a bridge takes"):
        archive.build("1.2.3", 6, {"www/a": bytes(1 << 20)}, key)


def test_key_when_made_then_only_for_this_user_and_never_over_another(tmp_path, keys):
    path = tmp_path / "key.pem"
    key = keys.make(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert keys.public_text(keys.load(path)) == keys.public_text(key)
    with pytest.raises(UpdateError, match="is there already"):
        keys.make(path)
    (tmp_path / "junk.pem").write_text("junk")
    with pytest.raises(UpdateError, match="holds no private key"):
        keys.load(tmp_path / "junk.pem")


def test_command_when_something_is_missing_then_a_sentence(tmp_path, keys, capsys, monkeypatch):
    monkeypatch.delenv("BAYBRIDGE_TOKEN", raising=False)
    missing = str(tmp_path / "none.pem")
    assert main(["archive", "--key", missing]) == 1
    assert f"update: there is no key in {missing}; `make update-key`" in capsys.readouterr().err
    assert main(["send", "--key", missing]) == 1
    assert "HOST says which bridge" in capsys.readouterr().err
    assert main(["send", "bay", "--key", missing]) == 1
    assert "BAYBRIDGE_TOKEN has to hold the token" in capsys.readouterr().err
    monkeypatch.setenv("BAYBRIDGE_TOKEN", "x")
    assert main(["send", "https://bay", "--key", missing]) == 1
    assert "is no address of a bridge" in capsys.readouterr().err
    assert main(["send", "127.0.0.1:1", "--key", missing]) == 1
    assert "http://127.0.0.1:1 does not answer" in capsys.readouterr().err


def test_watch_when_nobody_answers_then_it_ends(monkeypatch):
    monkeypatch.setattr("tools.update.send._RESTART_S", 0.5)
    with pytest.raises(UpdateError, match="has not said that the new version is well"):
        Bridge("127.0.0.1:1", "x").watch("0.2.0", "a", print, look_s=0.1)


@pytest.mark.time_limit_s(200)
def test_update_when_cut_off_then_the_old_version_and_a_good_one_follows(keys, record_property):
    if micropython_command() is None:
        pytest.skip(NO_MICROPYTHON)
    from tools.bench import update_cuts

    # Each 40 KB, and of the writes each 200th and the first and last forty; more of them in
    # `make bench`.
    figures = {one.name: one for one in update_cuts.figures(40, 4, 200)}
    for name, one in figures.items():
        record_property("figure", f"{name} {one.value} {one.unit}")
    for line in figures["update_cuts_tried"].details:
        record_property("figure", f"  {line}")
    assert figures["update_cuts_tried"].value > 95
    assert figures["update_bricked"].value == 0, figures["update_bricked"].details


def test_watch_when_it_was_in_safe_mode_and_is_gone_then_where_to_look(monkeypatch):
    monkeypatch.setattr("tools.update.send._RESTART_S", 0.5)
    with pytest.raises(UpdateError, match="look where the bridge is as a rule"):
        Bridge("127.0.0.1:1", "x").watch("0.2.0", "a", print, look_s=0.1, is_safe=True)


def test_sentences_when_the_bridge_runs_or_is_in_safe_mode_then_what_stays():
    assert list(sentences_about("bay", {"version": "0.1.0"})) == ["bay runs 0.1.0"]
    state = {"version": None, "slot": None, "kept": None, "safe_mode": True}
    assert list(sentences_about("bay", state)) == [
        "bay is in safe mode; the version in its image ran before"
    ]
