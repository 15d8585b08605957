"""What the tests of the log share: a battery, a run of the task, and the files it leaves."""

import asyncio

from baybridge.battery import sample as groups
from baybridge.record import csv_line
from host_tests.data.batteries import cold_battery
from host_tests.fakes.job import FakeJob, stop

LOG = {"enabled": True, "record_s": 10, "flush_s": 30, "rotate": "utc"}
NOON_S = 1715947200  # 2024-05-17T12:00:00Z
HEADER = (
    "time,boot,seq,uptime_ms,voltage_v,current_a,power_w,soc_pct,remaining_ah,cycles,"
    "cell_1_v,cell_2_v,cell_3_v,cell_4_v,temperature_1_c,temperature_2_c,"
    "charge_fet,discharge_fet,heater,balancing,protection,alarms,"
    "baybridge_0.1.0_record_10s_fast_0s_rest_0s_flush_30s,crc\r\n"
)


def known_battery(stale_s10=10000000):
    known = (groups.STATUS, groups.SENSORS, groups.PACK, groups.CELLS)
    return cold_battery(stale_s10, known, 0)


def after(clock, steps, *writers):
    """Run the writers; steps are (seconds to wait, what to call then or None).

    At the end they write what waits, as before a deliberate reset.
    """
    job = FakeJob(clock)

    async def main():
        tasks = [asyncio.create_task(writer.run(job)) for writer in writers]
        for wait_s, call in steps:
            await clock.sleep_ms(wait_s * 1000)
            if call is not None:
                call()
        for i in range(len(tasks)):
            await stop(tasks[i])
            await writers[i].flush()

    clock.run(main())
    return job


def folder(card, battery_id="house1"):
    return "%s/baybridge/%s" % (card.path, battery_id)


def content(card, name):
    with open("%s/%s" % (folder(card), name), "rb") as file:
        return file.read()


def records(card, name):
    """Return the fields of every record, after checking header, ends and checksums."""
    raw = content(card, name)
    assert raw.endswith(b"\r\n")
    lines = raw.decode().split("\r\n")[:-1]
    assert lines[0] + "\r\n" == HEADER
    for line in lines[1:]:
        assert csv_line.check(line), line
    return [line.split(",") for line in lines[1:]]


def seqs(card, name):
    return [int(fields[2]) for fields in records(card, name)]


def remount(card):
    card.unmount()
    assert card.mount()
