"""Who may read and who may change: bearer tokens, wrong guesses, requests of other sites.

Reading is open unless a read token is set; a change needs the token always. The answers follow
RFC 6750, but a wrong token for a change is a 403: asking for it again would not help.
"""

from micropython import const

from baybridge.web.problem import problem

# Wrong tokens one client may send, and how long its next ones are then not even looked at. With
# eight characters, the least the configuration takes, guessing at this pace has no end.
_MAX_WRONG = const(10)
_PAUSE_S10 = const(600)
# Clients whose wrong guesses are counted apart; the last slot is all others' together, so that
# many addresses buy no more guesses and no memory.
_CLIENTS = const(8)
# One more, of the client that last had the token for changes: those many do not keep it out.
_OWNER = const(8)

_READING = const(" GET HEAD OPTIONS ")


class Gate:
    """Decides about requests; bridge holds the two tokens and is read anew each time."""

    def __init__(self, bridge, clock):
        self._bridge = bridge
        self._clock = clock
        # For diagnostics: wrong tokens, and requests refused unseen because of them.
        self.wrong = 0
        self.paused = 0
        self._clients = [None] * (_CLIENTS + 1)
        self._counts = bytearray(_CLIENTS + 1)
        self._wrong_s10 = [0] * (_CLIENTS + 1)

    def refuse(self, request):
        """Return the problem for a request that may not be answered, or None."""
        if " %s " % request.method in _READING:
            return self._refuse_reader(request)
        return self._refuse_changer(request)

    def refuse_secrets(self, request):
        """Return the problem for one that asks for secrets: it needs the token of a change."""
        return self._refuse_changer(request, "Reading secrets needs the header")

    def _refuse_reader(self, request):
        bridge = self._bridge
        if bridge.read_token is None:
            return None
        if is_foreign(request):
            return problem(403, "A page of another site may not read this.", request.path)
        token = bearer_of(request)
        if token is None:
            return _challenge(request, "Reading needs the header", "read token")
        slot = self._slot_of(request.client_addr)
        if self._is_paused(slot):
            return self._pause(request, slot)
        # Both are compared every time, so that the answer's time tells neither.
        can_read = is_same_secret(token, bridge.read_token)
        can_change = is_same_secret(token, bridge.token or "")
        if can_change:
            self._note_owner(request.client_addr)
        if can_read or can_change:
            return None
        self._count(slot, request.client_addr)
        return problem(
            401,
            "The token is not the one in the configuration.",
            request.path,
            {"WWW-Authenticate": 'Bearer realm="Bay Bridge", error="invalid_token"'},
        )

    def _refuse_changer(self, request, what="A change needs the header"):
        bridge = self._bridge
        if is_foreign(request):
            return problem(403, "A page of another site may not change anything.", request.path)
        if not bridge.token:
            return problem(
                403,
                "No token is set (http.token in the configuration), so nothing can be changed.",
                request.path,
            )
        token = bearer_of(request)
        if token is None:
            return _challenge(request, what, "token")
        slot = self._slot_of(request.client_addr)
        if self._is_paused(slot):
            return self._pause(request, slot)
        can_read = is_same_secret(token, bridge.read_token or "")
        if is_same_secret(token, bridge.token):
            self._note_owner(request.client_addr)
            return None
        if can_read:
            return problem(
                403, "This token is for reading; a change needs http.token.", request.path
            )
        self._count(slot, request.client_addr)
        return problem(403, "The token is not the one in the configuration.", request.path)

    def _slot_of(self, address):
        """Return the slot that counts this client; it may be a free one."""
        client = _host_of(address)
        now_s10 = self._clock.uptime_s10()
        free = _CLIENTS - 1
        for slot in range(_CLIENTS + 1):
            # A guess long ago is forgotten, and a pause ends with it.
            if self._counts[slot] and now_s10 - self._wrong_s10[slot] >= _PAUSE_S10:
                self._counts[slot] = 0
            if self._clients[slot] == client and (self._counts[slot] or slot == _OWNER):
                return slot
            if not self._counts[slot]:
                free = min(free, slot)
        return free

    def _note_owner(self, address):
        client = _host_of(address)
        if self._clients[_OWNER] != client:
            self._clients[_OWNER] = client
            self._counts[_OWNER] = 0

    def _is_paused(self, slot):
        return self._counts[slot] >= _MAX_WRONG

    def _count(self, slot, address):
        self.wrong += 1
        self._clients[slot] = _host_of(address)
        self._counts[slot] += 1
        self._wrong_s10[slot] = self._clock.uptime_s10()

    def _pause(self, request, slot):
        self.paused += 1
        past_s10 = self._clock.uptime_s10() - self._wrong_s10[slot]
        left_s = (_PAUSE_S10 - past_s10 + 9) // 10
        return problem(
            429,
            "Too many wrong tokens came from here; the next one is looked at in %d s." % left_s,
            request.path,
            {"Retry-After": "%d" % left_s},
        )


def is_same_secret(given: str, secret: str) -> bool:
    """Compare in a time that depends on the length of given only."""
    given = given.encode()
    secret = secret.encode()
    if not secret:
        return False
    differ = len(given) ^ len(secret)
    n = len(secret)
    for i in range(len(given)):
        differ |= given[i] ^ secret[i % n]
    return differ == 0


def bearer_of(request):
    """Return the token of the Authorization header, or None.

    An empty one is none: it is a script whose variable was not set, not a guess.
    """
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return (token.strip() or None) if kind.lower() == "bearer" else None


def is_foreign(request):
    """Tell whether a browser sent this for a page that is not ours.

    Browsers name the page's site in Origin with every change; programs send none.
    """
    origin = request.headers.get("Origin")
    if origin is None:
        return False
    host = request.headers.get("Host", "")
    return not host or origin.lower() not in ("http://" + host.lower(), "https://" + host.lower())


def _challenge(request, what, which):
    return problem(
        401,
        "%s 'Authorization: Bearer <%s>'." % (what, which),
        request.path,
        {"WWW-Authenticate": 'Bearer realm="Bay Bridge"'},
    )


def _host_of(address):
    # (host, port) on the board and on CPython; on the unix port of MicroPython the bytes of a
    # sockaddr, of which 2 and 3 are the port.
    if isinstance(address, tuple):
        return address[0]
    return bytes(address[4:8]) if address else None
