"""Commands about a board on a cable: python -m tools.deploy COMMAND DEVICE [IMAGE].

The status is 1 when it could not be done, with a sentence why.
"""

import datetime
import subprocess
import sys
import time
from pathlib import Path

from tools.deploy import backup, console, fit, image, version
from tools.deploy.errors import DeployError
from tools.deploy.flash import check_image, flash
from tools.deploy.install import install
from tools.deploy.link import Link, check_device
from tools.deploy.watch import watch

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
# After esptool's reset MicroPython formats the flash, which takes its time.
_FORMAT_S = 15


def say(text):
    print(text, flush=True)


def deploy(device, _=None):
    """Bring the firmware as it is here onto the board, and see it start."""
    check_device(device)
    new = version.build()
    if not version.page_files():
        say("build/www holds no page: a bridge shows a plain list without (make page says why)")
    link = Link(device)
    try:
        board = fit.Board(link.call("ask")[0])
        say(board.line())
        fit.check(board, new)
        say(f"Bay Bridge {new.number}: {len(new.files)} files, {new.mpy_bytes} bytes compiled")
        install(link, board, new, say)
        say("restarting it")
        link.reset("a version was deployed")
        watch(link.lines, board.hostname, say)
    finally:
        link.close()


def flash_and_deploy(device, image_path):
    """Erase the board, write a MicroPython, and deploy."""
    check_image(image_path)
    check_device(device, "flash IMAGE=...")
    flash(device, image_path, say)
    say("MicroPython starts for the first time, and formats what is left of the flash")
    time.sleep(_FORMAT_S)
    try:
        deploy(device)
    except DeployError as exc:
        # USB of the chip's own often stays in the loader: esptool cannot reset it from there.
        raise DeployError(
            f"{exc}\nThe image is written. If the board did not answer, press its reset button "
            f"and go on: make deploy DEVICE={device}"
        ) from exc


def open_console(device, _=None):
    """Hand the terminal over to the board."""
    check_device(device, "console")
    say("Ctrl-] leaves the console; Ctrl-C stops the bridge, and its watchdog starts it again")
    command = [sys.executable, "-m", "mpremote", "connect", device, "repl"]
    if subprocess.run(command).returncode:
        raise DeployError(f"mpremote had no console on {device}.")


def logs(device, _=None):
    """Listen to what the board says, without stopping it."""
    check_device(device, "logs")
    console.follow(device, sys.stdout, BUILD / "logs")


def keep(device, _=None):
    """Fetch what is the owner's from the board's flash."""
    check_device(device, "backup")
    link = Link(device)
    try:
        folder = BUILD / "backup" / f"{datetime.datetime.now():%Y%m%d-%H%M%S}"
        backup.fetch(link, folder, say)
        link.reset("a backup was made")
    finally:
        link.close()


def restore(device, source):
    """Put a backup back, or one file of it; the versions on the board stay."""
    backup.files_of(source)
    check_device(device, "restore")
    link = Link(device)
    try:
        backup.put_back(link, source, say)
        link.reset("a backup was put back")
    finally:
        link.close()


def set_key(device, path):
    """Have the board know the owner's public key; over a cable it may be another one."""
    path = Path(path)
    if not path.is_file():
        raise DeployError(f"there is no {path}; `make update-key` makes one.")
    check_device(device, "update-key")
    link = Link(device)
    try:
        backup.put(link, "update_key.txt", path.read_bytes())
        say(f"the board takes what is signed with the key of {path}")
        link.reset("a key was set")
    finally:
        link.close()


COMMANDS = {
    "deploy": deploy,
    "flash": flash_and_deploy,
    "console": open_console,
    "logs": logs,
    "backup": keep,
    "restore": restore,
    "update-key": set_key,
    # make image BUILD= BOARD=: no board is asked.
    "image": image.build,
}


def main(args):
    if not args or args[0] not in COMMANDS:
        print(f"one of {', '.join(COMMANDS)}, then the device", file=sys.stderr)
        return 2
    first, second = [*args[1:], "", ""][:2]
    try:
        COMMANDS[args[0]](first, second)
    except DeployError as exc:
        print(f"{args[0]}: {exc}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\n{args[0]}: interrupted; deploy again, or let the board be", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
