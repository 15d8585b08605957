"""Updates over Wi-Fi that are cut off: a real archive of the whole firmware, on MicroPython.

The connection is cut at every 1 KB, and a good update follows every fourth time; the power is cut
after every fourth write to the flash of one whole update, and after the first and last forty.
"""

from tools.bench import vm
from tools.bench.report import CannotMeasure, Figure

FOLDER = vm.ROOT / "build" / "bench" / "update"
_PARTS = 2
_HEAP = "16M"
_LIMIT_S = 1500
_OLD, _NEW = "0.1.0", "0.2.0"


def prepare():
    """Write the archives of two versions and the key they are signed with; return their paths."""
    try:
        from tools.update import archive, keys
    except ImportError as exc:
        raise CannotMeasure(f"{exc}; `make update-key` fetches what is missing") from exc
    from tools.deploy import version

    FOLDER.mkdir(parents=True, exist_ok=True)
    secret = FOLDER / "key.pem"
    try:
        key = keys.load(secret) if secret.exists() else keys.make(secret)
    except ImportError as exc:
        raise CannotMeasure(f"{exc}; `make update-key` fetches what is missing") from exc
    new = version.build()
    paths = [FOLDER / "old.bba", FOLDER / "new.bba", FOLDER / "key.txt"]
    paths[0].write_bytes(archive.build(_OLD, new.mpy, new.files, key))
    # A version that is another: one file more, and one in place of another.
    other = dict(new.files)
    other["baybridge/version.mpy"] = b"M" + other["baybridge/version.mpy"]
    other["www/note.txt"] = b"new\n"
    paths[1].write_bytes(archive.build(_NEW, new.mpy, other, key))
    paths[2].write_text(keys.public_text(key))
    return paths


def play(step=1, every=4, power_step=4, parts=_PARTS):
    """Cut at every so many KB and writes; return the results of the processes."""
    paths = [str(path.relative_to(vm.ROOT)) for path in prepare()]
    vm.build_code()
    words = [*paths, str(step), str(every), str(power_step)]
    running = [
        vm.start("vm_update.py", *words, str(part), str(parts), heap=_HEAP)
        for part in range(parts)
    ]
    try:
        return [vm.result_of(process, "vm_update.py", _LIMIT_S) for process in running]
    finally:
        for process in running:
            process.kill()


def figures(step=1, every=4, power_step=4):
    """Yield the figures."""
    results = play(step, every, power_step)
    cuts = sum(one["cuts"] for one in results)
    power = sum(one["power_cuts"] for one in results)
    first = results[0]
    new_from = min(one["first_new"] or one["writes"] for one in results)
    yield Figure(
        "update_cuts_tried",
        cuts + power,
        (
            f"{cuts} connections cut, of an archive of {first['bytes']} bytes",
            f"{power} power cuts, of {first['writes']} writes to LittleFS; the new version "
            f"from write {new_from} on",
            f"heap while updating: {max(one['heap_bytes'] for one in results)} bytes",
            f"{max(one['real_s'] for one in results)} s",
        ),
    )
    faults = [fault for one in results for fault in one["faults"]]
    yield Figure("update_bricked", sum(one["bricked"] for one in results), faults[:10])
