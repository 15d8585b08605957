"""Everything around the firmware on this computer: the ports it gets, with the air in them.

The radio port is the real one on the fake `bluetooth`, the analog inputs are the real ones on
the fake `machine`; files are real files. Under MicroPython the card is the real port too, on the
real VfsFat in an image file.
"""

import os
import sys

from baybridge.app import App
from baybridge.app_ports import Ports
from baybridge.ports.access_point import AccessPoint
from baybridge.ports.adc import Adc
from baybridge.ports.ble import Central
from baybridge.ports.files import Files
from baybridge.ports.led import Led
from baybridge.ports.wifi import Wifi
from host_tests.fakes.air import Air
from host_tests.fakes.board import HostBoard
from host_tests.fakes.clock import HostClock
from host_tests.fakes.hardware import BOARD, grounded
from host_tests.fakes.name_server import FakeNameServer
from host_tests.fakes.ntp import FakeNtp
from host_tests.fakes.peripheral import Peripheral
from host_tests.fakes.probe import FakeProbe, HostProbe
from host_tests.fakes.router import ROUTER
from host_tests.fakes.watchdog import FakeWatchdog
from host_tests.fakes.wifi import HostWifi

IS_UPY = sys.implementation.name == "micropython"
_IMAGE_BLOCKS = 65536  # 32 MB of 512 bytes
# What `make page` has built; a deployment puts it onto the flash.
_PAGE = "build/www"


def make_folders(path):
    """Make a folder and those above it."""
    at = ""
    for piece in path.split("/"):
        at += piece + "/"
        try:
            if piece:
                os.mkdir(at)
        except OSError:
            pass  # there already


def copy_files(source, target):
    """Copy a folder's files, in small pieces; nothing if there is no such folder."""
    try:
        names = os.listdir(source)
    except OSError:
        return
    make_folders(target)
    for name in names:
        with open(source + "/" + name, "rb") as old, open(target + "/" + name, "wb") as new:
            piece = old.read(4096)
            while piece:
                new.write(piece)
                piece = old.read(4096)


class World:
    """One bridge's surroundings; folder holds its flash and its card.

    A computer is online and knows the time, so in real time there is no router unless asked for.
    """

    def __init__(self, clock, folder, card_folder=None, has_router=False):
        self.clock = clock
        self.air = Air(clock)
        self.air.install()
        make_folders(folder + "/flash")
        self.files = Files(folder + "/flash")
        copy_files(_PAGE, folder + "/flash/www")
        self.board = HostBoard()
        self.watchdog = FakeWatchdog(60000, clock)
        # In virtual time there is a router to switch off, of the network "boat" with the "secret
        # word", and a time server that is silent until a test gives it an answer.
        self.is_online = isinstance(clock, HostClock) and not has_router
        self.router = ROUTER
        self.ntp = None if isinstance(clock, HostClock) else FakeNtp()
        ROUTER.reset(None if self.is_online else clock)
        self.card_folder = card_folder or folder + "/card"
        make_folders(self.card_folder)
        # What is wired to which pin: (SimHarness, tap). Everything else is grounded.
        self._wired = {}

    def wire(self, harness, pins):
        """Connect a SimHarness's dividers to pins, the lowest tap to the first."""
        BOARD.adc = self._read_pin
        for i in range(len(pins)):
            self._wired[pins[i]] = (harness, i + 1)

    def _read_pin(self, pin):
        if pin not in self._wired:
            return grounded(pin)
        harness, tap = self._wired[pin]
        return harness.read_uv(tap, at_ms=self.clock.ticks_ms())

    def add(self, battery):
        """Put a battery into the air; return its Bluetooth module."""
        return self.air.add(Peripheral(battery))

    def ports(self):
        """Return what an App needs."""
        return Ports(
            self.clock,
            self.files,
            self.board,
            self.watchdog,
            self._make_card,
            lambda *args: Central(self.clock, *args),
            HostWifi if self.is_online else Wifi,
            None if self.is_online else _make_access,
            HostProbe() if self.is_online else FakeProbe(),
            self.ntp,
            Adc,
            Led,
        )

    def start(self, config_text):
        """Store a configuration and return the App built on it, not yet running.

        None is what a board has at its first start.
        """
        if config_text is None:
            _remove(self.files, "config.json")
        else:
            self.files.write_atomic("config.json", config_text)
        return App(self.ports())

    def _make_card(self, config_card):
        if not IS_UPY:
            from host_tests.fakes.card import DirCard

            return DirCard(self.card_folder)
        from baybridge.ports.card import Card
        from host_tests.fakes.hardware import SLOT, FileImage

        path = self.card_folder + "/card.img"
        is_new = not _exists(path)
        if is_new:
            with open(path, "wb") as file:
                # Sparse: a file system of this size costs what is written to it.
                file.seek(_IMAGE_BLOCKS * 512 - 1)
                file.write(b"\0")
        SLOT.insert(FileImage(path))
        if is_new:
            SLOT.format()
        return Card(config_card)


def _make_access(ssid, password):
    return AccessPoint(ssid, password), FakeNameServer()


def _remove(files, name):
    if files.read_text(name) is not None:
        os.remove(files._path(name))


def _exists(path):
    try:
        os.stat(path)
    except OSError:
        return False
    return True
