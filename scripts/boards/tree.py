# SPDX-License-Identifier: GPL-2.0-or-later
"""The device tree of a board: overlays over that of the virtual SBC, then single properties of the port's node."""
import pathlib
import shutil
import subprocess

from vsbc import paths
from vsbc.build import run_script

NODE = "/pl011@9000000"


def make(board, state):
    """The tree of that board, as a file."""
    tree = pathlib.Path(run_script("build-dtb", *[str(paths.TOP / name) for name in board.overlays]))
    if not board.set and not board.drop:
        return tree
    state.mkdir(parents=True, exist_ok=True)
    own = pathlib.Path(shutil.copyfile(tree, state / "own.dtb"))
    for name, value in board.set.items():
        subprocess.run(["fdtput", "-t", "i", own, NODE, name, str(value)], check=True)
    for name in board.drop:
        subprocess.run(["fdtput", "-d", own, NODE, name], check=True)
    return own
