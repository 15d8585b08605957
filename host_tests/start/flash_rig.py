"""The board's flash as a folder, with versions of the firmware in a and b."""

import os
import sys

MANIFEST = (
    "baybridge 0.1.0 mpy=6 chip=any\n"
    "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed 3 baybridge/app.mpy\n"
    "3660315a9af3df255d8f19ab077e4797822b41488a0e2a04bc6af71213c23274 4 www/index.html.gz\n"
)
MANIFEST_END = "end 821b1fd7\n"
A_RUNS = "run=a try=- tried=0 failed=- why=- crc=bba60af8\n"
B_ON_TRIAL = "run=a try=b tried=0 failed=- why=- crc=7e6ffb84\n"


def empty_flash(name):
    """Return an empty folder for one test file's flash."""
    root = "build/rehearse/%s_%s" % (name, sys.implementation.name)
    make_folders(root)
    clear(root)
    return root


def make_folders(path):
    """Make a folder and those above it."""
    at = ""
    for piece in path.split("/"):
        at += piece + "/"
        try:
            os.mkdir(at)
        except OSError:
            pass  # there already


def clear(path):
    """Remove what is in a folder."""
    for name in os.listdir(path):
        below = path + "/" + name
        if os.stat(below)[0] & 0x4000:
            clear(below)
            os.rmdir(below)
        else:
            os.remove(below)


def put(root, name, text):
    """Write a file below the flash's root, and the folders it needs."""
    path = root + "/" + name
    make_folders(path[: path.rindex("/")])
    with open(path, "wb") as file:
        file.write(text.encode() if isinstance(text, str) else text)


def get(root, name):
    """Return a file's text, or None."""
    try:
        with open(root + "/" + name, "rb") as file:
            return file.read().decode()
    except OSError:
        return None


def put_version(root, slot, manifest=MANIFEST + MANIFEST_END):
    """Put a whole version into a folder."""
    put(root, slot + "/baybridge/app.mpy", b"one")
    put(root, slot + "/www/index.html.gz", b"page")
    put(root, slot + "/manifest.txt", manifest)
