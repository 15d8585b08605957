"""How another client fares while fifty are slow, thousands are odd and a thousand say nothing.

On the 32-bit MicroPython in real time, all of it at once and from this process. The firmware has
six places, so a client that is answered got one that somebody else had to give up.
"""

import json
import socket
import threading
import time

from tools.bench import http_load, vm
from tools.bench.foundation import free_port
from tools.bench.report import Figure
from tools.rehearse.odd_requests import odd_request

_TOKEN = "change-it-for-the-bench"
_SLOW = 50
_ODD = 10000
_ODD_CLIENTS = 6
_SILENT = 1000
_ASK_PAUSE_S = 0.3
_CALM_S = 15
# As long as an odd client waits for an answer; a request that is not whole gets none.
_ODD_PATIENCE_S = 0.05
# So that the slow clients have time to be slow.
_ODD_PAUSE_S = 0.02
_HEAD = b"GET /api/v1/batteries HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n"
_STATUSES = {200, 202, 204, 206, 304, 400, 401, 403, 404, 405, 408, 409, 411, 413, 414, 415, 416}
_STATUSES |= {421, 422, 429, 431, 501, 503, 505}


class Trouble:
    """All the clients; counts are of what they saw."""

    def __init__(self, port, odd=_ODD, silent=_SILENT):
        self.port = port
        self.counts = {}
        self.lost = 0  # connections that could not be made, or were cut before an answer
        self.slow_bytes = 0
        self.silent = 0
        self.tried = 0
        self.wrong = []
        self._odd = odd
        self._silent = silent
        self._next = 1
        self._lock = threading.Lock()
        self._is_over = threading.Event()

    def run(self):
        """Return when all odd requests were sent and all silent clients were there."""
        slow = [threading.Thread(target=self._be_slow, args=(i,)) for i in range(_SLOW)]
        ending = [threading.Thread(target=self._be_odd) for _ in range(_ODD_CLIENTS)]
        ending.append(threading.Thread(target=self._be_silent))
        for thread in slow + ending:
            thread.start()
        for thread in ending:
            thread.join()
        self._is_over.set()
        for thread in slow:
            thread.join()

    def _connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=5)

    def _be_slow(self, number):
        self._is_over.wait(number / _SLOW)
        while not self._is_over.is_set():
            try:
                with self._connect() as client:
                    for i in range(len(_HEAD)):
                        client.sendall(_HEAD[i : i + 1])
                        self.slow_bytes += 1
                        if self._is_over.wait(1):
                            return
            except OSError:
                # The bridge gave it up; it is back after a second like any of its bytes.
                self._is_over.wait(1)

    def _be_silent(self):
        held = []
        for _ in range(self._silent):
            try:
                held.append(self._connect())
                self.silent += 1
            except OSError:
                self.lost += 1
            # Some hang up at once, some stay.
            if len(held) > 20:
                held.pop(0).close()
            time.sleep(0.02)
        for client in held:
            client.close()

    def _be_odd(self):
        while True:
            with self._lock:
                number = self._next
                self._next += 1
            if number > self._odd:
                return
            self._send_odd(number)
            with self._lock:
                self.tried += 1
            time.sleep(_ODD_PAUSE_S)

    def _send_odd(self, number):
        answer = b""
        try:
            with self._connect() as client:
                client.settimeout(_ODD_PATIENCE_S)
                for piece in odd_request(number, _TOKEN.encode()):
                    client.sendall(piece)
                while piece := client.recv(8192):
                    answer += piece
        except TimeoutError:
            pass
        except OSError:
            if not answer:
                with self._lock:
                    self.lost += 1
                return
        self._note(number, answer)

    def _note(self, number, answer):
        if answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\n"):
            answer = answer[25:]
        status = 0
        if answer:
            words = answer[:12].split(b" ")
            is_http = len(words) == 2 and words[0] == b"HTTP/1.1" and words[1].isdigit()
            status = int(words[1]) if is_http else -1
        with self._lock:
            self.counts[status] = self.counts.get(status, 0) + 1
            if status not in _STATUSES | {0}:
                self.wrong.append((number, answer[:200]))


class Visitor:
    """The other client: asks for the batteries every 0.3 s and keeps the times."""

    def __init__(self, port):
        self.port = port
        self.seconds = []
        self.failures = []
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exc):
        self._is_over.set()
        self._thread.join()

    def _run(self):
        while not self._is_over.wait(_ASK_PAUSE_S):
            start = time.perf_counter()
            try:
                _, body = http_load.ask(self.port)
                json.loads(body)
            except (OSError, ValueError, http_load.BadAnswer) as exc:
                self.failures.append(repr(exc))
            self.seconds.append(time.perf_counter() - start)


def polls_of(port):
    """Return (polls, failed polls, when that was)."""
    battery = json.loads(http_load.ask(port)[1])["batteries"][0]
    return battery["link"]["polls"], battery["link"]["failed_polls"], time.monotonic()


def rate(before, after):
    """Return the polls a second between two of polls_of()."""
    return (after[0] - before[0]) / (after[2] - before[2])


def rehearse(odd=_ODD, silent=_SILENT):
    """Return a dict of what happened."""
    port = free_port()
    process = vm.start("vm_serve.py", "rom", str(port), _TOKEN)
    said = []
    try:
        for line in process.stdout:
            if line.startswith("ready"):
                break
            said.append(line)
        else:
            raise RuntimeError("vm_serve.py ended before it served:\n" + "".join(said))
        begun = polls_of(port)
        with Visitor(port) as calm:
            time.sleep(_CALM_S)
        quiet = polls_of(port)
        trouble = Trouble(port, odd, silent)
        with Visitor(port) as visitor:
            trouble.run()
        loud = polls_of(port)
        # Whoever is left has a deadline of 10 s.
        time.sleep(11)
        request = b"GET /api/v1/diagnostics HTTP/1.1\r\nHost: localhost\r\n\r\n"
        diagnostics = json.loads(http_load.ask(port, request)[1])
    finally:
        process.kill()
        process.wait()
    return {
        "trouble": trouble,
        "visitor": visitor,
        "calm": calm,
        "quiet_rate": rate(begun, quiet),
        "loud_rate": rate(quiet, loud),
        "loud_s": loud[2] - quiet[2],
        "failed_polls": loud[1],
        "tasks": diagnostics["tasks"],
        "http": diagnostics["http"],
    }


def check(told):
    """RuntimeError unless every task lived, polling went on and no answer was wrong."""
    ended = [task for task in told["tasks"] if task["restarts"]]
    if ended:
        raise RuntimeError(f"a task ended: {ended}")
    trouble = told["trouble"]
    if told["http"]["last_error"] or trouble.wrong:
        raise RuntimeError(f"{told['http']}, {trouble.wrong[:5]}")
    if told["http"]["connections"] > 1:
        raise RuntimeError(f"places are still taken: {told['http']}")
    if told["loud_rate"] < 0.9 * told["quiet_rate"] or told["failed_polls"]:
        raise RuntimeError(
            f"polling suffered: {told['loud_rate']:.2f} instead of {told['quiet_rate']:.2f} a "
            f"second, {told['failed_polls']} failed"
        )


def figures():
    vm.build_code()
    told = rehearse()
    check(told)
    trouble, visitor, calm = told["trouble"], told["visitor"], told["calm"]
    counts = " ".join(f"{status}:{n}" for status, n in sorted(trouble.counts.items()))
    yield Figure(
        "fuzz_requests_tried",
        trouble.tried,
        [
            f"{_SLOW} clients with a byte a second ({trouble.slow_bytes} bytes), "
            f"{trouble.silent} connects without a request, in {told['loud_s']:.0f} s",
            f"answers by status, 0 for none: {counts}; {trouble.lost} connections cut",
            f"no task restarted; {told['loud_rate']:.2f} polls/s, before {told['quiet_rate']:.2f}",
        ],
    )
    # A client that is refused is not answered.
    worst = max(visitor.seconds) if not visitor.failures else float("inf")
    middle = sorted(visitor.seconds)[len(visitor.seconds) // 2]
    yield Figure(
        "fuzz_other_client_worst_s",
        round(worst, 3),
        [
            f"of {len(visitor.seconds)} answers to another client, the middle one "
            f"{middle * 1000:.1f} ms; the worst without the others "
            f"{max(calm.seconds) * 1000:.1f} ms",
            *[f"not answered: {failure}" for failure in visitor.failures[:3]],
        ],
    )
