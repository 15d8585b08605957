"""Runs the whole firmware on this computer (`make run`), on MicroPython or CPython.

Only the radio, the board and the clock's speed are made up: a simulated battery with its balance
harness wired, or recorded frames that are played as one.
"""

import asyncio
import socket
import sys

from baybridge import config as configuration
from baybridge.app import App
from host_tests.fakes.clock import HostClock
from host_tests.fakes.world import World
from tools.sim.adc import AdcChip
from tools.sim.battery import SimBattery
from tools.sim.capture import ReplayBattery, parse
from tools.sim.harness import EQUAL_PINS, SimHarness
from tools.sim.load import Boat

_PORT = 8080
# The pins docs/wiring.md recommends for four taps.
_TAP_PINS = (32, 33, 34, 35)
_PACKETS_PER_S = 2
_OPTIONS = ("--port", "--speed", "--capture", "--config", "--sd", "--folder")
_SWITCHES = ("--first-start",)


def stop(sentence):
    """End with a sentence and status 1; MicroPython prints no SystemExit's text."""
    print(sentence)
    sys.exit(1)


def read_options(args):
    """Return the options as a dict of their words; it stops with a sentence if one is odd."""
    options = {}
    i = 0
    while i < len(args):
        if args[i] in _SWITCHES:
            options[args[i][2:]] = "yes"
            i += 1
            continue
        if args[i] not in _OPTIONS or i + 1 == len(args):
            known = " ".join(_OPTIONS), " ".join(_SWITCHES)
            stop("%s: not one of %s VALUE, or %s" % (args[i], known[0], known[1]))
        options[args[i][2:]] = args[i + 1]
        i += 2
    return options


def read_file(path):
    """Return a file's text; it stops with a sentence if it cannot be read."""
    try:
        with open(path) as file:
            return file.read()
    except OSError as exc:
        stop("%s cannot be read: %s" % (path, exc))


def make_batteries(capture_paths):
    """Return the batteries of capture files, or the simulated one."""
    if not capture_paths:
        return [SimBattery(load=Boat())]
    batteries = []
    for path in capture_paths.split(","):
        try:
            capture = parse(read_file(path))
        except ValueError as exc:
            stop("%s: %s" % (path, exc))
        batteries.append(ReplayBattery(capture, len(batteries) + 1))
    if len(batteries) > configuration.MAX_BATTERIES:
        stop("at most %d batteries fit one bridge" % configuration.MAX_BATTERIES)
    return batteries


def make_config(batteries, port):
    """Return the text of a configuration that knows these batteries by address."""
    config, _ = configuration.parse(None)
    config["http"]["port"] = port
    template = config["batteries"][0]
    config["batteries"] = []
    for i in range(len(batteries)):
        mine = dict(template)
        mine["id"] = "battery%d" % (i + 1)
        mine["name"] = batteries[i].name
        mine["address"] = batteries[i].address
        mine["address_type"] = "random" if batteries[i].addr_type else "public"
        mine["taps"] = []
        config["batteries"].append(mine)
    text = configuration.to_text(config)
    if not isinstance(batteries[0], SimBattery):
        return text  # recorded frames have no cells behind them to wire
    taps = []
    for pin, (top_ohm, bottom_ohm) in zip(_TAP_PINS, EQUAL_PINS):
        tap = '{"pin": %d, "top_ohm": %d, "bottom_ohm": %d}'
        taps.append(tap % (pin, top_ohm, bottom_ohm))
    # As an owner writes them: the rest has its defaults.
    return text.replace('"taps": []', '"taps": [%s]' % ", ".join(taps))


def wire(world, battery, taps):
    """Put the battery's cells before the pins of its taps, as the configuration has them."""
    dividers = [(tap["top_ohm"], tap["bottom_ohm"]) for tap in taps]
    # Parts of 0.1 % and an ADC like any other beside Wi-Fi that sends: nothing is calibrated.
    # The same ones after a restart, so what was calibrated then stays right.
    chip = AdcChip(packets_per_s=_PACKETS_PER_S)
    world.wire(SimHarness(battery.tap_uv, dividers, chip=chip), [tap["pin"] for tap in taps])


def number(options, name, default, low, high):
    """Return an option as a whole number; it stops with a sentence if it is none."""
    try:
        value = int(options.get(name, default))
    except ValueError:
        value = low - 1
    if not low <= value <= high:
        stop("--%s is a whole number from %d to %d" % (name, low, high))
    return value


def is_free(port):
    """Tell whether a port can be listened on."""
    probe = socket.socket()
    try:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(socket.getaddrinfo("0.0.0.0", port)[0][-1])
    except OSError:
        return False
    finally:
        probe.close()
    return True


def folder_for(port, is_first):
    """Return where a bridge keeps its flash and card; two at a time must not share them."""
    folder = "build/first-start" if is_first else "build/host"
    return folder if port == _PORT else "%s-%d" % (folder, port)


class Host:
    """This computer in the board's place, from one start of the firmware to the next."""

    def __init__(self, options):
        self.options = options
        self.port = number(options, "port", _PORT, 1, 65535)
        self.speed = number(options, "speed", 1, 1, 1000)
        self.is_first = "first-start" in options
        self.batteries = make_batteries(options.get("capture"))
        self.world = None
        self.app = None
        # Why the firmware was started again; None at first.
        self.reason = None

    def config_text(self):
        """Return the configuration of the first start."""
        if self.is_first:
            return None
        if "config" in self.options:
            return read_file(self.options["config"])
        return make_config(self.batteries, self.port)

    def start(self, text):
        """Build the world and the firmware in it; after a reset on what is stored."""
        options = self.options
        folder = options.get("folder") or folder_for(self.port, self.is_first)
        world = World(HostClock(self.speed), folder, options.get("sd"), self.is_first)
        if self.is_first:
            # Both are this computer, so that a browser finds the bridge where it says it is.
            world.router.ap.address = "127.0.0.1"
            world.router.address = ("127.0.0.2", "255.0.0.0", "127.0.0.1", "127.0.0.1")
        for battery in self.batteries:
            world.add(battery)
        if self.reason is None:
            app = world.start(text)
        else:
            world.board.reset_cause = "hard"
            world.board.reset_reason = self.reason
            app = App(world.ports())
        taps = app.config["batteries"][0]["taps"]
        if isinstance(self.batteries[0], SimBattery) and not self.is_first:
            wire(world, self.batteries[0], taps)
        # --port is what `make run` promised, whatever a CONFIG for the board says.
        app.port = self.port
        self.world = world
        self.app = app

    def tell(self):
        """Print what somebody needs who wants to look at it."""
        app = self.app
        port = self.port
        for problem in app.problems:
            print("config: %s" % problem)
        names = ", ".join([battery.name for battery in self.batteries])
        print("%s, in the air: %s" % (self.world.board.micropython, names))
        print("http://localhost:%d/   http://localhost:%d/api/v1/batteries" % (port, port))
        print("token for changes: %s" % app.bridge.token)
        if self.is_first:
            access = app.access_ssid, app.access_password
            print("made up: access point %s, password %s" % access, end="; ")
            router = self.world.router
            print('in the air "%s", password "%s"' % (router.ssid, router.password))

    async def run(self):
        """Run the firmware until it resets the board; leave nothing of it behind."""
        board = self.world.board
        running = asyncio.create_task(self.app.run())
        while not board.resets and not running.done():
            await asyncio.sleep(0.1)
        running.cancel()
        try:
            await running
        except asyncio.CancelledError:
            pass
        self.reason = board.resets[0]
        # The server closes in a turn of its own.
        for _ in range(50):
            if is_free(self.port):
                break
            await asyncio.sleep(0.1)
        self.app.card.unmount()
        # A simulated battery counts on a clock that never goes back.
        self.batteries = make_batteries(self.options.get("capture"))


def main(make_host=Host):
    """Run until interrupted."""
    host = make_host(read_options(sys.argv[1:]))
    text = host.config_text()
    if not is_free(host.port):
        stop("port %d cannot be had: another program listens there" % host.port)
    try:
        while True:
            host.start(text)
            host.tell()
            if sys.implementation.name == "micropython":
                # It would go on with what is left of the tasks before.
                asyncio.new_event_loop()
            asyncio.run(host.run())
            print("restarting: %s" % host.reason)
    except KeyboardInterrupt:
        print("stopped")


if __name__ == "__main__":
    main()
