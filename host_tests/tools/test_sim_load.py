"""Load profiles of the simulated battery."""

from host_tests.tools.test_sim_battery import HOUR_MS
from tools.sim.battery import SimBattery
from tools.sim.load import Boat, Idle, Steps


def test_idle_moves_nothing():
    battery = SimBattery(load=Idle(), noise=False)
    battery.step(0)
    before = battery.measured_cells_mv()
    battery.step(24 * HOUR_MS)
    assert battery.measured_cells_mv() == before
    assert battery.current_ma == 0


def test_steps_change_when_they_say():
    battery = SimBattery(load=Steps([(10, -5000), (20, 7000)]))
    seen_ma = []
    for _ in range(4):
        battery.step(10000)
        seen_ma.append(battery.current_ma)
    assert seen_ma == [-5000, 7000, 7000, 0]


def test_boat_changes_visibly_within_a_minute():
    battery = SimBattery(load=Boat(1))
    seen_ma = []
    for _ in range(12):
        battery.step(5000)
        seen_ma.append(battery.current_ma)
    assert min(seen_ma) < -80000
    assert max(seen_ma) > 5000


def test_boat_lives_for_ten_days_without_going_flat_or_tripping():
    battery = SimBattery(load=Boat(1))
    lowest_pct, highest_pct, highest_mv, bled = 100, 0, 0, False
    for _ in range(10 * 24 * 4):
        battery.step(900000)
        lowest_pct = min(lowest_pct, battery.bms.soc_pct())
        highest_pct = max(highest_pct, battery.bms.soc_pct())
        highest_mv = max(highest_mv, max(battery.measured_cells_mv()))
        bled = bled or battery.bms.balancing
        assert bytes(battery.bms.flags) == bytes(16)
    assert 5 < lowest_pct < 80
    assert highest_pct == 100
    assert 3450 < highest_mv < 3640
