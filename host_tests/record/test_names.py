"""Names in an address: there and back, and nowhere else."""

from baybridge.record import names


def test_from_address_when_ours_then_the_path_below_the_folder():
    for name, path in (
        ("anchors.csv", "anchors.csv"),
        ("house1_2026-11-22.csv", "house1/2026-11-22.csv"),
        ("house1_2026-11-22-2.csv", "house1/2026-11-22-2.csv"),
        ("boot_boot-7.csv", "boot/boot-7.csv"),
        ("boot_boot-7-2.csv", "boot/boot-7-2.csv"),
        ("anchors_2026-11-22.csv", "anchors/2026-11-22.csv"),
        ("1_frames-7-12.txt", "1/frames-7-12.txt"),
        ("house1_torn.txt", "house1/torn.txt"),
    ):
        assert names.from_address(name) == path, name
        folder, _, file = path.partition("/")
        if file:
            assert names.address_name(folder, file) == name


def test_from_address_when_it_leads_elsewhere_then_none():
    for name in (
        "",
        "_",
        "_torn.txt",
        "house1_",
        "house1/torn.txt",
        "house1_../torn.txt",
        "../_2026-11-22.csv",
        "house1_anchors.csv",
        "house1_torn.txt_",
        "house1__torn.txt",
        "house1_torn.csv",
        "torn.txt",
        "house1_frames-7.txt",
        "house1_frames-7-1-2.txt",
        "house1_frames-7-1.txt.txt",
        "house1_frames--1.txt",
        "house1_2026-11-22.txt",
        "house1_2026-11-22.csv\0",
        "house1_2026-11-22.csv ",
        "house1_\u0662\u0660\u0662\u0666-11-22.csv",
        "H\u00e4user_2026-11-22.csv",
        "config.json",
    ):
        assert names.from_address(name) is None, name


def test_date_when_in_the_name_then_that():
    for file, date in (
        ("2026-11-22.csv", "2026-11-22"),
        ("2026-11-22-12.csv", "2026-11-22"),
        ("boot-7.csv", None),
        ("boot-7890.csv", None),
        ("frames-7-1.txt", None),
        ("torn.txt", None),
    ):
        assert names.date_of(file) == date, file
