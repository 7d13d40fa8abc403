# SPDX-License-Identifier: GPL-2.0-or-later
"""What has to be there before a board can start, one line per step with its time."""
import shutil
import subprocess
import time

from . import paths
from .errors import SbcError

# Kernel packages, their unpacked trees, objects and the state disk, measured from nothing.
FIRST_TIME_BYTES = 2 << 30


class Steps:
    """Prints `what ... time` for each step; a failing one raises with what to do."""

    def __init__(self, say):
        self._say = say

    def run(self, what, action):
        """Run action() as the step `what`."""
        started = time.monotonic()
        result = action()
        self._say(f"  {what} {'.' * max(3, 52 - len(what))} {time.monotonic() - started:5.1f} s")
        return result

    def script(self, what, *command):
        """Run one of our scripts as a step."""
        return self.run(what, lambda: run_script(*command))


def run_script(name, *arguments):
    """Run scripts/NAME; its last complaint becomes the error."""
    done = subprocess.run([str(paths.SCRIPTS / name), *arguments], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False)
    if done.returncode:
        lines = (done.stderr.strip() or done.stdout.strip() or f"{name}: failed").splitlines()
        raise SbcError(lines[-1])
    return done.stdout.strip()


def check_space():
    """The first start needs room; later ones have theirs already."""
    if (paths.CACHE / "kernels").exists():
        return
    existing = next(p for p in paths.CACHE.parents if p.exists())
    for folder in (existing, paths.TOP):
        free = shutil.disk_usage(folder).free
        if free < FIRST_TIME_BYTES:
            raise SbcError(f"only {free >> 20} MiB free at {folder}, the first start needs 2 GiB: make room, "
                           "or set XDG_CACHE_HOME")


def everything(kernel, say):
    """Install, fetch and build all that a board with that kernel needs; quick when nothing changed."""
    check_space()
    steps = Steps(say)
    steps.script("Debian packages (scripts/packages.txt)", "install-packages")
    if kernel == "debug":
        steps.script("debug kernel (first time: minutes)", "build-debug-kernel")
    steps.script("kernels and busybox (first time: 75 MB each)", "fetch-kernels")
    steps.script(f"module for the {kernel} kernel", "build-module", kernel)
    steps.script("programs for the board", "build-userspace", "arm64")
    steps.script("programs for this machine", "build-userspace", "native")
    steps.script("image of the board", "build-image", kernel)
