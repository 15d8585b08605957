"""The link's figures: a fault at every step, and a month in minutes.

The steps are played on both interpreters, the month on the 32-bit MicroPython with the firmware
compiled and run in place. Both are tools/rehearse; what a figure means exactly stands there.
"""

import json
import shutil
import subprocess

from host_tests.fakes.clock import FakeClock
from tools.bench import vm
from tools.bench.foundation import free_port
from tools.bench.report import Figure, guarded
from tools.rehearse import steps

_STEPS = ("fault_steps_tried", "fault_steps_recovered_ratio", "stale_served_count")
_MONTH = (
    "month_availability_pct",
    "month_longest_gap_s",
    "reconnect_p50_s",
    "reconnect_p95_s",
    "month_heap_drift_bytes",
)
_FOLDER = "build/rehearse"
# At 2 s the month takes half an hour, at 10 s ten minutes.
_POLL_S = 10
_DAYS = 30
_SEED = 1
_STEPS_LIMIT_S = 600
_MONTH_LIMIT_S = 3600


def figures():
    # The month judges answers too; what it found belongs to the same count.
    month = []
    yield from guarded(_MONTH, lambda: _month_figures(month))
    yield from guarded(_STEPS, lambda: _step_figures(month))


def _run(script, limit_s, *args):
    """Run a script of MicroPython; return the JSON object it ends with."""
    process = vm.start(script, *args)
    try:
        output, _ = process.communicate(timeout=limit_s)
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"{script} was not done after {limit_s} s") from None
    finally:
        process.kill()
    lines = output.strip().splitlines()
    if process.returncode or not lines:
        raise RuntimeError(f"{script} ended with {process.returncode}:\n{output}")
    return json.loads(lines[-1])


# --- the month --------------------------------------------------------------------------------


def _month_figures(month):
    vm.build_code()
    folder = f"{_FOLDER}/month"
    args = (folder, str(free_port()), str(_DAYS), str(_POLL_S), str(_SEED))
    result = _run("vm_month.py", _MONTH_LIMIT_S, *args)
    shutil.rmtree(vm.ROOT / folder, ignore_errors=True)
    month.append(result)
    wrong = [f"WRONG: {sentence}" for sentence in faults_of(result)]
    p50_s, p90_s, p95_s, p99_s, longest_s = result["reconnect_s"]
    yield Figure("month_availability_pct", result["availability_pct"], _about(result) + wrong)
    yield Figure("month_longest_gap_s", result["longest_gap_s"])
    count = f"of {result['reconnects']}: p90 {p90_s} s, p99 {p99_s} s, longest {longest_s} s"
    yield Figure("reconnect_p50_s", p50_s)
    yield Figure("reconnect_p95_s", p95_s, [count])
    drift = result["heap_last"] - result["heap_first"]
    details = [f"alive after collection: day 1 {result['heap_first']}, then {drift:+}"]
    yield Figure("month_heap_drift_bytes", drift, details)


def _about(result):
    troubles = ", ".join(f"{n} {kind}" for kind, n in sorted(result["troubles"].items()))
    return [
        f"{result['days']} days, a poll every {_POLL_S} s, in {result['real_s'] / 60:.0f} minutes",
        f"troubles: {troubles}",
        f"of {result['minutes']} reachable battery minutes; {result['http_answers']} answers "
        f"over a socket, {result['http_failures']} failed, {result['answers']} answers judged",
        f"the radio was restarted {result['radio_restarts']} times, tasks: "
        f"{result['restarts'] or 'none'}, the board: {result['resets'] or 'never'}",
        f"log: of {result['hours']} reachable battery hours {result['hours_missing']} have no "
        f"reading, and {result['hours_without_card']} had no card; "
        f"{result['bad_lines']} broken lines",
        f"longest without feeding the watchdog: {result['watchdog_s']} s",
    ]


def faults_of(result):
    """Return a sentence for everything that must not be so and has no figure of its own."""
    wrong = []
    if result["hours_missing"]:
        wrong.append(f"{result['hours_missing']} reachable hours without a reading in the log")
    if result["watchdog_s"] > 60:
        wrong.append(f"the watchdog waited {result['watchdog_s']} s")
    if result["links_left"] or result["double_links"] or result["most_connections"] > 2:
        wrong.append("a connection slot leaked")
    if not result["is_well"] or result["unwell_minutes"]:
        wrong.append(f"a task stood still, for {result['unwell_minutes']} minutes")
    if result["irq_exceptions"]:
        wrong.append(f"{result['irq_exceptions']} exceptions in the radio's handler")
    return wrong


# --- the steps --------------------------------------------------------------------------------


def _step_figures(month):
    vm.build_code()
    results = {
        "CPython": steps.play_all(FakeClock, f"{_FOLDER}/bench_cpython", free_port()),
        "MicroPython": _run(
            "vm_steps.py", _STEPS_LIMIT_S, f"{_FOLDER}/bench_micropython", str(free_port())
        ),
    }
    tried = sum(result["tried"] for result in results.values())
    recovered = sum(result["recovered"] for result in results.values())
    yield Figure("fault_steps_tried", tried, [f"{tried // 2} on each interpreter"])
    details = []
    for name, result in results.items():
        times = f"median {result['median_s']} s, longest {result['longest_s']} s"
        details.append(f"{name}: {result['recovered']} of {result['tried']}, {times}")
        details += [f"{name}: {failed}" for failed in result["failed"]]
    yield Figure("fault_steps_recovered_ratio", recovered / tried, details)
    stale_served = sum(result["stale_served"] for result in results.values())
    details = [f"{stale_served} with a fault at each step"]
    for result in month:
        oldest = f"the oldest value shown was {result['oldest_s10'] / 10} s old"
        details.append(f"{result['stale_served']} in the month; {result['first_wrong'] or oldest}")
        stale_served += result["stale_served"]
    yield Figure("stale_served_count", stale_served, details)
