"""Safe mode: an access point and one page, when the application crashes again and again.

No battery is read here and nothing of the version that crashes is loaded, until somebody sends an
update (safe_update.py). The page shows the last crashes and offers the few things that help, each
against the token. After 15 minutes, or when somebody has it so, the board starts again and tries
the application: nobody comes to a boat in winter.
"""

import json
import machine
import network
import os
import sys
import time
from micropython import const

import crash_record
import safe_http
import slots
from safe_http import Refused

# How long it lasts, and the pause after a wrong token.
LAST_S = 900
WRONG_TOKEN_S = 1

_WPA2 = const(3)
_MIN_PASSWORD = const(12)
_ALPHABET = const("abcdefghijkmnpqrstuvwxyz23456789")
_BAD_CONFIG = const("config.bad.json")
# What tools/update asks, before and after.
_OF_UPDATES = ("/api/v1/firmware", "/healthz")

_PAGE = const(
    '<!doctype html><html lang="en"><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width"><title>Bay Bridge: safe mode</title>'
    "<style>body{font:1em/1.5 sans-serif;max-width:40em;margin:1em auto;padding:0 1em}"
    "button,input{font:inherit;margin:.2em 0;padding:.5em;display:block;width:100%%;"
    "box-sizing:border-box}[type=checkbox]{display:inline;width:auto}[hidden]{display:none}"
    "pre{overflow:auto;border:1px solid;padding:.5em}</style>"
    "<h1>Bay Bridge: safe mode</h1><p><strong>%s</strong></p>"
    "<p>The bridge crashed again and again, or its button was pressed at the start. Batteries are "
    "not read. In %d minutes it starts by itself and tries again.</p>"
    '<form method="post" action="/"><label>Token for changes'
    '<input name="token" type="password" autocomplete="off" required></label>'
    '<button name="do" value="show">Show the last crashes</button>'
    '<button name="do" value="roll_back">Go back to the other version</button>'
    '<button name="do" value="reset_config">Put the configuration aside (to config.bad.json)'
    "</button>"
    '<button name="do" value="restart">Start again now</button>'
    '<div id="new" hidden><label>A new version (build/update.bba)<input id="bba" type="file">'
    '</label><label><input id="force" type="checkbox"> also one that is not newer</label>'
    '<button id="send" type="button">Send it</button></div></form>'
    '<p role="status" id="said"></p>'
    # Without it the rest of the page works.
    "<script>const at=id=>document.getElementById(id),say=text=>at('said').textContent=text;"
    "at('new').hidden=false;at('send').onclick=async()=>{const body=at('bba').files[0],"
    "token=document.querySelector('[name=token]').value;"
    "if(!body||!token)return say('Type the token and choose the file first.');"
    "at('send').disabled=true;say('It is being sent. This takes a minute or two.');"
    "try{const got=await fetch('/api/v1/firmware?force='+at('force').checked,{method:'PUT',body,"
    "headers:{Authorization:'Bearer '+token}}),answer=await got.json();"
    "say(answer.detail||'Version '+answer.version+' is taken. The bridge starts again with it.')}"
    "catch(error){say('The connection broke off: '+error.message)}at('send').disabled=false}"
    "</script>%s</html>"
)


class SafeMode:
    """The page and what it offers; box is black_box.BlackBox, root the flash."""

    def __init__(self, box, root="", feed=lambda: None):
        self.box = box
        self.root = root
        # Keeps the watchdog waiting while one request takes long.
        self.feed = feed
        self.is_over = False
        self.reason = "safe mode ended"
        self.tokens = read_tokens(root)
        if not self.tokens:
            # The flash has none that can be read: this one is good until the restart.
            self.tokens = [random_word()]
            print("token for safe mode:", self.tokens[0])
        self._started_s = time.time()

    def left_s(self):
        """Return the seconds until the board starts again; also if the clock was set meanwhile."""
        past_s = int(time.time() - self._started_s)
        return LAST_S - past_s if 0 <= past_s < LAST_S else 0

    def answer(self, request):
        """Return (status, HTML or JSON) for a request; Refused otherwise."""
        if request.path in _OF_UPDATES:
            return self._answer_update(request)
        if request.path != "/":
            raise Refused(404, "There is one page here: /")
        if request.method == "GET":
            return 200, self.page("")
        if request.method != "POST":
            raise Refused(405, "GET and POST are served here.")
        fields = request.form()
        self.check_token(fields.get("token", ""))
        return self._act(fields.get("do", ""))

    def check_token(self, given):
        """Raise Refused if this is not the token."""
        if not self._is_token(given):
            # Nobody guesses many of them, one client at a time.
            time.sleep(WRONG_TOKEN_S)
            raise Refused(403, "This is not the token. The console shows it at each start.")

    def _answer_update(self, request):
        # Loads code of a version, which may be what is broken: whatever comes of it is answered.
        try:
            import safe_update

            return safe_update.answer(self, request)
        except Refused:
            raise
        except Exception as exc:
            print("safe mode: an update:", exc)
            raise Refused(
                500,
                "The firmware on the flash cannot take it (%s: %s). A cable can: make deploy."
                % (type(exc).__name__, exc),
            )

    def _act(self, wish):
        if wish == "show":
            return 200, self.page("The last crashes, the newest first:", self._crashes())
        if wish == "restart":
            self.is_over = True
            return 200, self.page("It starts again now.")
        try:
            if wish == "reset_config":
                return 200, self.page(self._reset_config())
            if wish == "roll_back":
                slots.roll_back(self.root, has_frozen())
                return 200, self.page("The next start runs the other version.")
        except ValueError as exc:
            raise Refused(409, str(exc))
        except OSError as exc:
            raise Refused(500, "The flash does not take it: %s." % exc)
        raise Refused(400, "There is no such wish.")

    def _reset_config(self):
        path = self.root + "/config.json"
        try:
            os.stat(path)
        except OSError:
            return "There is no configuration; the next start runs with the defaults."
        os.rename(path, self.root + "/" + _BAD_CONFIG)
        return "The configuration is put aside; the next start runs with the defaults."

    def _crashes(self):
        records = crash_record.read(self.root)
        if self.box.record:
            records.append(self.box.record)
        return "\n\n".join(reversed(records)) or "There is no record."

    def page(self, sentence, record=None):
        """Return the page, with a record below it."""
        below = "" if record is None else "<pre>%s</pre>" % escape(record)
        return _PAGE % (escape(sentence), self.left_s() // 60, below)

    def _is_token(self, given):
        is_one = False
        for token in self.tokens:
            is_one = is_same(given, token) or is_one
        return is_one


def is_same(given, token):
    """Compare two texts in a time that says nothing about where they differ."""
    a, b = given.encode(), token.encode()
    difference = len(a) ^ len(b)
    for i in range(len(b)):
        difference |= b[i] ^ (a[i] if i < len(a) else 0)
    return difference == 0


def escape(text):
    """Return a text as HTML."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def read_tokens(root):
    """Return the tokens that are good: the configuration's, and the board's own."""
    tokens = []
    try:
        with open(root + "/config.json") as file:
            tokens.append(json.load(file)["http"]["token"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # it may be what is broken
    tokens.append(read_word(root, "token.txt"))
    return [one for one in tokens if isinstance(one, str) and len(one) >= 8]


def read_word(root, name):
    """Return what stands in a small file, "" if that cannot be read."""
    try:
        with open(root + "/" + name, "rb") as file:
            return file.read(100).decode().strip()
    except (OSError, UnicodeError):
        return ""


def random_word():
    """Return 12 characters nobody guesses."""
    return "".join([_ALPHABET[b & 31] for b in os.urandom(12)])


def has_frozen():
    """Tell whether the firmware image has a version in it."""
    loaded = [(name, sys.modules.pop(name, None)) for name in ("baybridge", "baybridge.version")]
    path = sys.path[:]
    sys.path[:] = [".frozen"]
    try:
        __import__("baybridge.version")
        return True
    except ImportError:
        return False
    finally:
        sys.path[:] = path
        for name, module in loaded:
            sys.modules.pop(name, None)
            if module is not None:
                sys.modules[name] = module


# --- the air and the end ----------------------------------------------------------------------


def start_access_point(root=""):
    """Put the board's own network on the air, never an open one; return whether it is."""
    ssid = "baybridge-%02x%02x" % tuple(machine.unique_id()[-2:])
    password = read_word(root, "access.txt")
    if not _MIN_PASSWORD <= len(password) <= 63 or min(password) < "!" or max(password) > "~":
        # Not one made of the board's address: that is on the air for everybody to hear.
        password = random_word()
    try:
        wlan = network.WLAN(network.AP_IF)
        try:
            _configure(wlan, ssid, password)
        except (OSError, RuntimeError):
            pass  # taken only when it is on, as ports/access_point.py knows it
        wlan.active(True)
        _configure(wlan, ssid, password)
        if wlan.config("security") != _WPA2:
            raise RuntimeError("it does not take its password")
    except (OSError, RuntimeError) as exc:
        print("safe mode: the access point does not start:", exc)
        try:
            network.WLAN(network.AP_IF).active(False)
        except (OSError, RuntimeError):
            pass  # it never was on
        return False
    print("safe mode: network %s, password %s, http://%s" % (ssid, password, wlan.ifconfig()[0]))
    return True


def _configure(wlan, ssid, password):
    # In one call: each on its own would be a network, too, and an open one.
    wlan.config(essid=ssid, security=_WPA2, password=password, max_clients=2)


def run(box, root=""):
    """Serve the page for 15 minutes, then start the board again."""
    watchdog = machine.WDT(timeout=60000)
    safe = SafeMode(box, root, watchdog.feed)
    start_access_point(root)
    server = safe_http.listen(safe_http.PORT)
    try:
        while not safe.is_over and safe.left_s():
            watchdog.feed()
            safe_http.serve_next(server, safe)
    finally:
        server.close()
    box.plan_reset(safe.reason)
    machine.reset()
