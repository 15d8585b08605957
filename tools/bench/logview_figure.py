"""What reading a log of ten million lines needs of memory: three years at one record in 10 s.

`check` and then `summary` run as their own processes, as an owner runs them; the figure is the
higher of their peaks. The file has one damaged byte and one record that was never written, so
that a reader who looked at nothing would not pass.
"""

import os
import shutil
import subprocess
import sys
import time
import zlib
from pathlib import Path

from baybridge.record import calendar
from tools.bench.report import CannotMeasure, Figure

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "logview"
LINES = 10_000_000
_MISSING = LINES // 3
# 2026-01-01, in days since 1970.
_FIRST_DAY = 20454
_PERIOD_S = 10
_A_DAY = 86400 // _PERIOD_S
_LIMIT_S = 300
_HEADER = (
    b"time,boot,seq,uptime_ms,voltage_v,current_a,power_w,soc_pct,remaining_ah,cycles,"
    b"cell_1_v,cell_2_v,cell_3_v,cell_4_v,temperature_1_c,temperature_2_c,"
    b"charge_fet,discharge_fet,heater,balancing,protection,"
    b"baybridge_0.1.0_record_10s_fast_2s_rest_60s_flush_30s,crc\r\n"
)


def figures():
    """Yield the figure; the file is removed again."""
    free = shutil.disk_usage(ROOT).free
    if free < 200 * LINES:
        raise CannotMeasure(f"{200 * LINES >> 20} MB are needed in build/, {free >> 20} are free")
    path = FOLDER / "house1" / "2026-01-01.csv"
    try:
        begun_s = time.monotonic()
        write_log(path, LINES)
        size = path.stat().st_size
        details = [f"{size / 1e9:.2f} GB, written in {time.monotonic() - begun_s:.0f} s"]
        peaks = []
        for command, status, told in (
            ("check", 1, f"2 findings: 1 bad CRC, 1 gap (2 records missing); {LINES - 2} sound"),
            ("summary", 0, f"house1: 1 file, {LINES - 2} records"),
        ):
            peak_mb, took_s = measure([command, str(path.parent)], status, told)
            peaks.append(peak_mb)
            details.append(f"{command}: {peak_mb:.0f} MB, {took_s:.0f} s")
    finally:
        shutil.rmtree(FOLDER, ignore_errors=True)
    yield Figure("logview_10m_lines_peak_mb", round(max(peaks), 1), details)


def write_log(path, lines):
    """Write a log of so many numbers, one of them missing and the next one damaged."""
    path.parent.mkdir(parents=True, exist_ok=True)
    clock = [
        b"T%02d:%02d:%02dZ" % (s // 3600, s // 60 % 60, s % 60) for s in range(0, 86400, _PERIOD_S)
    ]
    values = [_values(k) for k in range(4096)]
    crc32 = zlib.crc32
    with open(path, "wb") as file:
        file.write(_HEADER)
        for first in range(0, lines, _A_DAY):
            date = calendar.date_utc((_FIRST_DAY + first // _A_DAY) * 86400).encode()
            out = []
            for seq in range(first, min(first + _A_DAY, lines)):
                body = b"%s%s,7,%d,%d,%s" % (
                    date,
                    clock[seq - first],
                    seq,
                    seq * _PERIOD_S * 1000,
                    values[seq & 4095],
                )
                if seq == _MISSING:
                    continue
                crc = crc32(body)
                if seq == _MISSING + 1:
                    body = body.replace(b",7,", b",6,", 1)
                out.append(b"%s,%08x\r\n" % (body, crc))
            file.write(b"".join(out))


def _values(k):
    battery_mv, current_ma = 12900 + k % 700, k * 37 % 90000 - 45000
    watts = battery_mv * current_ma / 1e6
    cells = b",".join(b"3.%03d" % (225 + (k + i * 7) % 170) for i in range(4))
    return b"%.3f,%.3f,%.1f,%d,%.3f,37,%s,%d,17,1,1,0,0,00," % (
        battery_mv / 1000,
        current_ma / 1000,
        watts,
        k % 101,
        k % 101 * 2.06,
        cells,
        k % 40 - 10,
    )


def measure(args, status, told):
    """Run a command; return (peak in MB, seconds). RuntimeError if it says something else."""
    begun_s = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "tools.logview", *args],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        # It says a few lines, so it never waits for us to read; wait4 has its own peak.
        while True:
            pid, code, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() - begun_s > _LIMIT_S:
                raise RuntimeError(f"logview {args[0]} took more than {_LIMIT_S} s")
            time.sleep(0.1)
    except BaseException:
        process.kill()
        raise
    process.returncode = os.waitstatus_to_exitcode(code)
    output = process.stdout.read()
    if process.returncode != status or told not in output:
        raise RuntimeError(f"logview {args[0]} ended with {process.returncode}:\n{output[-2000:]}")
    # Linux counts in KB, macOS in bytes.
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return usage.ru_maxrss / unit, time.monotonic() - begun_s
