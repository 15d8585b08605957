"""Full or remaining charge: the run-time test of protocol.md 3.1."""

from baybridge.battery.charge import FULL, REMAINING, UNDECIDED, ChargeField


def fed(*readings):
    field = ChargeField()
    for field_mah, soc_pct in readings:
        field.update(field_mah, 100000, soc_pct)
    return field


def test_nothing_is_decided_near_full():
    assert fed(*[(106048, 99)] * 50).meaning == UNDECIDED
    assert fed(*[(100000, 91)] * 50).meaning == UNDECIDED


def test_a_field_that_stays_at_the_rating_at_half_charge_is_full():
    field = fed(*[(106048, 54)] * 3)
    assert field.meaning == FULL
    assert field.full_mah(106048) == 106048
    assert field.remaining_mah(106048, 54) == 57265


def test_one_odd_reading_decides_nothing():
    assert fed((106048, 54), (106048, 54), (54000, 54), (106048, 54)).meaning == UNDECIDED


def test_a_field_that_follows_the_soc_down_is_remaining():
    field = fed(*[(soc * 1000, soc) for soc in range(80, 70, -1)])
    assert field.meaning == REMAINING
    assert field.remaining_mah(71000, 71) == 71000
    assert field.full_mah(71000) is None


def test_a_worn_battery_whose_full_charge_meets_its_soc_is_not_taken_for_remaining():
    assert fed(*[(60000, 58)] * 50).meaning == UNDECIDED


def test_while_undecided_remaining_is_the_soc_s_share():
    field = ChargeField()
    assert field.remaining_mah(106048, 99) == 104987
    assert field.full_mah(106048) is None


def test_nonsense_is_no_evidence():
    field = ChargeField()
    for _ in range(10):
        field.update(100000, 0, 50)
        field.update(100000, 100000, 0)
        field.update(100000, 100000, 255)
    assert field.meaning == UNDECIDED
