"""The diagnostics of batteries, as literal JSON."""

from baybridge.battery.battery import Battery
from baybridge.record.diagnostics import adc_json, batteries_json


def test_batteries_when_one_never_answered_then_its_last_frame_has_no_age():
    heard = Battery("house1", "House 1", 200, ("bad_crc",))
    heard.sample.stamp(0, 1000)
    heard.sample.stamp(3, 1234)
    heard.link.reject(0)
    heard.link.last_error = 'the link dropped "again"'
    silent = Battery("house2", "House 2", 200, ("bad_crc",))
    assert batteries_json([heard, silent], 1300) == (
        '[{"id":"house1","last_frame_age_s":6.6,"rejected":{"bad_crc":1},'
        '"last_error":"the link dropped \\"again\\""},'
        '{"id":"house2","last_frame_age_s":null,"rejected":{"bad_crc":0},"last_error":null}]'
    )


class FailingAdc:
    failed_reads = 512
    last_error = "GPIO 21 cannot be opened: invalid pin"


def test_adc_when_it_failed_then_how_often_and_why():
    assert adc_json(FailingAdc) == (
        '{"failed_reads":512,"last_error":"GPIO 21 cannot be opened: invalid pin"}'
    )
    assert adc_json(None) == "null"
