"""Polling one battery over the real radio port and the strict fake radio."""

from baybridge.battery import link as states
from baybridge.battery import sample as groups
from host_tests.data import frames
from host_tests.fakes.peripheral import MODBUS_GATT
from host_tests.fakes.scripted import REPLIES_12V, REPLIES_24V, ScriptedBattery
from host_tests.tasks.link_rig import C1, C2, C4, REQUESTS, Rig
from tools.sim.frames import encode_protection


def test_a_battery_at_a_known_address_is_read_within_seconds():
    async def test(rig):
        await rig.clock.sleep_ms(5000)
        assert rig.battery.link.state == states.CONNECTED
        now_s10 = rig.clock.uptime_s10()
        assert rig.battery.cells_mv(now_s10) == [3442, 3496, 3375, 3464, 3457, 3429, 3359, 3420]
        assert rig.battery.temps_c(now_s10) == [20]
        assert rig.is_fresh(groups.PROTECTION)
        assert rig.battery.link.quality_pct == 100

    Rig().run(test)


def test_a_battery_known_by_name_is_found_with_its_signal():
    async def test(rig):
        await rig.clock.sleep_ms(10000)
        assert rig.battery.link.state == states.CONNECTED
        assert rig.battery.link.address == "d6:6c:0a:62:9b:d6"
        assert rig.battery.link.rssi_dbm == -67

    Rig(by_name=True).run(test)


def test_a_name_only_in_the_scan_response_is_found_too():
    async def test(rig):
        await rig.clock.sleep_ms(12000)
        assert rig.battery.link.state == states.CONNECTED

    rig = Rig(by_name=True)
    rig.peripheral.name_in = "scan_response"
    rig.run(test)


def test_the_status_is_asked_by_need_and_not_by_habit():
    async def test(rig):
        await rig.clock.sleep_ms(62000)
        asked = rig.scripted.asked
        assert 27 <= asked[C2] <= 31, asked
        assert 6 <= asked[C1] <= 9, asked
        assert 3 <= asked[C4] <= 5, asked
        assert asked[REQUESTS[0]] == 1 and asked[REQUESTS[3]] == 1

    Rig().run(test)


def test_every_value_stays_fresh_while_the_link_is_good():
    async def test(rig):
        await rig.clock.sleep_ms(5000)
        for _ in range(600):
            await rig.clock.sleep_ms(200)
            for group in (groups.STATUS, groups.SENSORS, groups.PACK, groups.PROTECTION):
                assert rig.is_fresh(group), (group, rig.clock.uptime_s10())

    Rig().run(test)


def test_protection_is_asked_each_cycle_while_a_fet_is_off():
    async def test(rig):
        await rig.clock.sleep_ms(30000)
        assert rig.scripted.asked[C4] >= rig.scripted.asked[C2] - 2

    Rig(ScriptedBattery(REPLIES_12V)).run(test)


def test_protection_is_asked_each_cycle_while_its_bytes_are_not_zero():
    async def test(rig):
        await rig.clock.sleep_ms(30000)
        assert rig.battery.sample.chg_fet and rig.battery.sample.dis_fet
        assert rig.scripted.asked[C4] >= rig.scripted.asked[C2] - 2

    replies = dict(REPLIES_24V)
    replies[C4] = (encode_protection(bytes([0, 0, 0, 0, 0, 0, 1]) + bytes(9)),)
    Rig(ScriptedBattery(replies)).run(test)


def test_a_battery_that_never_sends_f9_is_polled_without_delay_and_protection_is_unknown():
    async def test(rig):
        del rig.scripted.replies[C4]
        await rig.clock.sleep_ms(120000)
        assert rig.battery.sample.taken_s10[groups.PROTECTION] < 0
        assert rig.scripted.asked[C4] == 6, "three cycles of a try and a retry, then a long rest"
        assert rig.battery.link.failed_polls == 0
        assert rig.scripted.asked[C2] > 50

    Rig().run(test)


def test_a_lost_reply_is_asked_again_once_and_the_poll_is_good():
    async def test(rig):
        await rig.clock.sleep_ms(5000)
        before = rig.battery.link.failed_polls
        rig.peripheral.faults.never_answer = {0xF4}
        rig.peripheral.faults.times = 2
        await rig.clock.sleep_ms(10000)
        assert rig.battery.link.failed_polls == before
        assert rig.battery.link.state == states.CONNECTED

    Rig().run(test)


def test_cells_that_never_come_again_go_unknown_while_the_rest_stays():
    async def test(rig):
        await rig.clock.sleep_ms(5000)
        rig.scripted.replies[C2] = (frames.A_F0, frames.A_F3, frames.A_F4_1)
        await rig.clock.sleep_ms(40000)
        now_s10 = rig.clock.uptime_s10()
        assert rig.battery.cells_mv(now_s10) == [3442, 3496, 3375, 3464] + [None] * 4
        assert rig.battery.soc_pct(now_s10) == 99
        assert rig.battery.link.failed_polls > 0
        assert rig.battery.link.quality_pct < 100

    Rig().run(test)


def test_a_corrupt_frame_is_counted_and_never_shown():
    async def test(rig):
        await rig.clock.sleep_ms(5000)
        rig.peripheral.faults.corrupt_nth = 1
        rig.peripheral.faults.times = 40
        await rig.clock.sleep_ms(30000)
        assert rig.battery.link.rejected_frames >= 40
        now_s10 = rig.clock.uptime_s10()
        assert rig.battery.cells_mv(now_s10) == [3442, 3496, 3375, 3464, 3457, 3429, 3359, 3420]

    Rig().run(test)


def test_duplicate_and_reordered_notifications_change_nothing():
    async def test(rig):
        rig.peripheral.faults.duplicate = True
        rig.peripheral.faults.reorder = True
        await rig.clock.sleep_ms(30000)
        now_s10 = rig.clock.uptime_s10()
        assert rig.battery.cells_mv(now_s10) == [3442, 3496, 3375, 3464, 3457, 3429, 3359, 3420]
        assert rig.battery.link.failed_polls == 0
        assert rig.link.ring.overruns == 0

    Rig().run(test)


def test_a_link_that_goes_silent_is_dropped_after_20_s_and_comes_back():
    async def test(rig):
        await rig.clock.sleep_ms(5000)
        rig.scripted.is_silent = True
        await rig.clock.sleep_ms(26000)
        assert rig.battery.link.disconnects == 1
        assert "said nothing for 20 s" in rig.battery.link.last_error
        assert not rig.is_fresh()
        rig.scripted.is_silent = False
        await rig.clock.sleep_ms(30000)
        assert rig.battery.link.state == states.CONNECTED
        assert rig.is_fresh()

    Rig().run(test)


def test_a_dropped_link_is_made_again():
    async def test(rig):
        await rig.clock.sleep_ms(5000)
        rig.peripheral.kick()
        await rig.clock.sleep_ms(15000)
        assert rig.battery.link.disconnects == 1
        assert rig.battery.link.state == states.CONNECTED
        assert rig.is_fresh()

    Rig().run(test)


def test_a_battery_out_of_range_is_absent_and_no_failure():
    async def test(rig):
        await rig.clock.sleep_ms(60000)
        assert rig.battery.link.state == states.ABSENT
        assert not rig.is_fresh()
        rig.peripheral.in_range = True
        await rig.clock.sleep_ms(20000)
        assert rig.battery.link.state == states.CONNECTED

    rig = Rig()
    rig.peripheral.in_range = False
    rig.run(test)


def test_a_battery_held_by_a_phone_is_absent_until_the_phone_lets_go():
    async def test(rig):
        await rig.clock.sleep_ms(60000)
        assert rig.battery.link.state == states.ABSENT
        rig.peripheral.held_by_phone = False
        await rig.clock.sleep_ms(20000)
        assert rig.battery.link.state == states.CONNECTED

    rig = Rig(by_name=True)
    rig.peripheral.held_by_phone = True
    rig.run(test)


def test_the_modbus_look_alike_is_named_and_not_written_to():
    async def test(rig):
        await rig.clock.sleep_ms(30000)
        assert rig.battery.link.state == states.FAILED
        assert "Modbus" in rig.battery.link.last_error
        assert rig.scripted.asked == {}

    Rig(gatt=MODBUS_GATT).run(test)


def test_a_characteristic_missing_in_the_first_discovery_is_found_in_the_next():
    async def test(rig):
        await rig.clock.sleep_ms(30000)
        assert rig.battery.link.state == states.CONNECTED

    rig = Rig()
    rig.peripheral.hidden_uuids = (0xFFE1,)
    rig.run(test)


def test_a_handler_that_the_stack_removed_is_registered_again():
    async def test(rig):
        await rig.clock.sleep_ms(5000)
        rig.central.ble.irq(None)
        await rig.clock.sleep_ms(60000)
        assert rig.is_fresh()

    Rig().run(test)


def test_frames_are_kept_as_a_capture_that_can_be_replayed():
    async def test(rig):
        await rig.clock.sleep_ms(5000)
        lines = list(rig.frames.lines(0, rig.clock.ticks_diff))
        assert lines[0].startswith("> eec2")
        assert "ccf401720d0002a80d00032f0d0004880d00008b" in "".join(lines)

    Rig().run(test)


def test_the_first_poll_of_a_24_v_battery_is_not_good_before_all_its_cells_came():
    async def test(rig):
        rig.scripted.replies[C2] = (frames.A_F0, frames.A_F3, frames.A_F4_1)
        await rig.clock.sleep_ms(4000)
        assert rig.battery.link.polls >= 1
        assert rig.battery.link.failed_polls == rig.battery.link.polls

    Rig().run(test)


def test_charge_is_counted_over_polls_and_over_a_short_loss_of_the_link():
    async def test(rig):
        await rig.clock.sleep_ms(1800 * 1000)
        rig.peripheral.kick()
        await rig.clock.sleep_ms(1800 * 1000)
        # 48.215 A for an hour, less the seconds before the first status.
        assert 48150 <= rig.battery.counters.charge_out.thousandths <= 48215
        assert rig.battery.counters.charge_in.thousandths == 0

    Rig(ScriptedBattery(REPLIES_12V)).run(test)
