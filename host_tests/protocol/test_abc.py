"""The SOK protocol: literal values of recorded frames, and what must never be believed."""

from baybridge.battery import sample as groups
from baybridge.battery.sample import Sample
from baybridge.protocol import abc
from host_tests.data import frames
from host_tests.upy.heap import allocates


def decoded(*all_frames):
    sample = Sample()
    for frame in all_frames:
        group = abc.decode(frame, len(frame), sample)
        assert group >= 0, (group, frame)
        sample.stamp(group, 0)
    return sample


def test_requests_are_the_five_read_commands_and_nothing_else():
    assert abc.requests() == (
        b"\xee\xc0\x00\x00\x00\x41",
        b"\xee\xc1\x00\x00\x00\xce",
        b"\xee\xc2\x00\x00\x00\x46",
        b"\xee\xc3\x00\x00\x00\xc9",
        b"\xee\xc4\x00\x00\x00\x4f",
    )


def test_decode_of_the_24_v_capture_gives_what_its_owner_published():
    sample = decoded(*frames.A)
    assert sample.battery_mv == 27554
    assert sample.current_ma == 0
    assert sample.rated_mah == 100000
    assert sample.field11_mah == 106048
    assert sample.cycles == 7
    assert sample.soc_pct == 99
    assert sample.series == 8
    assert list(sample.cells_mv[:8]) == [3442, 3496, 3375, 3464, 3457, 3429, 3359, 3420]
    assert sample.temp_count == 1
    assert sample.temps_c[0] == 20
    assert sample.chg_fet and sample.dis_fet
    assert sample.f2_13 == 2 and sample.f3_9 == 1
    assert (sample.year, sample.month, sample.day) == (2023, 3, 18)
    assert sample.nominal_mv == 25600
    assert not sample.heater and sample.balancer == 0
    assert not any(sample.protection)
    assert bytes(sample.model[:7]) == b"SOK-BMS"


def test_decode_of_the_12_v_frames_gives_cold_cells_and_a_discharge():
    sample = decoded(frames.S_F0, frames.S_F2, frames.S_F3, frames.S_F4, frames.S_F9)
    assert sample.battery_mv == 13120
    assert sample.current_ma == -48215
    assert sample.rated_mah == 206000
    assert sample.cycles == 37
    assert sample.soc_pct == 54
    assert list(sample.cells_mv[:4]) == [3269, 3270, 3263, 3264]
    assert list(sample.temps_c[:2]) == [-7, -3]
    assert not sample.chg_fet and sample.dis_fet
    assert sample.heater
    assert sample.protection[0] == 1


def test_decode_of_a_charging_battery_has_positive_current():
    assert decoded(frames.S_F0_CHARGING).current_ma == 25340


def test_decode_of_21_a_discharge_as_the_48_v_battery_sent_it():
    frame = frames.seal(bytes.fromhex("ccf02cce00d8adffa08601409e01d4006300" + "00"))
    sample = decoded(frame)
    assert sample.battery_mv == 52780
    assert sample.current_ma == -21032
    assert sample.cycles == 212


def test_decode_of_settings_gives_limits_in_mv_ma_and_degrees():
    sample = decoded(frames.A_F5, frames.A_F6, frames.A_F7, frames.A_F8, frames.A_FA)
    cells = [3650, 3600, 2500, 2550]
    charge = [29200, 28800, 55, 50, 0, 5]
    discharge = [20000, 20800, 75, 70, -20, -15]
    others = [25600, 3400, 20, 100000, 100000, 22400, 28800, 10000, 9999]
    assert list(sample.settings) == cells + charge + discharge + others


def test_decode_of_any_single_flipped_bit_is_refused_and_changes_nothing():
    tried = 0
    for frame in frames.A + frames.S:
        for bit in range(len(frame) * 8):
            broken = bytearray(frame)
            broken[bit // 8] ^= 1 << bit % 8
            sample = Sample()
            assert abc.decode(broken, 20, sample) < 0, (frame, bit)
            assert sample.battery_mv == 0 and sum(sample.cells_mv) == 0
            tried += 1
    assert tried == 18 * 160
    print("flipped bits refused: %d" % tried)


def test_decode_of_any_truncation_is_refused():
    tried = 0
    for frame in frames.A + frames.S:
        for n in range(20):
            padded = frame[:n] + bytes(20 - n)
            assert abc.decode(padded, n, Sample()) == abc.BAD_LENGTH
            assert abc.decode(frame[:n], n, Sample()) == abc.BAD_LENGTH
            tried += 1
    assert tried == 18 * 20
    print("truncations refused: %d" % tried)


def test_decode_of_a_frame_that_is_too_long_is_refused():
    assert abc.decode(frames.A_F0, 21, Sample()) == abc.BAD_LENGTH


def test_decode_tells_its_reasons_apart():
    assert abc.decode(b"\xdd" + frames.A_F0[1:], 20, Sample()) == abc.BAD_HEAD
    assert abc.decode(frames.A_F0[:19] + b"\x00", 20, Sample()) == abc.BAD_CRC
    unknown = frames.seal(b"\xcc\xfb" + bytes(17))
    assert abc.decode(unknown, 20, Sample()) == abc.UNKNOWN_ID
    assert abc.REASONS[-abc.BAD_CRC - 1] == "bad_crc"
    assert abc.REASONS[-abc.BAD_COUNT - 1] == "bad_count"


def test_decode_of_cells_places_them_by_index_in_any_order():
    sample = decoded(frames.A_F4_5, frames.A_F4_1)
    assert list(sample.cells_mv[:8]) == [3442, 3496, 3375, 3464, 3457, 3429, 3359, 3420]
    shuffled = frames.seal(bytes.fromhex("ccf404880d0001720d00032f0d0002a80d0000"))
    assert list(decoded(shuffled).cells_mv[:4]) == [3442, 3496, 3375, 3464]


def test_decode_of_a_repeated_frame_of_cells_adds_no_cells():
    sample = decoded(frames.A_F3, frames.A_F4_1, frames.A_F4_1, frames.A_F4_5)
    assert list(sample.cells_mv[:9]) == [3442, 3496, 3375, 3464, 3457, 3429, 3359, 3420, 0]


def test_decode_of_a_cell_of_0_mv_keeps_the_others_in_their_places():
    frame = frames.seal(bytes.fromhex("ccf401720d000200000003 2f0d0004880d0000".replace(" ", "")))
    assert list(decoded(frame).cells_mv[:4]) == [3442, 0, 3375, 3464]


def test_decode_of_a_cell_index_of_0_or_above_32_is_refused_whole():
    for index in (0, 33, 255):
        frame = frames.seal(bytes([0xCC, 0xF4, index]) + frames.A_F4_1[3:19])
        sample = Sample()
        assert abc.decode(frame, 20, sample) == abc.BAD_CELL
        assert sum(sample.cells_mv) == 0


def test_decode_of_a_cell_named_twice_is_refused_so_that_none_keeps_an_old_value():
    frame = frames.seal(bytes.fromhex("ccf401720d0001a80d00032f0d0004880d0000"))
    assert abc.decode(frame, 20, Sample()) == abc.BAD_CELL


def test_decode_of_a_last_cell_that_is_another_s_is_refused():
    for index in (3, 5, 8):
        payload = bytearray(frames.A_F4_1[:19])
        payload[14] = index
        assert abc.decode(frames.seal(payload), 20, Sample()) == abc.BAD_CELL


def test_decode_of_cells_29_to_32_fills_the_last_places():
    frame = frames.seal(bytes.fromhex("ccf41d010d001e020d001f030d0020040d0000"))
    sample = decoded(frame)
    assert list(sample.cells_mv[28:32]) == [3329, 3330, 3331, 3332]
    assert sample.age_s10(groups.CELLS + 7, 5) == 5


def test_decode_of_more_temperatures_than_fit_is_refused():
    frame = frames.seal(bytes.fromhex("ccf2010105") + bytes(14))
    assert abc.decode(frame, 20, Sample()) == abc.BAD_COUNT


def test_replies_of_detail_hold_one_frame_of_cells_for_each_four():
    def cells(series):
        return bin(abc.replies(abc.DETAIL, series) >> groups.CELLS).count("1")

    assert [cells(n) for n in (0, 4, 8, 16)] == [1, 1, 2, 4]


def test_decode_allocates_nothing():
    sample = Sample()
    for frame in frames.A + frames.S:
        assert not allocates(abc.decode, frame, 20, sample), frame
        assert not allocates(sample.stamp, groups.STATUS, 12345)
