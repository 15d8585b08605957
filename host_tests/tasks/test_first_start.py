"""The whole firmware on a blank board: a phone, a wrong password, the right one, a next start."""

import asyncio
import json

# First, though it comes last in the alphabet: imported through `tools` it would nest too deep
# for MicroPython's stack.
import host_tests.fakes.world  # noqa: F401, I001
from baybridge.app import App
from baybridge.app_config import read_config
from host_tests.fakes.clock import FakeClock
from host_tests.fakes.hardware import SLOT
from host_tests.fakes.job import stop
from host_tests.fakes.router import ROUTER
from host_tests.fakes.world import World
from host_tests.web.loopback import exchange, free_port, parts
from tools.sim.battery import SimBattery

FOLDER = "build/rehearse/first"


class Boat:
    """A blank board, a battery of which it has not been told, a router and a phone."""

    def __init__(self):
        self.world = World(FakeClock(), FOLDER)
        self.world.add(SimBattery())
        self.app = self.world.start(None)
        self.app.port = free_port()
        self.phone = None

    def run(self, play):
        async def main():
            task = asyncio.create_task(self.app.run())
            try:
                await play(self)
            finally:
                await stop(task)
                self.app.card.unmount()
                SLOT.reset()

        self.world.clock.run(main())

    async def sleep(self, seconds):
        await self.world.clock.sleep_ms(seconds * 1000)

    async def ask(self, line, host="192.168.4.1", body=b""):
        text = "%s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n" % (line, host, len(body))
        text += "Content-Type: application/json\r\n"
        text += "Authorization: Bearer %s\r\n\r\n" % self.app.bridge.token
        return parts(await exchange(self.app.port, text.encode() + body))

    async def wifi(self):
        _, _, body = await self.ask("GET /api/v1/wifi")
        return json.loads(body)

    async def join(self, password):
        body = b'{"ssid":"boat","password":"%s"}' % password
        status, _, _ = await self.ask("PUT /api/v1/wifi", body=body)
        assert status == "HTTP/1.1 202 Accepted"


def test_board_when_blank_then_a_phone_brings_it_onto_the_boat_s_network():
    async def play(boat):
        app = boat.app
        await boat.sleep(20)
        # The password is on the console; no other lets anybody in.
        assert len(app.access_password) == 12
        assert not ROUTER.ap.join("").is_on and not ROUTER.ap.join("micropythoN").is_on
        boat.phone = ROUTER.ap.join(app.access_password)
        assert boat.phone.is_on and ROUTER.ap.essid == app.access_ssid == "baybridge-0001"
        await boat.sleep(2)
        shown = await boat.wifi()
        assert shown["mode"] == "access_point" and shown["test"] is None
        assert shown["access_point"] == {
            "ssid": "baybridge-0001",
            "ip": "192.168.4.1",
            "clients": 1,
        }
        # What a phone looks for, and what it is shown.
        status, headers, _ = await boat.ask("GET /generate_204", "connectivitycheck.gstatic.com")
        assert (status, headers["location"]) == ("HTTP/1.1 302 Found", "http://192.168.4.1/")
        assert (await boat.ask("GET /"))[0] == "HTTP/1.1 200 OK"
        # The battery is read all the same.
        _, _, body = await boat.ask("GET /api/v1/batteries")
        assert json.loads(body)["batteries"][0]["bms"]["stale"] is False

        _, _, body = await boat.ask("GET /api/v1/wifi/networks")
        assert json.loads(body)[0]["ssid"] == "boat"

        await boat.join(b"wrong word")
        await boat.sleep(50)
        shown = await boat.wifi()
        assert (shown["mode"], shown["test"]["state"]) == ("access_point", "failed")
        assert shown["test"]["message"].startswith('The password is not the one of "boat"')
        assert boat.phone.is_on
        assert boat.world.files.read_text("config.json") is None

        await boat.join(b"secret word")
        await boat.sleep(20)
        shown = await boat.wifi()
        assert (shown["mode"], shown["test"]["state"]) == ("station", "joined")
        assert shown["test"]["ip"] == shown["station"]["ip"] == "192.168.1.50"
        assert shown["access_point"]["clients"] == 1
        await boat.sleep(50)
        shown = await boat.wifi()
        assert shown["access_point"] is None and not ROUTER.ap.is_started
        assert not boat.phone.is_on

        # Now a foreign name is refused, and nobody is led anywhere.
        status, headers, _ = await boat.ask("GET /generate_204", "connectivitycheck.gstatic.com")
        assert not status.startswith("HTTP/1.1 30") and "location" not in headers

    boat = Boat()
    boat.run(play)
    assert boat.app.supervisor.is_well()
    config, problems = read_config(boat.world.files)
    assert problems == []
    assert config["wifi"] == {"ssid": "boat", "password": "secret word"}

    async def next_start(boat):
        await boat.sleep(30)
        shown = await boat.wifi()
        assert (shown["mode"], shown["access_point"], shown["test"]) == ("station", None, None)
        assert ROUTER.ap.starts == 1  # the one of the start before

    before = boat.app.access_password
    boat.app = App(boat.world.ports())
    boat.app.port = free_port()
    assert boat.app.problems == [] and boat.app.access_password == before
    boat.run(next_start)


def test_board_when_its_configuration_is_broken_then_an_access_point_and_no_writing_over_it():
    async def play(boat):
        await boat.sleep(5)
        body = b'{"ssid":"boat","password":"secret word"}'
        status, _, answer = await boat.ask("PUT /api/v1/wifi", body=body)
        assert status == "HTTP/1.1 409 Conflict"
        assert "Put it right first: config.json is" in json.loads(answer)["detail"]
        assert (await boat.wifi())["mode"] == "access_point"
        assert boat.world.files.read_text("config.json") == '{"wifi":'

    boat = Boat()
    boat.app = boat.world.start('{"wifi":')
    boat.app.port = free_port()
    boat.run(play)
