# SPDX-License-Identifier: GPL-2.0-or-later
"""Boots boards one after another, runs their programs and what is to be done then, and says it as one TAP stream."""
import contextlib
import shutil
import signal
import subprocess
import time

from suites import tap
from vsbc import paths
from vsbc.errors import SbcError
from vsbc.machine import Machine, Options
from vsbc.build import run_script
from vsbc.wire import Wire

from . import table, tree

PROGRAMS = "/usr/libexec/oht"
SELFTESTS = f"{PROGRAMS}/selftest"
# Nothing that moves is at the board: a self-test may do all that it can.
ALLOWED = "OHT_SELFTEST_ENABLE=1 OHT_SELFTEST_WRITE=1 OHT_SELFTEST_UNBIND=1"
# The debug kernel takes a minute of CPU time, and the host may have other work.
BOOT_S = 600
# Idle time is skipped: everything that the tests look at is in the guest.
ICOUNT = "shift=1,sleep=off"
# The shell's codes for a program that timeout has ended.
TIMED_OUT = (137, 143)


class BoardTimeout(Exception):
    """The time of the whole board is up."""


@contextlib.contextmanager
def within(seconds):
    """Raise BoardTimeout in the main thread, whatever it waits for, when the time is up."""
    def ring(*_):
        raise BoardTimeout(f"not done within {seconds} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


class Run:
    """One board that runs, for the functions of checks.py and ports.py."""

    def __init__(self, board, state, writer, traces):
        self.board = board
        self.state = state
        self.traces = traces
        self.machine = None
        self._writer = writer

    @property
    def guest(self):
        """The shell in the guest."""
        return self.machine.guest

    def log(self):
        """All that the kernel has said."""
        return self.machine.console() + self.guest.check("dmesg")

    def test(self, what, good, *details):
        """One test of this board."""
        return self._writer.test(f"{self.board.name}: {what}", good, *details)

    def note(self, text):
        """A figure."""
        self._writer.note(text)

    def report(self, what, report):
        """The tests of a program or of a suite of KUnit."""
        self._writer.report(f"{self.board.name}: {what}", report)

    def program(self, line, seed):
        """Run a program of tests/guest or tests/kselftest; whatever is wrong with it as a whole is one test."""
        limit, name = self.board.program_s, line.split()[0]
        folder = SELFTESTS if name in table.selftests() else PROGRAMS
        code, said = self.guest.run(f"OHT_SEED={seed} {ALLOWED} {folder}/{line}", timeout=limit)
        self.report(name, judge(code, said, limit))


def judge(code, said, limit_s):
    """The Report of a program that has ended."""
    report = tap.parse(said)
    if code in TIMED_OUT:
        report.problems = [f"not done within {limit_s} s"]
    elif not said.strip():
        report.problems = [f"ended with {code} and printed nothing"]
    elif code != (1 if report.failed else 0) and (code or not report.problems):
        last = said.strip().splitlines()[-1]
        report.problems.append(f"ended with {code}, last line: {last}")
    return report


def _options(board, state):
    return Options(state=state, kernel=board.kernel, dtb=tree.make(board, state), append=board.append, module=board.module,
                   icount=ICOUNT if board.clock == "counted" else None, pci_uart=board.pci_uart,
                   wire=Wire("sim", state) if board.wire else None)


def _on(run, functions, form, seed):
    """Everything of a board that has started."""
    run.machine.wait_booted(BOOT_S)
    for command in run.board.setup:
        run.guest.check(command)
    for line in run.board.lines(form, seed):
        run.program(line, seed)
    for name in run.board.then:
        functions[name](run)
    log = run.log() if run.board.says else ""
    for words in run.board.says:
        run.test(f"the kernel says: {words}", words in log, log[-2000:])


def one(board, functions, writer, traces, form, seed):
    """One board, from its start to its end; if it breaks down, that is one failed test."""
    begun = time.monotonic()
    state = paths.BUILD / "test/boards" / board.name.replace("/", "-")
    run = Run(board, state, writer, traces)
    try:
        with within(board.timeout_s):
            shutil.rmtree(state, ignore_errors=True)
            run.machine = Machine(_options(board, state))
            with run.machine:
                _on(run, functions, form, seed)
    except (SbcError, BoardTimeout, OSError, subprocess.CalledProcessError) as error:
        run.test(f"broke down: {error}", False, run.machine.console()[-3000:] if run.machine else "")
    writer.note(f"{board.name}: {time.monotonic() - begun:.0f} s")


def build(boards):
    """What those boards need; raises SbcError with the first complaint."""
    for kernel in dict.fromkeys(board.kernel for board in boards):
        run_script("build-module", kernel)
    run_script("build-guest-tests")
    for which in sorted({name for board in boards for name in board.builds}):
        run_script("build-userspace", which)


def _check_traces(writer, traces):
    """Whether the model says what the tracepoints said."""
    done = subprocess.run([paths.SCRIPTS / "check-trace", *traces], capture_output=True, text=True, check=False)
    writer.report("all traces", judge(done.returncode, done.stdout + done.stderr, 0))


def run(boards, functions, form, seed):
    """All boards; returns the exit code."""
    writer, traces = tap.Writer(), []
    writer.note(f"seed {seed}")
    try:
        build(boards)
    except SbcError as error:
        writer.test(f"build: {error}", False)
        return writer.end()
    for board in boards:
        one(board, functions, writer, traces, form, seed)
    if traces:
        _check_traces(writer, traces)
    return writer.end()
