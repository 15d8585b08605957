"""The bank and the counters as the API shows them: literal JSON."""

import json

from baybridge.battery import sample as groups
from baybridge.battery.battery import Battery
from baybridge.record.bridge import Bridge
from host_tests.fakes.clock import FakeClock


def battery_of(id, current_ma, soc_pct, full_mah, battery_mv):
    battery = Battery(id, id, 200, ("bad_checksum",))
    sample = battery.sample
    sample.battery_mv = battery_mv
    sample.current_ma = current_ma
    sample.rated_mah = sample.field11_mah = full_mah
    sample.soc_pct = soc_pct
    sample.nominal_mv = 12800
    sample.stamp(groups.STATUS, 0)
    sample.stamp(groups.PACK, 0)
    return battery


def bridge_of_two():
    batteries = [
        battery_of("house1", -48000, 60, 185000, 13100),
        battery_of("house2", -50000, 50, 200000, 13080),
    ]
    return Bridge(FakeClock(), "bay", "0.1.0", 3, batteries, None), batteries


def bank_text(bridge):
    whole = bridge.batteries_text().decode()
    return whole[whole.index('"bank":') : whole.index(',"batteries":[')]


def test_bank_when_a_minute_old_then_it_says_how_long_it_lasts():
    bridge, _ = bridge_of_two()
    for second in range(60):
        bridge.bank_mean.feed(-98000, second * 10)
    assert bank_text(bridge) == (
        '"bank":{"batteries":2,"missing":0,"current_a":-98.0,"power_w":-1282.8,'
        '"remaining_ah":211.0,"mean_current_a":-98.0,"time_to_empty_s":7751,'
        '"time_to_full_s":null,"soc_spread_pct":10,"voltage_spread_mv":20}'
    )


def test_bank_when_nothing_is_known_then_null_and_never_zero():
    bridge, batteries = bridge_of_two()
    for battery in batteries:
        battery.sample.forget(groups.STATUS)
    assert bank_text(bridge) == (
        '"bank":{"batteries":2,"missing":2,"current_a":null,"power_w":null,'
        '"remaining_ah":null,"mean_current_a":null,"time_to_empty_s":null,'
        '"time_to_full_s":null,"soc_spread_pct":null,"voltage_spread_mv":null}'
    )


def test_counters_when_the_battery_is_stale_then_still_there():
    bridge, batteries = bridge_of_two()
    counters = batteries[0].counters
    counters.update(36000, 13000, None)
    # 36 A for 20 s: 0.2 Ah at 13 V, 2.6 Wh.
    counters.update(36000, 13000, 20000)
    batteries[0].sample.forget(groups.STATUS)
    shown = (
        '"counters":{"charge_in_ah":0.2,"charge_out_ah":0.0,'
        '"energy_in_wh":2.6,"energy_out_wh":0.0},"harness":null'
    )
    text = bridge.battery_text("house1").decode()
    assert shown in text
    assert json.loads(text)["bms"]["current_a"] is None
