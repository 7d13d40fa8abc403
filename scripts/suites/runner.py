# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the suites of a tier and prints a line for each; the last line is the sum."""
import argparse
import datetime
import json
import os
import re
import secrets
import sys
import time

from . import kept, nightly, stamp, table as suites_table
from .counts import Counts
from .host import Lateness
from .schedule import OutOfTime, Schedule
from .table import GATE, NIGHTLY, TIERS, TOP, Step

LOGS = TOP / "build/test"
SHOWN = 20
SLOWEST = 5
OUTPUT_LINES = 40
WIDTH = 300
# The programs of the guest take no larger one.
SEED_MAX = 10_000_000


def unexpected(suite, counts):
    """The skips that the suite's row does not allow."""
    allowed = [re.compile(pattern) for pattern in suite.allow_skip]
    return [skip for skip in counts.skips if not any(pattern.search(skip) for pattern in allowed)]


def _line(name, counts, rest):
    print(f"{name} {'.' * max(3, 26 - len(name))} {counts.passed} passed, {counts.failed} failed, "
          f"{counts.skipped} skipped  {rest}", flush=True)


def _now(name):
    """The test in which a suite of pytest was at last."""
    try:
        return f", in {(LOGS / f'{name}.now').read_text().strip()}"
    except OSError:
        return ""


def _deselected(log):
    """The lines in which a suite says what it left out."""
    try:
        return [line for line in log.read_text(errors="replace").splitlines() if line.startswith("deselected: ")]
    except OSError:
        return []


def _print_unsteady(name, unsteady):
    """A case that failed and then passed: both outputs, so that its cause can be found."""
    for what in unsteady:
        print(f"    unsteady: {what}")
    for log in (LOGS / f"{name}.log", LOGS / f"{name}.again.log"):
        print(f"    the end of {log.relative_to(TOP)}:")
        for line in log.read_text(errors="replace").splitlines()[-OUTPUT_LINES:]:
            print(f"        {line}")


class Run:
    """One call: what ran, what was kept, what failed."""

    def __init__(self, table, clean, deadline=None):
        self._clean = clean
        self._deadline = deadline
        self._host = Lateness()
        self._host.start()
        self._store = kept.Suites(LOGS / "kept")
        self._digests = kept.Digests(table)
        self.commit = kept.commit()
        self._table = table
        self._built = {}
        self.total = Counts()
        self.bad = False
        self.rows = []
        self._over = []     # lines on what took longer than its budget

    def kept_row(self, suite):
        """The result of that suite that still holds, or None."""
        return self._store.find(suite, self._digests.of(suite))

    def _add(self, counts):
        self.total.passed += counts.passed
        self.total.failed += counts.failed
        self.total.skipped += counts.skipped

    def _take_kept(self, suite, row):
        counts = kept.counts_of(row)
        _line(suite.name, counts, f"kept from {row['commit']} ({row['date']}, {row['seconds']} s)")
        self._add(counts)

    def _told_step(self, done):
        name = f"build: {done.job.name}"
        if done.failed:
            print(f"{name} failed: {done.counts.failures[0].partition(': ')[2]}\n"
                  f"    all of it: {LOGS.relative_to(TOP)}/build-{done.job.name.replace(' ', '-')}.log", flush=True)
            self.bad = True
            self._add(done.counts)
        else:
            print(f"{name} {'.' * max(3, 37 - len(name))} {done.took}", flush=True)
        self._note_budget(done)

    def _note_budget(self, done):
        """What takes longer than it may is said at the end of the run, with where the time goes."""
        budget_s = done.job.budget_s
        if budget_s and done.seconds > budget_s:
            slowest = sorted(done.counts.times, reverse=True)[:SLOWEST]
            self._over += [f"over budget: {done.job.name}: {done.seconds:.0f} s of {budget_s} s",
                           *(f"    {seconds:.1f} s {name}" for seconds, name in slowest)]

    def _told(self, done):
        """Print what came of a job, write failures to the ledger and keep a good result."""
        if isinstance(done.job, Step):
            self._told_step(done)
            return
        suite, counts = done.job, done.counts
        skips = unexpected(suite, counts)
        _line(suite.name, counts, done.took)
        log = LOGS / f"{suite.name}.log"
        for line in _deselected(log):
            print(f"    {line}")
        for what, names in (("failed", counts.failures), ("unexpected skip", skips)):
            for name in names[:SHOWN]:
                print(f"    {what}: {name}")
            if len(names) > SHOWN:
                print(f"    and {len(names) - SHOWN} more")
        late_ms = self._host.worst_ms(done.begun)
        if counts.unsteady:
            _print_unsteady(suite.name, counts.unsteady)
        if counts.failed or skips:
            print(f"    the host was late by up to {late_ms} ms meanwhile; all of it: {LOGS.relative_to(TOP)}/{suite.name}.log",
                  flush=True)
            self.bad = True
            self._store.forget(suite)
        elif not counts.unsteady:
            self._keep(done)
        self._note_budget(done)
        self._add(counts)
        self._write_ledger(done, skips, late_ms)

    def _keep(self, done):
        """Keep a good result, unless somebody has changed an input meanwhile. Packages and kernels count as they are now:
        steps have installed what was missing."""
        now = kept.Digests(self._table)
        if now.sources(done.job) == self._digests.sources(done.job):
            self._store.keep(done.job, now.of(done.job), done.counts, done.seconds, self.commit)

    def _write_ledger(self, done, skips, late_ms):
        """Every suite that ran, one line each: what the failures of weeks are counted from."""
        row = {"date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
               "commit": self.commit, "suite": done.job.name, "seed": os.environ.get("OHT_SEED"),
               "passed": done.counts.passed, "failed": done.counts.failed, "skipped": done.counts.skipped,
               "seconds": round(done.seconds, 1), "cpu_s": round(done.cpu_s, 1), "host_late_ms": late_ms,
               "failures": done.counts.failures[:SHOWN], "skips": skips, "unsteady": done.counts.unsteady}
        self.rows.append(row)
        with open(LOGS / "ledger.jsonl", "a", encoding="utf-8") as ledger:
            ledger.write(json.dumps(row) + "\n")

    def run(self, suites):
        """Run what no kept result stands for."""
        todo = []
        for suite in suites:
            row = None if self._clean else self.kept_row(suite)
            if row:
                self._take_kept(suite, row)
            else:
                todo.append(suite)
        try:
            Schedule(self._table.steps_for(todo), todo, LOGS, self._told, self._built, self._deadline).run()
        except OutOfTime as error:
            self._told_out_of_time(error)

    def _told_out_of_time(self, error):
        """What the deadline has ended, and what it did not let begin: each is a failure."""
        running = [f"{name} {seconds:.0f} s{_now(name)}" for name, seconds in error.running]
        print(f"{error}\nrunning: {', '.join(running) or 'nothing'}\nnot run: {', '.join(error.waiting) or 'nothing'}", flush=True)
        self.bad = True
        self.total.failed += len(error.running) + len(error.waiting)

    def run_alone(self, suite):
        """Run one suite with nothing beside it, kept result or not."""
        Schedule([s for s in self._table.steps_for([suite]) if s.name not in self._built], [suite], LOGS, self._told, self._built).run()

    def _again(self):
        """Say once more what was wrong, as the end of a long log is what is read first and kept longest."""
        wrong = [f"{row['suite']}: {what}: {name}" for row in self.rows
                 for what, names in (("failed", row["failures"]), ("unexpected skip", row["skips"]), ("unsteady", row["unsteady"]))
                 for name in names]
        for line in wrong[:SHOWN]:
            print(line[:WIDTH])
        if len(wrong) > SHOWN:
            print(f"and {len(wrong) - SHOWN} more")

    def end(self, started):
        """The last lines; returns the exit code."""
        print("".join(f"{line[:WIDTH]}\n" for line in self._over), end="")
        self._again()
        print(f"all suites in {time.monotonic() - started:.0f} s, the host late by up to {self._host.worst_ms()} ms")
        print(f"{self.total.passed} passed, {self.total.failed} failed, {self.total.skipped} skipped")
        return 1 if self.bad else 0


def _arguments(arguments):
    parser = argparse.ArgumentParser(prog="scripts/test", description="Run the test suites of tests/suites.toml.")
    parser.add_argument("--tier", choices=TIERS, help="the suites of that tier (default: test)")
    parser.add_argument("--changed", action="store_true", help="only suites whose inputs differ from their last green state")
    parser.add_argument("--list", action="store_true", help="name the suites and stop")
    parser.add_argument("--inputs", action="store_true", help="name the files that the suites depend on and stop")
    parser.add_argument("suite", nargs="*", help="only these suites, whatever their tier")
    return parser, parser.parse_args(arguments)


def _choose(table, given, parser):
    if not given.suite:
        return suites_table.of_tier(table, given.tier or GATE)
    unknown = set(given.suite) - {suite.name for suite in table.suites}
    if unknown:
        parser.error(f"no suite {', '.join(sorted(unknown))}; --list names them")
    return [suite for suite in table.suites if suite.name in given.suite]


def main(arguments):
    """Returns the exit code of `make test`."""
    try:
        table = suites_table.load()
    except suites_table.TableError as error:
        print(f"test: {error}", file=sys.stderr)
        return 2
    parser, given = _arguments(arguments)
    chosen = _choose(table, given, parser)
    if given.list:
        for suite in table.suites if not (given.suite or given.tier) else chosen:
            print(f"{suite.name:24} {' '.join(suite.tiers):16} {suite.lane:6} {suite.timeout_s:5} s  {suite.budget_s or ''}")
        return 0
    if given.inputs:
        print("\n".join(sorted({name for suite in chosen for name in kept.Digests(table).files(suite)})))
        return 0
    LOGS.mkdir(parents=True, exist_ok=True)
    # A suite that was asked for by name is run, and so is everything with a seed of the caller's own.
    clean = bool(given.suite) or os.environ.get("OHT_CLEAN") == "1" or "OHT_SEED" in os.environ
    # One seed for all that draws lots, so that a run can be made again. That of the gate does not change.
    gate = not given.suite and (given.tier or GATE) == GATE
    if gate:
        os.environ["OHT_GATE"] = "1"
    os.environ.setdefault("OHT_SEED", str(table.seed if gate and table.seed else 1 + secrets.randbelow(SEED_MAX)))
    print(f"commit {kept.commit()}, OHT_SEED={os.environ['OHT_SEED']}", flush=True)
    started = time.monotonic()
    limit_s = os.environ.get("OHT_DEADLINE_S")
    run = Run(table, clean, started + float(limit_s) if limit_s else None)
    clean_commit = stamp.clean_commit()
    if given.tier == NIGHTLY and not given.suite:
        return nightly.main(run, chosen, started, LOGS)
    if given.changed:
        unchanged = [suite for suite in chosen if run.kept_row(suite)]
        chosen = [suite for suite in chosen if suite not in unchanged]
        print(f"{len(unchanged)} suites are as in their last green state")
    run.run(chosen)
    code = run.end(started)
    if gate and code == 0 and not given.changed and clean_commit and clean_commit == stamp.clean_commit():
        stamp.append(clean_commit, time.monotonic() - started, run.total)
    return code
