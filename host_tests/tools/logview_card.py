"""A small card, written by hand: what a bridge leaves after two days and a restart.

Boot 7 runs over midnight at 36 A out, then 36 A in; one of its records has no current. Boot 8
makes two records before it knows the time, and two after. The checksums were computed once.
"""

HEADER = (
    b"time,boot,seq,uptime_ms,voltage_v,current_a,power_w,soc_pct,remaining_ah,cycles,"
    b"cell_1_v,cell_2_v,cell_3_v,cell_4_v,temperature_1_c,temperature_2_c,"
    b"charge_fet,discharge_fet,heater,balancing,protection,"
    b"baybridge_0.1.0_record_10s_fast_2s_rest_60s_flush_30s,crc"
)

# RECORDS[boot, seq], without line ends.
RECORDS = {
    (7, 0): (
        b"2026-08-05T23:59:20Z,7,0,100000,13.000,-36.000,-468.0"
        b",54,111.240,37,3.250,3.251,3.246,3.250,18,-3,1,1,0,0,00,,59c2dd09"
    ),
    (7, 1): (
        b"2026-08-05T23:59:30Z,7,1,110000,13.000,-36.000,-468.0"
        b",54,111.240,37,3.250,3.251,3.246,3.250,18,-3,1,1,0,0,00,,d51318ac"
    ),
    (7, 2): (
        b"2026-08-05T23:59:40Z,7,2,120000,13.000,-36.000,-468.0"
        b",54,111.240,37,3.250,3.251,3.246,3.250,18,-3,0,1,0,1,01,,3e8d1bf7"
    ),
    (7, 3): (
        b"2026-08-05T23:59:50Z,7,3,130000,13.000,-36.000,-468.0"
        b",54,111.240,37,3.250,3.251,3.246,3.250,18,-3,1,1,0,0,00,,57a91963"
    ),
    (7, 4): (
        b"2026-08-06T00:00:00Z,7,4,140000,13.000,36.000,468.0"
        b",54,111.240,37,3.250,3.251,3.246,3.250,18,-3,1,1,0,0,00,,48a1566d"
    ),
    (7, 5): (
        b"2026-08-06T00:00:10Z,7,5,150000,13.000,,,54,111.240,37,,,,,18,-3,1,1,0,0,00,,91189e8c"
    ),
    (7, 6): (
        b"2026-08-06T00:00:20Z,7,6,160000,13.000,36.000,468.0"
        b",54,111.240,37,3.250,3.251,3.246,3.250,18,-3,1,1,0,0,00,,3a5af9aa"
    ),
    (8, 0): (
        b",8,0,20000,13.000,0.000,0.0"
        b",54,111.240,37,3.250,3.251,3.246,3.250,18,-3,1,1,0,0,00,,bcba7de1"
    ),
    (8, 1): (
        b",8,1,30000,13.000,0.000,0.0"
        b",54,111.240,37,3.250,3.251,3.246,3.250,18,-3,1,1,0,0,00,,5d3ef3d1"
    ),
    (8, 2): (
        b"2026-08-06T00:10:20Z,8,2,40000,13.000,0.000,0.0"
        b",54,111.240,37,3.250,3.251,3.246,3.250,18,-3,1,1,0,0,00,,1b14571e"
    ),
    (8, 3): (
        b"2026-08-06T00:10:30Z,8,3,50000,13.000,0.000,0.0"
        b",54,111.240,37,3.250,3.251,3.246,3.250,18,-3,1,1,0,0,00,,6024eb44"
    ),
}
ANCHORS = b"boot,uptime_ms,time,source,crc\r\n8,35000,2026-08-06T00:10:15Z,ntp,cb14b960\r\n"
FILES = {
    "2026-08-05.csv": [(7, 0), (7, 1), (7, 2), (7, 3)],
    "2026-08-06.csv": [(7, 4), (7, 5), (7, 6), (8, 2), (8, 3)],
    "boot-8.csv": [(8, 0), (8, 1)],
}


def log(*keys, header=HEADER, end=b"\r\n"):
    """Return a file with these records; a key may be bytes, a line of its own."""
    lines = [header, *(key if isinstance(key, bytes) else RECORDS[key] for key in keys)]
    return b"".join(line + end for line in lines)


def write(root, files=FILES, battery="house1", anchors=ANCHORS):
    """Write a card; return its folder. files: name to keys or to the whole content."""
    folder = root / "baybridge" / battery
    folder.mkdir(parents=True)
    for name, keys in files.items():
        content = keys if isinstance(keys, bytes) else log(*keys)
        (folder / name).write_bytes(content)
    if anchors:
        (folder.parent / "anchors.csv").write_bytes(anchors)
    return root
