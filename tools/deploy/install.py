"""Puts a version into the slot that does not run, and only then has the board try it.

At every moment the board can lose its power or we our cable: until the one rename of slots.txt it
starts the version it had, after it the new one, and a slot counts only with its manifest, which
comes last. What is on the board already is not sent again: not a file that lies in the right
place, nor one that the other slot has, which the board copies for itself.
"""

import slots
from tools.deploy.errors import DeployError
from tools.deploy.version import MANIFEST, read_manifest, sha256

# A block for a folder's entries now and then, and room for slots.txt and what the owner keeps.
_SPARE_BLOCKS = 24


class Plan:
    """Where a version goes, and what has to be done for it."""

    def __init__(self, run, target, is_there, is_current, is_damaged):
        # The slot that runs and is whole; "" when there is none, or the one in the image.
        self.run = run
        self.target = target
        # The target is this version already; the slot that runs is.
        self.is_there = is_there
        self.is_current = is_current
        # The slot that slots.txt says runs is another one, and cannot.
        self.is_damaged = is_damaged


class Install:
    """One version on its way to one board."""

    def __init__(self, link, board, version, say):
        self.link = link
        self.board = board
        self.version = version
        self.say = say
        # Files sent over the cable, and those the board copied from its other slot.
        self.sent = 0
        self.sent_bytes = 0
        self.copied = 0
        self.found = {}

    def look(self, paths):
        """Return {path: hash} of files on the board."""
        return {path: digest for path, digest, _ in self.link.call("hashes", paths)}

    def plan(self):
        """Return the Plan for what is on the board."""
        places = ["/" + slots_file for slots_file in ("slots.txt", "a/" + MANIFEST)]
        places.append("/b/" + MANIFEST)
        texts = dict(self.link.call("texts", places))
        beside = ["/" + name for name, _ in self.version.beside]
        self.found = self.look(["/a", "/b", "/www", *beside])
        sound = [slot for slot in slots.NAMES if self._is_sound(slot, texts)]
        state = slots.parse(texts["/slots.txt"] or "")
        if state is None:
            run = sound[0] if sound else ""
        elif state.run in sound or not state.run:
            run = state.run
        else:
            run = slots.other(state.run) if slots.other(state.run) in sound else ""
        is_damaged = state is not None and state.run != run
        if is_damaged:
            self.say(f"the version in {state.run} is damaged, and is replaced")
        target = slots.other(run) if run else slots.NAMES[0]
        manifest = self.version.manifest
        is_current = run in sound and texts[f"/{run}/{MANIFEST}"] == manifest
        is_there = target in sound and texts[f"/{target}/{MANIFEST}"] == manifest
        return Plan(run, target, is_there, is_current, is_damaged)

    def _is_sound(self, slot, texts):
        _, hashes = read_manifest(texts[f"/{slot}/{MANIFEST}"])
        return bool(hashes) and all(
            self.found.get(f"/{slot}/{path}") == digest for path, digest in hashes.items()
        )

    def fill(self, slot):
        """Make the slot hold this version and nothing else, its manifest last."""
        wanted = {f"/{slot}/{path}": raw for path, raw in self.version.files.items()}
        here = [path for path in self.found if path.startswith(f"/{slot}/")]
        # From here on nothing starts it: first of all, and before anything of it changes.
        stale = [f"/{slot}/{MANIFEST}"]
        stale += [path for path in here if path not in wanted and path != stale[0]]
        missing = {
            path: raw for path, raw in wanted.items() if self.found.get(path) != sha256(raw)
        }
        self._check_room(missing, stale)
        self.link.call("remove", stale)
        self.link.call("remove_empty", f"/{slot}")
        for path in stale:
            self.found.pop(path, None)
        for path, raw in sorted(missing.items()):
            self._bring(path, raw, len(missing))
        self._verify({path: sha256(raw) for path, raw in wanted.items()}, [f"/{slot}"])
        path = f"/{slot}/{MANIFEST}"
        self.link.put(self.version.manifest.encode(), path + ".new", path)
        self._verify({path: sha256(self.version.manifest.encode())}, [path])

    def _bring(self, path, raw, count):
        digest = sha256(raw)
        other = f"/{slots.other(path[1])}/{path[3:]}"
        if self.found.get(other) == digest:
            self.link.call("copy", other, path)
            self.copied += 1
        else:
            self.link.put(raw, path)
            self.sent += 1
            self.sent_bytes += len(raw)
            done = self.sent + self.copied
            self.say(f"  {done}/{count} {path} {len(raw)} bytes")
        self.found[path] = digest

    def _check_room(self, missing, stale):
        block = self.board.block_bytes
        needed = _SPARE_BLOCKS * block
        for raw in missing.values():
            needed += -(-len(raw) // block) * block
        # What is replaced or removed gives its place back, one block at the least.
        freed = sum(block for path in [*missing, *stale] if path in self.found)
        if needed > self.board.free_bytes + freed:
            raise DeployError(
                f"The board's flash has {self.board.free_bytes // 1024} KB free, and this version "
                f"needs {needed // 1024} KB beside the one that runs. Remove what is not the "
                "bridge's, or `make backup`, `make flash` and deploy anew."
            )

    def _verify(self, wanted, places):
        found = self.look(places)
        for path, digest in wanted.items():
            if found.get(path) != digest:
                what = "is damaged" if path in found else "is missing"
                raise DeployError(
                    f"{path} {what} on the board after it was copied, so it does not run. "
                    "Deploy again; if it stays so, the cable or the flash is worn out."
                )

    def bring_beside(self):
        """Replace what lies beside the slots and differs, each file in one step."""
        changed = []
        for name, raw in self.version.beside:
            path = "/" + name
            if self.found.get(path) == sha256(raw):
                continue
            self.link.put(raw, path + ".new")
            self._verify({path + ".new": sha256(raw)}, [path + ".new"])
            self.link.call("rename", path + ".new", path)
            self.say(f"  {path} {len(raw)} bytes")
            self.sent_bytes += len(raw)
            changed.append(name)
        return changed

    def bring_page(self):
        """Bring what a frozen version needs beside it: the page."""
        # What lies on the flash would be found before what is in the image.
        shadows = ["/" + name for name, _ in self.version.beside if "/" + name in self.found]
        self.link.call("remove", shadows)
        for path, raw in self.version.files.items():
            at = "/" + path
            if path.startswith("www/") and self.found.get(at) != sha256(raw):
                self.link.put(raw, at + ".new")
                self._verify({at + ".new": sha256(raw)}, [at + ".new"])
                self.link.call("rename", at + ".new", at)
                self.say(f"  {at} {len(raw)} bytes")
                self.sent += 1
                self.sent_bytes += len(raw)


def install(link, board, version, say=print):
    """Bring a version onto a board and have it run at the next start; return the Install."""
    work = Install(link, board, version, say)
    if board.runs_frozen_only:
        work.plan()
        work.bring_page()
        if board.frozen != version.number:
            say(
                f"the image on the board has Bay Bridge {board.frozen}; {version.number} comes "
                "with `make image` and `make flash IMAGE=...`"
            )
        return work
    plan = work.plan()
    if not plan.is_current and not plan.is_there:
        work.fill(plan.target)
    changed = work.bring_beside()
    say(
        f"{work.sent} files sent, {work.copied} copied on the board, "
        f"{len(version.files) - work.sent - work.copied} were there; "
        f"beside them {', '.join(changed) or 'nothing'}; {work.sent_bytes} bytes"
    )
    if plan.is_current:
        # Ends the trial of another version, if there is one.
        link.call("settle", plan.run)
        say(f"{plan.run} runs this version already")
    elif plan.run or board.frozen:
        if plan.is_damaged:
            # A trial that fails goes back to one that can run.
            link.call("settle", plan.run)
        link.call("begin_trial", plan.target)
        before = plan.run or "the image's version"
        say(f"{plan.target} is on trial: after 10 good minutes it stays, else {before} is back")
    else:
        link.call("settle", plan.target)
        say(f"{plan.target} is the first version on this board")
    return work
