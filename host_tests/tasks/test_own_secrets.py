"""The secrets the board makes for itself: once, and anew when their file is damaged."""

import os

from baybridge.ports.files import Files
from baybridge.tasks.own_secrets import own_access_password, own_token
from host_tests.fakes.world import make_folders

FOLDER = "build/rehearse/secrets"
ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"


def files_with(name, raw=None):
    make_folders(FOLDER)
    path = FOLDER + "/" + name
    try:
        os.remove(path)
    except OSError:
        pass  # of the run before
    if raw is not None:
        with open(path, "wb") as file:
            file.write(raw)
    return Files(FOLDER)


def test_password_when_first_asked_for_then_made_and_the_same_from_then_on():
    files = files_with("access.txt")
    password = own_access_password(files)
    assert len(password) == 12 and not password.strip(ALPHABET)
    assert files.read_text("access.txt") == password + "\n"
    assert own_access_password(files) == password
    assert own_access_password(files_with("access.txt")) != password


def test_password_when_all_of_the_alphabet_is_drawn_then_none_is_taken_for_another():
    drawn = set()
    for _ in range(100):
        drawn |= set(own_access_password(files_with("access.txt")))
    assert drawn <= set(ALPHABET) and len(drawn) > 25
    assert not drawn & set("01lo")


def test_password_when_the_file_is_damaged_or_too_short_then_made_anew():
    for raw in (b"", b"\n", b"elevenchars", b"\xff" * 12, b"\0" * 12, b"with a space", b"x" * 64):
        files = files_with("access.txt", raw)
        password = own_access_password(files)
        assert len(password) == 12 and not password.strip(ALPHABET), raw
        assert files.read_text("access.txt") == password + "\n", raw


def test_password_when_the_owner_wrote_one_then_theirs():
    files = files_with("access.txt", b"My-Own.Word:12\r\n")
    assert own_access_password(files) == "My-Own.Word:12"


def test_token_when_first_asked_for_then_made_and_the_same_from_then_on():
    files = files_with("token.txt")
    token = own_token(files)
    assert len(token) == 16 and not token.strip("0123456789abcdef")
    assert own_token(files) == token
    assert len(own_token(files_with("token.txt", b"short"))) == 16


def test_token_when_no_header_can_carry_it_then_made_anew_and_else_the_owner_s():
    # Erased, never written, half written over; what no client could send keeps the owner out.
    for raw in (b"\0" * 17, b"\xff" * 17, b"3f9c\x0001d2", b"Gr\xc3\xbc\xc3\x9fe-Boot", b"x" * 65):
        files = files_with("token.txt", raw)
        token = own_token(files)
        assert len(token) == 16 and not token.strip("0123456789abcdef"), raw
        assert files.read_text("token.txt") == token + "\n", raw
    for raw in (b"eight888\r\n", b"~" * 64):
        assert own_token(files_with("token.txt", raw)) == raw.decode().strip()


def test_flash_when_full_then_good_until_the_next_start():
    class Full:
        def read_text(self, name):
            return None

        def write_atomic(self, name, text):
            raise OSError(28)

    assert len(own_access_password(Full())) == 12
    assert len(own_token(Full())) == 16
