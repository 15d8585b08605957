"""A battery that answers with recorded frames, and lets a test choose what it keeps back."""

from host_tests.data import frames

REPLIES_24V = {
    b"\xee\xc0\x00\x00\x00\x41": (frames.A_F1,),
    b"\xee\xc1\x00\x00\x00\xce": (frames.A_F0, frames.A_F2),
    b"\xee\xc2\x00\x00\x00\x46": (frames.A_F0, frames.A_F3, frames.A_F4_1, frames.A_F4_5),
    b"\xee\xc3\x00\x00\x00\xc9": (
        frames.A_F5,
        frames.A_F6,
        frames.A_F7,
        frames.A_F8,
        frames.A_FA,
    ),
    b"\xee\xc4\x00\x00\x00\x4f": (frames.A_F9,),
}
REPLIES_12V = {
    b"\xee\xc0\x00\x00\x00\x41": (frames.A_F1,),
    b"\xee\xc1\x00\x00\x00\xce": (frames.S_F0, frames.S_F2),
    b"\xee\xc2\x00\x00\x00\x46": (frames.S_F0, frames.S_F3, frames.S_F4),
    b"\xee\xc4\x00\x00\x00\x4f": (frames.S_F9,),
}


class ScriptedBattery:
    """Answers each request with its frames, 30 ms apart; asked counts the requests."""

    addr_type = 0

    def __init__(self, replies=None, name="SOK-24V1127", address="d6:6c:0a:62:9b:d6"):
        self.name = name
        self.address = address
        self.replies = dict(replies or REPLIES_24V)
        self.asked = {}
        self.is_silent = False

    def reply(self, request, now_ms):
        self.asked[request] = self.asked.get(request, 0) + 1
        if self.is_silent:
            return []
        return [(30 * (i + 1), f) for i, f in enumerate(self.replies.get(request, ()))]
