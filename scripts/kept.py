# SPDX-License-Identifier: GPL-2.0-or-later
"""Results of single checks, that of a file or of a model, each kept in the user's cache under the hash of all that it depends on.

scripts/suites/kept.py keeps those of whole suites.
"""
import hashlib
import os
import subprocess
import time

from suites.kept import commit
from vsbc import paths

# Sources of so long ago hardly come back.
UNUSED_S = 30 * 24 * 3600


class Kept:
    """Good results of one kind of check. With OHT_CLEAN=1 none is used, and none is kept."""

    def __init__(self, name):
        self.folder = None if os.environ.get("OHT_CLEAN") == "1" else paths.CACHE / "kept" / name
        self.commit = commit()
        self.used = 0
        if self.folder:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._forget()

    def _forget(self):
        for path in self.folder.iterdir():
            if path.stat().st_mtime < time.time() - UNUSED_S:
                path.unlink(missing_ok=True)

    def get(self, key):
        """(commit, what was said) of the result with that key, or None."""
        path = self.folder / key if self.folder and key else None
        if not path or not path.exists():
            return None
        os.utime(path)
        self.used += 1
        since, _, said = path.read_text().partition("\n")
        return since, said

    def keep(self, key, said=""):
        """Only for a good result."""
        if self.folder and key:
            new = self.folder / f".{key}.{os.getpid()}"
            new.write_text(f"{self.commit}\n{said}")
            new.rename(self.folder / key)


def key_of(*parts):
    """The hash of these strings and bytes, in that order."""
    sums = [hashlib.sha256(part if isinstance(part, bytes) else part.encode()).hexdigest() for part in parts]
    return hashlib.sha256("".join(sums).encode()).hexdigest()


def version_of(*command):
    """What a tool says of its version."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
