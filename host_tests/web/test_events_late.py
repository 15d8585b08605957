"""Events that come late: what the stream does at its end."""

from host_tests.web.events_rig import GET, PATH, Bay, settle
from host_tests.web.loopback import connect, get, hang_up


def test_reading_when_a_read_token_is_set_then_events_need_it_too():
    bay = Bay()
    bay.bridge.read_token = "look-at-it"

    async def scenario(guard, clock, port):
        line, headers, _ = await get(port, PATH)
        assert line == "HTTP/1.1 401 Unauthorized"
        fields = b"Authorization: Bearer look-at-it\r\n\r\n"
        reader, writer = await connect(port, GET[:-2] + fields)
        assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"
        await hang_up(writer)
        await settle(guard, clock)

    bay.serve(scenario)
