"""A few clients that ask a server as fast as it answers, each request on its own connection."""

import socket
import threading
import time

BATTERIES = b"GET /api/v1/batteries HTTP/1.1\r\nHost: localhost\r\n\r\n"
PAGE = b"GET / HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n"
_TIMEOUT_S = 10


class BadAnswer(Exception):
    """The server did not answer as it should; a rate of such answers means nothing."""


def ask(port, request=BATTERIES):
    """Return (head lines, body) of one answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=_TIMEOUT_S) as client:
        client.sendall(request)
        pieces = []
        while piece := client.recv(8192):
            pieces.append(piece)
    head, _, body = b"".join(pieces).partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    if lines[0].split(b" ")[1:2] != [b"200"]:
        raise BadAnswer(f"port {port} answered {lines[0]!r}")
    return lines, body


def requests_per_s(port, seconds, clients=4, min_bytes=1, request=BATTERIES):
    """Return how many requests a second so many clients get answered together."""
    end = time.perf_counter() + seconds
    counts = [0] * clients
    failures = []

    def run(i):
        try:
            while time.perf_counter() < end:
                if len(ask(port, request)[1]) < min_bytes:
                    raise BadAnswer(f"port {port} sent a short body")
                counts[i] += 1
        except (OSError, BadAnswer) as exc:
            failures.append(exc)

    start = time.perf_counter()
    threads = [threading.Thread(target=run, args=(i,)) for i in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise BadAnswer(str(failures[0]))
    return sum(counts) / (time.perf_counter() - start)
