"""The ports an App is built on, and those of the board: part of the wiring in app.py."""


class Ports:
    """What the application needs of the world; on the board from board_ports()."""

    def __init__(
        self,
        clock,
        files,
        board,
        watchdog,
        make_card,
        make_central,
        make_wifi,
        make_access,
        probe,
        ntp,
        make_adc,
        make_led,
    ):
        self.clock = clock
        self.files = files
        self.board = board
        self.watchdog = watchdog
        # make_card(config["card"]) and make_central(adverts, service, notify, write).
        self.make_card = make_card
        self.make_central = make_central
        # make_wifi(name, ssid, password); ntp is None where the clock is right by itself.
        self.make_wifi = make_wifi
        # make_access(ssid, password) -> (access point, name server); None where there is none.
        self.make_access = make_access
        self.probe = probe
        self.ntp = ntp
        # make_adc(pins of all taps); asked only where taps are wired.
        self.make_adc = make_adc
        # make_led(pin, is_active_low); asked only where one is set.
        self.make_led = make_led


def board_ports(box=None, root="") -> Ports:
    """Return the ports of the board this runs on; box is what it keeps over a reset."""
    from baybridge.ports.ble import Central
    from baybridge.ports.board import Board
    from baybridge.ports.card import Card
    from baybridge.ports.clock import Clock
    from baybridge.ports.files import Files
    from baybridge.ports.ntp import Ntp
    from baybridge.ports.probe import Probe
    from baybridge.ports.watchdog import Watchdog
    from baybridge.ports.wifi import Wifi

    clock = Clock()
    return Ports(
        clock,
        Files(root),
        Board(box),
        Watchdog(60000),
        Card,
        lambda *args: Central(clock, *args),
        Wifi,
        _board_access,
        Probe(),
        Ntp(),
        _board_adc,
        _board_led,
    )


def _board_adc(pins):
    # Most bridges have no taps, and then this stays out of their RAM.
    from baybridge.ports.adc import Adc

    return Adc(pins)


def _board_led(pin, is_active_low):
    from baybridge.ports.led import Led

    return Led(pin, is_active_low)


def _board_access(ssid, password):
    # Nor does a bridge whose own network always works come to need these.
    from baybridge.ports.access_point import AccessPoint
    from baybridge.ports.name_server import NameServer

    return AccessPoint(ssid, password), NameServer()
