"""Looks at the console after a deployment until the bridge is up, and says where to find it."""

import time

from tools.deploy.errors import DeployError

# boot.py looks for the button for 3 s, the radios and the application take some more; safe mode
# is three crashes away.
_LIMIT_S = 60
# What follows the line that it is up: token, password, remarks about the configuration.
_MORE_S = 2
_UP = "Bay Bridge: boot "
_KEPT = 12
# What is said while a port of the chip's own USB is away reaches nobody.
_NOTHING = (
    "  (nothing; a board with USB of its own may be up all the same: `make logs`, then its reset "
    "button, shows the start)"
)
_OWN_ADDRESS = "192.168.4.1"


def watch(lines, hostname, say, limit_s=_LIMIT_S, more_s=_MORE_S):
    """Show the console until the bridge runs; DeployError when it does not.

    lines(wait_s) yields what the console says, and None now and then.
    """
    last = []
    up_s = None
    port = 80
    for line in lines(limit_s):
        if line is not None and (up_s is not None or line.strip()):
            last = [*last[-_KEPT:], line]
            say(f"  | {line}")
        if line is not None and line.startswith(_UP):
            up_s = time.monotonic()
            port = _port_in(line)
        if up_s is not None and time.monotonic() - up_s > more_s:
            break
    if up_s is None:
        heard = "\n".join(f"  | {line}" for line in last) or _NOTHING
        raise DeployError(
            f"the bridge did not come up within {limit_s} s. The console said at last:\n{heard}\n"
            "A version on trial that crashes goes back to the one before by itself; `make logs` "
            "listens on."
        )
    ending = "" if port == 80 else f":{port}"
    say(f"http://{hostname}.local{ending}/ in your network")
    say(f"http://{_OWN_ADDRESS}{ending}/ in its own Wi-Fi, until it is in yours")


def _port_in(line):
    word = line.rsplit(" ", 1)[-1]
    return int(word) if word.isdigit() else 80
