"""A knock at the router's door: does it answer at all?

A TCP connection to its name service. Whether it accepts or refuses, it lives; both arrive in
milliseconds. Silence proves little, because some routers drop what they do not serve, so
tasks/keep_wifi.py believes it only of a router that has answered before. A ping would say the
same but needs a raw socket, and a DNS question needs a router that serves DNS.
"""

import errno
import select
import socket
from micropython import const

_PORT = const(53)


class Probe:
    """One question at a time; nothing here waits."""

    def __init__(self, port=_PORT):
        self._port = port
        self._socket = None
        self._poll = None
        self._is_answered = False

    def begin(self, address):
        """Knock at an address given in digits; false if there is no way to it."""
        self.end()
        try:
            # Digits need no name service, so this does not wait.
            place = socket.getaddrinfo(address, self._port)[0][-1]
            self._socket = socket.socket()
            self._socket.setblocking(False)
            self._socket.connect(place)
        except OSError as exc:
            if exc.errno != errno.EINPROGRESS:
                self.end()
                return False
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLOUT)
        return True

    def is_answered(self):
        """Tell whether an answer has come since begin()."""
        # Any event is an answer: the stack itself gives up on a silent peer only minutes later.
        if not self._is_answered and self._poll is not None and self._poll.poll(0):
            self._is_answered = True
        return self._is_answered

    def end(self):
        """Forget the question."""
        self._is_answered = False
        self._poll = None
        if self._socket is not None:
            self._socket.close()
            self._socket = None
