"""A time server without a network: baybridge.ports.ntp.Ntp for both interpreters."""


class FakeNtp:
    """Says what a test puts into answer: Unix seconds by a function, or an exception."""

    def __init__(self, host="pool.ntp.org", dns_port=53):
        self.last_error = None
        self.answer = None
        # Whether the name server answers.
        self.has_dns = True
        self.reads = 0
        self.names_asked = 0
        self._is_open = False

    def begin(self, dns):
        self.names_asked += 1
        self._is_open = dns is not None
        return self._is_open

    def is_resolved(self):
        return self._is_open and self.has_dns

    def end(self):
        self._is_open = False

    def read(self):
        self.reads += 1
        unix_s = None if self.answer is None else self.answer()
        self.last_error = "the time server did not answer" if unix_s is None else None
        return unix_s
