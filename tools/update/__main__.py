"""Commands of updates over Wi-Fi: python -m tools.update key | archive | send.

The status is 1 when it could not be done, with a sentence why.
"""

import argparse
import os
import sys
from pathlib import Path

from tools.deploy import version
from tools.deploy.errors import DeployError
from tools.update import archive, keys
from tools.update.errors import UpdateError
from tools.update.send import PATH, Bridge

ROOT = Path(__file__).resolve().parents[2]
KEY = ROOT / "update_key.pem"
ARCHIVE = ROOT / "build" / "update.bba"


def say(text):
    print(text, flush=True)


def make_key(options):
    """Make the owner's key where there is none, and hand its public half to a bridge."""
    path = Path(options.key)
    if path.exists():
        key = keys.load(path)
        say(f"{path}: the key that is there")
    else:
        key = keys.make(path)
        say(f"{path}: your key. Keep a copy: without it a bridge takes updates over a cable only")
    public = path.with_suffix(".txt")
    public.write_text(keys.public_text(key))
    if options.host:
        _bridge(options).put(f"{PATH}/key", keys.public_text(key).encode())
        say(f"{options.host} knows it now, and takes what is signed with it")
    else:
        say(f"{public}: what the bridge has to know: make update-key HOST=... BAYBRIDGE_TOKEN=...")


def make_archive(options):
    """Compile what is here, sign it and store the archive; return (version, its bytes)."""
    key = keys.load(options.key)
    new = version.build()
    if not version.page_files():
        say("build/www holds no page: a bridge shows a plain list without (make page says why)")
    raw = archive.build(new.number, new.mpy, new.files, key)
    target = Path(options.archive)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(raw)
    say(f"{target}: Bay Bridge {new.number}, {len(new.files)} files, {len(raw)} bytes, signed")
    return new.number, raw


def send(options):
    """Send what is here to a bridge, and watch it come up."""
    bridge = _bridge(options)
    before = bridge.state()
    for line in sentences_about(options.host, before):
        say(line)
    number, raw = make_archive(options)

    def progress(sent):
        if sys.stdout.isatty():
            print(f"\r{100 * sent // len(raw)} % of {len(raw)} bytes", end="", flush=True)

    try:
        bridge.send(raw, options.force, progress)
    finally:
        if sys.stdout.isatty():
            print()
    say("it took the archive and restarts")
    is_safe = before.get("safe_mode", False)
    bridge.watch(number, before["kept" if is_safe else "slot"], say, options.wait, is_safe=is_safe)


def sentences_about(host, state):
    """Yield what there is to say of a bridge before it gets another version."""
    if not state.get("safe_mode"):
        yield f"{host} runs {state['version']}"
        return
    yield f"{host} is in safe mode; {state['version'] or 'the version in its image'} ran before"
    if state["kept"] != state["slot"]:
        yield "that one is replaced; the other one on its flash stays, should the new one fail"


def _bridge(options):
    token = os.environ.get("BAYBRIDGE_TOKEN")
    if not options.host:
        raise UpdateError("HOST says which bridge: make update HOST=bay.")
    if not token:
        raise UpdateError(
            "BAYBRIDGE_TOKEN has to hold the token for changes: the bridge keeps its own in "
            "token.txt, or it is http.token of its configuration."
        )
    return Bridge(options.host, token)


COMMANDS = {"key": make_key, "archive": make_archive, "send": send}


def main(args):
    """Run a command; return the exit status."""
    parser = argparse.ArgumentParser(prog="update", description="Updates a bridge over Wi-Fi.")
    parser.add_argument("command", choices=sorted(COMMANDS))
    parser.add_argument("host", nargs="?", help="the bridge, like bay or http://bay:8080")
    parser.add_argument("--key", default=str(KEY), help="the owner's private key")
    parser.add_argument("--archive", default=str(ARCHIVE), help="where the archive goes")
    parser.add_argument("--force", action="store_true", help="also a version that is not newer")
    parser.add_argument("--wait", action="store_true", help="until the new version has stayed")
    options = parser.parse_args(args)
    try:
        COMMANDS[options.command](options)
    except (UpdateError, DeployError) as exc:
        print(f"update: {exc}", file=sys.stderr)
        return 1
    except ImportError as exc:
        print(f"update: {exc}; `make update-key` fetches what is missing", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nupdate: stopped; what ran on the bridge goes on running", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
