"""The dashboard over a real socket: a made-up packed file, its tag, and who gets it."""

from baybridge.web.page import takes_gzip
from host_tests.fakes.clock import FakeClock
from host_tests.support import raises
from host_tests.web.loopback import Bridge, connect, exchange, get, parts, serve_while

# Every byte tells its place; the last piece is a short one.
PACKED = b"".join([b"%07d\n" % i for i in range(641)])
TAG = "0123456789abcdef"
GZIP = "Accept-Encoding: gzip, deflate\r\n"
LIST_HEAD = {
    "content-type": "text/html; charset=utf-8",
    "vary": "Accept-Encoding",
    "connection": "close",
}


class Flash:
    """The files port, with the page on it; it counts and measures what is read."""

    def __init__(self, packed=PACKED, tag=TAG + "\n"):
        self.files = {"www/index.html.gz": packed, "www/index.etag": tag}
        self.reads = []
        self.on_read = None

    def read_text(self, name):
        return self.files[name]

    def size(self, name):
        content = self.files.get(name)
        return None if content is None else len(content)

    def read_at(self, name, at, buf):
        if self.on_read is not None:
            self.on_read()
        piece = self.files[name][at : at + len(buf)]
        buf[: len(piece)] = piece
        self.reads.append(len(piece))
        return len(piece)


def ask(flash, fields="", path="/"):
    bridge = Bridge()
    bridge.files = flash
    got = []

    async def scenario(guard, clock, port):
        got.append(await get(port, path, fields))

    guard = serve_while(scenario, bridge)
    assert (guard.served, guard.failures) == (1, 0)
    return got[0]


def test_page_when_gzip_is_taken_then_the_file_in_small_pieces():
    flash = Flash()
    line, headers, body = ask(flash, GZIP)
    assert line == "HTTP/1.1 200 OK"
    assert headers == {
        "content-type": "text/html; charset=utf-8",
        "content-encoding": "gzip",
        "content-length": "5128",
        "etag": '"0123456789abcdef"',
        "cache-control": "no-cache",
        "vary": "Accept-Encoding",
        "connection": "close",
    }
    assert body == PACKED
    assert flash.reads == [1024, 1024, 1024, 1024, 1024, 8]


def test_page_when_it_ends_with_a_whole_piece_then_complete():
    for n in (0, 1, 1023, 1024, 1025, 2048):
        line, headers, body = ask(Flash(PACKED[:n]), GZIP)
        assert (headers["content-length"], body) == (str(n), PACKED[:n]), n


def test_page_when_a_read_token_is_set_then_still_to_be_had():
    bridge = Bridge()
    bridge.files = Flash()
    bridge.read_token = "for reading"
    got = []

    async def scenario(guard, clock, port):
        got.append(await get(port, "/", GZIP))
        got.append(await get(port, "/api/v1/batteries", GZIP))

    serve_while(scenario, bridge)
    assert [answer[0] for answer in got] == ["HTTP/1.1 200 OK", "HTTP/1.1 401 Unauthorized"]


def test_page_when_the_client_has_it_then_304_without_a_byte():
    for given in ('"0123456789abcdef"', 'W/"0123456789abcdef"', '"x", "0123456789abcdef"', "*"):
        flash = Flash()
        line, headers, body = ask(flash, GZIP + "If-None-Match: %s\r\n" % given)
        assert line == "HTTP/1.1 304 Not Modified", given
        assert headers == {
            "etag": '"0123456789abcdef"',
            "cache-control": "no-cache",
            "vary": "Accept-Encoding",
            "connection": "close",
        }
        assert (body, flash.reads) == (b"", [])


def test_page_when_the_client_has_another_one_then_whole():
    for given in ('"0123456789abcdee"', "0123456789abcdef", ""):
        line, headers, body = ask(Flash(), GZIP + "If-None-Match: %s\r\n" % given)
        assert (line, body) == ("HTTP/1.1 200 OK", PACKED), given


def test_page_when_there_is_no_tag_then_never_304():
    for tag in (None, "", "\n"):
        line, headers, body = ask(Flash(tag=tag), GZIP + 'If-None-Match: ""\r\n')
        assert (line, body) == ("HTTP/1.1 200 OK", PACKED), tag
        assert "etag" not in headers


def test_page_when_head_then_its_length_and_nothing_is_read():
    bridge = Bridge()
    bridge.files = Flash()
    got = []

    async def scenario(guard, clock, port):
        raw = "HEAD / HTTP/1.1\r\nHost: bay\r\n%s\r\n" % GZIP
        got.append(parts(await exchange(port, raw.encode())))

    serve_while(scenario, bridge)
    line, headers, body = got[0]
    assert (line, headers["content-length"], body) == ("HTTP/1.1 200 OK", "5128", b"")
    assert bridge.files.reads == []


def test_list_when_there_is_no_page_then_it_says_how_to_build_it():
    for flash in (None, Flash(packed=None)):
        line, headers, body = ask(flash, GZIP)
        assert line == "HTTP/1.1 200 OK"
        assert int(headers.pop("content-length")) == len(body)
        assert headers == LIST_HEAD
        assert b"<code>make page</code> builds it" in body
        assert b"<a href=/api/v1/batteries>" in body


def test_list_when_gzip_is_refused_then_it_says_why():
    for fields in ("", "Accept-Encoding: identity\r\n", "Accept-Encoding: gzip;q=0\r\n"):
        flash = Flash()
        line, headers, body = ask(flash, fields)
        headers.pop("content-length")
        assert (line, headers) == ("HTTP/1.1 200 OK", LIST_HEAD), fields
        assert b"it comes as gzip only" in body
        assert flash.reads == []


def test_gzip_when_asked_for_in_every_form_then_understood():
    for given in (
        "gzip",
        "GZIP",
        "br, gzip",
        "gzip;q=0.001",
        "gzip ; q = 1.0",
        "x-gzip",
        "*",
        "*;q=0, gzip",
        "identity;q=0, *;q=0.1",
    ):
        assert takes_gzip(given), given
    for given in (None, "", "br", "gzip;q=0", "gzip;q=0.000", "*;q=0", "*, gzip;q=0", "gzipped"):
        assert not takes_gzip(given), given


def test_page_when_the_file_becomes_shorter_then_the_answer_ends_early():
    flash = Flash()
    bridge = Bridge()
    bridge.files = flash
    got = []

    def cut():
        if len(flash.reads) == 2:
            flash.files["www/index.html.gz"] = PACKED[:2500]

    async def scenario(guard, clock, port):
        flash.on_read = cut
        raw = "GET / HTTP/1.1\r\nHost: bay\r\n%s\r\n" % GZIP
        got.append(parts(await exchange(port, raw.encode())))

    guard = serve_while(scenario, bridge)
    line, headers, body = got[0]
    assert headers["content-length"] == "5128"
    assert body == PACKED[:2048]
    assert (guard.dropped, guard.failures) == (1, 0)


def test_page_when_the_file_becomes_longer_then_what_was_announced():
    flash = Flash()
    bridge = Bridge()
    bridge.files = flash
    got = []

    def grow():
        flash.files["www/index.html.gz"] = PACKED + PACKED

    async def scenario(guard, clock, port):
        flash.on_read = grow
        got.append(await get(port, "/", GZIP))

    serve_while(scenario, bridge)
    assert got[0][2] == PACKED


def test_page_when_a_client_takes_nothing_then_little_is_read_and_it_is_cut():
    class Endless(Flash):
        def size(self, name):
            return 20000000

        def read_at(self, name, at, buf):
            self.reads.append(len(buf))
            return len(buf)

    flash = Endless()
    bridge = Bridge()
    bridge.files = flash
    clock = FakeClock()

    async def scenario(guard, clock, port):
        raw = "GET / HTTP/1.1\r\nHost: bay\r\n%s\r\n" % GZIP
        reader, writer = await connect(port, raw.encode())
        await clock.sleep_ms(20000)
        assert guard.timed_out == 1
        assert sum(flash.reads) < 12000000
        writer.close()
        try:
            await writer.wait_closed()
        except OSError:
            pass  # the bridge has hung up

    serve_while(scenario, bridge, clock=clock)


def test_page_when_the_flash_fails_then_500_and_the_bridge_lives():
    class Broken(Flash):
        def size(self, name):
            raise OSError(5)

    bridge = Bridge()
    bridge.files = Broken()
    raises(OSError, bridge.files.size, "x")
    got = []

    async def scenario(guard, clock, port):
        got.append(await get(port, "/", GZIP))
        got.append(await get(port, "/healthz"))

    serve_while(scenario, bridge)
    assert [answer[0][:12] for answer in got] == ["HTTP/1.1 500", "HTTP/1.1 200"]
