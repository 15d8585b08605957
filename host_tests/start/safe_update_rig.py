"""Safe mode with versions in a and b that can take an update, and clients of every kind."""

import json
import sys

import safe_http
import slots
from host_tests.data.update_key import KEY_TEXT
from host_tests.record.archive_rig import manifest
from host_tests.start.flash_rig import A_RUNS, clear, get, put
from host_tests.start.safe_rig import TOKEN, Rig

PATH = "/api/v1/firmware"
NEXT = b"HTTP/1.1 100 Continue\r\n\r\n"
# All that safe mode loads of a version.
_CODE = (
    "__init__",
    "app_update",
    "ports/__init__",
    "ports/board",
    "ports/files",
    "ports/slot_files",
    "record/__init__",
    "record/archive",
    "tasks/__init__",
    "tasks/update",
    "version",
    "web/__init__",
    "web/head",
)


def put_code(root, slot, version, **others):
    """Put a version into a folder, as sources; others are modules with another text."""
    files = []
    for name in _CODE:
        place = "firmware/baybridge/%s.py" % name
        if name == "ports/board" and sys.implementation.name == "cpython":
            place = "host_tests/fakes/board.py"  # no heap to ask for there
        with open(place) as file:
            text = file.read().replace("class HostBoard", "class Board")
        if name == "version":
            text = 'VERSION = "%s"\n' % version
        text = others.get(name.replace("/", "_"), text)
        files.append(("baybridge/%s.py" % name, text.encode()))
    for name, raw in files:
        put(root, "%s/%s" % (slot, name), raw)
    put(root, slot + "/manifest.txt", manifest("baybridge %s mpy=6 chip=any\n" % version, files))


class UpdateRig(Rig):
    """a and b are versions, None without one; crashes is how many there were in a row."""

    folder = "safe_update"

    def __init__(self, crashes=3, line=A_RUNS, a="0.1.5", b="0.1.0", key=KEY_TEXT):
        super().__init__()
        clear(self.root + "/a")
        for slot, version in (("a", a), ("b", b)):
            if version:
                put_code(self.root, slot, version)
        put(self.root, "slots.txt", line)
        if key is not None:
            put(self.root, "update_key.txt", key)
        self.box.crashes = crashes
        self.fed = 0
        self.safe.feed = self._feed
        safe_http.ARCHIVE_S = 600
        # Nothing here comes over the air.
        safe_http.LONG_SILENCE_S = 0.1
        # CPython looks for modules in the folders as it remembers them.
        getattr(sys, "path_importer_cache", {}).clear()

    def _feed(self):
        self.fed += 1

    def send(self, raw, query="", token=TOKEN, length=None, fields=""):
        """PUT an archive; return the status and the answer's object."""
        return answered(self.exchange(head(raw, query, token, length, fields) + raw))

    def state(self):
        return answered(
            self.exchange("GET %s HTTP/1.1\r\nAuthorization: Bearer %s\r\n\r\n" % (PATH, TOKEN))
        )

    def meet(self, client):
        """Serve a Scripted client; return the status and the answer's object."""
        safe_http.serve(client, self.safe)
        raw = client.said[len(NEXT) :] if client.said.startswith(NEXT) else client.said
        top, _, body = raw.decode().partition("\r\n\r\n")
        return int(top.split(" ")[1]), json.loads(body)

    def line(self):
        return get(self.root, "slots.txt")

    def runs(self):
        """Return the folder that the next start chooses."""
        return slots.choose(self.root).slot

    def versions(self):
        """Return the versions in a and b that are whole to the last byte."""
        found = []
        for slot in slots.NAMES:
            is_whole = slots.problem_of(slot, self.root, True) is None
            text = get(self.root, slot + "/manifest.txt") if is_whole else ". -"
            found.append(text.split()[1])
        return found


def head(raw, query="", token=TOKEN, length=None, fields=""):
    text = "PUT %s%s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n%s" % (
        PATH,
        query,
        len(raw) if length is None else length,
        fields,
    )
    if token is not None:
        text += "Authorization: Bearer %s\r\n" % token
    return (text + "\r\n").encode()


def answered(answer):
    line, fields, body = answer
    assert "Content-Type: application/json" in fields
    return int(line.split(" ")[1]), json.loads(body)


class Scripted:
    """A client's socket: each piece comes with one recv(); None is a pause, the end a silence.

    on_recv is called with what was said to it so far.
    """

    def __init__(self, pieces, is_gone=False, on_recv=lambda said: None):
        self.said = b""
        self.most = 0
        self.waits_s = []
        self._pieces = list(pieces)
        self._is_gone = is_gone
        self._on_recv = on_recv

    def left(self):
        """Return how much of it was not read."""
        return sum([len(piece) for piece in self._pieces])

    def settimeout(self, value):
        assert value > 0
        self.waits_s.append(value)

    def recv(self, n):
        self._on_recv(self.said)
        self.most = max(self.most, n)
        if not self._pieces and self._is_gone:
            return b""
        if not self._pieces:
            raise OSError(110)
        piece = self._pieces.pop(0)
        if piece is None:
            raise OSError(110)
        if len(piece) > n:
            self._pieces.insert(0, piece[n:])
        return piece[:n]

    def send(self, raw):
        self.said += bytes(raw)
        return len(raw)
