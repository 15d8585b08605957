"""An update in safe mode: into which folder it goes, and which version's code takes it.

Checks and storing are baybridge.app_update.take(): all that is known here of a version, and of
whichever version on the flash can be loaded. Loaded itself when it is asked for.

The folder that is overwritten is never the one to fall back on. That is the version that runs,
but for two cases: it crashed again and again and the folder beside it holds a whole version that
was not left for a failure, or it is damaged. Then the older one stays, and runs from then on.
"""

import gc
import json
import os
import sys

import slots
from black_box import MAX_CRASHES
from safe_http import Refused
from safe_mode import has_frozen


def answer(safe, request):
    """Return (status, JSON) for a question about the firmware; safe is safe_mode.SafeMode."""
    if request.path == "/healthz":
        return 503, '{"status":"fail","output":"safe mode"}'
    kind, _, token = request.field("authorization").partition(" ")
    safe.check_token(token.strip() if kind.lower() == "bearer" else "")
    folders = Folders(safe)
    if request.method == "GET":
        return 200, json.dumps(_state(folders))
    if request.method != "PUT":
        raise Refused(405, "GET and PUT are served here.")
    return 202, json.dumps({"version": _take(safe, request, folders), "restarting": True})


def _take(safe, request, folders):
    if request.query not in ("", "force=true", "force=false"):
        raise Refused(400, "force: has to be true or false.")
    request.begin_archive()
    if not request.length:
        raise Refused(422, "There is no archive in the request.")
    others = _forget()
    try:
        take = _load(folders)
        status, words = take(folders, safe.root, request, safe.feed, request.query == "force=true")
    finally:
        # Where this is tried out on a computer, there is a version already.
        _forget()
        sys.modules.update(others)
        gc.collect()
    if status != 202:
        raise Refused(status, words)
    # The new one has its own fair tries.
    safe.box.clear_crashes()
    safe.reason = "updated to " + words
    safe.is_over = True
    return words


class Folders:
    """The two folders, as baybridge.tasks.update.Updater wants to know them."""

    def __init__(self, safe):
        self.root = safe.root
        self.state = slots.read(self.root)
        self._is_crash = safe.box.crashes >= MAX_CRASHES
        self._feed = safe.feed
        # What the next start falls back on; "" is the frozen version.
        self.kept = self._choose_kept()

    def _choose_kept(self):
        state = self.state
        if not state.run:
            if has_frozen():
                return ""
            # Nothing is known good, so what is whole has to do.
            for slot in (state.trial,) + slots.NAMES:
                if slot and self._is_whole(slot):
                    return slot
            return ""
        spare = slots.other(state.run)
        if slots.is_sound(state.run, self.root):
            is_suspect = spare in (state.trial, state.failed)
            if is_suspect or not self._is_crash:
                return state.run
        return spare if self._is_whole(spare) else state.run

    def _is_whole(self, slot):
        # It takes a moment to read all of it.
        self._feed()
        return slots.problem_of(slot, self.root, True) is None

    @property
    def version(self):
        """Return the version that a new one has to be newer than; None without one."""
        return self.version_in(self.state.run) or self.version_in(self.kept)

    def version_in(self, slot):
        """Return the version in a folder, None if there is none."""
        if not slot or not slots.is_sound(slot, self.root):
            return None
        with open("%s/%s/manifest.txt" % (self.root, slot), "rb") as file:
            return file.readline(100).decode().split()[1]

    def target(self):
        """Return the folder the new version goes into."""
        return slots.other(self.kept) if self.kept else self.state.trial or "a"

    def leave(self, slot):
        """Have no start choose this folder: it is going to be overwritten; OSError."""
        state = self.state
        new = slots.State(self.kept)
        if slot in (state.run, state.trial):
            new.failed, new.why = slot, "crashed" if self._is_crash else "asked"
        if new.failed or self.kept != state.run:
            slots.write(new, self.root)

    def begin_trial(self, slot):
        """Have the next start try a folder; ValueError if it cannot run, or OSError."""
        self._feed()
        slots.begin_trial(slot, self.root)


def _state(folders):
    # The members of the application's answer; safe_mode and kept are only here.
    state = folders.state
    spare = slots.other(state.run)
    version = folders.version_in(spare)
    return {
        "version": folders.version,
        "slot": state.run or None,
        "trial": {"slot": state.trial, "tried": state.tried, "tries": slots.MAX_TRIES}
        if state.trial
        else None,
        "failed": {"slot": state.failed, "why": state.why or None} if state.failed else None,
        "other": {"slot": spare, "version": version} if version else None,
        "key_set": _has_key(folders.root),
        "updating": False,
        "safe_mode": True,
        "kept": folders.kept or None,
    }


def _has_key(root):
    try:
        os.stat(root + "/update_key.txt")
        return True
    except OSError:
        return False


def _load(folders):
    # Returns take() of the first version that can be loaded, the one that is kept before others.
    root = folders.root
    path = sys.path[:]
    why = "no folder holds a whole one"
    for slot in [folders.kept] + [one for one in ("a", "b", "") if one != folders.kept]:
        folders._feed()
        if slot and slots.problem_of(slot, root, True):
            continue
        # With nothing else on it, half a version would be filled up from another one.
        sys.path[:] = ["%s/%s" % (root, slot)] if slot else [".frozen"]
        try:
            from baybridge import app_update

            return app_update.take
        except Exception as exc:
            if slot or not isinstance(exc, ImportError):
                why = "%s: %s" % (type(exc).__name__, exc)
            _forget()
        finally:
            sys.path[:] = path
    raise Refused(
        500, "No version on the flash can take an update (%s). A cable can: make deploy." % why
    )


def _forget():
    # Returns what was loaded of a version.
    found = {}
    for name in list(sys.modules):
        if name == "baybridge" or name.startswith("baybridge."):
            found[name] = sys.modules.pop(name)
    return found
