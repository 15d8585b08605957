"""An update in safe mode: taken as in the application, and never over what can be gone back to."""

import safe_http
from host_tests.data.update_key import ARCHIVE
from host_tests.record.archive_rig import manifest
from host_tests.start.flash_rig import A_RUNS, B_ON_TRIAL, get, put
from host_tests.start.safe_rig import TOKEN
from host_tests.start.safe_update_rig import NEXT, Scripted, UpdateRig, head

TAKEN = (202, {"version": "0.2.0", "restarting": True})
B_KEPT_A_TRIED = "run=b try=a tried=0 failed=- why=- crc=62d077b4\n"
A_KEPT_B_TRIED = "run=a try=b tried=0 failed=- why=- crc=7e6ffb84\n"
B_FAILED = "run=a try=- tried=0 failed=b why=crashed crc=a2d2629a\n"


def test_update_when_the_version_crashes_then_in_its_place_and_the_older_one_stays():
    rig = UpdateRig()
    assert rig.send(ARCHIVE) == TAKEN
    assert rig.line() == B_KEPT_A_TRIED
    assert rig.versions() == ["0.2.0", "0.1.0"]
    assert get(rig.root, "a/manifest.txt") == manifest()
    assert get(rig.root, "a/baybridge/app.mpy") == "one more"
    # Nothing of the version before is left in it.
    assert get(rig.root, "a/baybridge/tasks/update.py") is None
    assert get(rig.root, "config.json") == '{"name": "bay", "end": 1}'


def test_update_when_taken_then_a_restart_with_its_reason_and_no_crash_counted():
    rig = UpdateRig()
    rig.send(ARCHIVE)
    assert rig.safe.is_over
    assert rig.safe.reason == "updated to 0.2.0"
    assert rig.box.crashes == 0


def test_update_when_it_is_not_well_then_the_older_one_after_three_starts():
    rig = UpdateRig()
    rig.send(ARCHIVE)
    assert [rig.runs() for _ in range(4)] == ["a", "a", "a", "b"]


def test_update_when_nothing_whole_lies_beside_then_there_and_what_runs_stays():
    for b in (None, "0.1.0"):
        rig = UpdateRig(b=b)
        if b:
            put(rig.root, "b/baybridge/version.py", 'VERSION = "9.1.0"\n')  # as long as before
        assert rig.send(ARCHIVE) == TAKEN
        assert rig.line() == A_KEPT_B_TRIED
        assert rig.versions() == ["0.1.5", "0.2.0"]


def test_update_when_nothing_crashed_then_what_runs_stays():
    for crashes in (0, 2):
        rig = UpdateRig(crashes=crashes)
        assert rig.send(ARCHIVE) == TAKEN
        assert rig.line() == A_KEPT_B_TRIED
        assert rig.versions() == ["0.1.5", "0.2.0"]


def test_update_when_the_other_is_on_trial_or_was_left_then_in_its_place():
    for line in (B_ON_TRIAL, B_FAILED, "run=a try=b tried=2 failed=- why=- crc=f9cfdee7\n"):
        rig = UpdateRig(line=line)
        assert rig.send(ARCHIVE) == TAKEN
        assert rig.line() == A_KEPT_B_TRIED
        assert rig.versions() == ["0.1.5", "0.2.0"]


def test_update_when_what_runs_is_damaged_then_the_other_stays_whatever_it_was():
    for line in (A_RUNS, B_ON_TRIAL, B_FAILED):
        rig = UpdateRig(crashes=0, line=line)
        put(rig.root, "a/baybridge/version.py", "")
        assert rig.send(ARCHIVE) == TAKEN
        assert rig.line() == B_KEPT_A_TRIED
        assert rig.versions() == ["0.2.0", "0.1.0"]


def test_update_when_nothing_is_known_good_then_what_is_whole_stays():
    rig = UpdateRig(line="run=- try=a tried=3 failed=- why=- crc=de8d8236\n", b=None)
    assert rig.send(ARCHIVE) == TAKEN
    assert rig.line() == A_KEPT_B_TRIED
    assert rig.versions() == ["0.1.5", "0.2.0"]


def test_update_when_cut_anywhere_then_the_one_that_stays_runs_and_the_next_is_taken():
    for crashes, kept in ((3, "b"), (0, "a")):
        # Two files of 8 and 4 bytes lie behind the table.
        files = len(ARCHIVE) - 12
        for n in (0, 1, 100, files - 1, files, files + 5, files + 8, files + 11):
            rig = UpdateRig(crashes=crashes)
            rig.exchange(head(ARCHIVE) + ARCHIVE[:n], is_cut=True)
            assert not rig.safe.is_over
            if n < files:
                assert (rig.line(), rig.versions()) == (A_RUNS, ["0.1.5", "0.1.0"])
            else:
                assert rig.runs() == kept, n
                left = {"a": "0.1.5", "b": "0.1.0"}
                assert rig.versions()["ab".index(kept)] == left[kept]
            assert rig.send(ARCHIVE) == TAKEN
            assert [rig.runs() for _ in range(4)][3] == kept


def test_update_when_cut_in_the_place_of_what_crashed_then_that_is_said():
    rig = UpdateRig()
    rig.exchange(head(ARCHIVE) + ARCHIVE[:-1], is_cut=True)
    assert rig.line() == "run=b try=- tried=0 failed=a why=crashed crc=7bf875aa\n"


def test_client_when_it_waits_to_be_asked_then_asked_after_what_can_be_refused_was():
    seen = []
    top = head(ARCHIVE, fields="Expect: 100-continue\r\n")
    rig = UpdateRig()
    assert rig.meet(Scripted([top, ARCHIVE], on_recv=seen.append)) == TAKEN
    assert seen[:2] == [b"", NEXT]
    rig = UpdateRig(key=None)
    client = Scripted([top, ARCHIVE])
    assert rig.meet(client)[0] == 409
    assert not client.said.startswith(NEXT)
    # This one did not wait.
    client = Scripted([top + ARCHIVE[:10], ARCHIVE[10:]])
    assert UpdateRig().meet(client) == TAKEN
    assert not client.said.startswith(NEXT)


def test_archive_when_it_comes_then_in_pieces_of_one_kilobyte_and_the_watchdog_is_fed():
    rig = UpdateRig()
    client = Scripted([head(ARCHIVE)] + [ARCHIVE[i : i + 10] for i in range(0, len(ARCHIVE), 10)])
    assert rig.meet(client) == TAKEN
    assert client.most <= 1024
    assert rig.fed > len(ARCHIVE) // 10


def test_client_when_it_stalls_then_cut_and_the_one_that_stays_runs():
    rig = UpdateRig()
    status, answer = rig.meet(Scripted([head(ARCHIVE) + ARCHIVE[:-1]]))
    assert (status, answer["detail"]) == (408, "The request took too long.")
    assert rig.runs() == "b"
    assert not rig.safe.is_over


def test_client_when_it_is_slow_without_end_then_cut_after_its_time():
    rig = UpdateRig()
    safe_http.ARCHIVE_S = -1
    status, answer = rig.meet(Scripted([head(ARCHIVE), ARCHIVE]))
    assert (status, answer["detail"]) == (408, "The request took too long.")
    assert (rig.line(), rig.versions()) == (A_RUNS, ["0.1.5", "0.1.0"])


def test_state_when_asked_then_what_the_tool_needs():
    rig = UpdateRig()
    assert rig.state() == (
        200,
        {
            "version": "0.1.5",
            "slot": "a",
            "trial": None,
            "failed": None,
            "other": {"slot": "b", "version": "0.1.0"},
            "key_set": True,
            "updating": False,
            "safe_mode": True,
            "kept": "b",
        },
    )
    rig = UpdateRig(line="run=a try=b tried=2 failed=- why=- crc=f9cfdee7\n", key=None)
    state = rig.state()[1]
    assert (state["trial"], state["kept"]) == ({"slot": "b", "tried": 2, "tries": 3}, "a")
    assert state["key_set"] is False
    state = UpdateRig(line=B_FAILED, b=None).state()[1]
    assert (state["failed"], state["other"]) == ({"slot": "b", "why": "crashed"}, None)


def test_health_when_asked_then_bad():
    line, _, body = UpdateRig().get("/healthz")
    assert line == "HTTP/1.0 503 Service Unavailable"
    assert body == '{"status":"fail","output":"safe mode"}'


def test_page_when_it_has_no_script_then_no_field_that_does_nothing():
    body = UpdateRig().get()[2]
    assert '<div id="new" hidden>' in body
    # A field without a name is no part of the form.
    assert '<input id="bba" type="file">' in body
    assert "fetch('/api/v1/firmware?force='+at('force').checked,{method:'PUT',body," in body
    assert TOKEN not in body
