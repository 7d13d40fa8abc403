# SPDX-License-Identifier: GPL-2.0-or-later
"""Results of suites, kept by the content of everything that the suite depends on.

That is: the files that match its inputs, this runner, the suite's own row, the versions of all Debian packages of
scripts/packages.txt, the kernels in the cache and the variables OHT_* of the environment. Only a good result is kept.
"""
import dataclasses
import datetime
import fnmatch
import hashlib
import json
import os
import pathlib
import subprocess

from .counts import Counts
from .table import TOP

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "oht"
# How a run is made, not what it finds.
WITHOUT = {"OHT_CLEAN", "OHT_JOBS", "OHT_SEED", "OHT_STATE", "OHT_PORT"}
RUNNER = ["scripts/test", "scripts/suites/*", "scripts/packages.txt"]


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


class Store:
    """The kept results, one file per suite below build/test/kept."""

    def __init__(self, folder):
        self._folder = folder

    def find(self, suite, digest):
        """The kept row of that suite if it is of this digest, else None."""
        try:
            row = json.loads((self._folder / f"{suite.name}.json").read_text())
        except (OSError, ValueError):
            return None
        return row if row.get("digest") == digest else None

    def keep(self, suite, digest, counts, seconds, at_commit):
        """Keep a good result, whole or not at all."""
        self._folder.mkdir(parents=True, exist_ok=True)
        row = {"digest": digest, "commit": at_commit, "passed": counts.passed, "skips": counts.skips,
               "seconds": round(seconds, 1),
               "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")}
        fresh = self._folder / f".{suite.name}.new"
        fresh.write_text(json.dumps(row) + "\n")
        fresh.rename(self._folder / f"{suite.name}.json")

    def forget(self, suite):
        """A suite that has failed has no good state any more."""
        (self._folder / f"{suite.name}.json").unlink(missing_ok=True)


def counts_of(row):
    """The counts of a kept row."""
    return Counts(passed=row["passed"], skipped=len(row["skips"]), skips=row["skips"])
