"""Sends an archive to a bridge, and watches until what was sent runs there and is well."""

import http.client
import json
import select
import socket
import time
import urllib.parse

from tools.calibrate.client import Client, Refused, Unreachable
from tools.update.errors import UpdateError

PATH = "/api/v1/firmware"
_PIECE = 4096
# A board removes some hundred files and erases its flash meanwhile.
_ANSWER_S = 90
_RESTART_S = 180
_TRIAL_S = 900
_LOOK_S = 2


class Bridge:
    """One bridge at a URL, with the token for changes."""

    def __init__(self, url, token):
        self.client = Client(url, token)
        parts = urllib.parse.urlsplit(self.client.url)
        if parts.scheme != "http" or not parts.hostname:
            raise UpdateError(f"{url} is no address of a bridge, like bay or http://bay:8080.")
        self._host = parts.hostname
        self._netloc = parts.netloc
        self._port = parts.port or 80
        self._token = token

    def state(self):
        """Return what the bridge says of its versions."""
        try:
            return self.client.get(PATH)
        except Refused as exc:
            raise UpdateError(str(exc)) from None
        except Unreachable as exc:
            raise UpdateError(f"{exc}.") from None

    def put(self, path, raw, progress=lambda sent: None):
        """PUT bytes; return the answer's object, or UpdateError with the bridge's sentence."""
        try:
            with socket.create_connection((self._host, self._port), 20) as link:
                link.settimeout(_ANSWER_S)
                # Asked first: what can be refused without the archive is, before it is sent.
                link.sendall(
                    f"PUT {path} HTTP/1.1\r\nHost: {self._netloc}\r\nExpect: 100-continue\r\n"
                    f"Authorization: Bearer {self._token}\r\nContent-Type: "
                    f"application/octet-stream\r\nContent-Length: {len(raw)}\r\n\r\n".encode()
                )
                if _is_asked(link):
                    _send_all(link, raw, progress)
                return _answer(link)
        except (OSError, http.client.HTTPException) as exc:
            raise UpdateError(
                f"{self.client.url} did not take it: {exc}. What ran there goes on running."
            ) from None

    def send(self, raw, is_forced, progress):
        """Send an archive; return the version the bridge says it restarts with."""
        query = "?force=true" if is_forced else ""
        return self.put(PATH + query, raw, progress)["version"]

    def watch(self, number, slot, say, is_patient=False, look_s=_LOOK_S, is_safe=False):
        """Wait until another slot than this one runs the version, and is well.

        is_patient: and until it is confirmed. is_safe: the bridge was in safe mode.
        """
        end_s = time.monotonic() + (_TRIAL_S if is_patient else _RESTART_S)
        was_told = False
        while time.monotonic() < end_s:
            time.sleep(look_s)
            try:
                now = self.client.get(PATH)
                is_well = self.client.get("/healthz")["status"] != "fail"
            except (Refused, Unreachable):
                continue
            if now["slot"] == slot:
                # The old one: before its restart, or after the new one has failed.
                if now["trial"] is None and now["failed"]:
                    why = now["failed"]["why"]
                    raise UpdateError(
                        f"the new version failed ({why}), so {now['version']} runs again; "
                        f"http://{self._netloc}/api/v1/diagnostics has the crash record."
                    )
                continue
            if not is_well:
                continue
            if now["trial"] is None:
                say(f"{number} runs, is well and stays")
                return
            if not was_told:
                say(f"{number} runs and is well; it stays if it is for ten minutes")
                was_told = True
            if not is_patient:
                return
        if is_safe:
            raise UpdateError(
                f"{self._host} has not said that the new version is well. Its own network may end "
                "with safe mode: look where the bridge is as a rule. If the new version is not "
                "well, the one that stayed comes back by itself, after three starts or a crash."
            )
        raise UpdateError(
            "the bridge has not said that the new version is well. If it is not, the one before "
            "comes back by itself, after three starts or a crash."
        )


def _is_asked(link):
    # Whether "100 Continue" comes; anything else is the answer and is left for _answer().
    seen = b""
    while b"\r\n\r\n" not in seen:
        more = link.recv(4096, socket.MSG_PEEK)
        if not more or len(more) == len(seen):
            if not more:
                return False
            time.sleep(0.01)
        seen = more
    if not seen.startswith(b"HTTP/1.1 100"):
        return False
    link.recv(seen.index(b"\r\n\r\n") + 4)
    return True


def _send_all(link, raw, progress):
    view = memoryview(raw)
    sent = 0
    while sent < len(raw):
        readable, writable, _ = select.select([link], [link], [], _ANSWER_S)
        if readable:
            return  # refused half-way: the answer is there
        if not writable:
            raise TimeoutError("it stopped taking the archive")
        sent += link.send(view[sent : sent + _PIECE])
        progress(sent)


def _answer(link):
    response = http.client.HTTPResponse(link)
    response.begin()
    try:
        said = json.loads(response.read())
    except ValueError:
        raise UpdateError("what answers there is no bridge.") from None
    if response.status >= 300:
        raise UpdateError(said.get("detail", f"the answer was {response.status}."))
    return said
