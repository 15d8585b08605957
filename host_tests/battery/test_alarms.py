"""The alarms of one battery, second by second, in literal values of frames and captures."""

from baybridge.battery import sample as groups
from baybridge.battery.alarms import Alarms
from baybridge.battery.battery import Battery
from baybridge.protocol import abc
from host_tests.data import frames

SETTINGS_12V = (
    # As the 24 V battery's, the battery's limits for four cells.
    frames.A_F5,
    frames.seal(b"\xcc\xf6\x08\x39\x00\x40\x38\x00" + frames.A_F6[8:19]),
    frames.seal(b"\xcc\xf7\x10\x27\x00\xa0\x28\x00" + frames.A_F7[8:19]),
    frames.seal(b"\xcc\xf8\x00\x32\x00" + frames.A_F8[5:19]),
    frames.A_FA,
)


class Rig:
    """A 12 V battery with alarms; a reading every two seconds, a look every second."""

    def __init__(self, config=None, some_frames=(), stale_s10=200):
        self.battery = Battery("house1", "House 1", stale_s10, abc.REASONS)
        self.sample = self.battery.sample
        for frame in (frames.S_F0, frames.S_F3, frames.S_F4, frames.A_F2) + tuple(some_frames):
            self.sample.stamp(abc.decode(frame, 20, self.battery.sample), 0)
        self.sample.current_ma = -1000
        self.sample.temps_c[0] = 20
        self.cells(3300, 3301, 3299, 3300)
        self.alarms = self.battery.alarms = Alarms(self.battery, config or {})
        self.now_s10 = 0
        self.silent = ()

    def cells(self, *cells_mv):
        for i in range(len(cells_mv)):
            self.sample.cells_mv[i] = cells_mv[i]
        self.sample.battery_mv = sum(cells_mv)

    def run(self, seconds):
        """Let seconds pass; return the seconds in which something changed."""
        changes = []
        for _ in range(seconds):
            if self.now_s10 % 20 == 0:
                for group in range(groups.GROUPS):
                    came = self.sample.taken_s10[group] >= 0
                    if came and group not in self.silent:
                        self.sample.stamp(group, self.now_s10)
            if self.alarms.judge(self.now_s10):
                changes.append(self.now_s10 // 10)
            self.now_s10 += 10
        return changes

    def found(self):
        """Return what stands as (code, severity, cell, value, limit, unit)."""
        return [one[:6] for one in self.alarms.active()]


def test_quiet_battery_then_nothing_stands():
    rig = Rig()
    assert rig.run(400) == []
    assert rig.found() == []
    assert not rig.alarms.is_any
    assert rig.alarms.active_codes_text() == ""


def test_cell_high_then_it_warns_before_the_limit_and_alarms_at_it():
    rig = Rig()
    rig.run(10)
    rig.cells(3590, 3600, 3619, 3600)
    assert rig.run(20) == []
    rig.cells(3590, 3600, 3620, 3600)
    assert rig.run(20) == [34]
    assert rig.found() == [("cell_ov", "warning", 3, 3620, 3620, "V")]
    rig.cells(3590, 3600, 3652, 3600)
    assert rig.run(20) == [54]
    assert rig.found() == [("cell_ov", "alarm", 3, 3652, 3650, "V")]
    rig.cells(3590, 3600, 3631, 3600)
    assert rig.run(20) == []
    rig.cells(3590, 3600, 3630, 3600)
    assert rig.run(20) == [94]
    assert rig.found() == [("cell_ov", "warning", 3, 3630, 3620, "V")]
    rig.cells(3590, 3600, 3600, 3600)
    assert rig.run(20) == [114]
    assert rig.found() == []


def test_one_wrong_reading_then_nothing_begins_and_nothing_ends():
    rig = Rig()
    rig.run(10)
    rig.cells(3300, 65535, 3299, 3300)
    assert rig.run(4) == []
    rig.cells(3300, 3301, 3299, 3300)
    assert rig.run(20) == []
    rig.cells(3300, 3301, 2400, 3300)
    rig.run(20)
    assert rig.alarms.active_codes_text() == "cell_uv"
    rig.cells(3300, 3301, 3300, 3300)
    rig.run(4)
    rig.cells(3300, 3301, 2400, 3300)
    assert rig.run(20) == []
    assert rig.alarms.active_codes_text() == "cell_uv"


def test_cell_low_under_a_short_load_then_nothing():
    rig = Rig()
    rig.run(10)
    rig.cells(2900, 2900, 2800, 2900)
    assert rig.run(10) == []
    rig.cells(3200, 3200, 3100, 3200)
    assert rig.run(10) == []


def test_cell_low_then_it_warns_and_alarms_and_names_the_cell():
    rig = Rig()
    rig.run(10)
    rig.cells(2900, 2900, 2900, 2800)
    assert rig.run(20) == [20]
    assert rig.found() == [("cell_uv", "warning", 4, 2800, 2800, "V")]
    rig.cells(2600, 2600, 2600, 2499)
    rig.run(20)
    assert rig.found() == [
        ("cell_uv", "alarm", 4, 2499, 2500, "V"),
        ("battery_uv", "warning", None, 10299, 11200, "V"),
    ]


def test_battery_voltage_then_its_limits_are_the_cells_times_their_number():
    rig = Rig()
    rig.run(10)
    rig.sample.battery_mv = 14480
    rig.run(20)
    assert rig.found() == [("battery_ov", "warning", None, 14480, 14480, "V")]
    rig.sample.battery_mv = 14600
    rig.run(20)
    assert rig.found() == [("battery_ov", "alarm", None, 14600, 14600, "V")]
    rig.sample.battery_mv = 10000
    rig.run(20)
    assert rig.found() == [("battery_uv", "alarm", None, 10000, 10000, "V")]


def test_limits_then_the_battery_s_own_take_the_place_of_the_defaults():
    rig = Rig({}, SETTINGS_12V)
    rig.run(1)
    limits = rig.alarms.limits
    assert list(limits.values) == [3650, 2500, 3650, 2500, 0, 55, -20, 75, 20, 60, 200, 300]
    assert list(limits.sources) == [1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0]
    assert limits.withheld is None


def test_limits_when_nothing_was_sent_then_practice_from_the_first_moment():
    limits = Rig().alarms.limits
    assert list(limits.values) == [3650, 2500, 3650, 2500, 0, 55, -20, 60, 20, 60, 200, 300]
    assert list(limits.sources) == [0] * 12


def test_limits_then_the_owner_s_take_the_place_of_both():
    rig = Rig({"cell_ov_mv": 3500, "cell_uv_mv": None, "charge_cold_c": 0}, SETTINGS_12V)
    rig.run(10)
    assert list(rig.alarms.limits.values)[:5] == [3500, 2500, 3650, 2500, 0]
    assert list(rig.alarms.limits.sources)[:5] == [2, 1, 1, 1, 2]
    rig.cells(3400, 3400, 3470, 3400)
    rig.run(20)
    assert rig.found() == [("cell_ov", "warning", 3, 3470, 3470, "V")]


def test_limits_when_the_battery_s_own_disagree_then_none_of_them_counts():
    rig = Rig({}, SETTINGS_12V[:1] + (frames.A_F6,) + SETTINGS_12V[2:])
    rig.run(1)
    limits = rig.alarms.limits
    assert list(limits.values) == [3650, 2500, 3650, 2500, 0, 55, -20, 60, 20, 60, 200, 300]
    assert list(limits.sources) == [0] * 12
    assert limits.withheld == "the battery's over-voltage limit is not 4 times a cell's"


def test_limits_when_one_of_the_battery_s_is_absurd_then_its_default():
    rig = Rig({}, SETTINGS_12V)
    rig.sample.settings[6] = 29
    rig.sample.settings[8] = 21
    rig.run(3)
    assert list(rig.alarms.limits.values)[4:6] == [0, 55]
    assert list(rig.alarms.limits.sources)[4:6] == [0, 0]


def test_limits_when_they_come_later_then_they_are_in_force_from_then_on():
    rig = Rig()
    rig.run(10)
    rig.sample.current_ma = 0
    rig.sample.temps_c[0] = 60
    rig.run(40)
    assert rig.found() == [("discharge_hot", "alarm", None, 60, 60, "°C")]
    for frame in SETTINGS_12V:
        rig.sample.stamp(abc.decode(frame, 20, rig.sample), rig.now_s10)
    rig.run(40)
    assert rig.found() == []


def test_charging_in_the_cold_then_only_while_it_charges():
    rig = Rig()
    rig.sample.temp_count = 2
    rig.sample.temps_c[1] = -7
    assert rig.run(60) == []
    rig.sample.current_ma = 500
    assert rig.run(60) == []
    rig.sample.current_ma = 501
    rig.run(20)
    assert rig.found() == [("charge_cold", "alarm", None, -7, 0, "°C")]
    assert rig.alarms.found.places[4] == 2
    rig.sample.current_ma = 0
    rig.run(3)
    assert rig.found() == []


def test_charging_near_the_frost_then_a_warning():
    rig = Rig()
    rig.sample.current_ma = 8000
    rig.sample.temps_c[0] = 3
    rig.run(20)
    assert rig.found() == [("charge_cold", "warning", None, 3, 3, "°C")]
    rig.sample.temps_c[0] = 1
    rig.run(20)
    assert rig.found() == [("charge_cold", "warning", None, 1, 3, "°C")]
    rig.sample.temps_c[0] = 5
    rig.run(20)
    assert rig.found() == []


def test_heat_then_each_direction_has_its_own_limit():
    rig = Rig()
    rig.sample.current_ma = 8000
    rig.sample.temps_c[0] = 52
    rig.run(20)
    assert rig.found() == [("charge_hot", "warning", None, 52, 50, "°C")]
    rig.sample.current_ma = -8000
    rig.run(20)
    assert rig.found() == [("discharge_hot", "warning", None, 52, 50, "°C")]
    rig.sample.temps_c[0] = -21
    rig.run(20)
    assert rig.found() == [("discharge_cold", "alarm", None, -21, -20, "°C")]


def test_broken_thermistor_then_no_temperature_is_judged():
    rig = Rig()
    rig.sample.current_ma = 8000
    rig.sample.temps_c[0] = -41
    assert rig.run(60) == []


def test_charge_low_then_a_warning_with_hysteresis():
    rig = Rig()
    rig.sample.soc_pct = 20
    rig.run(20)
    assert rig.found() == [("soc_low", "warning", None, 20, 20, "%")]
    rig.sample.soc_pct = 22
    rig.run(20)
    assert rig.alarms.active_codes_text() == "soc_low"
    rig.sample.soc_pct = 23
    rig.run(20)
    assert rig.alarms.active_codes_text() == ""
    rig.sample.soc_pct = 0
    rig.run(20)
    assert rig.found() == [("soc_low", "warning", None, 0, 20, "%")]
    rig.sample.soc_pct = 200
    rig.run(1)
    assert rig.found() == []
