# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs steps and suites on two places of one machine, each when what it needs is built.

Steps come first, then what does not mind company. What wants a quiet machine comes last and has both places: nothing
runs beside it.
"""
import os
import threading
import time

from . import process
from .counts import FORMATS, Counts
from .table import TOP, Step


PLACES = 2


class Done:
    """A job that ended: its counts (of a suite) or one line why it failed (of a step), how long it took and its CPU time, in s."""

    def __init__(self, job, counts, begun, ended, cpu_s):
        self.job = job
        self.counts = counts
        self.begun = begun
        self.seconds = ended - begun
        self.cpu_s = cpu_s

    @property
    def took(self):
        """For people. Less CPU time than CPUs times seconds: the job has waited."""
        return f"{self.seconds:.1f} s, {self.cpu_s:.0f} s of CPU"

    @property
    def failed(self):
        return self.counts.failed > 0


def _last_line(log):
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1].strip() if lines else "it printed nothing"


def count(suite, ended, log):
    """The counts of a suite that ended. Silence, a bad end and what it left running are failures too."""
    report = TOP / suite.report if suite.report else None
    try:
        counts = FORMATS[suite.counts](log.read_text(errors="replace"), report)
    except (OSError, ValueError, SyntaxError, KeyError) as error:
        counts = Counts()
        if ended.code is not None:
            counts.add(suite.name, "failed", f"no result to count: {error}; it ended with: {_last_line(log)}")
    if ended.code is None:
        counts.add(suite.name, "failed", f"not done within {suite.timeout_s} s; it last printed: {_last_line(log)}")
    elif ended.code and not counts.failed:
        counts.add(suite.name, "failed", f"the command ended with {ended.code}: {_last_line(log)}")
    elif not counts.total():
        counts.add(suite.name, "failed", "no test ran")
    if ended.left:
        counts.add(suite.name, "failed", f"left running, and killed: {', '.join(ended.left)}")
    return counts


def _run_again(suite, counts, log):
    """Of a suite of pytest that may be unsteady just one case failed: run that case alone once more, with fixtures of its own.
    If it passes it counts as passed, and as unsteady."""
    name = counts.failures[0].partition(": ")[0]
    module, _, case = name.rpartition(".")
    again = log.with_suffix(".again.log")
    report = TOP / suite.report
    report.unlink(missing_ok=True)
    given = len(suite.command) - len(suite.pytest)
    ended = process.run([*suite.command[:given], f"{module.replace('.', '/')}.py::{case}"], again, suite.env, suite.timeout_s, TOP)
    second = count(suite, ended, again)
    if second.failed or second.passed != 1:
        return
    counts.unsteady = counts.failures
    counts.failures = []
    counts.failed, counts.passed = 0, counts.passed + 1


class OutOfTime(Exception):
    """The time of the whole run is up."""

    def __init__(self, running, waiting):
        super().__init__("the time of the whole run is up")
        self.running = running      # (name, seconds so far) of each job that was ended
        self.waiting = waiting      # names of the jobs that never began


class Schedule:
    """Runs jobs; `told(done)` is called for each that ended, one at a time. `deadline` of time.monotonic() ends all."""

    def __init__(self, steps, suites, logs, told, built, deadline=None):
        self._waiting = [*steps, *suites]
        self._deadline = deadline
        self._begun = {}            # name of a running job -> since when
        self._running = []
        self._built = built         # name of a step -> "" or why it failed
        self._logs = logs
        self._told = told
        self._changed = threading.Condition()
        self._error = None

    def run(self):
        """Run everything; returns when all has ended. Raises OutOfTime when the deadline comes first."""
        threads = [threading.Thread(target=self._work, daemon=True) for _ in range(PLACES)]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                # In slices: a signal's handler runs between two of them.
                while thread.is_alive():
                    thread.join(0.2)
                    if self._deadline and time.monotonic() > self._deadline:
                        raise self._out_of_time()
        except BaseException:
            with self._changed:
                self._waiting.clear()
                self._changed.notify_all()
            process.end_all()
            raise
        if self._error:
            raise self._error

    def _out_of_time(self):
        with self._changed:
            now = time.monotonic()
            return OutOfTime([(job.name, now - self._begun[job.name]) for job in self._running], [job.name for job in self._waiting])

    def _ready(self, job):
        return all(need in self._built for need in job.needs)

    def _wants_quiet(self, job):
        return getattr(job, "lane", "any") == "quiet"

    def _next(self):
        """A job, or None when there is none now."""
        if any(self._wants_quiet(job) for job in self._running):
            return None
        ready = [job for job in self._waiting if self._ready(job)]
        others = [job for job in ready if not self._wants_quiet(job)]
        if others:
            return min(others, key=lambda job: not isinstance(job, Step))
        return ready[0] if ready and not self._running else None

    def _work(self):
        try:
            while True:
                with self._changed:
                    job = self._next()
                    while job is None and self._waiting:
                        self._changed.wait()
                        job = self._next()
                    if job is None:
                        return
                    self._waiting.remove(job)
                    self._running.append(job)
                    self._begun[job.name] = time.monotonic()
                done = self._do(job)
                if process.ending():
                    return
                with self._changed:
                    self._running.remove(job)
                    if isinstance(job, Step):
                        self._built[job.name] = done.counts.failures[0] if done.failed else ""
                    self._told(done)
                    self._changed.notify_all()
        except BaseException as error:      # pylint: disable=broad-exception-caught
            with self._changed:
                self._error = error
                self._waiting.clear()
                self._changed.notify_all()

    def _do(self, job):
        begun = time.monotonic()
        broken = next((need for need in job.needs if self._built[need]), None)
        counts = Counts()
        cpu_s = 0
        if broken:
            counts.add(job.name, "failed", f"not run, since the step '{broken}' failed")
        elif isinstance(job, Step):
            cpu_s = self._build(job, counts)
        else:
            if job.report:
                (TOP / job.report).unlink(missing_ok=True)
            log = self._logs / f"{job.name}.log"
            ended = process.run(job.command, log, job.env, job.timeout_s, TOP)
            cpu_s = ended.cpu_s
            counts = count(job, ended, log)
            if job.unsteady and os.environ.get("OHT_GATE") and counts.failed == 1 and ended.code is not None and not ended.left:
                _run_again(job, counts, log)
        return Done(job, counts, begun, time.monotonic(), cpu_s)

    def _build(self, step, counts):
        log = self._logs / f"build-{step.name.replace(' ', '-')}.log"
        ended = process.run(step.command, log, None, step.timeout_s, TOP)
        if ended.code is None:
            counts.add(step.name, "failed", f"not done within {step.timeout_s} s")
        elif ended.code:
            counts.add(step.name, "failed", _last_line(log))
        return ended.cpu_s
