"""No questions, no answers: baybridge.ports.name_server where port 53 is not ours."""


class FakeNameServer:
    """Remembers on which address it would serve."""

    def __init__(self, port=53):
        self.answered = 0
        self.ignored = 0
        self.last_error = None
        self.address = None
        self.polls = 0

    def start(self, address):
        self.address = address
        return True

    def stop(self):
        self.address = None

    def poll(self):
        self.polls += 1
