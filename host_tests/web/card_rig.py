"""A mounted card with files in it, and one question to the routes that serve them."""

import os

from host_tests.fakes.card import card_and_hand
from host_tests.fakes.clock import FakeClock
from host_tests.web.loopback import Bridge, exchange, parts, serve_while

DAY = "/api/v1/logs/house1_2026-11-22.csv"
# Every byte tells its place.
CONTENT = b"".join([b"%07d\n" % i for i in range(250)])


class CardBridge(Bridge):
    """A bridge with a card and a clock, as far as these routes ask."""

    def __init__(self, card):
        super().__init__()
        self.card = card
        self.clock = FakeClock()


def write(card, name, content):
    at = card.path
    for folder in name.split("/")[:-1]:
        at += "/" + folder
        if folder not in os.listdir(at[: at.rfind("/")]):
            os.mkdir(at)
    with open("%s/%s" % (card.path, name), "wb") as file:
        file.write(content)


def rig(*names):
    """Return (bridge, hand) of a mounted card with these files, all of the same content."""
    card, hand = card_and_hand()
    card.mount()
    for name in names or ("baybridge/house1/2026-11-22.csv",):
        write(card, name, CONTENT)
    return CardBridge(card), hand


def ask(bridge, path, fields="", method="GET"):
    """Return (status line, headers, body); the connection ended well."""
    got = []

    async def scenario(guard, clock, port):
        raw = "%s %s HTTP/1.1\r\nHost: bay\r\n%s\r\n" % (method, path, fields)
        got.append(parts(await exchange(port, raw.encode())))

    guard = serve_while(scenario, bridge, clock=bridge.clock)
    assert (guard.served, guard.failures) == (1, 0), guard.last_error
    return got[0]
