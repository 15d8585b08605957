"""`make backup`: the owner's files from the board's flash: settings, secrets, counters, crashes.

Everything that lies beside the versions and that no deployment brings, and `make restore` puts it
back. The log is on the card.
"""

import base64
import os
from pathlib import Path

from tools.deploy.errors import DeployError
from tools.deploy.version import sha256

# Which version runs is the board's affair: an old word about it could choose the wrong one.
_NOT_THE_OWNERS = ("a", "b", "www", "sd", "lib", "slots.txt")


def fetch(link, folder, say):
    """Copy them into a new folder that only this user can read; return their names."""
    listed = [name for name, is_file in link.call("root_files") if is_file]
    names = [name for name in sorted(listed) if _is_the_owners(name)]
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
    say(f"to put it back: make restore DEVICE={link.device} FROM={folder}")
    return names


def put_back(link, source, say):
    """Write the files of a backup, or a single one, onto the board; return their names."""
    paths = files_of(source)
    for path in paths:
        put(link, path.name, path.read_bytes())
        say(f"/{path.name} {path.stat().st_size} bytes")
    return [path.name for path in paths]


def files_of(source):
    """Return the paths of what a backup holds; DeployError with a sentence if it holds nothing."""
    if not source:
        raise DeployError(
            "FROM says what is put back: make restore DEVICE=... FROM=build/backup/..."
        )
    source = Path(source)
    if source.is_file():
        paths = [source]
    elif source.is_dir():
        paths = sorted(path for path in source.iterdir() if path.is_file())
    else:
        raise DeployError(f"there is no {source}.")
    foreign = [path.name for path in paths if not _is_the_owners(path.name)]
    if foreign or not paths:
        what = f"{foreign[0]} is no file of yours" if foreign else "there is no file"
        raise DeployError(f"{source} is no backup: {what}. Nothing was written.")
    return paths


def put(link, name, raw):
    """Write one file as a whole, and look whether it arrived."""
    path = "/" + name
    link.put(raw, path + ".new", path)
    if [digest for _, digest, _ in link.call("hashes", [path])] != [sha256(raw)]:
        raise DeployError(f"{path} is damaged on the board after it was copied. Do it again.")


def _is_the_owners(name):
    return not name.endswith((".py", ".mpy", ".new")) and name not in _NOT_THE_OWNERS
