"""`logview check`: every bad line and every missing record, with its place."""

import os

import pytest

from host_tests.tools import logview_card as card
from tools.logview import check, cli
from tools.logview.lines import Unreadable
from tools.logview.progress import Progress

TODAY = card.FILES["2026-08-06.csv"]


def checked(tmp_path, content, name="2026-08-06.csv"):
    """Return (report, lines) of one file; its folder is left out of the lines."""
    path = tmp_path / name
    path.write_bytes(content)
    return check_paths(tmp_path, path)


def check_paths(tmp_path, *paths):
    lines = []
    report = check.run(paths, lines.append)
    return report, [line.replace(f"{tmp_path}/", "") for line in lines]


def found(report):
    return {kind: count for kind, count in report.counts.items() if count}


def test_check_when_a_card_is_whole_then_it_is_clean(tmp_path):
    report, lines = check_paths(tmp_path, card.write(tmp_path))
    assert lines == [
        "house1: 3 files, 11 records, 2 boots",
        "  boot 7: seq 0–6, 7 records, 2026-08-05T23:59:20Z to 2026-08-06T00:00:20Z",
        "  boot 8: seq 0–3, 4 records, 2026-08-06T00:10:00Z to 2026-08-06T00:10:30Z",
        "clean: 11 sound records in 3 files, nothing missing",
    ]
    assert report.findings == 0


def test_check_when_a_byte_is_rotten_then_line_offset_and_both_checksums_are_told(tmp_path):
    content = card.log(*TODAY).replace(b"00:00:20Z", b"00:00:21Z")
    report, lines = checked(tmp_path, content)
    assert lines[:2] == [
        "2026-08-06.csv:4: byte 465: bad CRC: its bytes give 5e669422, it says 3a5af9aa",
        # Boot 8's first records are in a file of their own, which was not named.
        "2026-08-06.csv:2: note: boot 7 seq 0–3 missing: 4 records before 2026-08-06T00:00:00Z; "
        "an earlier file may have them",
    ]
    assert lines[-1] == "1 finding: 1 bad CRC; 4 sound records in 1 file"
    assert content[465:].startswith(b"2026-08-06T00:00:21Z")
    assert found(report) == {"crc": 1}


def test_check_when_the_last_line_is_torn_then_it_is_named(tmp_path):
    report, lines = checked(tmp_path, card.log(*TODAY)[:-60])
    assert lines[0] == (
        "2026-08-06.csv:6: byte 697: torn: the file ends here, after 9 of 23 fields"
    )
    assert found(report) == {"torn": 1}


@pytest.mark.parametrize("cut", [1, 2])
def test_check_when_only_the_line_end_is_missing_then_the_record_counts(tmp_path, cut):
    report, lines = checked(tmp_path, card.log(*TODAY)[:-cut])
    assert lines[0].startswith("2026-08-06.csv:6: byte 697: ")
    assert found(report) == {"end": 1}
    assert report.records == 5


def test_check_when_two_lines_ran_together_then_both_are_missing(tmp_path):
    joined = card.RECORDS[7, 1] + card.RECORDS[7, 2]
    report, lines = checked(tmp_path, card.log((7, 0), joined, (7, 3)))
    assert lines[:2] == [
        "2026-08-06.csv:3: byte 380: 45 fields instead of 23, and no right CRC",
        "2026-08-06.csv:4: boot 7 seq 1–2 missing: 2 records between 2026-08-05T23:59:20Z "
        "and 2026-08-05T23:59:50Z",
    ]
    assert found(report) == {"fields": 1, "gap": 1}
    assert report.missing == 2


def test_check_when_the_crc_is_right_but_fields_are_missing_then_it_says_so(tmp_path):
    report, lines = checked(tmp_path, card.log((7, 0), b"1,2,3,11894dec"))
    assert lines[0].startswith("2026-08-06.csv:3: byte 380: torn: 4 of 23 fields")
    assert found(report) == {"torn": 1}
    # The same with the checksum that those bytes have.
    report, lines = checked(tmp_path, card.log((7, 0), b"1,2,3,11894deb"))
    assert lines[0] == (
        "2026-08-06.csv:3: byte 380: 4 fields, the header has 23; its CRC is right"
    )
    assert found(report) == {"fields": 1}


def test_check_when_a_record_is_missing_over_midnight_then_both_places_are_told(tmp_path):
    files = {**card.FILES, "2026-08-05.csv": [(7, 0), (7, 1)]}
    report, lines = check_paths(tmp_path, card.write(tmp_path, files))
    assert lines[0] == (
        "baybridge/house1/2026-08-06.csv:2: boot 7 seq 2–3 missing: 2 records between "
        "2026-08-05T23:59:30Z (baybridge/house1/2026-08-05.csv:3) and 2026-08-06T00:00:00Z"
    )
    assert lines[-1] == "1 finding: 1 gap (2 records missing); 9 sound records in 3 files"


def test_check_when_a_later_boot_begins_late_then_its_first_records_are_missing(tmp_path):
    files = {**card.FILES, "boot-8.csv": [(8, 1)]}
    report, lines = check_paths(tmp_path, card.write(tmp_path, files))
    assert lines[0] == (
        "baybridge/house1/boot-8.csv:2: boot 8 seq 0 missing: 1 record before 2026-08-06T00:10:10Z"
    )
    assert report.missing == 1


def test_check_when_the_first_file_was_deleted_then_its_records_are_no_finding(tmp_path):
    files = {name: keys for name, keys in card.FILES.items() if name != "2026-08-05.csv"}
    report, lines = check_paths(tmp_path, card.write(tmp_path, files))
    assert "note: boot 7 seq 0–3 missing: 4 records" in lines[0]
    assert report.findings == 0


def test_check_when_a_batch_was_written_twice_then_it_is_one_range_of_duplicates(tmp_path):
    report, lines = checked(tmp_path, card.log((7, 0), (7, 1), (7, 2), (7, 1), (7, 2), (7, 3)))
    assert lines[0] == (
        "2026-08-06.csv:5: byte 620: boot 7 seq 1–2 is here twice, the same (also in this file)"
    )
    assert found(report) == {"duplicate": 2}
    assert report.records == 4


def test_check_when_a_number_says_two_things_then_it_is_a_conflict(tmp_path):
    other = b"2027-01-01T00:00:00Z,7,1,110000" + b"," * 18 + b",dba8906f"
    report, lines = checked(tmp_path, card.log((7, 0), (7, 1), other))
    assert found(report) == {"conflict": 1}
    assert "boot 7 seq 1 is here twice, and not the same" in lines[0]


def test_check_when_records_are_out_of_order_then_it_says_what_came_after_what(tmp_path):
    report, lines = checked(tmp_path, card.log((7, 0), (7, 3), (7, 2), (7, 1)))
    assert [line.split(": ")[-1] for line in lines[:2]] == [
        "seq 2 comes after 3",
        "seq 1 comes after 2",
    ]
    assert found(report) == {"order": 2}


def test_check_when_uptime_goes_back_then_it_is_told(tmp_path):
    early = b"2026-08-05T23:59:40Z,7,2,99999" + b"," * 18 + b",bdba8177"
    report, lines = checked(tmp_path, card.log((7, 0), (7, 1), early, (7, 3)))
    assert lines[0] == ("2026-08-06.csv:4: byte 500: uptime_ms goes back from 110000 to 99999")
    assert found(report) == {"order": 1}


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_check_when_an_editor_changed_ends_or_put_a_bom_then_it_is_still_clean(tmp_path, bom, end):
    report, lines = checked(tmp_path, bom + card.log(*TODAY, end=end).replace(b"_v,", b"_v,"))
    assert found(report) == {}
    assert report.records == 5


def test_check_when_a_sector_was_never_written_then_it_is_called_that(tmp_path):
    content = card.log((7, 0), (7, 1), b"\0" * 5_000_000, (7, 2), (7, 3))
    report, lines = checked(tmp_path, content)
    assert lines[0].startswith(
        "2026-08-06.csv:4: byte 500: rotten: bytes 00 or FF, as of a sector"
    )
    assert found(report) == {"crc": 1}
    assert report.records == 4
    # The offset behind it is right although the zeros were not kept.
    report, lines = checked(tmp_path, content.replace(b",57a91963", b",57a91964"))
    assert lines[1].startswith("2026-08-06.csv:6: byte 5000622: bad CRC: its bytes give 57a91963")
    assert content[5000622:].startswith(card.RECORDS[7, 3])


def test_check_when_an_old_card_has_other_columns_then_they_are_those_of_its_header(tmp_path):
    content = (
        b"time,boot,seq,uptime_ms,voltage_v,current_a,crc\n"
        b"2026-08-05T23:59:20Z,7,0,100000,13.000,-36.000,926c2c12\n"
        b"2026-08-05T23:59:30Z,7,1,110000,13.000,-36.000,0f7f24a4\n"
    )
    report, lines = checked(tmp_path, content)
    assert found(report) == {}
    assert report.records == 2
    # One that no version ever wrote may be a damaged header: that is said, the rest is read.
    strange = content.replace(b"voltage_v", b"speed_kn")
    report, lines = checked(tmp_path, strange)
    assert lines[0] == (
        "2026-08-06.csv:1: byte 0: columns this version does not know: speed_kn; "
        "damage, or other firmware"
    )
    assert (found(report), report.records) == ({"header": 1}, 2)


def test_check_when_the_header_is_damaged_then_the_records_tell_the_columns(tmp_path):
    whole = card.log(*TODAY)
    report, lines = checked(tmp_path, whole.replace(b"current_a", b"curreot_a"))
    assert lines[0] == (
        '2026-08-06.csv:1: byte 0: the header line is damaged ("curreot_a" for "current_a"); '
        "columns taken from the records"
    )
    assert (found(report), report.records) == ({"header": 1}, 5)
    report, lines = checked(tmp_path, b"\0" * 200 + whole[200:])
    assert lines[0] == (
        "2026-08-06.csv:1: byte 0: the header line is damaged (not a list of columns); "
        "columns taken from the records"
    )
    assert (found(report), report.records) == ({"header": 1}, 5)


def test_check_when_a_second_part_has_another_header_then_both_are_read(tmp_path):
    other = (
        b"time,boot,seq,uptime_ms,voltage_v,current_a,crc\r\n"
        b"2026-08-05T23:59:30Z,7,1,110000,13.000,-36.000,0f7f24a4\r\n"
    )
    files = {"2026-08-05.csv": [(7, 0)], "2026-08-05-2.csv": other}
    report, lines = check_paths(tmp_path, card.write(tmp_path, files))
    assert found(report) == {}
    assert report.records == 2


def test_check_when_a_column_is_named_twice_then_that_is_told(tmp_path):
    content = (
        b"time,boot,seq,uptime_ms,voltage_v,voltage_v,crc\n"
        b"2026-08-05T23:59:20Z,7,0,100000,13.000,-36.000,926c2c12\n"
    )
    report, lines = checked(tmp_path, content)
    assert lines[0].startswith(
        "2026-08-06.csv:1: byte 0: columns this version does not know: voltage_v; "
    )
    assert report.records == 1


def test_check_when_a_file_is_named_twice_then_it_is_read_once(tmp_path):
    root = card.write(tmp_path)
    report, lines = check_paths(tmp_path, root, root / "baybridge" / "house1" / "boot-8.csv", root)
    assert lines[-1] == "clean: 11 sound records in 3 files, nothing missing"


def test_check_when_an_anchor_is_rotten_then_it_is_told(tmp_path):
    root = card.write(tmp_path, anchors=card.ANCHORS.replace(b"8,35000", b"9,35000"))
    report, lines = check_paths(tmp_path, root)
    assert lines[0] == (
        "baybridge/anchors.csv:2: byte 32: not an anchor as it was written; it is not used"
    )
    assert lines[3].endswith("4 records, uptime 20 s to 2026-08-06T00:10:30Z")


def test_check_when_a_file_of_the_card_is_empty_or_none_of_ours_then_it_is_told(tmp_path):
    files = {**card.FILES, "2026-08-07.csv": b"", "notes.csv": b"a,b\n1,2\n", "torn.txt": b"x"}
    report, lines = check_paths(tmp_path, card.write(tmp_path, files))
    assert lines[0] == "baybridge/house1/2026-08-07.csv:1: byte 0: the file is empty"
    assert lines[-2] == "  not read: notes.csv, torn.txt"
    assert found(report) == {"file": 1}


def test_check_when_there_are_hundreds_of_files_then_all_are_read_in_order(tmp_path):
    folder = tmp_path / "house1"
    folder.mkdir()
    for n in range(400):
        body = b"2026-%02d-%02dT00:00:00Z,1,%d,%d,13.000" % (n // 28 % 12 + 1, n % 28 + 1, n, n)
        lines = b"time,boot,seq,uptime_ms,voltage_v,crc\r\n%s,%08x\r\n" % (body, crc32(body))
        (folder / f"2026-{n // 28 % 12 + 1:02d}-{n % 28 + 1:02d}-{n // 336 + 1}.csv").write_bytes(
            lines
        )
    report, lines = check_paths(tmp_path, folder)
    assert lines[-1] == "clean: 400 sound records in 400 files, nothing missing"


def crc32(body):
    import zlib

    return zlib.crc32(body)


def test_check_when_a_downloaded_file_is_named_then_its_battery_and_anchors_are_known(tmp_path):
    (tmp_path / "house1_boot-8.csv").write_bytes(card.log(*card.FILES["boot-8.csv"]))
    (tmp_path / "anchors.csv").write_bytes(card.ANCHORS)
    report, lines = check_paths(tmp_path, tmp_path / "house1_boot-8.csv")
    assert lines[0] == "house1: 1 file, 2 records, 1 boot"
    assert lines[1].endswith("2026-08-06T00:10:00Z to 2026-08-06T00:10:10Z")


# --- what cannot be read ----------------------------------------------------------------------


def refused(*paths):
    with pytest.raises(Unreadable) as caught:
        check.run(paths, print)
    return str(caught.value)


def test_check_when_there_is_no_file_then_it_says_so(tmp_path):
    assert refused(tmp_path / "x.csv") == f"{tmp_path}/x.csv: there is no such file or folder"


def test_check_when_the_file_is_empty_then_it_says_so(tmp_path):
    (tmp_path / "x.csv").touch()
    assert refused(tmp_path / "x.csv") == f"{tmp_path}/x.csv: the file is empty"


@pytest.mark.parametrize(
    "content", [b"a,b,c\n1,2,3\n", b"\x89PNG\r\n\x1a\n\0\0", b"\n", b"\0" * 99]
)
def test_check_when_it_is_no_log_then_it_says_so(tmp_path, content):
    (tmp_path / "x.csv").write_bytes(content)
    assert refused(tmp_path / "x.csv") == (
        f"{tmp_path}/x.csv: not a log of the bridge: it does not begin with a log's header line, "
        "and no line of it is a record"
    )


def test_check_when_a_folder_has_no_log_then_it_says_so(tmp_path):
    assert refused(tmp_path) == f"{tmp_path}: no log of the bridge in this folder or below"


def test_check_when_permission_is_denied_then_it_says_so(tmp_path):
    path = card.write(tmp_path) / "baybridge" / "house1" / "2026-08-05.csv"
    path.chmod(0)
    is_root = os.geteuid() == 0
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    if is_root:  # who may read everything
        os.seteuid(65534)
    try:
        assert refused(path) == f"{path}: permission denied: this user may not read it"
        assert refused(tmp_path).endswith("permission denied: this user may not read it")
    finally:
        if is_root:
            os.seteuid(0)


def test_status_when_clean_found_or_unusable_then_it_is_0_1_or_2(tmp_path, capsys):
    root = card.write(tmp_path)
    assert cli.main(["check", str(root)]) == 0
    (root / "baybridge" / "house1" / "2026-08-05.csv").write_bytes(card.log((7, 0), (7, 2)))
    assert cli.main(["check", str(root)]) == 1
    assert cli.main(["check", str(root / "nothing")]) == 2
    assert capsys.readouterr().err == f"logview: {root}/nothing: there is no such file or folder\n"


# --- the progress bar -------------------------------------------------------------------------


class FakeStream:
    """Remembers what was written to it."""

    def __init__(self, is_tty):
        self.is_tty = is_tty
        self.text = ""

    def isatty(self):
        return self.is_tty

    def write(self, text):
        self.text += text

    def flush(self):
        pass


@pytest.mark.parametrize("is_tty", [True, False])
def test_progress_when_work_is_long_then_only_a_terminal_sees_it(is_tty):
    stream = FakeStream(is_tty)
    times_s = iter([0, 0.4, 1])
    with Progress(200, "reading", stream, lambda: next(times_s)) as progress:
        progress.add(50)
        assert stream.text == ""
        progress.add(50)
    bar = "\rreading [###############...............]  50%  1 s left \x1b[K\r\x1b[K"
    assert stream.text == (bar if is_tty else "")
