"""A bridge with the whole firmware and a stored configuration, asked over a real socket."""

import asyncio
import json

from baybridge import config
from host_tests.fakes.clock import FakeClock
from host_tests.fakes.hardware import SLOT
from host_tests.fakes.job import stop
from host_tests.fakes.world import World
from host_tests.web.loopback import exchange, free_port, parts

PATH = "/api/v1/config"
TOKEN = "change-it"
TAP = '{"pin": 32, "top_ohm": 103000, "bottom_ohm": 100000%s}'
# As app.py stores it after a calibration: one battery with a tap, every secret set.
STORED = """{
  "name": "baybridge",
  "batteries": [
    {"id": "house1",
     "name": "House 1",
     "address": "02:12:34:00:20:61",
     "address_type": "public",
     "match": "SOK-",
     "poll_s": 2,
     "stale_s": 20,
     "taps": [
       {"pin": 32, "top_ohm": 103000, "bottom_ohm": 100000, "gain": 1.01, "offset_mv": -2.5, \
"calibrated_time": "2026-11-22T15:30:00Z", "calibrated_against": "multimeter", \
"calibrated_divider": "32:103000/100000", "previous_gain": 1.002, "previous_offset_mv": 0}]}],
  "http": {"port": %d, "read_token": %s, "token": "change-it"},
  "radio": {"links": 4},
  "log": {"enabled": false, "record_s": 10, "flush_s": 30, "fast_s": 2, \
"rest_s": 60, "min_free_mb": 1, "delete_oldest": false, "rotate": "utc"},
  "alarms": {"cell_ov_mv": null, "cell_uv_mv": 2800, "battery_ov_per_cell_mv": null, \
"battery_uv_per_cell_mv": null, "spread_rest_mv": null, "spread_load_mv": null, \
"spread_full_mv": null, "charge_cold_c": null, "charge_hot_c": null, \
"discharge_cold_c": null, "discharge_hot_c": null, "soc_low_pct": null},
%s  "wifi": {"ssid": "boat", "password": "secret word"},
  "card": {"slot": 2, "sck": 18, "miso": 19, "mosi": 23, "cs": 5, "freq_hz": 10000000, \
"format": "never"},
  "end": 1
}
"""
SECRETS = (b"change-it", b"secret word", b"read-token")


def others():
    """Return the lines of the parts that these tests are not about, as they are by default."""
    text = config.to_text(config.parse(None)[0])
    begin = text.index("\n", text.index('"alarms"')) + 1
    return text[begin : text.index('  "wifi"')]


class Bay:
    """A bridge with a stored configuration; asks it over a real socket."""

    # Another file's tests run at the same time, in a folder of their own.
    folder = "build/rehearse/config"

    def __init__(self, text=STORED, read_token="null"):
        self.clock = FakeClock()
        self.world = World(self.clock, self.folder)
        self.port = free_port()
        self.text = text % (self.port, read_token, others()) if text is STORED else text
        self.app = self.world.start(self.text)
        # Whatever the text says: the test asks where it listens.
        self.app.port = self.port
        self.app.bridge.token = TOKEN
        self.world.files.write_atomic("config.old.json", "none yet")

    def stored(self):
        return self.world.files.read_text("config.json")

    def old(self):
        return self.world.files.read_text("config.old.json")

    def battery_text(self):
        return self.app.bridge.battery_text("house1")

    async def get(self, path=PATH, token=None):
        return parts(await exchange(self.port, _request("GET", path, token)))

    async def put(self, body, token=TOKEN, method="PUT", path=PATH, kind="application/json"):
        raw = body if isinstance(body, bytes) else body.encode()
        fields = "Content-Type: %s\r\nContent-Length: %d\r\n" % (kind, len(raw))
        return parts(await exchange(self.port, _request(method, path, token, fields) + raw))

    async def change(self, change):
        """PUT what GET gives after change(it); return the parts of the answer."""
        given = json.loads((await self.get())[2].decode())
        change(given)
        return await self.put(json.dumps(given))

    def run(self, play):
        async def main():
            task = asyncio.create_task(self.app.run())
            try:
                # The server listens from the first turn of its supervisor on.
                await self.clock.sleep_ms(100)
                await play(self)
                assert self.app.guard.failures == 0, self.app.guard.last_error
                assert self.app.bridge.configs_sent == 0
            finally:
                await stop(task)
                self.app.card.unmount()
                SLOT.reset()

        self.clock.run(main())


def _request(method, path, token, fields=""):
    head = "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\n" % (method, path)
    if token is not None:
        head += "Authorization: Bearer %s\r\n" % token
    return (head + fields + "\r\n").encode()


def answer(got):
    line, headers, body = got
    assert line == "HTTP/1.1 200 OK", got
    assert headers["content-type"] == "application/json"
    assert headers["cache-control"] == "no-store"
    return json.loads(body.decode())


def refusal(got):
    line, headers, body = got
    assert headers["content-type"] == "application/problem+json", got
    shown = json.loads(body.decode())
    assert shown["status"] == int(line.split()[1])
    return shown


def problems(got):
    shown = refusal(got)
    assert shown["status"] == 422, shown
    return [(one["place"], one["message"]) for one in shown["problems"]]
