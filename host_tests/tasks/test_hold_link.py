"""Letting go, polling fast, and what happens when the radio itself is ill."""

from baybridge.battery import link as states
from host_tests.tasks.link_rig import C2, Rig


def test_release_lets_the_phone_in_and_ends_by_itself():
    async def test(rig):
        await rig.clock.sleep_ms(5000)
        rig.holder.release(2)
        await rig.clock.sleep_ms(3000)
        assert rig.battery.link.state == states.RELEASED
        assert rig.air.connections == []
        rig.peripheral.held_by_phone = True
        await rig.clock.sleep_ms(60000)
        rig.peripheral.held_by_phone = False
        assert rig.battery.link.disconnects == 0
        await rig.clock.sleep_ms(70000)
        assert rig.battery.link.state == states.CONNECTED

    Rig().run(test)


def test_release_of_no_minutes_takes_the_battery_back():
    async def test(rig):
        await rig.clock.sleep_ms(5000)
        rig.holder.release(60)
        await rig.clock.sleep_ms(5000)
        rig.holder.release(0)
        await rig.clock.sleep_ms(5000)
        assert rig.battery.link.state == states.CONNECTED

    Rig().run(test)


def test_a_battery_still_held_by_the_phone_after_its_release_is_absent_and_no_error():
    async def test(rig):
        await rig.clock.sleep_ms(5000)
        rig.holder.release(1)
        await rig.clock.sleep_ms(2000)
        rig.peripheral.held_by_phone = True
        await rig.clock.sleep_ms(90000)
        assert rig.battery.link.state == states.ABSENT
        assert rig.battery.link.disconnects == 0

    Rig().run(test)


def test_fast_mode_polls_as_fast_as_the_link_goes_and_returns_by_itself():
    async def test(rig):
        await rig.clock.sleep_ms(10000)
        before = rig.scripted.asked[C2]
        rig.holder.fast(1)
        await rig.clock.sleep_ms(60000)
        fast = rig.scripted.asked[C2] - before
        assert fast > 150, fast
        await rig.clock.sleep_ms(2000)
        before = rig.scripted.asked[C2]
        await rig.clock.sleep_ms(60000)
        assert 27 <= rig.scripted.asked[C2] - before <= 31

    Rig().run(test)


def test_a_radio_that_was_switched_off_is_switched_on_again():
    async def test(rig):
        await rig.clock.sleep_ms(5000)
        rig.central.ble.active(False)
        await rig.clock.sleep_ms(40000)
        assert rig.battery.link.state == states.CONNECTED
        assert rig.is_fresh()
        assert rig.ladder.restarts >= 1

    Rig().run(test)


def test_a_discovery_that_hangs_in_the_stack_is_cleared_by_a_restart_of_the_radio():
    async def test(rig):
        rig.peripheral.faults.drop_at = "characteristics"
        rig.peripheral.faults.times = 1
        await rig.clock.sleep_ms(30000)
        assert rig.is_fresh()
        assert rig.ladder.restarts == 1

    Rig().run(test)


def test_a_radio_that_never_works_again_ends_in_a_reset_with_a_reason():
    async def test(rig):
        rig.central.ble.active(False)
        rig.air.active_errnos = [5] * 5000
        await rig.clock.sleep_ms(3600 * 1000)
        assert rig.resets == [], "a reset that did not help must not be repeated all day"
        await rig.clock.sleep_ms(3600 * 1000)
        assert rig.resets[0] == "radio: 24 links failed in a row"

    Rig().run(test)


def test_an_absent_battery_never_resets_the_board():
    async def test(rig):
        await rig.clock.sleep_ms(12 * 3600 * 1000)
        assert rig.resets == []
        assert rig.ladder.restarts <= 24

    rig = Rig()
    rig.peripheral.in_range = False
    rig.run(test)


def test_a_wrong_address_type_is_mended_by_hearing_the_battery():
    async def test(rig):
        rig.holder._place = (1, rig.holder.place[1])
        await rig.clock.sleep_ms(60000)
        assert rig.battery.link.state == states.CONNECTED

    Rig().run(test)
