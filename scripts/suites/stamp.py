# SPDX-License-Identifier: GPL-2.0-or-later
"""The record of green runs: one line for each complete green run of the gate on a tree as it is committed.

The file is `green` in the cache: commit, UTC time, seconds, passed/failed/skipped; the newest line is the last one.
"""
import datetime
import fcntl
import os
import subprocess

from .kept import CACHE
from .table import TOP

GREEN = CACHE / "green"
LINES = 20


def clean_commit(top=TOP):
    """The full id of the commit if the tree is as it is committed, else None."""
    def git(*words):
        return subprocess.run(["git", "-C", top, *words], capture_output=True, text=True, check=False)
    changed, head = git("status", "--porcelain"), git("rev-parse", "HEAD")
    return head.stdout.strip() if not (changed.returncode or changed.stdout or head.returncode) else None


def append(commit, seconds, counts, path=None):
    """Add a line and forget the oldest, whole or not at all; two runs that end together both have theirs."""
    path = path or GREEN
    path.parent.mkdir(parents=True, exist_ok=True)
    line = (f"{commit} {datetime.datetime.now(datetime.timezone.utc).isoformat(timespec='seconds')} {seconds:.0f} "
            f"{counts.passed}/{counts.failed}/{counts.skipped}")
    with open(path.with_suffix(".lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lines = path.read_text().splitlines() if path.exists() else []
        fresh = path.with_suffix(f".{os.getpid()}")
        fresh.write_text("".join(f"{each}\n" for each in [*lines, line][-LINES:]))
        fresh.rename(path)
