"""What the page and many clients cost: the rate of the page, the heap at its highest.

Both on the 32-bit MicroPython with the code in ROM. The heap is that of the bridge alone; the
clients are threads of this process.
"""

import json
import socket
import threading
import time

from tools.bench import http_load, vm
from tools.bench.foundation import free_port, http_ratio
from tools.bench.report import CannotMeasure, Figure

_PAGE = vm.ROOT / "build" / "www" / "index.html.gz"
# vm_clients.py waits a little longer.
_ROUND_S = 8
_LOG = "/api/v1/logs/house1_2026-11-20.csv"
_POLLERS = 4
_LISTENERS = 2
# About what Wi-Fi gives; the download then lasts for most of a round.
_DOWNLOAD_PIECE = 4096
_DOWNLOAD_PAUSE_S = 0.005
# A number in a text may have a digit more, and a collection may find one buffer still in use.
_LEAK_BYTES = 1024


def figures():
    yield _ratio_figure()
    yield _heap_figure()


def _ratio_figure():
    if not _PAGE.exists():
        raise CannotMeasure("there is no build/www/index.html.gz; `make page` builds it")
    ratio, mine, theirs, length, pairs = http_ratio(http_load.PAGE)
    details = [
        f"{mine:.0f} pages/s, microdot alone with a file of the same {length} bytes {theirs:.0f}; "
        f"4 clients, {pairs} pairs of blocks"
    ]
    return Figure("http_page_ratio", ratio, details)


# --- the heap with many clients ---------------------------------------------------------------


class Crowd:
    """Two that listen, four that poll and one that downloads a log, all at once."""

    def __init__(self, port):
        self.port = port
        self.events = 0
        self.answers = 0
        self.refused = 0
        self.bytes = 0
        self.failures = []
        self._end = 0.0

    def run(self, seconds):
        """Let all of them loose for so long."""
        self._end = time.monotonic() + seconds
        whats = [self._listen] * _LISTENERS + [self._poll] * _POLLERS + [self._download]
        threads = [threading.Thread(target=self._guarded, args=(what,)) for what in whats]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _guarded(self, what):
        try:
            what()
        except OSError as exc:
            self.failures.append(f"{what.__name__[1:]}: {exc}")

    def _connect(self, path):
        client = socket.create_connection(("127.0.0.1", self.port), timeout=5)
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        return client

    def _listen(self):
        with self._connect("/api/v1/events") as client:
            client.settimeout(0.2)
            while time.monotonic() < self._end:
                try:
                    piece = client.recv(8192)
                except TimeoutError:
                    continue
                if not piece:
                    raise OSError("the stream ended")
                self.events += piece.count(b"\nevent: ")

    def _poll(self):
        while time.monotonic() < self._end:
            try:
                http_load.ask(self.port)
                self.answers += 1
            except http_load.BadAnswer:
                # Seven clients, six places.
                self.refused += 1
            time.sleep(0.05)

    def _download(self):
        while time.monotonic() < self._end:
            with self._connect(_LOG) as client:
                while piece := client.recv(_DOWNLOAD_PIECE):
                    self.bytes += len(piece)
                    time.sleep(_DOWNLOAD_PAUSE_S)
                    if time.monotonic() > self._end:
                        break


def heap_with_clients(kind):
    """Return what vm_clients.py measured, and the Crowd it was measured with."""
    port = free_port()
    process = vm.start("vm_clients.py", kind, str(port))
    crowd = Crowd(port)
    last = ""
    said = []
    try:
        for line in process.stdout:
            if line.strip() == "idle":
                crowd.run(_ROUND_S)
            else:
                said.append(line)
                last = line
        process.wait(20)
    finally:
        process.kill()
    if process.returncode or not last.startswith("{"):
        raise RuntimeError("vm_clients.py did not end well:\n" + "".join(said))
    return json.loads(last), crowd


def _heap_figure():
    vm.build_code()
    highest = []
    details = []
    for kind in ("rom", "ram"):
        result, crowd = heap_with_clients(kind)
        check(result, crowd)
        (first, after_first, *_), (second, after_second, puts, *_) = result["rounds"]
        highest.append(max(first, second))
        details += [
            f"code in {kind.upper()}: {first}; {after_first} stay, the rooms that were entered "
            f"first and the texts they keep; again {second}, and "
            f"{after_second - after_first} more stay",
            f"  {crowd.events} events, {crowd.answers} answers, {crowd.refused} times 503, "
            f"{crowd.bytes // 1000} kB downloaded; looked at {puts} pieces",
        ]
    return Figure("heap_highwater_clients_bytes", highest[0], details)


def check(result, crowd):
    """RuntimeError if the clients did not do what the figure is about."""
    is_well = not (result["failures"] or result["failed_polls"] or crowd.failures)
    is_enough = crowd.events >= 20 and crowd.answers >= 50 and crowd.bytes >= 1000000
    is_over = all(connections == 0 for _, _, _, connections, _ in result["rounds"])
    # Rooms are entered once; what the same clients leave behind a second time is a leak.
    (_, after_first, *_), (_, after_second, *_) = result["rounds"]
    is_idle = after_second - after_first <= _LEAK_BYTES
    if not (is_well and is_enough and is_over and is_idle):
        raise RuntimeError(f"not as it should be: {result}, {vars(crowd)}")
