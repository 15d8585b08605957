"""Answers in the name of the router: baybridge.ports.probe.Probe for both interpreters."""

from host_tests.fakes.router import ROUTER


class FakeProbe:
    """Asks host_tests.fakes.router instead of the network, so that it obeys a virtual clock."""

    def __init__(self, port=53):
        self.begun = 0
        self._is_open = False

    def begin(self, address):
        self.begun += 1
        self._is_open = True
        return True

    def is_answered(self):
        ROUTER.settle()
        return self._is_open and ROUTER.is_connected and ROUTER.is_alive and ROUTER.answers_probes

    def end(self):
        self._is_open = False


class HostProbe:
    """Always answered: there is no router to ask, and the computer is online."""

    def __init__(self, port=53):
        pass

    def begin(self, address):
        return True

    def is_answered(self):
        return True

    def end(self):
        pass
