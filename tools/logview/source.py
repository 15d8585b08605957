"""Which files are meant: from files, battery folders, `baybridge` folders or whole cards.

Files of one folder are one battery's log; the anchors of the card stand beside the batteries'
folders. A file that was downloaded from the bridge has its battery's id in front of its name; its
anchors are looked for in its own folder.
"""

import os
from pathlib import Path

from baybridge.record import anchor, names
from tools.logview.lines import Log, Unreadable, reason


class Battery:
    """The log of one battery: its files in order, and what could not be read.

    is_whole says that the folder was named and not single files: what is missing in it is
    missing. troubles: (path, text) of files that are no log; other: names that were passed over.
    """

    def __init__(self, folder, name, anchors, is_whole):
        self.folder = folder
        self.name = name
        self.is_whole = is_whole
        self.logs = []
        self._paths = set()
        self.troubles = []
        self.other = []
        self.anchors = anchors

    @property
    def size(self):
        """Bytes of all of its files."""
        return sum(log.size for log in self.logs)

    @property
    def max_step_s(self):
        """How far apart records may be on purpose: thrice the slowest schedule, or a quarter."""
        return max(900, *(3 * log.columns.slowest_s for log in self.logs))

    def take(self, path):
        """Add a file, once."""
        if path.resolve() not in self._paths:
            self._paths.add(path.resolve())
            self.logs.append(Log(path))

    def each_file(self):
        """Return one Battery for each file."""
        parts = []
        for log in self.logs:
            name = f"{self.name}/{_file_name(log.path)}"
            part = Battery(self.folder, name, self.anchors, False)
            part.logs = [log]
            parts.append(part)
        return parts


class Anchors:
    """The anchors of a card; bad: (line number, byte offset) of lines that are none."""

    def __init__(self, path):
        self.path = path
        self.lines = []
        self.bad = []
        self._of_boot = {}
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            content = b""
        except OSError as exc:
            raise Unreadable(f"{path}: {reason(exc)}")
        offset = 0
        for number, raw in enumerate(content.splitlines(keepends=True), 1):
            text = raw.decode("ascii", "replace").rstrip("\r\n")
            found = anchor.parse(text)
            if found:
                self.lines.append(text)
                self._of_boot.setdefault(found[0], []).append(found)
            elif number > 1 or text != anchor.HEADER.rstrip():
                self.bad.append((number, offset))
            offset += len(raw)

    def time_of(self, boot, uptime_ms):
        """Return the ISO time of a moment of a boot, or None where it cannot be placed."""
        of_boot = self._of_boot.get(boot)
        return anchor.place(boot, uptime_ms, of_boot) if of_boot else None

    def add(self, other):
        """Take over the anchors that are not here yet, in their order."""
        for text in other.lines:
            if text not in self.lines:
                self.lines.append(text)
                found = anchor.parse(text)
                self._of_boot.setdefault(found[0], []).append(found)


def find(paths):
    """Return the batteries that the paths name; Unreadable if one of them gives nothing."""
    found = {}
    for path in map(Path, paths):
        try:
            is_folder = path.is_dir()
            exists = is_folder or path.exists()
        except OSError as exc:
            raise Unreadable(f"{path}: {reason(exc)}")
        if not exists:
            raise Unreadable(f"{path}: there is no such file or folder")
        if is_folder:
            _find_below(path, found)
        else:
            _battery_of(found, path, False).take(path)
    for battery in found.values():
        battery.logs.sort(key=_in_order)
    return [battery for battery in found.values() if battery.logs or battery.troubles]


def _battery_of(found, path, is_whole):
    folder = path.parent.resolve()
    name, mark, _ = path.name.partition("_")
    is_download = mark and _file_name(path) != path.name
    if not is_download:
        name = folder.name or "log"
    key = (folder, name)
    if key not in found:
        anchors = Anchors((folder if is_download else folder.parent) / anchor.FILE)
        found[key] = Battery(folder, name, anchors, is_whole)
    found[key].is_whole |= is_whole and not is_download
    return found[key]


def _file_name(path):
    """Return a file's name as it is on the card."""
    battery, mark, name = path.name.partition("_")
    return name if mark and names.is_log_name(f"{battery}/{name}") else path.name


def _find_below(top, found):
    troubles = []
    others = []
    count = 0
    for folder, files in sorted(_walk(top)):
        for name in sorted(files):
            path = folder / name
            is_named = names.is_log_name("x/" + _file_name(path))
            if name.startswith(".") or name == anchor.FILE:
                continue
            if not name.endswith(".csv"):
                others.append(path)
                continue
            battery = _battery_of(found, path, True)
            try:
                battery.take(path)
                count += 1
            except Unreadable as exc:
                if "permission denied" in str(exc):
                    raise
                if is_named:
                    battery.troubles.append((path, str(exc).removeprefix(f"{path}: ")))
                else:
                    battery.other.append(name)
                troubles.append(str(exc))
    for path in others:
        # Frames that were recorded, the torn ends that the bridge put aside.
        folder = path.parent.resolve()
        if (folder, folder.name) in found:
            found[folder, folder.name].other.append(path.name)
    if not count:
        why = f"; {troubles[0]}" if troubles else ""
        raise Unreadable(f"{top}: no log of the bridge in this folder or below{why}")


def _walk(top):
    failed = []
    for folder, _, files in os.walk(top, onerror=failed.append):
        yield Path(folder), files
    if failed:
        raise Unreadable(f"{failed[0].filename}: {reason(failed[0])}")


def _in_order(log):
    """Return what the files are sorted by: those from before the time was known, then the days."""
    boot, seq, _, time = log.first
    return bool(time), time or "", boot or 0, seq or 0, log.path.name
