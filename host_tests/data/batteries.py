"""A battery that has answered: the values of the synthetic 12 V frames (frames.py)."""

from baybridge.battery.battery import Battery


def cold_battery(stale_s10, taken_groups, taken_s10):
    battery = Battery("house1", "House 1", stale_s10, ("bad_checksum",))
    sample = battery.sample
    sample.battery_mv = 13120
    sample.current_ma = -48215
    sample.soc_pct = 54
    sample.field11_mah = 206000
    sample.cycles = 37
    sample.nominal_mv = 12800
    sample.temp_count = 2
    sample.temps_c[0] = -7
    sample.temps_c[1] = -3
    sample.dis_fet = True
    sample.heater = True
    for i in range(4):
        sample.cells_mv[i] = (3269, 3270, 3263, 3264)[i]
    for group in taken_groups:
        sample.stamp(group, taken_s10)
    return battery
