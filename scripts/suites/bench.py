# SPDX-License-Identifier: GPL-2.0-or-later
"""`make bench`: runs tests/bench/<group>.py, each with a function run(bench), and keeps what they record.

A group calls bench.record(id, value, unit, how, bar=...) for each figure; bar is ("<=", 10) or (">=", 163), or None
when the figure has no bar. Results: build/bench/<group>.json, a table, and the rows of docs/figures.md (figures.py).
"""
import datetime
import importlib.util
import json
import operator
import os
import pathlib
import platform
import subprocess
import sys
import time

from suites import figures

TOP = pathlib.Path(__file__).resolve().parents[2]
GROUPS = TOP / "tests/bench"
RESULTS = TOP / "build/bench"
HOW = ("icount", "virtual", "qemu", "native", "silicon")
COMPARE = {"<=": operator.le, "<": operator.lt, ">=": operator.ge, ">": operator.gt, "==": operator.eq}


def _machine():
    model = platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as info:
            lines = [line.partition(":")[2].strip() for line in info if line.startswith("model name")]
        model = f"{len(lines)} x {lines[0]}" if lines else model
    except OSError:
        pass
    return model


def _git(*words):
    return subprocess.run(["git", "-C", TOP, *words], capture_output=True, text=True, check=False)


def _commit():
    """What was measured; the table of figures itself does not count as a change."""
    name = _git("rev-parse", "--short=12", "HEAD").stdout.strip() or "unknown"
    changed = _git("diff", "--quiet", "HEAD", "--", ".", ":(exclude)docs/figures.json", ":(exclude)docs/figures.md")
    return f"{name}-dirty" if changed.returncode == 1 else name


class Bench:
    """What a group records into."""

    def __init__(self, group, machine, commit):
        self._group = group
        self._common = {"machine": machine, "commit": commit, "run": "soak" if os.environ.get("OHT_SOAK") else "bench"}
        self.rows = []

    def record(self, name, value, unit, how, bar=None, samples=None, note=""):
        """Keep one figure; prints its line at once. Returns whether it holds its bar."""
        if not name.startswith(self._group + "."):
            raise ValueError(f"{name} is not of group {self._group}")
        if how not in HOW:
            raise ValueError(f"{name}: how is one of {', '.join(HOW)}, not {how}")
        ok = None if bar is None else value is not None and COMPARE[bar[0]](value, bar[1])
        self.rows.append({"id": name, "value": value, "unit": unit, "how": how,
                          "bar": None if bar is None else f"{bar[0]} {bar[1]}", "ok": ok, "samples": samples,
                          "note": note, **self._common,
                          "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")})
        print(_row(self.rows[-1]), flush=True)
        return ok is not False

    def write(self):
        """Write the group's file, whole or not at all, and what was measured into docs/figures.md."""
        RESULTS.mkdir(parents=True, exist_ok=True)
        target = RESULTS / f"{self._group}.json"
        fresh = target.with_suffix(".new")
        fresh.write_text(json.dumps(self.rows, indent=1) + "\n")
        fresh.rename(target)
        figures.update(self.rows)


def _row(row):
    verdict = {None: "", True: "ok", False: "MISSED"}[row["ok"]]
    return (f"{row['id']:38} {figures.number(row['value']):>12} {row['unit']:6} {row['how']:8} {row['bar'] or '':>12} "
            f"{verdict:6} {row['samples'] or '':>9} {row['note']}").rstrip()


def _load(path):
    spec = importlib.util.spec_from_file_location(f"bench_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    # Behind all else: a group may be called as a module of the library is, as http.
    sys.path.append(str(path.parent))
    spec.loader.exec_module(module)
    return module


def groups():
    """The names of the groups that there are."""
    return sorted(p.stem for p in GROUPS.glob("*.py") if not p.stem.startswith("_"))


def check(arguments):
    """Whether every group asked for is there; says so if not."""
    unknown = [a for a in arguments if a not in groups()]
    if unknown:
        print(f"bench: no group '{' '.join(unknown)}'; there are: {', '.join(groups())}", file=sys.stderr)
    return not unknown


def main(arguments):
    """Returns the exit code of `make bench`."""
    machine, commit = _machine(), _commit()
    print(f"{machine}, commit {commit}")
    print(f"{'id':38} {'value':>12} {'unit':6} {'how':8} {'bar':>12} {'':6} {'samples':>9} note")
    good = True
    for group in arguments or groups():
        bench = Bench(group, machine, commit)
        started = time.monotonic()
        try:
            _load(GROUPS / f"{group}.py").run(bench)
        finally:
            bench.write()
        good &= all(row["ok"] is not False for row in bench.rows)
        print(f"{group}: {len(bench.rows)} figures in {time.monotonic() - started:.0f} s, build/bench/{group}.json")
    return 0 if good else 1
