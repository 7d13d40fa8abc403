# SPDX-License-Identifier: GPL-2.0-or-later
"""Good results, kept by the content of everything that they depend on: those of suites, and of single checks of a suite.

For a suite that is: the files that match its inputs, this runner, the suite's own row, the versions of all Debian packages of
scripts/packages.txt, the kernels in the cache and the variables OHT_* of the environment.
"""
import dataclasses
import datetime
import fnmatch
import hashlib
import json
import os
import pathlib
import subprocess
import time

from .counts import Counts
from .table import TOP

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "oht"
# How a run is made, not what it finds.
WITHOUT = {"OHT_CLEAN", "OHT_DEADLINE_S", "OHT_JOBS", "OHT_SEED", "OHT_STATE", "OHT_PORT"}
RUNNER = ["scripts/test", "scripts/suites/*", "scripts/packages.txt"]
# Sources of so long ago hardly come back.
UNUSED_S = 30 * 24 * 3600


def commit(top=TOP):
    """The commit in short, with -dirty where the tree differs from it."""
    done = subprocess.run(["git", "-C", top, "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"],
                          capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def _files(top):
    """Path -> digest of every file that is committed or could be."""
    done = subprocess.run(["git", "-C", top, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                          capture_output=True, check=True)
    found = {}
    for name in sorted(set(done.stdout.decode().split("\0")) - {""}):
        path = top / name
        if path.is_symlink():
            found[name] = os.readlink(path)
        elif path.is_file():
            mode = "x" if os.access(path, os.X_OK) else "-"
            found[name] = mode + hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def _packages(top):
    """Name and version of every installed package that scripts/packages.txt names."""
    listed = (line.strip() for line in (top / "scripts/packages.txt").read_text().splitlines())
    names = {line for line in listed if line and line[0] not in "#["}
    done = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Architecture} ${Version}\n"], capture_output=True,
                          text=True, check=False)
    return sorted(line for line in done.stdout.splitlines() if line.split()[0] in names)


def _kernels():
    """Kernels of the cache, by the folder that each name points to; the folder's name has version and configuration."""
    folder = CACHE / "kernels"
    return sorted(f"{entry.name} {os.readlink(entry)}" for entry in folder.iterdir() if entry.is_symlink()) \
        if folder.is_dir() else []


class Digests:
    """What every suite depends on, at this moment."""

    def __init__(self, table, top=TOP):
        self._table = table
        self._files = _files(top)
        self._common = [_packages(top), _kernels(),
                        sorted((k, v) for k, v in os.environ.items() if k.startswith("OHT_") and k not in WITHOUT)]

    def files(self, suite):
        """The files that the suite depends on."""
        patterns = [*RUNNER, *self._table.patterns(suite)]
        return [name for name in self._files if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)]

    def sources(self, suite):
        """The contents of the files, and the suite's row."""
        return [dataclasses.asdict(suite), [(name, self._files[name]) for name in self.files(suite)]]

    def of(self, suite):
        """One digest over all of it."""
        return hashlib.sha256(json.dumps([self.sources(suite), self._common]).encode()).hexdigest()


class Folder:
    """Texts by name, a file each."""

    def __init__(self, path):
        self._path = path

    def get(self, name):
        """The text of that name, which counts as used now, or None."""
        try:
            os.utime(self._path / name)
            return (self._path / name).read_text()
        except OSError:
            return None

    def put(self, name, text):
        """Written whole or not at all."""
        self._path.mkdir(parents=True, exist_ok=True)
        fresh = self._path / f".{name}.{os.getpid()}"
        fresh.write_text(text)
        fresh.rename(self._path / name)

    def forget(self, name):
        """Whether there is such a text or not."""
        (self._path / name).unlink(missing_ok=True)

    def forget_unused(self):
        """All that nobody has asked for in a long time."""
        for path in self._path.iterdir() if self._path.is_dir() else ():
            if path.stat().st_mtime < time.time() - UNUSED_S:
                path.unlink(missing_ok=True)


class Checks:
    """Good results of one kind of check, of a file or of a model, each under the hash of all that it depends on; in the
    user's cache. With OHT_CLEAN=1 none is used, and none is kept."""

    def __init__(self, name):
        self._folder = None if os.environ.get("OHT_CLEAN") == "1" else Folder(CACHE / "kept" / name)
        self._commit = commit()
        self.used = 0
        if self._folder:
            self._folder.forget_unused()

    def get(self, key):
        """(commit, what was said) of the result with that key, or None."""
        text = self._folder.get(key) if self._folder and key else None
        if text is None:
            return None
        self.used += 1
        since, _, said = text.partition("\n")
        return since, said

    def keep(self, key, said=""):
        """Only for a good result."""
        if self._folder and key:
            self._folder.put(key, f"{self._commit}\n{said}")


def key_of(*parts):
    """The hash of these strings and bytes, in that order."""
    sums = [hashlib.sha256(part if isinstance(part, bytes) else part.encode()).hexdigest() for part in parts]
    return hashlib.sha256("".join(sums).encode()).hexdigest()


def version_of(*command):
    """What a tool says of its version."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


class Suites:
    """The last good result of each suite, below build/test/kept."""

    def __init__(self, folder):
        self._folder = Folder(folder)

    def find(self, suite, digest):
        """The kept row of that suite if it is of this digest, else None."""
        try:
            row = json.loads(self._folder.get(f"{suite.name}.json") or "{}")
        except ValueError:
            return None
        return row if row.get("digest") == digest else None

    def keep(self, suite, digest, counts, seconds, at_commit):
        """Keep a good result."""
        row = {"digest": digest, "commit": at_commit, "passed": counts.passed, "skips": counts.skips,
               "seconds": round(seconds, 1),
               "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")}
        self._folder.put(f"{suite.name}.json", json.dumps(row) + "\n")

    def forget(self, suite):
        """A suite that has failed has no good state any more."""
        self._folder.forget(f"{suite.name}.json")


def counts_of(row):
    """The counts of a kept row."""
    return Counts(passed=row["passed"], skipped=len(row["skips"]), skips=row["skips"])
