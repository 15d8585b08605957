"""Asks a bridge over HTTP; what goes wrong is a sentence."""

import json
import urllib.error
import urllib.request

# The bridge may wait a minute for bursts that agree.
_TIMEOUT_S = 90


class Refused(Exception):
    """The bridge said no; the text is its sentence."""


class Unreachable(Exception):
    """There was no answer of a bridge; the text says why."""


class Client:
    """One bridge at a base URL; token is None where only reading is meant."""

    def __init__(self, url, token=None):
        url = url.rstrip("/")
        self.url = url if "://" in url else f"http://{url}"
        self._token = token
        # No proxy: the bridge is on the same network, and a proxy would not find it.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def get(self, path):
        """Return what a path answers."""
        return self._ask(path, None)

    def post(self, path, body):
        """Return what a path answers to an object."""
        return self._ask(path, json.dumps(body).encode())

    def _ask(self, path, body):
        headers = {"Content-Type": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        try:
            request = urllib.request.Request(self.url + path, body, headers)
            with self._opener.open(request, timeout=_TIMEOUT_S) as reply:
                raw = reply.read()
        except urllib.error.HTTPError as exc:
            raise Refused(_detail(exc)) from None
        except (OSError, ValueError) as exc:
            # Also URLError, of which only the reason is for people.
            reason = getattr(exc, "reason", exc)
            raise Unreachable(f"{self.url} does not answer: {reason}") from None
        try:
            return json.loads(raw)
        except ValueError:
            raise Unreachable(f"{self.url} answers, but it is not a bridge") from None


def _detail(error):
    try:
        detail = json.loads(error.read())["detail"]
    except (OSError, ValueError, KeyError, TypeError):
        detail = f"The answer was {error.code} {error.reason}."
    if error.code in (401, 403):
        detail += " The token is given with --token or in BAYBRIDGE_TOKEN."
    return detail
