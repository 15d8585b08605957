"""The watchdog's port on the simulated chip."""

from baybridge.ports.watchdog import Watchdog
from host_tests.fakes.clock import FakeClock
from host_tests.fakes.hardware import BOARD


def test_watchdog_when_fed_then_not_expired_and_when_not_then_expired():
    BOARD.reset()
    BOARD.clock = clock = FakeClock()
    watchdog = Watchdog(60000)
    clock.now_ms += 59000
    watchdog.feed()
    clock.now_ms += 60000
    assert BOARD.wdt_feeds == 1
    assert not BOARD.is_wdt_expired()
    clock.now_ms += 1
    assert BOARD.is_wdt_expired()
    BOARD.reset()
