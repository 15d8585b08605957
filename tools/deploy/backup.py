"""`make backup`: the owner's files from the board's flash: settings, secrets, counters, crashes.

Everything that lies beside the versions and that no deployment brings. The log is on the card.
"""

import base64
import os

from tools.deploy.errors import DeployError

_NOT_THE_OWNERS = ("a", "b", "www", "sd", "lib")


def fetch(link, folder, say):
    """Copy them into a new folder that only this user can read; return their names."""
    listed = [name for name, is_file in link.call("root_files") if is_file]
    names = [
        name
        for name in sorted(listed)
        if not name.endswith((".py", ".mpy", ".new")) and name not in _NOT_THE_OWNERS
    ]
    if not names:
        raise DeployError("there is nothing of yours on this board yet.")
    folder.mkdir(parents=True, mode=0o700)
    for name in names:
        raw = b"".join(base64.b64decode(text) for text in link.call("pieces", "/" + name))
        path = folder / name
        # Passwords and tokens are among them.
        with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
            file.write(raw)
        say(f"{path} {len(raw)} bytes")
    say(f"to put one back: mpremote connect {link.device} cp FILE :FILE + reset")
    return names
