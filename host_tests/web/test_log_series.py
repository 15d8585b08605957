"""The history from the card's log: literal answers, bounded memory, a card that goes."""

import binascii
import gc
import json
import os

from host_tests.fakes.card import card_and_hand
from host_tests.fakes.hardware import SLOT
from host_tests.upy.heap import IS_MICROPYTHON
from host_tests.web.history_rig import NOON_S, PATH, ask, live, make_bridge
from host_tests.web.loopback import connect, exchange, hang_up, parts, serve_while

HEADER = (
    b"time,boot,seq,uptime_ms,voltage_v,current_a,power_w,soc_pct,remaining_ah,cycles,"
    b"cell_1_v,cell_2_v,temperature_1_c,temperature_2_c,"
    b"charge_fet,discharge_fet,heater,balancing,protection,note,crc\r\n"
)


def record(time, mv, ma, soc, cells=(b"3.280", b"3.290"), temps=(b"20", b"21")):
    """Return a line of the log; its CRC is made here."""
    fields = [time, b"3", b"0", b"0", b"%d.%03d" % (mv // 1000, mv % 1000)]
    fields.append(b"%s%d.%03d" % (b"-" if ma < 0 else b"", abs(ma) // 1000, abs(ma) % 1000))
    fields += [b"", b"%d" % soc, b"", b""]
    fields += list(cells + temps)
    fields += [b"1", b"1", b"0", b"0", b"00", b""]
    text = b",".join(fields)
    return b"%s,%08x\r\n" % (text, binascii.crc32(text))


def card_with(files):
    """Return (card, hand) with these files in the battery's folder."""
    card, hand = card_and_hand()
    card.mount()
    os.mkdir(card.path + "/baybridge")
    os.mkdir(card.path + "/baybridge/house1")
    for name in files:
        with open(card.path + "/baybridge/house1/" + name, "wb") as file:
            for piece in files[name]:
                file.write(piece)
    return card, hand


def test_history_when_from_before_the_start_then_from_the_card_literally():
    card, _ = card_with(
        {
            "2026-11-22.csv": (
                HEADER,
                record(b"2026-11-22T11:57:59Z", 13000, 0, 99),
                record(b"2026-11-22T11:58:10Z", 13200, -10000, 60),
                record(b"2026-11-22T11:58:20Z", 13100, -20000, 59, temps=(b"-3", b"-4")),
                # Of a cell and of both temperatures nothing was known.
                record(b"2026-11-22T12:00:00Z", 13300, 15, 58, (b"3.280", b""), (b"", b"")),
            )
        }
    )
    bridge = make_bridge(NOON_S - 5, card)
    live(bridge, 5)
    line, headers, body = ask(bridge, "?minutes=3")
    assert line == "HTTP/1.1 200 OK"
    assert body == (
        b'{"id":"house1","from":"2026-11-22T11:58:00Z","to":"2026-11-22T12:00:00Z",'
        b'"from_uptime_s":-115,"to_uptime_s":5,"step_s":60,"source":"card","series":{'
        b'"voltage_v":[13.109,null,13.3],"voltage_min_v":[13.1,null,13.3],'
        b'"voltage_max_v":[13.2,null,13.3],'
        b'"current_a":[-19.09,null,0.02],"current_min_a":[-20.0,null,0.02],'
        b'"current_max_a":[-10.0,null,0.02],'
        b'"soc_pct":[59,null,58],"soc_min_pct":[59,null,58],"soc_max_pct":[60,null,58],'
        b'"lowest_cell_v":[3.28,null,null],"lowest_cell_min_v":[3.28,null,null],'
        b'"lowest_cell_max_v":[3.28,null,null],'
        b'"highest_cell_v":[3.29,null,null],"highest_cell_min_v":[3.29,null,null],'
        b'"highest_cell_max_v":[3.29,null,null],'
        b'"temperature_c":[-1,null,null],"temperature_min_c":[-3,null,null],'
        b'"temperature_max_c":[21,null,null]}}'
    )
    assert not bridge.is_card_read


def test_record_when_rotten_torn_undated_or_strange_then_passed_over():
    good = record(b"2026-11-22T11:59:00Z", 13000, 1000, 50)
    rotten = bytearray(record(b"2026-11-22T11:59:10Z", 19000, 1000, 90))
    rotten[30] ^= 1
    card, _ = card_with(
        {
            "2026-11-22.csv": (
                HEADER,
                good,
                bytes(rotten),
                good[:40] + b"\r\n",
                HEADER,
                b"\r\n\n",
                record(b"", 19000, 1000, 90),
                b"\x00" * 3000 + b"\n",
                b"\xff" * 2000,
                b"\r\n",
                record(b"2026-11-22T11:59:20Z", 13000, 1000, 50),
                # The clock was set back here.
                record(b"2026-11-22T11:58:00Z", 19000, 1000, 90),
                record(b"2026-11-22T23:00:00Z", 19000, 1000, 90),
                good[:60],
            ),
            "2026-11-22-2.csv": (HEADER, record(b"2026-11-22T11:59:40Z", 13000, 1000, 50)),
            "2026-11-22-3.csv": (b"no header\r\n", record(b"2026-11-22T11:59:50Z", 19000, 0, 90)),
            "2026-11-22-4.csv": (b"",),
            "boot-3.csv": (HEADER, record(b"", 19000, 1000, 90)),
        }
    )
    found = json.loads(ask(make_bridge(NOON_S, card), "?minutes=5")[2].decode())
    assert found["source"] == "card"
    assert found["series"]["voltage_v"] == [None, None, None, 13.0, None]
    assert found["series"]["voltage_max_v"] == [None, None, None, 13.0, None]
    assert found["series"]["soc_max_pct"] == [None, None, None, 50, None]


def test_mean_when_records_come_in_bursts_then_each_counts_for_its_time():
    lines = [record(b"2026-11-22T11:50:00Z", 13000, 0, 50)]
    for second in range(0, 60, 2):
        lines.append(record(b"2026-11-22T11:51:%02dZ" % second, 12000, -90000, 50))
    for minute in range(52, 60):
        lines.append(record(b"2026-11-22T11:%02d:58Z" % minute, 13000, 0, 50))
    card, _ = card_with({"2026-11-22.csv": [HEADER] + lines})
    found = json.loads(ask(make_bridge(NOON_S, card), "?minutes=20&points=2")[2].decode())
    # 118 of 599 s at 90 A, though three records of four say it: each stands for the time since
    # the one before.
    assert found["series"]["current_a"][0] == -17.73
    assert found["series"]["current_min_a"][0] == -90.0


def days_of_log(days, period_s):
    """Yield (name, pieces) of day files up to noon; current counts the hours."""
    for day in range(22 - days, 23):
        lines = [HEADER]
        for second in range(0, 86400 if day < 22 else 43200, period_s):
            time = b"2026-11-%02dT%02d:%02d:%02dZ" % (
                day,
                second // 3600,
                second // 60 % 60,
                second % 60,
            )
            lines.append(record(time, 13000 + day, second // 3600 * 1000, 50))
        yield "2026-11-%02d.csv" % day, lines


def week():
    files = {}
    for name, lines in days_of_log(7, 900):
        files[name] = lines
    return card_with(files)


def test_week_when_asked_for_then_every_record_of_it_counts():
    card, _ = week()
    bridge = make_bridge(NOON_S, card)
    few = json.loads(ask(bridge, "?minutes=10080&points=168")[2].decode())
    assert (few["step_s"], few["from"]) == (3600, "2026-11-15T13:00:00Z")
    hours = [float(hour % 24) for hour in range(13, 13 + 168)]
    assert few["series"]["current_a"] == hours[:-1] + [None]
    assert few["series"]["voltage_max_v"][:12] == [13.015] * 11 + [13.016]
    # More points than one table holds: the files are read once for each quantity.
    many = json.loads(ask(bridge, "?minutes=10080&points=500")[2].decode())
    assert many["step_s"] == 1260
    assert len(many["series"]["temperature_max_c"]) == 480
    for name in many["series"]:
        known = [value for value in many["series"][name] if value is not None]
        assert len(known) > 470, name
        assert max(known) == max([v for v in few["series"][name] if v is not None]), name


def test_week_then_bounded_memory_and_turns():
    card, _ = week()
    bridge = make_bridge(NOON_S, card)
    most = [0, 0]

    async def scenario(guard, clock, port):
        # The first one warms up: the routes' patterns are made then.
        for points in (2, 120, 500):
            most[0] = most[0] if points == 500 else 0
            query = b"?minutes=10080&points=%d" % points
            reader, writer = await connect(port)
            for _ in range(4):
                await clock.sleep_ms(1)
            gc.collect()
            before = gc.mem_alloc() if IS_MICROPYTHON else 0
            writer.write(b"GET %s%s HTTP/1.1\r\nHost: localhost\r\n\r\n" % (PATH.encode(), query))
            while guard.connections:
                blocks = SLOT.blocks_read
                await clock.sleep_ms(0)
                most[1] = max(most[1], SLOT.blocks_read - blocks)
                if IS_MICROPYTHON:
                    gc.collect()
                    most[0] = max(most[0], gc.mem_alloc() - before)
            while await reader.read(65536):
                pass
            await hang_up(writer)

    serve_while(scenario, bridge, clock=bridge.clock)
    print("bytes of heap, blocks in a turn:", most)
    assert most[0] <= 9216 and most[1] <= 50, most


def test_hour_when_the_day_is_long_then_only_its_end_is_read():
    if not IS_MICROPYTHON:
        return  # a folder has no blocks
    files = {}
    for name, lines in days_of_log(0, 10):
        files[name] = lines
    card, _ = card_with(files)
    bridge = make_bridge(NOON_S, card)
    before = SLOT.blocks_read
    found = json.loads(ask(bridge, "?minutes=60")[2].decode())
    blocks = SLOT.blocks_read - before
    assert found["series"]["current_a"] == [11.0] * 59 + [None]
    print("blocks read:", blocks)
    assert blocks < 450, blocks


def test_card_when_it_holds_nothing_of_it_then_from_ram():
    for files in ({}, {"2026-11-14.csv": (HEADER,)}, {"2026-11-22.csv": (HEADER,)}):
        card, _ = card_with(files)
        bridge = make_bridge(NOON_S, card)
        live(bridge, 30)
        found = json.loads(ask(bridge, "?minutes=600")[2].decode())
        assert (found["source"], found["from_uptime_s"]) == ("ram", 0)
        assert found["series"]["soc_pct"] == [54]
        assert card.is_mounted and not bridge.is_card_read


def test_card_when_away_or_the_time_unknown_then_from_ram():
    card, hand = week()
    bridge = make_bridge(None, card)
    assert b'"source":"ram"' in ask(bridge)[2]
    bridge = make_bridge(NOON_S, card)
    assert b'"source":"card"' in ask(bridge)[2]
    hand.pull()
    assert b'"source":"ram"' in ask(bridge)[2]
    card.unmount()
    assert b'"source":"ram"' in ask(bridge)[2]
    assert not bridge.is_card_read


def test_card_when_ram_reaches_far_enough_then_not_asked():
    card, hand = week()
    bridge = make_bridge(NOON_S, card)
    live(bridge, 3600)
    assert b'"source":"ram"' in ask(bridge, "?minutes=60")[2]
    assert b'"source":"card"' in ask(bridge, "?minutes=120")[2]


def test_card_when_one_history_is_read_then_the_next_waits_its_turn():
    card, _ = week()
    bridge = make_bridge(NOON_S, card)
    answers = []

    async def scenario(guard, clock, port):
        asked = b"GET %s?minutes=10080 HTTP/1.1\r\nHost: localhost\r\n\r\n" % PATH.encode()
        reader, writer = await connect(port, asked)
        while not bridge.is_card_read:
            await clock.sleep_ms(0)
        answers.append(parts(await exchange(port, asked)))
        answers.append(parts(await reader.read(-1)))
        await hang_up(writer)
        answers.append(parts(await exchange(port, asked)))

    serve_while(scenario, bridge, clock=bridge.clock)
    assert [line[9:12] for line, _, _ in answers] == ["503", "200", "200"]
    assert answers[0][1]["retry-after"] == "10"
    assert b"Another history is being read from the card." in answers[0][2]
    assert not bridge.is_card_read


def test_card_when_the_client_leaves_then_the_next_one_is_served():
    card, _ = week()
    bridge = make_bridge(NOON_S, card)

    async def scenario(guard, clock, port):
        asked = (
            b"GET %s?minutes=10080&points=500 HTTP/1.1\r\nHost: localhost\r\n\r\n" % PATH.encode()
        )
        for turns in (3, 40, 200):
            _, writer = await connect(port, asked)
            for _ in range(turns):
                await clock.sleep_ms(0)
            await hang_up(writer)
            while guard.connections:
                await clock.sleep_ms(1)
            assert not bridge.is_card_read
        assert parts(await exchange(port, asked))[0] == "HTTP/1.1 200 OK"

    serve_while(scenario, bridge, clock=bridge.clock)
