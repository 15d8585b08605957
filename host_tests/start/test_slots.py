"""slots: which folder runs, whatever happened to the flash, the trial or the power."""

import slots
from host_tests.start.flash_rig import (
    A_RUNS,
    B_ON_TRIAL,
    MANIFEST,
    MANIFEST_END,
    empty_flash,
    get,
    put,
    put_version,
)
from host_tests.support import raises


def flash(line=None, versions="ab"):
    root = empty_flash("slots")
    for slot in versions:
        put_version(root, slot)
    if line is not None:
        put(root, "slots.txt", line)
    return root


def chosen(root, **how):
    return slots.choose(root, **how).slot


def test_line_when_written_then_as_documented_and_read_again():
    assert slots.to_text(slots.State("a", "b")) == B_ON_TRIAL
    state = slots.parse("run=a try=- tried=0 failed=b why=crashed crc=a2d2629a\n")
    assert (state.run, state.trial, state.tried) == ("a", "", 0)
    assert (state.failed, state.why) == ("b", "crashed")


def test_line_when_it_lacks_what_was_added_later_then_read():
    state = slots.parse("run=b try=- tried=0 crc=f3c185bb\n")
    assert (state.run, state.trial, state.failed, state.why) == ("b", "", "", "")


def test_line_when_a_bit_flips_or_it_is_cut_then_damaged():
    raw = A_RUNS.strip().encode()
    for bit in range(len(raw) * 8):
        broken = bytearray(raw)
        broken[bit // 8] ^= 1 << bit % 8
        try:
            text = bytes(broken).decode()
        except UnicodeError:
            continue
        # Of case in a checksum and of white space nothing depends.
        assert slots.parse(text) is None or text.strip() == A_RUNS.strip(), bit
    for n in range(len(raw)):
        assert slots.parse(A_RUNS[:n]) is None, n


def test_line_when_whole_but_senseless_then_damaged():
    assert slots.parse("run=a try=a tried=0 failed=- why=- crc=267152ac") is None
    assert slots.parse("run=c try=- tried=0 failed=- why=- crc=c367cce8") is None
    assert slots.parse("run=a try=- tried=x failed=- why=- crc=e6cb634d") is None


def test_start_when_nothing_is_on_trial_then_the_good_one_and_nothing_is_written():
    root = flash(A_RUNS)
    assert chosen(root) == "a"
    assert chosen(root, is_crash=True) == "a"
    assert get(root, "slots.txt") == A_RUNS


def test_start_when_slots_txt_is_missing_then_a_sound_slot_is_found_and_noted():
    for line in (None, "", "run=b try=-", b"\xff\xfe\x00"):
        root = flash(line, "a")
        assert chosen(root) == "a"
        assert get(root, "slots.txt") == A_RUNS
        root = flash(line, "b")
        assert chosen(root) == "b"


def test_start_when_slots_txt_is_damaged_then_a_sound_slot_is_found():
    root = flash("run=b try=- tried=0 failed=- why=- crc=ff072fe1\n", "a")
    put(root, "b/manifest.txt", MANIFEST)
    assert chosen(root) == "a"


def test_start_when_no_folder_is_sound_then_the_frozen_one_and_nothing_is_written():
    root = flash(None, "")
    assert chosen(root) == ""
    assert get(root, "slots.txt") is None
    # Never half a version before the frozen one on the path.
    root = flash(A_RUNS, "a")
    put(root, "a/baybridge/app.mpy", b"on")
    assert chosen(root) == ""


def test_start_when_the_good_one_is_damaged_then_the_other_one():
    root = flash(A_RUNS)
    put(root, "a/baybridge/app.mpy", b"on")
    assert chosen(root) == "b"
    state = slots.read(root)
    assert (state.run, state.failed, state.why) == ("b", "a", "damaged")


def test_trial_when_it_starts_then_counted_before_it_runs():
    root = flash(B_ON_TRIAL)
    assert chosen(root) == "b"
    assert get(root, "slots.txt") == "run=a try=b tried=1 failed=- why=- crc=d0076a15\n"


def test_trial_when_three_starts_do_not_confirm_it_then_back():
    root = flash(B_ON_TRIAL)
    assert [chosen(root) for _ in range(5)] == ["b", "b", "b", "a", "a"]
    state = slots.read(root)
    assert (state.run, state.failed, state.why) == ("a", "b", "not_well")


def test_trial_when_its_start_ended_in_a_crash_then_back_at_once():
    root = flash(B_ON_TRIAL)
    # The crash before the first start was the old version's.
    assert chosen(root, is_crash=True) == "b"
    assert chosen(root, is_crash=True) == "a"
    assert slots.read(root).why == "crashed"


def test_trial_when_main_notes_its_crash_then_over():
    root = flash(B_ON_TRIAL)
    chosen(root)
    assert slots.crashed("a", root) is False
    assert slots.crashed("b", root) is True
    assert slots.crashed("b", root) is False
    assert get(root, "slots.txt") == "run=a try=- tried=0 failed=b why=crashed crc=a2d2629a\n"
    assert chosen(root) == "a"


def test_trial_when_the_board_wakes_from_sleep_then_not_counted():
    root = flash(B_ON_TRIAL)
    chosen(root)
    assert [chosen(root, is_wake=True) for _ in range(9)] == ["b"] * 9
    assert slots.read(root).tried == 1


def test_trial_when_confirmed_then_it_runs_from_now_on():
    root = flash(B_ON_TRIAL)
    chosen(root)
    slots.confirm("a", root)
    assert slots.read(root).trial == "b"
    slots.confirm("b", root)
    assert get(root, "slots.txt") == "run=b try=- tried=0 failed=- why=- crc=ff072fe0\n"
    assert [chosen(root, is_crash=True) for _ in range(4)] == ["b"] * 4


def test_trial_when_its_folder_is_damaged_then_never_started():
    root = flash(B_ON_TRIAL)
    put(root, "b/www/index.html.gz", b"pag")
    assert chosen(root) == "a"
    assert slots.read(root).why == "damaged"


def test_trial_when_the_flash_takes_no_write_then_the_good_one_runs():
    root = flash(B_ON_TRIAL)
    # A folder where the new text would go fails every write, as a full flash does.
    put(root, "slots.txt.new/x", b"")
    assert [chosen(root) for _ in range(3)] == ["a", "a", "a"]
    assert get(root, "slots.txt") == B_ON_TRIAL
    root = flash(None, "a")
    put(root, "slots.txt.new/x", b"")
    assert chosen(root) == "a"


def test_trial_when_begun_then_the_folder_is_checked_to_the_last_byte():
    root = flash(A_RUNS)
    put(root, "b/baybridge/app.mpy", b"onf")
    assert str(raises(ValueError, slots.begin_trial, "b", root)) == (
        "The version in b cannot run: baybridge/app.mpy is damaged."
    )
    assert get(root, "slots.txt") == A_RUNS
    put(root, "b/baybridge/app.mpy", b"one")
    slots.begin_trial("b", root)
    assert get(root, "slots.txt") == B_ON_TRIAL
    assert str(raises(ValueError, slots.begin_trial, "a", root)) == (
        "The version in a is the one that is known good."
    )


def test_manifest_when_cut_at_any_byte_then_never_chosen():
    root = flash(A_RUNS)
    whole = MANIFEST + MANIFEST_END
    for n in range(len(whole)):
        put(root, "b/manifest.txt", whole[:n])
        assert not slots.is_sound("b", root), n
    put(root, "b/manifest.txt", whole)
    assert slots.is_sound("b", root)


def test_manifest_when_a_byte_is_another_then_never_chosen():
    root = flash(A_RUNS)
    raw = (MANIFEST + MANIFEST_END).encode()
    for at in range(len(raw)):
        broken = bytearray(raw)
        broken[at] ^= 1
        put(root, "b/manifest.txt", bytes(broken))
        assert not slots.is_sound("b", root), at


def test_manifest_when_it_does_not_fit_then_why():
    root = flash(A_RUNS)
    rows = MANIFEST[MANIFEST.index("\n") + 1 :]

    def why(head, body=rows, crc="821b1fd7"):
        put(root, "b/manifest.txt", "%s\n%send %s\n" % (head, body, crc))
        return slots.problem_of("b", root)

    assert why("baybridge 0.1.0 mpy=6 chip=any") is None
    assert why("baybridge 0.1.0 mpy=6 chip=esp32c3", crc="701627c7") == "it is for another chip"
    assert why("other 0.1.0 mpy=6 chip=any", crc="5d490fac") == "its manifest is damaged"
    above = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 0 ../token.txt\n"
    put(root, "token.txt", b"")
    head = "baybridge 0.1.0 mpy=6 chip=any"
    assert why(head, above, "054f7ca2") == "its manifest is damaged"
    put(root, "b/manifest.txt", "end 00000000\n")
    assert slots.problem_of("b", root) == "its manifest is damaged"


def test_manifest_when_for_another_micropython_then_refused_there():
    import sys

    root = flash(A_RUNS)
    rows = MANIFEST[MANIFEST.index("\n") + 1 :]
    put(root, "b/manifest.txt", "baybridge 0.1.0 mpy=5 chip=any\n%send cf11dc67\n" % rows)
    is_upy = sys.implementation.name == "micropython"
    expected = "it is compiled for another MicroPython" if is_upy else None
    assert slots.problem_of("b", root) == expected


def test_files_when_one_is_missing_or_short_then_never_chosen():
    import os

    root = flash(A_RUNS)
    os.remove(root + "/b/www/index.html.gz")
    assert slots.problem_of("b", root) == "www/index.html.gz is missing"
    put(root, "b/www/index.html.gz", b"pages")
    assert slots.problem_of("b", root) == "www/index.html.gz has another size"


def test_roll_back_when_asked_then_the_other_version_or_why_not():
    root = flash(A_RUNS)
    slots.roll_back(root)
    state = slots.read(root)
    assert (state.run, state.failed, state.why) == ("b", "a", "asked")
    root = flash(A_RUNS, "a")
    assert str(raises(ValueError, slots.roll_back, root)) == (
        "There is no other version: it has no manifest that can be read."
    )
    slots.roll_back(root, has_frozen=True)
    assert slots.read(root).run == ""
    root = flash(B_ON_TRIAL)
    slots.roll_back(root)
    state = slots.read(root)
    assert (state.run, state.trial, state.failed, state.why) == ("a", "", "b", "asked")
