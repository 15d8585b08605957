"""archive: the head of an update is taken whole and signed, or not at all."""

import hashlib

from baybridge.record.archive import Head, is_path, is_signed, modulus_of, numbers_of, row_of
from host_tests.data.update_key import ARCHIVE, KEY_TEXT, MANIFEST, MODULUS, SIGNATURE
from host_tests.record.archive_rig import FILES, manifest, signed
from host_tests.support import raises

NO_ARCHIVE = "This is no update archive of Bay Bridge."
DAMAGED = "The table of the archive is damaged."
INCOMPLETE = "The table of the archive is not complete."
FIRST = "baybridge 0.2.0 mpy=6 chip=any free=40960 heap=1000 files=2\n"
ROW = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 0 %s\n"


def refused(raw):
    return str(raises(ValueError, Head().feed, raw))


def test_head_when_fed_at_once_then_what_it_says_and_what_follows():
    head = Head()
    assert head.feed(ARCHIVE) == b"one morepage"
    assert (head.version, head.mpy, head.chip) == ("0.2.0", 6, "any")
    assert (head.free_bytes, head.heap_bytes, head.size) == (40960, 1000, 12)
    assert head.length == len(ARCHIVE) - 12
    assert head.signature == SIGNATURE
    assert b"".join(head.lines).decode() == MANIFEST


def test_head_when_fed_byte_by_byte_then_the_same_and_never_before_it_is_whole():
    head = Head()
    whole = len(ARCHIVE) - 12
    for at in range(whole - 1):
        assert head.feed(ARCHIVE[at : at + 1]) is None, at
        assert head.signature is None, at
    assert head.feed(ARCHIVE[whole - 1 : whole]) == b""
    assert b"".join(head.lines).decode() == MANIFEST


def test_rig_when_it_signs_then_as_openssl_did():
    assert signed(MANIFEST) == ARCHIVE[:-12]


def test_head_when_a_byte_is_another_then_refused_or_the_signature_does_not_hold():
    tried = 0
    for at in range(len(ARCHIVE) - 13):
        broken = bytearray(ARCHIVE[:-12])
        broken[at] ^= 1
        head = Head()
        try:
            rest = head.feed(bytes(broken))
        except ValueError:
            continue
        # A line feed that is gone leaves the head without an end.
        if rest is not None and at < len(MANIFEST):
            tried += 1
            digest = hashlib.sha256(b"".join(head.lines)).digest()
            assert not is_signed(digest, head.signature, MODULUS), at
        elif rest is not None:
            assert head.signature != SIGNATURE
    assert tried == 0  # the CRC-32 finds one bit already


def test_head_when_it_is_something_else_then_refused():
    assert refused(b"<html>\n") == NO_ARCHIVE
    assert refused(b"\xff\xfe\n") == NO_ARCHIVE
    assert refused(b"x" * 251) == NO_ARCHIVE
    assert refused(b"baybridge 0.2.0 mpy=6 chip=any\n") == NO_ARCHIVE
    assert refused(FIRST.replace("mpy=6", "mpy=six").encode()) == NO_ARCHIVE
    assert refused(FIRST.replace("chip=any", "chip=").encode()) == NO_ARCHIVE
    assert refused(FIRST.replace("free=40960", "free=123456789").encode()) == NO_ARCHIVE
    assert refused(FIRST.replace("heap=1000", "heap=-1").encode()) == NO_ARCHIVE
    assert refused(FIRST.replace("files=2", "size=2").encode()) == NO_ARCHIVE
    wrong = "The version of the archive is not one like 1.2.3."
    assert refused(FIRST.replace("0.2.0", "0.2").encode()) == wrong
    assert refused(FIRST.replace("0.2.0", "0.2.x").encode()) == wrong


def test_table_when_it_is_no_table_then_refused():
    def table(*rows):
        return refused((FIRST + "".join(rows)).encode())

    assert table("end 00000000\n") == DAMAGED
    assert table("zz 1 baybridge/a.mpy\n") == DAMAGED
    assert table(ROW.replace("e3b0", "E3B0") % "www/a") == DAMAGED
    assert table(ROW % "baybridge/b.mpy", ROW % "baybridge/a.mpy") == DAMAGED
    assert table(ROW % "baybridge/a.mpy", ROW % "baybridge/a.mpy") == DAMAGED
    assert table(ROW % "baybridge/a.mpy" + ROW % "baybridge/b.mpy", ROW % "www/c.gz") == DAMAGED
    assert table(ROW.replace(" 0 ", " 1000001 ") % "www/a") == "A file of the archive is too long."
    assert table(ROW.replace(" 0 ", " -1 ") % "www/a") == NO_ARCHIVE
    assert table(ROW % "x") == "The archive has a file where none belongs."
    # Fewer than the first line says, with a checksum that is right.
    assert refused(manifest(FIRST, FILES[:1]).encode()) == INCOMPLETE


def test_signature_line_when_it_is_none_then_refused():
    unsigned = "The archive is not signed."
    assert refused((MANIFEST + "one more\n").encode()) == unsigned
    assert refused((MANIFEST + "signed \n").encode()) == unsigned
    assert refused((MANIFEST + "signed 00FF\n").encode()) == unsigned
    assert refused((MANIFEST + "signed " + "0" * 1040).encode()) == NO_ARCHIVE


def test_head_when_it_never_ends_then_refused_before_it_fills_the_heap():
    head = Head()
    raw = FIRST.replace("files=2", "files=999999").encode()
    raises(ValueError, feed_rows, head, raw)
    assert len(head.lines) == 252


def feed_rows(head, raw):
    head.feed(raw)
    for n in range(1000):
        head.feed((ROW % ("baybridge/a%03d.mpy" % n)).encode())


def test_path_when_it_leads_elsewhere_then_none():
    for path in ("baybridge/app.mpy", "baybridge/web/guard.mpy", "www/index.html.gz"):
        assert is_path(path), path
    for path in (
        "",
        "main.py",
        "slots.txt",
        "/baybridge/app.mpy",
        "baybridge/../token.txt",
        "baybridge/..",
        "../token.txt",
        "baybridge//app.mpy",
        "baybridge/",
        "baybridge/a/b/c.mpy",
        "baybridge/.hidden",
        "a/manifest.txt",
        "sd/log.csv",
        "www/a\\b",
        "www/a%2f",
        "www/\u00e4",
        "WWW/index.html.gz",
        "microdot baybridge/x",
        "www/" + "a" * 93,
    ):
        assert not is_path(path), path
    raises(ValueError, row_of, (ROW % "../token.txt").encode())


def test_signature_when_of_another_text_key_or_length_then_not_signed():
    digest = hashlib.sha256(MANIFEST.encode()).digest()
    assert is_signed(digest, SIGNATURE, MODULUS)
    assert not is_signed(hashlib.sha256(b"other").digest(), SIGNATURE, MODULUS)
    assert not is_signed(digest, SIGNATURE, MODULUS[:-1] + "f")
    assert not is_signed(digest, SIGNATURE[2:], MODULUS)
    assert not is_signed(digest, "00" + SIGNATURE, MODULUS)
    # A number that is larger by the modulus would do as well; this one's has room for it.
    small = signed("6")[len("6signed ") :].decode().strip()
    digest_of_6 = hashlib.sha256(b"6").digest()
    assert is_signed(digest_of_6, small, MODULUS)
    larger = "%0512x" % (int(small, 16) + int(MODULUS, 16))
    assert len(larger) == 512
    assert not is_signed(digest_of_6, larger, MODULUS)
    assert not is_signed(digest, "%0512x" % (int(SIGNATURE, 16) ^ 1), MODULUS)
    for trivial in ("0" * 512, "0" * 511 + "1", "%0512x" % (int(MODULUS, 16) - 1)):
        assert not is_signed(digest, trivial, MODULUS)


def test_key_when_read_then_its_modulus_or_why_not():
    assert modulus_of(KEY_TEXT) == MODULUS
    form = "This is no key: it has to be one line 'baybridge-key rsa 65537 <modulus>'."
    for text in (
        "",
        KEY_TEXT.replace("65537", "3"),
        KEY_TEXT.replace("rsa", "dsa"),
        KEY_TEXT[:-2] + "0\n",
        KEY_TEXT.replace("c650", "C650"),
        KEY_TEXT + "more",
    ):
        assert str(raises(ValueError, modulus_of, text)) == form, text
    for text in ("8" * 510 + "1", "c" * 1025 + "1", "0" * 511 + "1", "8" * 512 + "1"):
        message = str(raises(ValueError, modulus_of, "baybridge-key rsa 65537 " + text))
        assert message == "The key has to have 2048 to 4096 bits.", text


def test_version_when_compared_then_by_its_numbers():
    assert numbers_of("0.10.0") > numbers_of("0.9.9")
    assert numbers_of("1.0.0") == (1, 0, 0)
    for text in ("1", "1.2.3.4", "1.2.-3", "1.2.", "1.2.123456", "v1.2.3"):
        raises(ValueError, numbers_of, text)
