"""`logview merge`: several cards as one, nothing twice, nothing lost."""

import pytest

from host_tests.tools import logview_card as card
from tools.logview import check, cli, merge
from tools.logview.lines import Unreadable

# Boot 8's first two records as they are once an anchor says when they were made.
PLACED = {
    (8, 0): b"2026-08-06T00:10:00Z" + card.RECORDS[8, 0][:-8] + b"ad1b7bbc",
    (8, 1): b"2026-08-06T00:10:10Z" + card.RECORDS[8, 1][:-8] + b"d62bc7e6",
}
JOINED = [(7, 4), (7, 5), (7, 6), PLACED[8, 0], PLACED[8, 1], (8, 2), (8, 3)]


def merged(out, *cards):
    lines = []
    result = merge.run(cards, out, lines.append)
    return result, lines


def content(out):
    return {
        str(path.relative_to(out)): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file()
    }


def test_merge_when_two_copies_are_joined_then_each_record_is_there_once(tmp_path):
    first = card.write(tmp_path / "1", {k: card.FILES[k] for k in ("2026-08-05.csv",)})
    files = {**card.FILES, "2026-08-05.csv": [(7, 2), (7, 3)]}
    second = card.write(tmp_path / "2", files)
    _, lines = merged(tmp_path / "out", first, second)
    assert lines == [
        "house1: 2 folders, 13 records read, 2 duplicates dropped, 11 written into 2 files",
        "  2 records from before the time was known, placed by anchors",
    ]
    assert content(tmp_path / "out") == {
        "baybridge/anchors.csv": card.ANCHORS,
        "baybridge/house1/2026-08-05.csv": card.log(*card.FILES["2026-08-05.csv"]),
        "baybridge/house1/2026-08-06.csv": card.log(*JOINED),
    }
    assert check.run([tmp_path / "out"], lambda text: None).findings == 0


def test_merge_when_its_result_is_merged_with_a_card_again_then_nothing_changes(tmp_path):
    whole = card.write(tmp_path / "card")
    merged(tmp_path / "one", whole)
    result, _ = merged(tmp_path / "two", whole, tmp_path / "one", whole)
    assert content(tmp_path / "two") == content(tmp_path / "one")
    assert (result["house1"].duplicates, result["house1"].conflicts) == (22, 0)


def test_merge_when_no_anchor_is_of_the_boot_then_its_records_keep_their_empty_time(tmp_path):
    whole = card.write(tmp_path / "card", anchors=None)
    result, lines = merged(tmp_path / "out", whole)
    assert content(tmp_path / "out") == content(whole)
    assert lines[1] == "  2 records without a time, and no anchor to place them"


def test_merge_when_the_anchor_is_on_the_other_card_then_it_counts(tmp_path):
    first = card.write(tmp_path / "1", anchors=None)
    second = card.write(tmp_path / "2", {"2026-08-05.csv": [(7, 0)]})
    result, _ = merged(tmp_path / "out", first, second)
    assert (result["house1"].placed, result["house1"].unplaced) == (2, 0)


def test_merge_when_cards_contradict_each_other_then_both_records_stay(tmp_path, capsys):
    other = card.RECORDS[7, 1].replace(b"-36.000,-468.0", b"-35.000,-455.0")
    other = other.replace(b"d51318ac", b"15df1264")
    first = card.write(tmp_path / "1", {"2026-08-05.csv": [(7, 0), (7, 1)]})
    second = card.write(tmp_path / "2", {"2026-08-05.csv": [(7, 0), other]})
    status = cli.main(["merge", str(first), str(second), str(tmp_path / "out")])
    assert status == 1
    assert capsys.readouterr().out.splitlines() == [
        "house1: conflict: boot 7 seq 1 differs between the cards (2026-08-05.csv)",
        "house1: 2 folders, 4 records read, 1 duplicate dropped, 3 written into 1 file",
        "  1 conflict: same boot and seq, other values; all are kept",
    ]
    out = tmp_path / "out" / "baybridge" / "house1" / "2026-08-05.csv"
    assert out.read_bytes() == card.log((7, 0), (7, 1), other)


def test_merge_when_the_same_record_was_placed_a_second_off_then_it_is_no_conflict(tmp_path):
    other = (
        card.RECORDS[7, 1].replace(b"23:59:30Z", b"23:59:31Z").replace(b"d51318ac", b"154a7336")
    )
    first = card.write(tmp_path / "1", {"2026-08-05.csv": [(7, 0), (7, 1)]})
    second = card.write(tmp_path / "2", {"2026-08-05.csv": [(7, 0), other]})
    result, _ = merged(tmp_path / "out", first, second)
    assert (result["house1"].duplicates, result["house1"].conflicts) == (2, 0)


def test_merge_when_a_line_is_bad_on_one_card_then_the_other_has_it(tmp_path):
    rotten = card.log(*card.FILES["2026-08-05.csv"]).replace(b"120000", b"120001")
    first = card.write(tmp_path / "1", {**card.FILES, "2026-08-05.csv": rotten})
    result, lines = merged(tmp_path / "out", first, card.write(tmp_path / "2"))
    assert result["house1"].bad == 1
    assert "  1 bad line left out (`check` of the cards lists them)" in lines
    assert check.run([tmp_path / "out"], lambda text: None).findings == 0


def test_merge_when_files_of_a_day_have_other_columns_then_each_has_its_part(tmp_path):
    other = (
        b"time,boot,seq,uptime_ms,voltage_v,current_a,crc\r\n"
        b"2026-08-05T23:59:30Z,7,1,110000,13.000,-36.000,0f7f24a4\r\n"
    )
    first = card.write(tmp_path / "1", {"2026-08-05.csv": other}, anchors=None)
    second = card.write(tmp_path / "2", {"2026-08-05.csv": [(7, 0)]}, anchors=None)
    merged(tmp_path / "out", first, second)
    assert content(tmp_path / "out") == {
        "baybridge/house1/2026-08-05-2.csv": other,
        "baybridge/house1/2026-08-05.csv": card.log((7, 0)),
    }


def test_merge_when_only_the_schedule_differs_then_it_is_one_file_without_it(tmp_path):
    slower = card.HEADER.replace(b"record_10s", b"record_20s")
    first = card.write(tmp_path / "1", {"2026-08-05.csv": card.log((7, 0), header=slower)})
    second = card.write(tmp_path / "2", {"2026-08-05.csv": [(7, 1)]})
    merged(tmp_path / "out", first, second)
    head = card.HEADER.replace(b"_0.1.0_record_10s_fast_2s_rest_60s_flush_30s", b"")
    assert content(tmp_path / "out")["baybridge/house1/2026-08-05.csv"] == card.log(
        (7, 0), (7, 1), header=head
    )


def test_merge_when_records_are_out_of_order_then_they_are_put_in_order(tmp_path):
    files = {"2026-08-05.csv": [(7, 2), (7, 3), (7, 0), (7, 1)]}
    merged(tmp_path / "out", card.write(tmp_path / "card", files))
    out = content(tmp_path / "out")["baybridge/house1/2026-08-05.csv"]
    assert out == card.log((7, 0), (7, 1), (7, 2), (7, 3))


def test_merge_when_out_has_something_then_it_is_left_alone(tmp_path):
    whole = card.write(tmp_path / "card")
    before = content(whole)
    with pytest.raises(Unreadable) as caught:
        merge.run([whole], whole, print)
    assert str(caught.value).endswith("exists already; merge into a new or an empty folder")
    assert content(whole) == before
    assert not (tmp_path / "card.new").exists()
