"""Safe mode on a flash and a real socket of this computer, for its tests."""

import socket

import black_box
import safe_http
import safe_mode
from host_tests.fakes.clock import FakeClock
from host_tests.fakes.hardware import BOARD
from host_tests.fakes.router import ROUTER
from host_tests.start.flash_rig import A_RUNS, empty_flash, put, put_version
from host_tests.web.loopback import free_port

TOKEN = "0123456789abcdef"
FORM = "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"


class Rig:
    # Of its own for each file of tests: they run side by side.
    folder = "safe_mode"

    def __init__(self, token=TOKEN):
        BOARD.reset()
        ROUTER.reset(FakeClock())
        self.root = empty_flash(self.folder)
        if token:
            put(self.root, "token.txt", token + "\n")
        put(self.root, "config.json", '{"name": "bay", "end": 1}')
        put(self.root, "slots.txt", A_RUNS)
        put_version(self.root, "a")
        self.box = black_box.BlackBox()
        self.safe = safe_mode.SafeMode(self.box, self.root)
        safe_http.CLIENT_S = 10
        safe_http.TURN_S = 1

    def exchange(self, raw, is_cut=False):
        """Send these bytes to the server; return the answer's first line, head and body."""
        port = free_port()
        server = safe_http.listen(port)
        client = socket.socket()
        try:
            client.connect(socket.getaddrinfo("127.0.0.1", port)[0][-1])
            send_all(client, raw)
            if is_cut:
                client.close()
            safe_http.serve_next(server, self.safe)
            if is_cut:
                return None
            client.settimeout(5)
            answer = b""
            piece = client.recv(4096)
            while piece:
                answer += piece
                piece = client.recv(4096)
        finally:
            client.close()
            server.close()
        head, _, body = answer.decode().partition("\r\n\r\n")
        lines = head.split("\r\n")
        assert "Content-Length: %d" % len(body.encode()) in lines
        return lines[0], lines[1:], body

    def get(self, path="/"):
        return self.exchange("GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path)

    def wish(self, wish, token=TOKEN):
        body = "token=%s&do=%s" % (token, wish)
        return self.exchange("%sContent-Length: %d\r\n\r\n%s" % (FORM, len(body), body))


def send_all(client, raw):
    raw = raw.encode() if isinstance(raw, str) else raw
    while raw:
        raw = raw[client.send(raw) :]
