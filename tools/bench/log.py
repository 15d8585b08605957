"""The log's figures: what survives a power cut, and what writing costs.

All of it on the 32-bit MicroPython, onto its own FAT on a card of 8 GB with clusters of 32 KB.
How a cut is tried stands in tools/rehearse/power_cut.py, how a kill in kill9.py.
"""

from tools.bench import logview_figure, vm
from tools.bench.report import Figure, guarded
from tools.rehearse import kill9

_CUTS = ("power_cuts_tried", "power_cut_records_lost")
_KILLS = ("kill9_records_lost",)
_BLOCKS = ("log_blocks_ratio_open_append", "log_blocks_ratio_flush_row")
_HEAP = ("log_heap_per_record_bytes",)
_STALL = ("log_longest_stall_ms",)
_LOGVIEW = ("logview_10m_lines_peak_mb",)
_DAY_S = 86400
# Two processes share the cuts, because that is how many cores this is usually run on.
_PARTS = 2
_CUTS_LIMIT_S = 3600
_KILL_COUNT = 200
_BIG_HEAP = "128M"
# As near to the board's as the rehearsal itself leaves room for: what is collected takes time.
_SMALL_HEAP = "512K"
_STALL_RUNS = 3


def figures():
    yield from guarded(_BLOCKS, _block_figures)
    yield from guarded(_HEAP, _heap_figures)
    yield from guarded(_STALL, _stall_figures)
    yield from guarded(_KILLS, _kill_figures)
    yield from guarded(_CUTS, _cut_figures)
    yield from guarded(_LOGVIEW, logview_figure.figures)


# --- what survives ----------------------------------------------------------------------------


def _cut_figures():
    vm.build_code()
    script = "vm_cuts.py"
    processes = []
    try:
        for part in range(_PARTS):
            args = (str(_DAY_S), str(part), str(_PARTS))
            processes.append(vm.start(script, *args, heap=_BIG_HEAP))
        results = [vm.result_of(process, script, _CUTS_LIMIT_S) for process in processes]
    finally:
        for process in processes:
            process.kill()
    first = results[0]
    if any(result["blocks"] != first["blocks"] for result in results):
        raise RuntimeError("the run that is cut was not the same in each process")
    tried = sum(result["tried"] for result in results)
    minutes = max(result["real_s"] for result in results) / 60
    about = [
        f"after each of the {first['blocks']} blocks of a day with {first['records']} records in "
        f"{first['files']} files, in {minutes:.0f} minutes",
        "each also with the next block half written, and with the next two in the other order "
        "where one flush has both;",
        "after every 53rd also at each block of the restart",
    ]
    yield Figure("power_cuts_tried", tried, about)
    faults = [fault for result in results for fault in result["faults"]]
    yield Figure("power_cut_records_lost", sum(r["lost"] for r in results), faults[:10])


def _kill_figures():
    result = kill9.play(vm.command(), _KILL_COUNT, vm.BUILD / "kill9")
    about = f"{result.kills} kills, {result.early} of them before a record of that start was"
    about += f" flushed; {result.flushed} records had been reported"
    yield Figure("kill9_records_lost", result.lost, [about, *result.faults[:10]])


# --- what it costs ----------------------------------------------------------------------------


def _block_figures():
    vm.build_code()
    result = vm.run("vm_log.py", "blocks", heap=_BIG_HEAP)
    steady, boat = result["steady"], result["boat"]
    details = [f"a record each 10 s for a day: {_per_thousand(steady)}"]
    details.append(f"load steps, drift and rest: {_per_thousand(boat)}")
    for name, kind in zip(_BLOCKS, ("open_append", "flush_row"), strict=True):
        yield Figure(name, steady["batched"] / steady[kind], details)
        details = [f"load steps, drift and rest: {boat['batched'] / boat[kind]:.3f}"]


def _per_thousand(counts):
    def share(blocks):
        return f"{1000 * blocks / counts['records']:.0f}"

    return (
        f"{share(counts['batched'])} blocks per 1,000 records, open-append-close "
        f"{share(counts['open_append'])}, flush per row {share(counts['flush_row'])}; "
        f"the lines alone {share(counts['bytes'] / 512)}"
    )


def _heap_figures():
    vm.build_code()
    result = vm.run("vm_log.py", "heap", heap="16M")
    details = [f"of {result['records']} records in an hour with their flushes, nothing collected"]
    details.append(f"{result['stays']} bytes more in all are alive after that hour")
    yield Figure("log_heap_per_record_bytes", result["bytes"] / result["records"], details)


def _stall_figures():
    vm.build_code()
    runs = [vm.run("vm_log.py", "stall", heap=_SMALL_HEAP) for _ in range(_STALL_RUNS)]
    # The run that other programs disturbed least: their time is none of the log's.
    best = min(runs, key=_longest_us)
    details = [f"best of {_STALL_RUNS} runs on this computer, without the card's own time"]
    for name, scene in best.items():
        if name in _SCENES:
            details.append(
                f"{_SCENES[name]}: {scene['us'] / 1000:.1f} ms, most blocks at a time: "
                f"{scene['most_read']} read, {scene['most_written']} written"
            )
    details.append("a card adds its time for these, and all of a pause it makes (4 s are 4 s)")
    yield Figure("log_longest_stall_ms", _longest_us(best) / 1000, details)


_SCENES = {
    "new": "the first minute on an empty card",
    "day": "a day",
    "restart": "a restart on its file",
    "card": "20 minutes without the card, and back",
}


def _longest_us(run):
    return max(run[name]["us"] for name in _SCENES)
