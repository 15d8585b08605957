"""A bridge as main.py starts it, with a version in folder a, that gets updates over a socket."""

import asyncio

import slots
from baybridge.app_start import Start
from host_tests.data.update_key import KEY_TEXT
from host_tests.fakes.hardware import SLOT
from host_tests.fakes.job import stop
from host_tests.start.flash_rig import A_RUNS, clear, get, make_folders, put, put_version
from host_tests.web.config_rig import STORED, TOKEN, Bay
from host_tests.web.loopback import connect, exchange, hang_up, parts

PATH = "/api/v1/firmware"
_FOLDER = "build/rehearse/firmware"
NEXT = "HTTP/1.1 100 Continue\r\n\r\n"


class Flashed(Bay):
    """Its flash is what slots.py sees."""

    folder = _FOLDER

    def __init__(self, key=KEY_TEXT, line=A_RUNS, slot="a", is_started=True):
        self.root = self.folder + "/flash"
        make_folders(self.root)
        clear(self.root)
        super().__init__(STORED)
        for name in ("a", "b"):
            if name in (slot, slots.parse(line).run):
                put_version(self.root, name)
        put(self.root, "slots.txt", line)
        if key is not None:
            put(self.root, "update_key.txt", key)
        if is_started:
            self.app.start = Start(slot, None, self.root)

    def runs(self):
        """Return the folder the next start chooses; a trial is counted by it."""
        return slots.choose(self.root).slot

    def kept(self):
        """Return what no update may touch: the version that runs, and the owner's files."""
        return [get(self.root, name) for name in ("a/manifest.txt", "a/baybridge/app.mpy")]

    async def send(self, raw, query="", token=TOKEN, length=None, fields=""):
        """PUT an archive, or as much of it as there is; return the parts of the answer."""
        return parts(await exchange(self.port, self.head(raw, query, token, length, fields) + raw))

    def head(self, raw, query="", token=TOKEN, length=None, fields=""):
        text = "PUT %s%s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n%s" % (
            PATH,
            query,
            len(raw) if length is None else length,
            fields,
        )
        if token is not None:
            text += "Authorization: Bearer %s\r\n" % token
        return (text + "\r\n").encode()

    async def cut(self, raw, n):
        """Send n bytes of an archive and hang up."""
        _, writer = await connect(self.port, self.head(raw) + raw[:n])
        await hang_up(writer)
        # The guard finds out with its next read, and is_busy ends.
        while self.app.guard.connections:
            await self.clock.sleep_ms(1)

    async def key(self, text):
        return await self.put(text, path=PATH + "/key", kind="text/plain")

    async def state(self):
        return parts(await exchange(self.port, b"GET %s HTTP/1.0\r\n\r\n" % PATH.encode()))

    def restarts(self):
        return self.world.board.resets


def run_with(bay, play):
    """Run a bridge for one test; what main.py would do with a reset is left to the test."""

    async def main():
        task = asyncio.create_task(bay.app.run())
        try:
            await bay.clock.sleep_ms(100)
            await play(bay)
        finally:
            await stop(task)
            bay.app.card.unmount()
            SLOT.reset()

    bay.clock.run(main())
    assert bay.app.guard.failures == 0, bay.app.guard.last_error
    return bay
